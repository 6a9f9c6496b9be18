package literal

import (
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/testkit"
)

// What is printed is what Python's repr gives, but where repr depends on more than
// the value: sets and equal keys; and infinity, which repr writes as a name.
func TestPrintsAsRepr(t *testing.T) {
	python := testkit.Python(t)
	var texts []string
	for seed := range 300 {
		v := rapid.Custom(func(t *rapid.T) Value { return draw(t, 3) }).Example(seed)
		if !anyOf(v, func(v Value) bool {
			return v.Kind == Set && len(v.Items) > 1 || v.Kind == Dict && len(v.Items) > 2 || v.Kind == Float && math.IsInf(v.Float, 0)
		}) {
			texts = append(texts, v.String())
		}
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", "import ast, json, sys; print(json.dumps([repr(ast.literal_eval(t)) for t in json.load(sys.stdin)]))")
	c.Stdin = strings.NewReader(string(in))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) < 100 {
		t.Fatalf("only %d values", len(want))
	}
	for i, text := range texts {
		if text != want[i] && text != "set()" {
			t.Errorf("%s is printed, Python has %s", text, want[i])
		}
	}
}

func anyOf(v Value, is func(Value) bool) bool {
	return is(v) || slices.ContainsFunc(v.Items, func(w Value) bool { return anyOf(w, is) })
}
