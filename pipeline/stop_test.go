package pipeline

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A run that is stopped at any pair ends with what it has begun, whole, and goes on
// later without doing any of it again.
func TestStopAnywhere(t *testing.T) {
	g, exec := &drawn{}, &arithmetic{fail: never}
	results, err := run(t.Context(), config(t, filepath.Join(t.TempDir(), "calm"), divisors{writer(g)}, exec))
	if err != nil {
		t.Fatal(err)
	}
	want, pairs, samples := scores(t, results), exec.pairs.Load(), g.samples.Load()
	stopped := 0
	for at := int64(1); at < pairs; at += 17 {
		dir := filepath.Join(t.TempDir(), "run")
		g, exec, stop := &drawn{}, &arithmetic{}, make(chan struct{})
		exec.fail = func(n int64) error {
			if n == at {
				close(stop)
			}
			return nil
		}
		first := config(t, dir, divisors{writer(g)}, exec)
		first.Stop = stop
		done, err := run(t.Context(), first)
		if err != nil && !errors.Is(err, ErrStopped) || err == nil && len(done) < len(want) {
			t.Fatalf("stopped at pair %d: %d results, %v", at, len(done), err)
		}
		if err != nil {
			stopped++
		}
		for k := range want {
			w, err := loadWork(t.Context(), first.Journal, k, false)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(w.cells); n%len(w.rows) != 0 {
				t.Errorf("stopped at pair %d: %d pairs of %d solutions are a matrix that was cut off", at, n, len(w.rows))
			}
		}
		first.Journal.Close()
		results, err := run(t.Context(), config(t, dir, divisors{writer(g)}, exec))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, scores(t, results)); d != "" {
			t.Fatalf("stopped at pair %d (-calm +resumed):\n%s", at, d)
		}
		if p, s := exec.pairs.Load(), g.samples.Load(); p != pairs || s != samples {
			t.Errorf("stopped at pair %d: %d pairs and %d samples in all, want %d and %d", at, p, s, pairs, samples)
		}
	}
	if stopped == 0 {
		t.Error("no run was stopped before its end")
	}
}

// Stopped before it has begun, a run does nothing.
func TestStoppedBefore(t *testing.T) {
	g, exec, stop := &drawn{}, &arithmetic{fail: never}, make(chan struct{})
	close(stop)
	c := config(t, filepath.Join(t.TempDir(), "run"), divisors{writer(g)}, exec)
	c.Stop = stop
	if done, err := run(t.Context(), c); !errors.Is(err, ErrStopped) || len(done) > 0 {
		t.Errorf("%d results, %v", len(done), err)
	}
	if p, s := exec.pairs.Load(), g.samples.Load(); p != 0 || s != 0 {
		t.Errorf("%d pairs, %d samples", p, s)
	}
}
