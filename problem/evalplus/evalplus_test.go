package evalplus

import (
	"encoding/json"
	"fmt"
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
	base, more := `"[[1],[\"a\\\"b\"]]"`, `"[[1e999]]"`
	for level, want := range map[Level][]string{Base: {base}, Plus: {base, more}} {
		got, err := Checks(p, level)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %d checks, %v", level, len(got), err)
		}
		for i, inputs := range want {
			call := `_coderm_evalplus(f, "def f(x):\n    return \"é\u003c\"\n", "f", "mbpp", 124, ` + inputs + ", 1e-06, None)\n"
			if !strings.HasSuffix(got[i].Program, call) {
				t.Errorf("%s: ends in %q, want %q", level, got[i].Program[max(0, len(got[i].Program)-len(call)):], call)
			}
		}
	}
}

func TestCheckWithoutInputs(t *testing.T) {
	if Has(example(nil)) {
		t.Error("a problem without inputs has some")
	}
	_, err := Checks(example(map[string]string{"base_input": `{}`, "plus_input": `{}`}), Plus)
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
		if _, err := Checks(p, Plus); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestWhy(t *testing.T) {
	for detail, want := range map[string]problem.Wrong{
		"AssertionError: f(1)\u241f2\u241f3 (test.py:146)":   {Input: "f(1)", Expected: "2", Got: "3"},
		"AssertionError: f('')\u241f\u241f'\u241f' (x.py:1)": {Input: "f('')", Got: "'\u241f' (x.py:1)"},
		"AssertionError: 3 != 4":                             {},
		"out of fuel":                                        {},
	} {
		if got, ok := Why(detail); got != want || ok != (want != problem.Wrong{}) {
			t.Errorf("%q: %+v, %v", detail, got, ok)
		}
	}
}

// The first probe goes from the smallest input to the largest, which is the hardest.
func TestProbesBySize(t *testing.T) {
	checks, err := Checks(example(map[string]string{"base_input": `[[1000000], ["ab"], [[3, 4, 5]], [-7]]`}), Base)
	if err != nil {
		t.Fatal(err)
	}
	c := checks[0]
	if p := c.Probes[0]; len(c.Probes) != 5 || p.Call != "" || !strings.Contains(p.Program, `"[[\"ab\"],[-7],[[3,4,5]],[1000000]]"`) {
		t.Errorf("%d probes, the first of %q: …%s", len(c.Probes), p.Call, p.Program[len(p.Program)-90:])
	}
	if c.Hardest.Call != "f(1000000)" {
		t.Errorf("the hardest is %s", c.Hardest.Call)
	}
}

// A probe is no stricter than the check it is of: what floats are allowed there.
func TestProbes(t *testing.T) {
	var inputs []string
	for k := range 3 * probes {
		inputs = append(inputs, fmt.Sprintf("[%d]", k))
	}
	got, err := Checks(example(map[string]string{"base_input": "[" + strings.Join(inputs, ",") + "]"}), Base)
	if err != nil || len(got) != 1 || len(got[0].Probes) != 1+probes {
		t.Fatalf("%d checks, %v", len(got), err)
	}
	if last := got[0].Probes[probes]; last.Call != "f(141)" || !strings.HasSuffix(last.Program, `, "[[141]]", 1e-06, None)`+"\n") || !strings.HasSuffix(got[0].Program, ", 0, None)\n") {
		t.Errorf("the last probe calls %s: …%s", last.Call, last.Program[len(last.Program)-60:])
	}
}
