package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

const (
	runTime    = 10 * time.Second
	runClients = 64
	crowd      = 1000 // clients that come at once
	statedRate = 750  // requests a second: half of what a server of two cores should do
)

// runCode measures how many small programs each server runs a second when it is always
// asked, how long each takes at a fixed rate, and what comes of many clients at once.
func runCode(ctx context.Context, servers []string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "server\trequests/s, %d clients\tat requests/s\tmedian\tp99\tlongest\t%d at once\tof them 504\t\n", runClients, crowd)
	for _, s := range servers {
		name, url, _ := strings.Cut(s, "=")
		if err := runCodeOn(ctx, w, name, url); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return w.Flush()
}

func runCodeOn(ctx context.Context, w io.Writer, name, url string) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd}}
	defer client.CloseIdleConnections()
	all := closedLoop(ctx, client, url)
	if all.err != nil {
		return all.err
	}
	most := float64(len(all.took)) / runTime.Seconds()
	rate := min(statedRate, most/2)
	all = openLoop(ctx, client, url, time.Duration(float64(time.Second)/rate))
	if all.err != nil {
		return all.err
	}
	slices.Sort(all.took)
	at := func(p float64) time.Duration {
		return all.took[int(p*float64(len(all.took)-1))].Round(100 * time.Microsecond)
	}
	began := time.Now()
	together := atOnce(ctx, client, url)
	if together.err != nil {
		return together.err
	}
	fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%v\t%v\t%v\t%v\t%d\t\n", name, most, rate, at(0.5), at(0.99), at(1), time.Since(began).Round(time.Millisecond), together.late)
	return nil
}

var errLate = errors.New("the server had no time")

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
	if a.StatusCode == http.StatusGatewayTimeout {
		return 0, errLate
	}
	if err != nil || !bytes.Contains(text, fmt.Appendf(nil, `"stdout":"%d\n"`, i+1)) {
		return 0, fmt.Errorf("request %d: %d %.200s %v", i, a.StatusCode, text, err)
	}
	return time.Since(began), nil
}

// collected are the times of requests that several goroutines make.
type collected struct {
	sync.Mutex
	took []time.Duration
	late int // answers 504
	err  error
}

func (c *collected) add(d time.Duration, err error) {
	c.Lock()
	defer c.Unlock()
	switch {
	case err == errLate:
		c.late++
	case err != nil:
		c.err = err
	default:
		c.took = append(c.took, d)
	}
}

// closedLoop has each client ask again as soon as it is answered.
func closedLoop(ctx context.Context, client *http.Client, url string) *collected {
	all := &collected{}
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
	return all
}

// openLoop asks at a fixed rate, whether the others are answered or not.
func openLoop(ctx context.Context, client *http.Client, url string, every time.Duration) *collected {
	all := &collected{}
	var wg sync.WaitGroup
	began := time.Now()
	for i := 0; time.Duration(i)*every < runTime && ctx.Err() == nil; i++ {
		time.Sleep(time.Until(began.Add(time.Duration(i) * every)))
		wg.Go(func() { all.add(one(ctx, client, url, i)) })
	}
	wg.Wait()
	return all
}

// atOnce has many clients ask one thing each.
func atOnce(ctx context.Context, client *http.Client, url string) *collected {
	all := &collected{}
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() { all.add(one(ctx, client, url, i)) })
	}
	wg.Wait()
	return all
}
