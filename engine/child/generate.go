package child

import (
	"context"
	"errors"
	"iter"
	"slices"

	"coderm/engine"
)

// generation is a Generate over one child or several, one after the other. What was
// yielded is not asked for again.
type generation struct {
	next  func() (engine.Request, bool)
	yield func(int, engine.Sample) error
	count int      // requests taken so far
	open  []*taken // of these, those that lack something, in their order
}

// taken is a request that a child was given.
type taken struct {
	number  int
	request engine.Request // Hidden is nil once it was called
	done    []bool         // by sample
	missing int
	told    []int // by sample: tokens that the caller was told of
}

// piece is what a child is asked for of a request: samples next to each other.
type piece struct {
	*taken
	first int   // of its samples
	drawn []int // by sample: tokens that this child has told of
}

// Generate implements engine.Model.
func (m *Model) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	next, stop := iter.Pull(requests)
	defer stop()
	g := &generation{next: next, yield: yield}
	return m.do(ctx, func(p *process) error { return g.serve(ctx, p) })
}

// serve has p do what is left. An errDied is not the end of it.
func (g *generation) serve(ctx context.Context, p *process) error {
	call, reports := p.begin()
	defer p.end(call)
	var given []piece // by the child's numbers
	again := g.pieces()
	p.send(order{Call: call, Kind: generate})
	cancelled := func() { p.send(order{Call: call, Kind: cancel}) }
	defer context.AfterFunc(ctx, cancelled)()
	var refused error // by the caller
	for {
		r, err := receive(reports, p)
		if err != nil && refused == nil {
			return err
		} else if err != nil {
			return refused
		}
		went := refused == nil
		answer := order{Call: call, Kind: accepted}
		switch r.Kind {
		case want:
			answer.Kind = exhausted
			if x, ok := g.supply(&again); ok && refused == nil {
				given = append(given, x)
				answer.Kind = supply
				answer.Request = x.ask()
				answer.Hidden, answer.Drawn = x.request.Hidden != nil, x.request.Drawn != nil
			}
		case hidden:
			x := given[r.Number]
			if h := x.request.Hidden; h != nil && refused == nil {
				x.request.Hidden = nil
				refused = h(r.State)
			}
		case token:
			if refused == nil {
				given[r.Number].tell(r.Index, r.Token)
			}
		case sample:
			if refused == nil {
				refused = g.deliver(given[r.Number], r.Sample)
			}
		case done:
			return g.result(ctx, r.Failed, given, refused)
		}
		if went && refused != nil {
			cancelled()
		}
		p.send(answer)
	}
}

// receive gives the child's next report, or how it died.
func receive(reports <-chan report, p *process) (report, error) {
	select {
	case r := <-reports:
		return r, nil
	case <-p.gone:
	}
	select {
	case r := <-reports: // it came before the end
		return r, nil
	default:
		return report{}, errDied
	}
}

// pieces is what is left of requests that a child before this one was given.
func (g *generation) pieces() []piece {
	var list []piece
	for _, t := range g.open {
		for i, done := range t.done {
			if !done && (i == 0 || t.done[i-1]) {
				list = append(list, t.from(i))
			}
		}
	}
	return list
}

// supply gives the next piece: of what is left, or a request of the caller's.
func (g *generation) supply(again *[]piece) (piece, bool) {
	if len(*again) > 0 {
		x := (*again)[0]
		*again = (*again)[1:]
		return x, true
	}
	r, ok := g.next()
	if !ok {
		return piece{}, false
	}
	n := max(0, r.N)
	t := &taken{number: g.count, request: r, done: make([]bool, n), missing: n, told: make([]int, n)}
	g.count++
	g.open = append(g.open, t)
	return t.from(0), true
}

// from is the piece that begins with the ith sample.
func (t *taken) from(i int) piece { return piece{t, i, make([]int, len(t.done))} }

// ask is the piece as a request.
func (x piece) ask() engine.Request {
	r := x.request
	n := 0
	for x.first+n < len(x.done) && !x.done[x.first+n] {
		n++
	}
	if len(x.done) > 0 {
		r.FirstIndex, r.N = r.FirstIndex+x.first, n
	}
	return r
}

// tell tells the caller of a token, unless it was told by a child before this one:
// the same seed draws the same tokens.
func (x piece) tell(index int, t engine.Token) {
	i := index - x.request.FirstIndex
	if x.drawn[i]++; x.drawn[i] > x.told[i] {
		x.told[i]++
		x.request.Drawn(index, t)
	}
}

// deliver hands the caller a sample.
func (g *generation) deliver(x piece, s engine.Sample) error {
	x.done[s.Index-x.request.FirstIndex] = true
	if x.missing--; x.missing == 0 {
		g.open = slices.DeleteFunc(g.open, func(t *taken) bool { return t == x.taken })
	}
	return g.yield(x.number, s)
}

// result is what Generate returns.
func (g *generation) result(ctx context.Context, f *failure, given []piece, refused error) error {
	switch {
	case refused != nil:
		return refused
	case f == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return f.unserved(func(n int) int { return given[n].number })
}

// unserved is f, or where it tells of requests that could not be served these, by the
// caller's numbers.
func (f *failure) unserved(number func(int) int) error {
	if f.Unserved == nil {
		return f
	}
	errs := engine.RequestErrors{}
	for n, text := range f.Unserved {
		errs[number(n)] = errors.New(text)
	}
	return errs
}
