package main

import (
	"sync/atomic"

	"coderm/internal/bars"
	"coderm/run/show"
	"coderm/weights/chunk"
)

// showProgress shows work while it goes. stop ends that and waits until it has left
// the screen as it is to stay.
func (a *app) showProgress(phases []show.Phase) (stop func()) {
	if a.quiet {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		if showsBars(a.screen) {
			show.Bars(a.foot, phases, done)
		} else {
			show.Lines(a.stderr, phases, done)
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}

// showSteps shows how many of total things are done; stop is as of showProgress. step
// is to be called for each, kept for what was done before.
func (a *app) showSteps(name, unit string, total int) (step func(kept bool), stop func()) {
	var done, old atomic.Int64
	stop = a.showProgress([]show.Phase{{Name: name, Unit: unit, Count: func() show.Count {
		return show.Count{Done: done.Load(), Kept: old.Load(), Planned: int64(total)}
	}}})
	return func(kept bool) {
		if kept {
			old.Add(1)
		}
		done.Add(1)
	}, stop
}

// byteProgress shows a bar for total bytes on a terminal. total 0 means that
// the amount is not known yet. finish must be called in any case.
func (a *app) byteProgress(label string, total int64) (p chunk.Progress, finish func()) {
	if a.quiet || a.json || !showsBars(a.screen) {
		return nil, func() {}
	}
	return bars.Bytes(a.screen, label, total)
}

// stepProgress shows a bar of steps on a terminal. finish must be called in any
// case.
func (a *app) stepProgress(label, steps string) (report func(done, total int), finish func()) {
	if a.quiet || a.json || !showsBars(a.screen) {
		return nil, func() {}
	}
	return bars.Steps(a.screen, label, steps)
}
