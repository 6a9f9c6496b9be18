package gguf_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/weights/gguf"
	"coderm/weights/gguf/gguftest"
	"coderm/weights/synthetic"
)

func whole(t *testing.T) string {
	t.Helper()
	path, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", "Q4_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A model in several files is described like the same in one.
func TestOpenSplit(t *testing.T) {
	path := whole(t)
	want, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	paths := gguftest.Split(t, path, filepath.Join(t.TempDir(), "m"), 3)
	got, err := gguf.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(paths, got.Parts); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	if len(got.Tensors) != len(want.Tensors) || got.Parameters() != want.Parameters() || want.Parts != nil {
		t.Errorf("%d tensors, %d parameters; want %d, %d", len(got.Tensors), got.Parameters(), len(want.Tensors), want.Parameters())
	}
	for i, tensor := range want.Tensors {
		if found, ok := got.Tensor(tensor.Name); !ok || found.Bytes != tensor.Bytes || got.Tensors[i].Name != tensor.Name {
			t.Errorf("tensor %q: %+v", tensor.Name, found)
		}
	}
	size := int64(0)
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	if got.Size != size {
		t.Errorf("%d bytes, want %d", got.Size, size)
	}
}

func TestOpenSplitRefuses(t *testing.T) {
	path := whole(t)
	for _, tt := range []struct {
		name   string
		change func(paths []string) (open string, err error)
		want   string
	}{
		{"not the first", func(p []string) (string, error) { return p[1], nil }, "it is part 2 of a model in 3 files; give the first, "},
		{"one missing", func(p []string) (string, error) { return p[0], os.Remove(p[1]) }, "the model is in 3 files, and part 2 is missing"},
		{"another name", func(p []string) (string, error) {
			to := filepath.Join(filepath.Dir(p[0]), "first.gguf")
			return to, os.Rename(p[0], to)
		}, "it is part 1 of a model in 3 files, and is not called NAME-00001-of-00003.gguf"},
		{"a part in the place of another", func(p []string) (string, error) { return p[0], os.Rename(p[2], p[1]) }, "by its name it is part 2 of 3, by its content another file"},
		{"a whole model in the place of a part", func(p []string) (string, error) {
			b, err := os.ReadFile(path)
			return p[0], errors.Join(err, os.WriteFile(p[1], b, 0o644))
		}, "by its content another file"},
		{"half a part", func(p []string) (string, error) { return p[0], os.Truncate(p[2], 100) }, "-00003-of-00003.gguf: not a valid GGUF file"},
	} {
		paths := gguftest.Split(t, path, filepath.Join(t.TempDir(), "m"), 3)
		open, err := tt.change(paths)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gguf.Open(open); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want …%s…", tt.name, err, tt.want)
		}
	}
}
