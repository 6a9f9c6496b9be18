package model

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var addProblem = problem.Problem{
	ID: "t/1", EntryPoint: "add",
	Question: "def add(a, b):\n    \"\"\"Add two numbers.\"\"\"\n",
	Prompt:   "def add(a, b):\n    \"\"\"Add two numbers.\"\"\"\n",
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func TestPrompts(t *testing.T) {
	golden(t, "unittest_prompt.txt", unittestPrompt(t, addProblem, "def add(a, b):\n    return a + b\n", Raw))
	_, text, err := CodeT().Render(Asked{Problem: addProblem})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "assert_prompt.txt", text)
}

// unittestPrompt is CodeRM's, in a form.
func unittestPrompt(t *testing.T, p problem.Problem, solution string, form Form) string {
	t.Helper()
	prompt := CodeRM()
	prompt.Form = form
	system, user, err := prompt.Render(Asked{Problem: p, Solution: solution})
	if err != nil || system != "" {
		t.Fatalf("system %q, %v", system, err)
	}
	return user
}

func TestTemplates(t *testing.T) {
	for _, name := range []string{"llama-3.1", "chatml-smollm2", "gemma"} {
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join("testdata", name+".jinja"))
			if err != nil {
				t.Fatal(err)
			}
			tmpl, err := NewTemplate(string(src), "<|begin_of_text|>", "<|eot_id|>")
			if err != nil {
				t.Fatal(err)
			}
			defer tmpl.Close()
			got, err := tmpl.Render("Write tests.\n")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".golden", got)
		})
	}
}

func TestTemplateErrors(t *testing.T) {
	if _, err := NewTemplate("", "", ""); !errors.Is(err, ErrNoTemplate) {
		t.Errorf("no template: %v", err)
	}
	if _, err := NewTemplate("{% for %}", "", ""); err == nil {
		t.Error("a broken template compiled")
	}
}

func TestPresetFor(t *testing.T) {
	tests := []struct {
		name   string
		params uint64
		style  problem.Kind
	}{
		{"CodeRM 8B", 8e9, problem.Unittest},
		{"Smollm2 135M 8k Lc100K Mix1 Ep2", 134e6, problem.Assert},
		{"", 0, problem.Unittest},
	}
	for _, tt := range tests {
		if got := PresetFor(tt.name, tt.params).Prompt.Extract; got != tt.style {
			t.Errorf("PresetFor(%q, %d) = %s, want %s", tt.name, tt.params, got, tt.style)
		}
	}
}
