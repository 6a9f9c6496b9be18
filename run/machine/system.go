package machine

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// system names the distribution and the kernel.
func system() string {
	name := strings.Trim(valueOf("/etc/os-release", "PRETTY_NAME", "="), `"`)
	if name == "" {
		name = "an unnamed distribution"
	}
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return name
	}
	return name + ", " + unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// processorName is what the processor calls itself; "" where it does not, as ARM's.
func processorName() string { return valueOf("/proc/cpuinfo", "model name", ":") }

// valueOf is the value of the first line with the key in a file of lines of key,
// separator and value; "" if there is none.
func valueOf(path, key, separator string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if k, v, ok := strings.Cut(s.Text(), separator); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
