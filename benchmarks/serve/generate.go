package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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

// shared is what all clients have in common, some hundred tokens. A round begins it
// with its number, so that no server has it from the one before.
var shared = "You write tests for Python programs.\n" + strings.Repeat("def add(a, b):\n    \"\"\"Return the sum of a and b.\"\"\"\n    return a + b\n\n", 12) + "def test_add():\n"

// tokens has a completion at most.
const tokens = 64

// loads are what the servers are given.
var loads = []struct {
	name       string
	clients, n int
}{
	{"16 clients", 16, 1},
	{"64 clients", 64, 1},
	{"n=16", 1, 16},
}

// measured is one load on one server.
type measured struct{ perSecond, firstToken float64 }

// generate gives each server each load in turns, so many rounds, and prints the
// medians.
func generate(ctx context.Context, servers []string, rounds int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "load\tserver\ttokens/s\tof the first\tfirst token, median\t")
	for _, l := range loads {
		got := make([][]measured, len(servers))
		for round := range rounds {
			for i, s := range servers {
				_, url, _ := strings.Cut(s, "=")
				m, err := strike(ctx, url, l.clients, l.n, round)
				if err != nil {
					return fmt.Errorf("%s: %w", s, err)
				}
				got[i] = append(got[i], m)
			}
		}
		first := 0.0
		for i, s := range servers {
			name, _, _ := strings.Cut(s, "=")
			rate := median(got[i], func(m measured) float64 { return m.perSecond })
			if i == 0 {
				first = rate
			}
			fmt.Fprintf(w, "%s\t%s\t%.1f\t%.2f\t%.0f ms\t\n", l.name, name, rate, rate/first, 1000*median(got[i], func(m measured) float64 { return m.firstToken }))
		}
	}
	return w.Flush()
}

func median[T any](all []T, of func(T) float64) float64 {
	var x []float64
	for _, a := range all {
		x = append(x, of(a))
	}
	slices.Sort(x)
	return x[len(x)/2]
}

// strike has all clients ask at once.
func strike(ctx context.Context, url string, clients, n, round int) (measured, error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	var firsts []float64
	total := 0
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			first, count, err := complete(ctx, url, fmt.Sprintf("# %d-%d-%d\n%s", round, clients, n, shared), n, i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			}
			firsts, total = append(firsts, first.Seconds()), total+count
		})
	}
	wg.Wait()
	m := measured{perSecond: float64(total) / time.Since(began).Seconds()}
	m.firstToken = median(firsts, func(x float64) float64 { return x })
	return m, failed
}

// complete asks for n completions and reads the stream to its end.
func complete(ctx context.Context, url, prompt string, n, seed int) (first time.Duration, count int, err error) {
	body, err := json.Marshal(map[string]any{
		"prompt": prompt, "n": n, "n_cmpl": n, "seed": seed, "max_tokens": tokens, "temperature": 0.8, "top_p": 0.95, "top_k": 0, "min_p": 0,
		"stream": true, "stream_options": map[string]bool{"include_usage": true},
	})
	if err != nil {
		return 0, 0, err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", url+"/completions", bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	began := time.Now()
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(a.Body)
		return 0, 0, fmt.Errorf("status %d: %.300s", a.StatusCode, text)
	}
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var part struct {
			Choices []struct{ Text string }
			Usage   *struct {
				Tokens int `json:"completion_tokens"`
			}
		}
		if !ok || json.Unmarshal([]byte(data), &part) != nil {
			continue
		}
		if first == 0 && len(part.Choices) > 0 {
			first = time.Since(began)
		}
		if part.Usage != nil {
			count = max(count, part.Usage.Tokens)
		}
	}
	return first, count, lines.Err()
}
