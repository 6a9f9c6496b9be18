package convert

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"coderm/problem"
)

// perGeneration is how many asserts of one completion count, as in CodeT
// (Chen et al. 2022, section 4.1).
const perGeneration = 5

// stopWords end what a model without an end token has to say (CodeT's
// postprocess.py).
var stopWords = []string{"\nclass", "\ndef", "\n#", "\nif", "\nprint"}

// truncate cuts a completion at the first stop word.
func truncate(text string) string {
	end := len(text)
	for _, w := range stopWords {
		if i := strings.Index(text, w); i >= 0 {
			end = min(end, i)
		}
	}
	return text[:end]
}

// completions is a line of CodeT's generated files.
type completions struct {
	Prompt  string   `json:"prompt"`
	Samples []string `json:"samples"`
}

// codeT reads CodeT's problems and generated completions, of solutions and of
// test cases. The files are joined by prompt.
func codeT(ctx context.Context, in Input) (*Set, error) {
	set, err := plain(ctx, Input{Problems: in.Problems, Progress: in.Progress})
	if err != nil {
		return nil, err
	}
	if in.Solutions != "" {
		if set.Solutions, err = codeTSolutions(in, set.Problems); err != nil {
			return nil, err
		}
	}
	if in.Tests != "" {
		if set.Tests, err = codeTTests(ctx, in, set.Problems); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// readCompletions joins a file of completions with the problems by prompt.
func (in *Input) readCompletions(path string, problems []problem.Problem, promptOf func(problem.Problem) string) ([]completions, error) {
	index := map[string]int{}
	for k, p := range problems {
		index[promptOf(p)] = k
	}
	out := make([]completions, len(problems))
	err := in.lines(path, func(line []byte) error {
		var c completions
		if err := json.Unmarshal(line, &c); err != nil {
			return err
		}
		k, ok := index[c.Prompt]
		if !ok {
			return fmt.Errorf("no problem has the prompt %.60q", c.Prompt)
		}
		out[k].Samples = append(out[k].Samples, c.Samples...)
		return nil
	})
	return out, err
}

func codeTSolutions(in Input, problems []problem.Problem) ([]problem.Solution, error) {
	groups, err := in.readCompletions(in.Solutions, problems, func(p problem.Problem) string { return p.Prompt })
	if err != nil {
		return nil, err
	}
	var out []problem.Solution
	for k, g := range groups {
		for i, s := range g.Samples {
			out = append(out, problem.Solution{TaskID: problems[k].ID, Index: i, Code: problems[k].Prompt + truncate(s)})
		}
	}
	return out, nil
}

// testPrompt is what CodeT asks test cases with.
func testPrompt(p problem.Problem) string {
	return p.Prompt + "    pass\n\n# check the correctness of " + p.EntryPoint + "\nassert "
}

func codeTTests(ctx context.Context, in Input, problems []problem.Problem) ([]problem.TestLine, error) {
	groups, err := in.readCompletions(in.Tests, problems, testPrompt)
	if err != nil {
		return nil, err
	}
	var out []problem.TestLine
	in.progress().CheckedPlanned.Add(int64(len(groups)))
	for k, g := range groups {
		asserts, err := validAsserts(ctx, in, g.Samples, problems[k].EntryPoint)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", problems[k].ID, err)
		}
		index := 0
		for generation, texts := range asserts {
			for _, text := range texts {
				out = append(out, problem.TestLine{
					TaskID: problems[k].ID, Index: index, Test: problem.Test{Kind: problem.Assert, Code: text}, Generation: &generation,
				})
				index++
			}
		}
		in.progress().Checked.Add(1)
	}
	return out, nil
}

// validAsserts takes completions of one problem apart and keeps the first
// asserts of each that are Python.
func validAsserts(ctx context.Context, in Input, samples []string, entryPoint string) ([][]string, error) {
	asserts := make([][]string, len(samples))
	place := map[string]int{}
	var programs []string
	for n, s := range samples {
		asserts[n] = splitAsserts(s, entryPoint)
		for _, a := range asserts[n] {
			if _, ok := place[a]; !ok {
				place[a] = len(programs)
				programs = append(programs, inBlock(a))
			}
		}
	}
	valid, err := in.Valid(ctx, programs)
	if err != nil {
		return nil, err
	}
	for n, list := range asserts {
		var kept []string
		for _, a := range list {
			if valid[place[a]] && len(kept) < perGeneration {
				kept = append(kept, a)
			}
		}
		asserts[n] = kept
	}
	return asserts, nil
}

// splitAsserts gives the assert statements of a completion that mention the
// function. The completion continues an "assert ".
func splitAsserts(completion, entryPoint string) []string {
	var out []string
	for _, part := range strings.Split(completion, "assert ") {
		if !strings.Contains(part, strings.TrimSpace(entryPoint)) {
			continue
		}
		if a := strings.TrimSpace(truncate(strings.TrimSpace("assert " + part))); strings.Contains(a, "assert") {
			out = append(out, a)
		}
	}
	return out
}

// inBlock is the program CodeT compiles to see whether an assert is Python: it
// must also be so inside of a block.
func inBlock(assert string) string {
	return "try:\n    " + strings.ReplaceAll(assert, "\n", "\n    ") + "\nexcept:\n    pass\n"
}
