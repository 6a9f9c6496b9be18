package rerank_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"coderm/rerank"
)

// byTheFormula is vote as it is defined, summed pair by pair.
func byTheFormula(e rerank.Evidence) map[int]float64 {
	posterior, total := map[int]float64{}, 0.0
	for i, l := range rerank.AutoEvidence(e) {
		posterior[i] = float64(e.Weight(i)) * math.Exp(l)
		total += posterior[i]
	}
	score := map[int]float64{}
	for i := range posterior {
		for c := range e.Outputs.Calls() {
			for j, p := range posterior {
				returned := e.Outputs.Kind(i, c) == rerank.Returned && e.Outputs.Class(i, c) == e.Outputs.Class(j, c)
				if i == j || returned {
					score[i] += p / total / float64(e.Outputs.Calls())
				}
			}
		}
	}
	return score
}

func TestVoteIsItsFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := rerank.DrawEvidence(t)
		if e.Outputs.Calls() == 0 {
			return
		}
		want := byTheFormula(e)
		got := rerank.Selector{Rule: rerank.Vote}.Rank(e)
		if len(got) != len(want) {
			t.Fatalf("%d candidates of %d", len(got), len(want))
		}
		for _, r := range got {
			if math.Abs(r.Score-want[r.Solution]) > 2e-9 {
				t.Fatalf("row %d scores %v, by the formula %v", r.Solution, r.Score, want[r.Solution])
			}
		}
	})
}

// The accuracies recorded with the data, plain and among those that pass the most
// public tests.
func TestRecordedOutputs(t *testing.T) {
	for file, want := range map[string]map[rerank.Rule][2]float64{
		"outputs-codegen16b.jsonl.zst": {
			rerank.Public: {53.4, 53.4}, rerank.Majority: {23.6, 52.6}, rerank.CodeT: {37.2, 57.5},
			rerank.Auto: {39.6, 57.7}, rerank.AutoOutputs: {42.3, 58.7}, rerank.Vote: {45.8, 61.5},
		},
		"outputs-gpt4.jsonl.zst": {
			rerank.Public: {84.6, 84.6}, rerank.Majority: {83.8, 83.8}, rerank.CodeT: {84.9, 86.1},
			rerank.Auto: {86.7, 86.7}, rerank.AutoOutputs: {86.8, 86.8}, rerank.Vote: {87.5, 87.5},
		},
		"outputs-cl34i.jsonl.zst": {
			rerank.Public: {45.5, 45.5}, rerank.Majority: {48.6, 49.2}, rerank.CodeT: {44.0, 47.0},
			rerank.Auto: {47.6, 47.6}, rerank.AutoOutputs: {47.5, 47.5}, rerank.Vote: {46.9, 46.9},
		},
	} {
		problems := recorded(t, file)
		for rule, want := range want {
			for n, public := range []bool{false, true} {
				got := 0.0
				for _, p := range problems {
					ranked := rerank.Selector{Rule: rule, Public: public}.Rank(p.Evidence)
					got += 100 * rerank.ChanceRight(p.Matrix, ranked, p.Right) / float64(len(problems))
				}
				if math.Abs(got-want[n]) > 0.06 {
					t.Errorf("%s, %s, public %v: %.2f %%, recorded %.1f", file, rule, public, got, want[n])
				}
			}
		}
	}
}
