package fsx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// WriteFile has fill produce the content of path. The content goes to a hidden
// file in the same folder, which is flushed to the disk and takes path's place
// only when fill has succeeded; otherwise it is removed and path stays as it
// was. fill may write through f or hand f.Name() to something that writes it
// in place.
//
// A killed process leaves the hidden file, never a partial path.
//
// What is there already and is no plain file (a pipe, a device) is written to as
// it is, and so is a stream of this process (/dev/stdout), whatever it leads to:
// taking its place would leave its reader without anything. A link stays one; its
// target is what is written.
func WriteFile(path string, fill func(f *os.File) error) (err error) {
	if fd, ok := stream(path); ok {
		return writeStream(path, fd, fill)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	switch st, err := os.Stat(path); {
	case err != nil:
	case st.IsDir():
		return fmt.Errorf("%s: is a folder, want a file", path)
	case !st.Mode().IsRegular():
		return writeThrough(path, fill)
	}
	dir, base := filepath.Split(path)
	// Not os.CreateTemp: its mode of 0600 would override the user's umask.
	tmp := filepath.Join(dir, partialName(base))
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(tmp)
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return SyncFolder(dir)
}

func writeThrough(path string, fill func(f *os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// stream tells which descriptor of this process a path stands for, through links:
// /dev/stdout is a link to /proc/self/fd/1.
func stream(path string) (fd int, ok bool) {
	const links = 40 // as many as the kernel follows
	for range links {
		dir, name := filepath.Split(filepath.Clean(path))
		if dir == "/proc/self/fd/" || dir == "/dev/fd/" || dir == fmt.Sprintf("/proc/%d/fd/", os.Getpid()) {
			fd, err := strconv.Atoi(name)
			return fd, err == nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return 0, false
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return 0, false
}

// writeStream writes where the descriptor stands, and leaves it there.
func writeStream(path string, fd int, fill func(f *os.File) error) error {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(own), path)
	return errors.Join(fill(f), f.Close())
}

// SyncFolder makes renames in dir ("" is the current folder) survive a power
// cut, where its file system can do that.
func SyncFolder(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}
