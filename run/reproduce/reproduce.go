// Package reproduce makes the tables of the CodeRM paper from the files that its
// authors published: the published tests run here on the published solutions, and the
// choice is measured by the published verdicts.
package reproduce

import (
	"context"
	"fmt"
	"path/filepath"

	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/internal/stats"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/problem/convert"
	"coderm/rerank"
	"coderm/run"
)

// Solutions is how many solutions of a problem the paper chooses from, of the 200
// that some files have.
const Solutions = 100

// Sizes are the numbers of tests at which the curves are drawn.
var Sizes = []int{1, 2, 5, 10, 20, 50, 100}

// draws is how many random subsets of the tests are drawn for each size.
const draws = 20

var selector = rerank.Selector{Rule: rerank.Reference}

// Experiment is one of the paper's, on its way to a result.
type Experiment struct {
	convert.Published
	dir string // its inputs and its run
}

// Find lists the experiments in a clone of the reference repository that are wanted:
// of these benchmarks and policies, or of all for none. What comes of them will be
// below the folder out. Its errors are *badinput.Errors.
func Find(clone, out string, benchmarks, policies []string) ([]Experiment, error) {
	all, err := convert.FindPublished(clone)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	var list []Experiment
	for _, p := range all {
		if wanted(p.Benchmark, benchmarks) && wanted(p.Policy, policies) {
			list = append(list, Experiment{p, filepath.Join(out, p.Benchmark, p.Judge, p.Policy)})
		}
	}
	if len(list) == 0 {
		return nil, badinput.Errorf("%s: nothing of what is wanted; there are %v", clone, names(all))
	}
	return list, nil
}

func wanted(name string, of []string) bool {
	for _, w := range of {
		if w == name {
			return true
		}
	}
	return len(of) == 0
}

func names(all []convert.Published) (out []string) {
	for _, p := range all {
		out = append(out, p.Benchmark+"/"+p.Policy)
	}
	return out
}

// Prepare writes the experiment's inputs and gives the run that is to be done: by the
// paper's rule of choice, without public examples. The same inputs give the same run,
// which goes on where it stopped. Its errors are *badinput.Errors.
func (e Experiment) Prepare(ctx context.Context) (run.Spec, error) {
	set, err := e.Read(ctx, Solutions)
	if err == nil {
		err = labelled(set)
	}
	inputs := filepath.Join(e.dir, "inputs")
	if err == nil {
		err = set.Write(inputs)
	}
	if err != nil {
		return run.Spec{}, badinput.Mark(err)
	}
	s := run.New(run.Rerank)
	s.Problems = filepath.Join(inputs, problem.ProblemsFile)
	s.Solutions = filepath.Join(inputs, problem.SolutionsFile)
	s.Tests = filepath.Join(inputs, problem.TestsFile)
	s.Writing, s.Out, s.Selector, s.Observe = nil, e.runDir(), selector.String(), 0
	return s, nil
}

func (e Experiment) runDir() string { return filepath.Join(e.dir, "run") }

func labelled(set *convert.Set) error {
	for _, s := range set.Solutions {
		if s.Label == nil {
			return fmt.Errorf("solution %d of %s has no verdict", s.Index, s.TaskID)
		}
	}
	return nil
}

// Result is what came of an experiment. Shares are 0 to 1.
type Result struct {
	convert.Published
	Problems    int            `json:"problems"`
	Paper       *Figures       `json:"paper,omitempty"`
	Vanilla     stats.Interval `json:"vanilla"` // a random solution
	Best        stats.Interval `json:"best"`    // the chosen one, in expectation over ties
	Oracle      stats.Interval `json:"oracle"`
	Quality     []eval.Quality `json:"quality"` // of the tests, by class
	Curve       []eval.Point   `json:"curve"`   // by number of tests
	Differences Differences    `json:"differences"`
}

// Measure reads what the experiment's run has recorded.
func (e Experiment) Measure(ctx context.Context) (*Result, error) {
	recorded, err := run.Read(ctx, e.runDir())
	if err != nil {
		return nil, err
	}
	defer recorded.Close()
	r := &Result{Published: e.Published}
	if f, ok := paper[[2]string{e.Benchmark, e.Policy}]; ok && e.Judge == paperJudge {
		r.Paper = &f
	}
	var problems []eval.Problem
	for res, err := range recorded.Results(ctx, selector) {
		if err != nil {
			return nil, err
		}
		p := r.Differences.add(res)
		problems = append(problems, p)
	}
	study, err := eval.Run(ctx, problems, eval.Options{Selectors: []rerank.Selector{selector}, Tests: Sizes, Draws: draws})
	if err != nil {
		return nil, err
	}
	r.Problems, r.Vanilla, r.Oracle = study.Problems, study.Random, study.Oracle
	r.Best = study.Selectors[0].Accuracy
	for _, q := range study.Quality {
		if q.Tests == "class" {
			r.Quality = append(r.Quality, q)
		}
	}
	r.Curve = study.Curves[0].Points
	return r, nil
}

// byLabels is a result with the truth that its solutions came with. Equal programs
// have the first one's; mixed tells that another has another.
func byLabels(res pipeline.Result) (p eval.Problem, mixed bool) {
	right, seen := make([]bool, len(res.Rows)), make([]bool, len(res.Rows))
	for i, s := range res.Solutions {
		row := res.RowOf[i]
		if !seen[row] {
			right[row], seen[row] = *s.Label, true
		}
		mixed = mixed || right[row] != *s.Label
	}
	return eval.Problem{ID: res.Problem.ID, Evidence: res.Evidence, Samples: res.RowOf, Right: right, Drawn: res.Matrix.Tests()}, mixed
}
