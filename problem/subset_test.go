package problem

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func chosen(t *rapid.T, s Subset, ids []string, seed uint64) (out []string) {
	in, err := s.Of(ids, seed)
	if err != nil {
		t.Fatal(err)
	}
	for k, id := range ids {
		if in[k] {
			out = append(out, id)
		}
	}
	return out
}

// A sample has the size that was asked for, and a larger one of the same seed holds
// it, whatever the order of the file; so does a larger limit.
func TestSubsetsGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "problems")
		seed := rapid.Uint64().Draw(t, "seed")
		small := rapid.IntRange(1, 70).Draw(t, "small")
		large := small + rapid.IntRange(0, 10).Draw(t, "more")
		var ids []string
		for k := range n {
			ids = append(ids, fmt.Sprint("task/", k))
		}
		turned := rapid.Permutation(ids).Draw(t, "order")
		a, b := chosen(t, Subset{Sample: small}, ids, seed), chosen(t, Subset{Sample: large}, turned, seed)
		if len(a) != min(small, n) || len(b) != min(large, n) {
			t.Fatalf("samples of %d and %d have %d and %d of %d", small, large, len(a), len(b), n)
		}
		for _, id := range a {
			if !slices.Contains(b, id) {
				t.Fatalf("%s is in a sample of %d and not in one of %d", id, small, large)
			}
		}
		if got := chosen(t, Subset{Limit: small}, ids, seed); !slices.Equal(got, ids[:min(small, n)]) {
			t.Fatalf("limit %d gives %v", small, got)
		}
	})
}

// Every problem is drawn about as often as another.
func TestSamplesAreFair(t *testing.T) {
	var ids []string
	for k := range 20 {
		ids = append(ids, fmt.Sprint("HumanEval/", k))
	}
	count := make([]int, len(ids))
	const draws = 4000
	for seed := range uint64(draws) {
		in, err := Subset{Sample: 5}.Of(ids, seed)
		if err != nil {
			t.Fatal(err)
		}
		for k := range in {
			if in[k] {
				count[k]++
			}
		}
	}
	for k, n := range count { // 1,000 with a standard deviation of 27
		if n < 850 || n > 1150 {
			t.Errorf("%s is in %d of %d samples of a quarter", ids[k], n, draws)
		}
	}
}

func TestSubsetRefuses(t *testing.T) {
	for _, c := range []struct {
		s    Subset
		want string
	}{
		{Subset{Limit: 1, Sample: 1}, "give one"},
		{Subset{Only: []string{"a"}, Limit: 3}, "give one"},
		{Subset{Limit: -1}, "limit -1"},
		{Subset{Sample: -2}, "sample -2"},
	} {
		if err := c.s.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.s, err, c.want)
		}
	}
	if _, err := (Subset{Only: []string{"a", "c"}}).Of([]string{"a", "b"}, 1); err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("a task_id that is not there: %v", err)
	}
}
