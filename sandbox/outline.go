package sandbox

import (
	"context"
	"encoding/json"
	"fmt"

	"coderm/problem"
)

// outliner reads a JSON list of texts and prints one of outlines.
const outliner = `import ast, json, sys

outlines = []
for text in json.load(sys.stdin):
    o = {"parses": True, "classes": [], "imports": []}
    try:
        nodes = ast.walk(ast.parse(text))
    except Exception:
        nodes, o["parses"] = (), False
    for n in nodes:
        if isinstance(n, ast.ClassDef):
            o["classes"].append(n.name)
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            origin = f"from {n.module} " if isinstance(n, ast.ImportFrom) else ""
            for a in n.names:
                o["imports"].append(f"{origin}import {a.name}" + (f" as {a.asname}" if a.asname else ""))
    outlines.append(o)
json.dump(outlines, sys.stdout)
`

// Outlines tells what Python's parser finds in each text; nothing of them is run.
func (s *Sandbox) Outlines(ctx context.Context, texts []string) ([]problem.Outline, error) {
	in, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	p, err := s.Compile(ctx, outliner, Limits{})
	if err != nil {
		return nil, err
	}
	const fixed, factor = 1 << 16, 64 // of what is printed: an import may name its module anew for each name
	room := fixed + factor*len(in)
	got, err := s.Execute(ctx, p, Input{Stdin: string(in)}, Limits{Output: int64(room)}, room)
	if err != nil {
		return nil, err
	}
	var out []problem.Outline
	if err := json.Unmarshal(got.Stdout, &out); err != nil || len(out) != len(texts) {
		return nil, fmt.Errorf("outlining %d texts: %v: %s", len(texts), got.Verdict.Kind, got.Verdict.Detail)
	}
	return out, nil
}
