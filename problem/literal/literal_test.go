package literal

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`None`: `None`, ` True `: `True`, `-3`: `-3`, `+3`: `3`, `- 3`: `-3`, `0x1F`: `31`, `0b11`: `3`, `0o17`: `15`, `1_000`: `1000`, `00`: `0`,
		`123456789012345678901234567890`: `123456789012345678901234567890`,
		`1.`:                             `1.0`, `.5`: `0.5`, `1e3`: `1000.0`, `1E-7`: `1e-07`, `-0.0`: `-0.0`, `1e22`: `1e+22`, `1_0.5`: `10.5`, `1e999`: `1e999`, `012.5`: `12.5`, `1e05`: `100000.0`,
		`'a'`: `'a'`, `"a'b"`: `"a'b"`, `'a"b'`: `'a"b'`, `'\'"'`: `'\'"'`, `'a' "b"`: `'ab'`, `r'\n'`: `'\\n'`, `u'é'`: `'é'`,
		`'\x41\u00e9\t\d\101'`: `'Aé\t\\dA'`, "'''a\nb'''": `'a\nb'`, `""`: `''`, `"\U0001F600"`: `'😀'`, `'\x00'`: `'\x00'`, `'\u200b'`: `'\u200b'`,
		`[]`: `[]`, `[1,2 , 3,]`: `[1, 2, 3]`, `()`: `()`, `(1)`: `1`, `(1,)`: `(1,)`, `(1, 2)`: `(1, 2)`, `((1))`: `1`, `([1],)`: `([1],)`,
		`{}`: `{}`, `{1, 2}`: `{1, 2}`, `set()`: `set()`, `{'a': [1], (2, 3): None}`: `{'a': [1], (2, 3): None}`, "[1,\n 2]": `[1, 2]`,
	} {
		v, err := Parse(text)
		if err != nil || v.String() != want {
			t.Errorf("%s is read as %s (%v), want %s", text, v, err, want)
		}
	}
	for _, text := range []string{
		``, `x`, `1 2`, `1+2`, `1j`, `012`, `1__0`, `1_`, `0x`, `1e`, `--1`, `-'a'`, `'a`, `'a"`, "'a\n'", `b'a'`, `f'a'`, `rb'a'`, `'\N{DASH}'`, `'\ud800'`, `'\x4'`,
		`[1`, `[1 2]`, `[,]`, `{1: 2, 3}`, `{1, 2: 3}`, `{[1]}`, `{{}: 1}`, `{1:}`, `set([1])`, `nan`, `inf`, `1_.5`, `True1`, strings.Repeat("[", 60) + strings.Repeat("]", 60),
		strings.Repeat("9", 5000), "'a' # b",
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%q is read as %s", text, v)
		}
	}
}

func TestParseCall(t *testing.T) {
	for text, want := range map[string]string{
		`f()`: `f()`, `f( 1,'a' )`: `f(1, 'a')`, `f(1, b = 2, c=[3],)`: `f(1, b=2, c=[3])`, `m.f((1,))`: `m.f((1,))`, "f(\n  1,\n)": `f(1)`,
	} {
		c, err := ParseCall(text)
		if err != nil || c.String() != want {
			t.Errorf("%s is read as %s (%v), want %s", text, c, err, want)
		}
	}
	for _, text := range []string{``, `f`, `f(`, `f(x)`, `f(1)(2)`, `f(1) == 2`, `f(a=1, 2)`, `f(*[1])`, `1(2)`, `f(a==1)`, `f.(1)`, `[f(1)]`} {
		if c, err := ParseCall(text); err == nil {
			t.Errorf("%q is read as %s", text, c)
		}
	}
}

// Draw draws any value.
func draw(t *rapid.T, depth int) Value {
	kinds := []Kind{None, Bool, Int, Float, Str}
	if depth > 0 {
		kinds = append(kinds, List, Tuple, Set, Dict)
	}
	v := Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch v.Kind {
	case Bool:
		v.Bool = rapid.Bool().Draw(t, "bool")
	case Int:
		v.Int = big.NewInt(rapid.Int64().Draw(t, "int"))
		if rapid.Bool().Draw(t, "large") {
			v.Int = new(big.Int).Mul(v.Int, v.Int)
		}
	case Float:
		v.Float = rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) }).Draw(t, "float")
	case Str:
		v.Str = rapid.String().Draw(t, "str")
	case List, Tuple, Set, Dict:
		n := rapid.IntRange(0, 3).Draw(t, "items")
		for range n {
			item := draw(t, depth-1)
			if (v.Kind == Set || v.Kind == Dict) && !item.Hashable() {
				continue
			}
			v.Items = append(v.Items, item)
			if v.Kind == Dict {
				v.Items = append(v.Items, draw(t, depth-1))
			}
		}
	}
	return v
}

// What is printed reads back as the same value.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := draw(t, 3)
		got, err := Parse(want.String())
		if err != nil || !got.Equal(want) || got.Kind != want.Kind {
			t.Fatalf("%s reads back as %s (%v)", want, got, err)
		}
	})
}

// FuzzParse reads anything without a panic, and what it reads prints and reads the
// same again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{`f(1, [2.5, 'a'], k={(1,): None})`, `f("\x41" 'b', -0x1f, set())`, `f({1, 2}, {1: 2})`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCall(text)
		if err != nil {
			return
		}
		again, err := ParseCall(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q is read as %s, and that as %s (%v)", text, c, again, err)
		}
	})
}
