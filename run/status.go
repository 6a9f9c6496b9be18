package run

import (
	"context"
	"errors"
	"time"

	"coderm/journal"
)

// Status is how far some runs are, the shards of one for example.
type Status struct {
	Runs          []RunStatus `json:"runs"`
	Problems      int         `json:"problems"` // of all the runs that have begun
	Finished      int         `json:"finished"`
	Lacking       int         `json:"lacking"` // of them: finished without all that was asked for
	PerHour       float64     `json:"problems_per_hour,omitempty"`
	Left          Duration    `json:"time_left,omitempty"` // at this rate; 0 if none can be told
	MissingShards []string    `json:"missing_shards,omitempty"`
}

// State says whether somebody works on a run.
type State string

// The states. A run that is stopped is not done, and nobody works on it.
const (
	NotBegun State = "not begun"
	Running  State = "running"
	Stopped  State = "stopped"
	Done     State = "done"
)

// RunStatus is how far one run is.
type RunStatus struct {
	Run      string   `json:"run"`
	Shard    string   `json:"shard,omitempty"`
	State    State    `json:"state"`
	Problems int      `json:"problems"`
	Finished int      `json:"finished"`
	Lacking  int      `json:"lacking"`
	PerHour  float64  `json:"problems_per_hour,omitempty"` // while it is running
	Left     Duration `json:"time_left,omitempty"`
	Host     string   `json:"host,omitempty"` // of who works on it
	PID      int      `json:"pid,omitempty"`
}

// StatusOf tells how far runs are by their folders alone, whoever works on them and on
// which machine. Of a folder nothing but its counts is read.
func StatusOf(ctx context.Context, dirs []string) (s Status, err error) {
	var shards []string
	var parts []Part
	for _, dir := range dirs {
		r, err := statusOf(ctx, dir)
		if err != nil {
			return s, readError(err)
		}
		s.Runs = append(s.Runs, r)
		s.Problems += r.Problems
		s.Finished += r.Finished
		s.Lacking += r.Lacking
		s.PerHour += r.PerHour
		s.Left = max(s.Left, r.Left)
		if r.State != NotBegun {
			parts = append(parts, Part{Shard: r.Shard})
			shards = append(shards, r.Shard)
		}
	}
	s.MissingShards = missingShards(shards, parts)
	s.Left = max(s.Left, timeLeft(s.Problems-s.Finished, s.PerHour))
	return s, nil
}

func statusOf(ctx context.Context, dir string) (s RunStatus, err error) {
	s.Run = dir
	holder, working := journal.Working(dir)
	if working {
		s.Host, s.PID = holder.Host, holder.PID
	}
	j, err := journal.Peek(ctx, dir)
	if errors.Is(err, journal.ErrNoRun) {
		s.State = NotBegun
		return s, nil
	}
	if err != nil {
		return s, err
	}
	defer j.Close()
	settings, err := j.Meta(ctx)
	if err != nil {
		return s, err
	}
	t, err := j.Tally(ctx)
	s.Shard, s.Problems, s.Finished, s.Lacking = settings["shard"], t.Problems, t.Finished, t.Lacking
	switch {
	case t.Finished == t.Problems:
		s.State = Done
	case working:
		s.State, s.PerHour = Running, t.PerHour()
		s.Left = timeLeft(t.Problems-t.Finished, s.PerHour)
	default:
		s.State = Stopped
	}
	return s, err
}

// timeLeft is how long problems take at a rate; 0 where there is none.
func timeLeft(problems int, perHour float64) Duration {
	if perHour <= 0 {
		return 0
	}
	return Duration((time.Duration(float64(problems) / perHour * float64(time.Hour))).Round(time.Second))
}
