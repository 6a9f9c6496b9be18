package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/cpu"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// A cache entry is a folder of three files: the compiled code in Wasmtime's
// format, the memory after boot, and this description, which is believed only
// if sizes and checksums of the other two agree. The checksums find damage, not
// malice: who can write to the user's cache can do as the user does.
type cacheEntry struct {
	Key     string
	Size    int      // of the linear memory, bytes
	Stack   uint32   // stack pointer
	Parts   [][2]int // place and length of each part of memFile, in order
	CodeLen int
	CodeSum uint32 // CRC-32C, as MemSum
	MemSum  uint32
}

const (
	codeFile  = "code.cwasm"
	memFile   = "memory.img"
	entryFile = "entry.json"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errStale = errors.New("not in the cache")

// cacheKey names everything that the cached files depend on.
func cacheKey(guest []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "layout 2\nwasmtime %s\n%s %+v %+v\nstack %d\n",
		wasmtime.Version, runtime.GOARCH, cpu.X86, cpu.ARM64, maxStack)
	h.Write(guest)
	return fmt.Sprintf("%x", h.Sum(nil)[:12])
}

// defaultCacheDir is $XDG_CACHE_HOME/coderm/guest.
func defaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("sandbox: no cache folder: %w (set XDG_CACHE_HOME)", err)
	}
	return filepath.Join(dir, "coderm", "guest"), nil
}

// loadCached reads a cache entry, or says why it cannot be used.
func loadCached(e *wasmtime.Engine, dir, key string) (*wasmtime.Module, *snapshot, error) {
	text, err := os.ReadFile(filepath.Join(dir, key, entryFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, errStale
	}
	if err != nil {
		return nil, nil, err
	}
	var entry cacheEntry
	if err := json.Unmarshal(text, &entry); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", entryFile, err)
	}
	if entry.Key != key || entry.Size%wasmPage != 0 {
		return nil, nil, fmt.Errorf("%s does not describe this guest", entryFile)
	}
	if _, err := readChecked(filepath.Join(dir, key, codeFile), entry.CodeLen, entry.CodeSum); err != nil {
		return nil, nil, err
	}
	s := &snapshot{size: entry.Size, stack: entry.Stack}
	if s.parts, err = readParts(filepath.Join(dir, key, memFile), &entry); err != nil {
		return nil, nil, err
	}
	m, err := e.Load(filepath.Join(dir, key, codeFile))
	if err != nil {
		return nil, nil, err
	}
	return m, s, nil
}

func readParts(path string, entry *cacheEntry) ([]cow.Part, error) {
	total := 0
	for _, p := range entry.Parts {
		if p[0] < 0 || p[1] < 0 || p[0]+p[1] > entry.Size {
			return nil, fmt.Errorf("%s does not describe this guest", entryFile)
		}
		total += p[1]
	}
	mem, err := readChecked(path, total, entry.MemSum)
	if err != nil {
		return nil, err
	}
	var parts []cow.Part
	for _, p := range entry.Parts {
		parts = append(parts, cow.Part{At: p[0], Data: mem[:p[1]]})
		mem = mem[p[1]:]
	}
	return parts, nil
}

func readChecked(path string, size int, sum uint32) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(b) != size || crc32.Checksum(b, castagnoli) != sum {
		return nil, fmt.Errorf("%s is damaged", path)
	}
	return b, nil
}

// storeCached writes a cache entry: complete, or not at all.
func storeCached(dir, key string, code []byte, s *snapshot) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, "."+key+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	entry := cacheEntry{
		Key: key, Size: s.size, Stack: s.stack,
		CodeLen: len(code), CodeSum: crc32.Checksum(code, castagnoli),
	}
	var mem []byte
	for _, p := range s.parts {
		entry.Parts = append(entry.Parts, [2]int{p.At, len(p.Data)})
		mem = append(mem, p.Data...)
	}
	entry.MemSum = crc32.Checksum(mem, castagnoli)
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{codeFile: code, memFile: mem, entryFile: text} {
		if err := os.WriteFile(filepath.Join(tmp, name), content, 0o600); err != nil {
			return err
		}
	}
	// A folder cannot be replaced in one step; a damaged one goes first.
	final := filepath.Join(dir, key)
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	err = os.Rename(tmp, final)
	if errors.Is(err, os.ErrExist) {
		return nil // another process was faster, with the same contents
	}
	return err
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

// openGuest returns the compiled guest and its start state, from the cache or
// made now, which takes seconds.
func openGuest(e *wasmtime.Engine, dir string, log *slog.Logger) (*wasmtime.Module, *snapshot, error) {
	key := cacheKey(guestZst)
	m, s, err := loadCached(e, dir, key)
	if err == nil {
		now := time.Now()
		os.Chtimes(filepath.Join(dir, key), now, now) // in use: see prune
		return m, s, nil
	}
	if errors.Is(err, errStale) {
		log.Info("preparing the sandbox for this machine; this happens once and takes some seconds", "cache", dir)
	} else {
		log.Warn("preparing the sandbox again: its cache cannot be used", "reason", err)
	}
	m, s, err = buildGuest(e)
	if err != nil {
		return nil, nil, err
	}
	code, err := m.Serialize()
	if err == nil {
		prune(dir)
		err = storeCached(dir, key, code, s)
	}
	if err != nil {
		log.Warn("the prepared sandbox was not saved: the next start will prepare it again", "reason", err)
	}
	return m, s, nil
}

// buildGuest compiles and boots the guest.
func buildGuest(e *wasmtime.Engine) (*wasmtime.Module, *snapshot, error) {
	wasm, err := guestWasm()
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
		s, err = bootGuest(m, parts)
		return err
	})
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	return m, s, nil
}
