package run

import (
	"context"
	"errors"
	"time"

	"coderm/eval"
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

// Run implements eval.Executor.
func (j *Judge) Run(ctx context.Context, programs []string, check problem.Test, fuel uint64) ([]eval.Checked, error) {
	lim := j.Limits
	lim.Wall = judgeWall
	if fuel > 0 && fuel < lim.Fuel {
		lim.Fuel = fuel
	}
	out := make([]eval.Checked, len(programs))
	err := j.Sandbox.Matrix(ctx, programs, []problem.Test{check}, lim, func(i, _ int, v sandbox.Verdict) error {
		out[i] = eval.Checked{Outcome: rerank.Fail, Fuel: v.Fuel, Detail: v.Kind.String() + ": " + v.Detail}
		switch v.Kind {
		case sandbox.Pass:
			out[i].Outcome = rerank.Pass
		case sandbox.Infra:
			out[i].Outcome = rerank.Unrun
		}
		return nil
	})
	return out, err
}

// judge tells right from wrong by a problem's hidden tests, as eval does.
func (r *Run) judge(box *sandbox.Sandbox) pipeline.Judge {
	ex := &Judge{box, JudgeLimits()}
	return func(ctx context.Context, number int, p problem.Problem, programs []string) ([]bool, error) {
		checks, err := r.checks(ctx, number, p)
		var right []bool
		if err == nil {
			right, err = eval.Judge(ctx, ex, p, programs, checks)
		}
		var unscored *eval.Unscored
		if errors.As(err, &unscored) {
			return nil, pipeline.Unjudged(unscored.Reason)
		}
		return right, err
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
