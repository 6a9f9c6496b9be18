package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"coderm/problem"
)

// appsPrelude is what the harnesses of APPS and TACO put before every solution
// (eval/testing_util.py), but for NumPy, of which there is nothing in the sandbox.
const appsPrelude = `import sys, time, itertools, collections, math, fractions, random, heapq
from itertools import accumulate, product, permutations, combinations
from collections import Counter, OrderedDict, deque, defaultdict, ChainMap
from functools import lru_cache
from math import sqrt, sin, cos, tan, ceil, fabs, floor, gcd, exp, log, log2
from typing import List, Tuple
from heapq import *
`

// apps reads APPS (hendrycks/apps, codeparrot/apps); taco reads TACO (BAAI/TACO), which
// has the same form, with limits and sources. Their tests become hidden tests. They say
// of none which are public.
func apps(ctx context.Context, in Input) (*Set, error) { return appsRows(ctx, in, "apps") }
func taco(ctx context.Context, in Input) (*Set, error) { return appsRows(ctx, in, "taco") }

func appsRows(ctx context.Context, in Input, name string) (*Set, error) {
	return in.rows(func(number int, r row, set *Set) (p problem.Problem, err error) {
		p.ID = fmt.Sprintf("%s/%d", name, number)
		for _, field := range []string{"problem_id", "id"} {
			var id int
			if r.take(field, &id) {
				p.ID = fmt.Sprintf("%s/%d", name, id)
				break
			}
		}
		var starter string
		if !r.take("question", &p.Question) || p.Question == "" {
			return p, fmt.Errorf(`%s: no "question"`, p.ID)
		}
		if r.take("starter_code", &starter) && starter != "" {
			p.Question += "\n\n" + starter
		}
		r.take("difficulty", &p.Difficulty)
		p.Difficulty = strings.ToLower(p.Difficulty)
		if p.Platform = platformOf(r); p.Platform == "" {
			p.Platform = hostOf(r)
		}
		p.TimeLimit = timeLimit(r)
		p.Prelude = appsPrelude
		p.Public = []problem.Test{}
		tests, err := appsTests(r, &p)
		if err != nil {
			return p, fmt.Errorf("%s: input_output: %w", p.ID, err)
		}
		if p.EntryPoint == "" {
			p.Checker = byOutputs(tests)
		} else if solutionClass.MatchString(starter) {
			p.Prelude += asFunction(p.EntryPoint)
		}
		set.hide(p.ID, tests)
		if p.Canonical, err = in.firstValid(ctx, stringsIn(r, "solutions")); err != nil {
			return p, err
		}
		p.Extra = r
		return p, nil
	})
}

// appsTests takes the tests out of input_output: JSON in a string, or such an object.
func appsTests(r row, p *problem.Problem) (tests []problem.Test, err error) {
	raw := r["input_output"]
	delete(r, "input_output")
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	if len(raw) == 0 {
		return nil, nil // some have no test
	}
	var io struct {
		Name    string            `json:"fn_name"`
		Inputs  []json.RawMessage `json:"inputs"`
		Outputs []json.RawMessage `json:"outputs"`
	}
	if err := json.Unmarshal(raw, &io); err != nil {
		return nil, err
	}
	if len(io.Inputs) != len(io.Outputs) {
		return nil, fmt.Errorf("%d inputs and %d outputs", len(io.Inputs), len(io.Outputs))
	}
	if io.Name != "" && !identifier.MatchString(io.Name) {
		return nil, fmt.Errorf("fn_name %q is no name", io.Name)
	}
	p.EntryPoint = io.Name
	for i := range io.Inputs {
		t := problem.Test{Kind: problem.Assert}
		if io.Name != "" {
			t.Code = appsCall(io.Name, io.Inputs[i], io.Outputs[i])
		} else {
			input, err := joined(io.Inputs[i])
			output, err2 := joined(io.Outputs[i])
			if err := errors.Join(err, err2); err != nil {
				return nil, fmt.Errorf("test %d: %w", i, err)
			}
			t = problem.StdioTest(input, output)
		}
		tests = append(tests, t)
	}
	return tests, nil
}

// joined is what a program reads or prints: a text, or a list of lines.
func joined(raw json.RawMessage) (string, error) {
	var text string
	var lines []string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	if json.Unmarshal(raw, &lines) == nil {
		return strings.Join(lines, "\n"), nil
	}
	return "", fmt.Errorf("%.60s is neither a text nor a list of lines", raw)
}

// appsCall is a test of a function, by the harnesses' rules: what is wanted may stand in
// a list of one; tuples may be the answer where lists are wanted, at the two upper
// levels; a dictionary alone has integers for keys.
func appsCall(function string, input, want json.RawMessage) string {
	in, _ := json.Marshal(string(input)) // strings always marshal
	out, _ := json.Marshal(string(want))
	return fmt.Sprintf(appsCallTest, function, function, in, out)
}

const appsCallTest = `def _apps(arguments, want):
    import json
    def keyed(value):
        try:
            return {int(k): v for k, v in value.items()}
        except (AttributeError, ValueError):
            return value
    try:
        Solution
    except NameError:
        function = %s
    else:
        function = Solution().%s
    arguments, want = json.loads(arguments), json.loads(want)
    if arguments and isinstance(arguments[0], dict):
        arguments = [keyed(arguments[0])]
    if isinstance(want, list) and want and isinstance(want[0], dict):
        want = [keyed(want[0])]
    elif isinstance(want, dict):
        want = [keyed(want)]
    got = function(*arguments)
    if isinstance(got, tuple):
        got = list(got)
    one = isinstance(want, list) and want
    right = got == want or one and got == want[0]
    if one and not right and isinstance(got, list) and got and isinstance(got[0], tuple):
        right = [list(x) for x in got] == want[0]
    assert right, f"{got!r:.200} is not {want!r:.200}"

_apps(%s, %s)
`

// hostOf names a problem's platform by its address: "codeforces" of codeforces.com.
func hostOf(r row) string {
	var address string
	if json.Unmarshal(r["url"], &address) != nil {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.TrimPrefix(u.Hostname(), "www."), ".")
	return parts[max(0, len(parts)-2)]
}

// stringsIn takes a list of texts, or a text that is the JSON of one.
func stringsIn(r row, name string) (list []string) {
	var text string
	if r.take(name, &text) {
		_ = json.Unmarshal([]byte(text), &list) // some have none
		return list
	}
	r.take(name, &list)
	return list
}

// mostTried is how many of a problem's solutions are looked at for the canonical one.
const mostTried = 8

// firstValid is the first of the programs that is Python 3; "" if none is, or nobody can
// tell.
func (in *Input) firstValid(ctx context.Context, programs []string) (string, error) {
	programs = programs[:min(mostTried, len(programs))]
	if in.Valid == nil || len(programs) == 0 {
		return "", nil
	}
	valid, err := in.Valid(ctx, programs)
	if err != nil {
		return "", err
	}
	for i, ok := range valid {
		if ok {
			return programs[i], nil
		}
	}
	return "", nil
}
