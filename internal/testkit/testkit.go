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
)

// Data is the path of a file of the recorded data: in $CODERM_DATA, else in
// ../shared/data beside the repository. The test needs the file.
func Data(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("CODERM_DATA")
	if dir == "" {
		root, err := root()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	path := filepath.Join(dir, name)
	_, err := os.Stat(path)
	Need(t, err, "the recorded data (set CODERM_DATA to their folder)")
	return path
}

// Fetched is the path of what a script of scripts/ keeps in the build cache; the
// pattern is filepath.Match's, below that folder. Of several files it is the
// last by name. The test needs the file.
func Fetched(t testing.TB, pattern, script string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	Need(t, err, "a cache folder")
	path := filepath.Join(cache, "coderm-build", pattern)
	found, err := filepath.Glob(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		err = fmt.Errorf("no %s", path)
		found = []string{""}
	}
	Need(t, err, "what "+script+" fetches")
	return found[len(found)-1]
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

// root is the repository's folder: tests run in their package's.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
	}
}
