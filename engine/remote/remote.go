// Package remote draws samples from a server: Ollama, or anything that speaks
// OpenAI's completions. A server has no shared prefill that its interface would
// promise and no hidden states; engine/llama is the fast way.
package remote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"

	"coderm/engine"
	"coderm/internal/seed"
)

// Config says which server to ask and how patiently.
type Config struct {
	Address string // e.g. http://localhost:11434, for OpenAI's with the path up to /v1
	Model   string // its name there
	Key     string // of an OpenAI-compatible server; may be empty
	// Parallel bounds the requests under way at once, at least 1.
	Parallel int
	// Timeout bounds an answer, Silence the time in which nothing of it comes; 0 =
	// an hour, 15 minutes. A server that does not stream is silent until the
	// completion is done.
	Timeout, Silence time.Duration
	// Patience is how long a request is repeated while the server says that it is
	// busy or starting; 0 = 2 minutes.
	Patience time.Duration
	// Waiting, if set, is told of long pauses between two tries.
	Waiting func(why error, pause time.Duration)
}

// Generator draws every sample by a request of its own. It implements
// engine.Generator; the tokens of its prompts are those of Tokenize.
type Generator struct {
	server   server
	parallel int
	retry    retry
	served   atomic.Int64 // answers that were completions
	probing  sync.Mutex
}

// server completes one prompt. Its errors are failures.
type server interface {
	complete(ctx context.Context, prompt string, r engine.Request, seed uint32) (engine.Sample, error)
	// shape names the server and its model in every sample.
	shape() string
}

var _ engine.Generator = (*Generator)(nil)

// Ollama draws from a model of an Ollama server.
func Ollama(c Config) (*Generator, error) {
	c.Key = "" // which is for others
	base, err := c.check("Ollama server", "http://localhost:11434")
	if err != nil {
		return nil, err
	}
	return c.generator(&ollama{c.client(), base.JoinPath("api/generate").String(), c.Model}), nil
}

// OpenAI draws from a server with OpenAI's completions.
func OpenAI(c Config) (*Generator, error) {
	base, err := c.check("OpenAI-compatible server", "http://localhost:8080/v1")
	if err != nil {
		return nil, err
	}
	return c.generator(&openAI{c.client(), base.JoinPath("completions").String(), c.Model}), nil
}

// check completes the settings.
func (c *Config) check(kind, example string) (*url.URL, error) {
	base, err := url.Parse(c.Address)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("%s %q: want an address such as %s", kind, c.Address, example)
	case c.Parallel < 1:
		return nil, fmt.Errorf("%s: %d requests at once: want at least 1", kind, c.Parallel)
	case c.Timeout < 0 || c.Silence < 0 || c.Patience < 0:
		return nil, fmt.Errorf("%s: a time limit below zero", kind)
	case strings.ContainsFunc(strings.TrimSpace(c.Key), unicode.IsControl):
		return nil, fmt.Errorf("%s: the key has control characters or several lines, and cannot be sent", kind)
	}
	for limit, standard := range map[*time.Duration]time.Duration{&c.Timeout: time.Hour, &c.Silence: 15 * time.Minute, &c.Patience: 2 * time.Minute} {
		if *limit == 0 {
			*limit = standard
		}
	}
	return base, nil
}

func (c *Config) client() *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.Parallel
	return &client{&http.Client{Transport: transport, CheckRedirect: keepPosting}, c.Key, c.Timeout, c.Silence}
}

func (c *Config) generator(s server) *Generator {
	return &Generator{server: s, parallel: c.Parallel, retry: newRetry(c.Patience, c.Waiting)}
}

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
// server's tokens. It ends when the server does not serve at all; what only one
// request causes is that request's error, and its other samples are not asked
// for.
func (g *Generator) Generate(ctx context.Context, requests []engine.Request, yield func(int, engine.Sample) error) error {
	for _, r := range requests {
		if r.Hidden != nil {
			return errors.New("a remote model has no hidden states; use a local one")
		}
	}
	var mu sync.Mutex // of what follows, and yield is called under it
	unserved := engine.RequestErrors{}
	group, workers := errgroup.WithContext(ctx)
	group.SetLimit(g.parallel)
	for i, r := range requests {
		text := textOf(r.Prompt)
		for index := r.FirstIndex; index < r.FirstIndex+r.N && workers.Err() == nil; index++ {
			group.Go(func() error {
				mu.Lock()
				failed := unserved[i] != nil
				mu.Unlock()
				if failed {
					return nil
				}
				s, own, err := g.sample(workers, text, r, index)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case own && unserved[i] == nil:
					unserved[i] = err
				case own:
				case err != nil:
					return err
				case workers.Err() != nil:
					return context.Cause(workers)
				default:
					return yield(i, s)
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(unserved) > 0 {
		return maps.Clone(unserved)
	}
	return nil
}

// textOf is what Tokenize made a prompt of.
func textOf(prompt []int32) string {
	text := make([]byte, len(prompt))
	for i, id := range prompt {
		text[i] = byte(id)
	}
	return string(text)
}

// sample draws one sample, with as many tries as it takes. own tells that the
// request is to blame for the error, not the server.
func (g *Generator) sample(ctx context.Context, text string, r engine.Request, index int) (s engine.Sample, own bool, err error) {
	stream := seed.Served(r.Seed, index)
	before := g.served.Load()
	err = g.retry.do(ctx, func() (err error) {
		s, err = g.server.complete(ctx, text, r, stream)
		return err
	})
	if err != nil {
		own = ctx.Err() == nil && g.blames(ctx, err, before, r)
		return s, own, fmt.Errorf("%s: %w", g.server.shape(), err)
	}
	g.served.Add(1)
	s.Index, s.Seed, s.Shape = index, uint64(stream), g.server.shape()
	return s, false, nil
}

// blames tells whether it is the request that cannot be served. The server is to
// blame if it does not complete a few words with the same settings either.
func (g *Generator) blames(ctx context.Context, err error, before int64, r engine.Request) bool {
	f := failureOf(err)
	g.probing.Lock()
	defer g.probing.Unlock()
	switch {
	case f.kind == lasting:
		return false
	case f.kind == refused && g.served.Load() > 0:
		return true // it serves requests such as ours
	case g.served.Load() > before:
		return true
	}
	r.MaxTokens = min(r.MaxTokens, 8)
	if _, err := g.server.complete(ctx, "def add(a, b):", r, 1); err != nil {
		return false
	}
	g.served.Add(1)
	return true
}
