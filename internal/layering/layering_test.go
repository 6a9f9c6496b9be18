// Package layering holds the test of who may import whom.
package layering

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed lists, for each room (top-level folder), the rooms it may import.
// A room may always import itself and what is internal to all; cmd and
// benchmarks may import everything.
var allowed = map[string][]string{
	"problem":    {},
	"tokenizer":  {"weights"},
	"weights":    {},
	"kernels":    {},
	"model":      {"problem", "tokenizer"},
	"engine":     {"kernels", "weights", "tokenizer"},
	"sandbox":    {"problem"},
	"rerank":     {"kernels", "problem"},
	"difficulty": {"rerank"},
	"eval":       {"rerank", "problem"},
	"journal":    {"problem", "sandbox"},
	"pipeline":   {"difficulty", "engine", "journal", "model", "problem", "rerank", "sandbox"},
	"report":     {"difficulty", "eval", "journal", "model", "pipeline", "rerank", "problem", "sandbox"},
	"examples":   {"problem"},
	"internal":   {},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestLayering(t *testing.T) {
	for _, p := range packages(t) {
		room := roomOf(p.ImportPath)
		if room == "cmd" || room == "benchmarks" || p.ImportPath == "coderm" { // the last holds texts to embed
			continue
		}
		may, ok := allowed[room]
		if !ok {
			t.Errorf("%s: the room %q is not in the table; add it with the rooms it may import", p.ImportPath, room)
			continue
		}
		for _, imp := range p.Imports {
			to := roomOf(imp)
			if to != "" && to != room && to != "internal" && !slices.Contains(may, to) {
				t.Errorf("%s imports %s: %s may only import %v", p.ImportPath, imp, room, may)
			}
		}
	}
}

// roomOf is the top-level folder of one of our packages, "" for others.
func roomOf(path string) string {
	rest, ok := strings.CutPrefix(path, "coderm/")
	if !ok {
		return ""
	}
	room, _, _ := strings.Cut(rest, "/")
	return room
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "coderm/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 10 {
		t.Fatalf("go list found %d packages", len(list))
	}
	return list
}
