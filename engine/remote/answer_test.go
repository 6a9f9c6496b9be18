package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coderm/engine"
)

// answers is a server that gives each request what handle says, by its number
// from 1.
func answers(t *testing.T, handle func(n int64, prompt string, w http.ResponseWriter, r *http.Request)) *httptest.Server {
	var count atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Prompt string }
		read(t, r.Body, &q)
		handle(count.Add(1), q.Prompt, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// want is a sample, or a failure.
type want struct {
	sample engine.Sample
	kind   kind
	err    string // part of the message; empty for a sample
}

func text(s string, finish engine.Finish) want {
	return want{sample: engine.Sample{Text: s, Finish: finish, Tokens: 2}}
}

func check(t *testing.T, got engine.Sample, err error, w want) {
	t.Helper()
	switch {
	case w.err == "" && (err != nil || got != w.sample):
		t.Errorf("got %+v, %v; want %+v", got, err, w.sample)
	case w.err != "" && (err == nil || !strings.Contains(err.Error(), w.err) || failureOf(err).kind != w.kind):
		t.Errorf("got %+v, %v (kind %d); want %q (kind %d)", got, err, failureOf(err).kind, w.err, w.kind)
	}
}

func TestOpenAIAnswers(t *testing.T) {
	const usage = `,"usage":{"completion_tokens":2}`
	one := func(choice string) string { return `{"choices":[{` + choice + `}]` + usage + `}` }
	withLogProb := func(p float64) want {
		w := text("a", engine.FinishEOT)
		w.sample.LogProb = p
		return w
	}
	none := text("a", engine.FinishEOT)
	none.sample.Tokens = 0
	for name, tt := range map[string]struct {
		status int
		kind   string
		body   string
		want   want
	}{
		"good":                  {200, "", one(`"text":"a","finish_reason":"stop","logprobs":null`), text("a", engine.FinishEOT)},
		"cut at the limit":      {200, "", one(`"text":"a","finish_reason":"length"`), text("a", engine.FinishLength)},
		"nothing to say":        {200, "", one(`"text":"","finish_reason":"stop"`), text("", engine.FinishEOT)},
		"no finish_reason":      {200, "", one(`"text":"a"`), text("a", engine.FinishEOT)},
		"null finish_reason":    {200, "", one(`"text":"a","finish_reason":null`), text("a", engine.FinishEOT)},
		"a byte order mark":     {200, "", "\ufeff" + one(`"text":"a"`), text("a", engine.FinishEOT)},
		"null error":            {200, "", `{"error":null,` + one(`"text":"a"`)[1:], text("a", engine.FinishEOT)},
		"false error":           {200, "", `{"error":false,` + one(`"text":"a"`)[1:], text("a", engine.FinishEOT)},
		"empty error":           {200, "", `{"error":{},` + one(`"text":"a"`)[1:], text("a", engine.FinishEOT)},
		"no usage":              {200, "", `{"choices":[{"text":"a"}]}`, none},
		"null usage":            {200, "", `{"choices":[{"text":"a"}],"usage":null}`, none},
		"usage in floats":       {200, "", `{"choices":[{"text":"a"}],"usage":{"completion_tokens":2.0}}`, text("a", engine.FinishEOT)},
		"usage is nonsense":     {200, "", `{"choices":[{"text":"a"}],"usage":{"completion_tokens":"-"}}`, none},
		"logprobs":              {200, "", one(`"text":"a","logprobs":{"token_logprobs":[null,-1,-0.5]}`), withLogProb(-1.5)},
		"infinite logprobs":     {200, "", one(`"text":"a","logprobs":{"token_logprobs":[-Infinity,NaN,-1]}`), withLogProb(-1)},
		"logprobs as in a chat": {200, "", one(`"text":"a","logprobs":{"content":[{"token":"a","logprob":-1.5,"bytes":[97]}]}`), withLogProb(-1.5)},
		"logprobs are nonsense": {200, "", one(`"text":"a","logprobs":[1]`), text("a", engine.FinishEOT)},
		"Infinity in a text":    {200, "", one(`"text":"\"NaN\\","logprobs":{"token_logprobs":[-Infinity]}`), text(`"NaN\`, engine.FinishEOT)},
		"filtered":              {200, "", one(`"text":"","finish_reason":"content_filter"`), text("", engine.FinishFilter)},
		"reasoning only":        {200, "", one(`"text":"","reasoning_content":"hm","finish_reason":"length"`), text("", engine.FinishThinking)},
		"streamed all the same": {200, "text/event-stream", ": hello\n\ndata: " + `{"choices":[{"text":"a"}]}` + "\n\ndata: " + one(`"text":"b","finish_reason":"length"`) + "\n\ndata: [DONE]\n\n",
			text("ab", engine.FinishLength)},
		"streamed, without a word": {200, "application/json", "data: " + one(`"text":"a","finish_reason":"stop"`) + "\n\ndata: [DONE]\n\n", text("a", engine.FinishEOT)},

		"a message":              {200, "", one(`"message":{"content":"a"}`), want{kind: refused, err: "the answer has no text: it is one of the chat interface"}},
		"a message of reasoning": {200, "", one(`"message":{"content":null,"reasoning_content":"hm"}`), want{kind: refused, err: "chat interface"}},
		"null text":              {200, "", one(`"text":null,"finish_reason":"stop"`), want{kind: passing, err: "the answer has no text"}},
		"no choices":             {200, "", `{"choices":[]}`, want{kind: passing, err: "the answer has no choices"}},
		"something else":         {200, "", `{"hello":"world"}`, want{kind: passing, err: "the answer has no choices"}},
		"a list":                 {200, "", `[1]`, want{kind: passing, err: "the answer is no completion: [1]"}},
		"text is a number":       {200, "", one(`"text":1`), want{kind: refused, err: "the answer is no completion"}},
		"half of one":            {200, "", `{"choices":[{"text":"a`, want{kind: passing, err: "the answer is no completion"}},
		"nothing":                {200, "", ``, want{kind: passing, err: "the answer is empty"}},
		"finish_reason error":    {200, "", one(`"text":"","finish_reason":"error"`), want{kind: passing, err: `"error"`}},
		"finish_reason abort":    {200, "", one(`"text":"a","finish_reason":"abort"`), want{kind: passing, err: `"abort"`}},
		"an error with 200":      {200, "", `{"error":{"message":"model overloaded"}}`, want{kind: passing, err: "model overloaded"}},
		"a text as error":        {200, "", `{"error":"model overloaded"}`, want{kind: passing, err: "model overloaded"}},
		"an error with a code":   {200, "", `{"error":{"message":"wait","code":429}}`, want{kind: busy, err: "wait"}},
		"an error for good":      {200, "", `{"error":{"message":"no such model","code":"404"}}`, want{kind: lasting, err: "no such model"}},
		"an error in a stream":   {200, "text/event-stream", "data: " + one(`"text":"a"`) + "\n\ndata: {\"error\":{\"message\":\"out of memory\"}}\n\n", want{kind: passing, err: "out of memory"}},
		"a stream cut off":       {200, "text/event-stream", "data: " + one(`"text":"a"`) + "\n\n", want{kind: passing, err: "the answer broke off"}},
		"a page":                 {200, "text/html", `<html><style>b{}</style><body>502 <b>Bad</b> Gateway</body></html>`, want{kind: passing, err: "no completion: 502 Bad Gateway"}},

		"no right":         {401, "", `{"error":{"message":"invalid\n\u001b[31m key"}}`, want{kind: lasting, err: "401 Unauthorized: invalid \x1b[31m key"}},
		"no money":         {402, "", ``, want{kind: lasting, err: "402 Payment Required"}},
		"no such model":    {404, "", `{"message":"The model m does not exist"}`, want{kind: lasting, err: "/v1/completions answers 404 Not Found: The model m does not exist"}},
		"too long":         {400, "", `{"error":{"message":"maximum context length is 10 tokens"}}`, want{kind: refused, err: "400 Bad Request: maximum context length"}},
		"invalid":          {422, "", `{"detail":[{"loc":["body","seed"]}]}`, want{kind: refused, err: `422 Unprocessable Entity: [{"loc":["body","seed"]}]`}},
		"too large":        {413, "", ``, want{kind: refused, err: "413"}},
		"too many":         {429, "", `{"error":{"message":"Rate limit reached"}}`, want{kind: busy, err: "429 Too Many Requests: Rate limit reached"}},
		"quota used up":    {429, "", `{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}`, want{kind: lasting, err: "quota"}},
		"loading":          {503, "", `{"error":{"message":"Loading model"}}`, want{kind: busy, err: "Loading model"}},
		"a page of a 502":  {502, "text/html", `<html><head><title>502 Bad Gateway</title></head></html>`, want{kind: passing, err: "502 Bad Gateway: 502 Bad Gateway"}},
		"failed":           {500, "", ``, want{kind: passing, err: "500 Internal Server Error"}},
		"not what it does": {501, "", ``, want{kind: lasting, err: "501 Not Implemented"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, func(_ int64, _ string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			got, err := once(t, both(t, s.URL)["openai/m"], engine.Prompt{Text: "p"})
			check(t, got, err, tt.want)
		})
	}
}

func TestOllamaAnswers(t *testing.T) {
	const end = `{"response":"","done":true,"done_reason":"stop","eval_count":2}`
	for name, tt := range map[string]struct {
		status int
		body   string
		want   want
	}{
		"good":                 {200, `{"response":"a"}` + "\n\n" + `{"response":"b"}` + "\n" + end, text("ab", engine.FinishEOT)},
		"thinking first":       {200, `{"response":"","thinking":"hm"}` + "\n" + `{"response":"a"}` + "\n" + end, text("a", engine.FinishEOT)},
		"thinking only":        {200, `{"response":"","thinking":"hm"}` + "\n" + end, text("", engine.FinishThinking)},
		"null response":        {200, `{"response":null}` + "\n" + end, text("", engine.FinishEOT)},
		"tokens in floats":     {200, `{"response":"a"}` + "\n" + strings.Replace(end, "2", "2.0", 1), text("a", engine.FinishEOT)},
		"infinite logprobs":    {200, `{"response":"a","logprobs":[{"logprob":-Infinity},{"logprob":null}]}` + "\n" + end, text("a", engine.FinishEOT)},
		"an error in between":  {200, `{"response":"a"}` + "\n" + `{"error":"unexpected EOF"}`, want{kind: passing, err: "unexpected EOF"}},
		"broken off":           {200, `{"response":"a"}`, want{kind: passing, err: "the answer broke off"}},
		"nothing":              {200, ``, want{kind: passing, err: "the answer broke off"}},
		"half a line":          {200, `{"response":"a"}` + "\n" + `{"resp`, want{kind: passing, err: "the answer is no completion"}},
		"a page":               {200, `<html><body>502 <b>Bad</b> Gateway</body></html>`, want{kind: passing, err: "no completion: 502 Bad Gateway"}},
		"response is a number": {200, `{"response":1,"done":true}`, want{kind: refused, err: "the answer is no completion"}},
		"a message":            {200, `{"message":{"content":"a"},"done":true}`, want{kind: refused, err: "the answer has no text"}},
		"no response":          {200, `{"response":null,"done":true,"done_reason":"stop"}`, want{kind: refused, err: "the answer has no text"}},
		"no error":             {200, `{"error":"","response":"a"}` + "\n" + end, text("a", engine.FinishEOT)},
		"only loaded":          {200, `{"response":"","done":true,"done_reason":"load"}`, want{kind: passing, err: "the answer has no text"}},
		"no such model":        {404, `{"error":"model 'm' not found"}`, want{kind: lasting, err: "404 Not Found: model 'm' not found"}},
		"too long":             {400, `{"error":"the input length exceeds the context length"}`, want{kind: refused, err: "exceeds the context"}},
		"busy":                 {503, `{"error":"server busy, please try again"}`, want{kind: busy, err: "server busy"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, func(_ int64, _ string, w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			got, err := once(t, both(t, s.URL)["ollama/m"], engine.Prompt{Text: "p"})
			check(t, got, err, tt.want)
		})
	}
}

// good answers as either kind of server does.
func good(w http.ResponseWriter) {
	io.WriteString(w, `{"choices":[{"text":"a"}],"response":"a","done":true}`)
}

// draw asks for n samples of each prompt.
func draw(ctx context.Context, g *Model, n int, prompts ...string) (samples int, err error) {
	var rs []engine.Request
	for _, p := range prompts {
		rs = append(rs, engine.Request{Prompt: engine.Prompt{Text: p}, N: n, MaxTokens: 7})
	}
	err = g.Generate(ctx, slices.Values(rs), func(int, engine.Sample) error { samples++; return nil })
	return samples, err
}

// Trouble that passes costs no sample.
func TestTroublePasses(t *testing.T) {
	for name, trouble := range map[string]func(w http.ResponseWriter){
		"429":        func(w http.ResponseWriter) { w.WriteHeader(429) },
		"502":        func(w http.ResponseWriter) { w.WriteHeader(502) },
		"cut before": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"cut in the midst": func(w http.ResponseWriter) {
			io.WriteString(w, `{"cho`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"cut short": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); io.WriteString(w, "{") },
		"silence":   func(w http.ResponseWriter) { w.(http.Flusher).Flush(); time.Sleep(400 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, func(n int64, _ string, w http.ResponseWriter, _ *http.Request) {
				if n == 2 {
					trouble(w)
					return
				}
				good(w)
			})
			for shape, g := range both(t, s.URL) {
				if name == "silence" {
					g.servers.members[0].server.(interface{ limit(time.Duration) }).limit(200 * time.Millisecond)
				}
				if n, err := draw(t.Context(), g, 4, "x"); err != nil || n != 4 {
					t.Errorf("%s: %d samples, %v", shape, n, err)
				}
			}
		})
	}
}

func (c *client) limit(silence time.Duration) { c.silence = silence }

// A request that the server refuses, or fails at again and again, costs the
// others nothing and is not asked for over and over.
func TestOneRequestFails(t *testing.T) {
	for _, status := range []int{400, 500} {
		var asked atomic.Int64
		s := answers(t, func(_ int64, prompt string, w http.ResponseWriter, _ *http.Request) {
			if prompt == "bad" {
				asked.Add(1)
				w.WriteHeader(status)
				io.WriteString(w, `{"error":"too long"}`)
				return
			}
			good(w)
		})
		for shape, g := range both(t, s.URL) {
			n, err := draw(t.Context(), g, 50, "bad", "x", "y")
			var some engine.RequestErrors
			if !errors.As(err, &some) || len(some) != 1 || some[0] == nil || !strings.Contains(some[0].Error(), "too long") || n != 100 {
				t.Errorf("%s, status %d: %d samples, %v", shape, status, n, err)
			}
		}
		if n := asked.Load(); n > 2*3*maxTries {
			t.Errorf("status %d: asked %d times for what was refused", status, n)
		}
	}
}

// A server that serves nothing is told from a request that it refuses, without
// trying all of them.
func TestServerFails(t *testing.T) {
	for _, status := range []int{400, 401, 404, 500} {
		s := answers(t, func(_ int64, _ string, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `{"error":"no"}`)
		})
		for shape, g := range both(t, s.URL) {
			_, err := draw(t.Context(), g, 50, "x", "y")
			var some engine.RequestErrors
			if err == nil || errors.As(err, &some) || !strings.Contains(err.Error(), fmt.Sprint(status)) {
				t.Errorf("%s, status %d: %v", shape, status, err)
			}
		}
	}
	s := httptest.NewServer(nil)
	s.Close()
	for shape, g := range both(t, s.URL) {
		if _, err := draw(t.Context(), g, 5, "x"); err == nil || !strings.Contains(err.Error(), "refused (tried 6 times)") {
			t.Errorf("%s: nobody there: %v", shape, err)
		}
	}
}

// Requests follow a redirection that keeps them, and say so where one would not.
func TestRedirections(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := answers(t, func(_ int64, _ string, w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/there") {
				good(w)
				return
			}
			http.Redirect(w, r, "/there"+r.URL.Path, status)
		})
		for shape, g := range both(t, s.URL) {
			n, err := draw(t.Context(), g, 1, "x")
			if status >= 307 && (err != nil || n != 1) {
				t.Errorf("%s, %d: %d samples, %v", shape, status, n, err)
			} else if status < 307 && !errors.Is(err, errRedirect) {
				t.Errorf("%s, %d: %v", shape, status, err)
			}
		}
	}
}

// A circle of redirections ends, and is not tried again.
func TestRedirectedForEver(t *testing.T) {
	var requests atomic.Int64
	s := answers(t, func(n int64, _ string, w http.ResponseWriter, r *http.Request) {
		requests.Store(n)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	})
	for shape, g := range both(t, s.URL) {
		before := requests.Load()
		if _, err := draw(t.Context(), g, 1, "x"); !errors.Is(err, errCircle) || requests.Load() > before+10 {
			t.Errorf("%s: %v, after %d requests", shape, err, requests.Load()-before)
		}
	}
}

// An interruption ends a pause, and an answer that does not come.
func TestInterrupted(t *testing.T) {
	for name, handle := range map[string]func(w http.ResponseWriter, r *http.Request){
		"pause":  func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "100"); w.WriteHeader(429) },
		"answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s := answers(t, func(_ int64, _ string, w http.ResponseWriter, r *http.Request) {
			time.AfterFunc(50*time.Millisecond, cancel)
			handle(w, r)
		})
		if _, err := draw(ctx, both(t, s.URL)["openai/m"], 5, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzStrict: what is JSON stays as it is, and nothing makes it fail.
func FuzzStrict(f *testing.F) {
	for _, s := range []string{`{"a":NaN}`, `{"a":-Infinity,"b":"NaN\""}`, `"\`, `{"choices":[{"text":"a"}]}`, "data: {}\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if json.Valid(data) && string(strict(data)) != string(data) {
			t.Errorf("%q became %q", data, strict(data))
		}
		for _, chat := range []bool{false, true} {
			readCompletion(data, chat)
			readStream(data, chat)
			readOllama(strings.NewReader(string(data)), chat)
		}
		said(data)
	})
}
