// Package safetensors reads Hugging Face's safetensors files and the sharded
// folders made of them. The format is eight bytes of header length, a JSON
// header and the tensors' data: https://huggingface.co/docs/safetensors.
//
// The reader trusts nothing: the header's length is checked against the file,
// and the tensors must fill the data section exactly, without holes or
// overlaps, as the format asks.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
)

// ErrFormat is wrapped by every error about a file's content, as opposed to
// errors of reading it.
var ErrFormat = errors.New("not valid safetensors")

const (
	maxHeader   = 100_000_000 // MAX_HEADER_SIZE of the reference implementation
	maxDims     = 8           // no model has more; a shape is printed in errors
	metadataKey = "__metadata__"
)

// dtypeSizes gives an element's bytes.
var dtypeSizes = map[string]uint64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
	"I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}

// Tensor is one tensor of a file. Data reads its bytes, little endian, rows
// first.
type Tensor struct {
	Name  string
	DType string   // e.g. BF16
	Shape []uint64 // in PyTorch's order, row length last
	Bytes int64

	offset int64
	file   io.ReaderAt
}

// Data reads the tensor's bytes. It is safe to use several at once.
func (t Tensor) Data() *io.SectionReader { return io.NewSectionReader(t.file, t.offset, t.Bytes) }

// File is one safetensors file.
type File struct {
	Tensors []Tensor // in the order of their data
	closer  io.Closer
}

// Close closes the file; its tensors' data cannot be read any more.
func (f *File) Close() error { return f.closer.Close() }

// Open reads the header of the file at path and keeps the file open.
func Open(path string) (*File, error) {
	osFile, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := osFile.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: it is no regular file", path, ErrFormat)
	}
	if err != nil {
		osFile.Close()
		return nil, err
	}
	tensors, err := Read(osFile, st.Size())
	if err != nil {
		osFile.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &File{Tensors: tensors, closer: osFile}, nil
}

// Read reads the header of a file of size bytes. The tensors keep r.
func Read(r io.ReaderAt, size int64) ([]Tensor, error) {
	var length [8]byte
	if size < int64(len(length)) {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrFormat, size)
	}
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("%w: a header of %d bytes in a file of %d", ErrFormat, n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	tensors, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err := checkLayout(tensors, size-8-int64(n)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i := range tensors {
		tensors[i].offset += 8 + int64(n)
		tensors[i].file = r
	}
	return tensors, nil
}

// parseHeader reads the header's object key by key, because a map would hide
// that a name appears twice. The offsets are relative to the data section.
func parseHeader(header []byte) ([]Tensor, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("the header is no JSON object")
	}
	var tensors []Tensor
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("the header is no JSON object: %w", err)
		}
		name := t.(string) // the decoder accepts only strings as keys
		if seen[name] {
			return nil, fmt.Errorf("tensor %q appears twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			var ignored json.RawMessage
			if err := d.Decode(&ignored); err != nil {
				return nil, fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		var e entry
		if err := d.Decode(&e); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensor, err := e.tensor(name)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, tensor)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("the header ends early: %w", err)
	}
	return tensors, nil
}

// entry is a tensor's description in the header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

func (e entry) tensor(name string) (Tensor, error) {
	size, ok := dtypeSizes[e.DType]
	if !ok {
		return Tensor{}, fmt.Errorf("tensor %q has the unknown type %q", name, e.DType)
	}
	if len(e.Shape) > maxDims || len(e.Offsets) != 2 || e.Offsets[0] > e.Offsets[1] || e.Offsets[1] > 1<<62 {
		return Tensor{}, fmt.Errorf("tensor %q has a bad shape or bad offsets", name)
	}
	for _, d := range e.Shape {
		hi, lo := bits.Mul64(size, d)
		if hi != 0 {
			return Tensor{}, fmt.Errorf("tensor %q is larger than any file: shape %v", name, e.Shape)
		}
		size = lo
	}
	if got := e.Offsets[1] - e.Offsets[0]; got != size {
		return Tensor{}, fmt.Errorf("tensor %q of shape %v takes %d bytes, want %d", name, e.Shape, got, size)
	}
	return Tensor{Name: name, DType: e.DType, Shape: e.Shape, Bytes: int64(size), offset: int64(e.Offsets[0])}, nil
}

// checkLayout sorts the tensors by place and checks that they fill the data
// section of size bytes.
func checkLayout(tensors []Tensor, size int64) error {
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.Bytes, b.Bytes))
	})
	var end int64
	for _, t := range tensors {
		if t.offset != end {
			return fmt.Errorf("tensor %q starts at %d of the data, want %d: there is an overlap or a hole", t.Name, t.offset, end)
		}
		end += t.Bytes
		if end > size {
			return fmt.Errorf("tensor %q ends at %d but there are %d bytes of data: the file is truncated", t.Name, end, size)
		}
	}
	if end != size {
		return fmt.Errorf("the tensors end at %d but there are %d bytes of data", end, size)
	}
	return nil
}
