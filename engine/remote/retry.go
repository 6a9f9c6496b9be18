package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// kind is what may help against a failure.
type kind int

const (
	refused kind = iota // nothing: this request is not for the server
	lasting             // nothing: the server serves no request of ours
	passing             // another try, soon: a cut connection, an error of the server's
	slow                // another try, once: it cost a time limit
	busy                // patience: the server says that it has too much to do, or is starting
)

// failure is an error of a server with what may help.
type failure struct {
	err   error
	kind  kind
	after time.Duration // the pause the server asks for, 0 for none
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(k kind, format string, args ...any) error {
	return &failure{err: fmt.Errorf(format, args...), kind: k}
}

// failureOf is an error as a failure; what nobody classified is the request's.
func failureOf(err error) *failure {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{err: err, kind: refused}
	}
	return f
}

const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	// maxTries is how often a passing failure is met, which takes some 15 seconds;
	// a slow one counts for half of them.
	maxTries = 6
	// A pause this long is told of, as often as this at most.
	longPause = 5 * time.Second
)

// retry repeats what fails, with pauses that double and vary, so that requests
// that failed together do not come back together.
type retry struct {
	patience time.Duration // with busy servers
	first    time.Duration // pause, about
	waiting  func(why error, pause time.Duration)
	random   func() float64 // in [0, 1)
}

// newRetry makes waiting safe for concurrent use, and seldom called.
func newRetry(patience time.Duration, waiting func(error, time.Duration)) retry {
	var mu sync.Mutex
	var last time.Time
	return retry{patience, firstPause, func(why error, pause time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		if waiting != nil && pause >= longPause && time.Since(last) >= longPause {
			last = time.Now()
			waiting(why, pause)
		}
	}, rand.Float64}
}

// do calls try until it succeeds, nothing helps, or ctx ends.
func (r *retry) do(ctx context.Context, try func() error) error {
	var start time.Time // of the trouble
	spent, pause := 0, r.first
	for tries := 1; ; tries++ {
		err := try()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if start.IsZero() {
			start = time.Now()
		}
		f := failureOf(err)
		left := r.patience - time.Since(start)
		switch {
		case f.kind == refused, f.kind == lasting:
			return err
		case f.after > max(left, 0):
			return fmt.Errorf("%w; it asks for a pause of %s, and there is patience for %s", err, f.after.Round(time.Second), r.patience)
		case f.kind == passing:
			spent++
		case f.kind == slow:
			spent += maxTries / 2
		case left <= 0:
			spent = maxTries
		}
		if spent >= maxTries {
			return fmt.Errorf("%w (tried %d times)", err, tries)
		}
		wait := time.Duration(float64(pause) * (0.5 + r.random())) // half to one and a half
		if f.after > 0 {
			wait = f.after + time.Duration(float64(pause)*r.random()/2)
		}
		r.waiting(err, wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// sleep waits, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
