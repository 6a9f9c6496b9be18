package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/weights/synthetic"
)

// served is a running 'coderm serve'.
type served struct {
	cmd *exec.Cmd
	url string
}

func startServer(t *testing.T, folder, model string) *served {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{cmd: &exec.Cmd{Path: exe, Args: []string{"coderm", "serve", "-q", "--model", model, "--listen", "127.0.0.1:0", "--folder", folder}, Stderr: os.Stderr}}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSpace(line)
	return s
}

// ask gives the answer's body.
func (s *served) ask(t *testing.T, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, s.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	said, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %s %v", method, path, a.StatusCode, said, err)
	}
	return said
}

// TestServeKilled: a server that is killed with its runs under way goes on with all of
// them when it is started again, and their results are, byte for byte, those of the
// command line. At the end SIGTERM ends it well.
func TestServeKilled(t *testing.T) {
	dir := t.TempDir()
	var problems, solutions, tests []any
	for i := range 30 {
		id := fmt.Sprintf("p%d", i)
		problems = append(problems, problem.Problem{ID: id, Question: "Add.", EntryPoint: "add"})
		for _, op := range []string{"+", "-", "*"} {
			solutions = append(solutions, problem.Solution{TaskID: id, Code: "def add(a, b):\n    return a " + op + " b\n"})
		}
		for k := range 4 {
			tests = append(tests, problem.TestLine{TaskID: id, Test: problem.PythonTest(fmt.Sprintf("assert add(%d, %d) == %d", i, k, i+k))})
		}
	}
	file := func(name string, lines []any) string {
		var b bytes.Buffer
		for _, l := range lines {
			if err := problem.WriteLine(&b, l); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(dir, "run")
	mustRun(t, "rerank", "-q", "--problems", file("p.jsonl", problems), "--solutions", file("s.jsonl", solutions), "--tests", file("t.jsonl", tests), "--out", out)

	folder := filepath.Join(dir, "serve")
	s := startServer(t, folder, "none")
	var ids []string
	for range 2 {
		var v struct{ ID string }
		said := s.ask(t, "POST", "/v1/runs", map[string]any{"problems": problems, "solutions": solutions, "tests": tests})
		if err := json.Unmarshal(said, &v); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	for kills := range 3 {
		a, err := http.Get(s.url + "/v1/runs/" + ids[0] + "/events")
		if err != nil {
			t.Fatal(err)
		}
		for seen, lines := 0, bufio.NewScanner(a.Body); seen <= kills && lines.Scan(); { // a little further each time
			if lines.Text() == "event: problem" {
				seen++
			}
		}
		if err := s.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		s.cmd.Wait()
		a.Body.Close()
		s = startServer(t, folder, "none")
	}
	for _, id := range ids {
		s.ask(t, "GET", "/v1/runs/"+id+"/events", nil) // until it is over
		for _, name := range []string{"scores.jsonl", "samples.jsonl"} {
			want, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.ask(t, "GET", "/v1/runs/"+id+"/results?file="+name, nil); !bytes.Equal(got, want) {
				t.Errorf("run %s: %s differs from the command line's", id, name)
			}
		}
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// TestServeFixedShape: a run by HTTP in the fixed shape gives, byte for byte, the result
// files of the command line, whatever other clients ask of the model meanwhile.
func TestServeFixedShape(t *testing.T) {
	dir := t.TempDir()
	model, err := synthetic.Cached(t.Context(), dir, "tiny", "Q8_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	add := problem.Problem{ID: "a", Question: "def add(a, b):\n", Prompt: "def add(a, b):\n", EntryPoint: "add"}
	mul := problem.Problem{ID: "m", Question: "def mul(a, b):\n", Prompt: "def mul(a, b):\n", EntryPoint: "mul"}
	problems := []any{add, mul}
	solutions := []any{
		problem.Solution{TaskID: "a", Code: "def add(a, b): return a - b\n"}, problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"},
		problem.Solution{TaskID: "m", Code: "def mul(a, b): return a * b\n"},
	}
	writeInput(t, in("p.jsonl"), problems...)
	writeInput(t, in("s.jsonl"), solutions...)
	code, _, stderr := coderm(t, "rerank", "-q", "--model", model, "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--out", in("run"),
		"--fixed-shape", "--style", "assert", "--tests-per-problem", "5", "--max-tokens", "30", "--seed", "3")
	if code != exitPartial { // a model of random weights writes no tests
		t.Fatalf("exit code %d, %s", code, stderr)
	}

	s := startServer(t, in("serve"), model)
	ctx, leave := context.WithCancel(t.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer leave()
	for range 4 {
		others.Go(func() {
			for ctx.Err() == nil {
				r, _ := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/completions", strings.NewReader(`{"prompt": "def add(a, b):\n", "n": 3, "max_tokens": 50}`))
				if a, err := http.DefaultClient.Do(r); err == nil {
					io.Copy(io.Discard, a.Body)
					a.Body.Close()
				}
			}
		})
	}
	var v struct{ ID string }
	spec := json.RawMessage(`{"job": "rerank", "seed": 3, "writing": {"fixed_shape": true, "style": "assert", "tests_per_problem": 5, "max_tokens": 30}}`)
	if err := json.Unmarshal(s.ask(t, "POST", "/v1/runs", map[string]any{"spec": spec, "problems": problems, "solutions": solutions}), &v); err != nil {
		t.Fatal(err)
	}
	s.ask(t, "GET", "/v1/runs/"+v.ID+"/events", nil)
	for _, name := range []string{"scores.jsonl", "samples.jsonl", "tests.jsonl"} {
		want, err := os.ReadFile(filepath.Join(in("run"), name))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.ask(t, "GET", "/v1/runs/"+v.ID+"/results?file="+name, nil); !bytes.Equal(got, want) {
			t.Errorf("%s differs from the command line's:\n%s%s", name, got, want)
		}
	}
	written := completions(t, in("run"))
	if d := cmp.Diff(written, completions(t, filepath.Join(in("serve"), "runs", v.ID, "run"))); d != "" || len(written) != 10 {
		t.Errorf("%d completions (-command line +server):\n%s", len(written), d)
	}
}
