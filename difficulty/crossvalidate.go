package difficulty

import (
	"math"
	"math/rand/v2"
)

// dealFolds deals n problems into folds at random.
func dealFolds(n, folds int, seed uint64) []int {
	fold := make([]int, n)
	for k, i := range rand.New(rand.NewPCG(seed, 0x666f6c64)).Perm(n) {
		fold[i] = k % folds
	}
	return fold
}

// without gives the problems of all folds but f to train on, and where those of
// f stand.
func without(f int, fold []int, known []Known, rates []float64) (train []Known, y []float64, where []int) {
	for i, k := range known {
		if fold[i] == f {
			where = append(where, i)
		} else {
			train, y = append(train, k), append(y, rates[i])
		}
	}
	return train, y, where
}

func pick(known []Known, where []int) []Known {
	out := make([]Known, len(where))
	for n, i := range where {
		out[n] = known[i]
	}
	return out
}

// crossPredict predicts every problem by a model that has not seen it.
func crossPredict(known []Known, rates []float64, use Features, hidden []int, folds int, seed uint64) ([]float64, error) {
	fold := dealFolds(len(rates), folds, seed)
	out := make([]float64, len(rates))
	for f := range folds {
		train, y, where := without(f, fold, known, rates)
		if len(where) == 0 {
			continue
		}
		m, err := fitRate(train, y, use, hidden, seed)
		if err != nil {
			return nil, err
		}
		for n, p := range m.Predict(pick(known, where)) {
			out[where[n]] = p
		}
	}
	return out, nil
}

// chooseRate cross-validates the candidates by problem. It returns the best,
// the iteration to stop at, and its held-out log-odds for each problem.
func chooseRate(known []Known, rates []float64, use Features, hidden []int, seed uint64) (candidate, int, []float64, error) {
	fold := dealFolds(len(rates), innerFolds, seed)
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
func heldOut(path [][]float64, known []Known, rates []float64, use Features, c candidate, fold []int, f int, seed uint64) error {
	train, y, where := without(f, fold, known, rates)
	test := pick(known, where)
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
