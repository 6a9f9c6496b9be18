package convert

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"coderm/problem"
)

// maxTests bounds the unpacked tests of one problem, in bytes.
const maxTests = 256 << 20

// liveCodeBench reads LiveCodeBench's problems. Their public and private tests
// become unit tests: an input and an output for a program, or a call of a
// method of the class Solution. Solutions are lines of question_id and
// code_list, as its runner writes them.
func liveCodeBench(_ context.Context, in Input) (*Set, error) {
	set := &Set{}
	known := map[string]bool{}
	err := problem.Lines(in.Problems, func(line []byte) error {
		p, tests, err := liveProblem(line, in.Stdio)
		if err != nil {
			return err
		}
		if known[p.ID] {
			return fmt.Errorf("question_id %q is there twice", p.ID)
		}
		known[p.ID] = true
		set.Problems = append(set.Problems, p)
		set.Tests = append(set.Tests, tests...)
		return nil
	})
	if err != nil || in.Solutions == "" {
		return set, err
	}
	return set, problem.Lines(in.Solutions, func(line []byte) error {
		var l struct {
			ID    string   `json:"question_id"`
			Codes []string `json:"code_list"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if !known[l.ID] {
			return fmt.Errorf("question_id %q is not in the problems file", l.ID)
		}
		for i, code := range l.Codes {
			set.Solutions = append(set.Solutions, problem.Solution{TaskID: l.ID, Index: i, Code: code})
		}
		return nil
	})
}

// liveTest is one of LiveCodeBench's tests.
type liveTest struct {
	Input  string `json:"input"`
	Output string `json:"output"`
	Type   string `json:"testtype"` // "stdin" or "functional"
}

func liveProblem(line []byte, stdio func(input, output string) string) (problem.Problem, []problem.UnitTest, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return problem.Problem{}, nil, err
	}
	text := func(name string) string {
		var s string
		if json.Unmarshal(fields[name], &s) == nil {
			delete(fields, name)
		}
		return s
	}
	p := problem.Problem{ID: text("question_id"), Question: text("question_content")}
	if p.ID == "" || p.Question == "" {
		return p, nil, errors.New(`no "question_id" or no "question_content"`)
	}
	if starter := text("starter_code"); starter != "" {
		p.Question += "\n\n" + starter
	}
	p.EntryPoint = funcName(fields["metadata"])
	var all []liveTest
	for _, name := range []string{"public_test_cases", "private_test_cases"} {
		tests, err := liveTests(text(name))
		if err != nil {
			return p, nil, fmt.Errorf("%s: %s: %w", p.ID, name, err)
		}
		all = append(all, tests...)
	}
	p.Extra = fields
	var out []problem.UnitTest
	for i, t := range all {
		u := problem.UnitTest{TaskID: p.ID, Index: i, Style: problem.StyleStdio}
		switch {
		case t.Type == "functional" && p.EntryPoint != "":
			u.Style, u.Code = problem.StyleAssert, call(p.EntryPoint, t)
		case t.Type == "functional":
			return p, nil, fmt.Errorf("%s: a functional test, but no func_name in metadata", p.ID)
		default:
			u.Code = stdio(t.Input, t.Output)
		}
		out = append(out, u)
	}
	return p, out, nil
}

// funcName reads the method's name out of metadata, an object or an object in
// a string.
func funcName(raw json.RawMessage) string {
	var inner string
	if json.Unmarshal(raw, &inner) == nil {
		raw = json.RawMessage(inner)
	}
	var metadata struct {
		Name string `json:"func_name"`
	}
	if json.Unmarshal(raw, &metadata) != nil {
		return ""
	}
	return metadata.Name
}

// call is a functional test: the input has a JSON value an argument and line.
func call(method string, t liveTest) string {
	input, _ := json.Marshal(t.Input) // strings always marshal
	want, _ := json.Marshal(t.Output)
	return fmt.Sprintf("import json\nassert Solution().%s(*map(json.loads, %s.splitlines())) == json.loads(%s)\n", method, input, want)
}

// liveTests reads a list of tests: JSON, or JSON pickled, deflated and in
// base64, as the private ones are to keep them out of training data.
func liveTests(text string) ([]liveTest, error) {
	if text == "" {
		return nil, nil
	}
	var tests []liveTest
	if json.Unmarshal([]byte(text), &tests) == nil {
		return tests, nil
	}
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("neither JSON nor base64")
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	pickled, err := io.ReadAll(io.LimitReader(z, maxTests+1))
	if err != nil {
		return nil, err
	}
	if len(pickled) > maxTests {
		return nil, fmt.Errorf("more than %d bytes of tests", maxTests)
	}
	raw, err := unpickleString(pickled)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(raw, &tests)
	return tests, err
}

// unpickleString reads a pickle that is one string, and no other: a pickle is a
// program, and this one needs two of its instructions.
func unpickleString(b []byte) ([]byte, error) {
	errNotString := errors.New("the pickle is not a single string")
	const (
		proto       = 0x80
		frame       = 0x95
		shortString = 0x8c
		unicode     = 'X'
		longString  = 0x8d
	)
	if len(b) < 2 || b[0] != proto {
		return nil, errNotString
	}
	b = b[2:]
	if len(b) >= 9 && b[0] == frame {
		b = b[9:]
	}
	if len(b) == 0 {
		return nil, errNotString
	}
	var size uint64
	switch op := b[0]; {
	case op == shortString && len(b) >= 2:
		size, b = uint64(b[1]), b[2:]
	case op == unicode && len(b) >= 5:
		size, b = uint64(binary.LittleEndian.Uint32(b[1:])), b[5:]
	case op == longString && len(b) >= 9:
		size, b = binary.LittleEndian.Uint64(b[1:]), b[9:]
	default:
		return nil, errNotString
	}
	if size > uint64(len(b)) {
		return nil, errors.New("the pickle ends in the middle of its string")
	}
	return b[:size], nil
}
