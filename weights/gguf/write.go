package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Source is one tensor to be written. Write must produce exactly the bytes
// that Type and Shape (in ggml's order, row length first) ask for.
type Source struct {
	Name  string
	Type  Type
	Shape []uint64
	Write func(w io.Writer) error
}

// Size is what Write will produce for these tensors' data, padding included.
func Size(tensors []Source) (int64, error) {
	var total int64
	for _, t := range tensors {
		n, err := t.Type.Bytes(t.Shape)
		if err != nil {
			return 0, fmt.Errorf("tensor %q %w", t.Name, err)
		}
		total += align(n, defaultAlignment)
	}
	return total, nil
}

// Write writes a GGUF file of version 3, tensor by tensor in the given order,
// holding no tensor in memory. The tensors are laid out without gaps beyond
// the alignment of 32, which is what llama.cpp requires.
func Write(w io.Writer, meta []KV, tensors []Source) error {
	header, err := header(meta, tensors)
	if err != nil {
		return err
	}
	out := &counter{w: bufio.NewWriterSize(w, 1<<20)}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := out.tensor(t); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return out.w.Flush()
}

// header is everything before the tensors' data, padded to the alignment.
func header(meta []KV, tensors []Source) ([]byte, error) {
	le := binary.LittleEndian
	b := append([]byte(magic), 3, 0, 0, 0)
	b = le.AppendUint64(b, uint64(len(tensors)))
	b = le.AppendUint64(b, uint64(len(meta)))
	seen := map[string]bool{}
	for _, kv := range meta {
		if kv.Key == keyAlignment {
			return nil, errors.New("general.alignment cannot be set: it is always 32")
		}
		if seen[kv.Key] || kv.Key == "" || len(kv.Key) > maxKey {
			return nil, fmt.Errorf("metadata key %q is empty, too long or used twice", kv.Key)
		}
		seen[kv.Key] = true
		b = appendValue(appendString(b, []byte(kv.Key)), kv.Value)
	}
	clear(seen)
	var offset uint64
	for _, t := range tensors {
		if seen[t.Name] || t.Name == "" || len(t.Name) > maxName {
			return nil, fmt.Errorf("tensor name %q is empty, longer than %d bytes or used twice", t.Name, maxName)
		}
		seen[t.Name] = true
		n, err := t.Type.Bytes(t.Shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %q %w", t.Name, err)
		}
		b = appendString(b, []byte(t.Name))
		b = le.AppendUint32(b, uint32(len(t.Shape)))
		for _, d := range t.Shape {
			b = le.AppendUint64(b, d)
		}
		b = le.AppendUint32(b, uint32(t.Type))
		b = le.AppendUint64(b, offset)
		offset += uint64(align(n, defaultAlignment))
	}
	return append(b, make([]byte, align(int64(len(b)), defaultAlignment)-int64(len(b)))...), nil
}

func appendString(b, s []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v Value) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(v.kind))
	switch v.kind {
	case KindString:
		return appendString(b, v.raw)
	case KindArray:
		b = le.AppendUint32(b, uint32(v.elem))
		b = le.AppendUint64(b, uint64(v.n))
		return append(b, v.raw...)
	}
	// Little endian: the low bytes are the number in its own width.
	return append(b, le.AppendUint64(nil, v.bits)[:kindSizes[v.kind]]...)
}

// counter buffers the output and knows how much was written.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (c *counter) tensor(t Source) error {
	want, err := t.Type.Bytes(t.Shape)
	if err != nil {
		return err
	}
	start := c.n
	if err := t.Write(c); err != nil {
		return err
	}
	if got := c.n - start; got != want {
		return fmt.Errorf("its source wrote %d bytes, its shape needs %d", got, want)
	}
	_, err = c.Write(make([]byte, align(c.n, defaultAlignment)-c.n))
	return err
}
