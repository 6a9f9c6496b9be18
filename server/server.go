// Package server puts the engine, the sandbox and the judge behind one address, in
// forms that clients speak already: OpenAI's and Ollama's to generate, Jina's and
// Cohere's to choose, SandboxFusion's to run code. What must survive it is in a folder:
// runs, and the tests that were written for rewards. docs/serve.md describes it for
// users.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/run"
	"coderm/sandbox"
)

// Config says what is served and to whom.
type Config struct {
	// Model is a GGUF file or a name in the store; "": what CODERM_MODEL names, or the
	// default model. NoModel: none, and what needs one is not there.
	Model string
	Lazy  bool // load it with the first request that wants it
	// Threads the model computes with; 0: one a core.
	Threads   int
	Placement run.Placement // of the model
	// Token, if there is one, must come with every request but for /health, /ready
	// and the page itself.
	Token string
	// Hosts are names beside localhost under which clients may call the server: a
	// page elsewhere can have its own name point here. Addresses always do.
	Hosts []string
	// Folder is where the server keeps what must survive it.
	Folder string
	// Queue bounds the requests for a model or a choice that are being answered or
	// wait; 0: 256. Beyond it the answer is 429.
	Queue int
	// Body bounds a request's body, in bytes; 0: 64 MiB.
	Body int64
	// Workers is how many programs run at once; 0: one a core.
	Workers int
	// Grace is how long what is being answered may take when the server is to end;
	// 0: not at all.
	Grace time.Duration
	Log   *slog.Logger // nil: silent
}

// NoModel is the name of none.
const NoModel = "none"

// The defaults of a Config.
const (
	defaultQueue = 256
	defaultBody  = 64 << 20
)

// How long a client may take over a request's head, its body, and a piece of the
// answer; and how long a connection may do nothing.
const (
	headTime  = 10 * time.Second
	bodyTime  = time.Minute
	writeTime = time.Minute
	idleTime  = 2 * time.Minute
)

// Server answers requests.
type Server struct {
	config   Config
	log      *slog.Logger
	folder   *os.File // held: it is this server's
	sandbox  *sandbox.Sandbox
	programs *programs
	left     *unfinished
	models   *models
	prompts  locks // whose tests are being written
	jobs     *jobs
	queue    queue
	metrics  *metrics
	handler  http.Handler
	stopping atomic.Bool
	ending   chan struct{} // closed when the server is to end
}

// New opens what the server needs; Close frees it.
func New(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Queue <= 0 {
		c.Queue = defaultQueue
	}
	if c.Body <= 0 {
		c.Body = defaultBody
	}
	folder, err := take(c.Folder)
	if err != nil {
		return nil, err
	}
	box, err := sandbox.New(ctx, sandbox.Options{Workers: c.Workers, Log: c.Log})
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	s := &Server{config: c, log: c.Log, folder: folder, sandbox: box, queue: newQueue(c.Queue), models: &models{config: c}, ending: make(chan struct{})}
	os.RemoveAll(s.scratches()) // of a server that was killed
	s.metrics = newMetrics(s)
	s.programs, s.left = newPrograms(box), newUnfinished(ctx)
	s.handler = s.guarded(s.routes())
	if c.Model != NoModel && !c.Lazy {
		if _, err := s.models.get(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if s.jobs, err = openJobs(s, filepath.Join(c.Folder, "runs")); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// take makes the folder this process's, which leaves it to others by its end.
func take(path string) (*os.File, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, badinput.Mark(fmt.Errorf("the server's folder: %w", err))
	}
	f, err := fsx.LockFolder(path)
	if errors.Is(err, fsx.ErrLocked) {
		err = badinput.Mark(fmt.Errorf("another server has the folder %s; --folder gives this one another", path))
	}
	return f, err
}

// scratches is where the folders of requests under way are.
func (s *Server) scratches() string { return filepath.Join(s.config.Folder, "tmp") }

// scratch makes a folder for a request, which removes it.
func (s *Server) scratch() (string, error) {
	if err := os.MkdirAll(s.scratches(), 0o777); err != nil {
		return "", err
	}
	return os.MkdirTemp(s.scratches(), "")
}

// Close frees what New has opened. No request may be under way.
func (s *Server) Close() error {
	if s.jobs != nil {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		s.jobs.finish(over)
	}
	s.models.close()
	s.left.close()
	return errors.Join(s.sandbox.Close(), s.folder.Close())
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers on a listener, once, until ctx ends. Then it takes no more requests, lets
// those under way end within the grace, and breaks off the others.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, breakOff := context.WithCancelCause(context.WithoutCancel(ctx))
	defer breakOff(nil)
	h := &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // strange clients
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	close(s.ending)
	s.log.Info("stopping", "grace", s.config.Grace)
	grace, cancel := context.WithTimeout(base, s.config.Grace)
	defer cancel()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.jobs.finish(grace)
	}()
	defer func() { <-finished }()
	if err := h.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		breakOff(errStopping)
		last, cancel := context.WithTimeout(base, writeTime)
		defer cancel()
		if h.Shutdown(context.WithoutCancel(last)) != nil {
			return h.Close()
		}
	} else if err != nil {
		return err
	}
	return nil
}
