package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coderm/weights/chunk"
)

// hubServer serves a folder as the model org/name at commit c0ffee, with Hugging
// Face's addresses: large files from another host, as there.
type hubServer struct {
	*httptest.Server
	files map[string][]byte
	token string // that it wants
	lies  bool   // about digests
	asked atomic.Int64
	after int64 // it breaks down after so many bytes; 0: never
	sent  atomic.Int64
}

func serveHub(t *testing.T, files map[string][]byte) *hubServer {
	t.Helper()
	s := &hubServer{files: files}
	content := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token goes to another host")
		}
		if s.after > 0 && s.sent.Load() > s.after {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		data := files[strings.TrimPrefix(r.URL.Path, "/")]
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(data)))
		c := &counter{w, &s.sent}
		http.ServeContent(c, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(content.Close)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		file, resolve := strings.CutPrefix(r.URL.Path, "/org/name/resolve/c0ffee/")
		switch {
		case resolve && files[file] != nil:
			http.Redirect(w, r, content.URL+"/"+file, http.StatusFound)
		case r.URL.Path == "/api/models/org/name/revision/main":
			fmt.Fprint(w, `{"sha":"c0ffee","siblings":[]}`)
		case r.URL.Path == "/api/models/org/name/tree/c0ffee" && r.URL.Query().Get("recursive") == "true":
			json.NewEncoder(w).Encode(s.tree())
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("HF_ENDPOINT", s.URL+"/")
	return s
}

func (s *hubServer) tree() (out []any) {
	for _, path := range sortedKeys(s.files) {
		data := s.files[path]
		f := map[string]any{"type": "file", "path": path, "size": len(data), "oid": "a git blob's"}
		if len(data) > 10_000 {
			digest := sha256.Sum256(data)
			if s.lies {
				digest[0]++
			}
			f["lfs"] = map[string]any{"oid": fmt.Sprintf("%x", digest), "size": len(data)}
		}
		out = append(out, f)
	}
	return append(out, map[string]any{"type": "directory", "path": "sub"})
}

type counter struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return c.ResponseWriter.Write(b)
}

func TestPullFromHub(t *testing.T) {
	small, large := ggufFile(t, 32000, 1), ggufFile(t, 2*chunk.Size+96, 2)
	srv := serveHub(t, map[string][]byte{"name-Q4_K_M.gguf": small, "name.Q8_0.gguf": large, "mmproj-Q8_0.gguf": small, "README.md": []byte("#")})
	for from, want := range map[string][]byte{
		"hf:org/name": small, "hf:org/name:q4_k_m": small, "hf:org/name:Q8_0": large, "hf:org/name@main:Q8_0": large,
	} {
		s := Open(t.TempDir())
		if p := pull(t, s, "tiny", from); p.Here {
			t.Errorf("%s: here before it was fetched", from)
		}
		checkModel(t, s, "tiny", want)
		before := srv.sent.Load()
		if p := pull(t, s, "tiny", from); !p.Here || p.Fetched != 0 || srv.sent.Load() != before {
			t.Errorf("%s: fetched again", from)
		}
	}
	for from, want := range map[string]string{
		"hf:org/name:Q2_K": "no GGUF file of the type Q2_K; it has name-Q4_K_M.gguf, name.Q8_0.gguf",
		"hf:org/other":     "no such model", "hf:org/name@v2": "no such revision", "hf:name": "want hf:ORG/NAME",
	} {
		if _, err := tryPull(Open(t.TempDir()), "tiny", from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", from, err, want)
		}
	}
	srv.lies = true
	s := Open(t.TempDir())
	if _, err := tryPull(s, "tiny", "hf:org/name"); err == nil || !strings.Contains(err.Error(), "the server says") {
		t.Errorf("another digest: %v", err)
	}
	if _, err := s.Lookup("tiny"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another digest: %v", err)
	}
	srv.lies, srv.token = false, "secret"
	if _, err := tryPull(s, "tiny", "hf:org/name"); err == nil || !strings.Contains(err.Error(), "HF_TOKEN") {
		t.Errorf("no token: %v", err)
	}
	t.Setenv("HF_TOKEN", "secret")
	pull(t, s, "tiny", "hf:org/name")
}

// halves stands for the quantizer: it keeps the model and says what it was asked.
type halves struct{ asked *string }

func (h halves) Check(typ string) error {
	if typ == "Q9" {
		return errors.New("no such type")
	}
	return nil
}

func (h halves) Quantize(_ context.Context, in, out, typ string) error {
	*h.asked = typ
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	return os.WriteFile(out, data, 0o644)
}

// A model of safetensors is converted; a pull that is cut off goes on with what it
// has of them.
func TestPullSafetensorsFromHub(t *testing.T) {
	files := map[string][]byte{"README.md": []byte("#"), "sub/model.safetensors": []byte("no")}
	dir := os.DirFS("../testdata/convert/llama3")
	names, err := fs.Glob(dir, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if files[name], err = fs.ReadFile(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	srv := serveHub(t, files)
	s := Open(t.TempDir())
	srv.after = 60_000
	if _, err := tryPull(s, "tiny", "hf:org/name"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Fatalf("the pull was not cut off: %v", err)
	}
	before := srv.sent.Load()
	srv.after = 0
	p := pull(t, s, "tiny", "hf:org/name")
	if p.Title != "org/name as published (c0ffee)" {
		t.Errorf("its title is %q", p.Title)
	}
	if again := srv.sent.Load() - before; again > 80_000 {
		t.Errorf("%d bytes the second time: more than was missing", again)
	}
	if left, err := os.ReadDir(filepath.Join(s.Dir(), "partial")); err != nil || len(left) > 0 {
		t.Errorf("left in partial: %v, %v", left, err)
	}
	if _, err := tryPull(s, "half", "hf:org/name:Q8_0"); err == nil || !strings.Contains(err.Error(), "does not quantize") {
		t.Errorf("without a quantizer: %v", err)
	}
	var asked string
	s.Quantize = halves{&asked}
	if _, err := tryPull(s, "half", "hf:org/name:Q9"); err == nil || !strings.Contains(err.Error(), "no such type") {
		t.Errorf("an unknown type: %v", err)
	}
	if pull(t, s, "half", "hf:org/name:Q8_0"); asked != "Q8_0" {
		t.Errorf("quantized as %q", asked)
	}
}

func TestHubName(t *testing.T) {
	for from, want := range map[string]string{
		"hf:KAKA22/CodeRM-8B": "coderm-8b", "hf:a/Qwen2.5-7B-GGUF:Q4_0": "qwen2.5-7b-q4_0", "hf:a/b@v1:f16": "b-f16", "default": "", "hf:a": "", "hf:a/b@../x": "",
	} {
		if got, ok := HubName(from); got != want || ok != (want != "") {
			t.Errorf("%s is called %q, want %q", from, got, want)
		}
	}
}

func TestRemove(t *testing.T) {
	model := ggufFile(t, 32000, 1)
	from := filepath.Join(folder(t, map[string][]byte{"tiny.gguf": model}), "tiny.gguf")
	s := Open(t.TempDir())
	pull(t, s, "one", from)
	pull(t, s, "two", from)
	if freed, err := s.Remove(ctx, "one"); err != nil || freed != 0 {
		t.Errorf("freed %d bytes that another model has, %v", freed, err)
	}
	checkModel(t, s, "two", model)
	if freed, err := s.Remove(ctx, "two"); err != nil || freed != 32000 {
		t.Errorf("freed %d bytes, %v", freed, err)
	}
	if _, err := s.Remove(ctx, "two"); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(s.Dir(), "blobs")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
