package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"coderm/engine"
)

// piece is a part of a sample on its way to a client.
type piece struct {
	request, index int
	text           string
	tokens         []engine.Token
	sample         *engine.Sample // with the last piece
}

// generate has requests answered and hands over pieces in the order they come, a
// few at a time: those of a step of the model. Each sample's texts make up the
// sample's; none ends within a character or what may become a stop string. The model
// does not wait for each.
func (s *Server) generate(ctx context.Context, m *loaded, requests []engine.Request, each func([]piece) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	f := &feed{ready: make(chan struct{}, 1), writing: map[[2]int]*writing{}}
	for i := range requests {
		r := &requests[i]
		r.Drawn = func(index int, t engine.Token) { f.drawn(i, index, r.Stop, t) }
	}
	go func() {
		err := m.engine.Generate(ctx, slices.Values(requests), func(request int, sample engine.Sample) error {
			f.finished(request, sample)
			return nil
		})
		f.close(err)
	}()
	var failed error
	first := true
	for {
		<-f.ready
		pieces, over, err := f.take()
		for _, p := range pieces {
			if first {
				s.metrics.firstToken.Observe(time.Since(began).Seconds())
				first = false
			}
			if p.sample != nil {
				s.metrics.tokens.Add(float64(p.sample.Tokens))
			}
		}
		if failed == nil && len(pieces) > 0 {
			if failed = each(pieces); failed != nil {
				cancel(failed) // and wait until the model has let go
			}
		}
		if over {
			if failed != nil {
				return failed
			}
			return unserved(err)
		}
	}
}

// unserved makes a request that does not fit the client's mistake.
func unserved(err error) error {
	var u engine.RequestErrors
	if errors.As(err, &u) {
		return status(http.StatusBadRequest, err)
	}
	return err
}

// feed keeps what the model has said until the client takes it.
type feed struct {
	ready   chan struct{} // there is something to take
	mu      sync.Mutex
	pieces  []piece
	writing map[[2]int]*writing // by request and index
	over    bool
	err     error
}

func (f *feed) poke() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// drawn takes a token of the model, which waits.
func (f *feed) drawn(request, index int, stop []string, t engine.Token) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := [2]int{request, index}
	w := f.writing[key]
	if w == nil {
		w = &writing{stop: stop}
		f.writing[key] = w
	}
	if p, ok := w.add(t); ok {
		p.request, p.index = request, index
		f.pieces = append(f.pieces, p)
		f.poke()
	}
}

func (f *feed) finished(request int, s engine.Sample) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := [2]int{request, s.Index}
	p := piece{text: s.Text} // of a model that tells no tokens
	if w := f.writing[key]; w != nil {
		p = w.end(s.Finish)
		delete(f.writing, key)
	}
	p.request, p.index, p.sample = request, s.Index, &s
	f.pieces = append(f.pieces, p)
	f.poke()
}

func (f *feed) close(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over, f.err = true, err
	f.poke()
}

func (f *feed) take() (pieces []piece, over bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pieces, f.pieces = f.pieces, nil
	return pieces, f.over, f.err
}

// writing is a sample that is being drawn.
type writing struct {
	stop   []string
	held   []byte         // that may not be said yet
	tokens []engine.Token // of what is held
	starts []int          // where each begins in it
}

// add takes a token, and gives what may be said by it.
func (w *writing) add(t engine.Token) (piece, bool) {
	w.tokens, w.starts = append(w.tokens, t), append(w.starts, len(w.held))
	w.held = append(w.held, t.Text...)
	n := w.safe()
	if n == 0 {
		return piece{}, false
	}
	return w.cut(n), true
}

// end gives the rest.
func (w *writing) end(why engine.Finish) piece {
	n := len(w.held)
	if why == engine.FinishStop {
		n = w.stopAt()
	}
	return w.cut(n)
}

// cut takes n bytes, with the tokens that begin in them.
func (w *writing) cut(n int) piece {
	k := 0
	for k < len(w.starts) && (w.starts[k] < n || n == len(w.held)) {
		k++
	}
	p := piece{text: strings.ToValidUTF8(string(w.held[:n]), "\uFFFD"), tokens: slices.Clone(w.tokens[:k])}
	w.held = w.held[n:]
	w.tokens, w.starts = w.tokens[k:], w.starts[k:]
	for i := range w.starts {
		w.starts[i] -= n
	}
	return p
}

// stopAt is where the first stop string begins, or the end.
func (w *writing) stopAt() int {
	at := len(w.held)
	for _, stop := range w.stop {
		if i := strings.Index(string(w.held), stop); stop != "" && i >= 0 {
			at = min(at, i)
		}
	}
	return at
}

// safe is how much of what is held can be said whatever comes.
func (w *writing) safe() int {
	n := w.stopAt()
	for _, stop := range w.stop {
		for k := min(len(stop)-1, len(w.held)); k > 0; k-- {
			if strings.HasSuffix(string(w.held), stop[:k]) {
				n = min(n, len(w.held)-k)
				break
			}
		}
	}
	for i := 1; i < utf8.UTFMax && i <= n; i++ {
		if b := w.held[n-i : n]; utf8.RuneStart(b[0]) {
			if !utf8.FullRune(b) {
				n -= i
			}
			break
		}
	}
	return n
}

// valid is a token's text as JSON can hold it; bytesOf is all of it.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func bytesOf(text string) []int {
	all := []int{}
	for _, b := range []byte(text) {
		all = append(all, int(b))
	}
	return all
}
