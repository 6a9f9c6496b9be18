// Package remote draws samples from a server: Ollama, or anything that speaks
// OpenAI's completions. A server has no shared prefill that its interface would
// promise and no hidden states; engine/llama is the fast way.
package remote

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"coderm/engine"
)

// Generator draws every sample by a request of its own. It implements
// engine.Generator; the tokens of its prompts are those of Tokenize.
type Generator struct {
	server   server
	parallel int
}

// server completes one prompt.
type server interface {
	complete(ctx context.Context, prompt string, r engine.Request, seed uint32) (engine.Sample, error)
	// shape names the server and its model in every sample.
	shape() string
}

var _ engine.Generator = (*Generator)(nil)

// Tokenize makes a prompt that Generate sends as the same text: a remote model's
// vocabulary is not known here, so a token is a byte.
func (g *Generator) Tokenize(text string, _ bool) ([]int32, error) {
	ids := make([]int32, len(text))
	for i := range len(text) {
		ids[i] = int32(text[i])
	}
	return ids, nil
}

// Generate implements engine.Generator. MaxTokens and Sample.Tokens count the
// server's tokens.
func (g *Generator) Generate(ctx context.Context, requests []engine.Request, yield func(int, engine.Sample) error) error {
	total := 0
	for i, r := range requests {
		if r.Hidden != nil {
			return &engine.RequestError{Request: i, Err: errors.New("a remote model has no hidden states; use a local one")}
		}
		total += r.N
	}
	type answer struct {
		request int
		sample  engine.Sample
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(g.parallel + 1) // and the one that hands over
	done := make(chan answer)
	group.Go(func() error {
		for range total {
			select {
			case a := <-done:
				if err := yield(a.request, a.sample); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	for i, r := range requests {
		text := textOf(r.Prompt)
		for index := r.FirstIndex; index < r.FirstIndex+r.N && ctx.Err() == nil; index++ {
			group.Go(func() error {
				s, err := g.sample(ctx, text, r, index)
				if err != nil {
					return &engine.RequestError{Request: i, Err: err}
				}
				select {
				case done <- answer{i, s}:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
		}
	}
	return group.Wait()
}

// textOf is what Tokenize made a prompt of.
func textOf(prompt []int32) string {
	text := make([]byte, len(prompt))
	for i, id := range prompt {
		text[i] = byte(id)
	}
	return string(text)
}

func (g *Generator) sample(ctx context.Context, text string, r engine.Request, index int) (engine.Sample, error) {
	// Servers take 31 bits; consecutive seeds are what they expect.
	seed := uint32(r.Seed+uint64(index)) &^ (1 << 31)
	s, err := g.server.complete(ctx, text, r, seed)
	if err != nil {
		return s, fmt.Errorf("%s: %w", g.server.shape(), err)
	}
	s.Index, s.Seed, s.Shape = index, uint64(seed), g.server.shape()
	return s, nil
}
