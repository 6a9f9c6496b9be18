package main

import (
	"context"
	"encoding/json"
	"fmt"

	"coderm/internal/dirs"
	"coderm/problem"
	"coderm/sandbox"
)

// evalPlus are EvalPlus's problem files, whose canonical solutions pass the tests
// of the original benchmarks natively.
var evalPlus = []string{"HumanEvalPlus-NoExtreme.jsonl.gz", "MbppPlus-NoExtreme.jsonl.gz"}

// canonical runs EvalPlus's canonical solutions on the tests of HumanEval and MBPP,
// as they are written there, and names those that do not pass.
func canonical(ctx context.Context, o options) error {
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	limits := sandbox.DefaultLimits()
	if o.fuel > 0 {
		limits.Fuel = o.fuel
	}
	for _, name := range evalPlus {
		path, err := dirs.Recorded(name)
		if err != nil {
			return err
		}
		problems, err := problem.ReadProblems(path)
		if err != nil {
			return err
		}
		passed, pairs := 0, make([]sandbox.Pair, len(problems))
		for k, p := range problems {
			test := p.Check
			if test == "" {
				if err := json.Unmarshal(p.Extra["assertion"], &test); err != nil {
					return fmt.Errorf("%s: %s: field %q: %w", path, p.ID, "assertion", err)
				}
			}
			pairs[k] = sandbox.Pair{Solution: p.Canonical, Test: problem.PythonTest(test)}
		}
		each := func(yield func(sandbox.Pair) bool) {
			for _, p := range pairs {
				if !yield(p) {
					return
				}
			}
		}
		err = s.Pairs(ctx, each, limits, func(k int, v sandbox.Verdict) error {
			if v.Kind == sandbox.Pass {
				passed++
				return nil
			}
			return printJSON(map[string]any{"task_id": problems[k].ID, "verdict": v.Kind.String(), "detail": v.Detail})
		})
		if err != nil {
			return err
		}
		if err := printJSON(map[string]any{"file": name, "problems": len(problems), "passed": passed}); err != nil {
			return err
		}
	}
	return nil
}
