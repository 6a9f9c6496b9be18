// Package convert turns a Hugging Face model folder (config.json, safetensors,
// tokenizer.json) of the Llama or Qwen2 family into a GGUF file that llama.cpp
// runs. It makes the same tensors and metadata as llama.cpp's own
// convert_hf_to_gguf.py, without Python and without holding the model in
// memory.
package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"coderm/internal/badinput"
	"coderm/weights/gguf"
	"coderm/weights/safetensors"
)

// ErrUnsupported is wrapped by the errors about models that this package does
// not convert, as opposed to damaged ones.
var ErrUnsupported = errors.New("cannot be converted")

// Progress is told how many bytes more have been written.
type Progress func(n int64)

// Model is a folder that has been read and found convertible. Nothing has been
// written yet.
type Model struct {
	Metadata []gguf.KV
	folder   *safetensors.Folder
	plan     []tensor
}

// Open reads and checks the model folder dir. typ is the type of the matrices
// in the result: F32, F16 or BF16, or nil to keep each as it is. What is wrong with
// the folder itself is a *badinput.Error.
func Open(dir string, typ *gguf.Type) (*Model, error) {
	m, err := open(dir, typ)
	if errors.Is(err, ErrUnsupported) || errors.Is(err, safetensors.ErrFormat) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		err = badinput.Mark(err)
	}
	return m, err
}

func open(dir string, typ *gguf.Type) (*Model, error) {
	var c config
	if err := readJSON(filepath.Join(dir, "config.json"), &c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "config.json"), err)
	}
	vocab, err := tokenizerMetadata(dir, &c)
	if err != nil {
		return nil, err
	}
	folder, err := safetensors.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	plan, err := c.plan(folder.Tensors, typ)
	if err != nil {
		folder.Close()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	meta := c.metadata(name(dir), fileType(plan))
	return &Model{Metadata: append(meta, vocab...), folder: folder, plan: plan}, nil
}

// ParseType reads the type of matrices that Open takes; "keep" is nil.
func ParseType(name string) (*gguf.Type, error) {
	if strings.EqualFold(name, "keep") {
		return nil, nil
	}
	t, ok := gguf.ParseType(name)
	if !ok || t != gguf.F16 && t != gguf.BF16 && t != gguf.F32 {
		return nil, fmt.Errorf("%q: want f16, bf16, f32 or keep (quantize afterwards, with 'coderm model quantize')", name)
	}
	return &t, nil
}

// Close closes the model's files.
func (m *Model) Close() error { return m.folder.Close() }

// Shards is the number of safetensors files.
func (m *Model) Shards() int { return m.folder.Shards }

// Size is how many bytes of tensors Write will write.
func (m *Model) Size() (int64, error) { return gguf.Size(m.sources(context.Background(), nil)) }

// Tensors describes what Write will write.
func (m *Model) Tensors() []gguf.Source { return m.sources(context.Background(), nil) }

// Write writes the GGUF file, a few megabytes at a time.
func (m *Model) Write(ctx context.Context, w io.Writer, progress Progress) error {
	return gguf.Write(w, m.Metadata, m.sources(ctx, progress))
}

func (m *Model) sources(ctx context.Context, progress Progress) []gguf.Source {
	if progress == nil {
		progress = func(int64) {}
	}
	var out []gguf.Source
	for _, t := range m.plan {
		out = append(out, t.source(ctx, progress))
	}
	return out
}

// name is the model's name: its folder's.
func name(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.Base(abs)
}

// maxJSON bounds the folder's JSON files; a 262,144-token tokenizer.json has
// 34 MB.
const maxJSON = 256 << 20

// readJSON decodes the file at path into v.
func readJSON(path string, v any) error {
	b, err := readFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readOptionalJSON is readJSON for a file that may be absent.
func readOptionalJSON(path string, v any) error {
	if err := readJSON(path, v); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxJSON || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: no regular file of at most %d bytes", path, maxJSON)
	}
	return os.ReadFile(path)
}
