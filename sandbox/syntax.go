package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"coderm/problem"
)

// Compiles tells which texts are Python programs: all of one call are compiled by
// one test class, in a method each.
func (s *Sandbox) Compiles(ctx context.Context, programs []string) ([]bool, error) {
	valid := make([]bool, len(programs))
	if len(programs) == 0 {
		return valid, nil
	}
	var test strings.Builder
	test.WriteString("import unittest\n\nclass Syntax(unittest.TestCase):\n")
	for i, p := range programs {
		text, err := json.Marshal(p) // also a Python string
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&test, "    def test_%06d(self):\n        compile(%s, '', 'exec')\n", i, text)
	}
	var v Verdict
	err := s.one(ctx, Limits{}, func(w *worker, lim Limits) Verdict {
		// Nothing of the texts is run, so what they import does not matter.
		v = w.pair(ctx, s.library, Pair{Test: problem.Test{Kind: problem.Unittest, Code: test.String()}}, lim)
		return v
	})
	if err != nil {
		return nil, err
	}
	if len(programs) == 1 {
		valid[0] = v.Kind == Pass
		return valid, nil
	}
	if v.TestsRun != len(programs) {
		return nil, fmt.Errorf("checking the syntax of %d asserts: %v: %s", len(programs), v.Kind, v.Detail)
	}
	for _, m := range v.Methods {
		var i int
		if _, err := fmt.Sscanf(m.Name, "Syntax.test_%d", &i); err != nil || i < 0 || i >= len(valid) {
			return nil, fmt.Errorf("checking the syntax of %d asserts: got a verdict on %q", len(programs), m.Name)
		}
		valid[i] = m.Kind == Pass
	}
	return valid, nil
}
