package fsx

import (
	"bufio"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"coderm/internal/badinput"
)

// WriteBuffered is WriteFile through a buffer.
func WriteBuffered(path string, fill func(io.Writer) error) error {
	return WriteFile(path, func(f *os.File) error {
		w := bufio.NewWriter(f)
		if err := fill(w); err != nil {
			return err
		}
		return w.Flush()
	})
}

// CheckOutput refuses a file that cannot be written, before the work for it.
func CheckOutput(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return badinput.Errorf("%s is a folder; name a file to write", path)
	} else if err == nil && !st.Mode().IsRegular() { // a pipe or a device, written to as it is
		if err := unix.Access(path, unix.W_OK); err != nil {
			return badinput.Errorf("cannot write %s: %w", path, err)
		}
		return nil
	}
	dir := filepath.Dir(path)
	st, err := os.Stat(dir)
	switch {
	case err != nil:
		return badinput.Errorf("cannot write %s: %w", path, err)
	case !st.IsDir():
		return badinput.Errorf("cannot write %s: %s is no folder", path, dir)
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return badinput.Errorf("cannot write %s: %s: %w", path, dir, err)
	}
	return nil
}
