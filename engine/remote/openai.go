package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"coderm/engine"
)

// openAI asks for completions of a text or of tokens:
// https://platform.openai.com/docs/api-reference/completions.
type openAI struct {
	*client
	url, model string
}

func (o *openAI) shape() string { return "openai/" + o.model }

// completion is an answer, or a part of one that is streamed.
type completion struct {
	Choices []choice `json:"choices"`
	Usage   struct {
		Completion tokenCount `json:"completion_tokens"`
	} `json:"usage"`
	Error *apiError `json:"error"`
}

type choice struct {
	Text         *string         `json:"text"`
	FinishReason string          `json:"finish_reason"`
	Logprobs     logprobs        `json:"logprobs"`
	Reasoning    string          `json:"reasoning_content"`
	Message      json.RawMessage `json:"message"` // of the chat interface
	Delta        json.RawMessage `json:"delta"`   // likewise
}

func (o *openAI) complete(ctx context.Context, r engine.Request, seed uint32) (s engine.Sample, err error) {
	var prompt any = r.Prompt.Text
	if ids := r.Prompt.Tokens; len(ids) > 0 {
		prompt = ids
	}
	body := map[string]any{
		"model": o.model, "prompt": prompt, "seed": seed, "max_tokens": r.MaxTokens,
		"temperature": r.Sampling.Temperature, "top_p": orOne(r.Sampling.TopP), "logprobs": 0,
	}
	if len(r.Stop) > 0 {
		body["stop"] = r.Stop
	}
	err = o.post(ctx, o.url, body, func(contentType string, answer io.Reader) error {
		data, err := io.ReadAll(answer)
		if err != nil {
			return err
		}
		// Not every server that streams says so.
		if strings.HasPrefix(contentType, "text/event-stream") || bytes.HasPrefix(bytes.TrimSpace(data), []byte("data:")) {
			s, err = readStream(data)
		} else {
			s, err = readCompletion(data)
		}
		return err
	})
	return s, err
}

func readCompletion(data []byte) (engine.Sample, error) {
	c, err := parseCompletion(data)
	if err != nil {
		return engine.Sample{}, err
	}
	return c.sample()
}

func parseCompletion(data []byte) (completion, error) {
	var c completion
	if err := json.Unmarshal(strict(data), &c); err != nil {
		return c, noCompletion(data)
	}
	if c.Error != nil && c.Error.message != "" {
		return c, c.Error.failure()
	}
	return c, nil
}

// readStream reads an answer that came in parts though nobody asked for it.
func readStream(data []byte) (engine.Sample, error) {
	var all completion
	var text strings.Builder
	done := false
	for line := range bytes.Lines(data) {
		part, ok := bytes.CutPrefix(line, []byte("data:"))
		if part = bytes.TrimSpace(part); !ok || len(part) == 0 {
			continue // a comment, an event's name or the end of one
		}
		if string(part) == "[DONE]" {
			done = true
			break
		}
		c, err := parseCompletion(part)
		if err != nil {
			return engine.Sample{}, err
		}
		all.Usage.Completion = max(all.Usage.Completion, c.Usage.Completion)
		if len(c.Choices) == 0 {
			continue
		}
		now := c.Choices[0]
		if len(all.Choices) == 0 {
			all.Choices = []choice{now}
		} else {
			sum := &all.Choices[0]
			sum.Logprobs += now.Logprobs
			sum.Reasoning += now.Reasoning
			if now.FinishReason != "" {
				sum.FinishReason = now.FinishReason
			}
		}
		if now.Text != nil {
			text.WriteString(*now.Text)
			whole := text.String()
			all.Choices[0].Text = &whole
		}
	}
	if !done && (len(all.Choices) == 0 || all.Choices[0].FinishReason == "") {
		return engine.Sample{}, failed(passing, "the answer broke off")
	}
	return all.sample()
}

// sample is the completion an answer holds, or why it holds none.
func (c *completion) sample() (engine.Sample, error) {
	if len(c.Choices) == 0 {
		return engine.Sample{}, failed(passing, "the answer has no choices")
	}
	x := c.Choices[0]
	if x.FinishReason == "error" || x.FinishReason == "abort" || x.FinishReason == "cancelled" {
		return engine.Sample{}, failed(passing, "the server broke the answer off: its finish_reason is %q", x.FinishReason)
	}
	out := engine.Sample{Tokens: int(c.Usage.Completion), LogProb: float64(x.Logprobs), Finish: engine.FinishEOT}
	switch {
	case x.FinishReason == "content_filter":
		out.Finish = engine.FinishFilter
		return out, nil
	case x.Text == nil && (len(x.Message) > 0 || len(x.Delta) > 0):
		return out, failed(refused, "the answer has no text: it is one of the chat interface (message)")
	case x.Text == nil:
		return out, failed(passing, "the answer has no text")
	}
	switch out.Text = *x.Text; {
	case out.Text == "" && x.Reasoning != "":
		out.Finish = engine.FinishThinking
	case x.FinishReason == "length":
		out.Finish = engine.FinishLength
	}
	return out, nil
}
