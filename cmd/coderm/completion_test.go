package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coderm/internal/testkit"
)

// bashCompletion is Debian's package of that name, which cobra's script stands on.
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// complete is what bash offers for the last word of a command line in a folder.
func complete(t *testing.T, dir, line string) []string {
	t.Helper()
	const script = `source "$1"; source <(coderm completion bash)
COMP_LINE=$2; COMP_POINT=${#2}; COMP_TYPE=9; COMP_KEY=9
read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
__start_coderm
printf '%s\n' "${COMPREPLY[@]}"`
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script, "bash", bashCompletion, line)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Fields(string(out))
}

// The shell completes commands, flags, and what flags and arguments may be.
func TestBashCompletes(t *testing.T) {
	_, err := os.Stat(bashCompletion)
	testkit.Need(t, err, "bash-completion")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"p.jsonl":      `{"task_id": "example/one", "question": "q"}` + "\n" + `{"task_id": "example/two", "question": "q"}` + "\n",
		"run/scores":   "",
		"other/scores": "",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		line string
		want []string // among what is offered
		not  []string
	}{
		{"coderm re", []string{"rerank", "report", "reproduce"}, []string{"eval"}},
		{"coderm rerank --sel", []string{"--selector"}, nil},
		{"coderm rerank --selector vo", []string{"vote", "vote+public"}, []string{"auto"}},
		{"coderm eval --selector auto,ma", []string{"auto,majority"}, []string{"auto,codet"}},
		{"coderm rerank --policy ", []string{"uniform", "adaptive", "difficulty"}, []string{"p.jsonl"}},
		{"coderm import --from co", []string{"codet", "coderm"}, []string{"humaneval"}},
		{"coderm rerank --problems p.jsonl --only example/", []string{"example/one", "example/two"}, nil},
		{"coderm rerank --problems p.jsonl --only example/one,", []string{"example/one,example/two"}, nil},
		{"coderm rerank --out ", []string{"run", "other"}, []string{"p.jsonl"}},
		{"coderm report r", []string{"run"}, []string{"other"}},
		{"coderm rerank --limit ", nil, []string{"p.jsonl", "run"}},
		{"coderm eval --ground-truth ", []string{"check", "base", "plus"}, nil},
		{"coderm testgen --style ", []string{"unittest", "assert"}, nil},
		{"coderm model convert --dry", nil, []string{"p.jsonl"}},
	} {
		got := complete(t, dir, c.line)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q gives %q, without %q", c.line, got, w)
			}
		}
		for _, w := range c.not {
			if slices.Contains(got, w) {
				t.Errorf("%q gives %q, with %q", c.line, got, w)
			}
		}
	}
	// Files are the shell's own to name.
	out, err := exec.CommandContext(t.Context(), "coderm", "__complete", "rerank", "--problems", "").Output()
	if err != nil || strings.TrimSpace(string(out)) != ":0" {
		t.Errorf("a file: %q, %v", out, err)
	}
	// The other shells ask the program the same, in their own words.
	for _, shell := range []string{"zsh", "fish"} {
		out, err := exec.CommandContext(t.Context(), "coderm", "completion", shell).Output()
		if err != nil || !strings.Contains(string(out), "__complete") {
			t.Errorf("%s: %v, %d bytes", shell, err, len(out))
		}
	}
}
