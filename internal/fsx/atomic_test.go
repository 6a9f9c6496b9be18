package fsx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	for _, content := range []string{"first", "second"} {
		err := WriteFile(path, func(f *os.File) error {
			_, err := f.WriteString(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != content {
			t.Errorf("got %q, want %q", got, content)
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
}

func TestWriteFailureKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := WriteFile(path, func(f *os.File) error {
		f.WriteString("half of the n")
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the old file is now %q", got)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
}

func TestWriteByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	err := WriteFile(path, func(f *os.File) error { return os.WriteFile(f.Name(), []byte("by name"), 0o600) })
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "by name" {
		t.Errorf("got %q", got)
	}
}

func TestWriteRefusesFolders(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFile(dir, func(*os.File) error { return nil }); err == nil {
		t.Error("a folder was replaced")
	}
}

// A link stays a link, and a stream a stream, although both lead to plain files.
func TestWriteThroughLinks(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("before ")
	for _, tt := range []struct{ name, target, want string }{
		{"stream", fmt.Sprintf("/proc/self/fd/%d", f.Fd()), "before new"},
		{"dev", fmt.Sprintf("/dev/fd/%d", f.Fd()), "before newnew"},
		{"relative", "file", "new"},
	} {
		os.Remove(link)
		if err := os.Symlink(tt.target, link); err != nil {
			t.Fatal(err)
		}
		err := WriteFile(link, func(f *os.File) error {
			_, err := f.WriteString("new")
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if to, err := os.Readlink(link); to != tt.target {
			t.Errorf("%s: the link leads to %q (%v)", tt.name, to, err)
		}
		if got, err := os.ReadFile(file); string(got) != tt.want {
			t.Errorf("%s: %q (%v), want %q", tt.name, got, err, tt.want)
		}
	}
}
