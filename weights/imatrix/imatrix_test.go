package imatrix

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"coderm/weights/gguf"
)

// floats is a tensor to be written.
func floats(name string, shape []uint64, values ...float32) gguf.Source {
	return gguf.Source{Name: name, Type: gguf.F32, Shape: shape, Write: func(w io.Writer) error {
		return binary.Write(w, binary.LittleEndian, values)
	}}
}

func write(t *testing.T, tensors ...gguf.Source) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imatrix.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := gguf.Write(f, []gguf.KV{{Key: "general.type", Value: gguf.String("imatrix")}}, tensors); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	got, err := Load(write(t,
		floats("a.in_sum2", []uint64{3}, 2, 4, 6), floats("a.counts", []uint64{1}, 2),
		floats("b.in_sum2", []uint64{2, 2}, 1, 2, 3, 4), floats("b.counts", []uint64{1, 2}, 0, 4),
	))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got["a"], []float32{1, 2, 3}) || !slices.Equal(got["b"], []float32{1, 1, 0.75, 1}) || len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for name, path := range map[string]string{
		"no imatrix": write(t, floats("a.weight", []uint64{1}, 1)),
		"no counts":  write(t, floats("a.in_sum2", []uint64{1}, 1)),
		"odd counts": write(t, floats("a.in_sum2", []uint64{3}, 1, 2, 3), floats("a.counts", []uint64{2}, 1, 2)),
		"not finite": write(t, floats("a.in_sum2", []uint64{1}, nan), floats("a.counts", []uint64{1}, 2)),
		"no GGUF":    "imatrix.go",
		"other type": write(t, floats("a.in_sum2", []uint64{1}, 1), gguf.Source{Name: "a.counts", Type: gguf.I8, Shape: []uint64{1}, Write: func(w io.Writer) error { _, err := w.Write([]byte{1}); return err }}),
	} {
		if _, err := Load(path); !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
