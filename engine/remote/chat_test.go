package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"coderm/engine"
)

var conversation = engine.Prompt{Messages: []engine.Message{{Role: "system", Content: "be brief"}, {Role: "user", Content: "p"}}}

func TestChatAnswers(t *testing.T) {
	one := func(choice string) string {
		return `{"choices":[{` + choice + `}],"usage":{"completion_tokens":2}}`
	}
	for name, tt := range map[string]struct {
		body string
		want want
	}{
		"good":                   {one(`"message":{"role":"assistant","content":"a"},"finish_reason":"stop"`), text("a", engine.FinishEOT)},
		"cut at the limit":       {one(`"message":{"content":"a"},"finish_reason":"length"`), text("a", engine.FinishLength)},
		"thinking first":         {one(`"message":{"content":"a","reasoning_content":"hm"},"finish_reason":"stop"`), text("a", engine.FinishEOT)},
		"cut off in thinking":    {one(`"message":{"content":null,"reasoning_content":"hm"},"finish_reason":"length"`), text("", engine.FinishThinking)},
		"the newer name of it":   {one(`"message":{"content":"","reasoning":"hm"},"finish_reason":"length"`), text("", engine.FinishThinking)},
		"thinking and a blank":   {one(`"message":{"content":"\n","reasoning":"hm"},"finish_reason":"length"`), text("\n", engine.FinishThinking)},
		"will not":               {one(`"message":{"content":null,"refusal":"no"},"finish_reason":"stop"`), text("", engine.FinishEOT)},
		"nothing":                {one(`"message":{"content":null},"finish_reason":"length"`), text("", engine.FinishLength)},
		"no message":             {one(`"finish_reason":null`), want{kind: passing, err: "the answer has no text"}},
		"logprobs":               {one(`"message":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1.5}]}`), want{sample: engine.Sample{Text: "a", Finish: engine.FinishEOT, Tokens: 2, LogProb: -1.5}}},
		"streamed all the same":  {"data: " + one(`"delta":{"content":"a"}`) + "\n\ndata: " + one(`"delta":{"content":"b"},"finish_reason":"stop"`) + "\n\ndata: [DONE]\n\n", text("ab", engine.FinishEOT)},
		"streamed with thinking": {"data: " + one(`"delta":{"reasoning_content":"hm"}`) + "\n\ndata: " + one(`"delta":{},"finish_reason":"length"`) + "\n\n", text("", engine.FinishThinking)},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var q struct {
					Messages []engine.Message
					Prompt   *string
				}
				read(t, r.Body, &q)
				if r.URL.Path != "/v1/chat/completions" || !slices.Equal(q.Messages, conversation.Messages) || q.Prompt != nil {
					t.Errorf("%s was asked %+v", r.URL.Path, q)
				}
				io.WriteString(w, tt.body)
			}))
			defer s.Close()
			got, err := once(t, both(t, s.URL)["openai/m"], conversation)
			if name == "will not" {
				tt.want.sample.Tokens = 2
			}
			check(t, got, err, tt.want)
		})
	}
}

func TestOllamaChat(t *testing.T) {
	for body, want := range map[string]want{
		`{"message":{"content":"a"}}` + "\n" + `{"message":{"content":"b"},"done":true,"eval_count":2}`: text("ab", engine.FinishEOT),
		`{"message":{"thinking":"hm","content":""},"done":true,"done_reason":"length","eval_count":2}`:  text("", engine.FinishThinking),
		`{"response":"a","done":true}`:                 text("a", engine.FinishEOT),
		`{"message":{"role":"assistant"},"done":true}`: {kind: refused, err: "the answer has no text"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var q struct {
				Messages []engine.Message
				Truncate *bool
			}
			read(t, r.Body, &q)
			if r.URL.Path != "/api/chat" || !slices.Equal(q.Messages, conversation.Messages) || q.Truncate == nil || *q.Truncate {
				t.Errorf("%s was asked %+v", r.URL.Path, q)
			}
			io.WriteString(w, body)
		}))
		defer s.Close()
		got, err := once(t, both(t, s.URL)["ollama/m"], conversation)
		if !strings.Contains(body, "eval_count") {
			want.sample.Tokens = 0
		}
		check(t, got, err, want)
	}
}

// A server that honours "n" is asked for several samples at once, with the seeds that
// they would have had one by one; one that does not loses nothing by it.
func TestSeveralAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		most     int  // choices in an answer
		refusing bool // "n"
		requests int64
	}{
		"honoured": {8, false, 4},
		"ignored":  {1, false, 10},
		"refused":  {8, true, 13},
		"bounded":  {2, false, 10},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				q := struct {
					N    int
					Seed int
				}{N: 1}
				read(t, r.Body, &q)
				requests.Add(1)
				if tt.refusing && q.N > 1 {
					w.WriteHeader(http.StatusBadRequest)
					io.WriteString(w, `{"error":{"message":"unsupported parameter: 'n'"}}`)
					return
				}
				var choices []any
				for k := range min(q.N, tt.most) {
					choices = append(choices, map[string]any{"index": k, "message": map[string]any{"content": fmt.Sprint(q.Seed + k)}, "finish_reason": "stop"})
				}
				slices.Reverse(choices)
				json.NewEncoder(w).Encode(map[string]any{"choices": choices, "usage": map[string]any{"completion_tokens": 5 * len(choices)}})
			}))
			defer s.Close()
			m := both(t, s.URL)["openai/m"]
			got := map[int]engine.Sample{}
			err := m.Generate(t.Context(), slices.Values([]engine.Request{{Prompt: conversation, N: 10, MaxTokens: 7, Seed: 40}}), func(_ int, s engine.Sample) error {
				got[s.Index] = s
				return nil
			})
			if err != nil || len(got) != 10 {
				t.Fatalf("%d samples, %v", len(got), err)
			}
			for i, s := range got {
				if want := fmt.Sprint(40 + i); s.Text != want || s.Seed != uint64(40+i) || s.Tokens != 5 {
					t.Errorf("sample %d: %+v, want the text %s", i, s, want)
				}
			}
			if n := requests.Load(); n > tt.requests {
				t.Errorf("%d requests, want at most %d", n, tt.requests)
			}
		})
	}
}

// A server that counts the tokens of one sample where several came at once is found out
// by those that were cut off, which have as many as were allowed.
func TestTokensOfSeveral(t *testing.T) {
	for name, tt := range map[string]struct {
		finish [][]string // of the answers, by sample
		usage  int
		want   []int // tokens of the last answer
	}{
		"of all":               {[][]string{{"length", "length", "stop"}}, 20, []int{6, 7, 7}},
		"of one":               {[][]string{{"length", "length", "stop"}}, 7, []int{7, 7, 7}},
		"of one, found before": {[][]string{{"length", "length"}, {"stop", "stop"}}, 5, []int{5, 5}},
		"nobody counts":        {[][]string{{"length", "length"}}, 0, []int{0, 0}},
	} {
		o := new(openAI)
		var got []int
		for _, answer := range tt.finish {
			c := completion{}
			c.Usage.Completion = tokenCount(tt.usage)
			for k, why := range answer {
				c.Choices = append(c.Choices, choice{Index: k, Text: new(string), FinishReason: why})
			}
			s, err := c.samples()
			if err != nil {
				t.Fatal(err)
			}
			o.recount(s, 7)
			got = nil
			for _, x := range s {
				got = append(got, x.Tokens)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// What a server refuses to be told is not told to it again.
func TestSettingsLeftOut(t *testing.T) {
	var refusals atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q map[string]any
		read(t, r.Body, &q)
		for _, name := range []string{"logprobs", "max_tokens", "temperature"} {
			if _, sent := q[name]; sent {
				refusals.Add(1)
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":{"message":"Unsupported parameter: '%s' is not supported with this model."}}`, name)
				return
			}
		}
		if q["max_completion_tokens"] != 7.0 || q["seed"] == nil {
			t.Errorf("asked %v", q)
		}
		io.WriteString(w, `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}`)
	}))
	defer s.Close()
	m := both(t, s.URL)["openai/m"]
	for range 3 {
		if got, err := once(t, m, conversation); err != nil || got.Text != "a" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := refusals.Load(); n != 3 {
		t.Errorf("%d refusals, want one a setting", n)
	}
}
