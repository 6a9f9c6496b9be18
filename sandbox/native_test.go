package sandbox_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// TestNative compares what the guest says with what a 64-bit CPython says:
// hashes and the order of sets, and lengths, counts and positions beyond 2**31.
// testdata/native/record.py writes the expected values.
func TestNative(t *testing.T) {
	prelude, err := os.ReadFile("testdata/native/prelude.py")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, sandbox.Options{})
	for _, name := range []string{"hashes.txt", "sizes.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata/native", name))
		if err != nil {
			t.Fatal(err)
		}
		var where []string
		var pairs []sandbox.Pair
		lines := strings.Split(string(text), "\n")
		for i := 1; i < len(lines); i++ {
			want, ok := strings.CutPrefix(lines[i], "    ")
			if !ok {
				continue
			}
			program := string(prelude) + "print(answer(" + strconv.QuoteToGraphic(lines[i-1]) + "))\n"
			// A literal of the program is compiled elsewhere than one that is evaluated.
			if !strings.Contains(strings.ToLower(want), "error") {
				program += "print(repr((" + lines[i-1] + ")))\n"
				want += "\n" + want
			}
			where = append(where, name+":"+strconv.Itoa(i))
			pairs = append(pairs, sandbox.Pair{Solution: program, Test: problem.StdioTest("", want)})
		}
		if len(pairs) < 40 {
			t.Fatalf("%s has %d expressions", name, len(pairs))
		}
		err = s.Pairs(context.Background(), slices.Values(pairs), sandbox.Limits{}, func(i int, v sandbox.Verdict) error {
			if v.Kind != sandbox.Pass {
				t.Errorf("%s: %v %s", where[i], v.Kind, v.Detail)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
