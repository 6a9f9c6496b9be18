package sandbox

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// damages are ways to spoil a file, or a folder where they apply to both.
var damages = map[string]func(path string, b []byte) error{
	"cut":     func(path string, b []byte) error { return replace(path, b[:len(b)/2]) },
	"emptied": func(path string, b []byte) error { return replace(path, nil) },
	"changed": func(path string, b []byte) error { b[len(b)/2] ^= 0x55; return replace(path, b) },
	"gone":    func(path string, _ []byte) error { return os.RemoveAll(path) },
	"folder": func(path string, _ []byte) error {
		return errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Join(path, "x"), 0o700))
	},
	"pipe": func(path string, _ []byte) error {
		return errors.Join(os.RemoveAll(path), unix.Mkfifo(filepath.Clean(path), 0o600))
	},
	"link": func(path string, _ []byte) error {
		path = filepath.Clean(path)
		return errors.Join(os.Rename(path, path+"-moved"), os.Symlink(path+"-moved", path))
	},
	"of another":  func(path string, _ []byte) error { return os.Chown(path, 1, 1) },
	"open to all": func(path string, _ []byte) error { return os.Chmod(path, 0o777) },
}

// replace puts a file with these contents in the place of whatever is there.
func replace(path string, b []byte) error {
	path = filepath.Clean(path)
	return errors.Join(os.RemoveAll(path), os.WriteFile(path, b, 0o600))
}

// smallCode compiles a module of nothing but a memory.
func smallCode(t *testing.T) (*wasmtime.Engine, []byte) {
	t.Helper()
	e, err := wasmtime.NewEngine(wasmtime.Config{MaxStack: maxStack})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	m, err := e.Compile(wasmModule(section(5, 1, 0, 2)))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	code, err := m.Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return e, code
}

// TestCache stores a small module, and damages the entry in every way.
func TestCache(t *testing.T) {
	e, code := smallCode(t)
	s := &snapshot{size: 2 * wasmPage, stack: 4711, parts: [roles][]cow.Part{
		alone: {{At: 0, Data: make([]byte, cow.PageSize)}, {At: 3 * cow.PageSize, Data: []byte("contents")}},
		judge: {{At: 3 * cow.PageSize, Data: []byte("others")}}}}
	const key = "key"
	dir := t.TempDir()
	store := func() {
		t.Helper()
		if err := storeCached(dir, key, code, s); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := loadCached(e, dir, key, minMemory); !errors.Is(err, errStale) {
		t.Errorf("empty cache: %v", err)
	}
	store()
	m, got, err := loadCached(e, dir, key, minMemory)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	if got.size != s.size || got.stack != s.stack || !reflect.DeepEqual(got.parts, s.parts) {
		t.Errorf("loaded %+v", got)
	}
	if _, _, err := loadCached(e, dir, "another", minMemory); !errors.Is(err, errStale) {
		t.Errorf("another key: %v", err)
	}
	for _, name := range []string{codeFile, memFile, entryFile, "."} {
		for damage, f := range damages {
			if damage == "of another" && os.Geteuid() != 0 {
				continue // nobody else can give files away
			}
			path := filepath.Join(dir, key, name)
			b, err := os.ReadFile(path)
			if name == "." {
				b = []byte("a file")
			} else if err != nil {
				t.Fatal(err)
			}
			if err := f(path, b); err != nil {
				t.Fatal(err)
			}
			if m, _, err := loadCached(e, dir, key, minMemory); err == nil {
				t.Errorf("%s %s: loaded all the same", name, damage)
				m.Close()
			}
			store() // over the damaged one
			os.RemoveAll(filepath.Clean(path) + "-moved")
			m, _, err := loadCached(e, dir, key, minMemory)
			if err != nil {
				t.Fatalf("%s %s: not replaced: %v", name, damage, err)
			}
			m.Close()
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("in the cache are left: %v", left)
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

// TestCacheWriters stores and loads the same entry from several places at once.
func TestCacheWriters(t *testing.T) {
	e, code := smallCode(t)
	dir := t.TempDir()
	s := &snapshot{size: 2 * wasmPage, parts: [roles][]cow.Part{alone: {{At: 0, Data: make([]byte, 5*cow.PageSize)}}}}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 30 {
				if err := storeCached(dir, "key", code, s); err != nil {
					t.Error(err)
				}
				m, _, err := loadCached(e, dir, "key", minMemory)
				if err == nil {
					m.Close()
				} else if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, errStale) {
					t.Error(err) // it may be away for a moment, but never half there
				}
			}
		})
	}
	all.Wait()
	if m, _, err := loadCached(e, dir, "key", minMemory); err != nil {
		t.Error(err)
	} else {
		m.Close()
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("in the cache are left: %v", left)
	}
}

// FuzzEntry reads damaged descriptions: none may be believed that makes no sense.
func FuzzEntry(f *testing.F) {
	e := cacheEntry{Key: "key", Size: 2 * wasmPage, Stack: 4711, Parts: [roles][][2]int{alone: {{0, 10}, {4096, 20}}, judge: {{0, 5}}}, CodeLen: 5}
	text, err := e.seal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, change := range []func(e *cacheEntry){
		func(e *cacheEntry) { e.Size = 1 << 40 },
		func(e *cacheEntry) { e.Parts[alone][1][0] = 5 },
		func(e *cacheEntry) { e.Parts[judge][0][1] = 1 << 62 },
		func(e *cacheEntry) { e.Parts[alone][0] = [2]int{-5, 3} },
	} {
		bad := e
		for r, parts := range e.Parts {
			bad.Parts[r] = slices.Clone(parts)
		}
		change(&bad)
		text, err := bad.seal()
		if err != nil {
			f.Fatal(err)
		}
		if _, err := parseEntry(text, "key", minMemory); err == nil {
			f.Errorf("believed %s", text)
		}
		f.Add(text)
	}
	if _, err := parseEntry(bytes.Replace(text, []byte("4711"), []byte("471"), 1), "key", minMemory); err == nil {
		f.Error("another stack pointer is believed")
	}
	if _, err := parseEntry(text, "other", minMemory); err == nil {
		f.Error("another guest's entry is believed")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEntry(b, "key", minMemory)
		if err != nil {
			return
		}
		for _, list := range e.Parts {
			var parts []cow.Part
			for _, p := range list {
				parts = append(parts, cow.Part{At: p[0], Data: make([]byte, p[1])})
			}
			im, err := cow.NewImage(e.Size, parts)
			if err != nil {
				t.Fatal(err)
			}
			im.Close()
		}
	})
}
