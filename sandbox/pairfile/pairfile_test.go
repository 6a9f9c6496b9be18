package pairfile

import (
	"strings"
	"testing"

	"coderm/problem"
)

func TestRead(t *testing.T) {
	pairs, err := ReadFrom(strings.NewReader(`{"id": "a", "solution": "x = 1", "test": "assert x == 1"}

{"id": 2, "solution": "print(input())", "stdin": "1", "expected": "1"}
`), "pairs")
	if err != nil || len(pairs) != 2 {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	if p := pairs[0]; string(p.ID) != `"a"` || p.Solution != "x = 1" || p.Test.Kind != problem.Assert {
		t.Errorf("%+v", p)
	}
	if p := pairs[1]; string(p.ID) != "2" || p.Test.Kind != problem.Stdio || p.Test.Input != "1" || p.Test.Expected != "1" {
		t.Errorf("%+v", p)
	}
}

func TestBadLines(t *testing.T) {
	for line, want := range map[string]string{
		`{"id": "b", "solution": "x`:            "pairs:1: broken JSON",
		`17`:                                    "pairs:1: expected a JSON object",
		`{"id": "b", "solution": ""}`:           `pairs:1: pair "b": no "test"`,
		`{"id": "b", "test": ""}`:               `pairs:1: pair "b": no "solution"`,
		`{"solution": "", "test": ""}`:          `pairs:1: no "id"`,
		`{"id": 1, "solution": 3, "test": ""}`:  `pairs:1: field "solution"`,
		`{"id": 1, "solution": "", "stdin": 4}`: `pairs:1: `,
	} {
		if _, err := ReadFrom(strings.NewReader(line), "pairs"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id": 2, "solution": "print(input())", "stdin": "1", "expected": "1"}`))
	f.Add([]byte(`{"id": "a", "solution": "", "test": "assert True"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if p, err := Parse(line); err == nil && len(p.ID) == 0 {
			t.Error("a pair without an id")
		}
	})
}
