package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"coderm/journal"
	"coderm/pipeline"
	"coderm/report"
	"coderm/run"
	"coderm/run/show"
)

// reportLimit bounds how many problems a report that nobody asked for may have: it
// is one page, and holds every solution and test.
const reportLimit = 1000

// runJob does a run and prints what came of it.
func (a *app) runJob(ctx context.Context, spec run.Spec) error {
	r, err := run.Open(ctx, spec, run.Env{Log: a.log, Key: os.Getenv("OPENAI_API_KEY"), Command: a.command, Watch: a.watch, Stop: ctx.Done()})
	if err != nil {
		return err
	}
	defer r.Close()
	ctx, end := a.graceful(ctx)
	defer end()
	if err := a.do(ctx, r, spec.Out); err != nil {
		return err
	}
	about, err := r.About(ctx)
	if err != nil {
		return err
	}
	page := report.New(report.Title(spec.Out), about)
	var also func(pipeline.Result) error
	if spec.Job == run.Rerank && r.Problems() <= reportLimit {
		also = page.Add
	}
	s, err := r.WriteResults(ctx, also)
	if err != nil {
		return err
	}
	if also != nil {
		d, err := page.Data(ctx)
		if err == nil {
			err = report.WriteFile(filepath.Join(spec.Out, report.FileName), d)
		}
		if err != nil {
			return err
		}
	}
	a.warn(s)
	return a.summarize(spec, s)
}

// do does a run and shows how far it is. An interruption says how to go on.
func (a *app) do(ctx context.Context, r *run.Run, out string) error {
	stop := a.showProgress(show.Phases(r.Progress()))
	err := r.Do(ctx)
	stop()
	if errors.Is(err, pipeline.ErrStopped) || err != nil && ctx.Err() != nil {
		return &codedError{exitInterrupted, fmt.Errorf("interrupted; everything so far is in %s: repeat the command to go on", out)}
	}
	return err
}

// watch tells of a run what its progress does not show.
func (a *app) watch(e run.Event) {
	if a.quiet {
		return
	}
	switch e.Kind {
	case run.Note:
		fmt.Fprintln(a.stderr, e.Text)
	case run.Waiting:
		fmt.Fprintf(a.stderr, "the server fails; trying again in %s: %s\n", time.Duration(e.Pause).Round(time.Second), oneLine(e.Text))
	}
}

// warn says what the user should know of the run that is no error.
func (a *app) warn(s run.Summary) {
	all, unloaded, uncompiled, fenced := 0, 0, 0, 0
	forbidden, inputs := 0, 0
	var nothing []string // problems with nothing to choose by
	for _, o := range s.Outcomes {
		if o.Unjudged != "" {
			fmt.Fprintf(a.stderr, "%s is not judged: %s\n", o.TaskID, o.Unjudged)
		}
		for _, note := range []string{o.Ungenerated, o.Uncompared} {
			if note != "" {
				fmt.Fprintf(a.stderr, "%s: %s\n", o.TaskID, note)
			}
		}
		forbidden += o.Forbidden
		inputs += o.Forbidden + o.Parsed
		all += o.Candidates
		unloaded += o.Unloaded
		uncompiled += o.Uncompiled
		fenced += o.Fenced
		if o.Chosen != nil && o.Candidates > 1 && o.Ran == 0 && o.Public == 0 {
			nothing = append(nothing, o.TaskID)
		}
	}
	if n := len(nothing); n > 0 && s.Unread == "" { // else the whole run's error says it
		fmt.Fprintf(a.stderr, "warning: %d of %d problems have nothing to choose by, neither a usable test nor an example; the first is %s\n", n, len(s.Outcomes), nothing[0])
	}
	if forbidden > 0 {
		fmt.Fprintf(a.stderr, "%d of the %d inputs that the model gave are left out: the problems do not allow them\n", forbidden, inputs)
	}
	if unloaded == 0 {
		return
	}
	text := fmt.Sprintf("warning: %d of %d solutions do not load", unloaded, all)
	if uncompiled > 0 {
		text += fmt.Sprintf(", %d of them because they do not compile", uncompiled)
	}
	if fenced > 0 {
		text += fmt.Sprintf("; %d look like Markdown with fenced code, and a solution is the program alone", fenced)
	}
	fmt.Fprintln(a.stderr, text)
}

// summarize prints the table, or JSON, and decides the exit code.
func (a *app) summarize(spec run.Spec, s run.Summary) error {
	if a.json {
		if err := a.printJSON(s); err != nil {
			return err
		}
	} else {
		a.printOutcomes(spec, s)
	}
	missing, infra := 0, 0
	var unfilled, unjudged, unloaded, testless []string
	for _, o := range s.Outcomes {
		infra += o.Infra
		if o.Unjudged != "" && (spec.Truth || spec.Hidden != "") {
			unjudged = append(unjudged, fmt.Sprintf("%s: %s", o.TaskID, o.Unjudged))
		}
		if o.Unloaded > 0 && o.Unloaded == o.Candidates {
			unloaded = append(unloaded, o.TaskID)
		}
		if o.Missing != "" {
			unfilled = append(unfilled, fmt.Sprintf("%s: %s", o.TaskID, o.Missing))
		}
		if spec.Job == run.Rerank && o.Chosen == nil {
			missing++
		}
		if spec.Job == run.Testgen && o.Parsed == 0 {
			testless = append(testless, o.TaskID)
		}
	}
	switch n := len(s.Outcomes); {
	case missing > 0:
		return partialError("%d of %d problems have no solutions to choose from", missing, n)
	case len(unfilled) == 1:
		return partialError("1 of %d problems lacks tests; %s", n, unfilled[0])
	case len(unfilled) > 1:
		return partialError("%d of %d problems lack tests, the first is %s", len(unfilled), n, unfilled[0])
	case infra > 0:
		return partialError("%d pairs have no verdict because the sandbox itself, or the checker of a problem, failed; repeat the command to run them again", infra)
	case len(unloaded) > 0:
		return partialError("no solution loads of %d of %d problems, the first is %s", len(unloaded), n, unloaded[0])
	case len(unjudged) > 0:
		return partialError("which solutions are right is not known of %d of %d problems, the first is %s", len(unjudged), n, unjudged[0])
	case s.Unread != "":
		return partialError("none of the model's %d completions gave a test (%d times: %s); -v shows what was left out, %s has the completions",
			s.Completions, s.UnreadTimes, s.Unread, filepath.Join(spec.Out, journal.Name))
	case len(testless) > 0:
		return partialError("no completion of %d of %d problems gave a test, the first is %s; -v shows what was left out", len(testless), n, testless[0])
	}
	return nil
}
