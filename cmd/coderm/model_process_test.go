package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coderm/engine/child"
	"coderm/examples"
	"coderm/internal/fakegpu"
	"coderm/journal"
	"coderm/problem"
	"coderm/weights/synthetic"
)

// fakeRun is a command that writes tests with a random model on a fake GPU.
func fakeRun(t *testing.T) (args func(out string) []string) {
	t.Helper()
	for _, v := range fakegpu.Env(fakegpu.Build(t), 4096) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	model, err := synthetic.Cached(t.Context(), dir, "tiny", "F32", nil)
	if err != nil {
		t.Fatal(err)
	}
	problems, _, err := examples.Load()
	if err != nil {
		t.Fatal(err)
	}
	writeInput(t, filepath.Join(dir, "p.jsonl"), problems...)
	return func(out string) []string {
		return []string{"testgen", "-q", "--problems", filepath.Join(dir, "p.jsonl"), "--model", model, "--style", "assert",
			"--tests-per-problem", "6", "--max-tokens", "24", "--temperature", "0", "--out", filepath.Join(dir, out)}
	}
}

// completions are those a run folder has, by problem and generation.
func completions(t *testing.T, dir string) map[string]problem.Sampled {
	t.Helper()
	j, err := journal.OpenFinished(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	numbers, _, err := j.Problems(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]problem.Sampled{}
	for _, k := range numbers {
		facts, err := j.Load(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range facts.Samples {
			s.LogProb, s.Shape = 0, "" // they depend on what was in the batch
			all[fmt.Sprintf("%d/%d", k, s.Generation)] = s.Sampled
		}
	}
	return all
}

// TestModelProcessDies: a run whose model's process is killed again and again records
// what an unbroken one does.
func TestModelProcessDies(t *testing.T) {
	args := fakeRun(t)
	for _, out := range []string{"calm", "disturbed"} {
		if out == "disturbed" {
			name, value, _ := strings.Cut(fakegpu.Faults(t, "kill 12", "kill 15", "step 10", "kill 0", "kill 20"), "=")
			t.Setenv(name, value)
		}
		if code, _, stderr := coderm(t, args(out)...); code != exitPartial { // its answers are no tests
			t.Fatalf("%s: exit code %d: %s", out, code, stderr)
		}
	}
	if left := fakegpu.Left(t); len(left) > 0 {
		t.Errorf("it was spared %v", left)
	}
	last := func(name string) string { a := args(name); return a[len(a)-1] }
	want, got := completions(t, last("calm")), completions(t, last("disturbed"))
	if len(want) < 60 {
		t.Errorf("only %d completions", len(want))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestNoOrphan: the model's process ends with its parent, however that ends, and the
// same command goes on.
func TestNoOrphan(t *testing.T) {
	args := fakeRun(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Cmd{Path: exe, Args: append([]string{"coderm"}, append(args("run"), "--tests-per-problem", "200", "--max-tokens", "2000")...)}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	model := 0
	for range 600 {
		if model = childOf(parent.Process.Pid); model != 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if model == 0 {
		t.Fatal("no process of the model's")
	}
	time.Sleep(time.Second) // it loads, or computes by now
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for range 100 {
		if commandOf(model) == "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("process %d goes on: %s", model, commandOf(model))
}

// childOf finds the model's process that pid has started; 0 for none.
func childOf(pid int) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range lists {
		text, _ := os.ReadFile(path)
		for _, field := range strings.Fields(string(text)) {
			var n int
			if fmt.Sscan(field, &n); strings.HasSuffix(commandOf(n), " "+child.Command) {
				return n
			}
		}
	}
	return 0
}

// commandOf is a live process's command line.
func commandOf(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.ReplaceAll(strings.TrimSuffix(string(text), "\x00"), "\x00", " ")
}

// TestDoctorGPU: a GPU that computes what the CPU does has no problems.
func TestDoctorGPU(t *testing.T) {
	fakeRun(t)
	t.Setenv("CODERM_FAKE_GPU", "1200")
	model, err := synthetic.Cached(t.Context(), t.TempDir(), "tiny", "F32", nil)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	doctor := exec.Cmd{Path: exe, Args: []string{"coderm", "doctor", "-q", "--gpu", "--model", model}}
	out, err := doctor.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		`ok +greedy text +4 of 4 texts are the CPU's, 96 of 96 tokens`, `ok +sampler +2048 draws on each`, `ok +hidden states +4 states.* 1\.00000`,
		`ok +cancelling +48 completions cancelled after 576 tokens`, `ok +plan +[0-9.]+ MiB used where .* planned`, `ok +out of memory +refused [1-9]`,
	} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}
