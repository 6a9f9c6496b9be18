package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"coderm/examples"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/sandbox"
)

// hiddenTests are the hidden tests of bundled contest problems, in their order.
func (a *app) hiddenTests(ctx context.Context, contests []examples.Contest) ([]problem.TestLine, error) {
	box, err := a.openSandbox(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer box.Close()
	step, stop := a.showSteps("hidden tests", "problems", len(contests))
	defer stop()
	each := make([][]problem.TestLine, len(contests))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for k, c := range contests {
		g.Go(func() (err error) {
			if each[k], err = contestTests(ctx, box, c); err == nil {
				step(false)
			}
			return err
		})
	}
	err = g.Wait()
	return slices.Concat(each...), err
}

// maxAnswer is how long an answer may be, in bytes.
const maxAnswer = 16 << 20

// contestTests are a problem's hidden tests. Of those that are a seed the generator
// prints the input, and the canonical solution what is expected.
func contestTests(ctx context.Context, box *sandbox.Sandbox, c examples.Contest) ([]problem.TestLine, error) {
	p := c.Problem
	generator, err := pipeline.NewGenerator(ctx, box, p.Generator)
	if err != nil {
		return nil, err
	}
	lim := sandbox.Limits{Output: maxAnswer}
	canonical, err := box.Compile(ctx, p.Canonical, lim)
	if err != nil {
		return nil, err
	}
	var tests []problem.TestLine
	for _, h := range c.Hidden {
		t := h.Test
		if h.Seed != nil {
			input, why, err := generator.Input(ctx, *h.Seed)
			if err == nil && why != "" {
				err = errors.New(why)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: hidden tests: %w", p.ID, err)
			}
			t = problem.StdioTest(input, "")
			lim.Fuel = p.Fuel(t)
			out, err := box.Execute(ctx, canonical, sandbox.Input{Stdin: input}, lim, maxAnswer)
			if err == nil && out.Verdict.Kind != sandbox.Pass {
				err = fmt.Errorf("the canonical solution by the seed %d: %s %s", *h.Seed, out.Verdict.Kind, out.Verdict.Detail)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: hidden tests: %w", p.ID, err)
			}
			t.Expected = string(out.Stdout)
		}
		tests = append(tests, problem.TestLine{TaskID: p.ID, Test: t})
	}
	return tests, nil
}
