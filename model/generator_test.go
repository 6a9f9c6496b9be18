package model

import (
	"errors"
	"strings"
	"testing"
)

func TestExtractGenerator(t *testing.T) {
	const draws, reads = "import random, sys\nprint(sys.argv[1])\n", "import sys\nn = int(sys.stdin.read())\nassert 1 <= n <= 9\n"
	block := func(code string) string { return "```python\n" + code + "```\n" }
	tests := []struct {
		name, text           string
		truncated            bool
		generator, validator string
	}{
		{"both", "Generator:\n" + block(draws) + "Validator:\n" + block(reads), false, draws, reads},
		{"the other way round", "1. A validator.\n" + block(reads) + "2. The generator:\n" + block(draws), false, draws, reads},
		{"by what they do", block(reads) + "and\n" + block(draws), false, draws, reads},
		{"by their places", block("print(1)\n") + block("x = 1\n"), false, "print(1)\n", "x = 1\n"},
		{"one", block(draws), false, draws, ""},
		{"bare", draws, false, draws, ""},
		{"a draft before", block("import random\nprint(0)\n") + "The generator, better:\n" + block(draws), false, draws, ""},
		{"another language", "```cpp\nint main() {}\n```\n" + block(draws), false, draws, ""},
		{"the second cut off", block(draws) + "Validator:\n```python\nimport sys\nassert", true, draws, ""},
		{"a validator alone", "Validator:\n" + block(reads), false, "", ""},
		{"none", "I cannot.", false, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := Prompt{Extract: Generator}.Read(Answer{Completion: tt.text, Truncated: tt.truncated})
			if tt.generator == "" {
				if !errors.Is(err, ErrNoGenerator) {
					t.Errorf("%+v, %v", x, err)
				}
				return
			}
			if err != nil || x.Generator != tt.generator || x.Validator != tt.validator {
				t.Errorf("%q, %q, %v", x.Generator, x.Validator, err)
			}
			if len(x.Lines) != 1 || len(strings.Split(tt.text, "\n")) < x.Lines[0].Last {
				t.Errorf("it stands in %v", x.Lines)
			}
		})
	}
}

// Whatever a model writes, a program that is read stands in it, line by line.
func FuzzExtractGenerator(f *testing.F) {
	f.Add("Generator:\n```python\nprint(1)\n```\nValidator:\n```\ninput()\n", true)
	f.Add("import sys\nprint(sys.argv)", false)
	f.Fuzz(func(t *testing.T, text string, truncated bool) {
		x, err := Prompt{Extract: Generator}.Read(Answer{Completion: text, Truncated: truncated})
		if (err == nil) != (x.Generator != "") {
			t.Errorf("%q, %v", x.Generator, err)
		}
		for code := range strings.Lines(x.Generator + x.Validator) {
			if !strings.Contains(newlines.Replace(text)+"\n", strings.TrimSuffix(code, "\n")) {
				t.Errorf("the line %q is not in %q", code, text)
			}
		}
	})
}
