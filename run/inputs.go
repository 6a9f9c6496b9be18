package run

import (
	"context"
	"fmt"
	"os"
	"slices"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/journal"
	"coderm/problem"
	"coderm/problem/public"
	"coderm/sandbox"
)

// inventory is what is kept of all problems while their files are read: enough to
// refuse what the run cannot do. The problems themselves go into the journal.
type inventory struct {
	index *problem.Index
	each  []entry
	asked []int // numbers of those that the run is of
}

// entry is what is kept of one problem.
type entry struct {
	asked      bool // the run is of it
	entryPoint bool
	solutions  bool // at least one
	reads      bool // problem.ReadsInput
	validated  bool // it has a validator
	examples   int
	given      given
	text       []float64 // features of the question, where they are needed
}

// given counts the generations of a problem's given tests.
type given struct {
	generations int
	tests       int        // of all of them
	numbered    []numbered // those that the file gave a number; by their place
}

// numbered is a generation of which the file may have more tests.
type numbered struct {
	number, place int
	parts         int32 // so far
}

// next is the place of a test with the file's generation number; without one it
// is a generation of its own.
func (g *given) next(number *int) (generation, part int) {
	g.tests++
	if number != nil {
		for i := range slices.Backward(g.numbered) { // mostly the last
			if n := &g.numbered[i]; n.number == *number {
				n.parts++
				return n.place, int(n.parts) - 1
			}
		}
		g.numbered = append(g.numbered, numbered{*number, g.generations, 1})
	}
	g.generations++
	return g.generations - 1, 0
}

// bind has read take an input file and returns the file's digest, which binds it to
// the run. The file is read once, so that it may be a pipe.
func bind(path string, read func(*problem.Input) error) (digest string, err error) {
	in, err := problem.Open(path)
	if err != nil {
		return "", asInput(err)
	}
	defer in.Close()
	if err := read(in); err != nil {
		return "", inputError(err)
	}
	digest, err = in.Digest()
	return digest, asInput(err)
}

// readInputs reads every file of problems, solutions and tests into the journal.
func (r *Run) readInputs(ctx context.Context) (err error) {
	s, o := &r.spec, r.opening
	withText := s.Writing != nil && s.Writing.Classifier != "" && s.Writing.Policy == budget.PolicyDifficulty
	r.identity.Problems, err = bind(s.Problems, func(in *problem.Input) (err error) {
		r.inventory.index, err = in.EachProblem(func(k int, p problem.Problem) error {
			one := entry{entryPoint: p.EntryPoint != "", examples: len(public.Tests(p)), reads: p.ReadsInput(), validated: p.Validator != ""}
			if withText {
				one.text = difficulty.TextFeatures(p.Question)
			}
			r.inventory.each = append(r.inventory.each, one)
			for i, t := range p.Public {
				if err := sandbox.CanRun(t); err != nil {
					return fmt.Errorf("public test %d of %s: %w", i, p.ID, err)
				}
			}
			if !s.Shard.Has(p.ID) {
				return nil
			}
			return kept(o.AddProblem(ctx, k, p))
		})
		return err
	})
	if err == nil {
		err = r.leaveOut(ctx)
	}
	if err != nil {
		return err
	}
	if s.Solutions != "" {
		r.identity.Solutions, err = bind(s.Solutions, func(in *problem.Input) error {
			return in.EachSolution(r.inventory.index, r.prompt(ctx), func(k int, s problem.Solution) error {
				if !r.inventory.each[k].asked {
					return nil
				}
				r.inventory.each[k].solutions = true
				return kept(o.AddSolution(ctx, k, s))
			})
		})
	}
	if err == nil && s.Hidden != "" {
		r.identity.Hidden, err = bind(s.Hidden, func(in *problem.Input) error {
			return r.eachTest(in, sandbox.CanRun, func(k int, t problem.TestLine) error { return o.AddHiddenTest(ctx, k, t) })
		})
	}
	if err == nil && s.Tests != "" {
		r.identity.Tests, err = r.readTests(ctx)
	}
	return err
}

// leaveOut decides which problems the run is of. All of its shard are in the journal, so
// that the folder tells how many there are.
func (r *Run) leaveOut(ctx context.Context) error {
	v := &r.inventory
	in, err := r.spec.Subset.Of(v.index.IDs, r.spec.Seed)
	if err != nil {
		return &InputError{Field: "only", Err: err}
	}
	var out []int
	for k := range v.each {
		if v.each[k].asked = in[k]; in[k] {
			v.asked = append(v.asked, k)
		} else if r.spec.Shard.Has(v.index.IDs[k]) {
			out = append(out, k)
		}
	}
	return folderError(r.opening.LeaveOut(ctx, out))
}

// tells refuses a test that says nothing of solutions: an input alone does by what they
// return on it.
func (r *Run) tells(t problem.Test) error {
	if t.Alone() && r.spec.Observe > 0 {
		return nil
	}
	return sandbox.CanRun(t)
}

// eachTest has every test of a file kept that is of the run; one that can does not take
// is refused.
func (r *Run) eachTest(in *problem.Input, can func(problem.Test) error, keep func(k int, t problem.TestLine) error) error {
	return in.EachTest(r.inventory.index, func(k int, t problem.TestLine) error {
		if !r.inventory.each[k].asked {
			return nil
		}
		if err := can(t.Test); err != nil {
			return err
		}
		return kept(keep(k, t))
	})
}

// readTests reads the tests that were given, of a file or of runs.
func (r *Run) readTests(ctx context.Context) (digest string, err error) {
	if st, err := os.Stat(r.spec.Tests); err == nil && st.IsDir() {
		return r.readTestRuns(ctx)
	}
	return bind(r.spec.Tests, func(in *problem.Input) error {
		return r.eachTest(in, r.tells, func(k int, t problem.TestLine) error { return r.addGiven(ctx, k, t) })
	})
}

// prompt gives the prompt that a completion of a problem continues.
func (r *Run) prompt(ctx context.Context) func(k int) (string, error) {
	return func(k int) (string, error) {
		p, err := r.opening.Problem(ctx, k)
		return p.Prompt, kept(err)
	}
}

// addGiven records a test that the user brought. Each generation number holds the
// tests that the file gave it; without a number every test is its own.
func (r *Run) addGiven(ctx context.Context, k int, t problem.TestLine) error {
	from := problem.Sampled{Finish: "given", Solution: -1}
	if t.Meta != nil {
		from = *t.Meta
	}
	generation, part := r.inventory.each[k].given.next(t.Generation)
	return r.opening.AddGiven(ctx, k, from, journal.Test{Origin: problem.Origin{Generation: generation, Part: part}, Test: t.Test})
}

// planner runs all tests that were given. All are known now: of what their
// numbers took, nothing stays.
func (v *inventory) planner() budget.Planner {
	tests := make([]int, len(v.asked))
	for i, k := range v.asked {
		tests[i] = v.each[k].given.generations
		v.each[k].given.numbered = nil
	}
	return budget.Fixed(tests)
}

// keptError marks an error of the store among those of a file that is read into it.
type keptError struct{ error }

func (e keptError) Unwrap() error { return e.error }

func kept(err error) error {
	if err == nil {
		return nil
	}
	return keptError{err}
}
