package testkit

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// Python is the path of CPython 3.13, the sandbox's version; without one the test is
// skipped. It is the interpreter's own, because what is called python3 may be a script
// that starts it. scripts/build-guest.sh leaves one in the cache.
func Python(t testing.TB) string {
	t.Helper()
	const which = "import sys; print(sys.executable) if sys.version_info[:2] == (3, 13) else sys.exit(1)"
	_, found := built(t, "native-python-*/bin/python3.13")
	names := append([]string{"python3", "python3.13"}, found...)
	for _, name := range names {
		if path, err := exec.Command(name, "-c", which).Output(); err == nil {
			return strings.TrimSpace(string(path))
		}
	}
	Need(t, errors.New("none of "+strings.Join(names, ", ")), "CPython 3.13")
	return ""
}
