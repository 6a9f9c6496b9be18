package journal

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/sandbox"
)

// finishedRun is a run with n problems that is done with some, as a run has them.
func finishedRun(t *testing.T, n int, done func(k int) (notes map[Note]string, ok bool)) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	o, err := Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var in []Input
	for k := range n {
		in = append(in, Input{problem.Problem{ID: fmt.Sprint("p", k), Question: "q"}, []problem.Solution{{Code: "x"}}})
	}
	j, err := beginWith(t.Context(), o, Fingerprint{"seed": "1"}, in)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for k := range n {
		notes, ok := done(k)
		if !ok {
			continue
		}
		kind := sandbox.Pass
		if notes != nil {
			kind = sandbox.Fail
		}
		err := j.AddCells(t.Context(), k, []Cell{{Verdict: sandbox.Verdict{Kind: kind}}})
		if err == nil {
			err = j.Finish(t.Context(), k, &Choice{}, notes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func absorb(t *testing.T, into *Journal, dir string) Absorbed {
	t.Helper()
	a, err := into.Absorb(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A problem is taken from whoever lacks nothing of it, whoever comes first, and all of
// it is; there may be more than one batch of them.
func TestAbsorb(t *testing.T) {
	const n = 2*absorbBatch + 3
	noted := map[Note]string{Infra: "1"}
	lacking := finishedRun(t, n, func(k int) (map[Note]string, bool) { return noted, k%2 == 0 })
	whole := finishedRun(t, n, func(k int) (map[Note]string, bool) { return nil, k%4 < 2 })
	for _, order := range [][]string{{lacking, whole}, {whole, lacking}, {whole, lacking, lacking, whole}} {
		j := open1(t, t.TempDir(), Fingerprint{})
		taken := 0
		for _, dir := range order {
			taken += absorb(t, j, dir).Taken
		}
		left := map[int]string{}
		for k := range n {
			s, err := j.Load(t.Context(), k)
			if err != nil {
				t.Fatal(err)
			}
			var kind sandbox.Kind
			for _, c := range s.Cells {
				kind = c.Verdict.Kind
			}
			want, notes := sandbox.Pass, map[Note]string{}
			switch {
			case k%4 == 3:
				want, left[k] = 0, fmt.Sprint("p", k)
			case k%4 == 2:
				want, notes = sandbox.Fail, noted
			}
			if d := cmp.Diff(notes, s.Notes); kind != want || d != "" {
				t.Fatalf("problem %d: %v, want %v; notes %s", k, kind, want, d)
			}
		}
		numbers, leftOut, err := j.Problems(t.Context())
		if err != nil || len(numbers)+leftOut != n || leftOut != len(left) {
			t.Errorf("%d problems and %d left out of %d: %v", len(numbers), leftOut, n, err)
		}
		a := absorb(t, j, whole)
		if a.Taken != 0 || len(a.Unfinished) != n-a.Finished {
			t.Errorf("once more: %d taken, %d finished, %d not", a.Taken, a.Finished, len(a.Unfinished))
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}
