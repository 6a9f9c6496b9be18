package difficulty

import (
	"math"

	"coderm/internal/stats"
)

// chooseRate cross-validates the candidates by problem. It returns the best,
// the iteration to stop at, and its held-out log-odds for each problem.
func chooseRate(known []Known, rates []float64, use Features, hidden []int, seed uint64) (candidate, int, []float64, error) {
	fold := stats.DealFolds(len(rates), innerFolds, seed)
	var best candidate
	bestLoss, bestIterations := math.Inf(1), 0
	var bestLogits []float64
	for _, c := range candidates(use, hidden) {
		// path[t][i] is problem i's held-out log-odds after t iterations.
		path := make([][]float64, maxIterations+1)
		for t := range path {
			path[t] = make([]float64, len(rates))
		}
		for f := range innerFolds {
			if err := heldOut(path, known, rates, use, c, fold, f, seed); err != nil {
				return c, 0, nil, err
			}
		}
		for t, logits := range path[1:] {
			loss := (&network{Link: logistic}).loss(logits, rates)
			if loss < bestLoss-1e-9 {
				best, bestLoss, bestIterations, bestLogits = c, loss, t+1, logits
			}
		}
	}
	return best, bestIterations, bestLogits, nil
}

// heldOut trains without one fold and fills in its problems' part of path.
func heldOut(path [][]float64, known []Known, rates []float64, use Features, c candidate, fold stats.Folds, f int, seed uint64) error {
	in, where := fold.Split(f)
	train, y, test := stats.Pick(known, in), stats.Pick(rates, in), stats.Pick(known, where)
	m, err := newRateModel(train, use, c.components)
	if err != nil {
		return err
	}
	m.Iterations = maxIterations
	x, xTest := m.design(train), m.design(test)
	reached := 0
	record := func(t int, theta []float64) {
		_, out := m.Net.forward(xTest, theta)
		for ; reached <= min(t, maxIterations); reached++ {
			for n, i := range where {
				path[reached][i] = out[n]
			}
		}
	}
	if err := m.train(x, y, c, seed, record); err != nil {
		return err
	}
	record(maxIterations, m.Net.Theta) // converged early: it stays there
	return nil
}
