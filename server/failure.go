package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"coderm/internal/badinput"
	"coderm/run"
)

// failure is why a request has no answer.
type failure struct {
	status int
	retry  time.Duration // when to try again; 0: that is not said
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func status(code int, err error) error { return &failure{status: code, err: err} }

// bad is a mistake of the client's.
func bad(format string, args ...any) error {
	return status(http.StatusBadRequest, fmt.Errorf(format, args...))
}

var errStopping = errors.New("the server is being stopped")

// retryAfter is how long a client that is one too many should wait.
const retryAfter = 5 * time.Second

// statusGone is what nginx calls a request whose client has gone.
const statusGone = 499

// failureOf gives an error its status.
func failureOf(r *http.Request, err error) *failure {
	var f *failure
	var input *badinput.Error
	var spec *run.InputError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &input), errors.As(err, &spec):
		return &failure{status: http.StatusBadRequest, err: err}
	case errors.Is(err, errStopping) || errors.Is(context.Cause(r.Context()), errStopping):
		return &failure{status: http.StatusServiceUnavailable, retry: retryAfter, err: errStopping}
	case r.Context().Err() != nil:
		return &failure{status: statusGone, err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{status: http.StatusGatewayTimeout, err: errors.New("the time for this request is over")}
	}
	return &failure{status: http.StatusInternalServerError, err: err}
}

// form is how an API tells of errors.
type form int

const (
	plainForm   form = iota // {"error": "…"}, Ollama's too
	detailForm              // {"detail": "…"}: FastAPI's, which SandboxFusion and Jina have
	messageForm             // {"message": "…"}: Cohere's
	openaiForm              // {"error": {"message": "…", …}}
)

func (o form) write(w http.ResponseWriter, f *failure) {
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retry.Seconds()))))
	}
	writeJSON(w, f.status, o.body(f))
}

func (o form) body(f *failure) any {
	text := f.Error()
	switch o {
	case detailForm:
		return map[string]string{"detail": text}
	case messageForm:
		return map[string]string{"message": text}
	case openaiForm:
		kind := "invalid_request_error"
		if f.status >= 500 {
			kind = "server_error"
		}
		return map[string]any{"error": map[string]any{"message": text, "type": kind, "param": nil, "code": f.status}}
	}
	return map[string]string{"error": text}
}
