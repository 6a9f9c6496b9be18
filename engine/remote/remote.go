// Package remote draws samples from a server: Ollama, or anything that speaks
// OpenAI's completions. A server has no shared prefill that its interface would
// promise and no hidden states; engine/llama is the fast way.
package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"coderm/engine"
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

// Model draws every sample by a request of its own. It implements engine.Model.
type Model struct {
	server   server
	parallel int
	retry    retry
	served   atomic.Int64 // answers that were completions
	probing  sync.Mutex
}

// server draws one sample of a request. Its errors are failures.
type server interface {
	complete(ctx context.Context, r engine.Request, seed uint32) (engine.Sample, error)
	// shape names the server and its model in every sample.
	shape() string
}

var _ engine.Model = (*Model)(nil)

// Ollama draws from a model of an Ollama server.
func Ollama(c Config) (*Model, error) {
	c.Key = "" // which is for others
	base, err := c.check("Ollama server", "http://localhost:11434")
	if err != nil {
		return nil, err
	}
	return c.over(&ollama{c.client(), base.JoinPath("api/generate").String(), c.Model}), nil
}

// OpenAI draws from a server with OpenAI's completions.
func OpenAI(c Config) (*Model, error) {
	base, err := c.check("OpenAI-compatible server", "http://localhost:8080/v1")
	if err != nil {
		return nil, err
	}
	return c.over(&openAI{c.client(), base.JoinPath("completions").String(), c.Model}), nil
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

func (c *Config) over(s server) *Model {
	return &Model{server: s, parallel: c.Parallel, retry: newRetry(c.Patience, c.Waiting)}
}
