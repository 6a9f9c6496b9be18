package run

import (
	"slices"
	"testing"
)

func TestScattered(t *testing.T) {
	for n := range 300 {
		order := slices.Collect(scattered(n))
		if n > 10 {
			for i, k := range order[1:] {
				if d := k - order[i]; -n/4 < d && d < n/4 {
					t.Fatalf("%d: %d follows %d", n, k, order[i])
				}
			}
		}
		slices.Sort(order)
		for i, k := range order {
			if i != k {
				t.Fatalf("%d: %v is no order of all", n, order)
			}
		}
		if len(order) != n {
			t.Fatalf("%d: %d in it", n, len(order))
		}
	}
}
