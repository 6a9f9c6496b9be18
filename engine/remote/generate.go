package remote

import (
	"context"
	"fmt"
	"iter"

	"coderm/engine"
	"coderm/internal/seed"
)

// Generate implements engine.Model. MaxTokens and Sample.Tokens count the server's
// tokens. It ends when no server serves at all; what only one request causes is that
// request's error, and its other samples are not asked for.
func (m *Model) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	workers, cancel := context.WithCancel(ctx)
	c := &call{model: m, yield: yield, answers: make(chan answer, m.servers.room()), unserved: engine.RequestErrors{}}
	err := c.serve(workers, requests)
	cancel()
	for c.asked > 0 { // those given up
		c.asked -= (<-c.answers).asked
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

// call is one Generate. Its goroutines only ask servers.
type call struct {
	model    *Model
	yield    func(int, engine.Sample) error
	asked    int         // samples under way
	answers  chan answer // with room for all of them
	unserved engine.RequestErrors
}

// answer is the samples of a part of a request, or why there are none.
type answer struct {
	request int
	asked   int // samples
	samples []engine.Sample
	own     bool // the request is to blame, not the server
	err     error
}

// serve asks for samples, request by request, as many at once as the servers are to
// get.
func (c *call) serve(ctx context.Context, requests iter.Seq[engine.Request]) error {
	request, room := 0, c.model.servers.room()
	for r := range requests {
		if err := r.Check(); err != nil {
			return err
		}
		var at *member
		for k := 0; k < r.N && c.unserved[request] == nil; {
			at = c.model.servers.take(at, 0)
			n := min(r.N-k, at.most())
			if err := c.receiveUntil(ctx, room-n); err != nil {
				return err
			}
			if c.unserved[request] != nil {
				break
			}
			c.ask(ctx, request, at, r, r.FirstIndex+k, n)
			k += n
			if err := c.receiveUntil(ctx, room-1); err != nil { // before another request is taken
				return err
			}
		}
		request++
	}
	return c.receiveUntil(ctx, 0)
}

// receiveUntil waits for answers until only so many samples are under way.
func (c *call) receiveUntil(ctx context.Context, asked int) error {
	for c.asked > asked {
		if err := c.receive(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) ask(ctx context.Context, request int, at *member, r engine.Request, first, n int) {
	c.asked += n
	go func() {
		a := answer{request: request, asked: n}
		a.samples, a.own, a.err = c.model.samples(ctx, at, r, first, n)
		c.answers <- a
	}()
}

// receive waits for an answer and hands it over.
func (c *call) receive(ctx context.Context) error {
	a := <-c.answers
	c.asked -= a.asked
	switch {
	case a.own && c.unserved[a.request] == nil:
		c.unserved[a.request] = a.err
	case a.err != nil && !a.own:
		return a.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	for _, s := range a.samples {
		if err := c.yield(a.request, s); err != nil {
			return err
		}
	}
	return nil
}

// samples draws n samples, with as many requests and tries as it takes: a server may
// give fewer at once than it was asked for. own tells that the request is to blame for
// the error, not the server.
func (m *Model) samples(ctx context.Context, at *member, r engine.Request, first, n int) (out []engine.Sample, own bool, err error) {
	for len(out) < n {
		index, left := first+len(out), n-len(out)
		stream := seed.Served(r.Seed, index)
		before := m.served.Load()
		var drawn []engine.Sample
		err := m.retry.do(ctx, func() (err error) {
			at = m.servers.take(at, left)
			m.asking.Add(1)
			drawn, err = at.complete(ctx, r, stream, left)
			m.asking.Add(-1)
			return m.servers.give(at, left, err)
		})
		if err != nil {
			own = ctx.Err() == nil && m.blames(ctx, at, err, before, r)
			return out, own, fmt.Errorf("%s: %w", m.shape, err)
		}
		m.served.Add(1)
		for k, s := range drawn[:min(left, len(drawn))] {
			s.Index, s.Seed, s.Shape = index+k, uint64(stream)+uint64(k), m.shape
			out = append(out, s)
		}
	}
	return out, false, nil
}

// blames tells whether it is the request that cannot be served. The server is to
// blame if it does not complete a few words with the same settings either.
func (m *Model) blames(ctx context.Context, at *member, err error, before int64, r engine.Request) bool {
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
	const words = "def add(a, b):"
	if r.MaxTokens = min(r.MaxTokens, 8); len(r.Prompt.Messages) > 0 {
		r.Prompt = engine.Prompt{Messages: []engine.Message{{Role: "user", Content: words}}}
	} else {
		r.Prompt = engine.Prompt{Text: words}
	}
	if _, err := at.complete(ctx, r, 1, 1); err != nil {
		return false
	}
	m.served.Add(1)
	return true
}
