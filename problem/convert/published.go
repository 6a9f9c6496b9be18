package convert

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"coderm/problem"
)

// Published are the files with which CodeRM's repository publishes one experiment:
// the solutions of a policy model for a benchmark, and the unit tests of a judge.
type Published struct {
	Benchmark string `json:"benchmark"` // e.g. "humaneval+"
	Policy    string `json:"policy"`    // e.g. "llama3-8b"
	Judge     string `json:"judge"`     // e.g. "coderm-8b"

	problems, solutions, labels, tests string
}

// The names of the files in the repository's data/result/BENCHMARK.
var (
	publishedSolutions = regexp.MustCompile(`^sol_(.+)_\d+_(anno|func)\.jsonl(?:\.gz|\.zst)?$`)
	publishedTests     = regexp.MustCompile(`^ut_(.+)_\d+\.jsonl(?:\.gz|\.zst)?$`)
)

// FindPublished lists the experiments whose files are in a clone of the repository,
// in the order of their names.
func FindPublished(dir string) ([]Published, error) {
	results := filepath.Join(dir, "data", "result")
	benchmarks, err := os.ReadDir(results)
	if err != nil {
		return nil, fmt.Errorf("%s is no clone of CodeRM's repository: %w", dir, err)
	}
	var out []Published
	for _, b := range benchmarks {
		if !b.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(results, b.Name()))
		if err != nil {
			return nil, err
		}
		policies, tests := map[string]*Published{}, map[string]string{}
		for _, f := range files {
			path := filepath.Join(results, b.Name(), f.Name())
			if m := publishedTests.FindStringSubmatch(f.Name()); m != nil {
				tests[m[1]] = path
			}
			m := publishedSolutions.FindStringSubmatch(f.Name())
			if m == nil {
				continue
			}
			p := policies[m[1]]
			if p == nil {
				p = &Published{Benchmark: b.Name(), Policy: m[1], problems: filepath.Join(dir, "data", "benchmark", "input_"+b.Name()+"_ut.jsonl")}
				policies[m[1]] = p
			}
			if m[2] == "func" {
				p.solutions = path
			} else {
				p.labels = path
			}
		}
		for judge, path := range tests {
			for _, p := range policies {
				one := *p
				one.Judge, one.tests = judge, path
				one.solutions = cmp.Or(one.solutions, one.labels)
				out = append(out, one)
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no benchmark has both a file ut_MODEL_100.jsonl and a file sol_MODEL_200_anno.jsonl or sol_MODEL_100_func.jsonl", results)
	}
	slices.SortFunc(out, func(a, b Published) int {
		return cmp.Or(cmp.Compare(a.Benchmark, b.Benchmark), cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Policy, b.Policy))
	})
	return out, nil
}

// Read reads the experiment's problems, tests and solutions with their verdicts:
// the first of each problem, or all for 0. Solutions that were rewritten as functions
// have the verdicts of those they were made of.
func (p Published) Read(ctx context.Context, solutions int) (*Set, error) {
	set, err := codeRM(ctx, Input{Problems: p.problems, Solutions: p.solutions, Tests: p.tests})
	if err != nil {
		return nil, err
	}
	if p.labels != "" && p.labels != p.solutions {
		if err := set.addLabels(p.labels); err != nil {
			return nil, err
		}
	}
	if solutions > 0 {
		set.Solutions = slices.DeleteFunc(set.Solutions, func(s problem.Solution) bool { return s.Index >= solutions })
	}
	return set, nil
}

// addLabels takes the verdicts of a file by problem and number.
func (s *Set) addLabels(path string) error {
	verdicts := map[string][]json.RawMessage{}
	err := problem.Lines(path, func(line []byte) error {
		var l struct {
			TaskID    string            `json:"task_id"`
			Solutions []json.RawMessage `json:"solutions"`
		}
		err := json.Unmarshal(line, &l)
		verdicts[l.TaskID] = l.Solutions
		return err
	})
	if err != nil {
		return err
	}
	for i := range s.Solutions {
		sol := &s.Solutions[i]
		of := verdicts[sol.TaskID]
		if sol.Index >= len(of) {
			return fmt.Errorf("%s: no verdict on solution %d of %s", path, sol.Index, sol.TaskID)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(of[sol.Index], &fields); err != nil {
			return fmt.Errorf("%s: solution %d of %s: %w", path, sol.Index, sol.TaskID, err)
		}
		sol.Label = labelOf(fields)
	}
	return nil
}
