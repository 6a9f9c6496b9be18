package remote

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultParallel is how many completions a server gets at once that does not say how
// many it takes.
const DefaultParallel = 16

// mostParallel bounds what a server may say.
const mostParallel = 512

// findTime bounds each question of Find.
const findTime = 20 * time.Second

// Find asks each of the addresses what is there, and completes the settings by it: the
// interface, the addresses with their paths, and, where they are not given, the model
// if there is but one, and how many completions are taken at once. An address may lack
// its http:// and its /v1.
func (c *Config) Find(ctx context.Context) error {
	parallel, names := mostParallel, []string(nil)
	for i, address := range c.Addresses {
		f, err := c.find(ctx, address)
		if err != nil {
			return err
		}
		if c.Interface != "" && c.Interface != f.speaks {
			return fmt.Errorf("%s is of another kind than %s: servers that share the work are of one", address, c.Addresses[0])
		}
		c.Interface, c.Addresses[i] = f.speaks, f.address
		parallel = min(parallel, f.slots)
		names = append(names, f.models...)
	}
	if c.Parallel == 0 {
		c.Parallel = parallel
	}
	if c.Model != "" {
		return nil
	}
	slices.Sort(names)
	switch names = slices.Compact(names); len(names) {
	case 0:
		return fmt.Errorf("%s does not say which models it has; name one", c.Addresses[0])
	case 1:
		c.Model = names[0]
		return nil
	}
	const enough = 10
	list := strings.Join(names[:min(len(names), enough)], ", ")
	if len(names) > enough {
		list += ", …"
	}
	return fmt.Errorf("%s has %d models; name one of them: %s", c.Addresses[0], len(names), list)
}

// found is what is at an address.
type found struct {
	speaks  Interface
	address string
	models  []string
	slots   int
}

func (c *Config) find(ctx context.Context, address string) (f found, err error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	base, err := OpenAIAPI.parse(address)
	if err != nil {
		return f, err
	}
	asking := Config{
		Interface: OpenAIAPI, Addresses: []string{address}, Parallel: 1, Key: c.Key, Timeout: findTime, Silence: findTime, Patience: c.Patience,
	}
	if err := asking.check(); err != nil {
		return f, err
	}
	client, retry := asking.client(), newRetry(asking.Patience, c.Waiting)
	err = retry.do(ctx, func() (err error) {
		f, err = client.look(ctx, base)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("looking what is at %s: %w", base.Redacted(), err)
	}
	return f, nil
}

// look asks an address for what the interfaces have.
func (c *client) look(ctx context.Context, base *url.URL) (found, error) {
	versioned := strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/v1")
	if !versioned {
		if f, err := c.lookForOllama(ctx, base); err == nil {
			return f, nil
		}
	}
	api := base
	if !versioned {
		api = base.JoinPath("v1")
	}
	f := found{speaks: OpenAIAPI, address: api.String(), slots: DefaultParallel}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := c.get(ctx, api.JoinPath("models").String(), &list); err != nil {
		return f, err
	}
	for _, m := range list.Data {
		f.models = append(f.models, m.ID)
	}
	var props struct { // llama-server's
		Slots int `json:"total_slots"`
	}
	if err := c.get(ctx, api.JoinPath("../props").String(), &props); err == nil && props.Slots > 0 {
		f.slots = min(props.Slots, mostParallel)
	}
	return f, nil
}

// lookForOllama is what an Ollama server has.
func (c *client) lookForOllama(ctx context.Context, base *url.URL) (found, error) {
	f := found{speaks: OllamaAPI, address: base.String(), slots: DefaultParallel}
	var version struct {
		Version string `json:"version"`
	}
	bare := *c
	bare.key = "" // which is for others
	if err := bare.get(ctx, base.JoinPath("api/version").String(), &version); err != nil || version.Version == "" {
		return f, failed(refused, "no Ollama server: %w", err)
	}
	var list struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
	}
	err := bare.get(ctx, base.JoinPath("api/tags").String(), &list)
	for _, m := range list.Models {
		f.models = append(f.models, m.Name)
	}
	return f, err
}
