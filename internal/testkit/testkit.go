// Package testkit gives tests what lies outside the repository: the recorded
// data, what the scripts have fetched, models, tools. A test that lacks one of
// them is skipped, but fails where nothing may be missing: in CI (CI is set) and
// wherever CODERM_DATA says that the data are there.
package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"coderm/internal/dirs"
)

// Data is the path of a file of the recorded data (dirs.Recorded). The test needs
// the file.
func Data(t testing.TB, name string) string {
	t.Helper()
	path, err := dirs.Recorded(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(path)
	Need(t, err, "the recorded data (set CODERM_DATA to their folder)")
	return path
}

// Fetched is the path of what a script of scripts/ keeps in the build cache; the
// pattern is filepath.Match's, below that folder. Of several files it is the
// last by name. The test needs the file.
func Fetched(t testing.TB, pattern, script string) string {
	t.Helper()
	path, found := built(t, pattern)
	if len(found) == 0 {
		Need(t, fmt.Errorf("no %s", path), "what "+script+" fetches")
	}
	return found[len(found)-1]
}

// built is what of a pattern scripts keep in the build cache, and where that would be.
func built(t testing.TB, pattern string) (path string, found []string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	Need(t, err, "a cache folder")
	path = filepath.Join(cache, "coderm-build", pattern)
	if found, err = filepath.Glob(path); err != nil {
		t.Fatal(err)
	}
	return path, found
}

// Need skips the test when err, if any, tells why it lacks something.
func Need(t testing.TB, err error, what string) {
	t.Helper()
	switch {
	case err == nil:
	case Strict():
		t.Fatalf("needs %s: %v", what, err)
	default:
		t.Skipf("needs %s: %v", what, err)
	}
}

// Strict tells whether nothing may be missing.
func Strict() bool { return os.Getenv("CI") != "" || os.Getenv("CODERM_DATA") != "" }
