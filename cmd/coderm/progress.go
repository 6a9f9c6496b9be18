package main

import (
	"fmt"
	"time"

	"coderm/internal/bars"
	"coderm/pipeline"
	"coderm/run/show"
	"coderm/weights/chunk"
)

// showProgress shows a run while it goes. stop ends that and waits until it has
// left the screen.
func (a *app) showProgress(p *pipeline.Progress) (stop func()) {
	if a.quiet {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		if showsBars(a.screen) {
			show.Bars(a.screen, p, done)
		} else {
			show.Lines(a.stderr, p, done)
		}
	}()
	return func() {
		close(done)
		<-gone
	}
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

// counter gives a function to call after each of n steps; it prints where the
// work stands every few seconds.
func (a *app) counter(n int, what string) func() {
	done, last := 0, time.Now()
	return func() {
		done++
		if now := time.Now(); !a.quiet && now.Sub(last) >= show.Every {
			last = now
			fmt.Fprintf(a.stderr, "%d of %d %s\n", done, n, what)
		}
	}
}
