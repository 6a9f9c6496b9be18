package model

import (
	"strings"
	"testing"

	"coderm/problem"
)

const goodPrompt = `---
about: a sum
extract: call
temperature: 0
max_tests: 3
stop: ["\n\n"]
---
{{define "system"}}Be {{if .Examples}}brief{{else}}short{{end}}.
{{end -}}
{{.Question}} {{range .Examples}}[{{.}}|{{.Input}}|{{$.EntryPoint}}]{{end}}
{{with .Prompt}}{{.}}{{end}}
`

func TestParsePrompt(t *testing.T) {
	for _, text := range []string{goodPrompt, "\ufeff" + strings.ReplaceAll(goodPrompt, "\n", "\r\n")} {
		p, err := ParsePrompt("p", text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Extract != problem.Call || p.Form != Raw || p.Raw || *p.Temperature != 0 || p.TopP != nil || p.MaxTests != 3 || len(p.Stop) != 1 || p.ShowsSolution() {
			t.Errorf("%+v", p)
		}
		system, user, err := p.Render(Asked{Problem: addProblem, Examples: []problem.Test{problem.StdioTest("1", "2")}})
		if want := "[# standard input\n1\n# expected output\n2\n|1|add]"; err != nil || system != "Be brief." || !strings.Contains(user, want) || !strings.HasSuffix(user, `numbers."""`+"\n") {
			t.Errorf("%q, %q, %v", system, user, err)
		}
	}
}

// What a question says is no template, and takes no part of the prompt's.
func TestPromptsKeepTexts(t *testing.T) {
	question := "Use {{.Solution}}, {code} & <b>."
	got := unittestPrompt(t, problem.Problem{Question: question}, "x = '{{'", Raw)
	if !strings.Contains(got, "### question\n"+question+"\n") || !strings.Contains(got, "\nx = '{{'\n") {
		t.Error(got)
	}
}

func TestBadPrompts(t *testing.T) {
	head := func(lines, body string) string { return "---\n" + lines + "---\n" + body }
	tests := []struct{ name, text, want string }{
		{"empty", "", "p.prompt: a prompt begins with a line ---"},
		{"no settings", "{{.Question}}", "begins with a line ---"},
		{"open settings", "---\nextract: call\n{{.Question}}", "begins with a line ---"},
		{"a setting misspelt", head("about: x\nextrct: call\n", "x"), "p.prompt: "},
		{"its line", head("about: x\nextrct: call\n", "x"), "line 3"},
		{"another type", head("max_tokens: many\n", "x"), "line 2"},
		{"no YAML", head("a: [\n", "x"), "p.prompt: "},
		{"an unknown kind", head("extract: tests\n", "x"), `p.prompt: extract: "tests" is unknown; use unittest, assert, call, stdio, input or generator`},
		{"an unknown form", head("form: old\n", "x"), `form: "old" is unknown`},
		{"out of range", head("top_p: 7\n", "x"), "top_p: 7: give more than 0"},
		{"hot", head("temperature: -1\n", "x"), "temperature: -1: give 0"},
		{"no tokens", head("max_tokens: -1\n", "x"), "max_tokens: -1"},
		{"no tests", head("max_tests: -1\n", "x"), "max_tests: -1"},
		{"stops everything", head("stop: [\"\"]\n", "x"), "stop: an empty text"},
		{"no text", head("extract: call\n", " \n"), "nothing follows the settings"},
		{"only a system part", head("extract: call\n", `{{define "system"}}x{{end}}`), "nothing follows the settings"},
		{"an open action", head("extract: call\n", "one\n{{.Question"), "p.prompt:5: "},
		{"a name misspelt", head("extract: call\n", "one\n{{.Questoin}}"), "p.prompt:5:2: there is no .Questoin, only .Question, .Solution, "},
		{"a name within", head("extract: call\n", "{{if .Examples}}{{.Kind}}{{end}}"), "there is no .Kind"},
		{"a field of nothing", head("extract: call\n", "{{.Code}}"), "p.prompt:4"},
		{"a function", head("extract: call\n", `{{printf "%999999999d" 1}}`), "there is no function printf"},
		{"an endless loop", head("extract: call\n", "{{range 1000000000000}}{{end}}"), "range goes over .Examples"},
		{"loops in loops", head("extract: call\n", "{{range .Examples}}{{range $.Examples}}{{end}}{{end}}"), "not within another"},
		{"variables", head("extract: call\n", "{{$x := 1}}"), "there are no variables"},
		{"another template", head("extract: call\n", `{{define "x"}}{{end}}x`), `define "x": only "system"`},
		{"a template in itself", head("extract: call\n", `{{define "system"}}{{template "system"}}{{end}}x`), "has no use in a prompt"},
		{"a raw text with a system", head("raw: true\n", `{{define "system"}}x{{end}}x`), "a raw text has no other parts"},
		{"huge", head("extract: call\n", strings.Repeat("x", maxPromptFile)), "more than 262144 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParsePrompt("p.prompt", tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "p.prompt:") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Any file is a prompt that can be made, or one line that says why not.
func FuzzParsePrompt(f *testing.F) {
	f.Add(goodPrompt)
	for _, name := range []string{"coderm", "codet", "stdio", "stdio-raw", "input", "generator"} {
		text, err := promptFiles.ReadFile("prompts/" + name + ".prompt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("---\na: &a [*a]\n---\n{{range .Examples}}{{break}}{{end}}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePrompt("p", text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		p.ShowsSolution()
		system, user, err := p.Render(Asked{Problem: addProblem, Solution: "x = 1"})
		if err == nil && (p.Raw && system != "" || len(user) > maxPrompt) {
			t.Errorf("%q, %d bytes", system, len(user))
		}
	})
}
