package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"coderm/internal/fsx"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// reward is a sample that a trainer wants one for.
type reward struct {
	prompt, response string
	label            json.RawMessage // tests, or nothing
}

// openrlhfRequest is what OpenRLHF's remote reward model is asked
// (openrlhf/trainer/ppo_utils, remote_rm_url): queries are prompt and response in one.
type openrlhfRequest struct {
	Query   []string          `json:"query"`
	Prompts []string          `json:"prompts"`
	Labels  []json.RawMessage `json:"labels"`
	choosing
}

func (s *Server) openrlhfRewards(w http.ResponseWriter, r *http.Request) error {
	var q openrlhfRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if len(q.Query) == 0 || len(q.Query) != len(q.Prompts) || len(q.Labels) > 0 && len(q.Labels) != len(q.Query) {
		return bad("%d queries, %d prompts and %d labels: give as many of each", len(q.Query), len(q.Prompts), len(q.Labels))
	}
	var all []reward
	for i, text := range q.Query {
		one := reward{prompt: q.Prompts[i], response: strings.TrimPrefix(text, q.Prompts[i])}
		if len(q.Labels) > 0 {
			one.label = q.Labels[i]
		}
		all = append(all, one)
	}
	values, tests, err := s.rewards(r.Context(), all, q.choosing)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"rewards": values, "scores": values, "extra_logs": map[string]any{"tests": tests},
	})
}

// slimeRequest is what slime's remote_rm sends, a sample at a time; the answer is a
// number.
type slimeRequest struct {
	Prompt   string          `json:"prompt"`
	Response string          `json:"response"`
	Label    json.RawMessage `json:"label"`
	choosing
}

func (s *Server) slimeReward(w http.ResponseWriter, r *http.Request) error {
	var q slimeRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	values, _, err := s.rewards(r.Context(), []reward{{q.Prompt, q.Response, q.Label}}, q.choosing)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, values[0])
}

// rewards gives each sample the share of its prompt's tests that it passes, and how
// many tests there were. The tests are the label's, or a model's, which writes them
// once for a prompt.
func (s *Server) rewards(ctx context.Context, all []reward, how choosing) (values []float64, counts []int, err error) {
	values, counts = make([]float64, len(all)), make([]int, len(all))
	type group struct{ prompt, label string }
	groups := map[group][]int{}
	var inOrder []group
	for i, x := range all {
		if x.prompt == "" {
			return nil, nil, bad("sample %d has no prompt", i)
		}
		g := group{x.prompt, string(x.label)}
		if groups[g] == nil {
			inOrder = append(inOrder, g)
		}
		groups[g] = append(groups[g], i)
	}
	for _, g := range inOrder {
		var codes []string
		for _, i := range groups[g] {
			codes = append(codes, codeIn(all[i].response))
		}
		tests, err := testsIn(all[groups[g][0]].label)
		if err == nil && tests == nil {
			tests, err = s.testsFor(ctx, g.prompt, codes, how)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("sample %d: %w", groups[g][0], err)
		}
		if len(tests) == 0 {
			continue // nothing to tell by: 0 for all
		}
		passed := make([]int, len(codes))
		err = s.sandbox.Matrix(ctx, codes, tests, sandbox.MatrixLimits(), func(k, _ int, v sandbox.Verdict) error {
			s.metrics.verdicts.WithLabelValues(v.Kind.String()).Inc()
			if v.Kind == sandbox.Infra {
				return errors.New("the sandbox failed: " + v.Detail)
			}
			if v.Kind == sandbox.Pass {
				passed[k]++
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		for k, i := range groups[g] {
			counts[i], values[i] = len(tests), float64(passed[k])/float64(len(tests))
		}
	}
	return values, counts, nil
}

// testsIn reads a label: a test, a list of them, or either as a JSON text in a
// string; nil where there is none.
func testsIn(label json.RawMessage) ([]problem.Test, error) {
	if len(label) == 0 || string(label) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(label, &text) == nil {
		var inner json.RawMessage
		switch {
		case strings.TrimSpace(text) == "" || strings.TrimSpace(text) == "null":
			return nil, nil
		case json.Unmarshal([]byte(text), &inner) == nil && (inner[0] == '[' || inner[0] == '{'):
			label = inner
		}
	}
	var tests []problem.Test
	if label[0] != '[' {
		label = slices.Concat([]byte{'['}, label, []byte{']'})
	}
	if err := json.Unmarshal(label, &tests); err != nil {
		return nil, bad("the label is neither tests nor nothing: %w", err)
	}
	for _, t := range tests {
		if err := sandbox.CanRun(t); err != nil {
			return nil, bad("the label: %w", err)
		}
	}
	return tests, nil
}

var fence = regexp.MustCompile("(?s)```[ \t]*(?:python|py|Python)?[0-9]*[ \t]*\r?\n(.*?)(?:\r?\n[ \t]*```|$)")

// codeIn is the program in a response: its last fenced block, or all of it.
func codeIn(response string) string {
	if found := fence.FindAllStringSubmatch(response, -1); len(found) > 0 {
		return found[len(found)-1][1]
	}
	return response
}

// testsFor are the tests that the model has written for a prompt, or writes now. They
// are kept in the server's folder, so that it writes them once.
func (s *Server) testsFor(ctx context.Context, prompt string, solutions []string, how choosing) (tests []problem.Test, err error) {
	m, err := s.models.get(ctx)
	if err != nil {
		return nil, err
	}
	spec := run.New(run.Testgen)
	if err := how.apply(&spec); err != nil {
		return nil, err
	}
	if err := s.useModel(ctx, &spec, ""); err != nil {
		return nil, err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d", m.digest, prompt, spec.Seed, spec.Writing.TestsPerProblem))
	name := hex.EncodeToString(key[:])
	unlock, err := s.prompts.lock(ctx, name)
	if err != nil {
		return nil, err
	}
	defer unlock()
	file := filepath.Join(s.config.Folder, "tests", name[:2], name+".json")
	if text, err := os.ReadFile(file); err == nil {
		return tests, json.Unmarshal(text, &tests)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	tests = []problem.Test{}
	dir, err := s.scratch()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeInputs(dir, inputsOf(&spec, prompt, "", solutions)); err != nil {
		return nil, err
	}
	spec.Out = filepath.Join(dir, "run")
	err = s.do(ctx, spec, func(r pipeline.Result) error {
		if r.Unfilled != "" {
			return bad("%s", r.Unfilled)
		}
		for _, sample := range r.Samples {
			for _, t := range sample.Tests {
				tests = append(tests, t.Test)
			}
		}
		return nil
	})
	if errors.Is(err, run.ErrNoEntryPoint) {
		return nil, nil // a later sample may define a function
	}
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(tests)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return nil, err
	}
	return tests, fsx.WriteFile(file, func(f *os.File) error {
		_, err := f.Write(text)
		return err
	})
}
