package rerank_test

import (
	"hash/crc32"
	"testing"

	"coderm/eval"
	"coderm/internal/testkit"
	"coderm/passfile"
	"coderm/rerank"
)

// weights is a point of the grid that the study searches.
type weights struct{ agreement, confirmation, raised float64 }

func grid() (points []weights) {
	for _, a := range []float64{2.5, 5, 10} {
		for _, c := range []float64{1, 2, 4} {
			for _, r := range []float64{0, 5, 10, 20} {
				points = append(points, weights{a, c, r})
			}
		}
	}
	return points
}

// recorded reads one of the data sets that auto was chosen on.
func recorded(t *testing.T, name string) []eval.Problem {
	t.Helper()
	problems, err := eval.ReadMatrices(testkit.Data(t, name), passfile.LabelTruth)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

const folds = 5

// fold assigns a problem to a fold, the same in both data sets.
func fold(p *eval.Problem) int { return int(crc32.ChecksumIEEE([]byte(p.ID)) % folds) }

// TestAutoStudy is how auto's weights were judged. It scores a grid of weights
// and prints (with -v) the accuracy in percent of the weights in use, of the
// weights that 5-fold cross-validation over problems picks on both data sets
// together, and of those picked on the other data set alone. The weights in use
// must be no lucky point: close to the best of the grid on both sets.
func TestAutoStudy(t *testing.T) {
	sets := [][]eval.Problem{recorded(t, "humaneval-codegen16b.jsonl.zst"), recorded(t, "matrix-wizardcoder13b.jsonl.zst")}
	points := grid()
	// accuracy[set][point][problem]
	accuracy := make([][][]float64, len(sets))
	for s, problems := range sets {
		accuracy[s] = make([][]float64, len(points))
		for n, w := range points {
			for k := range problems {
				ranked := rerank.RankAutoWith(w.agreement, w.confirmation, w.raised, problems[k].Evidence)
				accuracy[s][n] = append(accuracy[s][n], 100*eval.Accuracy(&problems[k], ranked))
			}
		}
	}
	// mean over the problems of a set that use accepts.
	mean := func(s, n int, use func(p *eval.Problem) bool) float64 {
		sum, count := 0.0, 0.0
		for k := range sets[s] {
			if use(&sets[s][k]) {
				sum += accuracy[s][n][k]
				count++
			}
		}
		return sum / count
	}
	all := func(*eval.Problem) bool { return true }
	// pick is the best point on some sets, the mean over sets counting.
	pick := func(use func(p *eval.Problem) bool, from ...int) int {
		best, at := 0.0, 0
		for n := range points {
			sum := 0.0
			for _, s := range from {
				sum += mean(s, n, use)
			}
			if sum > best {
				best, at = sum, n
			}
		}
		return at
	}

	a, c, r := rerank.AutoWeights()
	inUse := -1
	for n, w := range points {
		if w == (weights{a, c, r}) {
			inUse = n
		}
	}
	if inUse < 0 {
		t.Fatal("the weights in use are not on the grid")
	}
	names := []string{"CodeGen-16B", "WizardCoder-13B"}
	for s, name := range names {
		low, high := 100.0, 0.0
		for n := range points {
			low, high = min(low, mean(s, n, all)), max(high, mean(s, n, all))
		}
		crossed := 0.0
		for f := range folds {
			n := pick(func(p *eval.Problem) bool { return fold(p) != f }, 0, 1)
			for k := range sets[s] {
				if fold(&sets[s][k]) == f {
					crossed += accuracy[s][n][k] / float64(len(sets[s]))
				}
			}
		}
		other := pick(all, 1-s)
		used := mean(s, inUse, all)
		t.Logf("%s: in use %.1f, cross-validated %.1f, picked on the other set %.1f (%+v), grid %.1f to %.1f",
			name, used, crossed, mean(s, other, all), points[other], low, high)
		if used < high-2.5 {
			t.Errorf("%s: the weights in use give %.1f, the grid's best %.1f", name, used, high)
		}
		if used > crossed+3.5 {
			t.Errorf("%s: %.1f in use, but %.1f cross-validated: the weights fit these problems", name, used, crossed)
		}
	}
}
