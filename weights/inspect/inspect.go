// Package inspect describes a GGUF file without loading it: its metadata and
// tensors, and the memory that it needs.
package inspect

import (
	"cmp"
	"slices"

	"coderm/weights"
	"coderm/weights/gguf"
)

// Options say what to estimate and what to list.
type Options struct {
	Load   weights.Load // a context of 0 stands for the model's, at most 4096
	Arrays bool         // list long arrays (the vocabulary) in full
}

// Inspection is what there is to know of a model file without loading it.
type Inspection struct {
	Path          string     `json:"path"`
	Version       uint32     `json:"gguf_version"`
	Bytes         int64      `json:"bytes"`
	Parts         []string   `json:"parts,omitempty"` // of a model in several files
	Architecture  string     `json:"architecture"`
	Name          string     `json:"name,omitempty"`
	Parameters    int64      `json:"parameters"`
	BitsPerWeight float64    `json:"bits_per_weight"`
	Context       int64      `json:"context_length,omitempty"`
	ChatTemplate  string     `json:"chat_template,omitempty"`
	Memory        *Memory    `json:"memory,omitempty"`
	MemoryError   string     `json:"memory_error,omitempty"`
	Metadata      []KeyValue `json:"metadata"`
	Types         []Type     `json:"types"`
	Tensors       []Tensor   `json:"tensors"`
}

// Memory is an estimate for decoding some completions at once.
type Memory struct {
	Context int `json:"context"`
	Prompt  int `json:"prompt"`
	Samples int `json:"samples"`
	weights.Memory
	TotalUnified int64 `json:"total_unified"`
	TotalStreams int64 `json:"total_streams"`
}

// KeyValue is an entry of the metadata.
type KeyValue struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"`
	Len   int    `json:"len,omitempty"` // of an array
	Value any    `json:"value"`         // of a long array, its first elements
}

// Type sums up the tensors of one type.
type Type struct {
	Type    string `json:"type"`
	Tensors int    `json:"tensors"`
	Bytes   int64  `json:"bytes"`
}

// Tensor is one tensor.
type Tensor struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Shape  []uint64 `json:"shape"` // row length first
	Offset int64    `json:"offset"`
	Bytes  int64    `json:"bytes"`
}

// defaultContext is enough for CodeRM's prompt and answer, and no more than a
// small machine holds.
const defaultContext = 4096

// File describes the file at path, or the model in several files whose first it
// is.
func File(path string, o Options) (*Inspection, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	return describe(path, f, o)
}

func describe(path string, f *gguf.File, o Options) (*Inspection, error) {
	r := &Inspection{
		Path: path, Version: f.Version, Bytes: f.Size, Architecture: f.Architecture(),
		Name: f.Text("general.name"), ChatTemplate: f.Text("tokenizer.chat_template"),
		Parts: f.Parts, Parameters: f.Parameters(), Metadata: metadata(f, o.Arrays),
	}
	r.Context, _ = f.Arch("context_length")
	types := map[gguf.Type]*Type{}
	var bytes int64
	for _, t := range f.Tensors {
		r.Tensors = append(r.Tensors, Tensor{t.Name, t.Type.String(), t.Shape, t.Offset, t.Bytes})
		bytes += t.Bytes
		if types[t.Type] == nil {
			types[t.Type] = &Type{Type: t.Type.String()}
		}
		types[t.Type].Tensors++
		types[t.Type].Bytes += t.Bytes
	}
	for _, t := range types {
		r.Types = append(r.Types, *t)
	}
	slices.SortFunc(r.Types, func(a, b Type) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Type, b.Type))
	})
	if r.Parameters > 0 {
		r.BitsPerWeight = float64(bytes) * 8 / float64(r.Parameters)
	}
	asked := o.Load != weights.Load{Samples: 1}
	if o.Load.Context == 0 {
		o.Load.Context = defaultContext
		if r.Context > 0 {
			o.Load.Context = int(min(r.Context, defaultContext))
		}
	}
	m, err := weights.Estimate(f, o.Load)
	if err != nil && asked {
		return nil, err
	}
	if err != nil {
		// A file that is no language model can be inspected all the same.
		r.MemoryError = err.Error()
		return r, nil
	}
	r.Memory = &Memory{
		Context: o.Load.Context, Prompt: o.Load.Prompt, Samples: o.Load.Samples, Memory: m,
		TotalUnified: m.Weights + m.Compute + m.KVUnified, TotalStreams: m.Weights + m.Compute + m.KVStreams,
	}
	return r, nil
}

// shownElements is how many elements of a long array are printed.
const shownElements = 8

func metadata(f *gguf.File, arrays bool) []KeyValue {
	out := make([]KeyValue, 0, len(f.Metadata))
	for _, kv := range f.Metadata {
		e := KeyValue{Key: kv.Key, Kind: kv.Value.Kind().String(), Len: kv.Value.Len()}
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
