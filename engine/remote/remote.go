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
func (g *Generator) Generate(ctx context.Context, r engine.Request, yield func(engine.Sample) error) error {
	if r.Hidden != nil {
		return errors.New("a remote model has no hidden states; use a local one")
	}
	text := make([]byte, len(r.Prompt))
	for i, id := range r.Prompt {
		text[i] = byte(id)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(g.parallel + 1) // and the one that hands over
	done := make(chan engine.Sample)
	group.Go(func() error {
		for range r.N {
			select {
			case s := <-done:
				if err := yield(s); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	for i := range r.N {
		group.Go(func() error {
			index := r.FirstIndex + i
			// Servers take 31 bits; consecutive seeds are what they expect.
			seed := uint32(r.Seed+uint64(index)) &^ (1 << 31)
			s, err := g.server.complete(ctx, string(text), r, seed)
			if err != nil {
				return fmt.Errorf("%s: %w", g.server.shape(), err)
			}
			s.Index, s.Seed, s.Shape = index, uint64(seed), g.server.shape()
			select {
			case done <- s:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}
	return group.Wait()
}
