// Package remote draws samples from servers of one model: Ollama's, or anything that
// speaks OpenAI's completions or chat completions. A server has no hidden states, and
// promises no shared prefill; engine/llama is the fast way.
package remote

import (
	"context"
	"errors"
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

// Interface is what a server speaks.
type Interface string

const (
	OllamaAPI Interface = "ollama" // its own: /api/generate and /api/chat
	OpenAIAPI Interface = "openai" // OpenAI's: completions and chat/completions
)

// Config says which servers to ask and how patiently.
type Config struct {
	Interface Interface
	// Addresses are of servers that have the same model and share the work, e.g.
	// http://localhost:11434, for OpenAI's with the path up to /v1.
	Addresses []string
	Model     string // its name there
	Key       string // of an OpenAI-compatible server; may be empty
	// Parallel bounds the completions under way at once at each address, at least 1.
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

// Model draws samples by requests to its servers. It implements engine.Model.
type Model struct {
	servers *pool
	shape   string // names the interface and the model in every sample
	retry   retry
	served  atomic.Int64 // answers that were completions
	asking  atomic.Int64 // requests under way
	probing sync.Mutex
}

// Requests is how many its servers have under way now.
func (m *Model) Requests() int { return int(m.asking.Load()) }

// server draws n samples of a request at most, and one at least: the first with the
// seed, further ones with those that follow it. Its errors are failures.
type server interface {
	complete(ctx context.Context, r engine.Request, seed uint32, n int) ([]engine.Sample, error)
	// most is how many samples it gives at once.
	most() int
}

var _ engine.Model = (*Model)(nil)

// New makes a model of servers, without asking them anything.
func New(c Config) (*Model, error) {
	if c.Interface == OllamaAPI {
		c.Key = "" // which is for others
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	var servers []server
	for _, address := range c.Addresses {
		base, err := c.Interface.parse(address)
		if err != nil {
			return nil, err
		}
		if c.Interface == OllamaAPI {
			servers = append(servers, &ollama{c.client(), base, c.Model})
		} else {
			servers = append(servers, &openAI{client: c.client(), base: base, model: c.Model, atOnce: min(c.Parallel, maxAtOnce)})
		}
	}
	return &Model{
		servers: newPool(servers, c.Parallel), shape: string(c.Interface) + "/" + c.Model, retry: newRetry(c.Patience, c.Waiting),
	}, nil
}

// parse reads an address.
func (i Interface) parse(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		kind, example := "OpenAI-compatible server", "http://localhost:8080/v1"
		if i == OllamaAPI {
			kind, example = "Ollama server", "http://localhost:11434"
		}
		return nil, fmt.Errorf("%s %q: want an address such as %s", kind, address, example)
	}
	return base, nil
}

// check completes the settings.
func (c *Config) check() error {
	switch {
	case c.Interface != OllamaAPI && c.Interface != OpenAIAPI:
		return fmt.Errorf("no interface of servers is called %q", c.Interface)
	case len(c.Addresses) == 0:
		return errors.New("a server without an address")
	case c.Parallel < 1:
		return fmt.Errorf("%d completions at once from a server: want at least 1", c.Parallel)
	case c.Timeout < 0 || c.Silence < 0 || c.Patience < 0:
		return errors.New("a server's time limit is below zero")
	case strings.ContainsFunc(strings.TrimSpace(c.Key), unicode.IsControl):
		return errors.New("the server's key has control characters or several lines, and cannot be sent")
	}
	for limit, standard := range map[*time.Duration]time.Duration{&c.Timeout: time.Hour, &c.Silence: 15 * time.Minute, &c.Patience: 2 * time.Minute} {
		if *limit == 0 {
			*limit = standard
		}
	}
	return nil
}

func (c *Config) client() *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.Parallel
	return &client{&http.Client{Transport: transport, CheckRedirect: keepPosting}, c.Key, c.Timeout, c.Silence}
}
