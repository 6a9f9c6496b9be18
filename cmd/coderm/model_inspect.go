package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coderm/internal/table"
	"coderm/internal/term"
	"coderm/weights"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

type inspectOptions struct {
	load   weights.Load
	arrays bool
}

func (a *app) modelInspectCmd() *cobra.Command {
	var o inspectOptions
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Describe a GGUF file: metadata, tensors, memory needed",
		Long: `Describe a GGUF file, or a model of the store by its name, without loading it.

The memory is an estimate for decoding --samples completions at once, each of
--ctx tokens with its prompt. The completions can share one cache, which holds a
common prompt of --prompt tokens once, or have a cache of their own each, which
is faster for many.`,
		Example: `  coderm model inspect CodeRM-8B-Q4_K_M.gguf --ctx 4096 --prompt 2048 --samples 100
  coderm model inspect default --json`,
		Args: oneArg("a GGUF file"),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := modelPath(args[0])
			if err != nil {
				return err
			}
			f, err := gguf.Open(path)
			if err != nil {
				return asUsage(err)
			}
			r, err := inspect(path, f, o)
			if err != nil {
				return asUsage(err)
			}
			if a.json {
				return a.printJSON(r)
			}
			return a.printInspection(r)
		},
	}
	flags := c.Flags()
	flags.IntVar(&o.load.Context, "ctx", 0, "tokens of a completion, prompt included (default: the model's, at most 4096)")
	flags.IntVar(&o.load.Samples, "samples", 1, "completions decoded at once")
	flags.IntVar(&o.load.Prompt, "prompt", 0, "tokens of the prompt that the completions share")
	flags.BoolVar(&o.arrays, "arrays", false, "print long arrays (the vocabulary) in full")
	return c
}

// modelPath takes a file as it is and anything else as a name of the store.
func modelPath(arg string) (string, error) {
	if _, err := os.Stat(arg); !errors.Is(err, fs.ErrNotExist) {
		return arg, nil
	}
	path, err := store.Resolve(arg)
	return path, asUsage(err)
}

// inspection is the command's result.
type inspection struct {
	Path          string             `json:"path"`
	Version       uint32             `json:"gguf_version"`
	Bytes         int64              `json:"bytes"`
	Parts         []string           `json:"parts,omitempty"` // of a model in several files
	Architecture  string             `json:"architecture"`
	Name          string             `json:"name,omitempty"`
	Parameters    int64              `json:"parameters"`
	BitsPerWeight float64            `json:"bits_per_weight"`
	Context       int64              `json:"context_length,omitempty"`
	ChatTemplate  string             `json:"chat_template,omitempty"`
	Memory        *inspectedMemory   `json:"memory,omitempty"`
	MemoryError   string             `json:"memory_error,omitempty"`
	Metadata      []inspectedKV      `json:"metadata"`
	Types         []inspectedType    `json:"types"`
	Tensors       []inspectedTensors `json:"tensors"`
}

type inspectedMemory struct {
	Context int `json:"context"`
	Prompt  int `json:"prompt"`
	Samples int `json:"samples"`
	weights.Memory
	TotalUnified int64 `json:"total_unified"`
	TotalStreams int64 `json:"total_streams"`
}

type inspectedKV struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"`
	Len   int    `json:"len,omitempty"` // of an array
	Value any    `json:"value"`         // of a long array, its first elements
}

type inspectedType struct {
	Type    string `json:"type"`
	Tensors int    `json:"tensors"`
	Bytes   int64  `json:"bytes"`
}

type inspectedTensors struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Shape  []uint64 `json:"shape"` // row length first
	Offset int64    `json:"offset"`
	Bytes  int64    `json:"bytes"`
}

// defaultContext is enough for CodeRM's prompt and answer, and no more than a
// small machine holds.
const defaultContext = 4096

func inspect(path string, f *gguf.File, o inspectOptions) (*inspection, error) {
	r := &inspection{
		Path: path, Version: f.Version, Bytes: f.Size, Architecture: f.Architecture(),
		Name: f.Text("general.name"), ChatTemplate: f.Text("tokenizer.chat_template"),
		Parts: f.Parts, Parameters: f.Parameters(), Metadata: inspectMetadata(f, o.arrays),
	}
	r.Context, _ = f.Arch("context_length")
	types := map[gguf.Type]*inspectedType{}
	var bytes int64
	for _, t := range f.Tensors {
		r.Tensors = append(r.Tensors, inspectedTensors{t.Name, t.Type.String(), t.Shape, t.Offset, t.Bytes})
		bytes += t.Bytes
		if types[t.Type] == nil {
			types[t.Type] = &inspectedType{Type: t.Type.String()}
		}
		types[t.Type].Tensors++
		types[t.Type].Bytes += t.Bytes
	}
	for _, t := range types {
		r.Types = append(r.Types, *t)
	}
	slices.SortFunc(r.Types, func(a, b inspectedType) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Type, b.Type))
	})
	if r.Parameters > 0 {
		r.BitsPerWeight = float64(bytes) * 8 / float64(r.Parameters)
	}
	asked := o.load != weights.Load{Samples: 1}
	if o.load.Context == 0 {
		o.load.Context = defaultContext
		if r.Context > 0 {
			o.load.Context = int(min(r.Context, defaultContext))
		}
	}
	m, err := weights.Estimate(f, o.load)
	if err != nil && asked {
		return nil, err
	}
	if err != nil {
		// A file that is no language model can be inspected all the same.
		r.MemoryError = err.Error()
		return r, nil
	}
	r.Memory = &inspectedMemory{
		Context: o.load.Context, Prompt: o.load.Prompt, Samples: o.load.Samples, Memory: m,
		TotalUnified: m.Weights + m.Compute + m.KVUnified, TotalStreams: m.Weights + m.Compute + m.KVStreams,
	}
	return r, nil
}

// shownElements is how many elements of a long array are printed.
const shownElements = 8

func inspectMetadata(f *gguf.File, arrays bool) []inspectedKV {
	out := make([]inspectedKV, 0, len(f.Metadata))
	for _, kv := range f.Metadata {
		e := inspectedKV{Key: kv.Key, Kind: kv.Value.Kind().String(), Len: kv.Value.Len()}
		if kv.Value.Kind() == gguf.KindArray {
			e.Kind = "[]" + kv.Value.Elem().String()
		}
		e.Value = kv.Value.Any()
		if !arrays {
			e.Value = shorten(e.Value)
		}
		out = append(out, e)
	}
	return out
}

// shorten cuts a long array to its first elements.
func shorten(v any) any {
	switch s := v.(type) {
	case []string:
		return s[:min(len(s), shownElements)]
	case []int64:
		return s[:min(len(s), shownElements)]
	case []float64:
		return s[:min(len(s), shownElements)]
	case []bool:
		return s[:min(len(s), shownElements)]
	}
	return v
}

func (a *app) printInspection(r *inspection) error {
	w := a.stdout
	fmt.Fprintf(w, "%s: GGUF v%d, %s\n", r.Path, r.Version, size(r.Bytes))
	if len(r.Parts) > 0 {
		fmt.Fprintf(w, "a model in %d files, of which this is the first; what follows is of all\n", len(r.Parts))
	}
	fmt.Fprintf(w, "%s %q, %s parameters, %.2f bits each, context of %d tokens\n",
		cmp.Or(term.Line(r.Architecture), "unknown architecture"), r.Name, count(r.Parameters), r.BitsPerWeight, r.Context)

	fmt.Fprintf(w, "\nMetadata (%d)\n", len(r.Metadata))
	t := table.Plain(w, table.Left("  KEY", "KIND", "VALUE"))
	for _, kv := range r.Metadata {
		t.Row("  "+kv.Key, kv.Kind, printed(kv))
	}
	if err := t.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(w, "\nTensors (%d)\n", len(r.Tensors))
	t = table.Plain(w, table.Left("  NAME", "TYPE", "SHAPE", "SIZE", "OFFSET"))
	for _, x := range r.Tensors {
		t.Row("  "+x.Name, x.Type, shape(x.Shape), size(x.Bytes), x.Offset)
	}
	if err := t.Flush(); err != nil {
		return err
	}

	fmt.Fprint(w, "\nBy type\n")
	t = table.Plain(w, table.Left("  TYPE", "TENSORS", "SIZE"))
	for _, x := range r.Types {
		t.Row("  "+x.Type, x.Tensors, size(x.Bytes))
	}
	if err := t.Flush(); err != nil {
		return err
	}

	if r.ChatTemplate != "" {
		fmt.Fprintf(w, "\nChat template\n%s\n", indent(r.ChatTemplate))
	}
	return a.printMemory(r)
}

func (a *app) printMemory(r *inspection) error {
	w := a.stdout
	m := r.Memory
	if m == nil {
		_, err := fmt.Fprintf(w, "\nMemory: unknown, %s\n", r.MemoryError)
		return err
	}
	completions := "1 completion"
	if m.Samples != 1 {
		completions = fmt.Sprintf("%d completions", m.Samples)
	}
	fmt.Fprintf(w, "\nMemory for %s of %d tokens, %d of them a shared prompt (estimated)\n", completions, m.Context, m.Prompt)
	t := table.Plain(w, table.Left("", "ONE CACHE FOR ALL", "A CACHE FOR EACH"))
	t.Row("  weights", size(m.Weights), size(m.Weights))
	t.Row("  key-value cache, "+size(m.KVToken)+" a token", size(m.KVUnified), size(m.KVStreams))
	t.Row("  computing", size(m.Compute), size(m.Compute))
	t.Row("  together", size(m.TotalUnified), size(m.TotalStreams))
	return t.Flush()
}

// printed is a metadata value on one line.
func printed(kv inspectedKV) string {
	const most = 72
	s := fmt.Sprint(kv.Value)
	if text, ok := kv.Value.(string); ok {
		s = fmt.Sprintf("%q", text)
	}
	if text, ok := kv.Value.([]string); ok {
		s = fmt.Sprintf("%q", text)
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if kv.Len > shownElements {
		s += fmt.Sprintf(" (%d)", kv.Len)
	}
	return s
}

func shape(dims []uint64) string {
	var s []string
	for _, d := range dims {
		s = append(s, fmt.Sprint(d))
	}
	return strings.Join(s, " x ")
}

// count prints a number of parameters as models are named, e.g. 8.03B.
func count(n int64) string {
	for _, u := range []struct {
		name string
		n    float64
	}{{"B", 1e9}, {"M", 1e6}, {"K", 1e3}} {
		if float64(n) >= u.n {
			return fmt.Sprintf("%.2f%s", float64(n)/u.n, u.name)
		}
	}
	return fmt.Sprint(n)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}
