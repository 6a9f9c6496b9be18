package problem

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t *testing.T, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return string(z.EncodeAll([]byte(text), nil))
}

// Files are told apart by content, not by name, and read as gunzip, zstd and
// Python do.
func TestOpen(t *testing.T) {
	const a, b = `{"task_id":"a","question":"q"}` + "\n", `{"task_id":"b","question":"q"}`
	zeros := strings.Repeat("\x00", 700)
	skipped := "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" // what pzstd writes before a frame
	for _, tt := range []struct {
		name, content string
		want          int
	}{
		{"plain", a + b, 2},
		{"CR LF", strings.ReplaceAll(a+b, "\n", "\r\n"), 2},
		{"blank lines", "\n \n" + a + "\t\n\n" + b + "\n\n", 2},
		{"byte order mark", utf8BOM + a + b, 2},
		{"files with byte order marks after one another", utf8BOM + a + utf8BOM + b, 2},
		{"gzip", gzipped(t, a+b), 2},
		{"gzip members", gzipped(t, a) + gzipped(t, b), 2},
		{"a member that ends within a line", gzipped(t, a+b[:9]) + gzipped(t, b[9:]), 2},
		{"an empty member", gzipped(t, a) + gzipped(t, "") + gzipped(t, b), 2},
		{"gzip and zeros", gzipped(t, a) + zeros, 1},
		{"gzip, zeros, gzip, zeros", gzipped(t, a) + zeros + gzipped(t, b) + zeros, 2},
		{"zstd", zstded(t, a+b), 2},
		{"zstd frames", zstded(t, a) + zstded(t, b), 2},
		{"zstd after a frame to be skipped", skipped + zstded(t, a), 1},
	} {
		got, err := ReadProblems(file(t, tt.content))
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d problems, %v", tt.name, len(got), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	const line = `{"task_id":"a","question":"q"}` + "\n"
	gz := gzipped(t, line)
	for _, tt := range []struct{ name, content, want string }{
		{"gzip without its end", gz[:len(gz)-4], "cut off in the middle of its gzip data"},
		{"a gzip header alone", gz[:5], "cut off in the middle of its gzip data"},
		{"half a member after a member", gz + gzipped(t, " ")[:20], "cut off in the middle of its gzip data"},
		{"text after gzip", gz + "x", "after the gzip data comes something else"},
		{"a damaged sum", gz[:len(gz)-8] + "abcd" + gz[len(gz)-4:], "gzip: invalid checksum"},
		{"zstd without its end", zstded(t, line)[:20], "cut off in the middle of its zstd data"},
		{"a zstd header alone", zstded(t, line)[:5], "cut off in the middle of its zstd data"},
		{"half a frame after a frame", zstded(t, line) + zstded(t, line)[:20], "cut off in the middle of its zstd data"},
		{"text after zstd", zstded(t, line) + "something", "after the zstd data comes something else"},
		{"a window of 2 GiB", zstded(t, line)[:4] + "\x00\xa8", "takes too much memory"},
		{"damaged zstd", zstded(t, line)[:6] + "damage" + zstded(t, line)[12:], "reading zstd: "},
		{"bzip2", "BZh91AY&SY", "a bzip2 file"},
		{"xz", "\xfd7zXZ\x00\x00", "an xz file"},
		{"zip", "PK\x03\x04\x14", "a zip file"},
		{"tar in gzip", gzipped(t, "p.jsonl"+strings.Repeat("\x00", 250)+"ustar  "), ":1: the file is a tar archive"},
	} {
		_, err := ReadProblems(file(t, tt.content))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want …%s…", tt.name, err, tt.want)
		}
	}
	dir := t.TempDir()
	if _, err := ReadProblems(dir); err == nil || err.Error() != dir+" is a folder, want a file" {
		t.Errorf("a folder: %v", err)
	}
}

// A pipe gives its content once: what was digested is what was read.
func TestDigestOfPipe(t *testing.T) {
	text := `{"task_id":"a","question":"q"}` + "\n" + strings.Repeat("\n", 100_000)
	for name, content := range map[string]string{"plain": text, "gzip": gzipped(t, text) + "\x00\x00", "zstd": zstded(t, text)} {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		wrote := make(chan error, 1)
		go func() { wrote <- os.WriteFile(path, []byte(content), 0o600) }()
		in, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		problems, err := in.Problems()
		if err != nil || len(problems) != 1 {
			t.Errorf("%s: %d problems, %v", name, len(problems), err)
		}
		got, err := in.Digest()
		if want := fmt.Sprintf("%x", sha256.Sum256([]byte(content))); err != nil || got != want {
			t.Errorf("%s: digest %s, %v; want %s", name, got, err, want)
		}
		if err := errors.Join(in.Close(), <-wrote); err != nil {
			t.Error(err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("{\"a\": NaN}\r\n\n[Infinity]"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00"))
	f.Add([]byte("\xff\xfe{\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		// It must end, with lines or an error; a line is never blank.
		LinesFrom(bytes.NewReader(content), "x", func(line []byte) error {
			if len(bytes.TrimSpace(line)) == 0 {
				t.Error("a blank line")
			}
			var p Problem
			return p.UnmarshalJSON(line)
		})
	})
}
