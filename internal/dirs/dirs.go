// Package dirs knows the user's folders, by the XDG base directory
// specification.
package dirs

import (
	"fmt"
	"os"
	"path/filepath"
)

// Data is what the user keeps, below $XDG_DATA_HOME/coderm or
// ~/.local/share/coderm.
func Data(elem ...string) (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) { // the specification says to ignore relative ones
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no folder for data: %w (set XDG_DATA_HOME)", err)
		}
		base = filepath.Join(home, ".local", "share")
	}
	return below(base, elem), nil
}

// Cache is what can be made again, below $XDG_CACHE_HOME/coderm or
// ~/.cache/coderm.
func Cache(elem ...string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w (set XDG_CACHE_HOME)", err)
	}
	return below(base, elem), nil
}

func below(base string, elem []string) string {
	return filepath.Join(append([]string{base, "coderm"}, elem...)...)
}
