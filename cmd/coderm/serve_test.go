package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"coderm/problem"
)

// served is a running 'coderm serve'.
type served struct {
	cmd *exec.Cmd
	url string
}

func startServer(t *testing.T, folder string) *served {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{cmd: &exec.Cmd{Path: exe, Args: []string{"coderm", "serve", "-q", "--model", "none", "--listen", "127.0.0.1:0", "--folder", folder}, Stderr: os.Stderr}}
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
	s := startServer(t, folder)
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
		s = startServer(t, folder)
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
