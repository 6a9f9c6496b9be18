package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/testkit"
	"coderm/sandbox"
)

// TestCodegen16B compares verdicts pair by pair with what native CPython gave
// on the same programs.
func TestCodegen16B(t *testing.T) {
	problems, err := codegen16b.Load(testkit.Data(t, codegen16b.File), max(2, 20/slowdown))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, sandbox.Options{})
	pairs, bad := 0, 0
	for _, p := range problems {
		// Native timeouts came after 0.1 s: they say nothing about other limits.
		decided := func(i, j int) bool { return p.Matrix[i][j] != codegen16b.Timeout }
		err := s.Cells(context.Background(), p.Programs(), p.Asserts(), sandbox.Limits{}, decided, func(i, j int, v sandbox.Verdict) error {
			pairs++
			if hashOrder[p.TaskID] == i+1 {
				return nil
			}
			if !strings.ContainsRune(allowed[p.Matrix[i][j]], rune(v.Kind.String()[0])) {
				if bad++; bad <= 20 {
					t.Errorf("%s: solution %d, test %d (%s): %v, natively %c", p.TaskID, i, j, p.Tests[j], v, p.Matrix[i][j])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d pairs differ", bad, pairs)
	}
}

// allowed are the first letters of the verdicts that agree with a digit. A
// solution that dies in the native harness may run out of anything here.
var allowed = map[byte]string{
	codegen16b.Pass:  "p",
	codegen16b.Fail:  "f",
	codegen16b.Error: "e",
	codegen16b.Dead:  "etmcf",
}

// hashOrder are the solutions (counted from 1) whose result depends on the
// order of a set of strings, so on the hash seed: native runs differ from each
// other as well.
var hashOrder = map[string]int{"HumanEval/1": 33}

// open makes a sandbox that is closed at the end of the test.
func open(t testing.TB, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
