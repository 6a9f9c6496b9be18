package replay

import (
	"coderm/difficulty"
	"coderm/internal/stats"
)

// crossPredict predicts every problem by a model that has not seen it.
func crossPredict(known []difficulty.Known, rates []float64, use difficulty.Features, hidden []int, folds int, seed uint64) ([]float64, error) {
	fold := stats.DealFolds(len(rates), folds, seed)
	out := make([]float64, len(rates))
	for f := range folds {
		train, where := fold.Split(f)
		if len(where) == 0 {
			continue
		}
		m, err := difficulty.FitRate(stats.Pick(known, train), stats.Pick(rates, train), use, hidden, seed)
		if err != nil {
			return nil, err
		}
		for n, p := range m.Predict(stats.Pick(known, where)) {
			out[where[n]] = p
		}
	}
	return out, nil
}
