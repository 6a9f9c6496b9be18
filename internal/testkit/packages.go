package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"coderm/internal/dirs"
)

// Packages is the file of the packages guest that scripts/build-packages.sh makes. The
// test needs it.
func Packages(t testing.TB) string {
	t.Helper()
	top, err := dirs.Repository()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(top, "lib", "coderm", "coderm-guest-packages.tar.zst")
	_, err = os.Stat(path)
	Need(t, err, "the packages guest ('make packages')")
	return path
}
