package remote

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"coderm/engine"
)

// completion is an OpenAI-compatible server's answer, or a part of one that is
// streamed: to a request for completions, or to one of the chat interface.
type completion struct {
	Choices []choice `json:"choices"`
	Usage   struct {
		Completion tokenCount `json:"completion_tokens"`
	} `json:"usage"`
	Error *apiError `json:"error"`
}

type choice struct {
	Index        int      `json:"index"`
	Text         *string  `json:"text"`
	FinishReason string   `json:"finish_reason"`
	Logprobs     logprobs `json:"logprobs"`
	message               // of a completion's thinking, where a server has it apart
	Message      *message `json:"message"`
	Delta        *message `json:"delta"` // a part of a message
}

// message is what a model answers. Servers have two names for its thinking, and
// OpenAI's models one more for an answer that they will not give.
type message struct {
	Content   *string `json:"content"`
	Thinking  string  `json:"reasoning_content"`
	Reasoning string  `json:"reasoning"`
	Refusal   string  `json:"refusal"`
}

func (m *message) thought() bool { return m.Thinking != "" || m.Reasoning != "" }

// settle has a choice's text and thinking in one place.
func (x *choice) settle() {
	for _, m := range []*message{x.Message, x.Delta} {
		if m == nil {
			continue
		}
		x.Thinking += m.Thinking + m.Reasoning
		x.Refusal += m.Refusal
		if m.Content != nil {
			x.Text = m.Content
		} else if x.Text == nil && (m.thought() || x.FinishReason != "") {
			x.Text = new(string) // cut off before it said anything
		}
	}
}

// readCompletion reads an answer to a conversation (chat) or to a text.
func readCompletion(data []byte, chat bool) ([]engine.Sample, error) {
	c, err := parseCompletion(data, chat)
	if err != nil {
		return nil, err
	}
	return c.samples()
}

func parseCompletion(data []byte, chat bool) (completion, error) {
	var c completion
	if err := json.Unmarshal(strict(data), &c); err != nil {
		return c, noCompletion(data)
	}
	if c.Error != nil && c.Error.message != "" {
		return c, c.Error.failure()
	}
	for i := range c.Choices {
		x := &c.Choices[i]
		if !chat && x.Text == nil && (x.Message != nil || x.Delta != nil) {
			return c, failed(refused, "the answer has no text: it is one of the chat interface (message)")
		}
		x.settle()
	}
	return c, nil
}

// readStream reads an answer that came in parts though nobody asked for it.
func readStream(data []byte, chat bool) ([]engine.Sample, error) {
	var all completion
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
		c, err := parseCompletion(part, chat)
		if err != nil {
			return nil, err
		}
		all.Usage.Completion = max(all.Usage.Completion, c.Usage.Completion)
		for _, now := range c.Choices {
			all.add(now)
		}
	}
	ended := func(x choice) bool { return x.FinishReason != "" }
	if !done && !slices.ContainsFunc(all.Choices, ended) {
		return nil, failed(passing, "the answer broke off")
	}
	return all.samples()
}

// add joins a part of a choice to what came of it before.
func (c *completion) add(now choice) {
	i := slices.IndexFunc(c.Choices, func(x choice) bool { return x.Index == now.Index })
	if i < 0 {
		c.Choices = append(c.Choices, now)
		return
	}
	sum := &c.Choices[i]
	sum.Logprobs += now.Logprobs
	sum.Thinking += now.Thinking
	sum.Refusal += now.Refusal
	if now.FinishReason != "" {
		sum.FinishReason = now.FinishReason
	}
	if now.Text != nil {
		whole := *now.Text
		if sum.Text != nil {
			whole = *sum.Text + whole
		}
		sum.Text = &whole
	}
}

// samples are the completions that an answer holds, or why it holds none. Tokens are
// counted for all of them together, so each has its part.
func (c *completion) samples() ([]engine.Sample, error) {
	if len(c.Choices) == 0 {
		return nil, failed(passing, "the answer has no choices")
	}
	slices.SortStableFunc(c.Choices, func(a, b choice) int { return a.Index - b.Index })
	var out []engine.Sample
	for i, x := range c.Choices {
		s, err := x.sample()
		if err != nil {
			return nil, err
		}
		n, k := int(c.Usage.Completion), len(c.Choices)
		s.Tokens = n*(i+1)/k - n*i/k
		out = append(out, s)
	}
	return out, nil
}

func (x *choice) sample() (engine.Sample, error) {
	out := engine.Sample{LogProb: float64(x.Logprobs), Finish: engine.FinishEOT}
	switch x.FinishReason {
	case "error", "abort", "cancelled":
		return out, failed(passing, "the server broke the answer off: its finish_reason is %q", x.FinishReason)
	case "content_filter":
		out.Finish = engine.FinishFilter
		return out, nil
	}
	switch {
	case x.Text == nil && x.Refusal != "":
		out.Finish = engine.FinishFilter
		return out, nil
	case x.Text == nil:
		return out, failed(passing, "the answer has no text")
	}
	switch out.Text = *x.Text; {
	case strings.TrimSpace(out.Text) == "" && x.thought():
		out.Finish = engine.FinishThinking
	case x.FinishReason == "length":
		out.Finish = engine.FinishLength
	}
	return out, nil
}
