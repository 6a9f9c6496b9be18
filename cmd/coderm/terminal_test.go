package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"

	"coderm/problem"
	"coderm/weights/gguf"
)

// hostile has what turns a terminal's colours, title, lines and direction.
const hostile = "\x1b[31mRED\x1b]0;t\a\u009b31m\u202e\u2066\u200f\r\u2028\x7fx"

// TestNothingCommandsTheTerminal shows hostile names of every origin.
func TestNothingCommandsTheTerminal(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	raw := func(name, text string) {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeInput(t, in("p.jsonl"), problem.Problem{ID: hostile, Question: "def f(x):\n", Prompt: "def f(x):\n", EntryPoint: "f"})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: hostile, Code: "def f(x): return x"})
	writeInput(t, in("other.jsonl"), problem.Solution{TaskID: hostile + "?", Code: "def f(x): return x"})
	writeInput(t, in("t.jsonl"), problem.TestLine{TaskID: hostile, Test: problem.PythonTest("assert f(1) == 1")})
	writeInput(t, in("pairs.jsonl"), map[string]string{
		"id": hostile, "solution": `def f(): raise ValueError("\x1b[31m \x9b31m \u202e \r \n x\ty")`, "test": "def test_1(): f()",
	})
	raw("not.gguf", "\x1b[3m")
	raw("tokenizer.json", `{"pre_tokenizer":{"type":"\u001b[31m\u202e"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`)
	raw("template.jinja", "{{ raise_exception('\x1b[31m\u202e') }}")
	f, err := os.Create(in("m.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	meta := []gguf.KV{{Key: "general.architecture", Value: gguf.String(hostile)}, {Key: "general.name", Value: gguf.String(hostile)},
		{Key: hostile, Value: gguf.Strings([]string{hostile})}, {Key: "tokenizer.chat_template", Value: gguf.String(hostile)}}
	if err := gguf.Write(f, meta, nil); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(map[string]string{"error": hostile})
	}))
	defer server.Close()
	const text, data = false, true
	for _, tt := range []struct {
		name string
		json bool
		args []string
	}{
		{"a task_id in the table", text, []string{"rerank", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--out", in("run")}},
		{"a task_id as JSON", data, []string{"rerank", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--out", in("run"), "--json"}},
		{"a task_id that is not there", text, []string{"rerank", "--problems", in("p.jsonl"), "--solutions", in("other.jsonl"), "--tests", in("t.jsonl"), "--out", in("run2")}},
		{"a path", text, []string{"rerank", "--problems", in(hostile), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--out", in("run")}},
		{"a flag", text, []string{"rerank", "--" + hostile}},
		{"a command", text, []string{hostile}},
		{"a detail", text, []string{"exec", "--pairs", in("pairs.jsonl")}},
		{"a detail as JSON", data, []string{"exec", "--pairs", in("pairs.jsonl"), "--json"}},
		{"a model's metadata", text, []string{"model", "inspect", in("m.gguf")}},
		{"a model's metadata as JSON", data, []string{"model", "inspect", in("m.gguf"), "--json"}},
		{"no model", text, []string{"model", "inspect", in("not.gguf")}},
		{"a model's name", text, []string{"bench", "--model", hostile}},
		{"a tokenizer", text, []string{"tokenize", "-m", in("tokenizer.json"), in("not.gguf")}},
		{"a server's message", text, []string{"testgen", "--problems", in("p.jsonl"), "--server", "ollama=" + server.URL, "--model", hostile, "--style", "assert", "--out", in("gen")}},
		{"a chat template", text, []string{"testgen", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "ollama=" + server.URL, "--model", "m",
			"--style", "unittest", "--chat-template", in("template.jinja"), "--out", in("gen2")}},
	} {
		code, stdout, stderr := coderm(t, tt.args...)
		for _, r := range stdout + stderr {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Errorf("%s: %U is in the output %q", tt.name, r, stdout+stderr)
				break
			}
		}
		if stdout+stderr == "" || code == exitDone && !strings.Contains(stdout, `\u001b[`) {
			t.Errorf("%s: exit code %d, and nothing of it is shown: %q", tt.name, code, stdout+stderr)
		}
		if code != exitDone && strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: more than a line: %q", tt.name, stderr)
		}
		if tt.json && !json.Valid([]byte(stdout)) {
			t.Errorf("%s: no JSON: %s", tt.name, stdout)
		}
	}
}

// Decoded text is written byte for byte, but not to a terminal.
func TestDecodedTextOnATerminal(t *testing.T) {
	dir := t.TempDir()
	tokens := filepath.Join(dir, "tokenizer.json")
	// The letter \u011b is how byte-level vocabularies write the byte ESC.
	const text = `{"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"\u011b":1,"aa":2},"merges":["a a"]}}`
	if err := os.WriteFile(tokens, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	screen, terminal := openTerminal(t)
	decode := func(out io.Writer) {
		args := []string{"tokenize", "-m", tokens, "--decode"}
		if code := execute(t.Context(), args, strings.NewReader("0 1 0"), out, io.Discard); code != exitDone {
			t.Fatalf("exit code %d", code)
		}
	}
	var file strings.Builder
	decode(&file)
	if file.String() != "a\x1ba" {
		t.Errorf("into a file came %q", file.String())
	}
	decode(terminal)
	shown := make([]byte, 64)
	n, err := screen.Read(shown)
	if want := `a\u001ba`; err != nil || string(shown[:n]) != want {
		t.Errorf("the terminal got %q (%v), want %q", shown[:n], err, want)
	}
}

// openTerminal makes a terminal: what is written to the second is read from the
// first.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return screen, terminal
}
