package sandbox

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/cpu"

	"coderm/internal/dirs"
	"coderm/sandbox/internal/wasmtime"
)

// CacheDir is where the prepared guest is kept unless Options say otherwise.
func CacheDir() (string, error) {
	dir, err := dirs.Cache("guest")
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	return dir, nil
}

// cacheKey names everything that the cached files depend on.
func cacheKey(from source) string {
	h := sha256.New()
	fmt.Fprintf(h, "layout 4\nwasmtime %s\n%s %+v %+v\nstack %d\nguest %s\n",
		wasmtime.Version, runtime.GOARCH, cpu.X86, cpu.ARM64, maxStack, from.digest)
	return fmt.Sprintf("%x", h.Sum(nil)[:12])
}

// maxUnused is after what time an entry that nothing has loaded is removed.
const maxUnused = 30 * 24 * time.Hour

// prune removes what other versions left in the cache long ago. It is best
// effort: what cannot be removed stays.
func prune(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > maxUnused {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// source is where a guest comes from.
type source struct {
	name    string // for messages
	digest  string
	wasm    func() ([]byte, error)
	preload bool // packages are imported before its start state is taken
	largest int  // memory that it may start with, in bytes
}

// openGuest returns a compiled guest and its start state, from the cache or
// made now, which takes seconds.
func openGuest(e *wasmtime.Engine, dir string, log *slog.Logger, from source) (*wasmtime.Module, *snapshot, error) {
	key := cacheKey(from)
	m, s, err := loadCached(e, dir, key, from.largest)
	if err == nil {
		now := time.Now()
		os.Chtimes(filepath.Join(dir, key), now, now) // in use: see prune
		return m, s, nil
	}
	if errors.Is(err, errStale) {
		log.Info("preparing "+from.name+" for this machine; this happens once and takes some seconds", "cache", dir)
	} else {
		log.Warn("preparing "+from.name+" again: its cache cannot be used", "reason", err)
	}
	m, s, err = buildGuest(e, from)
	if err != nil {
		return nil, nil, err
	}
	code, err := m.Serialize()
	if err == nil {
		prune(dir)
		err = storeCached(dir, key, code, s)
	}
	if err != nil {
		log.Warn(from.name+" was prepared and not saved: the next start will prepare it again", "reason", err)
	}
	return m, s, nil
}

// buildGuest compiles and boots the guest.
func buildGuest(e *wasmtime.Engine, from source) (*wasmtime.Module, *snapshot, error) {
	wasm, err := from.wasm()
	if err != nil {
		return nil, nil, err
	}
	parts, err := splitGuest(wasm)
	if err != nil {
		return nil, nil, err
	}
	m, err := e.Compile(parts.code)
	if err != nil {
		return nil, nil, err
	}
	var s *snapshot
	err = onThread(func() (err error) {
		s, err = bootGuest(m, parts, from)
		return err
	})
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	return m, s, nil
}
