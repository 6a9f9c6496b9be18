package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coderm/weights/chunk"
)

// DefaultName is the model used when the user names none.
const DefaultName = "default"

// EnvModel is the environment variable that names a model instead of --model.
const EnvModel = "CODERM_MODEL"

// OrDefault is what an empty name stands for.
func OrDefault(nameOrPath string) string {
	return cmp.Or(nameOrPath, os.Getenv(EnvModel), DefaultName)
}

// Resolve returns the file that nameOrPath means: a path (it has a separator
// or ends in .gguf) or a model in the user's store. An empty string means the
// environment's CODERM_MODEL, or else the default model.
func Resolve(nameOrPath string) (string, error) {
	s, err := Default()
	if err != nil {
		return "", err
	}
	return s.Resolve(nameOrPath)
}

// Resolve is the same in a given store.
func (s *Store) Resolve(nameOrPath string) (string, error) {
	nameOrPath = OrDefault(nameOrPath)
	if strings.ContainsRune(nameOrPath, filepath.Separator) || strings.HasSuffix(nameOrPath, ".gguf") {
		info, err := os.Stat(nameOrPath)
		if err != nil {
			return "", fmt.Errorf("model file: %w", err)
		}
		if !info.Mode().IsRegular() {
			return "", fmt.Errorf("model file %s: not a regular file", nameOrPath)
		}
		return nameOrPath, nil
	}
	if !chunk.ValidName(nameOrPath) {
		return "", fmt.Errorf("%q is neither a path to a .gguf file nor a model name", nameOrPath)
	}
	m, err := s.Lookup(nameOrPath)
	if errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("no model %q: run 'coderm model pull %s', or give the path of a .gguf file: %w", nameOrPath, nameOrPath, ErrNotFound)
	}
	if err != nil {
		return "", err
	}
	if !m.Complete {
		return "", fmt.Errorf("model %q is incomplete or damaged: run 'coderm model pull %s' to repair it", nameOrPath, nameOrPath)
	}
	return m.Path, nil
}
