package convert

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/x448/float16"

	"coderm/weights/gguf"
)

// piece is about how many bytes are read and converted at a time.
const piece = 1 << 20

// source is the tensor for the writer.
func (t tensor) source(ctx context.Context, progress Progress) gguf.Source {
	return gguf.Source{Name: t.name, Type: t.typ, Shape: t.shape, Write: func(w io.Writer) error {
		if t.values != nil {
			return binary.Write(w, binary.LittleEndian, t.values)
		}
		if t.heads > 0 {
			return t.writePermuted(ctx, w, progress)
		}
		return t.copy(ctx, w, progress)
	}}
}

// copy streams the tensor, converting its type.
func (t tensor) copy(ctx context.Context, w io.Writer, progress Progress) error {
	in := t.from.Data()
	buf := make([]byte, min(piece, t.from.Bytes))
	for left := t.from.Bytes; left > 0; {
		b := buf[:min(left, int64(len(buf)))]
		if err := t.read(ctx, in, b); err != nil {
			return err
		}
		left -= int64(len(b))
		if err := t.put(w, b, progress); err != nil {
			return err
		}
	}
	return nil
}

// writePermuted reorders the rows of each head. transformers rotates element i
// of a head's width d with element i+d/2, llama.cpp's llama graph rotates
// neighbours; so the rows (2, d/2) of a head become (d/2, 2).
func (t tensor) writePermuted(ctx context.Context, w io.Writer, progress Progress) error {
	in := bufio.NewReaderSize(t.from.Data(), piece)
	rows := int64(t.from.Shape[0])
	perHead := rows / int64(t.heads)
	row := t.from.Bytes / rows
	head, out := make([]byte, perHead*row), make([]byte, 0, perHead*row)
	for range t.heads {
		if err := t.read(ctx, in, head); err != nil {
			return err
		}
		out = out[:0]
		for i := range perHead / 2 {
			for _, j := range []int64{i, i + perHead/2} {
				out = append(out, head[j*row:(j+1)*row]...)
			}
		}
		if err := t.put(w, out, progress); err != nil {
			return err
		}
	}
	return nil
}

func (t tensor) read(ctx context.Context, in io.Reader, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := io.ReadFull(in, b); err != nil {
		return fmt.Errorf("reading %q: %w", t.from.Name, err)
	}
	return nil
}

func (t tensor) put(w io.Writer, b []byte, progress Progress) error {
	out, err := convertValues(b, sourceTypes[t.from.DType], t.typ)
	if err != nil {
		return fmt.Errorf("%q: %w", t.from.Name, err)
	}
	if _, err := w.Write(out); err != nil {
		return err
	}
	progress(int64(len(out)))
	return nil
}

// convertValues converts between F32, F16 and BF16, rounding to the nearest
// even as numpy and llama.cpp do. It gives b itself when nothing is to do.
func convertValues(b []byte, from, to gguf.Type) ([]byte, error) {
	if from == to {
		return b, nil
	}
	le := binary.LittleEndian
	size := 2
	if from == gguf.F32 {
		size = 4
	}
	out := make([]byte, 0, len(b)/size*4)
	for ; len(b) > 0; b = b[size:] {
		var x float32
		switch from {
		case gguf.F32:
			x = math.Float32frombits(le.Uint32(b))
		case gguf.F16:
			x = float16.Frombits(le.Uint16(b)).Float32()
		case gguf.BF16:
			x = math.Float32frombits(uint32(le.Uint16(b)) << 16)
		}
		switch to {
		case gguf.F32:
			out = le.AppendUint32(out, math.Float32bits(x))
		case gguf.F16:
			h := float16.Fromfloat32(x)
			if h.IsInf(0) && !math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("the value %g does not fit f16; use --type bf16 or f32", x)
			}
			out = le.AppendUint16(out, h.Bits())
		case gguf.BF16:
			out = le.AppendUint16(out, bfloat16(x))
		}
	}
	return out, nil
}

// bfloat16 rounds x to the upper half of its bits; a NaN stays one.
func bfloat16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 64
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
