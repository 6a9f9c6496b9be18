package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/cputime"
	"coderm/internal/dirs"
	"coderm/model"
	"coderm/passfile"
	"coderm/problem"
	"coderm/problem/literal"
	"coderm/problem/mutate"
	"coderm/problem/public"
	"coderm/sandbox"
)

// maxFromTests is how many calls of generated tests are observed a problem, as in
// the recorded study.
const maxFromTests = 60

// mostlyRaised: of a call on which more solutions than this part raise nothing is
// recorded.
const mostlyRaised = 0.9

// observeAll makes of the texts what a matrix file with outputs has, through this
// sandbox: the matrix itself, the public examples, and the calls of the asserts and
// their mutations. The lines go to standard output, what it took to standard error.
func observeAll(ctx context.Context, o options) error {
	problems, err := o.load()
	if err != nil {
		return err
	}
	questions, err := readQuestions()
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
		l.PublicTests = public.Tests(problem.Problem{ID: p.TaskID, Question: questions[p.TaskID], EntryPoint: p.EntryPoint})
		var examples outlay
		if l.Public, err = examples.matrix(ctx, s, p.Programs(), l.PublicTests); err != nil {
			return err
		}
		calls, fromTests := callsOf(&p, o.seed, o.mutations)
		rows, err := sum.observe(ctx, s, p.Programs(), calls)
		if err != nil {
			return err
		}
		record(&l, rows, calls, fromTests, p.Tests, p.EntryPoint)
		if err := printJSON(l); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: %d solutions, %d tests, %d calls, %d recorded; %v\n", p.TaskID, len(p.Solutions), len(p.Tests), len(calls), len(l.Kinds), sum)
	}
	return nil
}

// readQuestions gives HumanEval's own questions by task: the prompts that the
// solutions were drawn with have lost their examples.
func readQuestions() (map[string]string, error) {
	path, err := dirs.Recorded("HumanEval.jsonl.gz")
	if err != nil {
		return nil, err
	}
	questions := map[string]string{}
	err = problem.Lines(path, func(line []byte) error {
		var q struct {
			TaskID string `json:"task_id"`
			Prompt string `json:"prompt"`
		}
		err := json.Unmarshal(line, &q)
		questions[q.TaskID] = q.Prompt
		return err
	})
	return questions, err
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

// callsOf are the calls of the asserts, the first of them, and mutations of those.
func callsOf(p *codegen16b.Problem, seed uint64, mutations int) (calls []string, fromTests int) {
	seen := map[string]bool{}
	var seeds []literal.Call
	for _, test := range p.Tests {
		for _, text := range model.Calls(test, p.EntryPoint) {
			c, err := literal.ParseCall(text)
			if err == nil {
				text = c.String()
			}
			if seen[text] || len(calls) == maxFromTests {
				continue
			}
			seen[text] = true
			calls = append(calls, text)
			if err == nil {
				seeds = append(seeds, c)
			}
		}
	}
	fromTests = len(calls)
	for _, c := range mutate.Calls(seeds, mutations, seed, p.TaskID) {
		calls = append(calls, c.String())
	}
	return calls, fromTests
}

func (t *outlay) observe(ctx context.Context, s *sandbox.Sandbox, programs, calls []string) ([][]problem.Observation, error) {
	start := cputime.Used()
	rows, cost, err := s.Observe(ctx, programs, calls, sandbox.MatrixLimits())
	t.callsTime += cputime.Used() - start
	t.observed.Loads += cost.Loads
	t.observed.Calls += cost.Calls
	t.observed.Hung += cost.Hung
	t.observed.Dropped += cost.Dropped
	t.observed.Fuel += cost.Fuel
	return rows, err
}

var letters = map[problem.Ending]byte{problem.Returned: 'V', problem.Raised: 'E', problem.TimedOut: 'T', problem.NotLoaded: 'L'}

// record puts the observations into the line, without the calls that say nothing.
func record(l *passfile.Line, rows [][]problem.Observation, calls []string, fromTests int, tests []string, entryPoint string) {
	l.Observed = &passfile.Observed{}
	l.Outputs, l.Kinds = make([][]int, len(rows)), []string{}
	for i := range l.Outputs {
		l.Outputs[i] = []int{}
	}
	at := map[string]int{}
	for c, text := range calls {
		column := make([]problem.Observation, len(rows))
		run, returned := 0, 0
		for i := range rows {
			column[i] = rows[i][c]
			if e := column[i].Ending; e != "" && e != problem.NotLoaded {
				run++
				if e == problem.Returned {
					returned++
				}
			}
		}
		if float64(run-returned) >= mostlyRaised*float64(run) {
			continue
		}
		class, endings := problem.Classes(column)
		kinds := make([]byte, len(endings))
		for k, e := range endings {
			kinds[k] = letters[e]
		}
		for i := range rows {
			l.Outputs[i] = append(l.Outputs[i], class[i])
		}
		if c < fromTests {
			l.Observed.FromTests++
		} else {
			l.Observed.Mutated++
		}
		at[text] = len(l.Kinds)
		l.Kinds = append(l.Kinds, string(kinds))
	}
	l.Claims = make([]*passfile.Claim, len(tests))
	for j, test := range tests {
		for _, text := range model.Calls(test, entryPoint) {
			if c, err := literal.ParseCall(text); err == nil {
				text = c.String()
			}
			if k, ok := at[text]; ok && k < l.Observed.FromTests && l.Claims[j] == nil {
				l.Claims[j] = &passfile.Claim{Call: k}
			}
		}
	}
}
