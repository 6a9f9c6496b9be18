package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/weights/chunk"
	"coderm/weights/gguf"
	"coderm/weights/gguf/gguftest"
)

var ctx = context.Background()

// ggufFile is a GGUF file of n bytes with one tensor of noise; n must be a
// multiple of 32, and what does not fit is left out of the tensor.
func ggufFile(t testing.TB, n int, seed byte) []byte {
	t.Helper()
	noise := rand.NewChaCha8([32]byte{seed})
	write := func(elements int) []byte {
		var b bytes.Buffer
		err := gguf.Write(&b, []gguf.KV{{Key: "general.architecture", Value: gguf.String("test")}}, []gguf.Source{{
			Name: "noise", Type: gguf.I8, Shape: []uint64{uint64(elements)},
			Write: func(w io.Writer) error { _, err := io.CopyN(w, noise, int64(elements)); return err },
		}})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	b := write(n - (len(write(32)) - 32))
	if len(b) != n {
		t.Fatalf("%d bytes, wanted %d", len(b), n)
	}
	return b
}

// folder writes files into a new folder.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pull(t testing.TB, s *Store, name, from string) *Pulled {
	t.Helper()
	pulled, err := tryPull(s, name, from)
	if err != nil {
		t.Fatal(err)
	}
	return pulled
}

func tryPull(s *Store, name, from string) (*Pulled, error) {
	src, err := s.OpenSource(ctx, name, from, nil)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return s.Pull(ctx, name, src, nil)
}

// checkModel reads the model that name resolves to.
func checkModel(t testing.TB, s *Store, name string, want []byte) {
	t.Helper()
	path, err := s.Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the model %q is not what was pulled", name)
	}
}

func TestPullFromFolder(t *testing.T) {
	model := ggufFile(t, chunk.Size+96, 1)
	dir := folder(t, map[string][]byte{"tiny.gguf": model, "difficulty.json": []byte("{}"), "notes.txt": []byte("left alone")})
	s := Open(filepath.Join(t.TempDir(), "models"))
	if models, err := s.List(); err != nil || len(models) != 0 {
		t.Fatalf("a store that is not there yet: %v, %v", models, err)
	}
	first := pull(t, s, "tiny", dir)
	if want := int64(len(model) + 2); first.Fetched != want {
		t.Errorf("fetched %d bytes, want %d", first.Fetched, want)
	}
	checkModel(t, s, "tiny", model)
	if got := s.File(first.Manifest, chunk.RoleClassifier); got == "" {
		t.Error("the classifier was left behind")
	}
	if again := pull(t, s, "tiny", dir); again.Fetched != 0 {
		t.Errorf("the second pull fetched %d bytes", again.Fetched)
	}
	models, err := s.List()
	if err != nil || len(models) != 1 || models[0].Name != "tiny" || !models[0].Complete {
		t.Errorf("list: %v, %v", models, err)
	}
}

func TestDamageIsTakenOutOfUseAndRepaired(t *testing.T) {
	model := ggufFile(t, 2*chunk.Size+96, 1)
	dir := folder(t, map[string][]byte{"tiny.gguf": model})
	s := Open(t.TempDir())
	p := pull(t, s, "tiny", dir)
	if broken, err := s.Verify(ctx, "tiny", nil); err != nil || broken != nil {
		t.Fatalf("intact, but broken %v, %v", broken, err)
	}
	flip(t, p.Path, chunk.Size+5)

	broken, err := s.Verify(ctx, "tiny", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(broken) != 1 || broken[0].Chunk != 1 || !strings.Contains(broken[0].String(), "chunk 2 of 3") {
		t.Fatalf("broken: %v, want chunk 2 of 3", broken)
	}
	if _, err := s.Resolve("tiny"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged model resolves: %v", err)
	}
	if again, err := s.Verify(ctx, "tiny", nil); err != nil || len(again) != 1 {
		t.Errorf("the second check says %v, %v", again, err)
	}
	if p := pull(t, s, "tiny", dir); p.Fetched != chunk.Size {
		t.Errorf("the repair fetched %d bytes, want one chunk", p.Fetched)
	}
	checkModel(t, s, "tiny", model)
}

// flip changes one bit of a file, as a bad disk does.
func flip(t testing.TB, path string, off int64) {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], off); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b[:], off); err != nil {
		t.Fatal(err)
	}
}

func TestExportRoundTrip(t *testing.T) {
	model := ggufFile(t, chunk.Size+96, 3)
	s := Open(t.TempDir())
	pull(t, s, "tiny", folder(t, map[string][]byte{"a.gguf": model, "tokenizer.json": []byte("{}")}))
	src, err := s.Source("tiny")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := Export(ctx, src, out, nil); err != nil {
		t.Fatal(err)
	}
	if err := Export(ctx, src, out, nil); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second export over the first: %v", err)
	}
	other := Open(t.TempDir())
	pull(t, other, "copy", out)
	checkModel(t, other, "copy", model)
}

func TestWithReplacesAndAdds(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.gguf": ggufFile(t, 1024, 1), "tokenizer.json": []byte("old")})
	extra := folder(t, map[string][]byte{"fit.json": []byte("classifier"), "tokenizer.json": []byte("new")})
	src, err := OpenPath(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Open(t.TempDir())
	p, err := s.Pull(ctx, "m", With(src, map[chunk.Role]string{
		chunk.RoleClassifier: filepath.Join(extra, "fit.json"), chunk.RoleTokenizer: filepath.Join(extra, "tokenizer.json")}, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[chunk.Role]string{chunk.RoleClassifier: "classifier", chunk.RoleTokenizer: "new"} {
		got, err := os.ReadFile(s.File(p.Manifest, role))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", role, got, err, want)
		}
	}
}

func TestResolve(t *testing.T) {
	s := Open(t.TempDir())
	dir := folder(t, map[string][]byte{"a.gguf": ggufFile(t, 1024, 1)})
	p := pull(t, s, "tiny", dir)
	file := filepath.Join(dir, "a.gguf")
	tests := []struct {
		arg, env, want, err string
	}{
		{arg: "tiny", want: p.Path},
		{arg: file, want: file},
		{env: "tiny", want: p.Path},
		{arg: "tiny", env: "other", want: p.Path},
		{err: "coderm model pull default"},
		{arg: "nothing", err: "coderm model pull nothing"},
		{arg: "nothing.gguf", err: "no such file"},
		{arg: dir + "/", err: "not a regular file"},
		{arg: "a b", err: "neither a path"},
	}
	for _, tt := range tests {
		t.Setenv(EnvModel, tt.env)
		got, err := s.Resolve(tt.arg)
		if got != tt.want || tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("Resolve(%q) with %q = %q, %v; want %q, %q", tt.arg, tt.env, got, err, tt.want, tt.err)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := Open(t.TempDir())
	gguf := ggufFile(t, 1024, 1)
	two := folder(t, map[string][]byte{"a.gguf": gguf, "b.gguf": gguf})
	tests := []struct {
		name, model, from, err string
	}{
		{"two models", "m", two, "2 .gguf files"},
		{"no model", "m", folder(t, map[string][]byte{"config.json": nil}), "no .gguf file"},
		{"no file", "m", filepath.Join(two, "c.gguf"), "no such file"},
		{"cut-off model", "m", filepath.Join(folder(t, map[string][]byte{"x.gguf": gguf[:900]}), "x.gguf"), "x.gguf"},
		{"manifest of no model", "m", folder(t, map[string][]byte{"x": []byte("abc"), "manifest.json": []byte(`{"version":1,"name":"x","files":[{"name":"x","role":"model","bytes":3,
			"sha256":"` + chunk.Digest([]byte("abc")) + `","chunks":["` + chunk.Digest([]byte("abc")) + `"]}]}`)}), "x: "},
		{"not a model", "m", filepath.Join(folder(t, map[string][]byte{"x": []byte("hello")}), "x"), "neither a GGUF file nor a coderm pack"},
		{"cut-off pack", "m", filepath.Join(folder(t, map[string][]byte{"x.coderm": []byte("hello")}), "x.coderm"), "not an intact coderm pack"},
		{"another default", DefaultName, filepath.Join(two, "a.gguf"), "not the default model"},
		{"another wheel", DefaultName, filepath.Join(folder(t, map[string][]byte{"x.whl": []byte("PK")}), "x.whl"), "not the pinned wheel"},
		{"bad name", "../m", filepath.Join(two, "a.gguf"), "bad model name"},
		{"lying manifest", "m", folder(t, map[string][]byte{"a.gguf": gguf, "manifest.json": []byte(`{"version":1,"name":"x","files":[{"name":"../a","role":"model"}]}`)}), "not a plain file name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tryPull(s, tt.model, tt.from); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
	if models, err := s.List(); err != nil || len(models) != 0 {
		t.Errorf("the store has %v, %v", models, err)
	}
	left, err := filepath.Glob(filepath.Join(s.Dir(), "*", "sha256-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if filepath.Base(filepath.Dir(path)) != "locks" {
			t.Errorf("left behind: %s", path)
		}
	}
}

func TestUnreadableManifestDoesNotHideTheOthers(t *testing.T) {
	s := Open(t.TempDir())
	pull(t, s, "good", folder(t, map[string][]byte{"a.gguf": ggufFile(t, 1024, 1)}))
	if err := os.WriteFile(s.manifest("bad"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	models, err := s.List()
	if len(models) != 1 || err == nil || !strings.Contains(err.Error(), "bad.json") {
		t.Errorf("list: %v, %v", models, err)
	}
	if _, err := s.Lookup("none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
}

// What is only a part of a model, or belongs to one, is no model to pull.
func TestPullRefuses(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.gguf")
	if err := os.WriteFile(whole, ggufFile(t, 3*96, 4), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	parts := gguftest.Split(t, whole, filepath.Join(dir, "m"), 2)
	renamed := filepath.Join(t.TempDir(), "part.gguf")
	if err := os.Link(parts[1], renamed); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	typed := func(kv gguf.KV) string {
		path := filepath.Join(t.TempDir(), "x.gguf")
		w, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(gguf.Write(w, []gguf.KV{kv}, nil), w.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct{ from, want string }{
		{parts[0], "it is part 1 of a model in 2 files; make it one file"},
		{parts[1], "it is part 2 of a model in 2 files; make it one file"},
		{renamed, "it is part 2 of a model in 2 files; make it one file"},
		{dir, "it is part 1 of a model in 2 files; make it one file"},
		{server.URL + "/" + filepath.Base(parts[0]), "it is part 1 of a model in 2 files; make it one file"},
		{typed(gguf.KV{Key: "general.type", Value: gguf.String("adapter")}), "general.type adapter"},
		{typed(gguf.KV{Key: "general.type", Value: gguf.String("mmproj")}), "general.type mmproj"},
		{typed(gguf.KV{Key: "general.architecture", Value: gguf.String("clip")}), "the projector of one"},
	} {
		s := Open(t.TempDir())
		if _, err := tryPull(s, "x", tt.from); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want …%s…", tt.from, err, tt.want)
		}
		if models, err := s.List(); err != nil || len(models) > 0 {
			t.Errorf("%s left %v, %v", tt.from, models, err)
		}
	}
}
