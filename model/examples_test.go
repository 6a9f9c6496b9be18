package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"coderm/problem"
)

// The example prompts say where they come from and what they were checked against, and
// give a conversation that the models' own templates take.
func TestExamplePrompts(t *testing.T) {
	files, err := filepath.Glob("../examples/prompts/*.prompt")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var templates []*Template
	for _, name := range []string{"llama-3.1", "chatml-smollm2"} {
		source, err := os.ReadFile(filepath.Join("testdata", name+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := NewTemplate(string(source), "<s>", "</s>")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { template.Close() })
		templates = append(templates, template)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s settings
			if err := yaml.Load([]byte(strings.Split(string(text), headLine)[1]), &s); err != nil || s.About == "" || s.Source == "" || s.Licence == "" || s.Checked == "" {
				t.Errorf("%+v, %v", s, err)
			}
			p, err := ParsePrompt(file, string(text))
			if err != nil {
				t.Fatal(err)
			}
			system, user, err := p.Render(Asked{
				Problem: addProblem, Solution: "def add(a, b):\n    return a", Examples: []problem.Test{problem.PythonTest("assert add(1, 1) == 2")},
			})
			if err != nil || !strings.Contains(user, "add") || strings.Contains(user, "<no value>") {
				t.Errorf("%q, %v", user, err)
			}
			if shows := strings.Contains(user, "return a"); shows != p.ShowsSolution() {
				t.Errorf("it shows a solution: %t; it says %t", shows, p.ShowsSolution())
			}
			if p.Raw {
				return
			}
			for _, template := range templates {
				turns := []Message{{"user", user}}
				if system != "" {
					turns = append([]Message{{"system", system}}, turns...)
				}
				got, err := template.Chat(turns)
				if err != nil || !strings.Contains(got, strings.TrimSpace(user)) || !strings.Contains(got, system) {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
}
