package run

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"coderm/journal"
	"coderm/problem"
)

// While a process works on a run, the rate and the time left are told, and who it is.
func TestStatusOfRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o, err := journal.Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 10 {
		if err := o.AddProblem(t.Context(), k, problem.Problem{ID: string(rune('a' + k))}); err != nil {
			t.Fatal(err)
		}
	}
	j, err := o.Journal(t.Context(), journal.Fingerprint{"shard": "0/1"})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for k, notes := range []map[journal.Note]string{nil, {journal.Infra: "1"}} {
		if err := j.Finish(t.Context(), k, nil, notes); err != nil {
			t.Fatal(err)
		}
	}
	s, err := StatusOf(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Runs[0]; r.State != Running || r.PID != os.Getpid() || r.Finished != 2 || r.Problems != 10 || r.Lacking != 1 || s.Finished != 2 {
		t.Errorf("%+v", r)
	}
}

// The rate is that of what was finished after the first, over the time since.
func TestRate(t *testing.T) {
	for _, c := range []struct {
		recent int
		over   time.Duration
		want   float64
	}{{0, 0, 0}, {1, 0, 0}, {5, 0, 0}, {2, time.Hour, 1}, {61, 30 * time.Minute, 120}} {
		tally := journal.Tally{Recent: c.recent, Over: c.over}
		if got := tally.PerHour(); got != c.want {
			t.Errorf("%+v: %g an hour, want %g", c, got, c.want)
		}
	}
	if got := timeLeft(60, 120); time.Duration(got) != 30*time.Minute || timeLeft(60, 0) != 0 {
		t.Errorf("60 problems at 120 an hour take %s", got)
	}
}
