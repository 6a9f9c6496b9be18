package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"coderm/internal/seed"
	"coderm/model"
	"coderm/problem"
	"coderm/sandbox"
)

// Programs runs programs by themselves; *sandbox.Sandbox is one.
type Programs interface {
	Compile(ctx context.Context, source string, lim sandbox.Limits) (*sandbox.Program, error)
	Execute(ctx context.Context, p *sandbox.Program, in sandbox.Input, lim sandbox.Limits, keep int) (sandbox.Execution, error)
}

const (
	// perGenerator is how many inputs a generator that the model wrote prints.
	perGenerator = 5
	// generatorFuel is what a generator or a validator may take for an input: some tenths
	// of a second of native CPython, and maxInput how long an input may be, in bytes.
	generatorFuel = 10_000_000_000
	maxInput      = 1 << 20
)

// forInputs are the limits of a generator and of a validator.
func forInputs() sandbox.Limits {
	lim := sandbox.DefaultLimits()
	lim.Fuel, lim.Output = generatorFuel, maxInput
	return lim
}

// Generator prints inputs of a problem.
type Generator struct {
	run     Programs
	program *sandbox.Program
	files   map[string][]byte
}

// NewGenerator makes one of a program that prints an input by a seed.
func NewGenerator(ctx context.Context, run Programs, source string) (*Generator, error) {
	p, err := run.Compile(ctx, problem.GeneratorProgram, forInputs())
	return &Generator{run, p, map[string][]byte{problem.GeneratorFile: []byte(source)}}, err
}

// Input gives the input of a seed; where there is none, why says how the generator ended.
// The same seed gives the same input.
func (g *Generator) Input(ctx context.Context, seed uint64) (input, why string, err error) {
	at := strconv.FormatUint(seed, 10)
	out, err := g.run.Execute(ctx, g.program, sandbox.Input{Stdin: at + "\n", Files: g.files}, forInputs(), maxInput)
	input = string(out.Stdout)
	switch {
	case err != nil:
		return "", "", err
	case out.Verdict.Kind != sandbox.Pass:
		return "", fmt.Sprintf("by the seed %s the generator ended with %s %s", at, out.Verdict.Kind, out.Verdict.Detail), nil
	case input == "" || out.Cut:
		return "", fmt.Sprintf("by the seed %s the generator printed %d bytes (1 to %d are an input)", at, len(input), maxInput), nil
	}
	return input, "", nil
}

// Inputs gives up to n different inputs that a generator prints, by seeds drawn from r.
// It gives up with the first seed by which the generator prints none: why is how it
// ended. The same arguments give the same inputs.
func Inputs(ctx context.Context, run Programs, generator string, n int, r *rand.Rand) (inputs []string, why string, err error) {
	g, err := NewGenerator(ctx, run, generator)
	if err != nil {
		return nil, "", err
	}
	seen := map[string]bool{}
	for range n {
		text, why, err := g.Input(ctx, uint64(r.Uint32()>>1))
		if err != nil {
			return nil, "", err
		}
		if why != "" {
			return inputs, why, nil
		}
		if !seen[text] {
			seen[text] = true
			inputs = append(inputs, text)
		}
	}
	return inputs, "", nil
}

// Validator says whether a problem allows an input.
type Validator struct {
	run     Programs
	program *sandbox.Program
}

// NewValidator makes one of a program that reads an input and ends with exit status 0
// if it is allowed; of no program one that allows all.
func NewValidator(ctx context.Context, run Programs, source string) (v *Validator, err error) {
	v = &Validator{run: run}
	if source != "" {
		v.program, err = run.Compile(ctx, source, forInputs())
	}
	return v, err
}

// Allows tells whether the input is allowed. A validator that does not come to an end
// allows nothing.
func (v *Validator) Allows(ctx context.Context, input string) (bool, error) {
	if v.program == nil {
		return true, nil
	}
	out, err := v.run.Execute(ctx, v.program, sandbox.Input{Stdin: input}, forInputs(), 0)
	return out.Verdict.Kind == sandbox.Pass, err
}

// Generated gives up to n inputs by the problem's own generator, those that its validator
// allows; none where it has no generator. The error is NoInputs for one that gives none.
func Generated(ctx context.Context, run Programs, p problem.Problem, n int, root uint64) (out []string, err error) {
	if p.Generator == "" || n == 0 {
		return nil, nil
	}
	inputs, why, err := Inputs(ctx, run, p.Generator, n, seed.Inputs(root, p.ID))
	if err != nil {
		return nil, fmt.Errorf("generating inputs: %w", err)
	}
	if len(inputs) == 0 {
		return nil, NoInputs(why)
	}
	v, err := NewValidator(ctx, run, p.Validator)
	if err != nil {
		return nil, err
	}
	for _, input := range inputs {
		ok, err := v.Allows(ctx, input)
		if err != nil {
			return nil, fmt.Errorf("validating inputs: %w", err)
		}
		if ok {
			out = append(out, input)
		}
	}
	if len(out) == 0 {
		return nil, NoInputs("its validator allows none of them")
	}
	return out, nil
}

// NoInputs is why a problem's own generator gives no input.
type NoInputs string

func (n NoInputs) Error() string { return "the problem's generator gives no input: " + string(n) }

// allowed has the generator of an extraction print inputs, and takes out what a validator
// does not allow: the problem's, or where it has none the one that the model wrote. The
// first error is why nothing is left, the second our own fault.
func (w *Writer) allowed(ctx context.Context, p problem.Problem, x *model.Extraction, sample uint64) (none, fault error) {
	if x.Generator != "" {
		inputs, why, err := Inputs(ctx, w.Programs, x.Generator, perGenerator, seed.Inputs(sample, p.ID))
		if err != nil {
			return nil, fmt.Errorf("generating inputs: %w", err)
		}
		if len(inputs) == 0 {
			return errors.New(why), nil
		}
		where := x.Lines[0]
		x.Lines = nil
		for _, text := range inputs {
			x.Tests, x.Lines = append(x.Tests, problem.Test{Kind: problem.Stdin, Input: text}), append(x.Lines, where)
		}
	}
	source := cmp.Or(p.Validator, x.Validator)
	if source == "" {
		return nil, nil
	}
	v, err := NewValidator(ctx, w.Programs, source)
	x.Forbid(func(k int) bool {
		ok := err == nil
		if ok {
			ok, err = v.Allows(ctx, x.Tests[k].Input)
		}
		return !ok
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("validating inputs: %w", err)
	case len(x.Tests) == 0:
		return errForbidden, nil
	}
	return nil, nil
}

// errForbidden is why a completion gives no test that has inputs.
var errForbidden = errors.New("the validator allows none of the inputs in the completion")
