package sandbox

import (
	"context"
	"fmt"
	"strings"

	"coderm/problem"
)

// maxHungRuns is after how many timeouts a program's other inputs are not run: a run has
// all the fuel of a test, some seconds.
const maxHungRuns = 2

// Outputs are what programs printed.
type Outputs struct {
	// Rows has what came of each program on each input. Outputs of equal digests are the
	// same by the checker.
	Rows [][]problem.Observation
	// Uncompared says what the checker could not compare; "" for nothing.
	Uncompared string
}

// Outputs runs every solution as a whole program on every input and tells what came of
// it: Rows[i][c] for solutions[i] and inputs[c]. A program that ends with another exit
// status than 0 has raised. Identical solutions are observed once. The same arguments
// give the same observations, whatever the number of workers.
func (s *Sandbox) Outputs(ctx context.Context, solutions, inputs []string, checker problem.Checker, lim Limits) (out Outputs, err error) {
	if err := lim.Check(); err != nil {
		return out, fmt.Errorf("sandbox: %w", err)
	}
	lim = lim.withDefaults()
	defer s.ticks.use()()
	distinct := distinct(solutions)
	guests, err := s.guests(ctx, distinct.list, []string{""})
	if err != nil {
		return out, err
	}
	parts := make([][]int, len(distinct.list))
	for u := range parts {
		parts[u] = []int{u}
	}
	g := newGrouping(checker, inputs, len(distinct.list), lim)
	s.each(ctx, parts, func(w *worker, u int, _ []int) {
		e := guests.of(u, 0)
		lim := e.limits(lim)
		if w, err := w.in(e, lim); err == nil {
			g.rows[u] = w.outputs(ctx, distinct.list[u], inputs, checker, lim, func(c int, output []byte) { g.keep(u, c, output) })
		} else {
			g.rows[u] = make([]problem.Observation, len(inputs)) // our fault: not observed
		}
	})
	if err := s.group(ctx, g); err != nil {
		return out, err
	}
	out = Outputs{make([][]problem.Observation, len(solutions)), g.fault}
	for u, places := range distinct.places {
		for _, i := range places {
			out.Rows[i] = g.rows[u]
		}
	}
	return out, context.Cause(ctx)
}

// outputs runs one program on the inputs, and hands over what it printed where it ended
// well.
func (w *worker) outputs(ctx context.Context, solution string, inputs []string, checker problem.Checker, lim Limits, keep func(c int, output []byte)) []problem.Observation {
	row := make([]problem.Observation, len(inputs))
	p := &Program{source: solution, compiled: w.source(ctx, solution, programSource, lim)}
	hung := 0
	for c, input := range inputs {
		switch fail := p.compiled.fail; {
		case ctx.Err() != nil:
			return row
		case fail != nil:
			row[c] = observed(broken(*fail))
			continue
		case hung == maxHungRuns:
			row[c] = problem.Observation{Ending: problem.TimedOut, Text: fmt.Sprintf("not run: %d inputs before timed out", hung)}
			continue
		}
		var out Execution
		fault := w.retried(ctx, func() (err error) {
			out = Execution{Exit: -1}
			out.Verdict, err = w.program(p, Input{Stdin: input}, lim, &shown{out: &out, keep: int(lim.Output)})
			return err
		})
		if fault == nil {
			row[c] = out.observation(checker)
		}
		if row[c].Ending == problem.Returned {
			keep(c, out.Stdout)
		}
		if row[c].Ending == problem.TimedOut {
			hung++
		}
	}
	return row
}

// observation is what an execution says of a program.
func (e *Execution) observation(checker problem.Checker) problem.Observation {
	name, _, named := strings.Cut(e.Verdict.Detail, ":")
	switch {
	case e.Verdict.Kind == Pass:
		return problem.Printed(e.Stdout, checker)
	case e.Exit > 0 && !(named && strings.HasSuffix(name, "Error")):
		return raised(fmt.Sprintf("exit status %d", e.Exit))
	}
	return observed(e.Verdict)
}
