package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// small is a problem of three distinct solutions, the first sampled twice, and
// three tests; the last solution is right.
func small(id, truth string, rows ...string) Problem {
	p, err := problemOf(&passfile.Line{
		TaskID: id, Truth: truth, Matrix: rows, SampleOf: []int{0, 1, 0, 2},
		Generations: [][]int{{0, 1}, {2}, {}, {1}},
	}, passfile.LabelTruth)
	if err != nil {
		panic(err)
	}
	return p
}

func TestAccuracyIsTheExpectationOverTies(t *testing.T) {
	p := small("P/1", "001", "110", "110", "011")
	for name, want := range map[string]float64{
		"majority":         1. / 4, // two tests each: every sample is as likely, one of four is right
		"majority/method":  1. / 4, // three asserts of four each, the middle one generated twice
		"consensus/method": 0,      // three of four samples behave alike, wrongly
	} {
		s, err := rerank.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Accuracy(&p, s.Rank(p.Evidence)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if Random(&p) != 0.25 || Oracle(&p) != 1 {
		t.Errorf("random %v, oracle %v", Random(&p), Oracle(&p))
	}
	if got := Accuracy(&p, nil); got != 0 {
		t.Errorf("nothing to choose from: %v", got)
	}
}

// Values of 1 - C(n-c, k)/C(n, k) with exact binomials.
func TestPassAt(t *testing.T) {
	for _, c := range []struct {
		n, c, k int
		want    float64
	}{
		{10, 3, 1, 0.3}, {10, 3, 5, 0.9166666666666666}, {100, 22, 10, 0.9273082917973563},
		{5, 5, 2, 1}, {200, 7, 100, 0.9929911172418123}, {10, 0, 5, 0}, {0, 0, 1, 0}, {4, 1, 9, 1},
	} {
		if got := PassAt(c.n, c.c, c.k); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("pass@%d with %d of %d: %v, want %v", c.k, c.c, c.n, got, c.want)
		}
	}
}

// The values of scikit-learn 1.9.1's accuracy_score, f1_score and
// confusion_matrix on the same forty decisions.
func TestQualityEqualsScikitLearn(t *testing.T) {
	truth := "1111111000011001010010001010011111111101"
	accepted := "1111111100011001011011011110001111110111"
	var c confusion
	for i := range truth {
		c.add(truth[i] == '1', accepted[i] == '1', 1)
	}
	got := c.quality("", "")
	want := Quality{Acc: 0.8, F1: 0.8461538461538461, FAR: 0.375, FRR: 0.08333333333333333}
	for name, d := range map[string]float64{"Acc": got.Acc - want.Acc, "F1": got.F1 - want.F1, "FAR": got.FAR - want.FAR, "FRR": got.FRR - want.FRR} {
		if math.Abs(d) > 1e-12 {
			t.Errorf("%s differs by %v", name, d)
		}
	}
}

// By hand: class tests {0,1}, {2}, {1} (the empty one is no test) accept
// 110: yes no yes, 110: yes no yes, 011: no yes yes.
func TestQualityByHand(t *testing.T) {
	problems := []Problem{small("P/1", "001", "110", "110", "011")}
	got := quality(problems, "individual", "class")
	// Right sample: 2 of 3 accepted. Wrong samples (3 of them): 6 of 9 accepted.
	want := Quality{Mode: "individual", Tests: "class", Acc: 5. / 12, F1: 4. / 11, FAR: 6. / 9, FRR: 1. / 3}
	if math.Abs(got.Acc-want.Acc)+math.Abs(got.F1-want.F1)+math.Abs(got.FAR-want.FAR)+math.Abs(got.FRR-want.FRR) > 1e-12 {
		t.Errorf("individual: %+v, want %+v", got, want)
	}
	// Every sample passes two of three.
	got = quality(problems, "multiple", "class")
	if got.Acc != 0.25 || got.FAR != 1 || got.FRR != 0 {
		t.Errorf("multiple: %+v", got)
	}
}

func TestPickDrawsWithoutReplacement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(0, 30).Draw(t, "n"), rapid.IntRange(0, 40).Draw(t, "k")
		got := pick(n, k, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		slices.Sort(got)
		if len(got) != min(n, k) || len(slices.Compact(got)) != min(n, k) {
			t.Fatalf("%d of %d: %v", k, n, got)
		}
	})
}

// manyProblems are ten problems of growing difficulty.
func manyProblems() []Problem {
	var out []Problem
	for k := range 10 {
		truth := []string{"111", "101", "001", "000"}[min(k/3, 3)]
		out = append(out, small("P/"+string(rune('0'+k)), truth, "110", "010", "111"))
	}
	return out
}

// A curve ends where the plain accuracy is: all tests, all solutions.
func TestCurvesEndAtTheAccuracy(t *testing.T) {
	for _, g := range []rerank.Granularity{rerank.ByClass, rerank.ByMethod} {
		study, err := Run(context.Background(), manyProblems(), Options{
			Granularity: g, Tests: []int{1, 10}, Solutions: []int{1, 4}, Draws: 50,
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]float64{}
		for _, s := range study.Selectors {
			want[s.Name] = s.Accuracy.Mean
		}
		for _, c := range study.Curves {
			last := c.Points[len(c.Points)-1].Accuracy
			if math.Abs(last-want[c.Selector]) > 1e-9 {
				t.Errorf("%s by %s (%s) ends at %v, the accuracy is %v", c.Selector, c.Axis, g, last, want[c.Selector])
			}
			if first := c.Points[0].Accuracy; c.Axis == "solutions" && math.Abs(first-study.Random.Mean) > 0.05 {
				t.Errorf("%s: one solution gives %v, random is %v", c.Selector, first, study.Random.Mean)
			}
		}
	}
}

func TestQuintilesPartition(t *testing.T) {
	study, err := Run(context.Background(), manyProblems(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, last := 0, 1.0
	for _, q := range study.Quintiles {
		n += q.Problems
		if q.Random > last {
			t.Errorf("pass rates rise from %v to %v", last, q.Random)
		}
		last = q.Random
	}
	if len(study.Quintiles) != 5 || n != 10 {
		t.Errorf("%d quintiles with %d problems", len(study.Quintiles), n)
	}
}

func TestRunIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, manyProblems(), Options{}); err == nil {
		t.Error("a cancelled study gives a result")
	}
}

func TestMarkPartial(t *testing.T) {
	whole := func(prefix string, n int) (out []Problem) {
		for range n {
			out = append(out, Problem{ID: prefix + "/1"})
		}
		return out
	}
	for name, c := range map[string]struct {
		problems []Problem
		excluded []Excluded
		want     bool
	}{
		"all of HumanEval":  {whole("HumanEval", 164), nil, false},
		"some of HumanEval": {whole("HumanEval", 163), nil, true},
		"all of MBPP+":      {whole("Mbpp", 378), nil, false},
		"unknown":           {whole("Mine", 3), nil, false},
		"one left out":      {whole("Mine", 3), []Excluded{{"Mine/9", "broken"}}, true},
	} {
		s := Study{Excluded: c.excluded}
		if s.MarkPartial(c.problems); s.Partial != c.want {
			t.Errorf("%s: partial = %v", name, s.Partial)
		}
	}
}

func TestMarkdown(t *testing.T) {
	study, err := Run(context.Background(), manyProblems(), Options{
		Selectors: []rerank.Selector{{Rule: rerank.Auto}, {Rule: rerank.CodeT}}, Ks: []int{1, 2, 9}, Tests: []int{1, 3}, Solutions: []int{1, 4}, Draws: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	study.Excluded = []Excluded{{"P/x", "its own canonical solution does not pass"}}
	study.MarkPartial(manyProblems())
	for k := range wrongShown + 2 {
		study.OfRun = append(study.OfRun, Chosen{ID: fmt.Sprintf("P/%d", k), Solution: k, Right: k == 0, Why: problem.Wrong{Input: "f(1)", Expected: "`2`", Got: "raises ValueError: a|b"}})
	}
	var got bytes.Buffer
	if err := study.Markdown(&got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "study.md")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the tables changed (run with -update if they should):\n%s", got.String())
	}
}

func FuzzMatrixLine(f *testing.F) {
	f.Add([]byte(`{"task_id": "a", "truth": "10", "matrix": ["10", "93"], "sample_of": [0, 1, 1], "generations": [[0], [1, 1], []]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var l passfile.Line
		if json.Unmarshal(line, &l) != nil {
			return
		}
		p, err := problemOf(&l, passfile.LabelTruth)
		if err != nil {
			return
		}
		// What is read can be evaluated.
		if _, err := Run(context.Background(), []Problem{p}, Options{Tests: []int{1}, Solutions: []int{1}, Draws: 1}); err != nil {
			t.Fatal(err)
		}
	})
}

// By mutated inputs all that differs is how many there are: the tests' calls stay.
func TestInputCurve(t *testing.T) {
	o, err := rerank.NewOutputs([][]int{{0, 0, 0}, {1, 1, 0}, {1, 0, 1}}, [][]rerank.Kind{
		{rerank.Returned, rerank.Returned}, {rerank.Returned, rerank.Returned}, {rerank.Returned, rerank.Returned},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := Problem{ID: "a", Evidence: rerank.Evidence{Matrix: rerank.NewMatrix(3, 0), Outputs: o}, Right: []bool{false, true, false}, MutatedFrom: 1}
	study, err := Run(context.Background(), []Problem{p}, Options{Selectors: []rerank.Selector{{Rule: rerank.Vote}}, Inputs: []int{1, 2}, Draws: 50, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := study.Curves[0]
	if c.Axis != "mutated inputs" || c.Selector != "vote" || len(c.Points) != 3 {
		t.Fatalf("%+v", study.Curves)
	}
	// The test's call is for rows 1 and 2, the first mutation for 0 and 2, which makes 2
	// the choice, the second for 0 and 1; all of them leave three equals.
	if math.Abs(c.Points[0].Accuracy-0.5) > 1e-9 || c.Points[1].Accuracy <= 0.1 || c.Points[1].Accuracy >= 0.9 || math.Abs(c.Points[2].Accuracy-1./3) > 1e-9 {
		t.Errorf("%+v", c.Points)
	}
}
