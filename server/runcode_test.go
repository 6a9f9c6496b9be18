package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coderm/internal/testkit"
	"coderm/sandbox"
)

// TestRunCode: programs as SandboxFusion answers them.
func TestRunCode(t *testing.T) {
	s, url := start(t, Config{Model: NoModel})
	for _, c := range []struct {
		name   string
		ask    map[string]any
		status string // of the answer
		run    string // of the program
		code   any
		stdout string
	}{
		{"done", map[string]any{"code": "print(input()[::-1])", "language": "python", "stdin": "abc"}, "Success", "Finished", 0., "cba\n"},
		{"no stdin", map[string]any{"code": "import sys; print(repr(sys.stdin.read()))", "stdin": nil}, "Success", "Finished", 0., "''\n"},
		{"a file", map[string]any{"code": "print(open('a/b.txt').read())", "files": map[string]string{"a/b.txt": "aGk="}}, "Success", "Finished", 0., "hi\n"},
		{"exit status", map[string]any{"code": "print(1); raise SystemExit(3)"}, "Failed", "Finished", 3., "1\n"},
		{"exception", map[string]any{"code": "1/0"}, "Failed", "Finished", 1., ""},
		{"syntax", map[string]any{"code": "1/"}, "Failed", "Finished", 1., ""},
		{"endless", map[string]any{"code": "print(1, flush=True)\nwhile True: pass", "run_timeout": 0.2}, "Failed", "TimeLimitExceeded", nil, "1\n"},
		{"no time at all", map[string]any{"code": "while True: pass", "run_timeout": 1e-12}, "Failed", "TimeLimitExceeded", nil, ""},
		{"killed", map[string]any{"code": "import os; os.abort()"}, "Failed", "Finished", 134., ""},
		{"too much", map[string]any{"code": "print('x' * (1 << 21))"}, "Failed", "Finished", 134., ""},
		{"other language", map[string]any{"code": "int main(){}", "language": "cpp"}, "SandboxError", "", nil, ""},
		{"fetched files", map[string]any{"code": "", "fetch_files": []string{"x"}}, "SandboxError", "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a struct {
				Status  string
				Message string
				Run     *struct {
					Status string
					Code   any `json:"return_code"`
					Stdout string
					Stderr string
					Time   float64 `json:"execution_time"`
				} `json:"run_result"`
			}
			code, text := post(t, url+"/run_code", c.ask, &a)
			if code != 200 || a.Status != c.status {
				t.Fatalf("%d %s", code, text)
			}
			if c.status == "SandboxError" {
				if a.Message == "" || a.Run != nil {
					t.Error(text)
				}
				return
			}
			if a.Run.Status != c.run || a.Run.Code != c.code || c.name != "too much" && a.Run.Stdout != c.stdout {
				t.Error(text)
			}
			if failed := c.status == "Failed" && c.name != "exit status" && c.name != "killed"; failed == (a.Run.Stderr == "") {
				t.Errorf("stderr %q", a.Run.Stderr)
			}
		})
	}
	if n := s.programs.kept.Len(); n == 0 || n > 10 {
		t.Errorf("%d programs are kept", n)
	}
}

// TestThousandClients: each of a thousand clients at once gets its own right answer;
// the program that they send is compiled once.
func TestThousandClients(t *testing.T) {
	s, url := start(t, Config{Model: NoModel})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	var late atomic.Int32
	for i := range 1000 {
		wg.Go(func() {
			body, _ := json.Marshal(map[string]any{"code": "print(int(input()) ** 2)", "stdin": strconv.Itoa(i)})
			a, err := client.Post(url+"/run_code", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer a.Body.Close()
			text, err := io.ReadAll(a.Body)
			var got runCodeResponse
			switch {
			case a.StatusCode == http.StatusGatewayTimeout:
				late.Add(1)
			case err != nil || json.Unmarshal(text, &got) != nil || got.RunResult == nil || got.RunResult.Stdout != fmt.Sprintln(i*i):
				t.Errorf("client %d: %v %d %s", i, err, a.StatusCode, text)
			}
		})
	}
	wg.Wait()
	if late.Load() > 0 {
		t.Logf("%d of 1000 were told to come again", late.Load())
	}
	if n := s.programs.kept.Len(); n != 1 {
		t.Errorf("%d programs were compiled", n)
	}
}

// TestLate: a client whose time is over is answered before it gives up.
func TestLate(t *testing.T) {
	_, url := start(t, Config{Model: NoModel, Workers: 1})
	slow := map[string]any{"code": "while True: pass", "run_timeout": 600}
	quick := map[string]any{"code": "print(1)", "run_timeout": 0.001, "compile_timeout": 0.001}
	hung := make(chan struct{})
	go func() {
		defer close(hung)
		body, _ := json.Marshal(slow)
		r, _ := http.NewRequestWithContext(t.Context(), "POST", url+"/run_code", bytes.NewReader(body))
		if a, err := http.DefaultClient.Do(r); err == nil {
			a.Body.Close()
		}
	}()
	code := 200
	for range 1000 { // until the worker is busy
		if code, _ = post(t, url+"/run_code", quick, nil); code != 200 {
			break
		}
	}
	if code != http.StatusGatewayTimeout {
		t.Errorf("status %d, want 504", code)
	}
	t.Cleanup(func() { <-hung })
}

// TestComeAgain: a program whose client was told to come again has ended, or goes on, when
// it does; one whose client has gone does not.
func TestComeAgain(t *testing.T) {
	u := newUnfinished(t.Context())
	var began, ended atomic.Int32
	end := make(chan struct{})
	start := func(ctx context.Context) (sandbox.Execution, error) {
		began.Add(1)
		defer ended.Add(1)
		select {
		case <-end:
			return sandbox.Execution{Exit: 7}, nil
		case <-ctx.Done():
			return sandbox.Execution{}, ctx.Err()
		}
	}
	one, other := executionKey("a", sandbox.Input{Stdin: "b"}, sandbox.Limits{}), executionKey("ab", sandbox.Input{}, sandbox.Limits{})
	if one == other {
		t.Fatal("two programs with one key")
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, _, err := u.run(late, one, start); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := u.run(gone, other, start); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for ended.Load() < 1 { // the one whose client has gone
		runtime.Gosched()
	}
	close(end)
	if got, _, err := u.run(t.Context(), one, start); err != nil || got.Exit != 7 || began.Load() != 2 {
		t.Errorf("%+v, %v after %d beginnings", got, err, began.Load())
	}
	if got, _, err := u.run(t.Context(), one, start); err != nil || got.Exit != 7 || began.Load() != 3 {
		t.Errorf("again: %+v, %v after %d beginnings", got, err, began.Load())
	}
	if _, _, err := u.run(late, other, func(ctx context.Context) (sandbox.Execution, error) {
		<-ctx.Done()
		return sandbox.Execution{}, ctx.Err()
	}); err == nil {
		t.Error("no error")
	}
	u.close() // ends what is left
}

// TestVerl: verl's own client, unmodified, with many samples of several cases at
// once. Every result is the deserved one. CODERM_SLOW has as many as a batch of a
// trainer: 1,024 samples of 8 cases.
func TestVerl(t *testing.T) {
	clients := filepath.Dir(testkit.Fetched(t, "clients/ready-1", "scripts/fetch-clients.sh"))
	samples := "64"
	if os.Getenv("CODERM_SLOW") != "" {
		samples = "1024"
	}
	_, url := start(t, Config{Model: NoModel})
	c := exec.CommandContext(t.Context(), filepath.Join(clients, "bin/python"), "testdata/verl_client.py", clients, url+"/run_code", samples)
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}
