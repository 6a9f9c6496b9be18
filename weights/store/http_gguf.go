package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"coderm/weights/chunk"
)

// httpFile offers a bare GGUF file behind an address. Nobody has told us its
// digests, so it is fetched first and hashed then.
type httpFile struct {
	store    *Store
	r        *remote
	progress chunk.Progress
	m        *chunk.Manifest
}

// download is how far a bare file has come. It is written after the bytes it
// speaks of, so what it says is there is there.
type download struct {
	URL       string `json:"url"`
	Size      int64  `json:"size"`
	Validator string `json:"validator"`
	Done      int64  `json:"done"` // bytes from the beginning
}

func (h *httpFile) Close() error { return nil }

// Manifest fetches the file into the store's partial folder, continuing a
// download of the same content, and makes its manifest.
func (h *httpFile) Manifest(ctx context.Context) (_ *chunk.Manifest, err error) {
	if h.m != nil {
		return h.m, nil
	}
	key := "url-" + chunk.Digest([]byte(h.r.url))
	unlock, err := h.store.lock(ctx, key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	base := filepath.Join(h.store.dir, "partial", key)
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, err
	}
	w, err := os.OpenFile(base, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := h.fetch(ctx, w, base+".json"); err != nil {
		return nil, err
	}
	name := plainName(h.baseName())
	f, err := chunk.HashFile(ctx, w, h.r.Size(), name, chunk.RoleModel, nil)
	if err != nil {
		return nil, err
	}
	m := &chunk.Manifest{Version: 1, Name: "model", Title: name, Files: []chunk.File{f}}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	// The blob's own partial file: pulling it checks it and fetches nothing.
	if err := os.Rename(base, h.store.partial(&f)); err != nil {
		return nil, err
	}
	h.m = m
	return m, os.Remove(base + ".json")
}

func (h *httpFile) baseName() string {
	u, err := url.Parse(h.r.url)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

// fetch completes w, recording how far it is after every chunk.
func (h *httpFile) fetch(ctx context.Context, w *os.File, statePath string) error {
	state := download{URL: h.r.url, Size: h.r.Size(), Validator: h.r.validator}
	if old, ok := readDownload(statePath); ok && old.URL == state.URL && old.Size == state.Size &&
		old.Validator == state.Validator && state.Validator != "" {
		state.Done = old.Done
	}
	if err := w.Truncate(state.Done); err != nil {
		return err
	}
	h.progress.Add(state.Done)
	buf := make([]byte, chunk.Size)
	for state.Done < state.Size {
		b := buf[:min(int64(len(buf)), state.Size-state.Done)]
		if n, err := h.r.ReadAt(b, state.Done); n < len(b) {
			return err
		}
		if _, err := w.WriteAt(b, state.Done); err != nil {
			return err
		}
		if err := w.Sync(); err != nil {
			return err
		}
		state.Done += int64(len(b))
		h.progress.Add(int64(len(b)))
		data, err := json.Marshal(state)
		if err != nil {
			return err
		}
		if err := writeAtomic(statePath, data); err != nil {
			return err
		}
	}
	return nil
}

// readDownload returns the state of a download that was cut off.
func readDownload(path string) (d download, ok bool) {
	data, err := readSmall(path)
	if err != nil || json.Unmarshal(data, &d) != nil {
		return download{}, false
	}
	return d, d.Done >= 0 && d.Done <= d.Size
}

// Open is for a blob whose partial file has gone since: read the address again.
func (h *httpFile) Open(context.Context, *chunk.File) (chunk.ReaderAtCloser, error) { return h.r, nil }

// isGGUF tells whether a remote file begins like a GGUF file.
func isGGUF(r io.ReaderAt) bool {
	var magic [4]byte
	_, err := r.ReadAt(magic[:], 0)
	return err == nil && string(magic[:]) == "GGUF"
}

// newClient returns the HTTP client for pulls: the environment's proxies, no
// overall time limit (a model takes as long as it takes), but one for an
// answer to begin.
func newClient() (*http.Client, error) {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("http.DefaultTransport is a %T", http.DefaultTransport)
	}
	t = t.Clone()
	t.ResponseHeaderTimeout = stallTimeout
	return &http.Client{Transport: t}, nil
}
