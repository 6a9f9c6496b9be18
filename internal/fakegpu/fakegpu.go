// Package fakegpu builds a GPU backend for tests (testdata/fakegpu.cpp): devices with
// memory of a set size that compute on the CPU, and run out of it where a test wants.
// A process loads it as it does a real one.
package fakegpu

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"coderm/internal/testkit"
)

const envFaults = "CODERM_FAKE_GPU_FAULTS"

// Build compiles the backend and gives the folder that CODERM_BACKENDS is to name.
func Build(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	source, dir := filepath.Join(filepath.Dir(here), "testdata"), t.TempDir()
	llama := filepath.Dir(testkit.Fetched(t, "llama-source-*/ggml", "scripts/fetch-llama.sh"))
	for _, args := range [][]string{
		{"c++", "-O1", "-std=c++17", "-fPIC", "-shared", "-I" + filepath.Join(llama, "ggml/include"), "-I" + filepath.Join(llama, "ggml/src"),
			"-o", filepath.Join(dir, "libggml-fake.so"), filepath.Join(source, "fakegpu.cpp")},
		{"cc", "-D_GNU_SOURCE", "-fPIC", "-shared", "-o", filepath.Join(dir, "libggml-base.so"), filepath.Join(source, "version.c")},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return dir
}

// Env are the variables for a process whose GPUs have so many MiB each.
func Env(dir string, mib ...int) []string {
	sizes := make([]string, len(mib))
	for i, n := range mib {
		sizes[i] = fmt.Sprint(n)
	}
	return []string{"CODERM_BACKENDS=" + dir, "CODERM_FAKE_GPU=" + strings.Join(sizes, ",")}
}

// Faults is the variable for processes of which each takes the next of these
// faults, e.g. "alloc 2" or "step 7"; later ones have none.
func Faults(t testing.TB, faults ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faults")
	if err := os.WriteFile(path, []byte(strings.Join(faults, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return envFaults + "=" + path
}

// Left lists the faults that no process has taken.
func Left(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(os.Getenv(envFaults))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(string(text), " ", "-"))
}
