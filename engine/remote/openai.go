package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"coderm/engine"
)

// OpenAI draws from a server with OpenAI's completions at base, such as
// http://localhost:8080/v1. key may be empty.
func OpenAI(base, key, model string, parallel int) (*Generator, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("OpenAI-compatible server %q: want an address such as http://localhost:8080/v1", base)
	}
	if parallel < 1 {
		return nil, fmt.Errorf("OpenAI-compatible server: %d requests at once: want at least 1", parallel)
	}
	return &Generator{&openAI{u.JoinPath("completions").String(), key, model}, parallel}, nil
}

type openAI struct{ url, key, model string }

func (o *openAI) shape() string { return "openai/" + o.model }

type completion struct {
	Choices []struct {
		Text         string `json:"text"`
		FinishReason string `json:"finish_reason"`
		Logprobs     struct {
			Tokens []float64 `json:"token_logprobs"`
		} `json:"logprobs"`
	} `json:"choices"`
	Usage struct {
		Completion int `json:"completion_tokens"`
	} `json:"usage"`
}

// answerLimit bounds what is read of an answer: more than any completion has.
const answerLimit = 64 << 20

func (o *openAI) complete(ctx context.Context, prompt string, r engine.Request, seed uint32) (engine.Sample, error) {
	var out engine.Sample
	body, err := json.Marshal(map[string]any{
		"model": o.model, "prompt": prompt, "seed": seed, "max_tokens": r.MaxTokens, "stop": r.Stop,
		"temperature": r.Sampling.Temperature, "top_p": orOne(r.Sampling.TopP), "logprobs": 0,
	})
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	if o.key != "" {
		req.Header.Set("Authorization", "Bearer "+o.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return out, err
	}
	if resp.StatusCode != http.StatusOK {
		return out, fmt.Errorf("%s: %.200s", resp.Status, bytes.TrimSpace(answer))
	}
	var c completion
	if err := json.Unmarshal(answer, &c); err != nil {
		return out, fmt.Errorf("the answer is no completion: %w", err)
	}
	if len(c.Choices) == 0 {
		return out, errors.New("the answer has no choices")
	}
	choice := c.Choices[0]
	out.Text, out.Tokens, out.Finish = choice.Text, c.Usage.Completion, engine.FinishEOT
	if choice.FinishReason == "length" {
		out.Finish = engine.FinishLength
	}
	for _, p := range choice.Logprobs.Tokens {
		out.LogProb += p
	}
	return out, nil
}
