package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coderm/problem"
	"coderm/run"
)

// someRun is a run's data: problems with candidates and tests.
func someRun(problems int) (p, s, t []any) {
	for i := range problems {
		id := fmt.Sprintf("p%d", i)
		p = append(p, problem.Problem{ID: id, Question: question, EntryPoint: "add"})
		for _, c := range candidates {
			s = append(s, problem.Solution{TaskID: id, Code: c})
		}
		for k := range 3 {
			t = append(t, problem.TestLine{TaskID: id, Test: problem.PythonTest(fmt.Sprintf("assert add(%d, %d) == %d", i, k, i+k))})
		}
	}
	return p, s, t
}

// wait follows a run's events to its end, and returns the finished problems.
func wait(t *testing.T, at, id string) (last jobView, finished []run.Outcome) {
	t.Helper()
	a, err := http.Get(at + "/v1/runs/" + id + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v", a.Header)
	}
	event := ""
	for lines := bufio.NewScanner(a.Body); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case event == "problem":
			var o run.Outcome
			if err := json.Unmarshal([]byte(data), &o); err != nil {
				t.Fatal(err)
			}
			finished = append(finished, o)
		default:
			if err := json.Unmarshal([]byte(data), &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	return last, finished
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	a, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// byHand does the same run as the command line does, and returns its files.
func byHand(t *testing.T, p, s, given []any) map[string]string {
	t.Helper()
	spec := run.New(run.Rerank)
	spec.Writing = nil
	dir := t.TempDir()
	if err := writeInputs(dir, []inputFile{{&spec.Problems, p}, {&spec.Solutions, s}, {&spec.Tests, given}}); err != nil {
		t.Fatal(err)
	}
	spec.Out = filepath.Join(dir, "run")
	r, err := run.Open(t.Context(), spec, run.Env{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.WriteResults(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range []string{run.ScoresFile, run.SamplesFile} {
		text, err := os.ReadFile(filepath.Join(spec.Out, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// TestRuns: a run inline and by upload gives the bytes that the command line gives,
// tells of its progress, and is gone when it is removed.
func TestRuns(t *testing.T) {
	_, at := start(t, Config{Model: NoModel})
	p, s, given := someRun(3)
	want := byHand(t, p, s, given)
	ids := []string{}
	var v jobView
	code, text := post(t, at+"/v1/runs", map[string]any{"name": "inline", "problems": p, "solutions": s, "tests": given}, &v)
	if code != 201 || v.ID == "" || v.Problems != 3 {
		t.Fatalf("%d %s", code, text)
	}
	ids = append(ids, v.ID)

	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, list := range map[string][]any{"problems": p, "solutions": s, "tests": given} {
		part, err := w.CreateFormFile(name, name+".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			if err := problem.WriteLine(part, l); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.WriteField("spec", `{"job": "rerank", "seed": 1}`)
	w.Close()
	a, err := http.Post(at+"/v1/runs", w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(a.Body).Decode(&v)
	a.Body.Close()
	if err != nil || a.StatusCode != 201 || a.Header.Get("Location") != "/v1/runs/"+v.ID {
		t.Fatalf("%d %v %+v", a.StatusCode, err, v)
	}
	ids = append(ids, v.ID)

	for _, id := range ids {
		last, finished := wait(t, at, id)
		if last.State != jobDone || len(finished) != 3 || last.Finished != 3 || last.Pairs == 0 {
			t.Errorf("%+v, %d problems", last, len(finished))
		}
		for name, text := range want {
			if code, got := get(t, at+"/v1/runs/"+id+"/results?file="+name); code != 200 || got != text {
				t.Errorf("%s: %d %s, want %s", name, code, got, text)
			}
		}
		if code, page := get(t, at+"/v1/runs/"+id+"/report"); code != 200 || !strings.Contains(page, "<canvas") {
			t.Errorf("the report: %d", code)
		}
		if code, _ := get(t, at+"/v1/runs/"+id+"/results?file=../job.json"); code != 400 {
			t.Errorf("another file: %d", code)
		}
	}
	var all struct{ Runs []jobView }
	if _, text := get(t, at+"/v1/runs"); json.Unmarshal([]byte(text), &all) != nil || len(all.Runs) != 2 || all.Runs[1].Name != "inline" {
		t.Errorf("%s", text)
	}
	r, _ := http.NewRequest("DELETE", at+"/v1/runs/"+ids[0], nil)
	if a, err := http.DefaultClient.Do(r); err != nil || a.StatusCode != 204 {
		t.Errorf("%v", err)
	}
	if code, _ := get(t, at+"/v1/runs/"+ids[0]); code != 404 {
		t.Errorf("a removed run: %d", code)
	}
}

// TestRunsRefused: what a client may not say or did not say right.
func TestRunsRefused(t *testing.T) {
	s, at := start(t, Config{Model: NoModel})
	p, sol, given := someRun(1)
	data := func(spec string) map[string]any {
		return map[string]any{"spec": json.RawMessage(spec), "problems": p, "solutions": sol, "tests": given}
	}
	for name, body := range map[string]map[string]any{
		"a path":          data(`{"job": "rerank", "problems": "/etc/passwd"}`),
		"a folder":        data(`{"job": "rerank", "out": "/tmp/x"}`),
		"a model":         data(`{"job": "rerank", "writing": {"model": "/tmp/x.gguf"}}`),
		"a server":        data(`{"job": "rerank", "writing": {"server": "ollama=http://10.0.0.1"}}`),
		"a template":      data(`{"job": "rerank", "writing": {"chat_template": "/etc/passwd"}}`),
		"shown solutions": data(`{"job": "rerank", "writing": {"prompt_solution": "/etc/passwd"}}`),
		"unknown":         data(`{"job": "rerank", "colour": 1}`),
		"no job":          data(`{}`),
		"selector":        data(`{"job": "rerank", "selector": "fortune"}`),
		"a name":          {"name": 5, "problems": p, "solutions": sol, "tests": given},
		"a long name":     {"name": strings.Repeat("n", 201), "problems": p, "solutions": sol, "tests": given},
		"no solutions":    {"problems": p, "tests": given},
		"no model":        {"problems": p, "solutions": sol},
		"no problems":     {"solutions": sol},
		"half a file":     {"problems": `{"task_id": "a"`, "solutions": sol, "tests": given},
		"another field":   {"problems": p, "solutions": sol, "tests": given, "files": 1},
	} {
		code, text := post(t, at+"/v1/runs", body, nil)
		if code != 400 || strings.Contains(text, s.config.Folder) {
			t.Errorf("%s: %d %s", name, code, text)
		}
	}
	half := "--b\r\nContent-Disposition: form-data; name=\"problems\"; filename=\"p\"\r\n\r\n{}"
	for kind, body := range map[string]string{"multipart/form-data; boundary=b": half, "multipart/form-data": half} {
		a, err := http.Post(at+"/v1/runs", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != 400 {
			t.Errorf("half a form: %d", a.StatusCode)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(s.config.Folder, "runs")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRunsGoOn: a run that a server was ended in goes on with the next, and gives what
// it would have given.
func TestRunsGoOn(t *testing.T) {
	folder := t.TempDir()
	p, s, given := someRun(40)
	want := byHand(t, p, s, given)
	first, err := New(t.Context(), Config{Model: NoModel, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(map[string]any{"problems": p, "solutions": s, "tests": given})
	r, _ := http.NewRequestWithContext(context.Background(), "POST", "http://localhost/v1/runs", bytes.NewReader(body))
	w := newAnswer()
	first.ServeHTTP(w, r)
	var v jobView
	if err := json.Unmarshal(w.body.Bytes(), &v); err != nil {
		t.Fatalf("%v %s", err, w.body.Bytes())
	}
	j := first.jobs.find(v.ID)
	for now, _, changed := j.view(); now.Finished == 0; now, _, changed = j.view() { // one problem is done, not all
		<-changed
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, at := start(t, Config{Model: NoModel, Folder: folder})
	last, _ := wait(t, at, v.ID)
	if last.State != jobDone || last.Finished != 40 {
		t.Errorf("%+v", last)
	}
	for name, text := range want {
		if code, got := get(t, at+"/v1/runs/"+v.ID+"/results?file="+name); code != 200 || got != text {
			t.Errorf("%s: %d, %d bytes, want %d", name, code, len(got), len(text))
		}
	}
}

// TestRunsMoved: a server takes up runs whose folder was moved, in the middle and at their
// end; what is left of half a request is removed; a record that nobody can read costs that run.
func TestRunsMoved(t *testing.T) {
	dir := t.TempDir()
	old, folder := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	p, sol, given := someRun(2)
	want := byHand(t, p, sol, given)
	ids := []string{}
	func() {
		s, at := start(t, Config{Model: NoModel, Folder: old})
		s.jobs.drain.Do(func() { close(s.jobs.drained) }) // what comes now waits
		<-s.jobs.stopped
		for range 2 {
			var v jobView
			if code, text := post(t, at+"/v1/runs", map[string]any{"problems": p, "solutions": sol, "tests": given}, &v); code != 201 {
				t.Fatalf("%d %s", code, text)
			}
			ids = append(ids, v.ID)
		}
		s.jobs.run(s.jobs.find(ids[0])) // one is done
	}()
	if err := os.CopyFS(folder, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(old, "runs")); err != nil {
		t.Fatal(err)
	}
	half, broken, others := filepath.Join(folder, "runs", "20260102-030405-abcdef"), filepath.Join(folder, "runs", "20260102-030406-abcdef"), filepath.Join(folder, "runs", "notes")
	for _, d := range []string{half, broken, others} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(broken, "job.json"), []byte(`{"id": `), 0o666); err != nil {
		t.Fatal(err)
	}
	_, at := start(t, Config{Model: NoModel, Folder: folder})
	for _, id := range ids {
		if last, _ := wait(t, at, id); last.State != jobDone {
			t.Errorf("%+v", last)
		}
		if code, got := get(t, at+"/v1/runs/"+id+"/results"); code != 200 || got != want[run.ScoresFile] {
			t.Errorf("%d %s", code, got)
		}
		if code, page := get(t, at+"/v1/runs/"+id+"/report"); code != 200 {
			t.Errorf("%d %s", code, page)
		}
	}
	if v, _ := wait(t, at, filepath.Base(broken)); v.State != jobFailed || !strings.Contains(v.Error, "cannot be read") {
		t.Errorf("%+v", v)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a request's folder: %v", err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
	r, _ := http.NewRequest("DELETE", at+"/v1/runs/"+filepath.Base(broken), nil)
	if a, err := http.DefaultClient.Do(r); err != nil || a.StatusCode != 204 {
		t.Errorf("%v", err)
	}
}

// TestRunsRemovedByMany: many clients stop and remove the same runs at once; each is
// gone in the end, with its folder, and none has run after it was stopped.
func TestRunsRemovedByMany(t *testing.T) {
	s, at := start(t, Config{Model: NoModel})
	p, sol, given := someRun(1)
	var wg sync.WaitGroup
	for range 20 {
		var v jobView
		if code, text := post(t, at+"/v1/runs", map[string]any{"problems": p, "solutions": sol, "tests": given}, &v); code != 201 {
			t.Fatalf("%d %s", code, text)
		}
		for range 8 {
			wg.Go(func() {
				for range 4 {
					r, _ := http.NewRequest("DELETE", at+"/v1/runs/"+v.ID, nil)
					a, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					text, _ := io.ReadAll(a.Body)
					a.Body.Close()
					if a.StatusCode != 204 && a.StatusCode != 404 {
						t.Errorf("%d %s", a.StatusCode, text)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, j := range s.jobs.all() { // that ended only now
		for v, _, changed := j.view(); !v.State.over(); v, _, changed = j.view() {
			<-changed
		}
		if err := s.jobs.stop(j); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(s.config.Folder, "runs")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRunStops: a run is stopped while it runs; one that waits too.
func TestRunStops(t *testing.T) {
	s, at := start(t, Config{Model: NoModel})
	p, _, given := someRun(1)
	sol := []any{problem.Solution{TaskID: "p0", Code: "while True: pass"}}
	var ids []string
	for range 2 {
		var v jobView
		spec := json.RawMessage(`{"job": "rerank", "limits": {"fuel": 1000000000000000}}`)
		if code, text := post(t, at+"/v1/runs", map[string]any{"spec": spec, "problems": p, "solutions": sol, "tests": given}, &v); code != 201 {
			t.Fatalf("%d %s", code, text)
		}
		ids = append(ids, v.ID)
	}
	j := s.jobs.find(ids[0])
	for now, _, changed := j.view(); now.State != jobRunning; now, _, changed = j.view() {
		<-changed
	}
	for _, id := range []string{ids[1], ids[0]} {
		r, _ := http.NewRequest("DELETE", at+"/v1/runs/"+id, nil)
		a, err := http.DefaultClient.Do(r)
		if err != nil || a.StatusCode != 204 {
			t.Fatal(err)
		}
		if last, _ := wait(t, at, id); last.State != jobStopped {
			t.Errorf("%+v", last)
		}
		if code, _ := get(t, at+"/v1/runs/"+id+"/results"); code != 409 {
			t.Errorf("the results of a stopped run: %d", code)
		}
	}
}

// answer is a ResponseWriter without a connection.
type answer struct {
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer                      { return &answer{header: http.Header{}} }
func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
