package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"coderm/engine"
)

// serve answers like both kinds of server: with the seed and the prompt.
func serve(t *testing.T, status int) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/generate", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Prompt  string
			Raw     bool
			Options map[string]any
		}
		read(t, r.Body, &q)
		if !q.Raw || q.Options["num_predict"] != 7.0 || q.Options["top_p"] != 1.0 {
			t.Errorf("ollama was asked %+v", q)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"response":"%v of ","logprobs":[{"logprob":-1}]}`+"\n", q.Options["seed"])
		fmt.Fprintf(w, `{"response":"%s","done":true,"done_reason":"length","eval_count":2,"logprobs":[{"logprob":-2}]}`+"\n", q.Prompt)
	})
	mux.HandleFunc("POST /v1/completions", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Prompt    string
			Seed      int
			MaxTokens int `json:"max_tokens"`
		}
		read(t, r.Body, &q)
		if q.MaxTokens != 7 || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("the OpenAI server was asked %+v", q)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"choices":[{"text":"%d of %s","finish_reason":"length","logprobs":{"token_logprobs":[-1,-2]}}],"usage":{"completion_tokens":2}}`, q.Seed, q.Prompt)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func read(t *testing.T, r io.Reader, v any) {
	if err := json.NewDecoder(r).Decode(v); err != nil {
		t.Error(err)
	}
}

// both are a model of either kind of server.
func both(t *testing.T, addresses ...string) map[string]*Model {
	c := Config{Interface: OllamaAPI, Addresses: addresses, Model: "m", Parallel: 3}
	models := map[string]*Model{"ollama/m": opened(t, c)}
	c.Interface, c.Key, c.Addresses = OpenAIAPI, "k", nil
	for _, a := range addresses {
		c.Addresses = append(c.Addresses, a+"/v1")
	}
	models["openai/m"] = opened(t, c)
	return models
}

func opened(t *testing.T, c Config) *Model {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.retry.first = time.Millisecond
	return m
}

// once asks a model's first server for one sample, once.
func once(t *testing.T, m *Model, p engine.Prompt) (s engine.Sample, err error) {
	all, err := m.servers.members[0].complete(t.Context(), engine.Request{Prompt: p, N: 1, MaxTokens: 7}, 1, 1)
	if err == nil {
		s = all[0]
	}
	return s, err
}

func TestGenerate(t *testing.T) {
	for shape, g := range both(t, serve(t, http.StatusOK).URL) {
		p := engine.Prompt{Text: "naïve"}
		got := map[int]engine.Sample{}
		err := g.Generate(t.Context(), slices.Values([]engine.Request{
			{Prompt: p, N: 4, FirstIndex: 2, MaxTokens: 7, Seed: 40}, {Prompt: p, N: 5, FirstIndex: 6, MaxTokens: 7, Seed: 40},
		}), func(request int, s engine.Sample) error {
			if want := min(s.Index/6, 1); request != want {
				t.Errorf("%s: sample %d is of request %d, want %d", shape, s.Index, request, want)
			}
			got[s.Index] = s
			return nil
		})
		if err != nil || len(got) != 9 {
			t.Fatalf("%s: %d samples, %v", shape, len(got), err)
		}
		for i, s := range got {
			want := engine.Sample{Index: i, Seed: uint64(40 + i), Text: fmt.Sprintf("%d of naïve", 40+i), Tokens: 2, Finish: engine.FinishLength, LogProb: -3, Shape: shape}
			if s != want {
				t.Errorf("got %+v, want %+v", s, want)
			}
		}
	}
}

// Requests are taken as there is room for them, and on one goroutine with yield.
func TestLazy(t *testing.T) {
	for shape, g := range both(t, serve(t, http.StatusOK).URL) {
		taken, samples := 0, 0
		sequence := func(yield func(engine.Request) bool) {
			for range 200 {
				if taken++; taken > samples+g.servers.room() {
					t.Fatalf("%s: request %d is taken after %d samples", shape, taken, samples)
				}
				if !yield(engine.Request{Prompt: engine.Prompt{Text: "A"}, N: 1, MaxTokens: 7}) {
					return
				}
			}
		}
		if err := g.Generate(t.Context(), sequence, func(int, engine.Sample) error { samples++; return nil }); err != nil || samples != 200 {
			t.Errorf("%s: %d samples, %v", shape, samples, err)
		}
	}
}

// Tokens go to a server that takes them.
func TestTokens(t *testing.T) {
	var asked []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Prompt json.RawMessage }
		read(t, r.Body, &q)
		asked = q.Prompt
		good(w)
	}))
	defer s.Close()
	models := both(t, s.URL)
	r := engine.Request{Prompt: engine.Prompt{Tokens: []int32{5, 7}}, N: 1, MaxTokens: 7}
	draw := func(m *Model) error {
		return m.Generate(t.Context(), slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil })
	}
	if err := draw(models["openai/m"]); err != nil || string(asked) != "[5,7]" {
		t.Errorf("asked for %s, %v", asked, err)
	}
	var failed engine.RequestErrors
	if err := draw(models["ollama/m"]); !errors.As(err, &failed) || !strings.Contains(err.Error(), "not its tokens") {
		t.Errorf("Ollama: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for shape, g := range both(t, serve(t, http.StatusTeapot).URL) {
		r := []engine.Request{{Prompt: engine.Prompt{Text: "A"}, N: 9, MaxTokens: 7}}
		err := g.Generate(t.Context(), slices.Values(r), func(int, engine.Sample) error { return nil })
		var some engine.RequestErrors
		if err == nil || errors.As(err, &some) || !strings.HasPrefix(err.Error(), shape+": 418 ") {
			t.Errorf("a server that refuses everything: %v", err)
		}
	}
	for _, g := range both(t, serve(t, http.StatusOK).URL) {
		full := errors.New("disk full")
		r := []engine.Request{{Prompt: engine.Prompt{Text: "A"}, N: 9, MaxTokens: 7}}
		if err := g.Generate(t.Context(), slices.Values(r), func(int, engine.Sample) error { return full }); err != full {
			t.Errorf("yield fails: %v", err)
		}
		r[0].N = 0
		if err := g.Generate(t.Context(), slices.Values(r), nil); err == nil {
			t.Error("a request for nothing is served")
		}
	}
	for _, api := range []Interface{OllamaAPI, OpenAIAPI} {
		for _, c := range []Config{
			{Addresses: []string{"localhost"}, Parallel: 1}, {Addresses: []string{"localhost:11434"}, Parallel: 1}, {Addresses: []string{"ftp://x"}, Parallel: 1},
			{Addresses: []string{"http://x"}}, {Addresses: []string{"http://x"}, Parallel: 1, Silence: -1}, {Parallel: 1},
		} {
			if c.Interface = api; newError(c) == nil {
				t.Errorf("%+v: no error", c)
			}
		}
	}
	for key, want := range map[string]bool{"k": true, "k\n": true, "k\nOther: x": false, "k\x1b": false} {
		c := Config{Interface: OpenAIAPI, Addresses: []string{"http://x"}, Parallel: 1, Key: key}
		if err := newError(c); (err == nil) != want {
			t.Errorf("key %q: %v", key, err)
		}
		c.Interface = OllamaAPI
		if err := newError(c); err != nil {
			t.Errorf("key %q, which Ollama does not get: %v", key, err)
		}
	}
}

func newError(c Config) error {
	_, err := New(c)
	return err
}
