package llama

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/weights/gguf"
	"coderm/weights/synthetic"
)

// smallest is the smallest model with rows of 256, as some types need minutes
// for a real one.
func smallest(t *testing.T, quant string) string {
	t.Helper()
	shape := synthetic.Shape{
		Name: "smallest", Layers: 1, Embed: 256, FF: 256, Heads: 4, KVHeads: 1, HeadDim: 64,
		Vocab: 288, Specials: 16, Context: 512, RopeBase: 10000,
	}
	path := filepath.Join(t.TempDir(), "in.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := synthetic.Write(t.Context(), f, shape, quant, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// emptyFile is an output for Quantize.
func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.gguf")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// ones is an importance matrix without preferences.
func ones(f *gguf.File) map[string][]float32 {
	m := map[string][]float32{}
	for _, x := range f.Tensors {
		values := make([]float32, x.Shape[0])
		for i := range values {
			values[i] = 1
		}
		m[x.Name] = values
	}
	return m
}

// TestQuantizeEveryType: each type gives a file that llama.cpp loads, of the
// file type it was asked for.
func TestQuantizeEveryType(t *testing.T) {
	in := smallest(t, "f16")
	source, err := gguf.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range FileTypes() {
		t.Run(typ.Name, func(t *testing.T) {
			if typ.NeedsImatrix && os.Getenv("CODERM_SLOW") == "" {
				testkit.Skip(t, testkit.Slow) // llama.cpp sets up this type's code book
			}
			out := emptyFile(t)
			c := QuantizeConfig{Type: typ, Threads: 1}
			if typ.NeedsImatrix {
				c.Imatrix = ones(source)
			}
			if err := Quantize(t.Context(), in, out, c); err != nil {
				t.Fatal(err)
			}
			f, err := gguf.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			if n, _ := f.Int("general.file_type"); n != int64(typ.ftype) {
				t.Errorf("general.file_type is %d, want %d", n, typ.ftype)
			}
			if len(f.Tensors) != len(source.Tensors) {
				t.Errorf("%d tensors, want %d", len(f.Tensors), len(source.Tensors))
			}
			m, err := Load(t.Context(), Config{Path: out, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			m.Close()
		})
	}
}

// TestQuantizeWantsImatrix: the types of very few bits say what they lack.
func TestQuantizeWantsImatrix(t *testing.T) {
	typ, _ := ParseFileType("iq2_xxs")
	err := Quantize(t.Context(), smallest(t, "f16"), emptyFile(t), QuantizeConfig{Type: typ})
	if !typ.NeedsImatrix || err == nil || !strings.Contains(err.Error(), "importance matrix") {
		t.Errorf("got %v", err)
	}
}

func TestQuantizeRefusesQuantizedSources(t *testing.T) {
	q8, _ := ParseFileType("q8_0")
	in := smallest(t, "q4_0")
	if err := Quantize(t.Context(), in, emptyFile(t), QuantizeConfig{Type: q8}); err == nil || !strings.Contains(err.Error(), "requantizing") {
		t.Errorf("got %v", err)
	}
	if err := Quantize(t.Context(), in, emptyFile(t), QuantizeConfig{Type: q8, Requantize: true}); err != nil {
		t.Errorf("with leave: %v", err)
	}
}

func TestQuantizeRefusesOtherFiles(t *testing.T) {
	if err := Quantize(t.Context(), "quantize_test.go", emptyFile(t), QuantizeConfig{}); !errors.Is(err, gguf.ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func TestQuantizeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q4, _ := ParseFileType("Q4_K_M")
	err := Quantize(ctx, smallest(t, "f32"), emptyFile(t), QuantizeConfig{Type: q4})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// What ran before must not disturb what comes after.
	if err := Quantize(t.Context(), smallest(t, "f32"), emptyFile(t), QuantizeConfig{Type: q4}); err != nil {
		t.Error(err)
	}
}
