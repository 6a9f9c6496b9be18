package remote

import (
	"context"
	"fmt"
	"iter"

	"coderm/engine"
	"coderm/internal/seed"
)

// Generate implements engine.Model. MaxTokens and Sample.Tokens count the server's
// tokens. It ends when the server does not serve at all; what only one request
// causes is that request's error, and its other samples are not asked for.
func (m *Model) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	workers, cancel := context.WithCancel(ctx)
	c := &call{model: m, yield: yield, answers: make(chan answer, m.parallel), unserved: engine.RequestErrors{}}
	err := c.serve(workers, requests)
	cancel()
	for c.asked > 0 { // those given up
		<-c.answers
		c.asked--
	}
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(c.unserved) > 0 {
		return c.unserved
	}
	return nil
}

// call is one Generate. Its goroutines only ask the server.
type call struct {
	model    *Model
	yield    func(int, engine.Sample) error
	asked    int         // samples under way
	answers  chan answer // with room for all of them
	unserved engine.RequestErrors
}

// answer is a sample, or why there is none.
type answer struct {
	request int
	sample  engine.Sample
	own     bool // the request is to blame, not the server
	err     error
}

// serve asks for samples, request by request, as many at once as the server is to
// get.
func (c *call) serve(ctx context.Context, requests iter.Seq[engine.Request]) error {
	request := 0
	for r := range requests {
		if err := r.Check(); err != nil {
			return err
		}
		for k := 0; k < r.N && c.unserved[request] == nil; k++ {
			c.ask(ctx, request, r, r.FirstIndex+k)
			if c.asked < c.model.parallel {
				continue
			}
			if err := c.receive(ctx); err != nil {
				return err
			}
		}
		request++
	}
	for c.asked > 0 {
		if err := c.receive(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) ask(ctx context.Context, request int, r engine.Request, index int) {
	c.asked++
	go func() {
		s, own, err := c.model.sample(ctx, r, index)
		c.answers <- answer{request, s, own, err}
	}()
}

// receive waits for an answer and hands it over.
func (c *call) receive(ctx context.Context) error {
	a := <-c.answers
	c.asked--
	switch {
	case a.own && c.unserved[a.request] != nil:
		return nil
	case a.own:
		c.unserved[a.request] = a.err
		return nil
	case a.err != nil:
		return a.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return c.yield(a.request, a.sample)
}

// sample draws one sample, with as many tries as it takes. own tells that the
// request is to blame for the error, not the server.
func (m *Model) sample(ctx context.Context, r engine.Request, index int) (s engine.Sample, own bool, err error) {
	stream := seed.Served(r.Seed, index)
	before := m.served.Load()
	err = m.retry.do(ctx, func() (err error) {
		s, err = m.server.complete(ctx, r, stream)
		return err
	})
	if err != nil {
		own = ctx.Err() == nil && m.blames(ctx, err, before, r)
		return s, own, fmt.Errorf("%s: %w", m.server.shape(), err)
	}
	m.served.Add(1)
	s.Index, s.Seed, s.Shape = index, uint64(stream), m.server.shape()
	return s, false, nil
}

// blames tells whether it is the request that cannot be served. The server is to
// blame if it does not complete a few words with the same settings either.
func (m *Model) blames(ctx context.Context, err error, before int64, r engine.Request) bool {
	f := failureOf(err)
	m.probing.Lock()
	defer m.probing.Unlock()
	switch {
	case f.kind == lasting:
		return false
	case f.kind == refused && m.served.Load() > 0:
		return true // it serves requests such as ours
	case m.served.Load() > before:
		return true
	}
	r.Prompt, r.MaxTokens = engine.Prompt{Text: "def add(a, b):"}, min(r.MaxTokens, 8)
	if _, err := m.server.complete(ctx, r, 1); err != nil {
		return false
	}
	m.served.Add(1)
	return true
}
