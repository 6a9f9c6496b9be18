package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"coderm/problem"
)

// row is an object of a file while it is taken apart; what nobody took is the problem's
// Extra.
type row map[string]json.RawMessage

// take decodes a field into v and has it; ok is false where it is of another kind, or
// null.
func (r row) take(name string, v any) (ok bool) {
	raw, there := r[name]
	if !there || string(raw) == "null" || json.Unmarshal(raw, v) != nil {
		return false
	}
	delete(r, name)
	return true
}

// rows reads a file of problems, each by one, and solutions in our own form.
func (in *Input) rows(one func(number int, r row, set *Set) (problem.Problem, error)) (*Set, error) {
	set := &Set{}
	known := map[string]bool{}
	err := in.objects(in.Problems, func(line []byte) error {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		p, err := one(len(set.Problems), r, set)
		if err != nil {
			return err
		}
		if known[p.ID] {
			return fmt.Errorf("the problem %q is there twice", p.ID)
		}
		known[p.ID] = true
		set.Problems = append(set.Problems, p)
		return nil
	})
	if err == nil && len(set.Problems) == 0 {
		err = fmt.Errorf("%s: no problems in it", in.Problems)
	}
	if err != nil || in.Solutions == "" {
		return set, err
	}
	return set, in.ownSolutions(set)
}

// Unscored is how many of the problems have a checker that does not run here.
func (s *Set) Unscored() (n int) {
	for _, p := range s.Problems {
		if p.Checker.Err() != nil {
			n++
		}
	}
	return n
}

// hide adds hidden tests of a problem.
func (s *Set) hide(id string, tests []problem.Test) {
	for i, t := range tests {
		s.Hidden = append(s.Hidden, problem.TestLine{TaskID: id, Index: i, Test: t})
	}
}

// codeContests reads CodeContests as Hugging Face has it (deepmind/code_contests), and
// CodeContests+ (ByteDance-Seed/Code-Contests-Plus). Private and generated tests become
// hidden tests; solutions in Python 3 become solutions with their labels, and the first
// right one the canonical one.
func codeContests(_ context.Context, in Input) (*Set, error) {
	names := map[string]bool{}
	return in.rows(func(_ int, r row, set *Set) (p problem.Problem, err error) {
		if !r.take("name", &p.ID) && !r.take("id", &p.ID) || !r.take("description", &p.Question) {
			return p, errors.New(`no "name" (or "id"), or no "description"`)
		}
		p.Platform = platformOf(r)
		if names[p.ID] { // of another source
			p.ID = p.Platform + "/" + p.ID
		}
		names[p.ID] = true
		p.TimeLimit = timeLimit(r)
		p.Difficulty = contestDifficulty(r)
		if p.Public, err = pairedTests(r, "public_tests"); err != nil {
			return p, fmt.Errorf("%s: %w", p.ID, err)
		}
		var hidden []problem.Test
		for _, name := range []string{"private_tests", "generated_tests", "test_cases"} {
			tests, err := pairedTests(r, name)
			if err != nil {
				return p, fmt.Errorf("%s: %w", p.ID, err)
			}
			hidden = append(hidden, tests...)
		}
		set.hide(p.ID, hidden)
		p.Checker = contestChecker(r, append(hidden, p.Public...))
		n := 0
		for _, from := range []struct {
			name  string
			right bool
		}{{"solutions", true}, {"correct_submissions", true}, {"incorrect_solutions", false}, {"incorrect_submissions", false}} {
			for _, code := range python3(r, from.name) {
				if from.right && p.Canonical == "" {
					p.Canonical = code
				}
				if in.Solutions == "" {
					set.Solutions = append(set.Solutions, problem.Solution{TaskID: p.ID, Index: n, Code: code, Label: &from.right})
					n++
				}
			}
		}
		p.Extra = r
		return p, nil
	})
}

// pairedTests takes tests: an object of the lists input and output, as CodeContests has
// them, or a list of objects, as CodeContests+ has.
func pairedTests(r row, name string) ([]problem.Test, error) {
	type pair struct {
		Input  string `json:"input"`
		Output string `json:"output"`
	}
	var pairs []pair
	var lists struct {
		Input  []string `json:"input"`
		Output []string `json:"output"`
	}
	switch raw := r[name]; {
	case len(raw) == 0 || string(raw) == "null":
		delete(r, name)
	case r.take(name, &lists):
		if len(lists.Input) != len(lists.Output) {
			return nil, fmt.Errorf("%s: %d inputs and %d outputs", name, len(lists.Input), len(lists.Output))
		}
		for i := range lists.Input {
			pairs = append(pairs, pair{lists.Input[i], lists.Output[i]})
		}
	case !r.take(name, &pairs):
		return nil, fmt.Errorf("%s: neither the lists input and output nor a list of such pairs", name)
	}
	tests := []problem.Test{} // a problem without has none, whatever its question shows
	for _, p := range pairs {
		tests = append(tests, problem.StdioTest(p.Input, p.Output))
	}
	return tests, nil
}

// contestChecker is the problem's checker, or what outputs alone suggest. The sources of
// programs for testlib are kept where nobody takes them for ours.
func contestChecker(r row, tests []problem.Test) problem.Checker {
	var source, in, out string
	testlib := map[string]json.RawMessage{}
	r.take("input_file", &in)
	r.take("output_file", &out)
	if raw := r["checker"]; json.Unmarshal(raw, &source) != nil {
		source = ""
	}
	for _, name := range []string{"checker", "generator", "validator"} {
		if raw, ok := r[name]; ok && string(raw) != "null" && string(raw) != `""` {
			testlib[name] = raw
		}
		delete(r, name)
	}
	if len(testlib) > 0 {
		r["testlib"], _ = json.Marshal(testlib) // what was JSON stays that
	}
	switch {
	case in != "" || out != "":
		return problem.Checker{Kind: problem.CheckUnsupported, Language: fmt.Sprintf("one for files (input %q, output %q)", in, out)}
	case source == "":
		return byOutputs(tests)
	case strings.Contains(source, "#include"):
		return problem.Checker{Kind: problem.CheckUnsupported, Language: "C++ (testlib)"}
	}
	return problem.Checker{Kind: problem.CheckPython, Source: source}
}

// fraction finds a number that is no integer.
var fraction = regexp.MustCompile(`(^|\s)[+-]?\d*\.\d+([eE][+-]?\d+)?(\s|$)`)

// byOutputs is the checker of a problem that has none: numbers may be off by what
// numpy.allclose allows, as in the harnesses of APPS and TACO, where any of the outputs
// has a fraction; else outputs are compared as LiveCodeBench does. With integers alone
// a tolerance would take 100001 for 100000.
func byOutputs(tests []problem.Test) problem.Checker {
	for _, t := range tests {
		if fraction.MatchString(t.Expected) {
			return problem.Checker{Kind: problem.CheckTolerance, Absolute: 1e-8, Relative: 1e-5}
		}
	}
	return problem.Checker{Kind: problem.CheckDecimals}
}

// The numbers of languages in CodeContests' solutions.
const languagePython3 = 3

// python3 takes the programs in Python 3: of the lists language and solution, or of
// objects with language and code.
func python3(r row, name string) (codes []string) {
	var lists struct {
		Language []int    `json:"language"`
		Solution []string `json:"solution"`
	}
	var list []struct{ Language, Code string }
	if r.take(name, &lists) {
		for i, code := range lists.Solution {
			if i < len(lists.Language) && lists.Language[i] == languagePython3 {
				codes = append(codes, code)
			}
		}
	} else if r.take(name, &list) {
		for _, s := range list {
			switch strings.ToLower(s.Language) {
			case "py3", "python3", "python":
				codes = append(codes, s.Code)
			}
		}
	}
	delete(r, name)
	return codes
}

// sources are those of CodeContests, by number (contest_problem.proto).
var sources = []string{"", "codechef", "codeforces", "hackerearth", "codejam", "atcoder", "aizu"}

// platformOf reads where a problem comes from: a number of CodeContests, or a name.
func platformOf(r row) (name string) {
	var number int
	if r.take("source", &number) {
		if number > 0 && number < len(sources) {
			return sources[number]
		}
		return ""
	}
	r.take("source", &name)
	return strings.ToLower(name)
}

// levels are CodeContests' difficulties before those that are letters, by number.
var levels = []string{"", "easy", "medium", "hard", "harder", "hardest", "external"}

// contestDifficulty is the rating at Codeforces if there is one, else CodeContests'
// level, else what the field says.
func contestDifficulty(r row) string {
	var rating, level int
	var text string
	if json.Unmarshal(r["cf_rating"], &rating) == nil && rating > 0 {
		delete(r, "difficulty")
		return strconv.Itoa(rating)
	}
	switch {
	case !r.take("difficulty", &level):
		r.take("difficulty", &text)
		return text
	case level >= 0 && level < len(levels):
		return levels[level]
	case level < len(levels)+'Z'-'A'+1 && level > 0:
		return string(rune('A' + level - len(levels)))
	}
	return ""
}

var seconds = regexp.MustCompile(`(?i)^\s*(\d+(?:\.\d+)?)\s*(m?s|(?:milli)?sec(?:ond)?s?\.?)?\s*$`)

// mostSeconds is the largest number that is taken for seconds; time limits above are in
// milliseconds.
const mostSeconds = 100

// timeLimit reads a time limit in any of the forms in use: seconds and nanos, a number
// of seconds or milliseconds, and such with the unit as text. 0: none that can be read.
func timeLimit(r row) (limit float64) {
	var parts struct {
		Seconds float64 `json:"seconds"`
		Nanos   float64 `json:"nanos"`
	}
	var text string
	switch {
	case r.take("time_limit", &parts):
		return parts.Seconds + parts.Nanos/1e9
	case r.take("time_limit", &text):
		m := seconds.FindStringSubmatch(text)
		if m == nil {
			return 0
		}
		limit, _ = strconv.ParseFloat(m[1], 64) // the pattern is of a number
		if strings.HasPrefix(strings.ToLower(m[2]), "m") {
			limit /= 1000
		}
		return limit
	case !r.take("time_limit", &limit) || limit < 0:
		return 0
	case limit > mostSeconds:
		return limit / 1000
	}
	return limit
}
