package testkit

import (
	"os/exec"
	"strings"
	"testing"
)

// Python is the path of CPython 3.11; without one the test is skipped. It is the
// interpreter's own, because what is called python3 may be a script that starts it.
func Python(t testing.TB) string {
	t.Helper()
	const which = "import sys; print(sys.executable) if sys.version_info[:2] == (3, 11) else sys.exit(1)"
	path, err := exec.Command("python3", "-c", which).Output()
	Need(t, err, "CPython 3.11 as python3")
	return strings.TrimSpace(string(path))
}
