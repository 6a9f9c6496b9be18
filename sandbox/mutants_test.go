package sandbox

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"coderm/problem"
)

// TestMutants holds all mutants of a program against a list.
func TestMutants(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/mutants.txtar")
	if err != nil {
		t.Fatal(err)
	}
	program, want := string(archive.Files[0].Data), string(archive.Files[1].Data)
	s := newSandbox(t, Options{})
	mutants, why, err := s.Mutants(t.Context(), program, 0, 0)
	if err != nil || why != "" {
		t.Fatal(why, err)
	}
	var got strings.Builder
	for _, m := range mutants {
		fmt.Fprintf(&got, "%s %d: %s -> %s\n", m.Rule, m.Line, m.Was, m.Now)
	}
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if i := slices.IndexFunc(mutants, func(m problem.Mutant) bool { return m.Rule == "loop" }); !strings.Contains(mutants[i].Code, "or not least == 0:\n            break\n") {
		t.Errorf("a mutant is\n%s", mutants[i].Code)
	}

	// A lot is of them, in their order, and another by another seed.
	lots := map[string]bool{}
	for _, seed := range []uint64{1, 1, 1<<64 - 1} {
		lot, _, err := s.Mutants(t.Context(), program, 10, seed)
		if err != nil || len(lot) != 10 {
			t.Fatal(len(lot), err)
		}
		at := -1
		for _, m := range lot {
			i := slices.Index(mutants, m)
			if i <= at {
				t.Errorf("seed %d: %v after mutant %d", seed, m, at)
			}
			at = i
		}
		lots[fmt.Sprint(lot)] = true
	}
	if len(lots) != 2 {
		t.Errorf("two seeds give %d lots", len(lots))
	}

	for text, want := range map[string]string{
		"pass": "", "print 'x'": "SyntaxError", strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500): "SyntaxError", "\x00": "SyntaxError",
		strings.Repeat("-", 5000) + "1": "RecursionError",
	} {
		if got, why, err := s.Mutants(t.Context(), text, 0, 0); err != nil || len(got) > 0 || !strings.Contains(why, want) || (why == "") != (want == "") {
			t.Errorf("%.20q: %d mutants, %q, %v", text, len(got), why, err)
		}
	}
}

// TestMutantsDiffer: every mutant of the programs of some corpora parses, and differs from
// the program and from its other mutants in more than spelling.
func TestMutantsDiffer(t *testing.T) {
	s := newSandbox(t, Options{})
	made := 0
	for _, file := range []string{"classes/language", "classes/everyday", "programs/python"} {
		archive, err := txtar.ParseFile(filepath.Join("testdata", file+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		var test strings.Builder
		test.WriteString("import ast\n")
		for _, f := range archive.Files {
			mutants, _, err := s.Mutants(t.Context(), string(f.Data), 10, uint64(len(f.Data)))
			if err != nil {
				t.Fatalf("%s: %s: %v", file, f.Name, err)
			}
			if len(mutants) == 0 { // no program
				continue
			}
			programs := []string{string(f.Data)}
			for _, m := range mutants {
				programs = append(programs, m.Code)
			}
			list, err := json.Marshal(programs) // also a Python list
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&test, "assert len({ast.dump(ast.parse(text)) for text in %s}) == %d, %q\n", list, len(programs), f.Name)
			made += len(mutants)
		}
		v, err := s.Run(t.Context(), Pair{Test: problem.PythonTest(test.String())}, Limits{})
		if err != nil || v.Kind != Pass {
			t.Errorf("%s: %v: %s, %v", file, v.Kind, v.Detail, err)
		}
	}
	if made < 300 {
		t.Errorf("%d mutants in all", made)
	}
}
