// Package quantize makes smaller copies of models, with llama.cpp's quantizer, and
// measures what that costs.
package quantize

import (
	"context"
	"log/slog"
	"os"
	"time"

	"coderm/engine/llama"
	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/tokenizer"
	"coderm/weights/gguf"
	"coderm/weights/imatrix"
)

// Plan says what to make of which file.
type Plan struct {
	In, Type, Out string
	Imatrix       string // an importance matrix; "" for none
	Check         string // a text file to measure the damage on; "" for none
	// Prompts, if set, gives prompts in a model's chat template, to measure it on
	// instead.
	Prompts    func(*llama.Model) ([]string, error)
	Threads    int  // 0: every core
	Requantize bool // allow a source that is quantized already
}

// Result is what a quantization came to.
type Result struct {
	Path    string        `json:"path"`
	Type    string        `json:"type"`
	Before  int64         `json:"bytes_before"`
	Bytes   int64         `json:"bytes"`
	Seconds float64       `json:"seconds"`
	Check   *llama.Damage `json:"check,omitempty"`
}

// Job is a plan that can be carried out.
type Job struct {
	plan   Plan
	before int64 // bytes
	config llama.QuantizeConfig
	text   string // to measure the damage on
}

// Prepare checks all that can be wrong before any work starts. Its errors are
// *badinput.Errors.
func Prepare(p Plan) (*Job, error) {
	j := &Job{plan: p, config: llama.QuantizeConfig{Threads: p.Threads, Requantize: p.Requantize}}
	var ok bool
	if j.config.Type, ok = llama.ParseFileType(p.Type); !ok {
		return nil, badinput.Errorf("no quantization type %q ('coderm model quantize --help' lists them)", p.Type)
	}
	if err := fsx.CheckOutput(p.Out); err != nil {
		return nil, err
	}
	if same(p.In, p.Out) {
		return nil, badinput.Errorf("%s is both input and output", p.In)
	}
	source, err := gguf.OpenModel(p.In)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	j.before = source.Size
	if t, ok := source.Tensor("token_embd.weight"); ok && !p.Requantize && quantized(t.Type) {
		return nil, badinput.Errorf("%s is quantized already (%s): start from the f16 or bf16 model, or give --requantize", p.In, t.Type)
	}
	if p.Prompts != nil && source.Text("tokenizer.chat_template") == "" {
		return nil, badinput.Errorf("--check: %s has no chat template to put prompts into; give a text", p.In)
	}
	if p.Imatrix != "" {
		if j.config.Imatrix, err = imatrix.Load(p.Imatrix); err != nil {
			return nil, badinput.Mark(err)
		}
	} else if j.config.Type.NeedsImatrix {
		return nil, badinput.Errorf("%s has so few bits that it needs an importance matrix: give --imatrix FILE", j.config.Type.Name)
	}
	if p.Check != "" {
		b, err := os.ReadFile(p.Check)
		if err != nil {
			return nil, badinput.Mark(err)
		}
		j.text = string(b)
		if err := checkText(p.In, p.Check, j.text); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// Run writes the smaller model, whole or not at all. progress, if any, is told how
// many tensors are done.
func (j *Job) Run(ctx context.Context, progress func(done, total int)) (Result, error) {
	start := time.Now()
	j.config.Progress = progress
	err := fsx.WriteFile(j.plan.Out, func(f *os.File) error {
		return llama.Quantize(ctx, j.plan.In, f.Name(), j.config)
	})
	if err != nil {
		return Result{}, err
	}
	after, err := os.Stat(j.plan.Out)
	if err != nil {
		return Result{}, err
	}
	return Result{Path: j.plan.Out, Type: j.config.Type.Name, Before: j.before, Bytes: after.Size(), Seconds: time.Since(start).Seconds()}, nil
}

// Damage has both models read the text or the prompts. progress, if any, is told how
// many windows of it are done.
func (j *Job) Damage(ctx context.Context, log *slog.Logger, progress func(done, total int)) (*llama.Damage, error) {
	load := func(path string) (*llama.Model, error) {
		// Two models at once: the kernels' own copies of the weights would double
		// the memory.
		return llama.Load(ctx, llama.Config{Path: path, Threads: j.plan.Threads, NoRepack: true, Log: log})
	}
	source, err := load(j.plan.In)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	small, err := load(j.plan.Out)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	var d llama.Damage
	if j.plan.Prompts == nil {
		d, err = llama.Compare(ctx, source, small, j.text, progress)
	} else if prompts, promptsErr := j.plan.Prompts(source); promptsErr != nil {
		err = promptsErr
	} else {
		d, err = llama.ComparePrompts(ctx, source, small, prompts, progress)
	}
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// checkText refuses a text that is too short to measure anything on. Where our
// tokenizer does not know the model's, llama.cpp's counts, once it is loaded.
func checkText(model, path, text string) error {
	t, err := tokenizer.FromGGUF(model)
	if err != nil {
		return nil
	}
	ids, err := t.Encode(text, true)
	if err != nil {
		return nil
	}
	if n := len(t.AddBOS(ids)); n < llama.CompareFewest {
		return badinput.Errorf("--check: %s has %d tokens, want at least %d (better 10,000)", path, n, llama.CompareFewest)
	}
	return nil
}

// same tells whether two paths are one file.
func same(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// quantized tells types of blocks from single numbers.
func quantized(t gguf.Type) bool {
	elems, _ := t.Block()
	return elems > 1
}

// ForStore has the store quantize what it pulls.
type ForStore struct{}

// Check refuses an unknown type, and one that needs an importance matrix.
func (ForStore) Check(typ string) error {
	t, ok := llama.ParseFileType(typ)
	switch {
	case !ok:
		return badinput.Errorf("no quantization type %q ('coderm model quantize --help' lists them)", typ)
	case t.NeedsImatrix:
		return badinput.Errorf("%s needs an importance matrix: pull the model without a type, and quantize it with --imatrix", t.Name)
	}
	return nil
}

// Quantize writes out, whole or not at all.
func (ForStore) Quantize(ctx context.Context, in, out, typ string) error {
	j, err := Prepare(Plan{In: in, Out: out, Type: typ})
	if err == nil {
		_, err = j.Run(ctx, nil)
	}
	return err
}
