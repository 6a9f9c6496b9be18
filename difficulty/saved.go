package difficulty

import (
	"slices"

	"gonum.org/v1/gonum/stat"
)

// reach is uniform's accuracy by its mean tests a problem, made monotone: the
// curve other policies' accuracies are looked up on.
func (r *replayer) reach() []point {
	var points []point
	var accuracy []float64
	for _, b := range grid(slices.Max(r.ceiling)) {
		solved, spent := r.draws.play(func([]*trace) []int { return r.uniform(float64(b)) })
		if len(points) > 0 && spent <= points[len(points)-1].x {
			break // nothing is left to draw
		}
		points = append(points, point{x: spent})
		accuracy = append(accuracy, stat.Mean(solved, nil))
	}
	for k, y := range isotonic(accuracy, nil) {
		points[k].y = y
	}
	return points
}

// saved compares spent with what uniform needs for the same accuracy.
func saved(reach []point, accuracy, spent float64) (share float64, more bool) {
	const slack = 1e-9
	for k, p := range reach {
		if p.y < accuracy-slack {
			continue
		}
		need := p.x
		if k > 0 {
			q := reach[k-1]
			need = q.x + (p.x-q.x)*(accuracy-q.y)/max(p.y-q.y, slack)
		}
		return 1 - spent/max(need, slack), false
	}
	last := reach[len(reach)-1].x
	return max(0, 1-spent/last), true
}
