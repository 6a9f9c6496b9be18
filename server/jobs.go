package server

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"coderm/internal/fsx"
	"coderm/pipeline"
	"coderm/run"
)

// jobState is how far a job is.
type jobState string

// The states. One that waits or runs goes on after a restart.
const (
	jobWaiting jobState = "waiting"
	jobRunning jobState = "running"
	jobDone    jobState = "done"
	jobStopped jobState = "stopped"
	jobFailed  jobState = "failed"
)

func (s jobState) over() bool { return s != jobWaiting && s != jobRunning }

// jobRecord is what a job's folder keeps of it, beside its inputs and the run.
type jobRecord struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	State   jobState  `json:"state"`
	Error   string    `json:"error,omitempty"`
	Created time.Time `json:"created"`
	Ended   time.Time `json:"ended,omitzero"`
	// Problems are all there are, Finished those that had their result at the end.
	Problems int      `json:"problems"`
	Finished int      `json:"finished"`
	Spec     run.Spec `json:"spec"` // with paths below the job's folder
}

// job is a run that came by HTTP.
type job struct {
	dir string

	mu       sync.Mutex
	record   jobRecord
	outcomes []run.Outcome
	notes    []string
	progress *pipeline.Progress // nil: not running
	began    time.Time
	stop     context.CancelCauseFunc // nil: not running
	changed  chan struct{}           // closed with the next change
	gone     bool                    // its folder is removed
}

// files are the fields of a spec that name a job's inputs, by the names that clients
// give them.
func files(s *run.Spec) map[string]*string {
	return map[string]*string{"problems": &s.Problems, "solutions": &s.Solutions, "tests": &s.Tests, "hidden": &s.Hidden}
}

var errStopped = errors.New("the run was stopped")

// update changes a job and tells whoever watches; with keep it is also written down.
func (j *job) update(keep bool, f func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	f()
	close(j.changed)
	j.changed = make(chan struct{})
	if !keep || j.gone {
		return nil
	}
	text, err := json.MarshalIndent(j.record, "", "  ")
	if err != nil {
		return err
	}
	return fsx.WriteFile(filepath.Join(j.dir, "job.json"), func(f *os.File) error {
		_, err := f.Write(text)
		return err
	})
}

// jobView is what clients see of a job.
type jobView struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	State    jobState  `json:"state"`
	Error    string    `json:"error,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
	Created  time.Time `json:"created"`
	Ended    time.Time `json:"ended,omitzero"`
	Job      run.Job   `json:"job"`
	Problems int       `json:"problems"`
	Finished int       `json:"finished"` // problems
	Phase    string    `json:"phase,omitempty"`
	Seconds  float64   `json:"seconds,omitempty"` // since it was begun or gone on with
	Left     float64   `json:"seconds_left,omitempty"`

	Completions        int64 `json:"completions"`
	CompletionsPlanned int64 `json:"completions_planned"`
	Tokens             int64 `json:"tokens"`
	Tests              int64 `json:"tests"`
	Pairs              int64 `json:"pairs"`
	PairsPlanned       int64 `json:"pairs_planned"`
}

func (j *job) view() (v jobView, outcomes []run.Outcome, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.record
	v = jobView{
		ID: r.ID, Name: r.Name, State: r.State, Error: r.Error, Notes: slices.Clone(j.notes), Created: r.Created, Ended: r.Ended,
		Job: r.Spec.Job, Problems: r.Problems, Finished: max(r.Finished, len(j.outcomes)),
	}
	if p := j.progress; p != nil {
		v.Completions, v.CompletionsPlanned, v.Tokens = p.Samples.Load(), p.SamplesPlanned.Load(), p.Tokens.Load()
		v.Tests, v.Pairs, v.PairsPlanned = p.Tests.Load(), p.Pairs.Done.Load(), p.Pairs.Planned.Load()
	}
	if r.State == jobRunning && !j.began.IsZero() {
		v.Seconds = time.Since(j.began).Seconds()
		v.Phase = "running tests"
		if v.Completions < v.CompletionsPlanned {
			v.Phase = "writing tests"
		}
		if v.Finished > 0 && v.Finished < v.Problems {
			v.Left = v.Seconds / float64(v.Finished) * float64(v.Problems-v.Finished)
		}
	}
	return v, j.outcomes[:len(j.outcomes):len(j.outcomes)], j.changed
}

// jobs are the server's runs. They are done one after another, in the order they
// came.
type jobs struct {
	server *Server
	dir    string

	mu   sync.Mutex
	list []*job // the oldest first

	wake    chan struct{}
	ctx     context.Context // of the runs
	end     context.CancelCauseFunc
	stopped chan struct{} // nothing runs any more
	drained chan struct{} // closed when no more are to be begun
	drain   sync.Once
}

// openJobs takes up the jobs of a folder where they were left.
func openJobs(s *Server, dir string) (*jobs, error) {
	js := &jobs{server: s, dir: dir, wake: make(chan struct{}, 1), stopped: make(chan struct{}), drained: make(chan struct{})}
	js.ctx, js.end = context.WithCancelCause(context.Background())
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range found {
		if !jobID.MatchString(f.Name()) {
			continue // somebody else's
		}
		j := &job{dir: filepath.Join(dir, f.Name()), changed: make(chan struct{})}
		err := j.takeUp()
		if errors.Is(err, fs.ErrNotExist) { // a server was killed while the client was sending it
			err = os.RemoveAll(j.dir)
			if err == nil {
				continue
			}
		}
		if err != nil {
			s.log.Error("a run's record cannot be read", "run", f.Name(), "error", err)
			j.record = jobRecord{ID: f.Name(), State: jobFailed, Error: "its record cannot be read: " + j.without(err)}
		}
		js.list = append(js.list, j)
	}
	slices.SortFunc(js.list, func(a, b *job) int {
		return a.record.Created.Compare(b.record.Created)
	})
	go js.work()
	return js, nil
}

// takeUp reads a job's record. Its folder may have been moved.
func (j *job) takeUp() error {
	text, err := os.ReadFile(filepath.Join(j.dir, "job.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &j.record); err != nil {
		return err
	}
	if !j.record.State.over() {
		j.record.State = jobWaiting
	}
	spec := &j.record.Spec
	spec.Out = j.out()
	for name, at := range files(spec) {
		if *at != "" {
			*at = j.input(name)
		}
	}
	return nil
}

// work does what waits, until the end.
func (js *jobs) work() {
	defer close(js.stopped)
	for {
		select {
		case <-js.drained:
			return
		default:
		}
		if j := js.next(); j != nil {
			js.run(j)
			continue
		}
		select {
		case <-js.wake:
		case <-js.drained:
			return
		}
	}
}

func (js *jobs) next() *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if v, _, _ := j.view(); v.State == jobWaiting {
			return j
		}
	}
	return nil
}

// run does a job, or goes on with it.
func (js *jobs) run(j *job) {
	ctx, stop := context.WithCancelCause(js.ctx)
	defer stop(nil)
	var spec run.Spec
	taken := false
	err := j.update(true, func() {
		if j.record.State != jobWaiting {
			return // it was stopped just now
		}
		taken = true
		j.record.State, j.stop, j.outcomes, j.notes, j.record.Finished = jobRunning, stop, nil, nil, 0
		spec = j.record.Spec
	})
	if !taken {
		return
	}
	if err == nil {
		err = js.do(ctx, j, spec)
	}
	state := jobDone
	switch {
	case js.ctx.Err() != nil: // the server ends: the job goes on with the next one
		j.update(false, func() { j.stop, j.progress = nil, nil })
		return
	case errors.Is(context.Cause(ctx), errStopped):
		state, err = jobStopped, nil
	case err != nil:
		state = jobFailed
		js.server.log.Error("a run failed", "run", j.record.ID, "error", err)
	}
	err = j.update(true, func() {
		j.record.State, j.record.Ended, j.stop = state, time.Now().UTC(), nil
		j.record.Finished = len(j.outcomes)
		if err != nil {
			j.record.Error = j.without(err)
		}
	})
	if err != nil {
		js.server.log.Error("a run's end could not be written down", "run", j.record.ID, "error", err)
	}
}

func (js *jobs) do(ctx context.Context, j *job, spec run.Spec) error {
	if spec.Writing != nil {
		if err := js.server.useModel(ctx, &spec, ""); err != nil {
			return err
		}
	}
	env := js.server.env()
	env.Watch = func(e run.Event) {
		j.update(false, func() {
			if e.Kind == run.Finished {
				j.outcomes = append(j.outcomes, *e.Outcome)
			} else {
				j.notes = append(j.notes, e.Text)
			}
		})
	}
	r, err := run.Open(ctx, spec, env)
	if err != nil {
		return err
	}
	defer r.Close()
	j.update(false, func() { j.record.Problems, j.progress, j.began = r.Problems(), r.Progress(), time.Now() })
	if err := r.Do(ctx); err != nil {
		return err
	}
	_, err = r.WriteResults(ctx, nil)
	return err
}

// find is a job by its id; nil without one.
func (js *jobs) find(id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if j.record.ID == id {
			return j
		}
	}
	return nil
}

func (js *jobs) all() []*job {
	js.mu.Lock()
	defer js.mu.Unlock()
	return slices.Clone(js.list)
}

// add takes a job whose folder is complete.
func (js *jobs) add(j *job) {
	js.mu.Lock()
	js.list = append(js.list, j)
	js.mu.Unlock()
	select {
	case js.wake <- struct{}{}:
	default:
	}
}

// stop ends a job that waits or runs, and removes one that is over.
func (js *jobs) stop(j *job) error {
	remove := false
	err := j.update(true, func() {
		switch {
		case j.gone: // by another client
		case j.stop != nil:
			j.stop(errStopped)
		case !j.record.State.over():
			j.record.State, j.record.Ended = jobStopped, time.Now().UTC()
		default:
			remove, j.gone = true, true
		}
	})
	if err != nil || !remove {
		return err
	}
	js.mu.Lock()
	js.list = slices.DeleteFunc(js.list, func(x *job) bool { return x == j })
	js.mu.Unlock()
	return os.RemoveAll(j.dir)
}

// finish begins no more jobs and waits for the one that runs, as long as ctx lasts.
// Then that is broken off: the next server goes on with it.
func (js *jobs) finish(ctx context.Context) {
	js.drain.Do(func() { close(js.drained) })
	select {
	case <-js.stopped:
	case <-ctx.Done():
	}
	js.end(errStopping)
	<-js.stopped
}

// newJob makes a job's folder, with an id that sorts by time.
func (js *jobs) newJob() (*job, error) {
	now := time.Now().UTC()
	id := now.Format("20060102-150405-") + newID()[:6]
	j := &job{dir: filepath.Join(js.dir, id), changed: make(chan struct{})}
	j.record = jobRecord{ID: id, State: jobWaiting, Created: now}
	if err := os.MkdirAll(js.dir, 0o777); err != nil {
		return nil, err
	}
	return j, os.Mkdir(j.dir, 0o777)
}

var jobID = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]{6}$`)
