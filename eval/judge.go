package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"coderm/problem"
	"coderm/problem/evalplus"
	"coderm/rerank"
)

// Executor runs programs against hidden tests; the sandbox, seen from here.
type Executor interface {
	// Run hands over what each test says of each program, in no fixed order.
	Run(ctx context.Context, programs []string, tests []problem.Test, b Bound, yield func(i, j int, c Checked) error) error
	// Print gives what a program prints; false where it does not come to its end.
	Print(ctx context.Context, program string) (printed []byte, ok bool, err error)
}

// Bound is the fuel of a program on a test; 0 in either place: as much as the
// executor ever gives.
type Bound struct {
	Fuel uint64 // in all
	Call uint64 // of each call that the test makes of the program
}

// Checked is a program's result on a test.
type Checked struct {
	Outcome rerank.Outcome // Timeout only where more fuel could change it; Unrun when the executor itself failed
	Fuel    uint64         // work done
	Detail  string
}

// Judged is what the checks of a problem say of a program.
type Judged struct {
	Right bool
	Why   problem.Wrong // where it is wrong
}

// JudgeVersion is the version of what follows: verdicts that are kept are of one.
const JudgeVersion = 1

// tries are the bounds within which programs are tried before they get all that they
// may take. Nearly all need less than the first, and of those that do not most are
// wrong on another input.
var tries = []Bound{{Fuel: 400_000_000, Call: 50_000_000}, {Fuel: 4_000_000_000, Call: 1_000_000_000}}

// factor is how often the canonical solution's time a candidate may take, as in
// EvalPlus.
const factor = 4

// Judge runs a problem's checks on the programs and hands over which are right,
// those that pass them all, each as soon as it is known. The canonical solution goes
// first: where it fails itself, nothing is scored and the error is an *Unscored.
//
// What takes long is programs that never end. So all are tried with little fuel, and
// a program that is slow on some inputs on others alone; what is then neither right
// nor wrong gets more, and at last as much as the check's patience is.
func Judge(ctx context.Context, ex Executor, p problem.Problem, programs []string, checks []Check, found func(k int, j Judged) error) error {
	if len(checks) == 0 {
		return &Unscored{"the problem has no hidden test"}
	}
	j := judging{ex: ex, problem: p, checks: slices.Clone(checks), found: found, open: make([]suspect, len(programs))}
	for _, code := range programs {
		j.programs = append(j.programs, p.Program(code))
	}
	for k := range j.checks {
		bound, err := j.canonical(ctx, &j.checks[k])
		if err != nil {
			return err
		}
		j.bounds = append(j.bounds, bound)
	}
	steps := []func(context.Context) error{j.quickly, j.probe}
	for _, within := range tries[1:] {
		steps = append(steps, func(ctx context.Context) error { return j.again(ctx, within) })
	}
	steps = append(steps, j.hardest, func(ctx context.Context) error { return j.again(ctx, Bound{}) })
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
	}
	return nil
}

// judging is a problem's programs while they are judged.
type judging struct {
	ex       Executor
	problem  problem.Problem
	programs []string
	checks   []Check
	bounds   []Bound // of the checks
	found    func(k int, j Judged) error
	open     []suspect // by program
}

// suspect is what is known of a program that is neither right nor wrong yet.
type suspect struct {
	done bool
	slow map[int]bool // checks that it had too little fuel for
	on   string       // an input that it had too little fuel for, if that is known
}

// canonical runs the canonical solution, if there is one, and gives a candidate's
// bound.
func (j *judging) canonical(ctx context.Context, c *Check) (Bound, error) {
	if j.problem.Canonical == "" {
		return c.Least, nil
	}
	if c.Reference != nil {
		longest, known, err := j.reference(ctx, c)
		if err != nil {
			return Bound{}, fmt.Errorf("%s: canonical solution: %w", j.problem.ID, err)
		}
		if known {
			call := c.Least.Call / factor
			for call > 0 && call < fuel(longest) {
				call *= 2
			}
			return Bound{Call: max(c.Least.Call, factor*call)}, nil
		}
	}
	program := []string{j.problem.Program(j.problem.Canonical)}
	for call := c.Least.Call / factor; ; call *= 2 {
		var ran Checked
		err := j.ex.Run(ctx, program, []problem.Test{c.Test}, Bound{Call: call}, func(_, _ int, got Checked) error {
			ran = got
			return nil
		})
		switch {
		case err != nil:
			return Bound{}, fmt.Errorf("%s: canonical solution: %w", j.problem.ID, err)
		case ran.Outcome == rerank.Pass:
			b := Bound{Call: max(c.Least.Call, factor*call)}
			if c.Least.Fuel > 0 {
				b.Fuel = max(c.Least.Fuel, factor*ran.Fuel)
			}
			return b, nil
		case ran.Outcome != rerank.Timeout || call == 0 || call > ran.Fuel:
			return Bound{}, &Unscored{fmt.Sprintf("its own canonical solution does not pass: %s", ran.Detail)}
		}
	}
}

// reference has the canonical solution run alone, and the check go by what it gave.
// It is not known where that fails: then the check itself says why.
func (j *judging) reference(ctx context.Context, c *Check) (longest float64, known bool, err error) {
	printed, ok, err := j.ex.Print(ctx, c.Reference.Program)
	if err != nil || !ok {
		return 0, false, err
	}
	same, longest, err := c.Reference.Known(printed)
	if err != nil {
		return 0, false, err
	}
	c.Test, c.Probes, c.Hardest = same.Test, same.Probes, same.Hardest
	return longest, true, nil
}

// quickly runs every check with little fuel. A program that fails one is wrong.
func (j *judging) quickly(ctx context.Context) error {
	for k, c := range j.checks {
		err := j.run(ctx, j.pending(nil), []problem.Test{c.Test}, j.bounds[k].within(tries[0]), func(i, _ int, got Checked) error {
			switch s := &j.open[i]; {
			case got.Outcome == rerank.Timeout:
				if s.slow == nil {
					s.slow = map[int]bool{}
				}
				s.slow[k] = true
			case got.Outcome != rerank.Pass:
				return j.wrong(i, got)
			case k == len(j.checks)-1 && len(s.slow) == 0:
				return j.right(i)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// within is b, but no more than a try's; what b does not bound stays so.
func (b Bound) within(try Bound) Bound {
	if try.Fuel > 0 {
		b.Fuel = min(b.Fuel, try.Fuel)
	}
	if try.Call > 0 {
		b.Call = min(b.Call, try.Call)
	}
	return b
}

// near says whether b allows a quarter or more of what all does. To try within that
// first saves a program that ends little, and costs one that does not as much again.
func (b Bound) near(all Bound) bool { return 4*b.Fuel >= all.Fuel && 4*b.Call >= all.Call }

// probe runs parts of the checks that programs are slow on.
func (j *judging) probe(ctx context.Context) error {
	for k, c := range j.checks {
		if len(c.Probes) == 0 {
			continue
		}
		var tests []problem.Test
		for _, p := range c.Probes {
			tests = append(tests, p.Test)
		}
		err := j.run(ctx, j.pending(&k), tests, j.bounds[k].within(tries[0]), func(i, at int, got Checked) error {
			switch s := &j.open[i]; {
			case s.done, got.Outcome == rerank.Pass:
				return nil
			case got.Outcome == rerank.Timeout:
				s.on = cmp.Or(s.on, c.Probes[at].Input)
				return nil
			}
			return j.wrong(i, got)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// again runs the checks that programs were too slow for, within a larger bound;
// within none, all that they may take.
func (j *judging) again(ctx context.Context, try Bound) error {
	for k, c := range j.checks {
		bound := j.bounds[k].within(try)
		if try != (Bound{}) && bound.near(j.bounds[k]) {
			continue // that is for the last time
		}
		err := j.run(ctx, j.pending(&k), []problem.Test{c.Test}, bound, func(i, _ int, got Checked) error {
			switch s := &j.open[i]; {
			case got.Outcome == rerank.Timeout && bound != j.bounds[k]:
				return nil
			case got.Outcome != rerank.Pass:
				return j.wrong(i, got)
			default:
				if delete(s.slow, k); len(s.slow) == 0 {
					return j.right(i)
				}
				return nil
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hardest runs what takes longest of the checks that programs are slow on, with all that
// they may take there.
func (j *judging) hardest(ctx context.Context) error {
	for k, c := range j.checks {
		if c.Hardest == nil {
			continue
		}
		err := j.run(ctx, j.pending(&k), []problem.Test{c.Hardest.Test}, j.bounds[k], func(i, _ int, got Checked) error {
			if got.Outcome == rerank.Pass {
				return nil
			}
			if got.Outcome == rerank.Timeout {
				j.open[i].on = c.Hardest.Input
			}
			return j.wrong(i, got)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pending are the programs that nothing is known of yet; with a check, those that
// are slow on it.
func (j *judging) pending(slowOn *int) (out []int) {
	for i, s := range j.open {
		if !s.done && (slowOn == nil || s.slow[*slowOn]) {
			out = append(out, i)
		}
	}
	return out
}

// run runs tests on some of the programs.
func (j *judging) run(ctx context.Context, which []int, tests []problem.Test, b Bound, yield func(i, at int, c Checked) error) error {
	if len(which) == 0 {
		return nil
	}
	programs := make([]string, len(which))
	for n, i := range which {
		programs[n] = j.programs[i]
	}
	return j.ex.Run(ctx, programs, tests, b, func(n, at int, c Checked) error {
		if c.Outcome == rerank.Unrun {
			return &Unscored{fmt.Sprintf("the sandbox failed on solution %d: %s", which[n], c.Detail)}
		}
		return yield(which[n], at, c)
	})
}

func (j *judging) right(i int) error {
	j.open[i].done = true
	return j.found(i, Judged{Right: true})
}

func (j *judging) wrong(i int, c Checked) error {
	j.open[i].done = true
	why, ok := evalplus.Why(c.Detail)
	switch {
	case ok:
	case c.Outcome == rerank.Timeout:
		why = problem.Wrong{Input: j.open[i].on, Got: "no answer within the time limit"}
	default:
		why = problem.Wrong{Got: c.Detail}
	}
	return j.found(i, Judged{Why: why})
}
