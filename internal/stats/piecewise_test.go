package stats

import (
	"testing"

	"pgregory.net/rapid"
)

func TestEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		for x := range rapid.IntRange(1, 12).Draw(t, "n") {
			points = append(points, Point{float64(x), rapid.Float64Range(0, 1).Draw(t, "y")})
		}
		hull := Envelope(points)
		for _, p := range points {
			if Interpolate(hull, p.X) < p.Y-1e-9 {
				t.Fatalf("%v is above its envelope %v", p, hull)
			}
		}
		for k := 2; k < len(hull); k++ {
			a, b, c := hull[k-2], hull[k-1], hull[k]
			if (b.Y-a.Y)/(b.X-a.X) < (c.Y-b.Y)/(c.X-b.X)-1e-9 {
				t.Fatalf("not concave at %v: %v", b, hull)
			}
		}
	})
}
