package journal

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/sandbox"
)

var inputs = []Input{
	{problem.Problem{ID: "a", Question: "q", Check: "f() < 3 & 4"}, []problem.Solution{{TaskID: "a", Code: "x"}, {TaskID: "a", Index: 1, Code: "y"}}},
	{problem.Problem{ID: "b", Question: "q"}, nil},
}

// begin opens the run in dir as a run does.
func begin(ctx context.Context, dir string, fp Fingerprint) (*Journal, error) {
	o, err := Take(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return beginWith(ctx, o, fp, inputs)
}

func beginWith(ctx context.Context, o *Opening, fp Fingerprint, inputs []Input) (*Journal, error) {
	for k, in := range inputs {
		if err := o.AddProblem(ctx, k, in.Problem); err != nil {
			return nil, err
		}
		for _, s := range in.Solutions {
			if err := o.AddSolution(ctx, k, s); err != nil {
				return nil, err
			}
		}
	}
	return o.Journal(ctx, fp)
}

// check fails where begin would.
func check(ctx context.Context, dir string, fp Fingerprint) error {
	o, err := Take(ctx, dir)
	if err != nil {
		return err
	}
	defer o.Close()
	return o.Check(ctx, fp)
}

func open1(t *testing.T, dir string, fp Fingerprint) *Journal {
	t.Helper()
	j, err := begin(t.Context(), dir, fp)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestFactsSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a run ? # %")
	j := open1(t, dir, Fingerprint{"seed": "1"})
	if j.Resumed {
		t.Error("a new run says it is resumed")
	}
	want := State{
		Samples: []Sample{
			{Generation: 0, Sampled: problem.Sampled{Seed: 1 << 63, Tokens: 3, Finish: "eot", LogProb: -1.5, Shape: "seq4", Model: "abc", Solution: -1, Completion: "x"},
				Tests: []Test{
					{Test: problem.PythonTest("assert f()")}, {Origin: problem.Origin{Part: 1}, Test: problem.Test{Kind: problem.Stdio, Input: "\x00", Expected: "1", Compare: problem.Checker{Kind: problem.CheckDecimals}}},
				}},
			{Generation: 2, Sampled: problem.Sampled{Finish: "length", Completion: "bla", Cut: []problem.Cut{{First: 1, Last: 1, Why: "prose"}}}, Dropped: "no code"},
		},
		Public: []Test{
			{Origin: problem.Origin{Source: problem.Public}, Test: problem.PythonTest("assert p()")},
			{Origin: problem.Origin{Source: problem.Public, Part: 1}, Test: problem.StdioTest("", "")},
		},
		Calls: []Test{
			{Origin: problem.Origin{Source: problem.Observed}, Test: problem.Test{Kind: problem.Call, Input: "f(1)"}},
			{Origin: problem.Origin{Source: problem.Observed, Generation: problem.Mutated}, Test: problem.Test{Kind: problem.Call, Input: "f(2)"}},
		},
		Seen: []Seen{
			{problem.Origin{Source: problem.Observed}, 0, problem.Observation{Ending: problem.Returned, Digest: [16]byte{1, 15: 2}, Text: "1"}},
			{problem.Origin{Source: problem.Observed, Generation: problem.Mutated}, 1, problem.Observation{Ending: problem.TimedOut}},
		},
		Made:    []Made{{problem.Origin{}, "T.test", 0}, {problem.Origin{Source: problem.Public}, "", 0}},
		Watched: map[problem.Origin]bool{{}: true, {Source: problem.Public}: true},
		Cells: []Cell{
			{problem.Origin{}, 1, sandbox.Verdict{Kind: sandbox.Pass, TestsRun: 2, Fuel: 1 << 63, Methods: []sandbox.Method{{Name: "m", Kind: sandbox.Pass}, {Name: "n", Kind: sandbox.Fail}}}},
			{problem.Origin{Part: 1}, 0, sandbox.Verdict{Kind: sandbox.Error, Errors: 1, Detail: "NameError: g", Broken: true}},
			{problem.Origin{Source: problem.Public, Part: 1}, 0, sandbox.Verdict{Kind: sandbox.Fail, Failures: 1}},
		},
		Truth:  map[int]Judged{0: {Why: problem.Wrong{Input: "f(1)", Expected: "2", Got: "3"}}, 1: {Right: true}},
		Hidden: []float32{1.5, -2},
		Choice: &Choice{1, 0.5, 2, "majority"},
		Notes:  map[Note]string{Unfilled: "the server is gone", Infra: "2"},
	}
	ctx := t.Context()
	for _, s := range want.Samples {
		if err := j.AddSample(ctx, 3, s); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(j.AddPublic(ctx, 3, want.Public), j.AddObserved(ctx, 3, Observed{append(want.Samples[0].Tests, want.Public...), want.Calls, want.Made, want.Seen}), j.AddCells(ctx, 3, want.Cells), j.AddTruth(ctx, 3, want.Truth), j.AddHidden(ctx, 3, want.Hidden),
		j.Finish(ctx, 3, nil, map[Note]string{Unjudged: "of before"}), j.Finish(ctx, 3, want.Choice, want.Notes))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = open1(t, dir, Fingerprint{"seed": "1"})
	defer j.Close()
	if !j.Resumed {
		t.Error("an old run says it is new")
	}
	got, err := j.Load(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
	for k, want := range inputs {
		if in, err := j.Input(ctx, k); err != nil {
			t.Error(err)
		} else if d := cmp.Diff(want, in); d != "" {
			t.Errorf("inputs (-written +read):\n%s", d)
		}
	}
	if other, err := j.Load(ctx, 0); err != nil || len(other.Samples) > 0 {
		t.Errorf("another problem has %v, %v", other, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	j := open1(t, dir, Fingerprint{"seed": "1", "model": "a"})
	if _, err := begin(t.Context(), dir, Fingerprint{"seed": "1", "model": "a"}); !errors.Is(err, ErrBusy) {
		t.Errorf("a run in use: %v", err)
	}
	if err := check(t.Context(), dir, Fingerprint{"seed": "1", "model": "a"}); !errors.Is(err, ErrBusy) {
		t.Errorf("checking a run in use: %v", err)
	}
	j.Close()
	if err := check(t.Context(), dir, Fingerprint{"seed": "1", "model": "a"}); err != nil {
		t.Errorf("checking the same run: %v", err)
	}
	var mismatch *MismatchError
	other := Fingerprint{"seed": "2", "policy": "x", "tests": strings.Repeat("0123456789abcdef", 4)}
	_, err := begin(t.Context(), dir, other)
	if !errors.As(err, &mismatch) {
		t.Fatalf("another run: %v", err)
	}
	want := []string{"policy: was none, now x", "seed: was 1, now 2", "tests: was none, now 0123456789ab", "model: was a, now none"}
	if d := cmp.Diff(want, mismatch.Diffs); d != "" {
		t.Error(d)
	}
	mismatch = nil
	if err := check(t.Context(), dir, other); !errors.As(err, &mismatch) || !cmp.Equal(want, mismatch.Diffs) {
		t.Errorf("checking another run: %v", err)
	}

	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t.Context(), foreign, nil); !errors.Is(err, ErrForeign) {
		t.Errorf("a folder of other things: %v", err)
	}
	if err := check(t.Context(), foreign, nil); !errors.Is(err, ErrForeign) {
		t.Errorf("checking a folder of other things: %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "run")
	if err := check(t.Context(), fresh, nil); err != nil {
		t.Errorf("checking a new folder: %v", err)
	}
	if _, err := os.Stat(fresh); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the check made the folder: %v", err)
	}
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, Name), []byte("this is not a database, only a long enough text to look at"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t.Context(), garbage, Fingerprint{}); err == nil {
		t.Error("a file that is no database was opened")
	}
}

func TestOpenFinished(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenFinished(t.Context(), dir); !errors.Is(err, ErrNoRun) {
		t.Errorf("an empty folder: %v", err)
	}
	open1(t, dir, Fingerprint{"seed": "1"}).Close()
	j, err := OpenFinished(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if fp, err := j.Meta(t.Context()); err != nil || fp["seed"] != "1" {
		t.Errorf("Meta = %v, %v", fp, err)
	}
	if err := j.Finish(t.Context(), 0, nil, nil); err == nil {
		t.Error("a finished run was written to")
	}
}

// A folder that somebody else took over in the meantime is theirs.
func TestFailedOpenLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	j := open1(t, dir, Fingerprint{"seed": "1"})
	if _, err := take(t.Context(), dir, []string{dir}, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("a run in use: %v", err)
	}
	j.Close()
	var mismatch *MismatchError
	o, err := take(t.Context(), dir, []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := beginWith(t.Context(), o, Fingerprint{"seed": "2"}, inputs); !errors.As(err, &mismatch) {
		t.Errorf("another run: %v", err)
	}
	o.Close()
	open1(t, dir, Fingerprint{"seed": "1"}).Close()

	bad := []Input{{Problem: problem.Problem{ID: "a", Question: "q", Extra: map[string]json.RawMessage{"x": json.RawMessage("{")}}}}
	parent := t.TempDir()
	there := filepath.Join(parent, "there")
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(parent, "run"), there} {
		o, err := Take(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := beginWith(t.Context(), o, nil, bad); err == nil {
			t.Error("inputs that cannot be written were accepted")
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(parent, "*", "*"))
	if more, e := filepath.Glob(filepath.Join(parent, "*")); err != nil || e != nil || len(left) > 0 || !cmp.Equal(more, []string{there}) {
		t.Errorf("a failed opening left %v in %v, %v, %v", left, more, err, e)
	}
}

// A full disk stops the run with a clear error and loses nothing recorded.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	j := open1(t, dir, Fingerprint{})
	if _, err := j.db.Exec(`PRAGMA max_page_count = 40`); err != nil { // SQLite's own way to be full
		t.Fatal(err)
	}
	recorded := 0
	var err error
	for ; recorded < 1000; recorded++ {
		s := Sample{Generation: recorded, Sampled: problem.Sampled{Completion: strings.Repeat("x", 5000)}, Tests: []Test{{problem.Origin{Generation: recorded}, problem.PythonTest("assert f()")}}}
		if err = j.AddSample(t.Context(), 0, s); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "writing the journal: database or disk is full") {
		t.Fatalf("after %d samples: %v", recorded, err)
	}
	j.Close()
	j = open1(t, dir, Fingerprint{})
	defer j.Close()
	got, err := j.Load(t.Context(), 0)
	if err != nil || len(got.Samples) != recorded {
		t.Errorf("%d samples of %d are left, %v", len(got.Samples), recorded, err)
	}
	for _, s := range got.Samples {
		if len(s.Tests) != 1 {
			t.Errorf("sample %d has %d tests, want 1", s.Generation, len(s.Tests))
		}
	}
}

func TestReadOnlyFolder(t *testing.T) {
	dir := "/proc/run" // nobody can write there, not even root
	if _, err := begin(t.Context(), dir, Fingerprint{}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a run in %s: %v", dir, err)
	}
}

// An assert's only method has no name: it is not worth a column of JSON.
func TestUnnamedMethodIsNotRecorded(t *testing.T) {
	j := open1(t, t.TempDir(), Fingerprint{})
	defer j.Close()
	named := []sandbox.Method{{Name: "T.test", Kind: sandbox.Fail}}
	for sol, methods := range [][]sandbox.Method{{{Kind: sandbox.Fail}}, named} {
		if err := j.AddCells(t.Context(), 0, []Cell{{Solution: sol, Verdict: sandbox.Verdict{Kind: sandbox.Fail, Methods: methods}}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := j.Load(t.Context(), 0)
	if err != nil || len(s.Cells) != 2 || s.Cells[0].Verdict.Methods != nil || !slices.Equal(s.Cells[1].Verdict.Methods, named) {
		t.Errorf("%+v, %v", s.Cells, err)
	}
}

// What Take makes is gone after Close, to the folders above; but for one that
// somebody uses by then.
func TestFailedOpenRemovesWhatItMade(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "a", "b", "run")
	for _, used := range []bool{false, true} {
		o, err := Take(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if used {
			if err := os.WriteFile(filepath.Join(parent, "a", "theirs"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		var left []string
		err = filepath.WalkDir(parent, func(path string, _ fs.DirEntry, err error) error {
			left = append(left, strings.TrimPrefix(path, parent))
			return err
		})
		want := []string{""}
		if used {
			want = []string{"", "/a", "/a/theirs"}
		}
		if !slices.Equal(left, want) || err != nil {
			t.Errorf("used %v: %q is left, %v", used, left, err)
		}
	}
}

// What hidden tests say is kept by what they are, also of a run that is opened for
// nothing else.
func TestJudgements(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := OpenRecorded(t.Context(), dir); !errors.Is(err, ErrNoRun) {
		t.Errorf("no folder: %v", err)
	}
	open1(t, dir, Fingerprint{"seed": "1"}).Close()
	one, other := Checks{1}, Checks{2}
	want := map[int]Judged{0: {Right: true}, 2: {Why: problem.Wrong{Got: "3"}}}
	for range 2 {
		j, err := OpenRecorded(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenRecorded(t.Context(), dir); !errors.Is(err, ErrBusy) {
			t.Errorf("opened twice: %v", err)
		}
		if err := j.AddJudgements(t.Context(), 1, one, want); err != nil {
			t.Fatal(err)
		}
		got, err := j.LoadJudgements(t.Context(), 1, one)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%v (-written +read):\n%s", err, d)
		}
		for _, key := range []struct {
			number int
			checks Checks
		}{{0, one}, {1, other}} {
			if got, err := j.LoadJudgements(t.Context(), key.number, key.checks); len(got) > 0 || err != nil {
				t.Errorf("%v: %v, %v", key, got, err)
			}
		}
		numbers, err := j.Numbers(t.Context())
		if d := cmp.Diff(map[string]int{"a": 0, "b": 1}, numbers); d != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
		j.Close()
	}
}
