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

// liveCodeBench reads LiveCodeBench's problems, one a line or in a JSON list. Their
// public tests become the problems' public tests, the private ones hidden tests:
// an input and an output for a program, or a call of the function asked for.
// Solutions are question_id and code_list, as its custom evaluator reads them.
func liveCodeBench(_ context.Context, in Input) (*Set, error) {
	set := &Set{}
	known := map[string]bool{}
	err := in.objects(in.Problems, func(line []byte) error {
		p, hidden, err := liveProblem(line)
		if err != nil {
			return err
		}
		if known[p.ID] {
			return fmt.Errorf("question_id %q is there twice", p.ID)
		}
		known[p.ID] = true
		set.Problems = append(set.Problems, p)
		set.Hidden = append(set.Hidden, hidden...)
		return nil
	})
	if err == nil && len(set.Problems) == 0 {
		err = fmt.Errorf("%s: no problems in it", in.Problems)
	}
	if err != nil || in.Solutions == "" {
		return set, err
	}
	count := map[string]int{}
	return set, in.objects(in.Solutions, func(line []byte) error {
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
		if l.Codes == nil {
			return fmt.Errorf("question_id %q: no code_list", l.ID)
		}
		for _, code := range l.Codes {
			set.Solutions = append(set.Solutions, problem.Solution{TaskID: l.ID, Index: count[l.ID], Code: code})
			count[l.ID]++
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

func liveProblem(line []byte) (problem.Problem, []problem.TestLine, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return problem.Problem{}, nil, err
	}
	p := problem.Problem{Prelude: livePrelude}
	public, private, starter := "", "", ""
	for name, to := range map[string]*string{
		"question_id": &p.ID, "question_content": &p.Question, "starter_code": &starter,
		"public_test_cases": &public, "private_test_cases": &private,
		"platform": &p.Platform, "difficulty": &p.Difficulty,
	} {
		if json.Unmarshal(fields[name], to) == nil {
			delete(fields, name)
		}
	}
	if p.ID == "" || p.Question == "" {
		return p, nil, errors.New(`no "question_id" or no "question_content"`)
	}
	if starter != "" {
		p.Question += "\n\n" + starter
	}
	p.EntryPoint = funcName(fields["metadata"])
	if solutionClass.MatchString(starter) && identifier.MatchString(p.EntryPoint) {
		p.Prelude += asFunction(p.EntryPoint)
	}
	var err error
	if p.EntryPoint == "" {
		p.Checker = problem.Checker{Kind: problem.CheckDecimals}
	}
	if p.Public, err = testsOf(p, public); err != nil {
		return p, nil, fmt.Errorf("%s: public_test_cases: %w", p.ID, err)
	}
	tests, err := testsOf(p, private)
	if err != nil {
		return p, nil, fmt.Errorf("%s: private_test_cases: %w", p.ID, err)
	}
	var hidden []problem.TestLine
	for i, test := range tests {
		hidden = append(hidden, problem.TestLine{TaskID: p.ID, Index: i, Test: test})
	}
	p.Extra = fields
	return p, hidden, nil
}

// testsOf reads a list of tests and makes ours of them: calls where the problem
// names a function, programs elsewhere.
func testsOf(p problem.Problem, packed string) ([]problem.Test, error) {
	tests, err := liveTests(packed)
	if err != nil {
		return nil, err
	}
	out := []problem.Test{} // a problem without has none, whatever its question shows
	for i, t := range tests {
		switch {
		case p.EntryPoint != "":
			code, err := liveCall(p.EntryPoint, t)
			if err != nil {
				return nil, fmt.Errorf("test %d: %w", i, err)
			}
			out = append(out, problem.Test{Kind: problem.Assert, Code: code})
		case t.Type == "functional":
			return nil, fmt.Errorf("test %d: a functional test, but no func_name in metadata", i)
		default:
			out = append(out, problem.Test{Kind: problem.Stdio, Input: t.Input, Expected: t.Output, Compare: problem.Checker{Kind: problem.CheckDecimals}})
		}
	}
	return out, nil
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
