package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	runTime    = 10 * time.Second
	runClients = 64
)

// runCode measures how many small programs a server runs a second when it is always
// asked, and how long each takes at half of that.
func runCode(ctx context.Context, url string) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	defer client.CloseIdleConnections()
	took, failed := closedLoop(ctx, client, url)
	if failed != nil {
		return failed
	}
	rate := float64(len(took)) / runTime.Seconds()
	fmt.Printf("%d clients without a pause: %.0f requests/s\n", runClients, rate)
	took, failed = openLoop(ctx, client, url, time.Duration(2*float64(time.Second)/rate))
	if failed != nil {
		return failed
	}
	slices.Sort(took)
	at := func(p float64) time.Duration { return took[int(p*float64(len(took)-1))].Round(10 * time.Microsecond) }
	fmt.Printf("at %.0f requests/s: median %v, p99 %v, longest %v\n", rate/2, at(0.5), at(0.99), at(1))
	return nil
}

// one sends a program and checks its answer.
func one(ctx context.Context, client *http.Client, url string, i int) (time.Duration, error) {
	body := fmt.Sprintf(`{"code": "a, b = map(int, input().split())\nprint(a + b)", "language": "python", "stdin": "%d 1"}`, i)
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	a, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || !bytes.Contains(text, fmt.Appendf(nil, `"stdout":"%d\n"`, i+1)) {
		return 0, fmt.Errorf("request %d: %d %.200s %v", i, a.StatusCode, text, err)
	}
	return time.Since(began), nil
}

// collected are the times of requests that several goroutines make.
type collected struct {
	sync.Mutex
	took []time.Duration
	err  error
}

func (c *collected) add(d time.Duration, err error) {
	c.Lock()
	defer c.Unlock()
	if err != nil {
		c.err = err
		return
	}
	c.took = append(c.took, d)
}

// closedLoop has each client ask again as soon as it is answered.
func closedLoop(ctx context.Context, client *http.Client, url string) ([]time.Duration, error) {
	var all collected
	var wg sync.WaitGroup
	end := time.Now().Add(runTime)
	for k := range runClients {
		wg.Go(func() {
			for i := k; time.Now().Before(end) && ctx.Err() == nil; i += runClients {
				all.add(one(ctx, client, url, i))
			}
		})
	}
	wg.Wait()
	return all.took, all.err
}

// openLoop asks at a fixed rate, whether the others are answered or not.
func openLoop(ctx context.Context, client *http.Client, url string, every time.Duration) ([]time.Duration, error) {
	var all collected
	var wg sync.WaitGroup
	began := time.Now()
	for i := 0; time.Duration(i)*every < runTime && ctx.Err() == nil; i++ {
		time.Sleep(time.Until(began.Add(time.Duration(i) * every)))
		wg.Go(func() { all.add(one(ctx, client, url, i)) })
	}
	wg.Wait()
	return all.took, all.err
}
