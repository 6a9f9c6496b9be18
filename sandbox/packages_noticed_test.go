package sandbox

import (
	"os"
	"strings"
	"testing"

	"coderm/internal/testkit"
)

// TestPackagesAreNoticed: NOTICE and docs/sandbox.md name each package in the version that
// is there, and the guest is of the Python that it says.
func TestPackagesAreNoticed(t *testing.T) {
	p, err := FindPackages(testkit.Packages(t))
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]string{"bz2": "libbzip2", "lzma": "liblzma", "sqlite3": "SQLite"}
	for _, file := range []string{"../NOTICE", "../docs/sandbox.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range p.List {
			name := called[q.Name]
			if name == "" {
				name = q.Name
			}
			if file == "../NOTICE" && !strings.Contains(string(text), "\n"+name+" "+q.Version+"\n") || !strings.Contains(string(text), q.Version) {
				t.Errorf("%s has no %s %s", file, name, q.Version)
			}
		}
	}
	s := withPackages(t, Options{Workers: 1})
	for _, text := range []string{"", "# import sympy"} {
		program, err := s.Compile(t.Context(), "import platform\nprint(platform.python_version())"+text, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Execute(t.Context(), program, Input{}, Limits{}, 100)
		if err != nil || strings.TrimSpace(string(got.Stdout)) != PythonVersion || p.Python != PythonVersion {
			t.Errorf("%q, %q, %v; want %s", got.Stdout, p.Python, err, PythonVersion)
		}
	}
}
