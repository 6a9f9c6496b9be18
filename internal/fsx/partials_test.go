package fsx

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Only what WriteFile left goes, and only from that very folder, whatever its name
// would mean as a pattern.
func TestRemovePartials(t *testing.T) {
	parent := t.TempDir()
	dir, other := filepath.Join(parent, "run[1]"), filepath.Join(parent, "run1")
	left := partialName("scores.jsonl")
	kept := []string{".thesis.partial-draft", ".scores.jsonl.partial-", "notes.partial-ABCDEFGH", ".config"}
	for _, d := range []string{dir, other} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range append(kept, left) {
			if err := os.WriteFile(filepath.Join(d, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	folder := filepath.Join(dir, partialName("folder"))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := RemovePartials(dir); err != nil {
		t.Fatal(err)
	}
	for d, want := range map[string][]string{dir: append(kept, filepath.Base(folder)), other: append(kept, left)} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", d, got, want)
		}
	}
}

// A pipe stays one: its reader gets the content.
func TestWriteToPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(path)
		read <- string(b)
	}()
	if err := WriteFile(path, func(f *os.File) error { _, err := io.WriteString(f, "all of it"); return err }); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "all of it" {
		t.Errorf("the reader got %q", got)
	}
	if st, err := os.Lstat(path); err != nil || st.Mode().IsRegular() {
		t.Errorf("the pipe is now %v, %v", st.Mode(), err)
	}
	if err := WriteFile("/dev/full", func(f *os.File) error { _, err := io.WriteString(f, "x"); return err }); err == nil {
		t.Error("writing to a full device succeeded")
	}
}
