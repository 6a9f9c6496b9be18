package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"coderm/sandbox"
)

// The form of SandboxFusion's POST /run_code:
// https://bytedance.github.io/SandboxFusion/docs/docs/api/run-code-run-code-post.
type runCodeRequest struct {
	Code           string            `json:"code"`
	Language       string            `json:"language"`
	Stdin          *string           `json:"stdin"`
	Files          map[string]string `json:"files"` // base64
	FetchFiles     []string          `json:"fetch_files"`
	CompileTimeout *float64          `json:"compile_timeout"` // seconds
	RunTimeout     *float64          `json:"run_timeout"`     // seconds
	MemoryLimitMB  int64             `json:"memory_limit_MB"` // -1: none
}

type runCodeResponse struct {
	Status        string            `json:"status"` // Success, Failed or SandboxError
	Message       string            `json:"message"`
	CompileResult *commandResult    `json:"compile_result"` // null: Python has no such step
	RunResult     *commandResult    `json:"run_result"`
	ExecutorPod   *string           `json:"executor_pod_name"`
	Files         map[string]string `json:"files"`
}

type commandResult struct {
	Status        string  `json:"status"` // Finished, Error or TimeLimitExceeded
	ExecutionTime float64 `json:"execution_time"`
	ReturnCode    *int    `json:"return_code"`
	Stdout        string  `json:"stdout"`
	Stderr        string  `json:"stderr"`
}

// FuelPerSecond is what a second of run_timeout allows: about what the sandbox does
// in one on a workstation's core. It is fixed, so that verdicts are the same on all.
const FuelPerSecond = 5_000_000_000

const (
	defaultTimeout = 10 // seconds, as SandboxFusion
	maxTimeout     = 600
	// A client waits for compile_timeout + run_timeout + 10 s (verl), and takes any
	// error but 504 for a wrong program: the answer must come before that.
	clientSlack   = 10 * time.Second
	answerMargin  = 2 * time.Second
	keptOutput    = 1 << 20 // bytes of each stream in an answer
	maxRunMemory  = 2 << 30
	leastMemory   = 128 << 20 // what the interpreter starts with
	statusDone    = "Finished"
	statusTimeout = "TimeLimitExceeded"
)

// runCode waits for a worker as long as the client does: it never answers 429.
func (s *Server) runCode(w http.ResponseWriter, r *http.Request) error {
	came := time.Now()
	var q runCodeRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	compile, err := seconds("compile_timeout", q.CompileTimeout)
	if err != nil {
		return err
	}
	run, err := seconds("run_timeout", q.RunTimeout)
	if err != nil {
		return err
	}
	if why := q.unsupported(); why != "" {
		return writeJSON(w, http.StatusOK, runCodeResponse{Status: "SandboxError", Message: why, Files: map[string]string{}})
	}
	in, err := q.input()
	if err != nil {
		return err
	}
	lim := sandbox.Limits{Fuel: max(1, uint64(run*FuelPerSecond)), Memory: q.memory(), Output: keptOutput}
	wait := time.Duration((compile+run)*float64(time.Second)) + clientSlack - answerMargin
	ctx, cancel := context.WithDeadline(r.Context(), came.Add(wait))
	defer cancel()
	program, err := s.programs.get(ctx, q.Code)
	var done sandbox.Execution
	var took time.Duration
	if err == nil {
		done, took, err = s.left.run(ctx, executionKey(q.Code, in, lim), func(ctx context.Context) (sandbox.Execution, error) {
			return s.sandbox.Execute(ctx, program, in, lim, keptOutput)
		})
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return status(http.StatusGatewayTimeout, errors.New("the server is too busy to run this program in time; try again"))
	case r.Context().Err() != nil:
		return context.Cause(r.Context())
	case err != nil:
		return writeJSON(w, http.StatusOK, runCodeResponse{Status: "SandboxError", Message: err.Error(), Files: map[string]string{}})
	}
	s.metrics.verdicts.WithLabelValues(done.Verdict.Kind.String()).Inc()
	return writeJSON(w, http.StatusOK, answerOf(done, took))
}

// executionKey is that of all that decides what an execution comes to.
func executionKey(code string, in sandbox.Input, lim sandbox.Limits) (key [sha256.Size]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %d\n%s%s", lim.Fuel, lim.Memory, len(code), len(in.Stdin), code, in.Stdin)
	for _, name := range slices.Sorted(maps.Keys(in.Files)) {
		fmt.Fprintf(h, "%q %d\n", name, len(in.Files[name]))
		h.Write(in.Files[name])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// seconds reads a timeout.
func seconds(field string, v *float64) (float64, error) {
	switch {
	case v == nil:
		return defaultTimeout, nil
	case !(*v > 0 && *v <= maxTimeout):
		return 0, status(http.StatusUnprocessableEntity, fmt.Errorf("%s %g: give more than 0 and at most %d seconds", field, *v, maxTimeout))
	}
	return *v, nil
}

// unsupported says what of a request is not there.
func (q *runCodeRequest) unsupported() string {
	switch {
	case q.Language != "" && q.Language != "python":
		return fmt.Sprintf("the language %.50q is not there; this sandbox runs python", q.Language)
	case len(q.FetchFiles) > 0:
		return "fetch_files is not there: what a program writes to files is gone with it"
	}
	return ""
}

func (q *runCodeRequest) input() (in sandbox.Input, err error) {
	if q.Stdin != nil {
		in.Stdin = *q.Stdin
	}
	in.Files = make(map[string][]byte, len(q.Files))
	for name, text := range q.Files {
		if in.Files[name], err = base64.StdEncoding.DecodeString(text); err != nil {
			return in, status(http.StatusUnprocessableEntity, fmt.Errorf("the file %.100q is not in base64: %w", name, err))
		}
	}
	if err := in.Check(); err != nil {
		return in, status(http.StatusUnprocessableEntity, err)
	}
	return in, nil
}

// memory is the limit, as near as the sandbox has one.
func (q *runCodeRequest) memory() int64 {
	if q.MemoryLimitMB <= 0 || q.MemoryLimitMB > maxRunMemory>>20 {
		return maxRunMemory
	}
	return max(leastMemory, q.MemoryLimitMB<<20)
}

// What a shell says of a program that was killed.
const (
	exitAborted = 134
	exitKilled  = 137
)

func answerOf(e sandbox.Execution, took time.Duration) runCodeResponse {
	exit := e.Exit
	r := &commandResult{Status: statusDone, ExecutionTime: took.Seconds(), ReturnCode: &exit, Stdout: text(e.Stdout), Stderr: text(e.Stderr)}
	a := runCodeResponse{Status: "Failed", RunResult: r, Files: map[string]string{}}
	switch {
	case e.Verdict.Kind == sandbox.Pass:
		a.Status = "Success"
	case e.Verdict.Kind == sandbox.Timeout:
		r.Status, r.ReturnCode = statusTimeout, nil
	case exit < 0 && e.Verdict.Kind == sandbox.Memory:
		exit = exitKilled
	case exit < 0:
		exit = exitAborted
	}
	if exit < 0 || e.Exit < 0 {
		r.Stderr += e.Verdict.Detail + "\n"
	}
	if e.Cut {
		a.Message = fmt.Sprintf("of what was printed, the first %d bytes to each stream are here", keptOutput)
	}
	return a
}

// text is what a program printed, as JSON can hold it.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
