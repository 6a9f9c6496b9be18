package store

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coderm/weights/chunk"
	"coderm/weights/pack"
)

// server serves a folder's files with Range support and ETags, and misbehaves
// on request.
type server struct {
	*httptest.Server
	dir string

	mu       sync.Mutex
	ranges   []string                                                           // of every request, "path bytes=a-b"
	meddle   func(w http.ResponseWriter, r *http.Request, n int) (handled bool) // n-th request, from 1
	requests atomic.Int64
	etag     string
	truncate int // every answer breaks after so many bytes; 0 = none does
}

func serve(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{dir: dir, etag: `"1"`}
	s.Server = httptest.NewServer(http.HandlerFunc(s.handle))
	t.Cleanup(s.Close)
	return s
}

func (s *server) handle(w http.ResponseWriter, r *http.Request) {
	if s.truncate > 0 {
		w = &cutter{w, s.truncate}
	}
	n := int(s.requests.Add(1))
	s.mu.Lock()
	s.ranges = append(s.ranges, r.URL.Path+" "+r.Header.Get("Range"))
	s.mu.Unlock()
	if s.meddle != nil && s.meddle(w, r, n) {
		return
	}
	data, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(r.URL.Path)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", s.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// requested counts the requests for path.
func (s *server) requested(path string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.ranges {
		if strings.HasPrefix(r, path+" ") {
			n++
		}
	}
	return n
}

// cutter passes n bytes of body on and then breaks the connection.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		n, err := c.ResponseWriter.Write(b[:c.left])
		c.left -= n
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		if err == nil {
			panic(http.ErrAbortHandler)
		}
		return n, err
	}
	n, err := c.ResponseWriter.Write(b)
	c.left -= n
	return n, err
}

// unpacked is a folder with a manifest and a model of n bytes.
func unpacked(t *testing.T, n int) (dir string, model []byte) {
	t.Helper()
	model = ggufFile(t, n, 5)
	src, err := OpenPath(folder(t, map[string][]byte{"tiny.gguf": model}), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "served")
	if err := Export(ctx, src, dir, nil); err != nil {
		t.Fatal(err)
	}
	return dir, model
}

func TestPullFromAddressWithTruncatedAnswers(t *testing.T) {
	dir, model := unpacked(t, 2*chunk.Size+96)
	srv := serve(t, dir)
	srv.truncate = 5 << 20
	s := Open(t.TempDir())
	for _, from := range []string{srv.URL + "/", srv.URL + "/manifest.json", srv.URL + "/tiny.gguf"} {
		pull(t, s, "tiny", from)
		checkModel(t, s, "tiny", model)
		s = Open(t.TempDir())
	}
}

func TestPullPackFromAddress(t *testing.T) {
	dir, model := unpacked(t, 2*chunk.Size+96)
	src, err := OpenManifestDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pack.Create(ctx, filepath.Join(dir, "tiny.coderm"), src, nil); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, dir)
	srv.truncate = 3 << 20
	s := Open(t.TempDir())
	pull(t, s, "tiny", srv.URL+"/tiny.coderm")
	checkModel(t, s, "tiny", model)
}

func TestRepairFromAddressFetchesOneChunk(t *testing.T) {
	dir, model := unpacked(t, 3*chunk.Size)
	srv := serve(t, dir)
	s := Open(t.TempDir())
	p := pull(t, s, "tiny", srv.URL+"/")
	flip(t, p.Path, 2*chunk.Size)
	if _, err := s.Verify(ctx, "tiny", nil); err != nil {
		t.Fatal(err)
	}
	srv.ranges = nil
	if p := pull(t, s, "tiny", srv.URL+"/"); p.Fetched != chunk.Size {
		t.Errorf("fetched %d bytes, want one chunk", p.Fetched)
	}
	if n := srv.requested("/tiny.gguf"); n != 2 { // its size, its third chunk
		t.Errorf("%d requests: %q", n, srv.ranges)
	}
	checkModel(t, s, "tiny", model)
}

func TestBareFileResumes(t *testing.T) {
	dir, model := unpacked(t, 4*chunk.Size)
	srv := serve(t, dir)
	s := Open(t.TempDir())
	stop, cancel := context.WithCancel(ctx)
	srv.meddle = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Header.Get("Range") == "bytes=33554432-50331647" { // the third chunk
			cancel()
		}
		return false
	}
	src, err := s.OpenSource(stop, "tiny", srv.URL+"/tiny.gguf", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pull(stop, "tiny", src, nil); err == nil {
		t.Fatal("the pull was not cut off")
	}
	if _, err := s.Lookup("tiny"); err == nil {
		t.Fatal("half a model has its name")
	}
	srv.meddle, srv.ranges = nil, nil
	pull(t, s, "tiny", srv.URL+"/tiny.gguf")
	checkModel(t, s, "tiny", model)
	for _, r := range srv.ranges {
		if strings.Contains(r, "bytes=0-16777215") || strings.Contains(r, "bytes=16777216-") {
			t.Errorf("fetched again: %s", r)
		}
	}
}

func TestBareFileThatChangedStartsAgain(t *testing.T) {
	dir, _ := unpacked(t, 2*chunk.Size)
	srv := serve(t, dir)
	s := Open(t.TempDir())
	srv.meddle = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasPrefix(r.Header.Get("Range"), "bytes=16777216-") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	if _, err := tryPull(s, "tiny", srv.URL+"/tiny.gguf"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Fatalf("error %v, want a 403", err)
	}
	model := ggufFile(t, 2*chunk.Size, 6)
	if err := os.WriteFile(filepath.Join(dir, "tiny.gguf"), model, 0o644); err != nil {
		t.Fatal(err)
	}
	srv.meddle, srv.etag = nil, `"2"`
	pull(t, s, "tiny", srv.URL+"/tiny.gguf")
	checkModel(t, s, "tiny", model)
}

func TestServersThatCannotHelp(t *testing.T) {
	dir, _ := unpacked(t, 1024)
	tests := []struct {
		name, path, err string
		meddle          func(w http.ResponseWriter, r *http.Request, n int) bool
	}{
		{name: "nothing there", path: "/none.gguf", err: "404"},
		{name: "no manifest", path: "/none/", err: "404"},
		{name: "no ranges", path: "/tiny.gguf", err: "does not serve parts", meddle: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			_, err := w.Write([]byte("GGUF"))
			return err == nil
		}},
		{name: "a web page", path: "/", err: "not a model manifest", meddle: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			_, err := w.Write([]byte("<html>"))
			return err == nil
		}},
		{name: "changes meanwhile", path: "/tiny.gguf", err: "has changed", meddle: func(w http.ResponseWriter, _ *http.Request, n int) bool {
			w.Header().Set("Last-Modified", strings.Repeat("x", n))
			return false
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(t, dir)
			srv.etag, srv.meddle = "", tt.meddle
			s := Open(t.TempDir())
			if _, err := tryPull(s, "tiny", srv.URL+tt.path); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestTemporaryErrorsAreRetried(t *testing.T) {
	dir, model := unpacked(t, 1024)
	srv := serve(t, dir)
	srv.meddle = func(w http.ResponseWriter, _ *http.Request, n int) bool {
		if n == 3 { // the manifest and the size went well
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return n == 3
	}
	s := Open(t.TempDir())
	pull(t, s, "tiny", srv.URL+"/")
	checkModel(t, s, "tiny", model)
	if n := srv.requests.Load(); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}
