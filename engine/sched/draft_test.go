package sched

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/engine"
)

// TestDraft: where rows are cheap and samples predictable, a batch gives several
// tokens of a sample, and they are those it gives without drafts. (That drafts
// never change a sample is TestSamplesAreTheirOwn's.)
func TestDraft(t *testing.T) {
	run := func(shape Shape, n int) (map[int]engine.Sample, *fakeModel) {
		shape.Seqs, shape.PerSeq, shape.Batch = 8, 400, 64
		m := &fakeModel{positions: 400, shape: shape, habits: 95, free: 100}
		got, err := collect(t.Context(), start(t, m), engine.Request{Prompt: ids(10, 1), N: n, MaxTokens: 200})
		if err != nil {
			t.Fatal(err)
		}
		return got, m
	}
	for _, n := range []int{8, 1} {
		plain, slow := run(Shape{Unified: true}, n)
		got, fast := run(Shape{Unified: true, Drafts: 40}, n)
		for i, s := range got {
			want := plain[i]
			want.Shape = s.Shape
			if d := cmp.Diff(want, s); d != "" {
				t.Errorf("sample %d of %d (-without +with drafts):\n%s", i, n, d)
			}
		}
		if fast.steps > slow.steps/2 {
			t.Errorf("%d samples: %d batches with drafts, %d without", n, fast.steps, slow.steps)
		}
	}
}

// TestDraftPrice: what is drafted follows the price of a row.
func TestDraftPrice(t *testing.T) {
	rows := func(free, habits int) float64 {
		m := &fakeModel{
			positions: 400, habits: habits, free: free,
			shape: Shape{Seqs: 4, PerSeq: 400, Batch: 64, Unified: true, Drafts: 32},
		}
		r := engine.Request{Prompt: ids(10, 1), N: 40, MaxTokens: 100}
		if _, err := collect(t.Context(), start(t, m), r); err != nil {
			t.Fatal(err)
		}
		return float64(m.computed) / float64(m.steps)
	}
	if got := rows(0, 0); got > 4 {
		t.Errorf("%.1f rows a batch for samples that nobody could foretell", got)
	}
	dear, some, cheap := rows(0, 80), rows(10, 80), rows(40, 80)
	if !(dear < some && some < cheap) {
		t.Errorf("%.1f, %.1f and %.1f rows a batch, the cheaper a row the more wanted", dear, some, cheap)
	}
}

// TestGuesses: the longest run that is known makes the guess, by majority, and
// chances come to be what guesses are worth.
func TestGuesses(t *testing.T) {
	g := newGuesses([]int32{1, 2, 3, 4, 9, 2, 3, 5, 8, 2, 3, 5})
	for _, tt := range []struct {
		path []int32
		want int32
		ok   bool
	}{
		{[]int32{1, 2, 3}, 4, true}, // as it stood once
		{[]int32{7, 2, 3}, 5, true}, // 5 came twice after 3, 4 once
		{[]int32{6}, 0, false},
		{nil, 0, false},
	} {
		got, ok := g.after(tt.path)
		if ok != tt.ok || got.token != tt.want {
			t.Errorf("after %v: %d, %v; want %d, %v", tt.path, got.token, ok, tt.want, tt.ok)
		}
	}
	for i := range 900 {
		g.judge(0, i%3 == 0)
	}
	if c := g.chance(0); math.Abs(c-1.0/3) > 0.01 {
		t.Errorf("chance %.3f of guesses of which a third were right", c)
	}
	full := &guesses{next: map[uint64]successor{}}
	for i := range int32(mostRuns + 10) {
		full.learn([]int32{i}, i)
	}
	if len(full.next) != mostRuns {
		t.Errorf("%d runs are remembered, want at most %d", len(full.next), mostRuns)
	}
}
