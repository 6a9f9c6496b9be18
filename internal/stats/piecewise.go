package stats

import (
	"cmp"
	"slices"
)

// Point is one corner of a piecewise linear curve.
type Point struct{ X, Y float64 }

// Envelope returns the corners of the least concave curve that lies on or above
// the points, which are sorted by increasing x.
func Envelope(points []Point) []Point {
	var hull []Point
	for _, p := range points {
		for len(hull) >= 2 {
			a, b := hull[len(hull)-2], hull[len(hull)-1]
			if (b.Y-a.Y)*(p.X-b.X) > (p.Y-b.Y)*(b.X-a.X) {
				break
			}
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	return hull
}

// Interpolate reads a piecewise linear curve at x; outside its corners it is
// flat.
func Interpolate(curve []Point, x float64) float64 {
	if len(curve) == 0 {
		return 0
	}
	i, exact := slices.BinarySearchFunc(curve, x, func(p Point, x float64) int { return cmp.Compare(p.X, x) })
	switch {
	case exact:
		return curve[i].Y
	case i == 0:
		return curve[0].Y
	case i == len(curve):
		return curve[i-1].Y
	}
	a, b := curve[i-1], curve[i]
	return a.Y + (b.Y-a.Y)*(x-a.X)/(b.X-a.X)
}
