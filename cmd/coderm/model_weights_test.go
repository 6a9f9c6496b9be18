package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/engine/quantize"
	"coderm/weights/inspect"
)

const convertFixtures = "../../weights/testdata/convert"

// runLine runs a command line in this process.
func runLine(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// runJSON runs a command line that must succeed, and decodes its JSON, which
// follows a schema.
func runJSON(t *testing.T, schema string, result any, args ...string) {
	t.Helper()
	out, errs, code := runLine(t, append(args, "--json")...)
	if code != exitDone {
		t.Fatalf("coderm %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	if err := checkSchema(schema, strings.NewReader(out)); err != nil {
		t.Errorf("coderm %s: %v", strings.Join(args, " "), err)
	}
	if err := json.Unmarshal([]byte(out), result); err != nil {
		t.Fatalf("coderm %s: %v in %s", strings.Join(args, " "), err, out)
	}
}

// TestFromFolderToQuantizedModel goes the way a user goes with CodeRM-8B.
func TestFromFolderToQuantizedModel(t *testing.T) {
	dir := t.TempDir()
	full, small := filepath.Join(dir, "full.gguf"), filepath.Join(dir, "small.gguf")
	text := filepath.Join(dir, "text.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("def add(a, b):\n    return a + b\n", 40)), 0o644); err != nil {
		t.Fatal(err)
	}
	var c conversion
	runJSON(t, "output/model-convert", &c, "model", "convert", filepath.Join(convertFixtures, "llama3"), "-o", full, "--type", "f16")
	if c.Tensors != 22 || c.Shards != 3 {
		t.Errorf("convert: %+v", c)
	}
	var q quantize.Result
	runJSON(t, "output/model-quantize", &q, "model", "quantize", full, "q8_0", "-o", small, "--check", text, "--threads", "1")
	if q.Before != c.Bytes || q.Bytes >= q.Before || q.Check == nil || q.Check.KL <= 0 || q.Check.Positions < 100 {
		t.Errorf("quantize: %+v, check %+v", q, q.Check)
	}
	prompts := filepath.Join(dir, "prompts.jsonl")
	writeInput(t, prompts, map[string]any{"prompt": strings.Repeat("Write tests. ", 40)},
		map[string]any{"messages": []map[string]string{{"role": "system", "content": "Be brief."}, {"role": "user", "content": strings.Repeat("def f(x): ", 400)}}})
	runJSON(t, "output/model-quantize", &q, "model", "quantize", full, "q8_0", "-o", small, "--check", prompts, "--threads", "1")
	if q.Check == nil || q.Check.KL <= 0 || q.Check.Positions < 100 {
		t.Errorf("check on prompts: %+v", q.Check)
	}
	var i inspect.Inspection
	runJSON(t, "output/model-inspect", &i, "model", "inspect", small, "--ctx", "256", "--samples", "4")
	if i.Architecture != "llama" || i.Types[0].Type != "Q8_0" || i.Memory.KVStreams != 4*256*i.Memory.KVToken || i.Memory.KVToken != 256 {
		t.Errorf("inspect: %+v, memory %+v", i, i.Memory)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// A name keeps its model, unless the user says so.
func TestPullReplaces(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	path := func(fixture string) string { return filepath.Join(dir, fixture+".gguf") }
	for _, fixture := range []string{"smollm2", "qwen2"} {
		mustRun(t, "model", "convert", filepath.Join(convertFixtures, fixture), "-o", path(fixture))
	}
	mustRun(t, "model", "pull", "mine", "--from", path("smollm2"))
	mustRun(t, "model", "pull", "mine", "--from", path("smollm2")) // the same again
	_, errs, code := runLine(t, "model", "pull", "mine", "--from", path("qwen2"))
	if want := "coderm: mine is another model already: smollm2; choose another name, or give --replace\n"; code != exitUsage || errs != want {
		t.Errorf("exit %d, %q; want %d, %q", code, errs, exitUsage, want)
	}
	if out := mustRun(t, "model", "pull", "mine", "--from", path("qwen2"), "--replace"); !strings.Contains(out, "mine: qwen2 (") {
		t.Errorf("replaced: %q", out)
	}
}

// TestModelUsage: what is wrong is said in one line, and nothing is written.
func TestModelUsage(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.gguf")
	model := filepath.Join(dir, "m.gguf")
	if _, errs, code := runLine(t, "model", "convert", filepath.Join(convertFixtures, "smollm2"), "-o", model); code != exitDone {
		t.Fatal(errs)
	}
	short := filepath.Join(t.TempDir(), "short.txt")
	if err := os.WriteFile(short, []byte("def f(x):\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	notGGUF := filepath.Join(convertFixtures, "llama3", "config.json")
	empty := filepath.Join(t.TempDir(), "prompts.jsonl")
	writeInput(t, empty, map[string]string{"text": "x"})
	tests := []struct{ want, args string }{
		{"give a GGUF file", "inspect"},
		{"not a valid GGUF file", "inspect " + notGGUF},
		{"no such file", "inspect " + dir + "/absent.gguf"},
		{"a prompt of 100 tokens", "inspect " + model + " --ctx 50 --prompt 100"},
		{"give -o", "convert " + dir},
		{"config.json", "convert " + dir + " -o " + out},
		{"bad --type", "convert " + filepath.Join(convertFixtures, "llama3") + " --type q4_0 -o " + out},
		{"give a GGUF file and a type", "quantize " + model},
		{"no quantization type", "quantize " + model + " q9 -o " + out},
		{"give -o", "quantize " + model + " q8_0"},
		{"both input and output", "quantize " + model + " q8_0 -o " + model},
		{"needs an importance matrix", "quantize " + model + " iq1_s -o " + out},
		{"not a valid GGUF file", "quantize " + notGGUF + " q8_0 -o " + out},
		{"no such file", "quantize " + model + " q8_0 -o " + out + " --check " + dir + "/absent.txt"},
		{`prompts.jsonl:1: no "prompt" and no "messages"`, "quantize " + model + " q8_0 -o " + out + " --check " + empty},
		{"tokens, want at least 32", "quantize " + model + " q8_0 -o " + out + " --check " + short},
	}
	for _, tt := range tests {
		_, errs, code := runLine(t, append([]string{"model"}, strings.Fields(tt.args)...)...)
		if code != exitUsage || !strings.Contains(errs, tt.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("model %s: exit %d, %q; want %q", tt.args, code, errs, tt.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}
