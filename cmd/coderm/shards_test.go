package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coderm/examples"
	"coderm/problem"
	"coderm/run"
)

// checked writes the bundled problems to a folder, with asserts of their checks as tests.
func checked(t *testing.T, dir string) (flags []string) {
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
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problems...)
	writeInput(t, in("s.jsonl"), slices.Concat(solutions...)...)
	writeInput(t, in("t.jsonl"), tests...)
	return []string{"rerank", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--fuel", "1000000000", "--truth"}
}

// TestShardsAsProcesses runs shards as an engine would, all at once: some are killed,
// some are told to end, one is started twice. Merged they are the run that nobody
// divided.
func TestShardsAsProcesses(t *testing.T) {
	const n = 3
	dir := t.TempDir()
	flags := checked(t, dir)
	whole := filepath.Join(dir, "whole")
	mustRun(t, append(slices.Clone(flags), "-q", "--out", whole)...)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var killed, told, busy atomic.Int64
	// once starts a shard and gives it a time to live; it returns the exit code, or -1
	// where it was killed.
	once := func(i int, life time.Duration, signal syscall.Signal) (code int, stderr string) {
		var errs bytes.Buffer
		cmd := exec.Cmd{
			Path:   exe,
			Args:   append(append([]string{"coderm"}, flags...), "--shard", fmt.Sprintf("auto/%d", n), "--out", filepath.Join(dir, fmt.Sprint("part", i))),
			Env:    append(os.Environ(), fmt.Sprint("SLURM_ARRAY_TASK_ID=", i)),
			Stderr: &errs,
		}
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return 0, ""
		}
		timer := time.AfterFunc(life, func() { cmd.Process.Signal(signal) })
		cmd.Wait()
		timer.Stop()
		return cmd.ProcessState.ExitCode(), errs.String()
	}
	var all sync.WaitGroup
	for i := range n + 1 { // the last is the first, submitted twice
		all.Go(func() {
			const most = 8 // signals; a busy machine may be too slow for any life
			for wait, signals := 500*time.Millisecond, 0; ; {
				life := wait/2 + rand.N(wait)
				if signals == most {
					life = time.Hour
				}
				signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[signals%2]
				switch code, text := once(i%n, life, signal); {
				case code == exitDone:
					return
				case code == -1: // SIGTERM, too, before it is waited for
					killed.Add(1)
					wait, signals = wait*3/2, signals+1
				case code == exitInterrupted && signal == syscall.SIGTERM:
					told.Add(1)
					wait, signals = wait*3/2, signals+1
				case code == exitUsage && strings.Contains(text, "another process is working on this run"):
					busy.Add(1)
					time.Sleep(time.Second) // the other one works
				default:
					t.Errorf("shard %d: exit code %d after signal %v\n%s", i, code, signal, text)
					return
				}
			}
		})
	}
	all.Wait()
	if killed.Load() == 0 || told.Load() == 0 || busy.Load() == 0 {
		t.Errorf("%d were killed, %d told to end, %d found the folder busy; want some of each", killed.Load(), told.Load(), busy.Load())
	}
	t.Logf("%d killed, %d told to end, %d found the folder busy", killed.Load(), told.Load(), busy.Load())
	merged := filepath.Join(dir, "merged")
	mustRun(t, "merge", filepath.Join(dir, "part0"), filepath.Join(dir, "part1"), filepath.Join(dir, "part2"), "--out", merged)
	for _, name := range []string{run.ScoresFile, run.SamplesFile} {
		sameFile(t, filepath.Join(whole, name), filepath.Join(merged, name))
	}
	want, err := contents(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := contents(merged)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-whole +merged):\n%s", err, d)
	}
}
