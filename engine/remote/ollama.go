package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ollama/ollama/api"

	"coderm/engine"
)

// Ollama draws from a model of the Ollama server at address, with up to parallel
// requests at once.
func Ollama(address, model string, parallel int) (*Generator, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("ollama server %q: want an address such as http://localhost:11434", address)
	}
	if parallel < 1 {
		return nil, fmt.Errorf("ollama server: %d requests at once: want at least 1", parallel)
	}
	return &Generator{&ollama{api.NewClient(base, http.DefaultClient), model}, parallel}, nil
}

type ollama struct {
	client *api.Client
	model  string
}

func (o *ollama) shape() string { return "ollama/" + o.model }

func (o *ollama) complete(ctx context.Context, prompt string, r engine.Request, seed uint32) (engine.Sample, error) {
	s := r.Sampling
	options := map[string]any{
		"seed": seed, "num_predict": r.MaxTokens, "stop": r.Stop,
		// Ollama has defaults of its own for what is not said.
		"temperature": s.Temperature, "top_k": s.TopK, "min_p": s.MinP,
		"top_p": orOne(s.TopP), "repeat_penalty": orOne(s.Repeat),
	}
	var text strings.Builder
	var last api.GenerateResponse
	out := engine.Sample{}
	err := o.client.Generate(ctx, &api.GenerateRequest{
		Model: o.model, Prompt: prompt, Raw: true, Options: options, Logprobs: true,
	}, func(part api.GenerateResponse) error {
		text.WriteString(part.Response)
		for _, p := range part.Logprobs {
			out.LogProb += p.Logprob
		}
		last = part
		return nil
	})
	switch {
	case err != nil:
		return out, err
	case !last.Done:
		return out, errors.New("the answer broke off")
	}
	out.Text, out.Tokens = text.String(), last.EvalCount
	// Ollama does not tell a stop string from the end of the turn.
	if out.Finish = engine.FinishEOT; last.DoneReason == "length" {
		out.Finish = engine.FinishLength
	}
	return out, nil
}

// orOne is how servers are told that a setting is off.
func orOne(v float32) float32 {
	if v == 0 {
		return 1
	}
	return v
}
