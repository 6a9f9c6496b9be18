package eval

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"coderm/internal/testkit"
	"coderm/passfile"
	"coderm/rerank"
)

// recorded opens a matrix of the recorded data sets, which are not part of the
// repository.
func recorded(t testing.TB, name string) []Problem {
	t.Helper()
	problems, err := ReadMatrices(testkit.Data(t, name), passfile.LabelTruth)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

const (
	codegen     = "humaneval-codegen16b.jsonl.zst"
	wizardcoder = "matrix-wizardcoder13b.jsonl.zst"
)

// near compares percentages; the records have one or two decimals.
func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(100*got-want) > within {
		t.Errorf("%s: %.2f %%, recorded %.2f", what, 100*got, want)
	}
}

func accuracy(t *testing.T, problems []Problem, name string) float64 {
	t.Helper()
	sel, err := rerank.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for k := range problems {
		sum += Accuracy(&problems[k], sel.Rank(problems[k].Evidence))
	}
	return sum / float64(len(problems))
}

// The figures recorded with the data. "Majority over generations" counts
// generated tests by class; over asserts, every generated assert as a test.
func TestRecordedAccuracy(t *testing.T) {
	for _, set := range []struct {
		file string
		size int
		want map[string]float64
	}{
		{codegen, 164, map[string]float64{
			"random": 22.12, "oracle": 73.78,
			"majority/method": 21.2, "majority/class": 23.6,
			"codet/method": 37.2,
		}},
		{wizardcoder, 157, map[string]float64{
			"random": 51.1, "oracle": 90.4,
			"majority/method": 68.5, "reference/class": 70.3,
			"codet/class": 74.8, "codet/method": 69.4,
		}},
	} {
		t.Run(set.file, func(t *testing.T) {
			problems := recorded(t, set.file)
			if len(problems) != set.size {
				t.Fatalf("%d problems, want %d", len(problems), set.size)
			}
			for what, want := range set.want {
				const within = 0.06
				var got float64
				switch what {
				case "random", "oracle":
					values := make([]float64, len(problems))
					for k := range problems {
						values[k] = map[string]func(*Problem) float64{"random": Random, "oracle": Oracle}[what](&problems[k])
					}
					got = stat.Mean(values, nil)
				default:
					got = accuracy(t, problems, what)
				}
				near(t, what, got, want, within)
			}
		})
	}
}

// The default selector must beat the best recorded rule of either data set.
func TestAutoReachesTheGoals(t *testing.T) {
	for file, goal := range map[string]float64{codegen: 37.3, wizardcoder: 74.8} {
		if got := 100 * accuracy(t, recorded(t, file), "auto"); got < goal {
			t.Errorf("%s: auto is right in %.2f %%, the goal is %.2f", file, got, goal)
		}
	}
}

// The recorded classifier: one generated assert, every time it was generated.
func TestRecordedQuality(t *testing.T) {
	got := quality(recorded(t, codegen), "individual", "method")
	near(t, "Acc", got.Acc, 78.3, 0.05)
	near(t, "F1", got.F1, 41.5, 0.05)
	near(t, "FAR", got.FAR, 14.5, 0.05)
	near(t, "FRR", got.FRR, 55.8, 0.05)
}

// nearCurves compares the curves of some selectors, and that all of them are there.
func nearCurves(t *testing.T, study *Study, want map[string][]float64, within float64) {
	t.Helper()
	found := 0
	for _, c := range study.Curves {
		w, ok := want[c.Selector]
		if !ok {
			continue
		}
		found++
		for n, p := range c.Points[1:] { // without that of no test
			near(t, c.Selector, p.Accuracy, w[n], within)
		}
	}
	if found != len(want) {
		t.Errorf("%d curves of %d", found, len(want))
	}
}

// The recorded table by number of tests, within the noise of both draws.
func TestRecordedCurve(t *testing.T) {
	if testing.Short() {
		testkit.Skip(t, testkit.Short)
	}
	sizes := []int{1, 2, 3, 5, 10, 20, 50, 100}
	want := map[string][]float64{
		"reference": {23.8, 24.5, 24.7, 24.7, 24.5, 24.5, 22.7, 21.7},
		"codet":     {23.8, 26.1, 27.8, 30.4, 33.4, 35.4, 37.4, 37.3},
	}
	study, err := Run(context.Background(), recorded(t, codegen), Options{
		Selectors: []rerank.Selector{{Rule: rerank.Reference}, {Rule: rerank.CodeT}}, Granularity: rerank.ByMethod, Tests: sizes, Draws: 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	nearCurves(t, study, want, 0.6)
}

func TestRecordedWizardCurve(t *testing.T) {
	study, err := Run(context.Background(), recorded(t, wizardcoder), Options{
		Selectors: []rerank.Selector{{Rule: rerank.Reference}, {Rule: rerank.CodeT}}, Granularity: rerank.ByClass, Tests: []int{1, 10, 100}, Draws: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]float64{"reference": {60.4, 67.6, 70.3}, "codet": {60.4, 70.9, 74.8}}
	nearCurves(t, study, want, 0.8)
}
