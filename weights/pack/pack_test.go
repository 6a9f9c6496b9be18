package pack

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"coderm/weights/chunk"
)

// memory is a source in memory.
type memory struct {
	m     *chunk.Manifest
	files map[string][]byte
}

func (s *memory) Manifest(context.Context) (*chunk.Manifest, error) { return s.m, nil }
func (s *memory) Close() error                                      { return nil }
func (s *memory) Open(_ context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	return nopCloser{bytes.NewReader(s.files[f.Name])}, nil
}

type nopCloser struct{ io.ReaderAt }

func (nopCloser) Close() error { return nil }

// model is a source with a model of two and a half chunks, the first of noise
// and the others compressible, and a small text.
func model(t testing.TB) *memory {
	t.Helper()
	weights := make([]byte, 2*chunk.Size+chunk.Size/2+3)
	if _, err := rand.NewChaCha8([32]byte{2}).Read(weights[:chunk.Size]); err != nil {
		t.Fatal(err)
	}
	for i := chunk.Size; i < len(weights); i++ {
		weights[i] = byte(i / 1000)
	}
	s := &memory{m: &chunk.Manifest{Version: 1, Name: "tiny", Note: "a test"}, files: map[string][]byte{
		"model.gguf": weights, "chat_template.jinja": []byte("{{ messages }}"), "LICENSE": nil}}
	for _, f := range []struct {
		name string
		role chunk.Role
	}{{"model.gguf", chunk.RoleModel}, {"chat_template.jinja", chunk.RoleTemplate}, {"LICENSE", chunk.RoleOther}} {
		data := s.files[f.name]
		entry, err := chunk.HashFile(context.Background(), bytes.NewReader(data), int64(len(data)), f.name, f.role, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.m.Files = append(s.m.Files, entry)
	}
	return s
}

func write(t testing.TB, src chunk.Source) ([]byte, *Stats) {
	t.Helper()
	var b bytes.Buffer
	stats, err := Write(context.Background(), &b, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), stats
}

func open(t testing.TB, data []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// content reads a whole file of a pack.
func content(t testing.TB, r *Reader, f *chunk.File) []byte {
	t.Helper()
	ra, err := r.Open(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, f.Bytes)
	if n, err := ra.ReadAt(b, 0); n < len(b) {
		t.Fatalf("%s: %d of %d bytes: %v", f.Name, n, len(b), err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	src := model(t)
	data, stats := write(t, src)
	if want := (Stats{Content: src.m.Bytes(), Packed: int64(len(data)), Chunks: 4, Raw: 2}); *stats != want {
		t.Errorf("stats %+v, want %+v", *stats, want)
	}
	r := open(t, data)
	if !bytes.Equal(r.manifest.Encode(), src.m.Encode()) {
		t.Error("the manifest changed")
	}
	for i := range src.m.Files {
		f := &src.m.Files[i]
		if !bytes.Equal(content(t, r, f), src.files[f.Name]) {
			t.Errorf("%s changed", f.Name)
		}
	}
	if broken, err := r.Verify(context.Background(), nil); err != nil || broken != nil {
		t.Errorf("an intact pack: broken %v, error %v", broken, err)
	}
	again, _ := write(t, src)
	if !bytes.Equal(again, data) {
		t.Error("two packs of the same content differ")
	}
}

func TestReadAtAcrossChunks(t *testing.T) {
	src := model(t)
	data, _ := write(t, src)
	r := open(t, data)
	ra, err := r.Open(context.Background(), &src.m.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	whole := src.files["model.gguf"]
	for _, span := range [][2]int{{0, 10}, {chunk.Size - 5, chunk.Size + 5}, {100, 2*chunk.Size + 100}, {len(whole) - 4, len(whole)}} {
		b := make([]byte, span[1]-span[0])
		if n, err := ra.ReadAt(b, int64(span[0])); n < len(b) {
			t.Fatalf("bytes %d to %d: %d read, %v", span[0], span[1], n, err)
		}
		if !bytes.Equal(b, whole[span[0]:span[1]]) {
			t.Errorf("bytes %d to %d differ", span[0], span[1])
		}
	}
	if n, err := ra.ReadAt(make([]byte, 10), int64(len(whole)-4)); n != 4 || err != io.EOF {
		t.Errorf("read over the end: %d, %v", n, err)
	}
}

// Other programs must be able to open a pack.
func TestPackIsATarInZstd(t *testing.T) {
	src := model(t)
	data, _ := write(t, src)
	z, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	tr := tar.NewReader(z)
	var names []string
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		got, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		if want, ok := src.files[h.Name]; ok && !bytes.Equal(got, want) {
			t.Errorf("%s differs", h.Name)
		}
	}
	if want := []string{"manifest.json", "model.gguf", "chat_template.jinja", "LICENSE"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
}

func TestDamageIsNamedAndRepaired(t *testing.T) {
	src := model(t)
	data, _ := write(t, src)
	r := open(t, data)
	path := filepath.Join(t.TempDir(), "x.coderm")
	damaged := slices.Clone(data)
	damaged[r.offsets[3]+int64(r.frames[3].size)/2] ^= 0x10 // frame 3 is the second chunk
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	bad, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	broken, err := bad.Verify(context.Background(), nil)
	if err := errors.Join(err, bad.Close()); err != nil {
		t.Fatal(err)
	}
	if len(broken) != 1 || !strings.HasPrefix(broken[0], "model.gguf: chunk 2 of 3") {
		t.Fatalf("broken: %v, want chunk 2 of model.gguf", broken)
	}
	if _, err := Repair(context.Background(), path, src, nil); err != nil {
		t.Fatal(err)
	}
	repaired, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(repaired, data) {
		t.Error("the repaired pack is not the one it was")
	}
}

func TestRepairFromTheWrongModel(t *testing.T) {
	src := model(t)
	data, _ := write(t, src)
	r := open(t, data)
	data[r.offsets[2]+100] ^= 1
	path := filepath.Join(t.TempDir(), "x.coderm")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	other := model(t)
	other.m.Files = other.m.Files[1:]
	if _, err := Repair(context.Background(), path, other, nil); err == nil {
		t.Fatal("repaired from a source without the file")
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestWriteRefusesASourceThatLies(t *testing.T) {
	src := model(t)
	src.files["model.gguf"][5] ^= 1
	if _, err := Write(context.Background(), io.Discard, src, nil); !errors.Is(err, chunk.ErrMismatch) {
		t.Errorf("error %v, want a mismatch", err)
	}
}

func TestCutOffPackIsRefused(t *testing.T) {
	data, _ := write(t, model(t))
	for _, n := range []int{0, 5, 100, len(data) / 2, len(data) - 1} {
		if _, err := NewReader(bytes.NewReader(data[:n]), int64(n)); !errors.Is(err, ErrFormat) {
			t.Errorf("%d of %d bytes: error %v", n, len(data), err)
		}
	}
}

// FuzzReader: whatever the bytes, opening and checking a pack ends in an error
// or a verdict.
func FuzzReader(f *testing.F) {
	m := &chunk.Manifest{Version: 1, Name: "m", Files: []chunk.File{{Name: "a.gguf", Role: chunk.RoleModel, Bytes: 3,
		SHA256: chunk.Digest([]byte("abc")), Chunks: []string{chunk.Digest([]byte("abc"))}}}}
	data, _ := write(f, &memory{m: m, files: map[string][]byte{"a.gguf": []byte("abc")}})
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add(seekTable([]frame{{1, 1}, {1 << 31, 1 << 31}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		defer r.Close()
		if _, err := r.Verify(context.Background(), nil); err != nil {
			t.Fatalf("an open pack cannot be checked: %v", err)
		}
	})
}
