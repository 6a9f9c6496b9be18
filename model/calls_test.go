package model

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/problem/literal"
)

func TestCalls(t *testing.T) {
	for assert, want := range map[string][]string{
		`assert f(1) == 2`:                           {`f(1)`},
		`assert 2 == f([1, (2)], k="a)")`:            {`f([1, (2)], k="a)")`},
		`assert not f('')`:                           {`f('')`},
		`assert(f(1))`:                               {`f(1)`},
		`assert f(1) is None, "f(2) is not"`:         {`f(1)`},
		`assert abs(f(1.5) - f(2)) < 1e-6`:           {`f(1.5)`, `f(2)`},
		`assert f(1) == f(1)`:                        {`f(1)`},
		`assert f(f(1)) == 1`:                        {`f(f(1))`},
		`assert list(f(range(3))) == [0]`:            {`f(range(3))`},
		`assert f(set([1]), float('inf'), r'\d')`:    {`f(set([1]), float('inf'), r'\d')`},
		`assert f(x = 1, y=[2]*3, z="a".upper())`:    {`f(x = 1, y=[2]*3, z="a".upper())`},
		"assert f(\n  1,\n) == 2":                    {"f(\n  1,\n)"},
		`assert f() == "f(3)" # f(4)`:                {`f()`},
		`assert all(f(x) for x in [1, 2])`:           nil,
		`assert f(lst) == 1`:                         nil,
		`assert f(x == 1)`:                           nil,
		`assert f(lambda x: x)(1)`:                   nil,
		`assert f([1}) == f(2]) and f(3)`:            {`f(3)`},
		`assert f(1`:                                 nil,
		`assert f(1, "a`:                             nil,
		`assert g.f(1) == 1`:                         nil,
		`assert gf(1) == 1 and f2(1)`:                nil,
		`assert f`:                                   nil,
		`assertf(1)`:                                 nil,
		`x = f(1)`:                                   nil,
		``:                                           nil,
		`assert f(é) and f("é")`:                     {`f("é")`},
		`assert f(0x1f, 1e5, -2) and f(_)`:           {`f(0x1f, 1e5, -2)`},
		`assert f(1)[0] == 1 and f(1).x and f (2)`:   {`f(1)`},
		`assert [f(i) for i in [f(1)]] == [f(2, 3)]`: {`f(1)`, `f(2, 3)`},
	} {
		if got := Calls(assert, "f"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", assert, got, want)
		}
	}
	if got := Calls("assert f(1)", ""); got != nil {
		t.Errorf("without an entry point: %q", got)
	}
}

// The calls recorded with the outputs were read by Python's own parser out of
// CodeGen-16B's asserts; ours are the same.
func TestCallsOfTheRecord(t *testing.T) {
	type problemTexts struct {
		TaskID     string `json:"task_id"`
		EntryPoint string `json:"entry_point"`
		Tests      []string
	}
	texts := map[string]problemTexts{}
	each(t, "humaneval-codegen16b.jsonl.zst", func(p problemTexts) { texts[p.TaskID] = p })
	compared := 0
	each(t, "outputs-codegen16b.jsonl.zst", func(p struct {
		TaskID string `json:"task_id"`
		Calls  []string
		Claims [][]json.RawMessage // by assert: the call and what it is said to give
	}) {
		for j, claim := range p.Claims {
			if claim == nil {
				continue
			}
			var call int
			if err := json.Unmarshal(claim[0], &call); err != nil {
				t.Fatal(err)
			}
			compared++
			assert := texts[p.TaskID].Tests[j]
			got := Calls(assert, texts[p.TaskID].EntryPoint)
			if len(got) == 0 || canonical(got[0]) != canonical(p.Calls[call]) {
				t.Errorf("%s has the calls %q, recorded %s", assert, got, p.Calls[call])
			}
		}
	})
	if compared != 6372 {
		t.Errorf("%d asserts compared", compared)
	}
}

// canonical writes a call in one way, if its arguments are literals.
func canonical(call string) string {
	if c, err := literal.ParseCall(call); err == nil {
		return c.String()
	}
	return strings.ReplaceAll(call, " ", "")
}

// each reads a recorded file.
func each[T any](t *testing.T, name string, use func(T)) {
	t.Helper()
	err := problem.Lines(testkit.Data(t, name), func(line []byte) error {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return err
		}
		use(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzCalls reads anything without a panic; a call that is found is in the assert,
// whole, and begins with the name.
func FuzzCalls(f *testing.F) {
	for _, assert := range []string{`assert f(1) == 2`, `assert f("a)", 'b') and f(f([1]))`, `assert all(f(x) for x in f(1))`} {
		f.Add(assert)
	}
	f.Fuzz(func(t *testing.T, assert string) {
		for _, call := range Calls(assert, "f") {
			if !strings.Contains(assert, call) || !strings.HasPrefix(call, "f(") || !strings.HasSuffix(call, ")") {
				t.Fatalf("%q of %q", call, assert)
			}
		}
	})
}
