package child

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"os/signal"
	"sync"

	"coderm/engine"
	"coderm/engine/llama"
)

// The pipes' descriptors in the child. Its standard output is left to drivers that
// print there.
const (
	ordersFD  = 3
	reportsFD = 4
)

// Serve is the child: it loads a model and serves its parent until that goes away.
// Command leads to it.
func Serve() error {
	// What interrupts the parent goes to the whole foreground group; the parent
	// decides what comes of it.
	signal.Ignore(os.Interrupt)
	in, out := os.NewFile(ordersFD, "orders"), os.NewFile(reportsFD, "reports")
	if st, err := in.Stat(); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		return errors.New("this command is for coderm's own use: it serves a model to the process that starts it")
	}
	s := &server{reports: gob.NewEncoder(out), calls: map[int]chan order{}, cancels: map[int]context.CancelFunc{}}
	orders := make(chan order)
	first := make(chan opening, 1)
	go read(in, first, orders)
	m, err := s.open(<-first)
	if err != nil {
		s.send(report{Kind: ready, Failed: failed(err)})
		return nil
	}
	if m == nil {
		s.send(report{Kind: ready, Opened: opened{NoGPU: true}})
		return nil
	}
	s.model = m
	s.send(report{Kind: ready, Opened: opened{Info: m.Info(), ChatTemplate: m.ChatTemplate()}})
	for o := range orders {
		s.take(o)
	}
	return nil
}

// read passes on what the parent sends. When it is gone, so is the child, whatever it
// is computing: nobody is left to have it.
func read(in io.Reader, first chan<- opening, orders chan<- order) {
	d := gob.NewDecoder(in)
	var o opening
	if d.Decode(&o) != nil {
		os.Exit(0)
	}
	first <- o
	for {
		var o order
		if d.Decode(&o) != nil {
			os.Exit(0)
		}
		orders <- o
	}
}

type server struct {
	model *llama.Model

	mu      sync.Mutex // of all below
	reports *gob.Encoder
	calls   map[int]chan order // of those that run, for what they wait for
	cancels map[int]context.CancelFunc
}

// open loads the model; nil where it would not lie on a GPU, and that was asked.
func (s *server) open(o opening) (*llama.Model, error) {
	var c llama.Config
	if err := json.Unmarshal(o.Config, &c); err != nil {
		return nil, err
	}
	c.Log = slog.New(&logSender{level: o.Level, send: s.send})
	if o.OnlyGPU {
		if on, err := llama.OnGPU(c); err != nil || !on {
			return nil, err
		}
	}
	return llama.Load(context.Background(), c)
}

// send tells the parent. Where it cannot, read ends the process.
func (s *server) send(r report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.reports.Encode(r)
}

// take does what the parent wants. A call that waits takes one order, so none is
// waited for here.
func (s *server) take(o order) {
	switch o.Kind {
	case generate, embed:
		ctx, stop := context.WithCancel(context.Background())
		answers := make(chan order, 1)
		s.mu.Lock()
		s.calls[o.Call], s.cancels[o.Call] = answers, stop
		s.mu.Unlock()
		go s.serve(ctx, o, answers)
	case cancel:
		s.mu.Lock()
		stop := s.cancels[o.Call]
		s.mu.Unlock()
		if stop != nil { // it may be over
			stop()
		}
	default:
		s.mu.Lock()
		answers := s.calls[o.Call]
		s.mu.Unlock()
		answers <- o
	}
}

func (s *server) serve(ctx context.Context, o order, answers <-chan order) {
	r := report{Call: o.Call, Kind: done}
	var err error
	if o.Kind == embed {
		r.State, err = s.model.Embed(ctx, o.Prompt)
	} else {
		err = s.generate(ctx, o.Call, answers)
	}
	r.Failed = failed(err)
	s.mu.Lock()
	s.cancels[o.Call]()
	delete(s.calls, o.Call)
	delete(s.cancels, o.Call)
	s.mu.Unlock()
	s.send(r)
}

// generate has the parent supply requests and take samples, one at a time, while
// the batch waits as it does for a caller in this process.
func (s *server) generate(ctx context.Context, call int, answers <-chan order) error {
	ask := func(r report) order {
		r.Call = call
		s.send(r)
		return <-answers
	}
	var requests iter.Seq[engine.Request] = func(yield func(engine.Request) bool) {
		for number := 0; ; number++ {
			o := ask(report{Kind: want})
			if o.Kind == exhausted {
				return
			}
			if o.Hidden {
				o.Request.Hidden = func(state []float32) error {
					ask(report{Kind: hidden, Number: number, State: state})
					return nil
				}
			}
			if o.Drawn { // the scheduler calls it, while the call's own goroutine waits
				o.Request.Drawn = func(index int, t engine.Token) {
					ask(report{Kind: token, Number: number, Index: index, Token: t})
				}
			}
			if !yield(o.Request) {
				return
			}
		}
	}
	return s.model.Generate(ctx, requests, func(number int, x engine.Sample) error {
		ask(report{Kind: sample, Number: number, Sample: x})
		return nil
	})
}

// failed is err for the parent.
func failed(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Text: err.Error(), Memory: errors.Is(err, llama.ErrMemory)}
	var unserved engine.RequestErrors
	if errors.As(err, &unserved) {
		f.Unserved = map[int]string{}
		for number, err := range unserved {
			f.Unserved[number] = err.Error()
		}
	}
	return f
}

// logLine is a record of the child's log.
type logLine struct {
	Level   slog.Level
	Message string
	Attrs   []string // name, value, name, value
}

// logSender is a slog.Handler that has the parent log.
type logSender struct {
	level slog.Level
	send  func(report)
}

func (h *logSender) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }
func (h *logSender) WithAttrs([]slog.Attr) slog.Handler           { return h } // llama uses neither
func (h *logSender) WithGroup(string) slog.Handler                { return h }

func (h *logSender) Handle(_ context.Context, r slog.Record) error {
	line := logLine{Level: r.Level, Message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		line.Attrs = append(line.Attrs, a.Key, fmt.Sprint(a.Value))
		return true
	})
	h.send(report{Log: line})
	return nil
}
