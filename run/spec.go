// Package run is the main job as a value: a Spec says what to do, events tell how
// far it is, and results are what came out. The command line, a server and a
// shard of a larger run all make the same Spec and read the same events.
package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"coderm/budget"
	"coderm/eval"
	"coderm/problem"
	"coderm/problem/mutate"
	"coderm/rerank"
	"coderm/sandbox"
)

// Job is how much of the line from prompt to choice a run goes along.
type Job string

// The jobs.
const (
	Testgen Job = "testgen" // only write tests
	Exec    Job = "exec"    // run given tests on the solutions; choose none
	Rerank  Job = "rerank"  // all of it
)

// runs tells whether the job runs tests.
func (j Job) runs() bool { return j != Testgen }

// Spec says what a run does. Its zero values are not its defaults: see New. Files
// are JSONL, plain or in gzip or zstd.
type Spec struct {
	Job       Job    `json:"job"`
	Problems  string `json:"problems"`
	Solutions string `json:"solutions,omitempty"`
	// Tests is a file of tests to use instead of writing some, or a folder of runs that
	// wrote them; then Writing is nil.
	// Exec without one runs the examples of the questions alone.
	Tests string `json:"tests,omitempty"`
	Out   string `json:"out"` // the run's folder, new or to be resumed
	// Subset are the problems that the run is of. But for the shard it is not of its
	// identity: another one on the same folder adds what is not there yet.
	problem.Subset
	Seed uint64 `json:"seed"`

	Writing *Writing `json:"writing,omitempty"`

	Limits  Limits `json:"limits"`
	Workers int    `json:"workers,omitempty"` // of the sandbox; 0: one a core

	Selector    string `json:"selector,omitempty"`
	Granularity string `json:"granularity,omitempty"`
	// Observe is how many inputs beside those of the tests the solutions are run on,
	// for what they return; 0: not on the tests' either.
	Observe int `json:"observe,omitempty"`
	// Truth asks for the hidden checks of the problems to be run too, to show which
	// choices are right; Hidden for those of a file of hidden tests.
	Truth  bool   `json:"truth,omitempty"`
	Hidden string `json:"hidden,omitempty"`
}

// Writing says how a model writes the tests. Zero values leave it to the model's
// preset where there is one.
type Writing struct {
	Model           string   `json:"model,omitempty"`           // a GGUF file or a name in the store; a server's own name
	Server          string   `json:"server,omitempty"`          // [ollama=|openai=]ADDRESS, several with commas between
	ServerParallel  int      `json:"server_parallel,omitempty"` // completions at once of each; 0: as it says, or 16
	ServerKey       string   `json:"server_key,omitempty"`      // file with the key that it wants
	ChatTemplate    string   `json:"chat_template,omitempty"`   // Jinja file of the server's model
	ServerTimeout   Duration `json:"server_timeout"`
	ServerSilence   Duration `json:"server_silence"`
	ServerPatience  Duration `json:"server_patience"`
	Style           string   `json:"style,omitempty"`
	Prompt          string   `json:"prompt,omitempty"`      // file of one, instead of the style's
	PromptForm      string   `json:"prompt_form,omitempty"` // published or raw, of unittest prompts
	PromptSolution  string   `json:"prompt_solution"`       // first, rotate, best, or a solutions file
	Extraction      string   `json:"extraction,omitempty"`  // tolerant (the default) or reference, of unittest completions
	Temperature     *float32 `json:"temperature,omitempty"`
	TopP            *float32 `json:"top_p,omitempty"`
	MaxTokens       int      `json:"max_tokens,omitempty"`
	ThinkingTokens  int      `json:"thinking_tokens,omitempty"` // beside them, before the answer
	TestsPerProblem int      `json:"tests_per_problem"`
	BudgetMean      float64  `json:"budget_mean,omitempty"` // 0: TestsPerProblem
	Policy          string   `json:"policy"`
	Classifier      string   `json:"classifier,omitempty"` // file of 'budget fit'
	Budget          string   `json:"budget,omitempty"`     // file of completions by problem, instead of a policy
	Threads         int      `json:"threads,omitempty"`
	Placement
	FixedShape bool `json:"fixed_shape,omitempty"`
	NoDraft    bool `json:"no_draft,omitempty"`
}

// Limits bound a pair of solution and test, as sandbox.Limits does.
type Limits struct {
	Fuel   uint64   `json:"fuel"`
	First  uint64   `json:"first_fuel,omitempty"` // of pairs whose verdict may not matter; 0: Fuel
	Memory int64    `json:"memory"`               // bytes
	Wall   Duration `json:"wall"`
	Output int64    `json:"output"` // bytes
	GiveUp int      `json:"give_up"`
}

// Sandbox is the limits as the sandbox takes them.
func (l Limits) Sandbox() sandbox.Limits {
	return sandbox.Limits{Fuel: l.Fuel, Memory: l.Memory, Wall: time.Duration(l.Wall), Output: l.Output, GiveUp: l.GiveUp}
}

// Duration is a time.Duration that JSON has as text: "10m0s".
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// PairFuel is what a pair may have where its verdict could change the choice: about a
// second of native CPython. So a row gives up after fewer timeouts than one of a matrix
// in which all pairs have the same, at about the same cost.
const (
	PairFuel   = eval.Second / 2
	pairGiveUp = 2
)

// New is a job with the defaults, which needs its files named.
func New(job Job) Spec {
	l := sandbox.MatrixLimits()
	s := Spec{
		Job: job, Seed: 1,
		Limits: Limits{Fuel: l.Fuel, Memory: l.Memory, Wall: Duration(l.Wall), Output: l.Output, GiveUp: l.GiveUp},
	}
	if job == Rerank {
		s.Limits.First, s.Limits.Fuel, s.Limits.GiveUp = sandbox.FirstFuel, PairFuel, pairGiveUp
		s.Selector, s.Observe = rerank.Default.String(), mutate.PerProblem
	}
	if job != Exec {
		s.Writing = NewWriting()
	}
	return s
}

// NewWriting is how tests are written by default.
func NewWriting() *Writing {
	return &Writing{
		TestsPerProblem: 20, Policy: budget.PolicyUniform, PromptSolution: rotateSolutions,
		ServerTimeout: Duration(time.Hour), ServerSilence: Duration(15 * time.Minute), ServerPatience: Duration(2 * time.Minute),
	}
}

// ReadSpec reads a Spec as json.Marshal writes it. What is left out has the
// default of its job; what is not known is an *InputError.
func ReadSpec(r io.Reader) (Spec, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Spec{}, fmt.Errorf("reading a run's spec: %w", err)
	}
	var named struct {
		Job       Job    `json:"job"`
		Tests     string `json:"tests"`
		Isolation string `json:"isolation"`
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return Spec{}, &InputError{Field: "spec", Err: err}
	}
	if i := named.Isolation; i != "" && i != isolation {
		return Spec{}, wrong("isolation", i, "a test and its solution always run %s", isolation)
	}
	s := New(named.Job)
	if named.Tests != "" {
		s.Writing = nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&struct {
		*Spec
		Isolation string `json:"isolation"` // of specs of before
	}{Spec: &s}); err != nil {
		return Spec{}, &InputError{Field: "spec", Err: err}
	}
	return s, nil
}

// InputError is a mistake in what a run was asked to do or was given: for whoever
// asked to mend.
type InputError struct {
	Field string // of the Spec, as JSON names it; "" where a file is at fault
	Value string // of the field; may be empty
	Err   error
}

func (e *InputError) Error() string {
	text := e.Field
	if e.Value != "" {
		text += " " + e.Value
	}
	if text != "" {
		text += ": "
	}
	return text + e.Err.Error()
}

func (e *InputError) Unwrap() error { return e.Err }

// wrong is an InputError about the value of a field.
func wrong(field string, value any, format string, args ...any) error {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		text = strconv.Quote(s)
	}
	return &InputError{field, text, fmt.Errorf(format, args...)}
}

// bad is an InputError that no single field is to blame for.
func bad(format string, args ...any) error { return &InputError{Err: fmt.Errorf(format, args...)} }

// asInput makes err an InputError; nil stays nil.
func asInput(err error) error {
	if err == nil {
		return nil
	}
	return &InputError{Err: err}
}
