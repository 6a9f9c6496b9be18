package sched

import (
	"errors"
	"fmt"

	"coderm/engine"
	"coderm/kernels"
)

// take pulls the call's requests up to one that can be served, which becomes a
// job; nil when there is none. An error ends the call.
func (c *call) take() (*job, error) {
	for !c.cancelled.Load() {
		r, ok := c.next()
		if !ok {
			break
		}
		number := c.count
		c.count++
		if err := c.check(&r); err != nil {
			return nil, err
		}
		s := r.Sampling
		settings := kernels.Settings{Temperature: s.Temperature, TopK: int32(s.TopK), TopP: s.TopP, MinP: s.MinP, Repeat: s.Repeat}
		if err := settings.Validate(); err != nil {
			return nil, err
		}
		prompt, err := c.tokenize(r.Prompt)
		if err != nil {
			c.unserved[number] = err
			continue
		}
		c.left++
		return &job{call: c, number: number, req: r, prompt: prompt, settings: settings}, nil
	}
	return nil, nil
}

// text is the part of a prompt that tokens are made of.
type text struct {
	string
	rendered bool
}

// rememberedTexts is more than the prompts of one problem.
const rememberedTexts = 64

// tokenize gives a prompt's tokens. Requests of one prompt share them, and by
// that its cells in the KV cache.
func (c *call) tokenize(p engine.Prompt) (ids []int32, err error) {
	if len(p.Tokens) > 0 || p.Text == "" {
		return p.Tokens, c.fits(len(p.Tokens))
	}
	key := text{p.Text, p.Rendered}
	if ids, known := c.tokens[key]; known {
		return ids, nil
	}
	if ids, err = c.model.Tokenize(p.Text, !p.Rendered); err != nil {
		return nil, err
	}
	if err := c.fits(len(ids)); err != nil {
		return nil, err
	}
	if len(c.tokens) == rememberedTexts {
		clear(c.tokens)
	}
	c.tokens[key] = ids
	return ids, nil
}

// fits refuses a prompt that leaves no room for a token.
func (c *call) fits(tokens int) error {
	if most := c.model.MaxPositions(); tokens == 0 {
		return errors.New("the prompt is empty")
	} else if tokens >= most {
		return fmt.Errorf("a prompt of %d tokens leaves no room in a context of %d", tokens, most)
	}
	return nil
}
