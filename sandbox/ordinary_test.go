package sandbox_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/problem"
	"coderm/sandbox"
)

// TestOrdinaryPrograms runs the corpus in testdata/ordinary, whose README.md
// describes the files: everything in it passes natively.
func TestOrdinaryPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/ordinary/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var names []string
	var pairs []sandbox.Pair
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for i := 0; i+1 < len(archive.Files); i += 2 {
			solution, judge := archive.Files[i], archive.Files[i+1]
			pair := sandbox.Pair{Solution: string(solution.Data), Test: problem.PythonTest(string(judge.Data))}
			switch judge.Name {
			case "test":
			case "want":
				pair.Test = problem.StdioTest("", string(judge.Data))
			default:
				t.Fatalf("%s: %q is neither test nor want", file, judge.Name)
			}
			names = append(names, family+"/"+solution.Name)
			pairs = append(pairs, pair)
		}
	}
	s := open(t, sandbox.Options{Workers: 2})
	err = s.Pairs(t.Context(), slices.Values(pairs), sandbox.Limits{}, func(k int, v sandbox.Verdict) error {
		if v.Kind != sandbox.Pass {
			t.Errorf("%s: %v (%s)", names[k], v.Kind, v.Detail)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
