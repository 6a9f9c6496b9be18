package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/cputime"
	"coderm/internal/dirs"
	"coderm/journal"
	"coderm/model"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/problem/public"
	"coderm/sandbox"
)

// observeAll makes of the texts what a matrix file with outputs has, through this
// sandbox: the matrix itself, the public examples, and what comes of calls. The lines
// go to standard output, what it took to standard error.
func observeAll(ctx context.Context, o options) error {
	problems, err := o.load()
	if err != nil {
		return err
	}
	examples, err := readExamples()
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var sum outlay
	for _, p := range problems {
		l := passfile.Line{TaskID: p.TaskID, SampleOf: p.SampleOf, Generations: p.Generations, Truth: p.Truth}
		if l.Matrix, err = sum.matrix(ctx, s, p.Programs(), p.Asserts()); err != nil {
			return err
		}
		l.PublicTests = examples[p.TaskID]
		var free outlay // nobody pays for them
		if l.Public, err = free.matrix(ctx, s, p.Programs(), l.PublicTests); err != nil {
			return err
		}
		calls := o.calls(&p, l.PublicTests)
		observed, err := sum.observe(ctx, s, p.Programs(), calls)
		if err != nil {
			return err
		}
		by := pipeline.ByText(observed, p.Asserts(), p.EntryPoint)
		l.AddOutputs(pipeline.Outputs(observed, len(p.Solutions), by), pipeline.FromTests(observed))
		if err := printJSON(l); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: %d solutions, %d tests, %d calls, %d recorded; %v\n", p.TaskID, len(p.Solutions), len(p.Tests), len(calls), len(l.Kinds), sum)
	}
	return nil
}

// readExamples gives the public tests of HumanEval's own questions by task: the
// prompts that the solutions were drawn with have lost their examples.
func readExamples() (map[string][]problem.Test, error) {
	path, err := dirs.Recorded("HumanEval.jsonl.gz")
	if err != nil {
		return nil, err
	}
	problems, err := problem.ReadProblems(path)
	examples := map[string][]problem.Test{}
	for _, p := range problems {
		examples[p.ID] = public.Tests(p)
	}
	return examples, err
}

// outlay is what was done and what it took.
type outlay struct {
	pairs                int
	observed             sandbox.ObserveCost
	pairsTime, callsTime time.Duration // of the processor
	pairsFuel            uint64
}

func (t outlay) String() string {
	return fmt.Sprintf("%d pairs %.1f s %d Gfuel, %d loads and %d calls %.1f s %d Gfuel, %d hung, %d dropped", t.pairs, t.pairsTime.Seconds(), t.pairsFuel/1e9,
		t.observed.Loads, t.observed.Calls, t.callsTime.Seconds(), t.observed.Fuel/1e9, t.observed.Hung, t.observed.Dropped)
}

// matrix gives the digits of all pairs.
func (t *outlay) matrix(ctx context.Context, s *sandbox.Sandbox, programs []string, tests []problem.Test) ([]string, error) {
	rows := make([][]byte, len(programs))
	for i := range rows {
		rows[i] = make([]byte, len(tests))
	}
	start := cputime.Used()
	err := s.Matrix(ctx, programs, tests, sandbox.MatrixLimits(), func(i, j int, v sandbox.Verdict) error {
		rows[i][j] = digit(v)
		t.pairs++
		t.pairsFuel += v.Fuel
		return nil
	})
	t.pairsTime += cputime.Used() - start
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = string(row)
	}
	return out, err
}

func digit(v sandbox.Verdict) byte {
	switch {
	case v.Broken:
		return codegen16b.Dead
	case v.Kind == sandbox.Pass:
		return codegen16b.Pass
	case v.Kind == sandbox.Fail:
		return codegen16b.Fail
	case v.Kind == sandbox.Timeout:
		return codegen16b.Timeout
	}
	return codegen16b.Error
}

// calls are those a run observes: of the examples and mutations of them, then of the
// generated asserts.
func (o options) calls(p *codegen16b.Problem, examples []problem.Test) (calls []journal.Test) {
	for _, tests := range [][]problem.Test{examples, p.Asserts()} {
		var made []string
		for _, test := range tests {
			made = append(made, model.Calls(test.Code, p.EntryPoint)...)
		}
		calls = append(calls, pipeline.NewCalls(calls, made, o.mutations, o.seed, p.TaskID)...)
	}
	slices.SortStableFunc(calls, func(a, b journal.Test) int { return problem.CompareOrigins(a.Origin, b.Origin) })
	return calls
}

// observe makes the calls with all programs and leaves those that say something.
func (t *outlay) observe(ctx context.Context, s *sandbox.Sandbox, programs []string, calls []journal.Test) ([]pipeline.Observed, error) {
	texts := make([]string, len(calls))
	for c, call := range calls {
		texts[c] = call.Input
	}
	start := cputime.Used()
	rows, cost, err := s.Observe(ctx, programs, texts, sandbox.MatrixLimits())
	t.callsTime += cputime.Used() - start
	t.observed.Loads += cost.Loads
	t.observed.Calls += cost.Calls
	t.observed.Hung += cost.Hung
	t.observed.Dropped += cost.Dropped
	t.observed.Fuel += cost.Fuel
	all := make([]pipeline.Observed, len(calls))
	for c, call := range calls {
		all[c] = pipeline.Observed{Origin: call.Origin, Call: call.Input}
		for i := range rows {
			all[c].Rows = append(all[c].Rows, rows[i][c])
		}
	}
	return pipeline.Telling(all), err
}
