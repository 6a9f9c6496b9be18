package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/ollama/ollama/api"
)

// route is a method and path with its answer. The table of them is in routes.
type route struct {
	pattern string // as http.ServeMux takes it
	name    string // in metrics
	about   string // in a line, for /openapi.json
	takes   any    // a value of the type that the body is read into; nil: there is none
	form    form   // of errors
	open    bool   // to clients without a token
	queued  bool   // takes a place in the queue
	answer  func(http.ResponseWriter, *http.Request) error
}

func (s *Server) table() []route {
	return []route{
		{pattern: "GET /{$}", about: "The page", name: "page", open: true, answer: s.page},
		{pattern: "GET /app.js", about: "Its script", name: "page", open: true, answer: s.pageScript},
		{pattern: "GET /style.css", about: "Its style", name: "page", open: true, answer: s.pageStyle},
		{pattern: "GET /openapi.json", about: "This description", name: "openapi", open: true, answer: s.openapi},
		{pattern: "GET /health", about: "Whether the process answers", name: "health", open: true, answer: s.health},
		{pattern: "GET /ready", about: "Whether requests make sense now", name: "ready", open: true, answer: s.ready},
		{pattern: "GET /metrics", about: "Prometheus metrics", name: "metrics", answer: s.metrics.answer},
		{pattern: "GET /v1/models", about: "OpenAI: the model", name: "models", form: openaiForm, answer: s.openaiModels},
		{pattern: "GET /v1/models/{model}", about: "OpenAI: a model by its name", name: "models", form: openaiForm, answer: s.openaiModel},
		{pattern: "POST /v1/completions", about: "OpenAI: complete texts", takes: completionRequest{}, name: "completions", form: openaiForm, queued: true, answer: s.completions},
		{pattern: "POST /v1/chat/completions", about: "OpenAI: answer a conversation", takes: chatRequest{}, name: "chat_completions", form: openaiForm, queued: true, answer: s.chat},
		{pattern: "POST /api/generate", about: "Ollama: complete a text", takes: api.GenerateRequest{}, name: "ollama_generate", queued: true, answer: s.ollamaGenerate},
		{pattern: "POST /api/chat", about: "Ollama: answer a conversation", takes: api.ChatRequest{}, name: "ollama_chat", queued: true, answer: s.ollamaChat},
		{pattern: "GET /api/tags", about: "Ollama: the model", name: "ollama_tags", answer: s.ollamaTags},
		{pattern: "POST /api/show", about: "Ollama: about the model", takes: api.ShowRequest{}, name: "ollama_show", answer: s.ollamaShow},
		{pattern: "GET /api/ps", about: "Ollama: the model, if it is loaded", name: "ollama_ps", answer: s.ollamaPs},
		{pattern: "GET /api/version", about: "Ollama: the version of the interface", name: "ollama_version", answer: s.ollamaVersion},
		{pattern: "POST /v1/rerank", about: "Jina: rank candidate programs", takes: rerankRequest{}, name: "rerank", form: detailForm, queued: true, answer: s.rerank},
		{pattern: "POST /v2/rerank", about: "Cohere: rank candidate programs", takes: rerankRequest{}, name: "rerank", form: messageForm, queued: true, answer: s.cohereRerank},
		{pattern: "POST /rerank", about: "Jina: rank candidate programs", takes: rerankRequest{}, name: "rerank", form: detailForm, queued: true, answer: s.rerank},
		{pattern: "POST /v1/rewards/openrlhf", about: "OpenRLHF: rewards of samples", takes: openrlhfRequest{}, name: "rewards", queued: true, answer: s.openrlhfRewards},
		{pattern: "POST /v1/rewards/slime", about: "slime: the reward of a sample", takes: slimeRequest{}, name: "rewards", queued: true, answer: s.slimeReward},
		{pattern: "POST /v1/runs", about: "Start a run; multipart/form-data has the same fields as files", takes: newRunRequest{}, name: "runs_new", queued: true, answer: s.newRun},
		{pattern: "GET /v1/runs", about: "All runs, the newest first", name: "runs", answer: s.listRuns},
		{pattern: "GET /v1/runs/{id}", about: "A run", name: "runs", answer: s.showRun},
		{pattern: "DELETE /v1/runs/{id}", about: "Stop a run, or remove one that is over", name: "runs", answer: s.stopRun},
		{pattern: "GET /v1/runs/{id}/events", about: "Progress and finished problems, as server-sent events", name: "runs_events", answer: s.runEvents},
		{pattern: "GET /v1/runs/{id}/results", about: "A result file: ?file=scores.jsonl, samples.jsonl or tests.jsonl", name: "runs_results", answer: s.runResults},
		{pattern: "GET /v1/runs/{id}/report", about: "The report as a page", name: "runs_report", answer: s.runReport},
		{pattern: "POST /run_code", about: "SandboxFusion: run a program", takes: runCodeRequest{}, name: "run_code", form: detailForm, answer: s.runCode},
		{pattern: "POST /v1/pairs", about: "Run solutions against tests", takes: pairsRequest{}, name: "pairs", queued: true, answer: s.pairs},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table() {
		mux.Handle(r.pattern, s.handle(r))
	}
	nothing := route{name: "unknown", open: true, answer: func(_ http.ResponseWriter, r *http.Request) error {
		return status(http.StatusNotFound, fmt.Errorf("there is no %s %s here; /openapi.json lists what is", r.Method, r.URL.Path))
	}}
	mux.Handle("/", s.handle(nothing))
	return mux
}

// handle is a route with what all have in common: the token, the queue, the form of
// errors and the metrics.
func (s *Server) handle(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := w.(*recorder)
		out.route = rt.name
		err := func() error {
			if !rt.open {
				if err := s.checkToken(r); err != nil {
					return err
				}
			}
			if rt.queued {
				if !s.queue.enter() {
					return &failure{status: http.StatusTooManyRequests, retry: retryAfter, err: fmt.Errorf("%d requests are being answered or wait; try again", s.config.Queue)}
				}
				defer s.queue.leave()
			}
			return rt.answer(w, r)
		}()
		if err == nil {
			return
		}
		f := failureOf(r, err)
		out.failed = err
		if out.status == 0 { // else the stream that has begun has told
			rt.form.write(w, f)
		}
	})
}

// readBody reads all of a request's body, which may have limit bytes.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	c := http.NewResponseController(w)
	c.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.config.Body))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, status(http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than %d bytes", large.Limit))
	case err != nil:
		return nil, status(http.StatusBadRequest, fmt.Errorf("reading the body: %w", err))
	}
	c.SetReadDeadline(time.Time{})
	return body, nil
}

// readJSON reads a request's body into v. Fields that v does not have are ignored:
// clients send more than any server knows.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return bad("the body is not what is expected here: %w", inWords(err))
	}
	return nil
}

// inWords tells of a value of the wrong type as people do who know the JSON and not
// our types.
func inWords(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	want := "another value"
	switch wrong.Type.Kind() {
	case reflect.String:
		want = "a string"
	case reflect.Bool:
		want = "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		want = "a whole number within its range"
	case reflect.Uint64:
		want = "a whole number that is not negative"
	case reflect.Float32, reflect.Float64:
		want = "a number within its range"
	case reflect.Slice:
		want = "a list"
	case reflect.Map, reflect.Struct:
		want = "an object"
	}
	if wrong.Field == "" {
		return fmt.Errorf("got %s, want %s", wrong.Value, want)
	}
	name := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:] // what is before it may be a type of ours
	return fmt.Errorf("%q: got %s, want %s", name, wrong.Value, want)
}

// writeJSON is an answer in one piece.
func writeJSON(w http.ResponseWriter, code int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(append(text, '\n')) // an error means that the client has gone
	return nil
}
