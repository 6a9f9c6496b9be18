package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// TestCache stores a small module, and damages the entry in every way.
func TestCache(t *testing.T) {
	e, err := wasmtime.NewEngine(wasmtime.Config{MaxStack: maxStack})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m, err := e.Compile(wasmModule(section(5, 1, 0, 2)))
	if err != nil {
		t.Fatal(err)
	}
	code, err := m.Serialize()
	m.Close()
	if err != nil {
		t.Fatal(err)
	}
	s := &snapshot{size: 2 * wasmPage, stack: 4711, parts: []cow.Part{
		{At: 0, Data: make([]byte, cow.PageSize)}, {At: 3 * cow.PageSize, Data: []byte("contents")}}}
	const key = "key"
	dir := t.TempDir()
	store := func() {
		t.Helper()
		if err := storeCached(dir, key, code, s); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := loadCached(e, dir, key); !errors.Is(err, errStale) {
		t.Errorf("empty cache: %v", err)
	}
	store()
	m, got, err := loadCached(e, dir, key)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	if got.size != s.size || got.stack != s.stack || len(got.parts) != 2 || string(got.parts[1].Data) != "contents" {
		t.Errorf("loaded %+v", got)
	}
	if _, _, err := loadCached(e, dir, "another"); !errors.Is(err, errStale) {
		t.Errorf("another key: %v", err)
	}
	for _, name := range []string{codeFile, memFile, entryFile} {
		for damage, f := range map[string]func(path string, b []byte) error{
			"cut":     func(path string, b []byte) error { return os.WriteFile(path, b[:len(b)/2], 0o600) },
			"emptied": func(path string, b []byte) error { return os.WriteFile(path, nil, 0o600) },
			"changed": func(path string, b []byte) error { b[len(b)/2] ^= 0x55; return os.WriteFile(path, b, 0o600) },
			"gone":    func(path string, b []byte) error { return os.Remove(path) },
		} {
			path := filepath.Join(dir, key, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := f(path, b); err != nil {
				t.Fatal(err)
			}
			if m, _, err := loadCached(e, dir, key); err == nil {
				t.Errorf("%s %s: loaded all the same", name, damage)
				m.Close()
			}
			store() // over the damaged one
		}
	}
	if err := os.Chtimes(filepath.Join(dir, key), time.Time{}, time.Now().Add(-2*maxUnused)); err != nil {
		t.Fatal(err)
	}
	if err := storeCached(dir, "new", code, s); err != nil {
		t.Fatal(err)
	}
	prune(dir)
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("in the cache are left: %v", left)
	}
}
