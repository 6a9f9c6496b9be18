package rerank_test

import (
	"math"
	"testing"

	"coderm/rerank"
)

// vote is the rule of the recorded outputs' documentation: solutions vote for what
// they returned on each call, each with its posterior by auto; one that returned
// nothing stands alone. Without calls it is auto.
func vote(e rerank.Evidence) []rerank.Ranked {
	if e.Outputs.Calls() == 0 {
		return rerank.Selector{Rule: rerank.Auto}.Rank(e)
	}
	logs := rerank.AutoEvidence(e)
	most := math.Inf(-1)
	for _, l := range logs {
		most = max(most, l)
	}
	posterior, total := map[int]float64{}, 0.0
	for i, l := range logs {
		posterior[i] = float64(e.Weight(i)) * math.Exp(l-most)
		total += posterior[i]
	}
	score := map[int]float64{}
	for c := range e.Outputs.Calls() {
		by := make([]float64, e.Outputs.Classes(c))
		for i, p := range posterior {
			if e.Outputs.Kind(i, c) == rerank.Returned {
				by[e.Outputs.Class(i, c)] += p / total
			}
		}
		for i, p := range posterior {
			if e.Outputs.Kind(i, c) == rerank.Returned {
				score[i] += by[e.Outputs.Class(i, c)]
			} else {
				score[i] += p / total
			}
		}
	}
	best := 0.0
	for _, s := range score {
		best = max(best, s)
	}
	var winners []rerank.Ranked
	for i, s := range score {
		if s > best-1e-9 {
			winners = append(winners, rerank.Ranked{Solution: i, Score: s})
		}
	}
	return winners
}

// Evidence holds what a rule over outputs needs: the accuracies recorded with the
// data, plain and among those that pass the most public tests, come out of it.
func TestEvidenceCarriesOutputs(t *testing.T) {
	for name, want := range map[string][2]float64{
		"outputs-codegen16b.jsonl.zst": {45.8, 61.5},
		"outputs-gpt4.jsonl.zst":       {87.5, 87.5},
		"outputs-cl34i.jsonl.zst":      {46.9, 46.9},
	} {
		problems := recorded(t, name)
		var got [2]float64
		for _, p := range problems {
			if p.Outputs == nil {
				t.Fatalf("%s, %s: no outputs", name, p.ID)
			}
			for n, e := range []rerank.Evidence{p.Evidence, rerank.Narrow(p.Evidence)} {
				got[n] += 100 * rerank.ChanceRight(e.Matrix, vote(e), p.Right) / float64(len(problems))
			}
		}
		for n := range got {
			if math.Abs(got[n]-want[n]) > 0.06 {
				t.Errorf("%s: %.2f %%, recorded %.1f", name, got[n], want[n])
			}
		}
	}
}
