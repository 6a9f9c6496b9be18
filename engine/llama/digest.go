package llama

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coderm/internal/dirs"
	"coderm/internal/fsx"
	"coderm/weights/chunk"
	"coderm/weights/gguf"
)

// FileDigest is the SHA-256 of a model file, in hexadecimal; of a model in several
// files, that of their digests. Hashing gigabytes takes seconds, so the answer is
// kept in the user's cache until the file's size or time of change differ; a file
// of the model store has it in its name.
func FileDigest(ctx context.Context, path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	if hexed, ok := strings.CutPrefix(filepath.Base(real), "sha256-"); ok && len(hexed) == 2*sha256.Size {
		return hexed, nil
	}
	model, err := gguf.Open(path)
	if err != nil {
		return "", err
	}
	if model.Parts == nil {
		return oneDigest(ctx, real)
	}
	var all strings.Builder
	for _, part := range model.Parts {
		sum, err := oneDigest(ctx, part)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&all, sum)
	}
	return chunk.Digest([]byte(all.String())), nil
}

func oneDigest(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	note := digestNote(path, st)
	if note != "" {
		if b, err := os.ReadFile(note); err == nil && len(b) == 2*sha256.Size {
			return string(b), nil
		}
	}
	sum, _, err := chunk.DigestAll(ctx, f)
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", path, err)
	}
	if note != "" && os.MkdirAll(filepath.Dir(note), 0o777) == nil {
		// Without a note the next run hashes again: not worth failing for.
		_ = fsx.WriteFile(note, func(w *os.File) error { _, err := w.WriteString(sum); return err })
	}
	return sum, nil
}

// digestNote is where the digest of a file in this state is kept; empty where
// there is no cache folder.
func digestNote(path string, st os.FileInfo) string {
	dir, err := dirs.Cache("digests")
	if err != nil {
		return ""
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	state := fmt.Sprintf("%s|%d|%d", abs, st.Size(), st.ModTime().UnixNano())
	return filepath.Join(dir, fmt.Sprintf("%x", sha256.Sum256([]byte(state)))[:32])
}
