package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// A cache entry is a folder of three files: the compiled code in Wasmtime's
// format, the memory after boot, and this description. All are checked before
// anything is believed: the sums find damage, and files that others could have
// written are refused, for the code is run.
type cacheEntry struct {
	Key     string
	Size    int             // of the linear memory, bytes
	Stack   uint32          // stack pointer
	Parts   [roles][][2]int // by role, place and length of each part of memFile, in order
	CodeLen int
	CodeSum uint32 // CRC-32C, as the other sums
	MemSum  uint32
	Sum     uint32 // of this description with a Sum of 0
}

const (
	codeFile  = "code.cwasm"
	memFile   = "memory.img"
	entryFile = "entry.json"

	maxEntry = 1 << 20 // bytes of entryFile; it has some hundred
)

var errStale = errors.New("not in the cache")

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

func sumOf(b []byte) uint32 {
	h := newSum()
	h.Write(b)
	return h.Sum32()
}

// seal sets the description's own sum and returns its text.
func (e *cacheEntry) seal() ([]byte, error) {
	e.Sum = 0
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	e.Sum = sumOf(text)
	return json.Marshal(e)
}

// parseEntry reads a description and checks it; largest bounds the memory, in bytes.
func parseEntry(text []byte, key string, largest int) (*cacheEntry, error) {
	var e cacheEntry
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("%s: %w", entryFile, err)
	}
	sum := e.Sum
	if _, err := e.seal(); err != nil || e.Sum != sum {
		return nil, fmt.Errorf("%s is damaged", entryFile)
	}
	if e.Key != key || !e.plausible(largest) {
		return nil, fmt.Errorf("%s does not describe this guest", entryFile)
	}
	return &e, nil
}

// plausible says whether the numbers fit together, whatever they were meant for.
func (e *cacheEntry) plausible(largest int) bool {
	if e.Size < 0 || e.Size > largest || e.Size%wasmPage != 0 {
		return false
	}
	for _, parts := range e.Parts {
		end := 0
		for _, p := range parts {
			if p[0] < end || p[1] < 0 || p[1] > e.Size-p[0] {
				return false
			}
			end = p[0] + p[1]
		}
	}
	return true
}

// loadCached reads a cache entry, or says why it cannot be used.
func loadCached(e *wasmtime.Engine, dir, key string, largest int) (*wasmtime.Module, *snapshot, error) {
	dir = filepath.Join(dir, key)
	info, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, errStale
	}
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return nil, nil, fmt.Errorf("%s is not a folder", dir)
	}
	if err := trusted(dir, info); err != nil {
		return nil, nil, err
	}
	text, err := readFile(filepath.Join(dir, entryFile), maxEntry)
	if err != nil {
		return nil, nil, err
	}
	entry, err := parseEntry(text, key, largest)
	if err != nil {
		return nil, nil, err
	}
	code, err := checkedFile(filepath.Join(dir, codeFile), int64(entry.CodeLen), entry.CodeSum)
	if err != nil {
		return nil, nil, err
	}
	defer code.Close()
	s := &snapshot{size: entry.Size, stack: entry.Stack}
	if s.parts, err = readParts(filepath.Join(dir, memFile), entry); err != nil {
		return nil, nil, err
	}
	// The file that was checked, whatever another process has put in its place.
	m, err := e.Load(fmt.Sprintf("/proc/self/fd/%d", code.Fd()))
	if err != nil {
		return nil, nil, err
	}
	return m, s, nil
}

func readParts(path string, entry *cacheEntry) (parts [roles][]cow.Part, err error) {
	mem, err := readFile(path, roles*entry.Size)
	if err != nil {
		return parts, err
	}
	total := 0
	for _, list := range entry.Parts {
		for _, p := range list {
			total += p[1]
		}
	}
	if len(mem) != total || sumOf(mem) != entry.MemSum {
		return parts, fmt.Errorf("%s is damaged", path)
	}
	for r, list := range entry.Parts {
		for _, p := range list {
			parts[r] = append(parts[r], cow.Part{At: p[0], Data: mem[:p[1]]})
			mem = mem[p[1]:]
		}
	}
	return parts, nil
}

// openFile opens a plain file that nobody else can have written.
func openFile(path string) (*os.File, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a plain file", path)
	}
	if err := trusted(path, info); err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	return f, info.Size(), err
}

// trusted refuses what another user owns or can write to.
func trusted(path string, info os.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", path)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by other users", path)
	}
	return nil
}

func readFile(path string, limit int) ([]byte, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > int64(limit) {
		return nil, fmt.Errorf("%s is damaged", path)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// checkedFile opens a file whose length and sum are right.
func checkedFile(path string, size int64, sum uint32) (_ *os.File, err error) {
	f, got, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	h := newSum()
	if got == size {
		if _, err := io.Copy(h, f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if got != size || h.Sum32() != sum {
		return nil, fmt.Errorf("%s is damaged", path)
	}
	return f, nil
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
	entry := cacheEntry{Key: key, Size: s.size, Stack: s.stack, CodeLen: len(code), CodeSum: sumOf(code)}
	var mem []byte
	for r, parts := range s.parts {
		for _, p := range parts {
			entry.Parts[r] = append(entry.Parts[r], [2]int{p.At, len(p.Data)})
			mem = append(mem, p.Data...)
		}
	}
	entry.MemSum = sumOf(mem)
	text, err := entry.seal()
	if err != nil {
		return err
	}
	fresh := filepath.Join(tmp, "new")
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{codeFile: code, memFile: mem, entryFile: text} {
		if err := os.WriteFile(filepath.Join(fresh, name), content, 0o600); err != nil {
			return err
		}
	}
	// A folder cannot be replaced in one step; whatever is in its place, perhaps
	// closed to us, steps aside first.
	final := filepath.Join(dir, key)
	if os.Rename(fresh, final) == nil {
		return nil
	}
	old := filepath.Join(tmp, "old")
	if err := os.Rename(final, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	os.Chmod(old, 0o700) // so that it can be removed
	err = os.Rename(fresh, final)
	if errors.Is(err, os.ErrExist) {
		return nil // another process was faster, with the same contents
	}
	return err
}
