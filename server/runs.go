package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coderm/problem"
	"coderm/report"
	"coderm/rerank"
	"coderm/run"
)

// newRunRequest is a run with its data inline.
type newRunRequest struct {
	Name      string          `json:"name"`
	Spec      json.RawMessage `json:"spec"`
	Problems  json.RawMessage `json:"problems"`
	Solutions json.RawMessage `json:"solutions"`
	Tests     json.RawMessage `json:"tests"`
	Hidden    json.RawMessage `json:"hidden"`
}

// inputs are the files a run may be given: by an upload's field of that name, or
// inline as a text of lines or a list of objects.
var inputs = []string{"problems", "solutions", "tests", "hidden"}

const (
	maxUpload   = 1 << 30 // bytes of a run's files
	uploadTime  = 10 * time.Minute
	longestName = 200 // of a run, in characters
)

// newRun takes a spec with its data, in JSON or as a form with files.
func (s *Server) newRun(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobs.newJob()
	if err != nil {
		return err
	}
	if err := s.fill(w, r, j); err != nil {
		os.RemoveAll(j.dir)
		return err
	}
	if err := j.update(true, func() {}); err != nil {
		os.RemoveAll(j.dir)
		return err
	}
	s.jobs.add(j)
	v, _, _ := j.view()
	w.Header().Set("Location", "/v1/runs/"+v.ID)
	return writeJSON(w, http.StatusCreated, v)
}

// fill reads what a job is to do into its folder, and checks it.
func (s *Server) fill(w http.ResponseWriter, r *http.Request, j *job) error {
	var spec json.RawMessage
	var err error
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		spec, err = j.takeForm(w, r)
	} else {
		spec, err = s.takeInline(w, r, j)
	}
	if err != nil {
		return err
	}
	return s.checkJob(j, spec)
}

func (s *Server) takeInline(w http.ResponseWriter, r *http.Request, j *job) (json.RawMessage, error) {
	var q map[string]json.RawMessage
	if err := s.readJSON(w, r, &q); err != nil {
		return nil, err
	}
	for name, data := range q {
		switch {
		case name == "name":
			if err := json.Unmarshal(data, &j.record.Name); err != nil {
				return nil, bad("the name is no string")
			}
		case name == "spec":
		case !slices.Contains(inputs, name):
			return nil, bad("the field %.50q is unknown; use spec, name, problems, solutions, tests, hidden", name)
		default:
			text, err := lines(data)
			if err != nil {
				return nil, bad("%s: %w", name, err)
			}
			if err := os.WriteFile(j.input(name), text, 0o666); err != nil {
				return nil, err
			}
		}
	}
	return q["spec"], nil
}

// lines makes a file of a text, or of a list of objects.
func lines(data json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(data, &text) == nil {
		return []byte(text), nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, errors.New("give the file's text, or a list of its lines' objects")
	}
	var out bytes.Buffer
	for _, l := range list {
		if err := json.Compact(&out, l); err != nil {
			return nil, err
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// without is an error as clients see it: files have the names of the fields they
// came by.
func (j *job) without(err error) string {
	return strings.ReplaceAll(err.Error(), j.dir+string(filepath.Separator), "")
}

func (j *job) input(name string) string { return filepath.Join(j.dir, name+".jsonl") }
func (j *job) out() string              { return filepath.Join(j.dir, "run") }

// takeForm stores an upload's files as they come.
func (j *job) takeForm(w http.ResponseWriter, r *http.Request) (spec json.RawMessage, err error) {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, bad("%w", err)
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			http.NewResponseController(w).SetReadDeadline(time.Time{})
			return spec, nil
		}
		if err != nil {
			return nil, bad("reading the form: %w", err)
		}
		name := part.FormName()
		switch {
		case name == "spec" || name == "name":
			text, err := io.ReadAll(io.LimitReader(part, 1<<20))
			if err != nil {
				return nil, bad("reading the form: %w", err)
			}
			if name == "name" {
				j.record.Name = string(text)
			} else {
				spec = text
			}
		case !slices.Contains(inputs, name):
			return nil, bad("the field %.50q is unknown; use spec, name, problems, solutions, tests, hidden", name)
		default:
			if err := save(j.input(name), part); err != nil {
				return nil, err
			}
		}
	}
}

func save(path string, from io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	var large *http.MaxBytesError
	var ours *fs.PathError
	switch {
	case errors.As(err, &large):
		err = status(http.StatusRequestEntityTooLarge, fmt.Errorf("the files have more than %d bytes", large.Limit))
	case err != nil && !errors.As(err, &ours):
		err = bad("reading the form: %w", err)
	}
	return errors.Join(err, f.Close())
}

// checkJob reads the spec, refuses what a client may not say, and looks at the files
// before the job waits for its turn.
func (s *Server) checkJob(j *job, text json.RawMessage) error {
	if len(text) == 0 {
		text = json.RawMessage(`{"job": "rerank"}`)
	}
	spec, err := run.ReadSpec(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := refusePaths(spec); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(j.record.Name); n > longestName {
		return bad("a name of %d characters; the limit is %d", n, longestName)
	}
	spec.Out = j.out()
	for name, at := range files(&spec) {
		if _, err := os.Stat(j.input(name)); err == nil {
			*at = j.input(name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if spec.Tests != "" {
		spec.Writing = nil
	}
	if spec.Writing != nil && s.config.Model == NoModel {
		return bad("this server has no model to write tests; give tests")
	}
	if err := spec.Check(); err != nil {
		return err
	}
	j.record.Spec = spec
	problems, err := problem.ReadProblems(spec.Problems)
	if err == nil && spec.Solutions != "" {
		_, err = problem.ReadSolutions(spec.Solutions, problems)
	}
	if err == nil && spec.Tests != "" {
		_, err = problem.ReadTests(spec.Tests, problems)
	}
	if err != nil {
		return bad("%s", j.without(err))
	}
	j.record.Problems = len(problems)
	return nil
}

// refusePaths refuses what names files of this machine, or other machines.
func refusePaths(s run.Spec) error {
	named := map[string]string{"problems": s.Problems, "solutions": s.Solutions, "tests": s.Tests, "hidden": s.Hidden, "out": s.Out}
	if w := s.Writing; w != nil {
		named["writing.model"], named["writing.server"], named["writing.chat_template"], named["writing.server_key"] = w.Model, w.Server, w.ChatTemplate, w.ServerKey
		named["writing.classifier"], named["writing.budget"], named["writing.prompt"] = w.Classifier, w.Budget, w.Prompt
		if !slices.Contains(run.PromptSolutions(), w.PromptSolution) {
			named["writing.prompt_solution"] = w.PromptSolution
		}
	}
	for field, value := range named {
		if value != "" {
			return bad("spec.%s: a spec that comes by HTTP names no files, models or servers; data come beside it, and the model is the server's", field)
		}
	}
	return nil
}

func (s *Server) job(r *http.Request) (*job, error) {
	j := s.jobs.find(r.PathValue("id"))
	if j == nil {
		return nil, status(http.StatusNotFound, fmt.Errorf("there is no run %.50q", r.PathValue("id")))
	}
	return j, nil
}

func (s *Server) listRuns(w http.ResponseWriter, _ *http.Request) error {
	list := []jobView{}
	for _, j := range slices.Backward(s.jobs.all()) {
		v, _, _ := j.view()
		list = append(list, v)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"runs": list})
}

func (s *Server) showRun(w http.ResponseWriter, r *http.Request) error {
	j, err := s.job(r)
	if err != nil {
		return err
	}
	v, _, _ := j.view()
	return writeJSON(w, http.StatusOK, v)
}

// stopRun stops a run that waits or runs, and removes one that is over.
func (s *Server) stopRun(w http.ResponseWriter, r *http.Request) error {
	j, err := s.job(r)
	if err != nil {
		return err
	}
	if err := s.jobs.stop(j); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// runEvents tells of progress a few times a second, and of each finished problem,
// until the run is over or the client has gone.
func (s *Server) runEvents(w http.ResponseWriter, r *http.Request) error {
	j, err := s.job(r)
	if err != nil {
		return err
	}
	out := &eventStream{w: w}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	told := 0
	for {
		v, outcomes, changed := j.view()
		if len(outcomes) < told {
			told = 0 // it was begun anew
		}
		for ; told < len(outcomes); told++ {
			if err := out.send("problem", outcomes[told]); err != nil {
				return err
			}
		}
		if err := out.send("progress", v); err != nil {
			return err
		}
		if err := out.flush(); err != nil {
			return err
		}
		if v.State.over() {
			return nil
		}
		select { // at most so often
		case <-time.After(200 * time.Millisecond):
		case <-r.Context().Done():
			return nil
		case <-s.ending:
			return nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-r.Context().Done():
			return nil
		case <-s.ending:
			return nil
		}
	}
}

// runResults is a result file of a run that is done: ?file=scores.jsonl (every
// verdict), samples.jsonl (the choices) or tests.jsonl.
func (s *Server) runResults(w http.ResponseWriter, r *http.Request) error {
	j, err := s.job(r)
	if err != nil {
		return err
	}
	name := r.URL.Query().Get("file")
	v, _, _ := j.view()
	switch {
	case name == "" && v.Job == run.Testgen:
		name = problem.TestsFile
	case name == "":
		name = run.ScoresFile
	}
	if !slices.Contains([]string{run.ScoresFile, run.SamplesFile, problem.TestsFile}, name) {
		return bad("file %.50q: give %s, %s or %s", name, run.ScoresFile, run.SamplesFile, problem.TestsFile)
	}
	if v.State != jobDone {
		return status(http.StatusConflict, fmt.Errorf("the run is %s; its events and its report tell how far it is", v.State))
	}
	f, err := os.Open(filepath.Join(j.record.Spec.Out, name))
	if errors.Is(err, fs.ErrNotExist) {
		return status(http.StatusNotFound, fmt.Errorf("a run of the job %s has no %s", v.Job, name))
	}
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/jsonl")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// runReport is the run's report, of what there is so far.
func (s *Server) runReport(w http.ResponseWriter, r *http.Request) error {
	j, err := s.job(r)
	if err != nil {
		return err
	}
	spec := j.record.Spec
	var sel rerank.Selector
	if spec.Job == run.Rerank {
		if sel, err = rerank.ParseBy(spec.Selector, spec.Granularity); err != nil {
			return err
		}
	}
	d, err := report.OfFolder(r.Context(), spec.Out, sel)
	if err != nil {
		return status(http.StatusConflict, fmt.Errorf("there is nothing to report yet: %w", err))
	}
	d.Title = "Run " + j.record.ID
	if j.record.Name != "" {
		d.Title = j.record.Name
	}
	var page bytes.Buffer
	if err := report.Write(&page, d); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes())
	return nil
}
