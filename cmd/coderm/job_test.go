package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/testkit"
	"coderm/passfile"
	"coderm/problem"
	"coderm/run"
	"coderm/weights/gguf"
	"coderm/weights/store"
	"coderm/weights/synthetic"
)

// coderm runs one command line in this process and returns its exit code.
func coderm(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// mustRun is coderm for commands that must succeed.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := coderm(t, args...)
	if code != exitDone {
		t.Fatalf("coderm %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

func writeInput[T any](t *testing.T, path string, lines ...T) {
	t.Helper()
	if err := problem.WriteLines(path, slices.Values(lines)); err != nil {
		t.Fatal(err)
	}
}

func readScores(t *testing.T, path string) []passfile.Line {
	t.Helper()
	var out []passfile.Line
	err := passfile.Read(path, func(l *passfile.Line) error {
		out = append(out, *l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRerankRealData runs real solutions against real tests, as a user would,
// and compares the matrix pair by pair with what native CPython gave.
func TestRerankRealData(t *testing.T) {
	all, err := codegen16b.Load(testkit.Data(t, codegen16b.File), 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var problems []problem.Problem
	var solutions []problem.Solution
	var tests []problem.TestLine
	var want []codegen16b.Problem
	for _, p := range all {
		// Where native runs timed out after 0.1 s, more patient limits differ.
		if len(want) == 20 || strings.ContainsRune(strings.Join(p.Matrix, ""), codegen16b.Timeout) {
			continue
		}
		want = append(want, p)
		problems = append(problems, problem.Problem{ID: p.TaskID, Question: p.Prompt, Prompt: p.Prompt, EntryPoint: p.EntryPoint})
		for _, code := range p.Programs() {
			solutions = append(solutions, problem.Solution{TaskID: p.TaskID, Code: code})
		}
		for _, code := range p.Tests {
			tests = append(tests, problem.TestLine{TaskID: p.TaskID, Test: problem.Test{Kind: problem.Assert, Code: code}})
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problems...)
	writeInput(t, in("s.jsonl"), solutions...)
	writeInput(t, in("t.jsonl"), tests...)
	mustRun(t, "rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--out", in("run"))

	pairs, differ := 0, 0
	for k, s := range readScores(t, in("run/"+run.ScoresFile)) {
		for i, got := range s.Matrix {
			for j := range got {
				pairs++
				if got[j] != want[k].Matrix[i][j] && !sameFate(want[k].Matrix[i][j], got[j]) {
					if differ++; differ <= 20 {
						t.Errorf("%s: solution %d, test %d: got %c, natively %c", s.TaskID, i, j, got[j], want[k].Matrix[i][j])
					}
				}
			}
		}
	}
	t.Logf("%d pairs of %d problems, %d differ", pairs, len(want), differ)
	if len(want) < 20 || pairs < 10_000 {
		t.Errorf("only %d problems with %d pairs were compared", len(want), pairs)
	}
}

// sameFate: a solution that died in the native harness (4) may here die of
// anything but success, since every cell has a verdict of its own.
func sameFate(native, got byte) bool { return native == codegen16b.Dead && got != '1' }

// TestGenerateOnRealProblems has the default model write tests for real
// problems, the same ones each time, and runs them.
func TestGenerateOnRealProblems(t *testing.T) {
	_, err := store.Resolve("")
	testkit.Need(t, err, "the default model")
	all, err := codegen16b.Load(testkit.Data(t, codegen16b.File), 5)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var problems []problem.Problem
	var solutions []problem.Solution
	for _, p := range all {
		problems = append(problems, problem.Problem{ID: p.TaskID, Prompt: p.Prompt, Question: p.Prompt, EntryPoint: p.EntryPoint})
		for _, code := range p.Programs()[:4] {
			solutions = append(solutions, problem.Solution{TaskID: p.TaskID, Code: code})
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problems...)
	writeInput(t, in("s.jsonl"), solutions...)
	for _, out := range []string{"run", "repeated"} {
		mustRun(t, "rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--out", in(out),
			"--tests-per-problem", "4", "--max-tokens", "48", "--fuel", "2000000000")
	}
	sameFile(t, in("run/"+problem.TestsFile), in("repeated/"+problem.TestsFile))
	parsed, usable := 0, 0
	for _, s := range readScores(t, in("run/"+run.ScoresFile)) {
		parsed += len(s.Tests)
		if strings.ContainsAny(strings.Join(s.Matrix, ""), "01") {
			usable++
		}
		if s.Chosen == nil {
			t.Errorf("%s: nothing chosen", s.TaskID)
		}
	}
	if parsed < 5 || usable < 2 {
		t.Errorf("%d tests parsed, usable ones on %d problems: the model writes better ones than that", parsed, usable)
	}
	// The tests are a file of their own that the job accepts.
	mustRun(t, "rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--out", in("again"),
		"--tests", in("run/"+problem.TestsFile), "--fuel", "2000000000")
	first, second := readScores(t, in("run/"+run.ScoresFile)), readScores(t, in("again/"+run.ScoresFile))
	for i := range first {
		if a, b := fmt.Sprint(first[i].Matrix), fmt.Sprint(second[i].Matrix); a != b {
			t.Errorf("%s: the same tests gave another matrix:\n%s\n%s", first[i].TaskID, a, b)
		}
	}
}

// TestExamplesOfHumanEval: what is read as a question's examples holds for the
// canonical solutions, but for some that are wrong in the questions themselves.
func TestExamplesOfHumanEval(t *testing.T) {
	file := testkit.Data(t, "HumanEval.jsonl.gz")
	problems, err := problem.ReadProblems(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	var canonical []problem.Solution
	for _, p := range problems {
		canonical = append(canonical, problem.Solution{TaskID: p.ID, Code: p.Canonical})
	}
	writeInput(t, in("s.jsonl"), canonical...)
	mustRun(t, "exec", "-q", "--problems", file, "--solutions", in("s.jsonl"), "--out", in("run"))
	shown, tests, wrong := 0, 0, []string{}
	for _, s := range readScores(t, in("run/"+run.ScoresFile)) {
		if len(s.PublicTests) > 0 {
			shown++
		}
		for j, test := range s.PublicTests {
			tests++
			if s.Public[0][j] != '1' {
				wrong = append(wrong, s.TaskID+" "+test.Code)
			}
		}
	}
	if shown < 135 || tests < 380 || len(wrong) > 6 {
		t.Errorf("%d of %d problems have examples, %d in all; the canonical solutions fail %d:\n%s",
			shown, len(problems), tests, len(wrong), strings.Join(wrong, "\n"))
	}
}

// TestKilledRunResumes kills a run again and again, at random moments, and
// expects the result of a run that nobody disturbed.
func TestKilledRunResumes(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	flags := checked(t, dir)
	args := func(out string) []string {
		return append(append([]string{"coderm"}, flags...), "-q", "--out", in(out))
	}
	mustRun(t, args("calm")[1:]...)

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	kills := 0
	for wait := 50 * time.Millisecond; ; wait = wait * 5 / 4 {
		cmd := exec.Cmd{Path: exe, Args: args("killed"), Stderr: os.Stderr}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(wait/2+rand.N(wait), func() { cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
			t.Fatalf("after %d kills the run fails: %v", kills, err)
		}
		kills++
	}
	if kills == 0 {
		t.Fatal("the run ended before it could be killed")
	}
	t.Logf("killed %d times", kills)
	for _, name := range []string{run.ScoresFile, run.SamplesFile} {
		sameFile(t, in("calm/"+name), in("killed/"+name))
	}
}

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	want, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s and %s differ", a, b)
	}
}

// TestModelWithoutTemplate refuses to write unittest classes with a model that
// has no chat template, and leaves no folder behind.
func TestModelWithoutTemplate(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	tiny, err := synthetic.Cached(t.Context(), dir, "tiny", "Q8_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	dropKey(t, tiny, in("base.gguf"), "tokenizer.chat_template")
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "q", EntryPoint: "f"})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: "a", Code: "def f(): pass\n"})
	code, _, stderr := coderm(t, "rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"),
		"--model", in("base.gguf"), "--style", "unittest", "--out", in("run"))
	if code != exitUsage || !strings.Contains(stderr, "has no chat template") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d, %q; want %d and one line about the template", code, stderr, exitUsage)
	}
	if _, err := os.Stat(in("run")); !os.IsNotExist(err) {
		t.Errorf("the run folder was made: %v", err)
	}
}

// dropKey copies a GGUF file without one of its metadata keys.
func dropKey(t *testing.T, from, to, key string) {
	t.Helper()
	f, err := gguf.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	meta := slices.DeleteFunc(slices.Clone(f.Metadata), func(kv gguf.KV) bool { return kv.Key == key })
	var tensors []gguf.Source
	for _, x := range f.Tensors {
		tensors = append(tensors, gguf.Source{Name: x.Name, Type: x.Type, Shape: x.Shape, Write: func(w io.Writer) error {
			_, err := io.Copy(w, io.NewSectionReader(raw, int64(x.Offset), int64(x.Bytes)))
			return err
		}})
	}
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := gguf.Write(out, meta, tensors); err != nil {
		t.Fatal(err)
	}
}
