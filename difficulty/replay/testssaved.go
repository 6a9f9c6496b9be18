package replay

import (
	"slices"

	"gonum.org/v1/gonum/stat"

	"coderm/budget"
	"coderm/internal/stats"
)

// reach is uniform's accuracy by its mean tests a problem, made monotone: the
// curve other policies' accuracies are looked up on.
func (r *replayer) reach() []stats.Point {
	var points []stats.Point
	var accuracy []float64
	for _, b := range budget.Stops(slices.Max(r.ceiling)) {
		solved, spent := r.draws.play(func([]*trace) []int { return r.uniform(float64(b)) })
		if len(points) > 0 && spent <= points[len(points)-1].X {
			break // nothing is left to draw
		}
		points = append(points, stats.Point{X: spent})
		accuracy = append(accuracy, stat.Mean(solved, nil))
	}
	for k, y := range stats.Isotonic(accuracy, nil) {
		points[k].Y = y
	}
	return points
}

// saved compares spent with what uniform needs for the same accuracy.
func saved(reach []stats.Point, accuracy, spent float64) (share float64, more bool) {
	const slack = 1e-9
	for k, p := range reach {
		if p.Y < accuracy-slack {
			continue
		}
		need := p.X
		if k > 0 {
			q := reach[k-1]
			need = q.X + (p.X-q.X)*(accuracy-q.Y)/max(p.Y-q.Y, slack)
		}
		return 1 - spent/max(need, slack), false
	}
	last := reach[len(reach)-1].X
	return max(0, 1-spent/last), true
}
