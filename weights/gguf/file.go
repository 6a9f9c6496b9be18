// Package gguf reads and writes GGUF model files (versions 2 and 3, little
// endian), as specified in
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
//
// The reader trusts nothing: every count and length is checked against the
// bytes that are left before anything is allocated, so a hostile file costs
// milliseconds and never more memory than it has bytes. It also refuses what
// would make llama.cpp abort the process instead of returning an error (a zero
// dimension, general.alignment of a wrong kind).
package gguf

import (
	"errors"
	"fmt"
	"os"
)

// ErrFormat is wrapped by every error about a file's content, as opposed to
// errors of reading it.
var ErrFormat = errors.New("not a valid GGUF file")

// Limits of the format as llama.cpp reads it, and ours against hostile files.
const (
	magic            = "GGUF"
	maxDims          = 4         // GGML_MAX_DIMS
	maxName          = 63        // GGML_MAX_NAME, less its terminating zero
	maxKey           = 1<<16 - 1 // the specification's limit
	maxEntries       = 1 << 16   // keys or tensors; the largest known models have some 2,000
	window           = 32 << 10  // read at once; all a refused file costs
	maxHeader        = 64 << 20  // a 262,144-token vocabulary takes 16 MB
	defaultAlignment = 32        // when general.alignment is absent
	maxAlignment     = 1 << 20   // far above any page size
	keyAlignment     = "general.alignment"
)

// KV is one metadata entry.
type KV struct {
	Key   string
	Value Value
}

// Tensor describes one tensor's place in the file.
type Tensor struct {
	Name string
	Type Type
	// Shape has ggml's order: Shape[0] is the row length, the last dimension of
	// a PyTorch shape.
	Shape  []uint64
	Offset int64 // from the start of the file
	Bytes  int64
}

// Elements is the number of values in the tensor.
func (t Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

// File is a GGUF file's description: everything but the tensors' data.
type File struct {
	Version    uint32
	Alignment  int64 // of every tensor's offset, a power of two
	Metadata   []KV  // in the file's order, keys are unique
	Tensors    []Tensor
	DataOffset int64 // where the tensors' data starts
	Size       int64 // of the whole file, or all of them
	// Parts are the paths of a model in several files, which Open follows from
	// the first; nil for a model in one.
	Parts []string

	keys    map[string]int
	tensors map[string]int
}

// Open reads the description of the GGUF file at path, and of the files after it
// if it is the first of a model in several. A part that is not the first, or not
// with all others, is a *SplitError.
func Open(path string) (*File, error) {
	f, err := openOne(path)
	if err != nil {
		return nil, err
	}
	if err := f.openParts(path); err != nil {
		return nil, err
	}
	return f, nil
}

func openOne(path string) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, fmt.Errorf("%s: %w: it is no regular file", path, ErrFormat)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	g, err := Read(f, st.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

// Value finds a metadata value.
func (f *File) Value(key string) (Value, bool) {
	i, ok := f.keys[key]
	if !ok {
		return Value{}, false
	}
	return f.Metadata[i].Value, true
}

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.tensors[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Text is the string under key, or "" when absent or of another kind.
func (f *File) Text(key string) string {
	v, ok := f.Value(key)
	if !ok || v.kind != KindString {
		return ""
	}
	return string(v.raw)
}

// Int is the integer under key.
func (f *File) Int(key string) (int64, bool) {
	v, ok := f.Value(key)
	if !ok {
		return 0, false
	}
	return v.Int()
}

// Parameters is how many numbers the tensors hold.
func (f *File) Parameters() int64 {
	n := int64(0)
	for _, t := range f.Tensors {
		n += t.Elements()
	}
	return n
}

// Architecture is general.architecture, the prefix of the model's own keys.
func (f *File) Architecture() string { return f.Text("general.architecture") }

// Arch is the integer under the architecture's key, e.g. Arch("block_count")
// is llama.block_count of a Llama model.
func (f *File) Arch(key string) (int64, bool) { return f.Int(f.Architecture() + "." + key) }
