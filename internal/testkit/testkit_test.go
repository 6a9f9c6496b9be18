package testkit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"coderm/internal/dirs"
)

// asked records how a test was ended.
type asked struct {
	testing.TB
	skipped, failed bool
}

func (a *asked) Helper()               {}
func (a *asked) Skipf(string, ...any)  { a.skipped = true }
func (a *asked) Fatalf(string, ...any) { a.failed = true }

func TestNeed(t *testing.T) {
	missing := errors.New("not there")
	for _, c := range []struct {
		ci, data        string
		err             error
		skipped, failed bool
	}{
		{"", "", nil, false, false},
		{"", "", missing, true, false},
		{"true", "", missing, false, true},
		{"", "/data", missing, false, true},
		{"true", "/data", nil, false, false},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("CODERM_DATA", c.data)
		var a asked
		if Need(&a, c.err, "it"); a.skipped != c.skipped || a.failed != c.failed {
			t.Errorf("%+v: %+v", c, a)
		}
	}
}

func TestData(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CI", "")
	t.Setenv("CODERM_DATA", dir)
	var a asked
	if got := Data(&a, "x"); got != filepath.Join(dir, "x") || !a.failed {
		t.Errorf("%s, %+v", got, a)
	}
	t.Setenv("CODERM_DATA", "")
	a = asked{}
	if got := Data(&a, "x"); !strings.HasSuffix(got, filepath.Join("shared", "data", "x")) || !a.skipped {
		t.Errorf("%s, %+v", got, a)
	}
}

// TestSkipsAreHere: a test is skipped by this package alone, so that none is
// skipped unseen.
func TestSkipsAreHere(t *testing.T) {
	top, err := dirs.Repository()
	if err != nil {
		t.Fatal(err)
	}
	skip := regexp.MustCompile(`\b[tbf]\.Skip(f|Now)?\(`)
	files := 0
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for _, hit := range skip.FindAllString(string(text), -1) {
			t.Errorf("%s: %s...): use testkit.Need or testkit.Skip", path, hit)
		}
		return err
	})
	if err != nil || files < 50 {
		t.Fatalf("%d files: %v", files, err)
	}
}
