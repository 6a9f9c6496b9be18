package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"

	"coderm/engine"
	"coderm/internal/fsx"
	"coderm/journal"
	"coderm/model"
	"coderm/pipeline"
	"coderm/rerank"
	"coderm/sandbox"
)

// Run is a job with its inputs read and checked and its parts open.
type Run struct {
	spec      Spec
	env       Env
	identity  Identity
	inventory inventory
	selector  rerank.Selector // none: nothing is chosen
	division  division
	writer    *pipeline.Writer // nil: the tests are given
	// How many cores the writer's model keeps busy; 0 where a server has it.
	modelCores int
	modelAt    string     // path of the writer's model; "": a server has it
	modelName  string     // of the writer's model, for people
	note       string     // about the model, for the user
	requests   func() int // under way at servers; nil without

	opening *journal.Opening
	journal *journal.Journal
	config  pipeline.Config
	cleanup []func() error
}

// Open takes the run's folder, reads and checks its inputs, and opens what the job
// needs: a model or a server, and the sandbox. Nothing is left in the folder if it
// fails. A mistake of whoever asked is an *InputError.
func Open(ctx context.Context, spec Spec, env Env) (_ *Run, err error) {
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	r := &Run{spec: spec, env: env}
	if err := r.spec.Check(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	// The journal comes last: what fails before it leaves nothing behind.
	for _, step := range []func(context.Context) error{r.takeFolder, r.readInputs, r.planSource, r.checkFolder, r.openSource, r.openParser, r.openSandbox, r.openJournal} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if r.note != "" {
		env.tell(Event{Kind: Note, Text: r.note})
	}
	return r, nil
}

// onClose has fn called by Close, the last first.
func (r *Run) onClose(fn func() error) { r.cleanup = append(r.cleanup, fn) }

// Close frees what Open has opened. What the run has recorded is safe without it.
func (r *Run) Close() error {
	var all []error
	for _, fn := range slices.Backward(r.cleanup) {
		all = append(all, fn())
	}
	r.cleanup = nil
	return errors.Join(all...)
}

func (r *Run) takeFolder(ctx context.Context) (err error) {
	r.opening, err = journal.Take(ctx, r.spec.Out, func(h fsx.Holder) {
		r.env.tell(Event{Kind: Note, Text: fmt.Sprintf("%s: the %s, had it; waiting whether it shows that it lives", r.spec.Out, h)})
	})
	if err != nil {
		return folderError(err)
	}
	r.onClose(r.opening.Close)
	if network, err := fsx.Network(r.spec.Out); err == nil && network != "" {
		r.env.tell(Event{Kind: Note, Text: fmt.Sprintf("%s is on %s, where SQLite's write-ahead log does not work: run.db has a rollback journal instead, which is slower", r.spec.Out, network)})
	}
	r.identity.Seed, r.identity.Shard = &r.spec.Seed, r.spec.Shard.String()
	if r.spec.Job == Rerank {
		if r.selector, err = rerank.ParseBy(r.spec.Selector, r.spec.Granularity); err != nil {
			return asInput(err)
		}
	}
	return nil
}

// planSource finds out where tests come from and how many, as far as that goes
// without loading a model.
func (r *Run) planSource(ctx context.Context) error {
	if r.spec.Writing == nil {
		if r.spec.Tests == "" && r.spec.Shard.Of == 0 && !slices.ContainsFunc(r.inventory.asked, func(k int) bool { return r.inventory.each[k].examples > 0 }) {
			return bad("%s: no question has examples; give tests to run", r.spec.Problems)
		}
		r.config.Planner = r.inventory.planner()
		return nil
	}
	err := r.readBudget()
	switch {
	case err != nil:
	case r.spec.Writing.Server != "":
		err = r.openServer(ctx)
	default:
		err = r.describeWriter(ctx)
	}
	if err != nil {
		return err
	}
	return r.checkStates()
}

// checkFolder completes the run's identity, and refuses a folder of another run
// before a model is loaded.
func (r *Run) checkFolder(ctx context.Context) error {
	if r.spec.Job.runs() {
		packages, err := r.packages()
		if err != nil {
			return err
		}
		r.identity.bindExecution(r.spec, packages)
	}
	return folderError(r.opening.Check(ctx, r.identity.Settings()))
}

// packages is the digest of those that programs can import; "" for none.
func (r *Run) packages() (string, error) {
	if r.env.Sandbox != nil {
		return r.env.Sandbox.Packages().ID(), nil
	}
	p, err := sandbox.FindPackages("")
	return p.ID(), err
}

// openSource loads the model, if it is here, and has the budget divided.
func (r *Run) openSource(ctx context.Context) (err error) {
	if r.writer == nil {
		return nil
	}
	var m engine.Embedder // of a local model; a server has none
	if r.modelAt != "" {
		if m, err = r.openWriter(ctx); err != nil {
			return err
		}
	}
	r.config.Source = r.writer
	r.config.Planner, err = r.planner(ctx, m)
	return err
}

// openParser gives the writer Python's parser where it reads completions as the
// reference does, and what runs generators and validators of inputs. It is a sandbox of
// its own, so that a completion does not wait for tests that run.
func (r *Run) openParser(ctx context.Context) error {
	switch {
	case r.writer == nil:
		return nil
	case r.config.Distinct, r.writer.Prompt.Extract == model.Generator:
	case slices.ContainsFunc(r.inventory.each, func(e entry) bool { return e.validated }):
	default:
		return nil
	}
	box, err := sandbox.New(ctx, sandbox.Options{Workers: 1, Log: r.env.Log})
	if err != nil {
		return err
	}
	r.onClose(box.Close)
	r.writer.Programs = box
	if r.config.Distinct {
		r.writer.Outline = box.Outlines
	}
	return nil
}

func (r *Run) openSandbox(ctx context.Context) error {
	if !r.spec.Job.runs() {
		return nil
	}
	c := &r.config
	c.Running = 2 // so that the workers never wait for a matrix
	c.Limits, c.First = r.spec.Limits.Sandbox(), r.spec.Limits.First
	workers := r.spec.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
		if r.writer != nil {
			workers = max(1, workers-cmp.Or(r.modelCores, r.threads())) // the model, or a server, has the others
		}
	}
	box := r.env.Sandbox
	if box == nil {
		var err error
		if box, err = sandbox.New(ctx, sandbox.Options{Workers: workers, Log: r.env.Log}); err != nil {
			return err
		}
		r.onClose(box.Close)
	}
	c.Executor = box
	if r.spec.Observe > 0 {
		c.Observer, c.Mutations = box, r.spec.Observe
	}
	if r.spec.Truth || r.spec.Hidden != "" {
		c.Judge, c.Judging = r.judge(box), workers
	}
	return nil
}

func (r *Run) openJournal(ctx context.Context) (err error) {
	if r.journal, err = r.opening.Journal(ctx, r.identity.Settings()); err != nil {
		return folderError(err)
	}
	r.onClose(r.journal.Close)
	if err := r.tellAbout(ctx); err != nil {
		return err
	}
	r.configure()
	return fsx.RemovePartials(r.spec.Out) // of a process that was killed: the run is ours alone now
}

// configure completes what the pipeline is told, when all parts are open.
func (r *Run) configure() {
	c := &r.config
	c.Journal, c.Selector, c.Seed = r.journal, r.selector, r.spec.Seed
	c.Stop = r.env.Stop
	c.Progress = &pipeline.Progress{Writes: r.writer != nil, Runs: r.spec.Job.runs(), Judges: c.Judge != nil, Requests: r.requests}
	if r.writer != nil {
		c.Progress.MaxTokens = r.writer.MaxTokens + r.writer.Thinking
	}
}

// Progress counts what is being done, while it is.
func (r *Run) Progress() *pipeline.Progress { return r.config.Progress }

// Do does the job. Each problem's outcome is an event as soon as it is final. If Env.Stop
// kept it from some of them, the error is pipeline.ErrStopped.
// Everything that was done before an error or the end of ctx is in the folder, and
// the same run opened again goes on from there.
func (r *Run) Do(ctx context.Context) error {
	err := pipeline.Run(ctx, r.config, func(res pipeline.Result) error {
		r.log(res)
		o := OutcomeOf(res)
		r.env.tell(Event{Kind: Finished, Outcome: &o})
		return nil
	})
	if err != nil && !errors.Is(err, pipeline.ErrStopped) && ctx.Err() == nil && r.writer != nil && r.modelAt == "" {
		return fmt.Errorf("%w; what there is of it is kept in %s: repeat the command to go on", err, r.spec.Out)
	}
	return err
}

// log tells what of completions is in no test.
func (r *Run) log(res pipeline.Result) {
	for _, s := range res.Samples {
		for _, c := range s.Cut {
			r.env.Log.Debug("left out of a test", "problem", res.Problem.ID, "completion", s.Generation, "lines", fmt.Sprintf("%d-%d", c.First, c.Last), "why", c.Why)
		}
		if s.Dropped != "" {
			r.env.Log.Debug("no test", "problem", res.Problem.ID, "completion", s.Generation, "why", s.Dropped)
		}
	}
}

// Problems is the number of the run's problems.
func (r *Run) Problems() int { return len(r.inventory.asked) }
