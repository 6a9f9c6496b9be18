package problem

import (
	"encoding/json"
	"errors"
	"fmt"
)

// fields is one JSON object being taken apart; what nobody took is kept.
type fields map[string]json.RawMessage

// take decodes the first of the named fields that is present into v.
func (f fields) take(v any, names ...string) (bool, error) {
	for _, name := range names {
		raw, ok := f[name]
		if !ok || string(raw) == "null" {
			continue
		}
		if err := json.Unmarshal(raw, v); err != nil {
			var typ *json.UnmarshalTypeError
			if errors.As(err, &typ) {
				return false, fmt.Errorf("field %q is %s, expected a %v", name, article(typ.Value), typ.Type)
			}
			return false, fmt.Errorf("field %q: %w", name, err)
		}
		delete(f, name)
		return true, nil
	}
	return false, nil
}

func (f fields) rest() map[string]json.RawMessage {
	if len(f) == 0 {
		return nil
	}
	return f
}

// taskID reads task_id, a string, or a number as MBPP's own file has it.
func (f fields) taskID() (string, error) {
	raw, ok := f["task_id"]
	if !ok {
		return "", errors.New(`no "task_id"`)
	}
	delete(f, "task_id")
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		var n json.Number
		if err := json.Unmarshal(raw, &n); err != nil {
			return "", fmt.Errorf(`"task_id" is %s, expected a string`, raw)
		}
		s = n.String()
	}
	if s == "" {
		return "", errors.New(`"task_id" is empty`)
	}
	return s, nil
}

// UnmarshalJSON reads our own and HumanEval's/EvalPlus's problem objects.
func (p *Problem) UnmarshalJSON(b []byte) error {
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	id, err := f.taskID()
	if err != nil {
		return err
	}
	q := Problem{ID: id}
	var canonicalBody string
	_, e1 := f.take(&q.Question, "question")
	_, e2 := f.take(&q.Prompt, "prompt")
	_, e3 := f.take(&q.EntryPoint, "entry_point")
	_, e4 := f.take(&q.Canonical, "canonical")
	_, e5 := f.take(&canonicalBody, "canonical_solution")
	_, e6 := f.take(&q.Check, "check", "test")
	_, e7 := f.take(&q.Prelude, "prelude")
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7); err != nil {
		return err
	}
	if q.Question == "" {
		q.Question = q.Prompt
	}
	if q.Question == "" {
		return errors.New(`no "question" and no "prompt"`)
	}
	if q.Canonical == "" && canonicalBody != "" {
		q.Canonical = q.Prompt + canonicalBody
	}
	// HumanEval's test only defines check(candidate).
	if q.Check != "" && q.EntryPoint != "" && definesCheck(q.Check) {
		q.Check += "\n\ncheck(" + q.EntryPoint + ")\n"
	}
	// Other data sets have something else by that name: then it stays in Extra.
	var public []Test
	if json.Unmarshal(f["public_tests"], &public) == nil && public != nil {
		q.Public = public
		delete(f, "public_tests")
	}
	// Elsewhere it is an object of seconds and nanoseconds, or a text.
	var limit float64
	if json.Unmarshal(f["time_limit"], &limit) == nil && limit > 0 {
		q.TimeLimit = limit
		delete(f, "time_limit")
	}
	// As above: elsewhere they may be objects.
	for name, to := range map[string]*string{"generator": &q.Generator, "validator": &q.Validator} {
		if json.Unmarshal(f[name], to) == nil {
			delete(f, name)
		}
	}
	// What is no checker is not passed over: by lines, right programs would be wrong.
	if raw, ok := f["checker"]; ok && string(raw) != "null" {
		if err := json.Unmarshal(raw, &q.Checker); err != nil {
			return fmt.Errorf("field %q: %w", "checker", err)
		}
		delete(f, "checker")
	}
	// Elsewhere the difficulty may be a number.
	for name, to := range map[string]*string{"platform": &q.Platform, "difficulty": &q.Difficulty} {
		if json.Unmarshal(f[name], to) == nil && *to != "" {
			delete(f, name)
		}
	}
	q.Extra = f.rest()
	*p = q
	return nil
}

// ReadProblems reads a problems file. Every task_id must be unique.
func ReadProblems(path string) ([]Problem, error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return in.Problems()
}

// Problems is ReadProblems for an open file.
func (in *Input) Problems() ([]Problem, error) {
	var out []Problem
	_, err := in.EachProblem(func(_ int, p Problem) error {
		out = append(out, p)
		return nil
	})
	return out, err
}

// ReadSolutions reads candidate solutions for the given problems, grouped in
// the problems' order; a problem without any has an empty group. A line has
// task_id and one of: solution (a whole program), completion (continues the
// problem's prompt), or solutions (a list of programs). "label", true or false,
// is the known truth.
func ReadSolutions(path string, problems []Problem) ([][]Solution, error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return in.Solutions(problems)
}

// Solutions is ReadSolutions for an open file.
func (in *Input) Solutions(problems []Problem) ([][]Solution, error) {
	out := make([][]Solution, len(problems))
	prompt := func(k int) (string, error) { return problems[k].Prompt, nil }
	err := in.EachSolution(NewIndex(problems), prompt, func(k int, s Solution) error {
		out[k] = append(out[k], s)
		return nil
	})
	return out, err
}

// UnmarshalJSON reads a solution as MarshalJSON writes it: a whole program.
func (s *Solution) UnmarshalJSON(b []byte) error {
	id, codes, label, extra, err := parseSolution(b)
	if err != nil {
		return err
	}
	if len(codes) != 1 || codes[0].continues {
		return errors.New(`not one "solution"`)
	}
	s.TaskID, s.Code, s.Label, s.Extra = id, codes[0].text, label, extra
	return nil
}

type candidate struct {
	text      string
	continues bool // of the problem's prompt
}

func parseSolution(line []byte) (id string, codes []candidate, label *bool, extra map[string]json.RawMessage, err error) {
	var f fields
	if err = json.Unmarshal(line, &f); err != nil {
		return
	}
	if id, err = f.taskID(); err != nil {
		return
	}
	var one, completion string
	var many []string
	hasOne, e1 := f.take(&one, "solution")
	hasCompletion, e2 := f.take(&completion, "completion")
	hasMany, e3 := f.take(&many, "solutions")
	_, e4 := f.take(&label, "label")
	if err = errors.Join(e1, e2, e3, e4); err != nil {
		return
	}
	switch {
	case hasOne:
		codes = []candidate{{text: one}}
	case hasCompletion:
		codes = []candidate{{text: completion, continues: true}}
	case hasMany:
		for _, s := range many {
			codes = append(codes, candidate{text: s})
		}
	default:
		err = errors.New(`no "solution", "completion" or "solutions"`)
	}
	return id, codes, label, f.rest(), err
}

// ReadTests reads tests for the given problems, grouped in the problems' order. A
// line has task_id, the fields of a test (see TestFields) and optionally generation
// (tests of one number are one unit of budget) and meta; or tests, a list of
// programs or objects with the fields of a test.
func ReadTests(path string, problems []Problem) ([][]TestLine, error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return in.Tests(problems)
}

// Tests is ReadTests for an open file.
func (in *Input) Tests(problems []Problem) ([][]TestLine, error) {
	out := make([][]TestLine, len(problems))
	err := in.EachTest(NewIndex(problems), func(k int, t TestLine) error {
		out[k] = append(out[k], t)
		return nil
	})
	return out, err
}

// UnmarshalJSON reads a test as MarshalJSON writes it.
func (t *TestLine) UnmarshalJSON(b []byte) error {
	tests, err := parseTests(b)
	if err == nil && len(tests) != 1 {
		err = errors.New("not one test")
	}
	if err != nil {
		return err
	}
	*t = tests[0]
	return nil
}

func parseTests(line []byte) ([]TestLine, error) {
	var f fields
	if err := json.Unmarshal(line, &f); err != nil {
		return nil, err
	}
	id, err := f.taskID()
	if err != nil {
		return nil, err
	}
	shared := TestLine{TaskID: id}
	var many []json.RawMessage
	hasMany, e1 := f.take(&many, "tests")
	_, e2 := f.take(&shared.Meta, "meta")
	_, e3 := f.take(&shared.Generation, "generation")
	own, e4 := f.takeTest()
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		return nil, err
	}
	test, ok, err := own.Test()
	switch {
	case err != nil:
		return nil, err
	case ok:
		shared.Test = test
		return []TestLine{shared}, nil
	case !hasMany:
		return nil, errors.New(`no "test" or "tests", nor "stdin" and "expected"`)
	}
	out := make([]TestLine, len(many))
	for i, raw := range many {
		out[i] = shared
		if out[i].Test, err = readTest(raw, own.Style); err != nil {
			return nil, fmt.Errorf("tests, number %d: %w", i, err)
		}
	}
	return out, nil
}
