package replay

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"coderm/internal/stats"
)

// Scores judge predicted pass rates against observed ones.
type Scores struct {
	// Brier is the mean squared error of the pass rate.
	Brier float64 `json:"brier"`
	// AUC is the probability that a right sample's problem is predicted a higher
	// rate than a wrong sample's, ties counting half.
	AUC float64 `json:"auc"`
	// Spearman is the rank correlation of predicted and observed rates.
	Spearman stats.Interval `json:"spearman"`
	// Reliability compares the two in bins of equal size, for a plot.
	Reliability []ReliabilityBin `json:"reliability"`
}

// ReliabilityBin is the mean predicted and observed rate of some problems.
type ReliabilityBin struct {
	Predicted float64 `json:"predicted"`
	Observed  float64 `json:"observed"`
	Problems  int     `json:"problems"`
}

func judge(predicted, observed []float64, seed uint64) Scores {
	s := Scores{
		AUC:         auc(predicted, observed),
		Spearman:    stats.BootstrapPairs(predicted, observed, seed, spearman),
		Reliability: reliability(predicted, observed, 10),
	}
	for i, p := range predicted {
		s.Brier += (p - observed[i]) * (p - observed[i]) / float64(len(predicted))
	}
	return s
}

// auc weighs each problem by its share of right and of wrong samples; NaN
// becomes 0.5 where one of the two is missing.
func auc(predicted, observed []float64) float64 {
	var above, right, wrong float64
	for i, p := range predicted {
		right += observed[i]
		wrong += 1 - observed[i]
		for j, q := range predicted {
			switch w := observed[i] * (1 - observed[j]); {
			case p > q:
				above += w
			case p == q:
				above += w / 2
			}
		}
	}
	if right == 0 || wrong == 0 {
		return 0.5
	}
	return above / (right * wrong)
}

// spearman is the correlation of ranks; 0 when one side is constant.
func spearman(x, y []float64) float64 {
	r := stat.Correlation(ranks(x), ranks(y), nil)
	if math.IsNaN(r) {
		return 0
	}
	return r
}

// ascending is the order of positions that sorts v.
func ascending(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	return order
}

// ranks gives equal values their mean rank.
func ranks(v []float64) []float64 {
	order := ascending(v)
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

func reliability(predicted, observed []float64, bins int) []ReliabilityBin {
	order := ascending(predicted)
	var out []ReliabilityBin
	for k := range bins {
		part := order[k*len(order)/bins : (k+1)*len(order)/bins]
		if len(part) == 0 {
			continue
		}
		b := ReliabilityBin{Problems: len(part)}
		for _, i := range part {
			b.Predicted += predicted[i] / float64(len(part))
			b.Observed += observed[i] / float64(len(part))
		}
		out = append(out, b)
	}
	return out
}
