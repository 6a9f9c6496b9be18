package remote

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// trouble is a server that fails some times, each time alike.
func trouble(times int, f failure) func() error {
	return func() error {
		if times--; times < 0 {
			return nil
		}
		return &f
	}
}

func TestRetry(t *testing.T) {
	const patience = 2 * time.Minute
	for _, tt := range []struct {
		name     string
		times    int
		f        failure
		ok       bool
		from, to time.Duration // it takes
	}{
		{"no trouble", 0, failure{kind: passing}, true, 0, 0},
		{"a cut connection", 1, failure{kind: passing}, true, 500 * time.Millisecond, 500 * time.Millisecond},
		{"five", 5, failure{kind: passing}, true, 15500 * time.Millisecond, 15500 * time.Millisecond},
		{"always cut", 99, failure{kind: passing}, false, 15500 * time.Millisecond, 15500 * time.Millisecond},
		{"one time limit", 1, failure{kind: slow}, true, 500 * time.Millisecond, 500 * time.Millisecond},
		{"time limits", 99, failure{kind: slow}, false, 500 * time.Millisecond, 500 * time.Millisecond},
		{"refused", 1, failure{kind: refused}, false, 0, 0},
		{"no such model", 1, failure{kind: lasting}, false, 0, 0},
		{"busy for a while", 7, failure{kind: busy}, true, 61 * time.Second, 62 * time.Second},
		{"always busy", 999, failure{kind: busy}, false, patience, patience + longestPause},
		{"busy, back in 3 seconds", 2, failure{kind: busy, after: 3 * time.Second}, true, 6 * time.Second, 7 * time.Second},
		{"busy, back in an hour", 1, failure{kind: busy, after: time.Hour}, false, 0, 0},
		{"bad gateway, back in 3 seconds", 1, failure{kind: passing, after: 3 * time.Second}, true, 3 * time.Second, 4 * time.Second},
		{"bad gateway, back in an hour", 1, failure{kind: passing, after: time.Hour}, false, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := time.Duration(0)
				r := newRetry(patience, func(_ error, pause time.Duration) { told += pause })
				r.random = func() float64 { return 0.5 }
				tt.f.err = errors.New("trouble")
				start := time.Now()
				err := r.do(t.Context(), trouble(tt.times, tt.f))
				if took := time.Since(start); (err == nil) != tt.ok || took < tt.from || took > tt.to {
					t.Errorf("got %v after %s, want success %t after %s to %s", err, took, tt.ok, tt.from, tt.to)
				}
				if err != nil && !errors.Is(err, tt.f.err) {
					t.Errorf("%v does not say what was wrong", err)
				}
				if (told > 0) != (tt.to >= 2*longPause) {
					t.Errorf("told of pauses of %s in %s", told, tt.to)
				}
			})
		})
	}
}

// Failures that take longer than there is patience with busy servers have their
// tries all the same, and nobody is said to have asked for a pause.
func TestLongTries(t *testing.T) {
	for _, tt := range []struct {
		kind kind
		want string
	}{{slow, "trouble (tried 2 times)"}, {passing, "trouble (tried 6 times)"}, {busy, "trouble (tried 2 times)"}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRetry(2*time.Minute, nil)
			err := r.do(t.Context(), func() error {
				time.Sleep(15 * time.Minute)
				return &failure{err: errors.New("trouble"), kind: tt.kind}
			})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Jitter keeps every pause within half and one and a half of its mean.
func TestJitter(t *testing.T) {
	for _, x := range []float64{0, 0.999} {
		synctest.Test(t, func(t *testing.T) {
			r := newRetry(time.Minute, nil)
			r.random = func() float64 { return x }
			start := time.Now()
			if err := r.do(t.Context(), trouble(3, failure{err: errors.New("trouble"), kind: passing})); err != nil {
				t.Fatal(err)
			}
			want := time.Duration((0.5 + x) * float64(3500*time.Millisecond))
			if d := time.Since(start) - want; d < -time.Millisecond || d > time.Millisecond {
				t.Errorf("jitter %g: %s more than %s", x, d, want)
			}
		})
	}
}

// The end of the context ends a pause.
func TestPauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		r := newRetry(time.Hour, nil)
		start := time.Now()
		err := r.do(ctx, trouble(9, failure{err: errors.New("trouble"), kind: busy, after: 30 * time.Minute}))
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
		for value, want := range map[string]time.Duration{
			"": 0, "3": 3 * time.Second, " 3 ": 3 * time.Second, "0.5": 500 * time.Millisecond, "0": 0, "-1": 0, "soon": 0, "NaN": 0,
			"1e300": (1 << 30) * time.Second, "+Inf": (1 << 30) * time.Second,
			in(time.Minute): time.Minute, in(-time.Minute): 0,
		} {
			if got := retryAfter(value); got != want {
				t.Errorf("retryAfter(%q) = %s, want %s", value, got, want)
			}
		}
	})
}
