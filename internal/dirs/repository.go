package dirs

import (
	"fmt"
	"os"
	"path/filepath"
)

// Repository is the folder of this program's source: the one with go.mod, at or
// above the folder it runs in. Tests and benchmarks need it.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.mod at or above %s", dir)
		}
	}
}

// Recorded is where a file of the recorded data should be: in $CODERM_DATA, else
// in ../shared/data beside the repository.
func Recorded(name string) (string, error) {
	if dir := os.Getenv("CODERM_DATA"); dir != "" {
		return filepath.Join(dir, name), nil
	}
	root, err := Repository()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "..", "shared", "data", name), nil
}
