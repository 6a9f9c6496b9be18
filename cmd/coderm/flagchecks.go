package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"
)

// checkOutput refuses a file that cannot be written, before the work for it.
func checkOutput(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return usageError("%s is a folder; name a file to write", path)
	} else if err == nil && !st.Mode().IsRegular() { // a pipe or a device, written to as it is
		if err := unix.Access(path, unix.W_OK); err != nil {
			return usageError("cannot write %s: %w", path, err)
		}
		return nil
	}
	dir := filepath.Dir(path)
	st, err := os.Stat(dir)
	switch {
	case err != nil:
		return usageError("cannot write %s: %w", path, err)
	case !st.IsDir():
		return usageError("cannot write %s: %s is no folder", path, dir)
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return usageError("cannot write %s: %s: %w", path, dir, err)
	}
	return nil
}

// refuse fails at the first of the flags that was given.
func refuse(flags *pflag.FlagSet, why string, names ...string) error {
	for _, name := range names {
		if flags.Changed(name) {
			return usageError("--%s %s", name, why)
		}
	}
	return nil
}
