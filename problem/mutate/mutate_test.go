package mutate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/problem/literal"
)

func calls(t testing.TB, texts ...string) (out []literal.Call) {
	t.Helper()
	for _, text := range texts {
		c, err := literal.ParseCall(text)
		if err != nil {
			t.Fatal(text)
		}
		out = append(out, c)
	}
	return out
}

func texts(calls []literal.Call) (out []string) {
	for _, c := range calls {
		out = append(out, c.String())
	}
	return out
}

// What a call is turned into: some of what must be reachable, and all that there is
// where there is little.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		seeds []string
		some  []string
		all   int // 0: as many as asked for
	}{
		{seeds: []string{`f(3)`}, some: []string{`f(4)`, `f(2)`, `f(6)`}},
		{seeds: []string{`f(0)`}, some: []string{`f(1)`, `f(-1)`}},
		{seeds: []string{`f(1.5)`}, some: []string{`f(2.5)`, `f(0.5)`, `f(3.0)`, `f(0.75)`, `f(2.0)`}},
		{seeds: []string{`f("ab")`, `f("xyz")`}, some: []string{`f('b')`, `f('abab')`, `f('')`}},
		{seeds: []string{`f([1, 2])`, `f([7])`}, some: []string{`f([1])`, `f([2, 1])`, `f([])`, `f([1, 3])`}},
		{seeds: []string{`f(True, x=None)`}, some: []string{`f(False, x=None)`}, all: 1},
		{seeds: []string{`f((1, 'a'))`}, some: []string{`f((2, 'a'))`}},
		{seeds: []string{`f({'a': 1})`, `f({'b': 5})`}, some: []string{`f({})`, `f({'a': 2})`, `f({'a': 1, 'b': 5})`}},
		{seeds: []string{`f({1, 2})`}, some: []string{`f({1})`, `f({2})`}},
		{seeds: []string{`f(1, 'a')`, `f(50, 'q')`}, some: []string{`f(50, 'a')`, `f(1, 'q')`}},
		{seeds: []string{`f([])`}, all: -1},
		{seeds: []string{`f()`, `f(None)`}, all: -1},
		{seeds: nil, all: -1},
	} {
		got := texts(Calls(calls(t, c.seeds...), 200, 1, "t"))
		for _, want := range c.some {
			if !slices.Contains(got, want) {
				t.Errorf("%v: no %s among %v", c.seeds, want, got)
			}
		}
		if c.all != 0 && len(got) > max(0, c.all) {
			t.Errorf("%v: %v", c.seeds, got)
		}
	}
}

// Mutations are new, of the seeds' types, bounded, and the same for the same seed.
func TestMutations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seeds := rapid.SliceOfN(rapid.Custom(drawCall), 1, 5).Draw(t, "seeds")
		n := rapid.IntRange(0, 40).Draw(t, "n")
		got := Calls(seeds, n, 7, "t")
		if len(got) > n {
			t.Fatalf("%d of %d", len(got), n)
		}
		if again := Calls(seeds, n, 7, "t"); !slices.Equal(texts(again), texts(got)) {
			t.Fatal("another time others")
		}
		seen, types, longest := map[string]bool{}, map[string]bool{}, 0
		for _, c := range seeds {
			seen[c.String()] = true
			types[shape(c)] = true
			for _, at := range shapes(c) {
				types[at] = true
			}
			longest = max(longest, len(c.String()))
		}
		for _, c := range got {
			text := c.String()
			if seen[text] {
				t.Fatalf("%s is there already", text)
			}
			seen[text] = true
			if !types[shape(c)] {
				t.Fatalf("%s is of the types %s, the seeds of %v", text, shape(c), types)
			}
			for _, at := range shapes(c) {
				if !types[at] {
					t.Fatalf("%s has the types %s, the seeds %v", text, at, types)
				}
			}
			if len(text) > 2*longest+maxGrowth {
				t.Fatalf("%s is longer than the seeds", text)
			}
			if again, err := literal.ParseCall(text); err != nil || again.String() != text {
				t.Fatalf("%s is no call: %v", text, err)
			}
		}
	})
}

// shape is a call's function, and the names and types of its arguments.
func shape(c literal.Call) string {
	text := c.Func
	for _, a := range c.Args {
		text += " " + a.Name + string(kindLetter(a.Value))
	}
	return text
}

// shapes are the types of a call's arguments, each with its place; of tuples also
// those of the elements. A place is a name or a number: a value that one seed has
// there may stand beside those of another.
func shapes(c literal.Call) (out []string) {
	for i, a := range c.Args {
		var b strings.Builder
		var value func(v literal.Value)
		value = func(v literal.Value) {
			b.WriteByte(kindLetter(v))
			if v.Kind == literal.Tuple {
				b.WriteByte('(')
				for _, item := range v.Items {
					value(item)
				}
				b.WriteByte(')')
			}
		}
		value(a.Value)
		out = append(out, place(c, i)+b.String())
	}
	return out
}

func kindLetter(v literal.Value) byte { return " nbifsltSd"[v.Kind+1] }

// drawCall draws a call of one of two functions.
func drawCall(t *rapid.T) literal.Call {
	value := rapid.SampledFrom([]string{
		`1`, `-3`, `123456789012345678901`, `0.5`, `1e300`, `''`, `'abc'`, `'é x'`, `True`, `None`, `[]`, `[1, 2, 3]`, `['a', 'b']`, `[[1], []]`,
		`(1, 'a')`, `()`, `{}`, `{'a': [1], 'b': []}`, `{(1, 2): 'x'}`, `{1, 2}`, `set()`, `[(1, 2), (3, 4)]`,
	})
	c := literal.Call{Func: rapid.SampledFrom([]string{"f", "g"}).Draw(t, "func")}
	for range rapid.IntRange(0, 3).Draw(t, "arguments") {
		v, err := literal.Parse(value.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		c.Args = append(c.Args, literal.Argument{Value: v})
	}
	if n := len(c.Args); n > 0 && rapid.Bool().Draw(t, "named") {
		c.Args[n-1].Name = "k"
	}
	return c
}

// The study that the recorded outputs come from had 30 mutations a problem of the
// calls in its tests. Ours are alike: of the types there are, about as long, some of
// them the same, and nearly as many.
func TestMutationsOfTheRecord(t *testing.T) {
	problems, theirs, ours, same, theirLength, ourLength := 0, 0, 0, 0, 0, 0
	err := problem.Lines(testkit.Data(t, "outputs-codegen16b.jsonl.zst"), func(line []byte) error {
		var p struct {
			TaskID         string `json:"task_id"`
			Calls, Mutated []string
		}
		if err := json.Unmarshal(line, &p); err != nil || len(p.Calls) == 0 {
			return err
		}
		problems++
		var seeds []literal.Call
		types, recorded := map[string]bool{}, map[string]bool{}
		for _, text := range p.Calls {
			if c, err := literal.ParseCall(text); err == nil { // few have arguments like 27 ** 3
				seeds = append(seeds, c)
				types[shape(c)] = true
			}
		}
		for _, text := range p.Mutated {
			recorded[text] = true
			theirs++
			theirLength += len(text)
		}
		for _, c := range Calls(seeds, PerProblem, 0, p.TaskID) {
			if !types[shape(c)] {
				t.Errorf("%s: %s is of other types than the calls", p.TaskID, c)
			}
			ours++
			ourLength += len(c.String())
			if recorded[c.String()] {
				same++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d problems, %d mutations recorded, %d ours, %d of them the same, %.1f and %.1f characters", problems, theirs, ours, same,
		float64(theirLength)/float64(theirs), float64(ourLength)/float64(ours))
	if length := float64(ourLength) / float64(ours) / (float64(theirLength) / float64(theirs)); length < 0.8 || length > 1.25 {
		t.Errorf("ours are %.2f times as long", length)
	}
	if float64(ours) < 0.95*float64(theirs) || float64(same) < 0.05*float64(theirs) {
		t.Errorf("%d mutations, %d of them recorded ones", ours, same)
	}
}

func FuzzCalls(f *testing.F) {
	f.Add(`f([1, 2.5], 'abc', k={'a': (1,)})`, uint64(1))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		c, err := literal.ParseCall(text)
		if err != nil || len(text) > 1000 {
			return
		}
		for _, m := range Calls([]literal.Call{c}, 5, seed, "t") {
			if again, err := literal.ParseCall(m.String()); err != nil || again.String() != m.String() {
				t.Fatalf("%s of %s: %v", m, text, err)
			}
		}
	})
}
