package llama

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"
)

// EnvBackends lists folders with GPU backends, to be searched first.
const EnvBackends = "CODERM_BACKENDS"

// Backend is a library for computing on GPUs that was found.
type Backend struct {
	Path   string `json:"path"`
	Loaded bool   `json:"loaded"`
	Why    string `json:"why,omitempty"` // not loaded
}

// backends is what loadBackends found: per process, like llama.cpp's own list.
var backends []Backend

// Backends lists the GPU backends found, and why those not loaded were not.
func Backends() []Backend {
	initialise()
	return slices.Clone(backends)
}

// BackendFolders is where backends are looked for: in CODERM_BACKENDS, beside
// the program (bin/coderm and lib/coderm), and where Ollama installs its own.
func BackendFolders() []string {
	folders := filepath.SplitList(os.Getenv(EnvBackends))
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		folders = append(folders, dir, filepath.Join(dir, "..", "lib", "coderm"), filepath.Join(dir, "..", "lib", "ollama"))
	}
	return append(folders, "/usr/local/lib/ollama", "/usr/lib/ollama")
}

// HasBackends tells whether there is a library that may be a GPU backend. It loads
// none.
func HasBackends() bool { return len(backendFiles()) > 0 }

// backendFiles lists the libraries that may be GPU backends, the first of a kind first.
func backendFiles() []string {
	var list []string
	for _, dir := range BackendFolders() {
		// Ollama keeps each CUDA version in a folder of its own.
		for _, path := range append(globIn(dir, "libggml-*.so"), globIn(dir, "*/libggml-*.so")...) {
			// The processor's part is linked in.
			if kind := kindOf(path); kind != "base" && !strings.HasPrefix(kind, "cpu") && !slices.Contains(list, path) {
				list = append(list, path)
			}
		}
	}
	return list
}

// kindOf is cuda, vulkan and the like.
func kindOf(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "libggml-"), ".so")
}

// loadBackends loads the first backend of each kind.
func loadBackends() {
	loaded := map[string]bool{}
	for _, path := range backendFiles() {
		kind, b := kindOf(path), Backend{Path: path}
		if loaded[kind] {
			b.Why = "another one of its kind is loaded"
		} else {
			b.Why = loadBackend(path)
		}
		b.Loaded = b.Why == ""
		loaded[kind] = loaded[kind] || b.Loaded
		backends = append(backends, b)
	}
}

// loadBackend loads one; it returns why it could not, or "".
func loadBackend(path string) string {
	base := ggmlOf(path)
	if base == "" {
		return "there is no libggml-base.so beside it to tell its version by"
	}
	cbase, cpath := C.CString(base), C.CString(path)
	defer C.free(unsafe.Pointer(cbase))
	defer C.free(unsafe.Pointer(cpath))
	var why [1024]C.char
	// int coderm_backend_matches(const char *path, char *why, size_t cap)
	if C.coderm_backend_matches(cbase, &why[0], C.size_t(len(why))) == 0 {
		return C.GoString(&why[0])
	}
	takeLog()
	// int coderm_backend_load(const char *path, char *why, size_t cap)
	if C.coderm_backend_load(cpath, &why[0], C.size_t(len(why))) == 0 {
		text := C.GoString(&why[0])
		var said strings.Builder
		for line := range lines(takeLog()) {
			if !strings.HasPrefix(line, "load_backend:") { // "loaded ...", even so
				said.WriteString(line + "\n")
			}
		}
		if said.Len() > 0 {
			text += ": " + lastError(said.String())
		}
		return text
	}
	return ""
}

// ggmlOf is the ggml library that a backend was built with: beside it or, in
// Ollama's layout, a folder up.
func ggmlOf(path string) string {
	dir := filepath.Dir(path)
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if found := globIn(d, "libggml-base.so*"); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// globIn finds files by a pattern in dir, whose own name may look like one.
func globIn(dir, pattern string) []string {
	found, _ := fs.Glob(os.DirFS(dir), pattern)
	for i, name := range found {
		found[i] = filepath.Join(dir, name)
	}
	return found
}
