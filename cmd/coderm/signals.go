package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// errTerminated is why a context has ended: by SIGTERM, with which an engine gives
// notice that it will stop the process, and not by somebody who waits for the prompt.
var errTerminated = errors.New("terminated")

// notified is a context that SIGINT and SIGTERM end. A second signal ends the process at
// once.
func notified(parent context.Context) context.Context {
	ctx, end := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cause := context.Canceled
		if <-signals == syscall.SIGTERM {
			cause = errTerminated
		}
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		end(cause)
	}()
	return ctx
}

// graceFlag has a command finish what it has begun.
func (a *app) graceFlag(c *cobra.Command) {
	c.Flags().DurationVar(&a.grace, "grace", 20*time.Second, "longest that SIGTERM has the run finish what it has begun; SIGINT ends it at once")
}

// graceful is a context that goes on for the grace period after SIGTERM, and ends with
// ctx otherwise.
func (a *app) graceful(ctx context.Context) (late context.Context, end context.CancelFunc) {
	late, end = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), errTerminated) || a.grace <= 0 {
			end()
			return
		}
		if !a.quiet {
			fmt.Fprintf(a.stderr, "terminated: finishing what has begun, for at most %s\n", a.grace)
		}
		select {
		case <-time.After(a.grace):
			end()
		case <-late.Done():
		}
	})
	return late, end
}
