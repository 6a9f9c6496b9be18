package chunk

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// content is reproducible data of n bytes that does not compress.
func content(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	if _, err := rng.Read(b); err != nil {
		panic(err) // ChaCha8 never fails
	}
	return b
}

func hash(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := HashFile(context.Background(), bytes.NewReader(b), int64(len(b)), "model.gguf", RoleModel, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &f
}

func tempFile(t *testing.T, b []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestHashFile(t *testing.T) {
	for _, n := range []int{0, 1, Size - 1, Size, Size + 1, 2*Size + 5} {
		b := content(n)
		f := hash(t, b)
		if f.SHA256 != Digest(b) {
			t.Errorf("%d bytes: SHA-256 %s, want %s", n, f.SHA256, Digest(b))
		}
		var want []string
		for i := 0; i < n; i += Size {
			want = append(want, Digest(b[i:min(i+Size, n)]))
		}
		if !slices.Equal(f.Chunks, want) {
			t.Errorf("%d bytes: chunks %v, want %v", n, f.Chunks, want)
		}
		m := &Manifest{Version: 1, Name: "x", Files: []File{*f}}
		if err := m.Validate(); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// recorder is a source that notes which offsets are read.
type recorder struct {
	*bytes.Reader
	mu      sync.Mutex
	offsets []int64
}

func (r *recorder) ReadAt(b []byte, off int64) (int, error) {
	r.mu.Lock()
	r.offsets = append(r.offsets, off)
	r.mu.Unlock()
	return r.Reader.ReadAt(b, off)
}

func TestFillFetchesOnlyWhatIsBroken(t *testing.T) {
	whole := content(3*Size + 100)
	f := hash(t, whole)
	damaged := slices.Clone(whole)
	damaged[Size+17] ^= 1
	tests := []struct {
		name    string
		before  []byte
		fetched []int64 // offsets, in any order
	}{
		{"nothing there", nil, []int64{0, Size, 2 * Size, 3 * Size}},
		{"cut off in chunk 2", whole[:Size+5], []int64{Size, 2 * Size, 3 * Size}},
		{"one bit flipped", damaged, []int64{Size}},
		{"too long", append(slices.Clone(whole), "more"...), nil},
		{"complete", whole, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := tempFile(t, tt.before)
			src := &recorder{Reader: bytes.NewReader(whole)}
			if _, err := Fill(context.Background(), dst, f, src, nil); err != nil {
				t.Fatal(err)
			}
			slices.Sort(src.offsets)
			if !slices.Equal(src.offsets, tt.fetched) {
				t.Errorf("fetched chunks at %v, want %v", src.offsets, tt.fetched)
			}
			got, err := os.ReadFile(dst.Name())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, whole) {
				t.Error("the file is not what it should be")
			}
		})
	}
}

func TestFillNamesTheSourcesBrokenChunk(t *testing.T) {
	whole := content(2*Size + 100)
	f := hash(t, whole)
	bad := slices.Clone(whole)
	bad[Size] ^= 1
	dst := tempFile(t, nil)
	_, err := Fill(context.Background(), dst, f, bytes.NewReader(bad), nil)
	if !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "chunk 2 of 3") {
		t.Fatalf("error %v, want a mismatch in chunk 2 of 3", err)
	}
	// Another source supplies the rest.
	if _, err := Fill(context.Background(), dst, f, bytes.NewReader(whole), nil); err != nil {
		t.Fatal(err)
	}
}

func TestBroken(t *testing.T) {
	whole := content(3 * Size)
	f := hash(t, whole)
	bad := slices.Clone(whole)
	bad[0] ^= 1
	got, err := Broken(context.Background(), bytes.NewReader(bad[:2*Size+1]), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 2}; !slices.Equal(got, want) {
		t.Errorf("broken chunks %v, want %v", got, want)
	}
}

func TestCancelledCheckIsNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	whole := content(Size)
	if _, err := Broken(ctx, bytes.NewReader(whole), hash(t, whole), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestValidate(t *testing.T) {
	good := func() *Manifest {
		return &Manifest{Version: 1, Name: "m", Files: []File{*hash(t, content(10))}}
	}
	tests := []struct {
		name   string
		change func(m *Manifest)
		want   string // part of the error
	}{
		{"good", func(*Manifest) {}, ""},
		{"version", func(m *Manifest) { m.Version = 2 }, "version 2"},
		{"name", func(m *Manifest) { m.Name = "../x" }, "bad model name"},
		{"path", func(m *Manifest) { m.Files[0].Name = "../../etc/passwd" }, "not a plain file name"},
		{"dot", func(m *Manifest) { m.Files[0].Name = ".." }, "not a plain file name"},
		{"manifest's own name", func(m *Manifest) { m.Files[0].Name = ManifestName }, "appears twice"},
		{"role", func(m *Manifest) { m.Files[0].Role = "virus" }, "unknown role"},
		{"negative", func(m *Manifest) { m.Files[0].Bytes = -1 }, "impossible size"},
		{"huge", func(m *Manifest) { m.Files[0].Bytes = 1 << 60 }, "impossible size"},
		{"chunks", func(m *Manifest) { m.Files[0].Chunks = nil }, "0 chunk digests"},
		{"digest", func(m *Manifest) { m.Files[0].SHA256 = "../" }, "bad digest"},
		{"upper case", func(m *Manifest) { m.Files[0].Chunks[0] = strings.ToUpper(m.Files[0].Chunks[0]) }, "bad digest"},
		{"no model", func(m *Manifest) { m.Files[0].Role = RoleOther }, "no file has the role"},
		{"twice", func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) }, "appears twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := good()
			tt.change(m)
			_, err := Parse(bytes.NewReader(m.Encode()))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":1,"name":"m","files":[{"name":"a.gguf","role":"model","bytes":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","chunks":[]}]}`))
	f.Add([]byte(`{"version":1,"files":[{"bytes":9223372036854775807}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := Parse(bytes.NewReader(m.Encode()))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !bytes.Equal(again.Encode(), m.Encode()) {
			t.Fatal("a manifest changed on its way through Encode and Parse")
		}
	})
}

// cancelling ends its context at the first read; it has no end itself.
type cancelling struct {
	cancel context.CancelFunc
	reads  int
}

func (c *cancelling) Read(b []byte) (int, error) {
	c.cancel()
	c.reads++
	return len(b), nil
}

func TestDigestAllEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := &cancelling{cancel: cancel}
	if _, _, err := DigestAll(ctx, r); !errors.Is(err, context.Canceled) || r.reads > 1 {
		t.Errorf("after %d reads: %v", r.reads, err)
	}
	sum, n, err := DigestAll(t.Context(), strings.NewReader("abc"))
	if err != nil || n != 3 || sum != Digest([]byte("abc")) {
		t.Errorf("%s of %d bytes, %v", sum, n, err)
	}
}
