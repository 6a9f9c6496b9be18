package convert

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// How LiveCodeBench runs a solution: lcb_runner/evaluation/testing_util.py.

// livePrelude is what its runner puts before every solution: the names of these
// modules, then the modules, and limits that are further away.
var livePrelude = prelude(
	[]string{"string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
		"itertools", "functools", "operator", "io", "sys", "json"},
	"sys.setrecursionlimit(50000)\nsys.set_int_max_str_digits(50000)\n")

func prelude(modules []string, settings string) string {
	var b strings.Builder
	for _, m := range append(slices.Clone(modules), "builtins", "typing") {
		fmt.Fprintf(&b, "from %s import *\n", m)
	}
	fmt.Fprintf(&b, "import %s\n%s", strings.Join(modules, ", "), settings)
	return b.String()
}

// asFunction lets tests call the method that a solution's class Solution has as the
// plain function that CodeRM's prompts ask for. A solution that is a function
// replaces it.
func asFunction(method string) string {
	return fmt.Sprintf("def %s(*args, **kwargs):\n    return Solution().%s(*args, **kwargs)\n", method, method)
}

var solutionClass = regexp.MustCompile(`(?m)^class Solution\b`)

// liveCall is a test of a function, by the rules of grade_call_based: the input
// has a JSON value an argument and line; the function is a method of the class
// Solution if there is one; a tuple may be the answer where a list is wanted, at
// the top level only.
func liveCall(function string, t liveTest) (string, error) {
	if !identifier.MatchString(function) {
		return "", fmt.Errorf("func_name %q is no name", function)
	}
	input, _ := json.Marshal(t.Input) // strings always marshal
	want, _ := json.Marshal(t.Output)
	return fmt.Sprintf(liveCallTest, function, function, input, want), nil
}

var identifier = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

const liveCallTest = `def _livecodebench(lines, want):
    import json
    try:
        Solution
    except NameError:
        function = %s
    else:
        function = Solution().%s
    got = function(*[json.loads(line) for line in lines.split("\n")])
    if isinstance(got, tuple):
        got = list(got)
    want = json.loads(want)
    assert got == want, f"{got!r:.200} is not {want!r:.200}"

_livecodebench(%s, %s)
`
