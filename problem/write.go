package problem

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"regexp"

	"coderm/internal/fsx"
)

// The names of files in a folder of inputs.
const (
	ProblemsFile  = "problems.jsonl"
	SolutionsFile = "solutions.jsonl"
	TestsFile     = "tests.jsonl"
	HiddenFile    = "hidden.jsonl" // tests that say which solutions are right
	ShownFile     = "shown.jsonl"  // solutions that a prompt showed
)

// checkDef finds HumanEval's "def check(candidate)".
var checkDef = regexp.MustCompile(`(?m)^def check\(`)

func definesCheck(test string) bool {
	return checkDef.MatchString(test) && !checkCall.MatchString(test)
}

var checkCall = regexp.MustCompile(`(?m)^check\(`)

// object builds a JSON object: the known fields over the preserved ones.
func object(extra map[string]json.RawMessage, known map[string]any) ([]byte, error) {
	out := make(map[string]any, len(extra)+len(known))
	for k, v := range extra {
		out[k] = v
	}
	maps.Copy(out, known)
	return marshal(out)
}

// marshal is json.Marshal without HTML escaping: programs are full of < and &.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func setNonEmpty(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}

// MarshalJSON writes the problem in our own dialect, unknown fields included.
func (p Problem) MarshalJSON() ([]byte, error) {
	m := map[string]any{"task_id": p.ID, "question": p.Question}
	setNonEmpty(m, "prompt", p.Prompt)
	setNonEmpty(m, "entry_point", p.EntryPoint)
	setNonEmpty(m, "canonical", p.Canonical)
	setNonEmpty(m, "check", p.Check)
	setNonEmpty(m, "prelude", p.Prelude)
	if p.Public != nil {
		m["public_tests"] = p.Public
	}
	if p.TimeLimit > 0 {
		m["time_limit"] = p.TimeLimit
	}
	setNonEmpty(m, "generator", p.Generator)
	setNonEmpty(m, "validator", p.Validator)
	if p.Checker != (Checker{}) {
		m["checker"] = p.Checker
	}
	setNonEmpty(m, "platform", p.Platform)
	setNonEmpty(m, "difficulty", p.Difficulty)
	return object(p.Extra, m)
}

// MarshalJSON writes the solution as EvalPlus reads it: task_id and solution.
func (s Solution) MarshalJSON() ([]byte, error) {
	m := map[string]any{"task_id": s.TaskID, "solution": s.Code}
	if s.Label != nil {
		m["label"] = *s.Label
	}
	return object(s.Extra, m)
}

// MarshalJSON writes the test as ReadTests reads it.
func (t TestLine) MarshalJSON() ([]byte, error) {
	m := map[string]any{"task_id": t.TaskID}
	f := t.Fields()
	setNonEmpty(m, "style", string(f.Style))
	if f.Compare != (Checker{}) {
		m["compare"] = f.Compare
	}
	for name, value := range map[string]*string{"test": f.Code, "stdin": f.Input, "expected": f.Expected, "call": f.Call} {
		if value != nil {
			m[name] = *value
		}
	}
	if t.Generation != nil {
		m["generation"] = *t.Generation
	}
	if t.Meta != nil {
		m["meta"] = t.Meta
	}
	return object(nil, m)
}

// WriteLine writes one value as a JSON line.
func WriteLine(w io.Writer, v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// WriteLines writes a JSONL file, whole or not at all.
func WriteLines[T any](path string, lines iter.Seq[T]) error {
	return fsx.WriteBuffered(path, func(w io.Writer) error {
		for v := range lines {
			if err := WriteLine(w, v); err != nil {
				return err
			}
		}
		return nil
	})
}
