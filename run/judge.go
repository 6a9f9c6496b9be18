package run

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"coderm/eval"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// judgeWall is a backstop for fuel, whose rate depends on the machine.
const judgeWall = 30 * time.Minute

// JudgeLimits are what a canonical solution may take, and a candidate in all:
// some more than the 60 s that EvalPlus gives a solution for all inputs. It puts
// no limit on what is printed.
func JudgeLimits() sandbox.Limits {
	return sandbox.Limits{Fuel: 70 * eval.Second, Memory: 2 << 30, Wall: judgeWall, Output: 256 << 20}
}

// Judge is the sandbox as eval sees it.
type Judge struct {
	Sandbox *sandbox.Sandbox
	Limits  sandbox.Limits
}

// giveUp ends the probes of a program that is slow on so many in a row.
const giveUp = 4

// Run implements eval.Executor.
func (j *Judge) Run(ctx context.Context, programs []string, tests []problem.Test, b eval.Bound, yield func(i, k int, c eval.Checked) error) error {
	lim := j.Limits
	lim.Wall, lim.Call = judgeWall, b.Call
	if b.Fuel > 0 {
		lim.Fuel = min(lim.Fuel, b.Fuel)
	}
	if len(tests) > 1 {
		lim.GiveUp = giveUp
	}
	return j.Sandbox.Matrix(ctx, programs, tests, lim, func(i, k int, v sandbox.Verdict) error {
		c := eval.Checked{Outcome: rerank.Fail, Fuel: v.Fuel, Detail: v.Kind.String() + ": " + v.Detail}
		switch v.Kind {
		case sandbox.Pass:
			c.Outcome = rerank.Pass
		case sandbox.Timeout:
			c.Outcome = rerank.Timeout
		case sandbox.Fail, sandbox.Error:
			c.Detail = v.Detail
		case sandbox.Infra:
			c.Outcome = rerank.Unrun
		}
		return yield(i, k, c)
	})
}

// maxPrinted bounds what is read of what a program prints, in bytes: forms of a
// benchmark's outputs, at most 2 kB an input.
const maxPrinted = 16 << 20

// Print implements eval.Executor.
func (j *Judge) Print(ctx context.Context, program string) (printed []byte, ok bool, err error) {
	lim := j.Limits
	lim.Wall = judgeWall
	p, err := j.Sandbox.Compile(ctx, program, lim)
	if err != nil {
		return nil, false, err
	}
	e, err := j.Sandbox.Execute(ctx, p, sandbox.Input{}, lim, maxPrinted)
	return e.Stdout, e.Verdict.Kind == sandbox.Pass && !e.Cut, err
}

// Judging judges the solutions of a recorded run, each once.
type Judging struct {
	Judge   *Judge
	Journal *journal.Journal // has what was judged before; nil: nothing is known, and nothing kept
}

// Problem judges the distinct programs of a problem; first are the solutions that
// they are the first texts of. Each is kept when it is judged, so that nothing of it
// is lost when ctx ends. found is told of every one; known says that it was judged
// before. A problem that cannot be scored is an *eval.Unscored.
func (g Judging) Problem(ctx context.Context, number int, p problem.Problem, programs []string, first []int, checks []eval.Check, found func(known bool)) ([]journal.Judged, error) {
	out := make([]journal.Judged, len(programs))
	kept := keeping{journal: g.Journal, number: number, checks: g.digest(p, checks)}
	known, err := kept.load(ctx)
	if err == nil && len(checks) > 1 {
		err = g.wrongBefore(ctx, number, p, checks[:1], known)
	}
	if err != nil {
		return nil, err
	}
	var open []int
	var run []string
	for row, code := range programs {
		j, ok := known[first[row]]
		if out[row] = j; ok {
			found(true)
			continue
		}
		open, run = append(open, row), append(run, code)
	}
	if len(open) == 0 {
		return out, nil
	}
	err = eval.Judge(ctx, g.Judge, p, run, checks, func(k int, j eval.Judged) error {
		row := open[k]
		out[row] = journal.Judged{Right: j.Right, Why: j.Why}
		found(false)
		return kept.add(ctx, first[row], out[row])
	})
	return out, errors.Join(err, kept.flush(ctx))
}

// wrongBefore adds to known what was found wrong by the first checks alone, as
// EvalPlus's base inputs are before its added ones: by more checks it is wrong, too.
func (g Judging) wrongBefore(ctx context.Context, number int, p problem.Problem, first []eval.Check, known map[int]journal.Judged) error {
	if g.Journal == nil {
		return nil
	}
	before, err := g.Journal.LoadJudgements(ctx, number, g.digest(p, first))
	for solution, j := range before {
		if _, ok := known[solution]; !ok && !j.Right {
			known[solution] = j
		}
	}
	return err
}

// digest names what decides what the checks say.
func (g Judging) digest(p problem.Problem, checks []eval.Check) journal.Checks {
	b, err := json.Marshal(struct {
		Version            int
		Guest              string
		Memory             int64
		Fuel               uint64
		Prelude, Canonical string
		Checks             []eval.Check
	}{eval.JudgeVersion, g.Judge.Sandbox.Guest(), g.Judge.Limits.Memory, g.Judge.Limits.Fuel, p.Prelude, p.Canonical, checks})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return sha256.Sum256(b)
}

// keeping writes down what is judged of a problem, some at a time.
type keeping struct {
	journal *journal.Journal // nil: nothing is kept
	number  int
	checks  journal.Checks
	batch   map[int]journal.Judged
}

// keepAtOnce is how many are judged before they are written down.
const keepAtOnce = 50

func (k *keeping) load(ctx context.Context) (map[int]journal.Judged, error) {
	if k.journal == nil {
		return nil, nil
	}
	return k.journal.LoadJudgements(ctx, k.number, k.checks)
}

func (k *keeping) add(ctx context.Context, solution int, j journal.Judged) error {
	if k.batch == nil {
		k.batch = map[int]journal.Judged{}
	}
	if k.batch[solution] = j; len(k.batch) < keepAtOnce {
		return nil
	}
	return k.flush(ctx)
}

// flush writes what is left, also when ctx has ended.
func (k *keeping) flush(ctx context.Context) error {
	if k.journal == nil || len(k.batch) == 0 {
		return nil
	}
	err := k.journal.AddJudgements(context.WithoutCancel(ctx), k.number, k.checks, k.batch)
	clear(k.batch)
	return err
}

// judge tells right from wrong by a problem's hidden tests, as eval does.
func (r *Run) judge(box *sandbox.Sandbox) pipeline.Judge {
	return func(ctx context.Context, number int, p problem.Problem, programs []string, first []int, found func(known bool)) ([]journal.Judged, error) {
		g := Judging{&Judge{box, JudgeLimits()}, r.journal}
		checks, err := r.checks(ctx, number, p)
		var judged []journal.Judged
		if err == nil {
			judged, err = g.Problem(ctx, number, p, programs, first, checks, found)
		}
		var unscored *eval.Unscored
		if errors.As(err, &unscored) {
			return nil, pipeline.Unjudged(unscored.Reason)
		}
		return judged, err
	}
}

// checks are a problem's hidden tests: those of a file of them, or its own.
func (r *Run) checks(ctx context.Context, number int, p problem.Problem) ([]eval.Check, error) {
	if r.spec.Hidden == "" {
		return eval.ChecksOf(p, eval.GroundBest, eval.DefaultPatience())
	}
	tests, err := r.journal.HiddenTests(ctx, number)
	if err != nil {
		return nil, err
	}
	return eval.HiddenChecks(p, tests, eval.DefaultPatience())
}
