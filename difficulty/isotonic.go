package difficulty

import (
	"cmp"
	"slices"
)

// isotonic returns the non-decreasing sequence nearest to y in weighted least
// squares, by pooling adjacent violators. Weights are positive; nil means equal.
func isotonic(y, weight []float64) []float64 {
	type block struct {
		sum, weight float64
		n           int
	}
	var blocks []block
	for i, v := range y {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		blocks = append(blocks, block{v * w, w, 1})
		for k := len(blocks) - 1; k > 0; k-- {
			a, b := blocks[k-1], blocks[k]
			if a.sum*b.weight <= b.sum*a.weight {
				break
			}
			blocks[k-1] = block{a.sum + b.sum, a.weight + b.weight, a.n + b.n}
			blocks = blocks[:k]
		}
	}
	out := make([]float64, 0, len(y))
	for _, b := range blocks {
		for range b.n {
			out = append(out, b.sum/b.weight)
		}
	}
	return out
}

// point is one corner of a piecewise linear curve.
type point struct{ x, y float64 }

// envelope returns the corners of the least concave curve that lies on or above
// the points, which are sorted by increasing x.
func envelope(points []point) []point {
	var hull []point
	for _, p := range points {
		for len(hull) >= 2 {
			a, b := hull[len(hull)-2], hull[len(hull)-1]
			if (b.y-a.y)*(p.x-b.x) > (p.y-b.y)*(b.x-a.x) {
				break
			}
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	return hull
}

// interpolate reads a piecewise linear curve at x; outside its corners it is
// flat.
func interpolate(curve []point, x float64) float64 {
	if len(curve) == 0 {
		return 0
	}
	i, exact := slices.BinarySearchFunc(curve, x, func(p point, x float64) int { return cmp.Compare(p.x, x) })
	switch {
	case exact:
		return curve[i].y
	case i == 0:
		return curve[0].y
	case i == len(curve):
		return curve[i-1].y
	}
	a, b := curve[i-1], curve[i]
	return a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)
}
