package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"coderm/internal/testkit"
)

// The Python package installs, has types that mypy accepts, and ranks by the program
// and by a server alike.
func TestPythonPackage(t *testing.T) {
	if testing.Short() {
		testkit.Skip(t, testkit.Short)
	}
	python := testkit.Fetched(t, "python/bin/python3", "scripts/fetch-python-tools.sh")
	dir := t.TempDir()
	source, installed := filepath.Join(dir, "source"), filepath.Join(dir, "installed")
	if err := os.CopyFS(source, os.DirFS("../../python")); err != nil { // pip builds in it
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), python, args...)
		cmd.Dir = filepath.Join(source, "tests") // where the package is not, but for what is installed
		cmd.Env = append(os.Environ(), "PYTHONPATH="+installed, "MYPYPATH="+installed)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--target", installed, source)
	if _, err := os.Stat(filepath.Join(installed, "coderm", "py.typed")); err != nil {
		t.Error(err)
	}
	run("-m", "mypy", "--strict", "--cache-dir", filepath.Join(dir, "mypy"), filepath.Join(source, "coderm"))
	user := filepath.Join(dir, "user.py")
	if err := os.WriteFile(user, []byte("import coderm\nx: str = coderm.rerank('q', ['a'])[0].code\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	run("-m", "mypy", "--strict", "--cache-dir", filepath.Join(dir, "mypy"), user)
	t.Setenv("CODERM_URL", startServer(t, filepath.Join(dir, "server"), "none").url)
	run("-m", "unittest", "discover")
}
