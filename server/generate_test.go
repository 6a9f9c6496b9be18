package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ollama/ollama/api"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"pgregory.net/rapid"

	"coderm/engine"
	"coderm/internal/testkit"
	"coderm/weights/synthetic"
)

// withModel is a server with a tiny model of random weights.
func withModel(t testing.TB) (*Server, string) {
	t.Helper()
	return withModelIn(t, t.TempDir())
}

func withModelIn(t testing.TB, folder string) (*Server, string) {
	t.Helper()
	return start(t, Config{Model: tiny(t, "Q4_0"), Threads: 1, Folder: folder})
}

func tiny(t testing.TB, quant string) string {
	t.Helper()
	path, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", quant, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func openaiClient(at string) openai.Client {
	return openai.NewClient(option.WithBaseURL(at+"/v1"), option.WithAPIKey("none"), option.WithMaxRetries(0))
}

// TestOpenAI: the official Go client, in one piece and streamed.
func TestOpenAI(t *testing.T) {
	_, at := withModel(t)
	c := openaiClient(at)
	ctx := t.Context()
	list, err := c.Models.List(ctx)
	if err != nil || len(list.Data) != 1 {
		t.Fatalf("%v, %+v", err, list)
	}
	name := list.Data[0].ID
	ask := openai.CompletionNewParams{
		Model: openai.CompletionNewParamsModel(name), Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("def f(x):")},
		MaxTokens: openai.Int(12), N: openai.Int(3), Seed: openai.Int(7), Temperature: openai.Float(0.8), TopP: openai.Float(0.9), Logprobs: openai.Int(1),
	}
	whole, err := c.Completions.New(ctx, ask, option.WithJSONSet("top_k", 40), option.WithJSONSet("min_p", 0.01))
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Choices) != 3 || whole.Usage.CompletionTokens == 0 || whole.Usage.TotalTokens != whole.Usage.PromptTokens+whole.Usage.CompletionTokens {
		t.Errorf("%s", whole.RawJSON())
	}
	for i, x := range whole.Choices {
		if x.Index != int64(i) || len(x.Logprobs.Tokens) == 0 || len(x.Logprobs.Tokens) != len(x.Logprobs.TokenLogprobs) || x.Logprobs.TokenLogprobs[0] >= 0 {
			t.Errorf("choice %d: %s", i, x.RawJSON())
		}
	}
	texts := make([]string, 3)
	ends := make([]string, 3)
	ask.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := c.Completions.NewStreaming(ctx, ask, option.WithJSONSet("top_k", 40), option.WithJSONSet("min_p", 0.01))
	var used openai.CompletionUsage
	for stream.Next() {
		part := stream.Current()
		for _, x := range part.Choices {
			texts[x.Index] += x.Text
			ends[x.Index] += string(x.FinishReason)
		}
		if part.Usage.TotalTokens > 0 {
			used = part.Usage
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	for i, x := range whole.Choices {
		if texts[i] != x.Text || ends[i] != string(x.FinishReason) {
			t.Errorf("choice %d streamed %q (%s), in one piece %q (%s)", i, texts[i], ends[i], x.Text, x.FinishReason)
		}
	}
	if used.TotalTokens != whole.Usage.TotalTokens {
		t.Errorf("usage %+v, %+v", used, whole.Usage)
	}
	many := ask
	many.Prompt = openai.CompletionNewParamsPromptUnion{OfArrayOfStrings: []string{"a", "def f(x):"}}
	both, err := c.Completions.New(ctx, many, option.WithJSONSet("top_k", 40), option.WithJSONSet("min_p", 0.01))
	if err != nil || len(both.Choices) != 6 || both.Choices[3].Text != whole.Choices[0].Text {
		t.Errorf("two prompts: %v %+v", err, both)
	}
}

// TestTokensAsPrompt: a prompt may be tokens, or lists of them, and what is drawn is what
// is drawn for the text that they make.
func TestTokensAsPrompt(t *testing.T) {
	s, at := withModel(t)
	m := s.models.ready()
	const text = "def f(x):"
	ids, err := m.encode(text, true)
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for i, prompt := range []any{text, []string{text, text}, ids, [][]int32{ids, ids}} {
		var a struct {
			Choices []struct{ Text string }
			Usage   usage
		}
		code, said := post(t, at+"/v1/completions", map[string]any{"prompt": prompt, "seed": 3, "max_tokens": 4, "temperature": 0}, &a)
		if want := 1 + i%2; code != 200 || len(a.Choices) != want || a.Usage.Prompt != want*len(ids) {
			t.Fatalf("%v: %d %s", prompt, code, said)
		}
		if i == 0 {
			first = a.Choices[0].Text
		}
		for _, c := range a.Choices {
			if c.Text != first {
				t.Errorf("%v: %q, want %q", prompt, c.Text, first)
			}
		}
	}
	if code, said := post(t, at+"/v1/completions", map[string]any{"prompt": "x", "top_k": 1 << 40, "repeat_penalty": 0, "max_tokens": 1}, nil); code != 200 {
		t.Errorf("%d %s", code, said)
	}
}

// TestOpenAIChat: conversations, in one piece and streamed.
func TestOpenAIChat(t *testing.T) {
	s, at := withModel(t)
	c := openaiClient(at)
	ask := openai.ChatCompletionNewParams{
		Model:    s.models.ready().name,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be short."), openai.UserMessage("1+1?"), openai.AssistantMessage("2"), openai.UserMessage("+1?")},
		N:        openai.Int(2), Seed: openai.Int(1), MaxCompletionTokens: openai.Int(9), Logprobs: openai.Bool(true),
	}
	whole, err := c.Chat.Completions.New(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Choices) != 2 || whole.Choices[0].Message.Role != "assistant" || len(whole.Choices[1].Logprobs.Content) == 0 {
		t.Error(whole.RawJSON())
	}
	stream := c.Chat.Completions.NewStreaming(t.Context(), ask)
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		if !all.AddChunk(stream.Current()) {
			t.Fatalf("a part that does not fit: %+v", stream.Current())
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	for i, x := range whole.Choices {
		if got := all.Choices[i]; got.Message.Content != x.Message.Content || got.FinishReason != x.FinishReason || got.Message.Role != "assistant" {
			t.Errorf("choice %d streamed %+v, in one piece %+v", i, got, x)
		}
	}
}

// TestAlternatives: of each token the most probable ones are told, in every interface. The
// drawn one is the first of them where nothing is left to chance.
func TestAlternatives(t *testing.T) {
	s, at := withModel(t)
	c := openaiClient(at)
	chat, err := c.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: s.models.ready().name, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("1+1?")},
		Temperature: openai.Float(0), MaxCompletionTokens: openai.Int(6), Logprobs: openai.Bool(true), TopLogprobs: openai.Int(4),
	})
	if err != nil || len(chat.Choices[0].Logprobs.Content) == 0 {
		t.Fatalf("%v %+v", err, chat)
	}
	for _, drawn := range chat.Choices[0].Logprobs.Content {
		top, sum := drawn.TopLogprobs, 0.0
		for i, o := range top {
			sum += math.Exp(o.Logprob)
			if i > 0 && o.Logprob > top[i-1].Logprob {
				t.Errorf("not in order: %s", drawn.RawJSON())
			}
		}
		if len(top) != 4 || sum > 1.001 || top[0].Token != drawn.Token || math.Abs(top[0].Logprob-drawn.Logprob) > 1e-4 {
			t.Errorf("%s", drawn.RawJSON())
		}
	}
	text, err := c.Completions.New(t.Context(), openai.CompletionNewParams{
		Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("def f(x):")}, MaxTokens: openai.Int(6), Logprobs: openai.Int(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := text.Choices[0].Logprobs
	for i, top := range l.TopLogprobs {
		if p, ok := top[l.Tokens[i]]; !ok || len(top) < 2 || len(top) > 4 || math.Abs(p-l.TokenLogprobs[i]) > 1e-4 {
			t.Errorf("token %q, %g of %v", l.Tokens[i], l.TokenLogprobs[i], top)
		}
	}
	if len(l.Tokens) == 0 || len(l.TopLogprobs) != len(l.Tokens) {
		t.Errorf("%s", text.RawJSON())
	}
	var told api.GenerateResponse
	ask := map[string]any{"model": s.models.ready().name, "prompt": "x", "stream": false, "top_logprobs": 2, "options": map[string]any{"num_predict": 3}}
	if code, text := post(t, at+"/api/generate", ask, &told); code != 200 || len(told.Logprobs) == 0 || len(told.Logprobs[0].TopLogprobs) != 2 {
		t.Errorf("%d %s", code, text)
	}
}

// TestOpenAIErrors: mistakes are told in OpenAI's form.
func TestOpenAIErrors(t *testing.T) {
	_, at := withModel(t)
	for path, bodies := range map[string][]string{
		"/v1/completions": {
			`{"prompt": "x", "n": 0}`, `{"prompt": "x", "max_tokens": 0}`, `{"prompt": "x", "temperature": -1}`, `{"prompt": "x", "top_p": 2}`,
			`{}`, `null`, `[]`, `{"prompt": "x", "n": "2"}`, `{"prompt": "x", "n": 1.5}`, `{"prompt": "x", "temperature": 1e7}`, `{"prompt": "x", "temperature": 1e39}`,
			`{"prompt": "x", "repeat_penalty": 1e7}`, `{"prompt": "x", "seed": 9223372036854775808}`, `{"prompt": "x", "stop": [1]}`, `{"prompt": ["a", 1]}`, `{"prompt": [[1], "a"]}`,
			`{"prompt": [1.5]}`, `{"prompt": [-1]}`, `{"prompt": [[]]}`, `{"prompt": {"a": 1}}`, `{"prompt": [99999999]}`, `{"prompt": []}`, `{"prompt": "x", "echo": true}`, `{"prompt": "x", "logit_bias": {"1": 1}}`,
			`{"prompt": "x", "best_of": 9}`, `{"prompt": "x", "frequency_penalty": 1}`, `{"prompt": "x", "n": 100000}`, `{"prompt": "x", "logprobs": 21}`,
			`{"prompt": "` + strings.Repeat("long ", 50000) + `"}`,
		},
		"/v1/chat/completions": {`{"messages": []}`, `{"messages": [{"role": "user", "content": "x"}], "tools": [{}]}`, `{"messages": [{"role": "user", "content": "x"}], "top_logprobs": 3}`, `{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}`,
			`{"messages": [null]}`, `{"messages": [{"content": "x"}]}`, `{"messages": [{"role": "alien", "content": "x"}]}`, `{"messages": [{"role": "user", "content": 5}]}`, `{"messages": [{"role": "user", "content": ["x"]}]}`,
			`{"messages": [{"role": "user", "content": "x"}], "functions": [{}]}`, `{"messages": [{"role": "user", "content": "x"}], "max_completion_tokens": 0}`},
	} {
		for _, body := range bodies {
			a, err := http.Post(at+path, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			var said struct {
				Error struct{ Message, Type string }
			}
			err = json.NewDecoder(a.Body).Decode(&said)
			a.Body.Close()
			if err != nil || a.StatusCode != 400 || said.Error.Message == "" || said.Error.Type != "invalid_request_error" || strings.Contains(said.Error.Message, "Go ") {
				t.Errorf("%s %.60s: %d %+v %v", path, body, a.StatusCode, said, err)
			}
		}
	}
	c := openaiClient(at)
	if _, err := c.Completions.New(t.Context(), openai.CompletionNewParams{Model: "gpt-17", Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("x")}}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v", err)
	}
}

// TestOllama: the official Go client.
func TestOllama(t *testing.T) {
	s, at := withModel(t)
	base, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	c := api.NewClient(base, http.DefaultClient)
	ctx := t.Context()
	tags, err := c.List(ctx)
	if err != nil || len(tags.Models) != 1 {
		t.Fatalf("%v %+v", err, tags)
	}
	name := tags.Models[0].Name
	if show, err := c.Show(ctx, &api.ShowRequest{Model: name + ":latest"}); err != nil || show.ModelInfo["general.architecture"] == "" {
		t.Errorf("%v %+v", err, show)
	}
	if ps, err := c.ListRunning(ctx); err != nil || len(ps.Models) != 1 || ps.Models[0].ContextLength != s.models.ready().info.TrainContext || time.Until(ps.Models[0].ExpiresAt) < time.Hour {
		t.Errorf("%v %+v", err, ps)
	}
	if v, err := c.Version(ctx); err != nil || v == "" {
		t.Errorf("%v %q", err, v)
	}
	if err := c.Heartbeat(ctx); err != nil {
		t.Error(err)
	}
	ask := func(stream bool, prompt string) (text string, last api.GenerateResponse, lines int) {
		t.Helper()
		err := c.Generate(ctx, &api.GenerateRequest{
			Model: name, Prompt: prompt, Raw: true, Stream: &stream, Logprobs: true, Options: map[string]any{"seed": 3, "num_predict": 10},
		}, func(r api.GenerateResponse) error {
			text += r.Response
			last = r
			lines++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return text, last, lines
	}
	streamed, last, lines := ask(true, "def f(x):")
	whole, end, one := ask(false, "def f(x):")
	if streamed != whole || one != 1 || lines < 2 || len(end.Logprobs) == 0 {
		t.Errorf("%q in %d lines, %q in %d, %d log-probabilities", streamed, lines, whole, one, len(end.Logprobs))
	}
	for _, r := range []api.GenerateResponse{last, end} {
		if !r.Done || r.EvalCount == 0 || r.PromptEvalCount == 0 || r.TotalDuration < r.EvalDuration || r.PromptEvalDuration <= 0 || r.DoneReason == "" {
			t.Errorf("%+v", r)
		}
	}
	if _, loaded, _ := ask(true, ""); loaded.DoneReason != "load" {
		t.Errorf("%+v", loaded)
	}
	chat := ""
	err = c.Chat(ctx, &api.ChatRequest{
		Model: name, Messages: []api.Message{{Role: "user", Content: "hi"}}, Options: map[string]any{"num_predict": 5},
	}, func(r api.ChatResponse) error {
		chat += r.Message.Content
		last.Done = r.Done
		return nil
	})
	if err != nil || !last.Done {
		t.Errorf("%v %q", err, chat)
	}
	var refused api.StatusError
	err = c.Generate(ctx, &api.GenerateRequest{Model: "other", Prompt: "x"}, func(api.GenerateResponse) error { return nil })
	if !errors.As(err, &refused) || refused.StatusCode != 404 || refused.ErrorMessage == "" {
		t.Errorf("%v", err)
	}
}

// TestOllamaCommand: Ollama's own command line, unmodified.
func TestOllamaCommand(t *testing.T) {
	if os.Getenv("CODERM_SLOW") == "" { // to build it takes long
		testkit.Skip(t, testkit.Slow)
	}
	command := testkit.Fetched(t, "ollama-client/ollama-*", "scripts/build-ollama-client.sh")
	s, at := withModel(t)
	name := s.models.ready().name
	for _, c := range []struct {
		args   []string
		want   string // in what it prints
		failed bool
	}{
		{args: []string{"list"}, want: name},
		{args: []string{"ps"}, want: "Forever"},
		{args: []string{"show", name}, want: "context length"},
		{args: []string{"run", name, "--verbose", "Say hi."}, want: "eval rate:"},
		{args: []string{"run", "other", "Say hi."}, want: "is not here", failed: true},
	} {
		p := exec.CommandContext(t.Context(), command, c.args...)
		p.Env = append(os.Environ(), "OLLAMA_HOST="+at, "HOME="+t.TempDir())
		out, err := p.CombinedOutput()
		if (err != nil) != c.failed || !strings.Contains(string(out), c.want) {
			t.Errorf("%q: %v\n%s", c.args, err, out)
		}
	}
}

// TestManyClients: what each of many clients gets at once is what it gets alone,
// and a prompt that they share is computed once. In a quantized model numbers would
// round too differently in batches of other sizes.
func TestManyClients(t *testing.T) {
	_, at := start(t, Config{Model: tiny(t, "F32"), Threads: 1})
	complete := func(i int) string {
		var a struct {
			Choices []struct{ Text string }
		}
		code, text := post(t, at+"/v1/completions", map[string]any{"prompt": "def f(x):", "seed": i, "max_tokens": 8, "n": 2}, &a)
		if code != 200 || len(a.Choices) != 2 {
			t.Errorf("client %d: %d %s", i, code, text)
			return ""
		}
		return a.Choices[0].Text + "|" + a.Choices[1].Text
	}
	alone := map[int]string{}
	for i := range 24 {
		alone[i] = complete(i)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	together := map[int]string{}
	for i := range 24 {
		wg.Go(func() {
			text := complete(i)
			mu.Lock()
			together[i] = text
			mu.Unlock()
		})
	}
	wg.Wait()
	if d := cmp.Diff(alone, together); d != "" {
		t.Error(d)
	}
}

// TestClientGoesAway: its completions end, and others are answered.
func TestClientGoesAway(t *testing.T) {
	s, at := withModel(t)
	for _, stream := range []bool{true, false} {
		ctx, leave := context.WithCancel(t.Context())
		body, _ := json.Marshal(map[string]any{"prompt": "x", "max_tokens": 500, "n": 16, "stream": stream, "min_p": 0})
		r, _ := http.NewRequestWithContext(ctx, "POST", at+"/v1/completions", bytes.NewReader(body))
		if stream {
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			a.Body.Read(make([]byte, 10))
			leave()
			a.Body.Close()
		} else {
			go func() {
				for len(s.queue) == 0 {
				}
				leave()
			}()
			if a, err := http.DefaultClient.Do(r); err == nil {
				a.Body.Close()
			}
		}
		if code, text := post(t, at+"/v1/completions", map[string]any{"prompt": "x", "max_tokens": 1}, nil); code != 200 {
			t.Errorf("%d %s", code, text)
		}
		leave()
	}
}

// TestPython: the official Python client.
func TestPython(t *testing.T) {
	clients := filepath.Dir(testkit.Fetched(t, "clients/ready-1", "scripts/fetch-clients.sh"))
	_, at := withModel(t)
	c := exec.CommandContext(t.Context(), filepath.Join(clients, "bin/python"), "testdata/openai_client.py", at+"/v1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestWriting: whatever tokens a text comes in, its pieces are the text up to the
// first stop string that a token completes, and none ends within a character.
func TestWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.SampledFrom([]rune("abcé€😀\n")), 0, 40, -1).Draw(t, "text")
		stop := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("abcé")), 1, 4, -1), 0, 3).Draw(t, "stop")
		w := &writing{stop: stop}
		said := ""
		want, why := "", engine.FinishEOT
		for rest := body; rest != "" && why == engine.FinishEOT; {
			n := rapid.IntRange(1, min(4, len(rest))).Draw(t, "n")
			p, ok := w.add(engine.Token{Text: rest[:n]})
			want += rest[:n]
			rest = rest[n:]
			if strings.Contains(p.text, "\uFFFD") || ok && p.text == "" {
				t.Fatalf("a piece %q", p.text)
			}
			said += p.text
			at := len(want) // the engine ends it with the token that completes a stop string
			for _, x := range stop {
				if i := strings.Index(want, x); i >= 0 {
					at, why = min(at, i), engine.FinishStop
				}
			}
			want = want[:at]
		}
		p := w.end(why)
		if said += p.text; said != want {
			t.Fatalf("said %q, want %q", said, want)
		}
	})
}
