package machine

import "testing"

func TestChiSquared(t *testing.T) {
	for _, tt := range []struct {
		name    string
		counts  map[int32]*[2]float64
		chi2    float64
		classes int
	}{
		{"nothing", nil, 0, 0},
		{"alike", map[int32]*[2]float64{1: {50, 50}, 2: {20, 20}}, 0, 2},
		// 20² / 100 for each.
		{"apart", map[int32]*[2]float64{1: {60, 40}, 2: {40, 60}}, 8, 2},
		{"rare ones are one class", map[int32]*[2]float64{1: {60, 40}, 2: {0, 4}, 3: {0, 4}, 4: {0, 8}}, 4 + 16, 2},
	} {
		if chi2, classes := chiSquared(tt.counts); chi2 != tt.chi2 || classes != tt.classes {
			t.Errorf("%s: %g of %d classes, want %g of %d", tt.name, chi2, classes, tt.chi2, tt.classes)
		}
	}
}
