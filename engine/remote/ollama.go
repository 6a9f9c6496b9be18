package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"github.com/ollama/ollama/api"

	"coderm/engine"
)

// ollama asks for raw completions, and for answers to conversations:
// https://docs.ollama.com/api/generate and …/chat. Requests are those of Ollama's own
// package; its client is not used, because it hides Retry-After and how an answer broke
// off, nor its answers, which do not tell an empty response from none.
type ollama struct {
	*client
	base  *url.URL
	model string
}

func (o *ollama) most() int { return 1 }

// ollamaPart is a line of the answer.
type ollamaPart struct {
	Response   *string        `json:"response"`
	Thinking   string         `json:"thinking"`
	Message    *ollamaMessage `json:"message"` // of a conversation, instead of the two
	Done       bool           `json:"done"`
	DoneReason string         `json:"done_reason"`
	EvalCount  tokenCount     `json:"eval_count"`
	Logprobs   []logprob      `json:"logprobs"`
	Error      *apiError      `json:"error"`
}

type ollamaMessage struct {
	Content  *string `json:"content"`
	Thinking string  `json:"thinking"`
}

func (o *ollama) complete(ctx context.Context, r engine.Request, seed uint32, _ int) (s []engine.Sample, err error) {
	if len(r.Prompt.Tokens) > 0 {
		return nil, failed(refused, "Ollama takes a prompt's text, not its tokens")
	}
	p := r.Sampling
	whole := false // a prompt that does not fit is an error, not half a prompt
	options := map[string]any{
		"seed": seed, "num_predict": r.MaxTokens, "stop": r.Stop,
		// Ollama has defaults of its own for what is not said.
		"temperature": p.Temperature, "top_k": p.TopK, "min_p": p.MinP,
		"top_p": orOne(p.TopP), "repeat_penalty": orOne(p.Repeat),
	}
	var path string
	var body any
	if len(r.Prompt.Messages) > 0 {
		q := api.ChatRequest{Model: o.model, Logprobs: true, Truncate: &whole, Options: options}
		for _, m := range r.Prompt.Messages {
			q.Messages = append(q.Messages, api.Message{Role: m.Role, Content: m.Content})
		}
		path, body = "api/chat", q
	} else {
		path, body = "api/generate", api.GenerateRequest{
			Model: o.model, Prompt: r.Prompt.Text, Raw: true, Logprobs: true, Truncate: &whole, Options: options,
		}
	}
	err = o.post(ctx, o.base.JoinPath(path).String(), body, func(_ string, answer io.Reader) error {
		one, err := readOllama(answer, len(r.Prompt.Messages) > 0)
		s = []engine.Sample{one}
		return err
	})
	return s, err
}

// readOllama reads an answer to a conversation (chat) or to a text, an object a line.
func readOllama(answer io.Reader, chat bool) (engine.Sample, error) {
	var out engine.Sample
	var text strings.Builder
	said, thought := false, false
	data, err := io.ReadAll(answer)
	if err != nil {
		return out, err
	}
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var part ollamaPart
		if err := json.Unmarshal(strict(line), &part); err != nil {
			return out, noCompletion(data)
		}
		if part.Error != nil && part.Error.message != "" {
			return out, part.Error.failure()
		}
		if m := part.Message; chat && m != nil {
			part.Response, part.Thinking = m.Content, m.Thinking
		}
		if part.Response != nil {
			said = true
			text.WriteString(*part.Response)
		}
		thought = thought || part.Thinking != ""
		for _, p := range part.Logprobs {
			out.LogProb += p.value()
		}
		if !part.Done {
			continue
		}
		if part.DoneReason == "load" || part.DoneReason == "unload" {
			return out, failed(passing, "the answer has no text: the server has only (un)loaded the model")
		}
		if !said {
			return out, failed(refused, "the answer has no text (no \"response\" or \"message\")")
		}
		out.Text, out.Tokens, out.Finish = text.String(), int(part.EvalCount), engine.FinishEOT
		switch { // Ollama does not tell a stop string from the end of the turn
		case out.Text == "" && thought:
			out.Finish = engine.FinishThinking
		case part.DoneReason == "length":
			out.Finish = engine.FinishLength
		}
		return out, nil
	}
	return out, failed(passing, "the answer broke off")
}

// orOne is how servers are told that a setting is off.
func orOne(v float32) float32 {
	if v == 0 {
		return 1
	}
	return v
}
