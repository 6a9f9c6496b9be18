package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/ollama/ollama/api"

	"coderm/engine"
)

// ollama asks for raw completions: https://docs.ollama.com/api/generate. Requests
// are those of Ollama's own package; its client is not used, because it hides
// Retry-After and how an answer broke off, nor its answers, which do not tell an
// empty response from none.
type ollama struct {
	*client
	url, model string
}

func (o *ollama) shape() string { return "ollama/" + o.model }

// ollamaPart is a line of the answer.
type ollamaPart struct {
	Response   *string    `json:"response"`
	Thinking   string     `json:"thinking"`
	Done       bool       `json:"done"`
	DoneReason string     `json:"done_reason"`
	EvalCount  tokenCount `json:"eval_count"`
	Logprobs   []logprob  `json:"logprobs"`
	Error      *apiError  `json:"error"`
}

func (o *ollama) complete(ctx context.Context, r engine.Request, seed uint32) (s engine.Sample, err error) {
	if len(r.Prompt.Tokens) > 0 {
		return s, failed(refused, "Ollama takes a prompt's text, not its tokens")
	}
	p := r.Sampling
	whole := false // a prompt that does not fit is an error, not half a prompt
	body := api.GenerateRequest{
		Model: o.model, Prompt: r.Prompt.Text, Raw: true, Logprobs: true, Truncate: &whole,
		Options: map[string]any{
			"seed": seed, "num_predict": r.MaxTokens, "stop": r.Stop,
			// Ollama has defaults of its own for what is not said.
			"temperature": p.Temperature, "top_k": p.TopK, "min_p": p.MinP,
			"top_p": orOne(p.TopP), "repeat_penalty": orOne(p.Repeat),
		},
	}
	err = o.post(ctx, o.url, body, func(_ string, answer io.Reader) (err error) {
		s, err = readOllama(answer)
		return err
	})
	return s, err
}

// readOllama reads an answer, an object a line.
func readOllama(answer io.Reader) (engine.Sample, error) {
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
			return out, failed(refused, "the answer has no text (no \"response\")")
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
