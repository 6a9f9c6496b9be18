package literal

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/testkit"
)

// Values of one line are equal, of two lines different.
func TestCanonical(t *testing.T) {
	seen := map[string]string{}
	for _, line := range []string{
		`1 | 1.0 | True | 0.9999999 | 1.0000004`,
		`0 | -0.0 | False | 1e-9 | -1e-9`,
		`1.5 | 1.5000001`,
		`1.500001`,
		`None`,
		`'1'`,
		`'' | ""`,
		`'a,b'`,
		`[1, 2] | [True, 2.0]`,
		`[2, 1]`,
		`(1, 2)`,
		`{1, 2} | {2, 1} | {1, 2.0, 1}`,
		`['a', 'b']`,
		`['a,b']`,
		`['a,s1:b']`,
		`[[1], 2]`,
		`[[1, 2]]`,
		`{} | { }`,
		`set()`,
		`{'a': 1, 'b': 2} | {'b': 2, 'a': 1} | {'a': 0, 'b': 2, 'a': 1}`,
		`{'a': 2, 'b': 1}`,
		`1e999`,
		`-1e999`,
		`100000000000000000000 | 1e20`,
	} {
		for _, text := range strings.Split(line, " | ") {
			v, err := Parse(text)
			if err != nil {
				t.Fatal(text)
			}
			form := v.Canonical()
			if other, ok := seen[form]; ok && other != line {
				t.Errorf("%s has the form %s, as has one of %s", text, form, other)
			}
			seen[form] = line
			if first, _ := Parse(strings.Split(line, " | ")[0]); first.Canonical() != form || first.Digest() != v.Digest() {
				t.Errorf("%s has the form %s, another of %s has %s", text, form, line, first.Canonical())
			}
		}
	}
}

// reference is the canonical form as the documentation describes it, in Python.
const reference = `
import ast, json, math, sys

def number(x):
    if isinstance(x, float):
        if math.isnan(x) or math.isinf(x):
            return str(x)
        if x != int(x):
            x = f"{x:.6f}".rstrip("0").rstrip(".")
            return "0" if x == "-0" else x
    return str(int(x))

def form(v):
    if v is None:
        return "N"
    if isinstance(v, (bool, int, float)):
        return "n" + number(v)
    if isinstance(v, str):
        return f"s{len(v.encode())}:{v}"
    if isinstance(v, list):
        return "[" + ",".join(map(form, v)) + "]"
    if isinstance(v, tuple):
        return "(" + ",".join(map(form, v)) + ")"
    if isinstance(v, set):
        return "{" + ",".join(sorted(set(map(form, v)), key=str.encode)) + "}"
    pairs = {form(k): form(x) for k, x in v.items()}
    return "d{" + ",".join(sorted((k + ":" + x for k, x in pairs.items()), key=str.encode)) + "}"

print(json.dumps([form(ast.literal_eval(t)) for t in json.load(sys.stdin)]))
`

func TestCanonicalAsInPython(t *testing.T) {
	python := testkit.Python(t)
	var texts, want []string
	for seed := range 300 {
		v := rapid.Custom(func(t *rapid.T) Value { return draw(t, 3) }).Example(seed)
		texts, want = append(texts, v.String()), append(want, v.Canonical())
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", reference)
	c.Stdin = strings.NewReader(string(in))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if got[i] != want[i] {
			t.Errorf("%s has the form %s, in Python %s", text, want[i], got[i])
		}
	}
}
