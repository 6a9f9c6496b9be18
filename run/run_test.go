package run

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/examples"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// write writes a JSONL file of values.
func write[T any](t *testing.T, path string, values ...T) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, v := range values {
		if err := problem.WriteLine(f, v); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// bundled is a run of the bundled problems, with asserts of their checks as tests.
func bundled(t *testing.T, dir string) Spec {
	t.Helper()
	problems, solutions, err := examples.Load()
	if err != nil {
		t.Fatal(err)
	}
	var tests []problem.TestLine
	for _, p := range problems {
		for line := range strings.Lines(p.Check) {
			if strings.HasPrefix(line, "assert ") {
				tests = append(tests, problem.TestLine{TaskID: p.ID, Test: problem.PythonTest(line)})
			}
		}
	}
	if len(tests) < len(problems) {
		t.Fatalf("only %d tests for %d problems", len(tests), len(problems))
	}
	s := New(Rerank)
	s.Writing = nil
	s.Problems = write(t, filepath.Join(dir, "p.jsonl"), problems...)
	s.Solutions = write(t, filepath.Join(dir, "s.jsonl"), slices.Concat(solutions...)...)
	s.Tests = write(t, filepath.Join(dir, "t.jsonl"), tests...)
	s.Out = filepath.Join(dir, "run")
	s.Limits.Fuel = 1e9 // some candidates never end
	return s
}

// do runs the spec and returns its summary and the outcomes that were events.
func do(t *testing.T, s Spec) (Summary, map[string]Outcome) {
	t.Helper()
	told := map[string]Outcome{}
	r, err := Open(t.Context(), s, Env{Watch: func(e Event) {
		if e.Kind == Finished {
			told[e.Outcome.TaskID] = *e.Outcome
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum, err := r.WriteResults(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum, told
}

// Every problem's outcome is an event once it is final, and the same in the
// summary, in the files, and when the folder is read again.
func TestRun(t *testing.T) {
	s := bundled(t, t.TempDir())
	s.Truth = true
	sum, told := do(t, s)
	right := 0
	for _, o := range sum.Outcomes {
		if d := cmp.Diff(o, told[o.TaskID]); d != "" {
			t.Errorf("%s (-summary +event):\n%s", o.TaskID, d)
		}
		if o.Right != nil && *o.Right {
			right++
		}
	}
	if n := len(sum.Outcomes); n < 10 || len(told) != n || right < n-1 { // tests that are right mostly choose right
		t.Errorf("%d of %d choices are right, %d were told", right, n, len(told))
	}
	lines := 0
	err := passfile.Read(filepath.Join(s.Out, ScoresFile), func(l *passfile.Line) error {
		if o := sum.Outcomes[lines]; l.TaskID != o.TaskID || *l.Chosen != *o.Chosen {
			t.Errorf("scores of %s: %v, want %v", l.TaskID, *l.Chosen, *o.Chosen)
		}
		lines++
		return nil
	})
	if err != nil || lines != len(sum.Outcomes) {
		t.Errorf("%d lines of scores, %v", lines, err)
	}
	recorded, err := Read(t.Context(), s.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	sel, err := rerank.Parse(s.Selector)
	if err != nil {
		t.Fatal(err)
	}
	k := 0
	for res, err := range recorded.Results(t.Context(), sel) {
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(sum.Outcomes[k], OutcomeOf(res)); d != "" {
			t.Errorf("%s (-summary +read again):\n%s", res.Problem.ID, d)
		}
		k++
	}
	// The same spec as JSON is the same run: it goes on, and has nothing to do.
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadSpec(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := do(t, again); cmp.Diff(sum, second) != "" {
		t.Errorf("repeated (-first +second):\n%s", cmp.Diff(sum, second))
	}
}

// Where opening fails, nothing is left that was not there.
func TestOpenLeavesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*Spec){
		"no file":   func(s *Spec) { s.Solutions += ".not" },
		"bad tests": func(s *Spec) { write(t, s.Tests, map[string]int{"task_id": 1}) },
		"foreign problem": func(s *Spec) {
			write(t, s.Tests, problem.TestLine{TaskID: "x", Test: problem.PythonTest("assert f()")})
		},
		"no model": func(s *Spec) { s.Tests, s.Writing = "", NewWriting(); s.Writing.Model = "/nowhere.gguf" },
	} {
		s := bundled(t, t.TempDir())
		spoil(&s)
		var input *InputError
		if r, err := Open(t.Context(), s, Env{}); !errors.As(err, &input) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		if _, err := os.Stat(s.Out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the folder was left: %v", name, err)
		}
	}
}

// A run is bound to what its files say, not to their names, and a folder is resumed
// as the same run only.
func TestBound(t *testing.T) {
	s := bundled(t, t.TempDir())
	r, err := Open(t.Context(), s, Env{})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	for name, change := range map[string]func(*Spec){
		"seed":    func(s *Spec) { s.Seed = 0 },
		"fuel":    func(s *Spec) { s.Limits.Fuel++ },
		"give up": func(s *Spec) { s.Limits.GiveUp = 0 },
		"solutions": func(s *Spec) {
			s.Solutions = write(t, s.Solutions+"2", problem.Solution{TaskID: "example/camel_to_snake", Code: "x = 1"})
		},
	} {
		other := s
		change(&other)
		if _, err := Open(t.Context(), other, Env{}); err == nil || !strings.Contains(err.Error(), "holds another run ("+name+": was ") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	shown := filepath.Join(t.TempDir(), "shown.jsonl")
	seen := map[string]bool{}
	for _, code := range []string{"x = 1\n", "x = 2\n", "x = 1\n"} {
		write(t, shown, problem.Solution{TaskID: "a", Code: code})
		s := New(Testgen)
		s.Out, s.Writing.PromptSolution = filepath.Join(t.TempDir(), "run"), shown
		s.Problems = write(t, shown+".p", problem.Problem{ID: "a", Question: "q"})
		r := &Run{spec: s}
		err := errors.Join(r.takeFolder(t.Context()), r.readInputs(t.Context()))
		if err == nil {
			_, err = r.readShown(t.Context(), new(pipeline.Writer))
		}
		if err != nil {
			t.Fatal(err)
		}
		seen[r.identity.PromptSolution] = true
		r.Close()
	}
	if len(seen) != 2 {
		t.Errorf("two contents have %d digests: %v", len(seen), seen)
	}
}

// A run that is interrupted at its first result goes on to the same end.
func TestInterrupted(t *testing.T) {
	s := bundled(t, t.TempDir())
	whole := s
	whole.Out += "-whole"
	want, _ := do(t, whole)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := Open(ctx, s, Env{Watch: func(Event) { cancel() }})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.Close()
	got, _ := do(t, s)
	got.Out = want.Out
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-whole +resumed):\n%s", d)
	}
}
