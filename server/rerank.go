package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run"
	"coderm/sandbox"
)

// rerankRequest is Jina's and Cohere's form (https://jina.ai/reranker,
// https://docs.cohere.com/reference/rerank): the query is the question, the documents
// are candidate programs. The last fields are ours.
type rerankRequest struct {
	Model           string     `json:"model"`
	Query           string     `json:"query"`
	Documents       []document `json:"documents"`
	TopN            *int       `json:"top_n"`
	ReturnDocuments bool       `json:"return_documents"`

	EntryPoint string         `json:"entry_point"`
	Tests      []problem.Test `json:"tests"` // given: no model is asked
	choosing
}

// choosing is how solutions are chosen between, and how tests are written.
type choosing struct {
	Seed            *uint64 `json:"seed"`
	TestsPerProblem int     `json:"tests_per_problem"`
	Selector        string  `json:"selector"`
	Policy          string  `json:"policy"`
	BudgetMean      float64 `json:"budget_mean"`
}

// document is a text, or an object with one.
type document string

func (d *document) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, (*string)(d)) == nil {
		return nil
	}
	var o struct {
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(b, &o); err != nil || o.Text == nil {
		return errors.New(`a document is a text, or an object with "text"`)
	}
	*d = document(*o.Text)
	return nil
}

type rerankResult struct {
	Index    int     `json:"index"`
	Score    float64 `json:"relevance_score"`
	Document any     `json:"document,omitempty"`
}

// maxDocuments bounds a request; a run takes more.
const maxDocuments = 1000

func (s *Server) rerank(w http.ResponseWriter, r *http.Request) error {
	results, tokens, err := s.ranked(w, r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"model": nameOf(s.config.Model), "results": results, "usage": map[string]int{"total_tokens": tokens},
	})
}

func (s *Server) cohereRerank(w http.ResponseWriter, r *http.Request) error {
	results, _, err := s.ranked(w, r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"id": newID(), "results": results,
		"meta": map[string]any{"api_version": map[string]string{"version": "2"}, "billed_units": map[string]int{"search_units": 1}},
	})
}

// ranked reads a request and ranks its documents, the best first.
func (s *Server) ranked(w http.ResponseWriter, r *http.Request) (all []rerankResult, tokens int, err error) {
	var q rerankRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return nil, 0, err
	}
	switch n := len(q.Documents); {
	case q.Query == "":
		return nil, 0, bad("no query: it is the question that the documents answer")
	case n == 0 || n > maxDocuments:
		return nil, 0, bad("%d documents; give 1 to %d candidate programs", n, maxDocuments)
	case q.TopN != nil && *q.TopN < 1:
		return nil, 0, bad("top_n %d: give at least 1", *q.TopN)
	}
	for i, t := range q.Tests {
		if err := sandbox.CanRun(t); err != nil {
			return nil, 0, bad("tests[%d]: %w", i, err)
		}
	}
	res, err := s.choose(r.Context(), q)
	if err != nil {
		return nil, 0, err
	}
	for _, sample := range res.Samples {
		tokens += sample.Tokens
	}
	for _, o := range order(res) {
		one := rerankResult{Index: o.solution, Score: o.score}
		if q.ReturnDocuments {
			one.Document = map[string]string{"text": string(q.Documents[o.solution])}
		}
		all = append(all, one)
	}
	if q.TopN != nil {
		all = all[:min(len(all), *q.TopN)]
	}
	return all, tokens, nil
}

// choose is a run of one problem, in a folder that is gone afterwards.
func (s *Server) choose(ctx context.Context, q rerankRequest) (out pipeline.Result, err error) {
	dir, err := s.scratch()
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	spec := run.New(run.Rerank)
	if err := q.choosing.apply(&spec); err != nil {
		return out, err
	}
	if len(q.Tests) == 0 {
		if err := s.useModel(ctx, &spec, q.Model); err != nil {
			return out, err
		}
	}
	var codes []string
	for _, d := range q.Documents {
		codes = append(codes, string(d))
	}
	files := inputsOf(&spec, q.Query, q.EntryPoint, codes)
	if len(q.Tests) > 0 {
		spec.Writing = nil
		tests := inputFile{path: &spec.Tests}
		for _, t := range q.Tests {
			tests.lines = append(tests.lines, problem.TestLine{TaskID: onlyProblem, Test: t})
		}
		files = append(files, tests)
	}
	if err := writeInputs(dir, files); err != nil {
		return out, err
	}
	spec.Out = filepath.Join(dir, "run")
	err = s.do(ctx, spec, func(r pipeline.Result) error { out = r; return nil })
	if err == nil && out.Infra > 0 {
		err = fmt.Errorf("%d pairs have no verdict, because the sandbox failed", out.Infra)
	}
	if err == nil && out.Unfilled != "" {
		err = bad("%s", out.Unfilled)
	}
	return out, err
}

// apply has the spec follow the wishes.
func (c *choosing) apply(spec *run.Spec) error {
	if c.Seed != nil {
		spec.Seed = *c.Seed
	}
	if c.Selector != "" {
		spec.Selector = c.Selector
	}
	if c.TestsPerProblem > 0 {
		spec.Writing.TestsPerProblem = c.TestsPerProblem
	}
	if c.Policy != "" {
		spec.Writing.Policy = c.Policy
	}
	spec.Writing.BudgetMean = c.BudgetMean
	if c.TestsPerProblem < 0 || c.TestsPerProblem > maxTests || !(c.BudgetMean >= 0 && c.BudgetMean <= maxTests) {
		return bad("tests_per_problem and budget_mean: give 1 to %d", maxTests)
	}
	return nil
}

// maxTests bounds the completions for a problem of a request.
const maxTests = 1000

// useModel has a run's tests written by the served model.
func (s *Server) useModel(ctx context.Context, spec *run.Spec, name string) error {
	m, err := s.models.named(ctx, name)
	if err == nil {
		spec.Writing.Model, spec.Writing.Placement = m.path, s.config.Placement
	}
	return err
}

// do does a run with the server's model and sandbox, and hands over its results.
func (s *Server) do(ctx context.Context, spec run.Spec, each func(pipeline.Result) error) error {
	r, err := run.Open(ctx, spec, s.env())
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Do(ctx); err != nil {
		return err
	}
	_, err = r.WriteResults(ctx, each)
	return err
}

// env is what runs have of the server.
func (s *Server) env() run.Env {
	return run.Env{Log: s.log, Sandbox: s.sandbox, OpenModel: s.models.lend}
}

// inputFile is a file to be written for a run.
type inputFile struct {
	path  *string // of the spec
	lines []any
}

// onlyProblem is the name of a request's problem.
const onlyProblem = "query"

// inputsOf are the files of a question and candidate programs. The entry point, if it
// is not given, is the function that most of them define, or that the question begins.
func inputsOf(spec *run.Spec, question, entryPoint string, codes []string) []inputFile {
	if entryPoint == "" {
		entryPoint = cmp.Or(definedByMost(codes), definedByMost([]string{question}))
	}
	files := []inputFile{
		{&spec.Problems, []any{problem.Problem{ID: onlyProblem, Question: question, EntryPoint: entryPoint}}},
		{&spec.Solutions, nil},
	}
	for _, c := range codes {
		files[1].lines = append(files[1].lines, problem.Solution{TaskID: onlyProblem, Code: c})
	}
	return files
}

var function = regexp.MustCompile(`(?m)^(?:async )?def (\w+)\(`)

// definedByMost is the function at top level that most of the programs define, the
// last such of the first that has it; "" without any.
func definedByMost(codes []string) (name string) {
	counts := map[string]int{}
	most := 0
	for _, c := range codes {
		seen := map[string]bool{}
		for _, f := range function.FindAllStringSubmatch(c, -1) {
			if !seen[f[1]] {
				seen[f[1]] = true
				counts[f[1]]++
				most = max(most, counts[f[1]])
			}
		}
	}
	for _, c := range codes {
		for _, f := range function.FindAllStringSubmatch(c, -1) {
			if counts[f[1]] == most {
				name = f[1]
			}
		}
		if name != "" {
			return name
		}
	}
	return ""
}

func writeInputs(dir string, files []inputFile) error {
	for i, f := range files {
		*f.path = filepath.Join(dir, fmt.Sprintf("input-%d.jsonl", i))
		to, err := os.Create(*f.path)
		if err != nil {
			return err
		}
		for _, l := range f.lines {
			if err = problem.WriteLine(to, l); err != nil {
				break
			}
		}
		if err := errors.Join(err, to.Close()); err != nil {
			return err
		}
	}
	return nil
}

// placed is a solution with its score.
type placed struct {
	solution int
	score    float64 // in [0,1]
}

// order lists the solutions as the selector orders them: the chosen one first,
// equals in the order they were given, those that public tests rule out last, with 0.
func order(r pipeline.Result) (all []placed) {
	relevance := relevanceOf(r.Ranking)
	of := make([][]int, len(r.Rows)) // solutions by row
	for i, row := range r.RowOf {
		of[row] = append(of[row], i)
	}
	seen := make([]bool, len(r.RowOf))
	add := func(i int, score float64) {
		if !seen[i] {
			seen[i] = true
			all = append(all, placed{i, score})
		}
	}
	if r.Choice != nil {
		add(r.Choice.Solution, relevance(r.Choice.Score))
	}
	for _, x := range r.Ranking {
		for _, i := range of[x.Solution] {
			add(i, relevance(x.Score))
		}
	}
	for i := range r.RowOf {
		add(i, 0)
	}
	return all
}

// relevanceOf brings a selector's scores into [0,1]: counts are divided by the best;
// logarithms, some of which are negative, become how likely a solution is beside the best.
func relevanceOf(ranking []rerank.Ranked) func(score float64) float64 {
	most, least := math.Inf(-1), 0.0
	for _, x := range ranking {
		most, least = max(most, x.Score), min(least, x.Score)
	}
	if least < 0 {
		return func(score float64) float64 { return math.Exp(min(0, score-most)) }
	}
	most = max(1, most)
	return func(score float64) float64 { return min(1, score/most) }
}
