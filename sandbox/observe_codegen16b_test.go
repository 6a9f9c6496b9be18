package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"testing"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

var observeProblems = flag.Int("observe-problems", 12, "how many of CodeGen-16B's problems TestObserveCodegen16B compares")

// readRaises are the solutions (counted from 1) whose answer is a generator that
// raises when it is read. Here the call has raised; the record has the generator.
var readRaises = map[string]int{"HumanEval/39": 84}

// TestObserveCodegen16B compares what solutions return with what was recorded of them
// in native CPython: two that returned the same there do so here, and the other way
// round.
func TestObserveCodegen16B(t *testing.T) {
	n := max(2, *observeProblems/slowdown)
	problems, err := codegen16b.Load(testkit.Data(t, codegen16b.File), n)
	if err != nil {
		t.Fatal(err)
	}
	var recorded []recordedOutputs
	errEnough := errors.New("enough")
	err = problem.Lines(testkit.Data(t, "outputs-codegen16b.jsonl.zst"), func(line []byte) error {
		var r recordedOutputs
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if recorded = append(recorded, r); len(recorded) == n {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	s := open(t, sandbox.Options{})
	observed, bad := 0, 0
	for k, p := range problems {
		calls := append(recorded[k].Calls, recorded[k].Mutated...)
		rows, _, err := s.Observe(context.Background(), p.Programs(), calls, sandbox.MatrixLimits())
		if err != nil {
			t.Fatal(err)
		}
		for c, call := range calls {
			column := make([]problem.Observation, len(rows))
			for i := range rows {
				column[i] = rows[i][c]
			}
			class, endings := problem.Classes(column)
			there, here := map[int]int{}, map[int]int{}
			for i := range rows {
				was := recorded[k].Outputs[i][c]
				kind := recorded[k].Kinds[c][was]
				if class[i] < 0 || kind == 'T' || endings[class[i]] == problem.TimedOut || hashOrder[p.TaskID] == i+1 {
					continue // limits differ
				}
				if kind == 'V' && endings[class[i]] == problem.Raised && readRaises[p.TaskID] == i+1 {
					continue
				}
				if kind == 'L' && p.Truth[i] != codegen16b.Dead {
					continue // it loads natively, but not where calls were recorded
				}
				observed++
				alike := letters[endings[class[i]]] == kind
				if alike && kind == 'V' {
					a, known := there[was]
					b, met := here[class[i]]
					alike = !(known && a != class[i] || met && b != was)
					there[was], here[class[i]] = class[i], was
				}
				if !alike {
					if bad++; bad <= 20 {
						t.Errorf("%s: %s of solution %d: %s %q, natively %c of class %d", p.TaskID, call, i, column[i].Ending, column[i].Text, kind, was)
					}
				}
			}
		}
	}
	if bad > 0 || observed == 0 {
		t.Errorf("%d of %d observations differ", bad, observed)
	}
	t.Logf("%d observations", observed)
}

var letters = map[problem.Ending]byte{problem.Returned: 'V', problem.Raised: 'E', problem.NotLoaded: 'L'}

type recordedOutputs struct {
	Calls, Mutated []string
	Outputs        [][]int
	Kinds          []string
}
