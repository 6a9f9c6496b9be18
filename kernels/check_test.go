package kernels

import (
	"testing"
)

// What a user's processor is asked is what the tests ask, of all kernels here.
func TestCheck(t *testing.T) {
	isas := map[string]bool{}
	for _, c := range Check() {
		if c.Err != nil {
			t.Errorf("%s on %s: %v", c.Kernel, c.ISA, c.Err)
		}
		isas[c.ISA] = true
	}
	for _, by := range allProducts() {
		if !isas[by.isa] {
			t.Errorf("no products on %s", by.isa)
		}
	}
	for _, isa := range ISAs() {
		if !isas[isa] {
			t.Errorf("no attention on %s", isa)
		}
	}
}

// A kernel that computes something else is told.
func TestCompareTells(t *testing.T) {
	want, size := [][]float64{{1, 2}}, [][]float64{{1, 2}}
	for _, tt := range []struct {
		out  []float32
		same bool
	}{
		{[]float32{1, 2, 0}, true},
		{[]float32{1, 2.0001, 0}, false},
		{[]float32{1, 2, 1}, false}, // beside the columns
	} {
		if err := compareProduct(tt.out, 3, 0, want, size); (err == nil) != tt.same {
			t.Errorf("%v: %v", tt.out, err)
		}
	}
	for _, tt := range []struct {
		got    Pick
		margin float64
		same   bool
	}{
		{Pick{3, -1}, 1, true},
		{Pick{4, -1}, 1, false},
		{Pick{4, -1}, 1e-7, true}, // too close to call
		{Pick{3, -1.1}, 1, false},
	} {
		if err := tt.got.compare(Pick{3, -1}, tt.margin); (err == nil) != tt.same {
			t.Errorf("%+v: %v", tt.got, err)
		}
	}
}
