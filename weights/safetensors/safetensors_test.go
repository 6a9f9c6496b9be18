package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file puts a header before n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

const two = `{"__metadata__":{"format":"pt"},
 "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},
 "a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}`

func TestRead(t *testing.T) {
	b := file(two, 12)
	got, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[1].Bytes != 8 {
		t.Fatalf("got %+v", got)
	}
	data, err := io.ReadAll(got[1].Data())
	if want := []byte{4, 5, 6, 7, 8, 9, 10, 11}; err != nil || !bytes.Equal(data, want) {
		t.Errorf("data of b: %v, %v", data, err)
	}
}

func TestHostileFiles(t *testing.T) {
	one := func(dtype, shape, offsets string) []byte {
		return file(fmt.Sprintf(`{"a":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets), 8)
	}
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "too few"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, 1<<40), "header of"},
		{"header beyond the file", append(binary.LittleEndian.AppendUint64(nil, 100), '{'), "header of"},
		{"no JSON", file("hello", 0), "no JSON"},
		{"no object", file("[1]", 0), "no JSON object"},
		{"half an object", file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}`, 4), "ends early"},
		{"twice", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), "twice"},
		{"unknown type", one("F4", "[2]", "[0,8]"), "unknown type"},
		{"negative shape", one("F32", "[-2]", "[0,8]"), "shape"},
		{"shape that wraps", one("F32", "[4294967296,4294967296]", "[0,8]"), "larger than any"},
		{"offsets reversed", one("F32", "[2]", "[8,0]"), "bad offsets"},
		{"offsets of another size", one("F32", "[3]", "[0,8]"), "want 12"},
		{"hole", one("F32", "[1]", "[4,8]"), "hole"},
		{"truncated", one("F32", "[4]", "[0,16]"), "truncated"},
		{"unused data", one("F32", "[1]", "[0,4]"), "8 bytes of data"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}}`, 8), "overlap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(tt.file), int64(len(tt.file)))
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenFolder(t *testing.T) {
	oneOf := func(name string) []byte {
		return file(fmt.Sprintf(`{%q:{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}`, name), 3)
	}
	tests := []struct {
		name  string
		files map[string][]byte
		want  string // the tensors' names, or in the error
		fails bool
	}{
		{"single", map[string][]byte{singleFile: file(two, 12)}, "a b", false},
		{"shards", map[string][]byte{
			indexFile: []byte(`{"weight_map":{"y":"1.st","x":"2.st"}}`), "1.st": oneOf("y"), "2.st": oneOf("x"),
		}, "x y", false},
		{"nothing", nil, "neither", true},
		{"missing shard", map[string][]byte{indexFile: []byte(`{"weight_map":{"y":"1.st"}}`)}, "1.st", true},
		{"missing tensor", map[string][]byte{indexFile: []byte(`{"weight_map":{"y":"1.st"}}`), "1.st": oneOf("x")}, `"y" is not in`, true},
		{"shard elsewhere", map[string][]byte{indexFile: []byte(`{"weight_map":{"y":"../1.st"}}`)}, "is said to be in", true},
		{"shard up", map[string][]byte{indexFile: []byte(`{"weight_map":{"y":".."}}`)}, "is said to be in", true},
		{"empty index", map[string][]byte{indexFile: []byte(`{}`)}, "weight_map is empty", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, b := range tt.files {
				write(t, dir, name, b)
			}
			f, err := OpenFolder(dir)
			if tt.fails {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var names []string
			for _, x := range f.Tensors {
				names = append(names, x.Name)
				if _, err := io.ReadAll(x.Data()); err != nil {
					t.Error(err)
				}
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("tensors %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzRead: whatever the bytes, Read does not panic and describes nothing
// outside them.
func FuzzRead(f *testing.F) {
	f.Add(file(two, 12))
	f.Add(file(`{}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		tensors, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("an error of reading memory: %v", err)
			}
			return
		}
		for _, x := range tensors {
			if data, err := io.ReadAll(x.Data()); err != nil || int64(len(data)) != x.Bytes {
				t.Fatalf("tensor %q: %d bytes, %v", x.Name, len(data), err)
			}
		}
	})
}
