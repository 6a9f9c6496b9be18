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

// allowed lists, for each room, the rooms it may import. A room is a folder with
// what is below it, but for what is below it and in the table too. It may always
// import itself and what is internal to all; cmd and benchmarks may import
// everything.
var allowed = map[string][]string{
	"problem":    {},
	"tokenizer":  {"weights"},
	"weights":    {},
	"kernels":    {},
	"model":      {"problem"},
	"engine":     {"kernels", "tokenizer", "weights"},
	"sandbox":    {"problem"},
	"rerank":     {"kernels"},
	"difficulty": {"rerank"},
	"budget":     {"difficulty", "rerank"},
	// The laboratory plays what live runs use, so it stands above them, though its
	// folder is below one of them.
	"difficulty/replay":          {"budget", "difficulty", "rerank"},
	"difficulty/replay/finished": {"difficulty", "difficulty/known", "difficulty/replay", "eval", "passfile", "pipeline", "rerank", "run"},
	"difficulty/known":           {"difficulty", "problem"},
	"passfile":                   {"problem", "rerank"},
	"eval":                       {"passfile", "rerank", "problem"},
	"journal":                    {"problem", "sandbox"},
	"pipeline":                   {"budget", "engine", "journal", "model", "passfile", "problem", "rerank", "sandbox"},
	"run":                        {"budget", "difficulty", "difficulty/known", "engine", "eval", "journal", "kernels", "model", "passfile", "pipeline", "problem", "rerank", "sandbox", "tokenizer", "weights"},
	"report":                     {"budget", "difficulty/replay", "difficulty/replay/finished", "eval", "model", "passfile", "pipeline", "problem", "rerank", "run"},
	"server":                     {"engine", "model", "pipeline", "problem", "report", "rerank", "run", "sandbox", "tokenizer", "weights"},
	"examples":                   {"problem"},
	"internal":                   {},
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

// An edge that nobody uses is a door left open: it is not in the table.
func TestNoUnusedEdges(t *testing.T) {
	used := map[[2]string]bool{}
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			used[[2]string{roomOf(p.ImportPath), roomOf(imp)}] = true
		}
	}
	for room, may := range allowed {
		for _, to := range may {
			if !used[[2]string{room, to}] {
				t.Errorf("%s does not import %s: take it off the table", room, to)
			}
		}
	}
}

// roomOf is the room one of our packages is in: the innermost folder of the
// table, or else its top-level folder; "" for packages of others.
func roomOf(pkg string) string {
	folder, ok := strings.CutPrefix(pkg, "coderm/")
	if !ok {
		return ""
	}
	for {
		if _, ok := allowed[folder]; ok {
			return folder
		}
		slash := strings.LastIndexByte(folder, '/')
		if slash < 0 {
			return folder
		}
		folder = folder[:slash]
	}
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
