package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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

func both(t *testing.T, address string) map[string]*Generator {
	c := Config{Address: address, Model: "m", Parallel: 3}
	o, err := Ollama(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Address, c.Key = address+"/v1", "k"
	p, err := OpenAI(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*Generator{o, p} {
		g.retry.first = time.Millisecond
	}
	return map[string]*Generator{"ollama/m": o, "openai/m": p}
}

func TestGenerate(t *testing.T) {
	for shape, g := range both(t, serve(t, http.StatusOK).URL) {
		ids, err := g.Tokenize("naïve", true)
		if err != nil {
			t.Fatal(err)
		}
		got := map[int]engine.Sample{}
		err = g.Generate(t.Context(), []engine.Request{
			{Prompt: ids, N: 4, FirstIndex: 2, MaxTokens: 7, Seed: 40}, {Prompt: ids, N: 5, FirstIndex: 6, MaxTokens: 7, Seed: 40},
		}, func(request int, s engine.Sample) error {
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

func TestErrors(t *testing.T) {
	for shape, g := range both(t, serve(t, http.StatusTeapot).URL) {
		r := []engine.Request{{Prompt: []int32{65}, N: 9, MaxTokens: 7}}
		err := g.Generate(t.Context(), r, func(int, engine.Sample) error { return nil })
		var some engine.RequestErrors
		if err == nil || errors.As(err, &some) || !strings.HasPrefix(err.Error(), shape+": 418 ") {
			t.Errorf("a server that refuses everything: %v", err)
		}
	}
	for _, g := range both(t, serve(t, http.StatusOK).URL) {
		full := errors.New("disk full")
		r := []engine.Request{{Prompt: []int32{65}, N: 9, MaxTokens: 7}}
		if err := g.Generate(t.Context(), r, func(int, engine.Sample) error { return full }); err != full {
			t.Errorf("yield fails: %v", err)
		}
		r[0].Hidden = func([]float32) error { return nil }
		if err := g.Generate(t.Context(), r, nil); err == nil {
			t.Error("hidden states from afar")
		}
	}
	for _, c := range []Config{
		{Address: "localhost", Parallel: 1}, {Address: "localhost:11434", Parallel: 1}, {Address: "ftp://x", Parallel: 1},
		{Address: "http://x"}, {Address: "http://x", Parallel: 1, Silence: -1},
	} {
		if _, err := Ollama(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
		if _, err := OpenAI(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
	for key, want := range map[string]bool{"k": true, "k\n": true, "k\nOther: x": false, "k\x1b": false} {
		c := Config{Address: "http://x", Parallel: 1, Key: key}
		if _, err := OpenAI(c); (err == nil) != want {
			t.Errorf("key %q: %v", key, err)
		}
		if _, err := Ollama(c); err != nil {
			t.Errorf("key %q, which Ollama does not get: %v", key, err)
		}
	}
}
