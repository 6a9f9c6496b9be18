package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coderm/internal/badinput"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start gives a server on loopback and its address.
func start(t testing.TB, c Config) (*Server, string) {
	t.Helper()
	if c.Folder == "" {
		c.Folder = t.TempDir()
	}
	s, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, h.URL
}

// post sends JSON and reads the answer into v, if that is not nil.
func post(t testing.TB, url string, body, v any) (status int, text string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.Post(url, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	got, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil {
		if err := json.Unmarshal(got, v); err != nil {
			t.Fatalf("%s: %v in %s", url, err, got)
		}
	}
	return a.StatusCode, string(got)
}

// TestFolderTaken: a folder is one server's at a time.
func TestFolderTaken(t *testing.T) {
	c := Config{Model: NoModel, Folder: t.TempDir()}
	first, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var input *badinput.Error
	if _, err := New(t.Context(), c); !errors.As(err, &input) || !strings.Contains(err.Error(), "another server has the folder "+c.Folder) {
		t.Errorf("%v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// TestSenders: who may call the server, and who a browser is talked into calling for.
func TestSenders(t *testing.T) {
	const token = "a token of some length"
	_, url := start(t, Config{Model: NoModel, Token: token, Hosts: []string{"workstation.lan"}})
	for _, c := range []struct {
		name, path, host string
		header           map[string]string
		want             int
	}{
		{name: "open", path: "/health", want: 200},
		{name: "ready", path: "/ready", want: 200},
		{name: "no token", path: "/metrics", want: 401},
		{name: "wrong token", path: "/metrics", header: map[string]string{"Authorization": "Bearer a token of same length"}, want: 401},
		{name: "token without its scheme", path: "/metrics", header: map[string]string{"Authorization": token}, want: 401},
		{name: "token", path: "/metrics", header: map[string]string{"Authorization": "Bearer " + token}, want: 200},
		{name: "token, scheme in lower case", path: "/metrics", header: map[string]string{"Authorization": "bearer " + token}, want: 200},
		{name: "named host", path: "/health", host: "workstation.lan:8421", want: 200},
		{name: "localhost", path: "/health", host: "localhost:8421", want: 200},
		{name: "IPv6", path: "/health", host: "[::1]:8421", want: 200},
		{name: "rebound name", path: "/health", host: "evil.example:8421", want: 421},
		{name: "no host", path: "/health", host: ":80", want: 421},
		{name: "own origin", path: "/health", host: "localhost:1", header: map[string]string{"Origin": "http://localhost:1"}, want: 200},
		{name: "other origin", path: "/health", header: map[string]string{"Origin": "https://evil.example"}, want: 403},
		{name: "other port", path: "/health", host: "localhost:1", header: map[string]string{"Origin": "http://localhost:2"}, want: 403},
		{name: "null origin", path: "/health", header: map[string]string{"Origin": "null"}, want: 403},
		{name: "image on a page", path: "/health", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, want: 403},
		{name: "link on a page", path: "/health", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, want: 200},
		{name: "nothing there", path: "/nothing", want: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), "GET", url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = c.host
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			var said map[string]string
			if c.want >= 400 {
				if err := json.NewDecoder(a.Body).Decode(&said); err != nil || said["error"] == "" {
					t.Errorf("no error in JSON: %v", err)
				}
			}
			if a.StatusCode != c.want {
				t.Errorf("status %d, want %d: %v", a.StatusCode, c.want, said)
			}
		})
	}
}

// TestQueueIsFull: one too many is told when to come again, and running code is not
// counted.
func TestQueueIsFull(t *testing.T) {
	s, url := start(t, Config{Model: NoModel, Queue: 1})
	if !s.queue.enter() {
		t.Fatal("no place in an empty queue")
	}
	pairs := map[string]any{"solutions": []string{"x=1"}, "tests": []any{map[string]string{"test": "assert x"}}}
	b, _ := json.Marshal(pairs)
	a, err := http.Post(url+"/v1/pairs", "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != 429 || a.Header.Get("Retry-After") != "5" {
		t.Errorf("status %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
	if code, text := post(t, url+"/run_code", map[string]any{"code": "print(1)"}, nil); code != 200 {
		t.Errorf("/run_code: %d %s", code, text)
	}
	s.queue.leave()
	if code, text := post(t, url+"/v1/pairs", pairs, nil); code != 200 {
		t.Errorf("%d %s", code, text)
	}
}

// TestBodies: what is too large, half or no JSON is refused in the form of the API.
func TestBodies(t *testing.T) {
	_, url := start(t, Config{Model: NoModel, Body: 1000})
	for _, c := range []struct {
		name, path, body, field string
		want                    int
	}{
		{"large", "/run_code", `{"code": "` + strings.Repeat("x", 2000) + `"}`, "detail", 413},
		{"half", "/run_code", `{"code": "x`, "detail", 400},
		{"none", "/v1/pairs", "", "error", 400},
		{"no tests", "/v1/pairs", `{"solutions": ["x=1"]}`, "error", 400},
		{"unknown kind", "/v1/pairs", `{"solutions": ["x=1"], "tests": [{"kind": "prayer"}]}`, "error", 400},
		{"no memory", "/v1/pairs", `{"solutions": ["x=1"], "tests": [{"test": "assert x"}], "memory": 1}`, "error", 400},
		{"time", "/run_code", `{"code": "", "run_timeout": -1}`, "detail", 422},
		{"file", "/run_code", `{"code": "", "files": {"../x": ""}}`, "detail", 422},
		{"files that clash", "/run_code", `{"code": "", "files": {"a": "", "a/b": ""}}`, "detail", 422},
		{"base64", "/run_code", `{"code": "", "files": {"x": "?"}}`, "detail", 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := http.Post(url+c.path, "application/json", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			var said map[string]string
			if err := json.NewDecoder(a.Body).Decode(&said); err != nil || said[c.field] == "" || a.StatusCode != c.want {
				t.Errorf("status %d, %v, %v", a.StatusCode, said, err)
			}
		})
	}
}

// TestStop: what is being answered ends well within the grace; what is not is told.
func TestStop(t *testing.T) {
	for _, c := range []struct {
		name, code string
		grace      time.Duration
		want       int
	}{
		{"in time", "print(sum(range(10**6)))", time.Minute, 200},
		{"too long", "while True: pass", 0, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := New(t.Context(), Config{Model: NoModel, Grace: c.grace, Folder: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(ctx, l) }()
			body, _ := json.Marshal(map[string]any{"code": c.code, "run_timeout": 100})
			sent := make(chan struct{})
			go func() {
				<-sent
				for s.metrics.inFlight.Load() == 0 { // until it is being answered
					time.Sleep(time.Millisecond)
				}
				stop()
			}()
			r, _ := http.NewRequest("POST", "http://"+l.Addr().String()+"/run_code", bytes.NewReader(body))
			close(sent)
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(a.Body)
			a.Body.Close()
			if a.StatusCode != c.want {
				t.Errorf("status %d %s, want %d", a.StatusCode, text, c.want)
			}
			if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
			http.DefaultClient.CloseIdleConnections()
		})
	}
}

// timed is a ResponseWriter with a deadline.
type timed struct {
	*answer
	until time.Time
}

func (w *timed) SetWriteDeadline(t time.Time) error {
	w.until = t
	return nil
}

// TestEveryAnswerHasTime: each answer gives the client new time to take it, for a
// connection keeps the deadline of the answer before, which may be over.
func TestEveryAnswerHasTime(t *testing.T) {
	s, _ := start(t, Config{Model: NoModel})
	for _, rt := range s.table() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "none", "{model}", "none").Replace(path)
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader("{"))
		if err != nil {
			t.Fatal(err)
		}
		w := &timed{answer: newAnswer()}
		s.ServeHTTP(w, r)
		if time.Until(w.until) < writeTime/2 {
			t.Errorf("%s: until %v", rt.pattern, w.until)
		}
	}
}
