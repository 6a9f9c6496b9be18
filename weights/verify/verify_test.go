package verify

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/internal/badinput"
	"coderm/weights/chunk"
	"coderm/weights/convert"
	"coderm/weights/store"
)

// Every kind of target is found intact, and named as broken after a byte of it has
// changed.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	path := filepath.Join(dir, "m.gguf")
	m, err := convert.Open("../testdata/convert/llama3", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := os.Create(path)
	if err == nil {
		err = m.Write(t.Context(), f, nil)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	src, err := store.Local(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	folder := filepath.Join(dir, "folder")
	if err := store.Export(t.Context(), src, folder, nil); err != nil {
		t.Fatal(err)
	}
	read := int64(0)
	check := func(target string) (*Result, error) {
		return Check(t.Context(), target, "", func(int64) (chunk.Progress, func()) {
			return func(n int64) { read += n }, func() {}
		})
	}
	for _, target := range []string{path, folder} {
		if v, err := check(target); err != nil || !v.Intact {
			t.Errorf("%s: %+v, %v", target, v, err)
		}
	}
	if read == 0 {
		t.Error("no progress was told")
	}

	damaged := filepath.Join(folder, "m.gguf")
	data, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(damaged, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if v, err := check(folder); err != nil || v.Intact || len(v.Broken) != 1 || !strings.Contains(v.Broken[0], "m.gguf") || v.Hint == "" {
		t.Errorf("%+v, %v", v, err)
	}

	for _, target := range []string{"nowhere", filepath.Join(dir, "none.gguf"), dir} {
		var bad *badinput.Error
		if _, err := check(target); !errors.As(err, &bad) {
			t.Errorf("%s: %v", target, err)
		}
	}
}
