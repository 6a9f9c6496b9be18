package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coderm/internal/testkit"
)

// TestSoak: 100,000 requests by 64 clients, of which some cut off, send half a body,
// garbage, too much or a byte at a time. Every answer is the client's own and right, or
// an error in JSON; in the end there are no more descriptors or goroutines than before,
// and not much more memory.
func TestSoak(t *testing.T) {
	if os.Getenv("CODERM_SLOW") == "" {
		testkit.Skip(t, testkit.Slow)
	}
	requests := 100_000
	s, at := withModel(t)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 2 * time.Minute}
	descriptors := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	resident := func() int { // bytes: what C has, too
		text, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Fatal(err)
		}
		var all, pages int
		if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
			t.Fatal(err)
		}
		return pages * os.Getpagesize()
	}
	strike := func(n int) {
		var next atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for i := next.Add(1); i <= int64(n); i = next.Add(1) {
					if err := oneOfMany(client, at, i); err != nil {
						t.Errorf("request %d: %v", i, err)
					}
				}
			})
		}
		wg.Wait()
		client.CloseIdleConnections()
	}
	strike(requests / 20) // until caches are full
	files, goroutines, memory, before := descriptors(), runtime.NumGoroutine(), heap(), resident()
	strike(requests)
	for range 100 { // connections that were cut off are noticed
		if descriptors() <= files+4 && runtime.NumGoroutine() <= goroutines+16 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	after := resident()
	t.Logf("descriptors %d → %d, goroutines %d → %d, heap %d → %d MiB, resident %d → %d MiB", files, descriptors(), goroutines, runtime.NumGoroutine(), memory>>20, heap()>>20, before>>20, after>>20)
	if descriptors() > files+4 || runtime.NumGoroutine() > goroutines+16 || heap() > memory+64<<20 || after > before+128<<20 {
		t.Error("something is left behind")
	}
	if len(s.queue) != 0 || s.metrics.inFlight.Load() != 0 {
		t.Errorf("%d in the queue, %d in flight", len(s.queue), s.metrics.inFlight.Load())
	}
}

// oneOfMany sends the i-th request, of a kind that i decides, and checks its answer.
func oneOfMany(client *http.Client, at string, i int64) error {
	send := func(path string, body io.Reader) (int, []byte, error) {
		a, err := client.Post(at+path, "application/json", body)
		if err != nil {
			return 0, nil, err
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		return a.StatusCode, text, err
	}
	refused := func(path string, body io.Reader) error {
		code, text, err := send(path, body)
		var said map[string]any
		if err != nil || code < 400 || code >= 500 || json.Unmarshal(text, &said) != nil || len(said) == 0 {
			return fmt.Errorf("%d %.200s %v", code, text, err)
		}
		return nil
	}
	code := fmt.Sprintf(`{"code": "print(int(input()) * %d)", "stdin": "%d"}`, i%50, i)
	host := strings.TrimPrefix(at, "http://")
	switch k := i % 100; {
	case k < 2: // a completion
		status, text, err := send("/v1/completions", strings.NewReader(fmt.Sprintf(`{"prompt": "def f%d(", "max_tokens": 4, "seed": 1}`, i%7)))
		if err != nil || status != 200 || !bytes.Contains(text, []byte(`"choices"`)) {
			return fmt.Errorf("%d %.200s %v", status, text, err)
		}
	case k == 2: // one that nobody waits for
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(20))*time.Millisecond)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "POST", at+"/v1/completions", strings.NewReader(`{"prompt": "x", "max_tokens": 400, "n": 8, "stream": true}`))
		if err != nil {
			return err
		}
		a, err := client.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, a.Body)
			a.Body.Close()
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	case k == 3: // half a body, and gone
		c, err := net.Dial("tcp", host)
		if err != nil {
			return err
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /run_code HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(code), code[:len(code)/2])
	case k == 4: // garbage
		return refused([]string{"/run_code", "/v1/chat/completions", "/api/generate", "/v2/rerank", "/v1/runs"}[i/100%5], strings.NewReader(strings.Repeat("\x00{[", int(i%1000))))
	case k == 5 && i%20_000 == 5: // 100 MB
		status, text, err := send("/run_code", io.LimitReader(endless{}, 100<<20))
		if err == nil && status != http.StatusRequestEntityTooLarge {
			return fmt.Errorf("%d %.200s", status, text)
		}
	case k == 6 && i%1000 == 6: // a byte at a time
		status, text, err := send("/run_code", slow{strings.NewReader(code)})
		return rightProduct(i, status, text, err)
	case k < 10: // pairs
		body := fmt.Sprintf(`{"solutions": ["x = %d"], "tests": [{"test": "assert x == %d"}, {"test": "assert x == -1"}]}`, i, i)
		status, text, err := send("/v1/pairs", strings.NewReader(body))
		if err != nil || status != 200 || bytes.Count(text, []byte(`[{"verdict":"pass"`)) != 1 || !bytes.Contains(text, []byte(`"fail"`)) {
			return fmt.Errorf("%d %.300s %v", status, text, err)
		}
	default:
		status, text, err := send("/run_code", strings.NewReader(code))
		return rightProduct(i, status, text, err)
	}
	return nil
}

func rightProduct(i int64, status int, text []byte, err error) error {
	if want := fmt.Sprintf(`"stdout":"%d\n"`, i*(i%50)); err != nil || status != 200 && status != 504 || status == 200 && !bytes.Contains(text, []byte(want)) {
		return fmt.Errorf("%d %.300s %v, want %s", status, text, err, want)
	}
	return nil
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

type slow struct{ from io.Reader }

func (s slow) Read(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.from.Read(b[:1])
}
