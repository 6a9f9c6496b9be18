package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Tests without a number are generations of their own; those of one number are
// its parts, wherever the file has them.
func TestGenerationsOfGivenTests(t *testing.T) {
	number := func(n int) *int { return &n }
	for _, tt := range []struct {
		name    string
		numbers []*int
		want    [][2]int // generation and part
	}{
		{"none", []*int{nil, nil, nil}, [][2]int{{0, 0}, {1, 0}, {2, 0}}},
		{"in order", []*int{number(0), number(0), number(1)}, [][2]int{{0, 0}, {0, 1}, {1, 0}}},
		{"apart", []*int{number(7), number(3), number(7), number(3), number(7)}, [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}}},
		{"mixed", []*int{number(1), nil, number(1), nil, number(-1)}, [][2]int{{0, 0}, {1, 0}, {0, 1}, {2, 0}, {3, 0}}},
	} {
		var g given
		var got [][2]int
		for _, n := range tt.numbers {
			generation, part := g.next(n)
			got = append(got, [2]int{generation, part})
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}
