package model

import (
	"path/filepath"
	"testing"

	"coderm/problem"
)

var sumProblem = problem.Problem{
	ID: "sum", Question: "Print the sum of n numbers.\n\nInput: n, and in the next line n numbers.\nOutput: their sum.",
	Public: []problem.Test{problem.StdioTest("2\n1 2\n", "3\n")},
}

// The prompts for programs are as in testdata/programs: -update writes them.
func TestProgramPrompts(t *testing.T) {
	for _, kind := range []problem.Kind{problem.Stdio, problem.Stdin, Generator} {
		for _, raw := range []bool{false, true} {
			if raw && kind == Generator {
				continue
			}
			name := string(kind)
			if raw {
				name += "-raw"
			}
			t.Run(name, func(t *testing.T) {
				p := ForPrograms(kind, raw)
				if p.Extract != kind || p.Raw != raw || !p.OfPrograms() || p.ShowsSolution() {
					t.Errorf("%+v", p)
				}
				system, user, err := p.Render(Asked{Problem: sumProblem, Examples: sumProblem.Public})
				if err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("programs", name+".golden"), system+"\n----\n"+user+"\n")
			})
		}
	}
}

// What is asked by default of each kind of problem.
func TestStyles(t *testing.T) {
	large, small := PresetFor("CodeRM-8B", 8e9), PresetFor("SmolLM2-135M-Instruct", 135e6)
	if p := large.ForPrograms(); p.Extract != problem.Stdio || p.Raw {
		t.Errorf("%+v", p)
	}
	if p := small.ForPrograms(); p.Extract != problem.Stdio || !p.Raw {
		t.Errorf("%+v", p)
	}
	for _, style := range Styles() {
		for _, preset := range []Preset{large, small} {
			if p := preset.Styled(style); p.Extract != style {
				t.Errorf("%s of %s extracts %s", style, preset.Name, p.Extract)
			}
		}
	}
}
