package evalplus

import (
	"encoding/json"
	"strings"
	"testing"

	"coderm/problem"
)

func example(extra map[string]string) problem.Problem {
	p := problem.Problem{ID: "Mbpp/124", EntryPoint: "f", Canonical: "def f(x):\n    return \"é<\"\n", Extra: map[string]json.RawMessage{}}
	for name, raw := range extra {
		p.Extra[name] = json.RawMessage(raw)
	}
	return p
}

func TestChecksEndInTheCall(t *testing.T) {
	p := example(map[string]string{"base_input": `[[1], ["a\"b"]]`, "plus_input": `[[1e999]]`, "atol": "1e-06"})
	limit := Limit{Least: 25e9, Factor: 4}
	base, more := `"[[1],[\"a\\\"b\"]]"`, `"[[1e999]]"`
	for level, want := range map[Level][]string{Base: {base}, Plus: {base, more}} {
		got, err := Checks(p, level, limit)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %d checks, %v", level, len(got), err)
		}
		for i, inputs := range want {
			call := `_coderm_evalplus(f, "def f(x):\n    return \"é\u003c\"\n", "f", "mbpp", 124, ` + inputs + ", 1e-06, 25000000000, 4)\n"
			if !strings.HasSuffix(got[i], call) {
				t.Errorf("%s: ends in %q, want %q", level, got[i][len(got[i])-len(call):], call)
			}
		}
	}
}

func TestCheckWithoutInputs(t *testing.T) {
	if Has(example(nil)) {
		t.Error("a problem without inputs has some")
	}
	_, err := Checks(example(map[string]string{"base_input": `{}`, "plus_input": `{}`}), Plus, Limit{})
	if err == nil || !strings.Contains(err.Error(), "no inputs") {
		t.Errorf("a check that checks nothing: %v", err)
	}
}

func TestCheckNamesTheMistake(t *testing.T) {
	for want, p := range map[string]problem.Problem{
		`field "base_input"`: example(map[string]string{"base_input": `3`}),
		`field "plus_input"`: example(map[string]string{"base_input": `[]`, "plus_input": `"x"`}),
		`field "atol"`:       example(map[string]string{"base_input": `[[1]]`, "atol": `"x"`}),
		"no canonical":       {ID: "a", EntryPoint: "f"},
		"no entry point":     {ID: "a", Canonical: "x"},
	} {
		if _, err := Checks(p, Plus, Limit{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
