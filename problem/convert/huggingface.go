package convert

import (
	"encoding/json"
	"regexp"
	"strings"

	"coderm/problem"
)

// What EvalPlus's data sets on Hugging Face (evalplus/humanevalplus, mbppplus) have
// otherwise than its own files: tests use NumPy, of which there is nothing in the
// sandbox, to compare floats; MBPP+'s have the right program as "code", as MBPP itself
// has, and the function's name in the tests alone.
var (
	importNumPy = regexp.MustCompile(`(?m)^import numpy as np$`)
	testedName  = regexp.MustCompile(`(?m)^    assertion\(([A-Za-z_]\w*)\(\*inp\)`)
)

// numPy stands for what of NumPy those tests use.
const numPy = `class np:
    ndarray = ()
    def allclose(a, b, rtol=1e-05, atol=1e-08):
        if isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)):
            return (isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b)
                    and all(np.allclose(x, y, rtol, atol) for x, y in zip(a, b)))
        return a == b or abs(a - b) <= atol + rtol * abs(b) and abs(b) != float("inf")
    class testing:
        def assert_allclose(a, b, rtol=1e-07, atol=0):
            assert np.allclose(a, b, rtol, atol)`

// asEvalPlus brings a problem of those data sets into the form of EvalPlus's files.
func asEvalPlus(p *problem.Problem) {
	var code string
	if p.Canonical == "" && json.Unmarshal(p.Extra["code"], &code) == nil {
		p.Canonical = code
		delete(p.Extra, "code")
		if m := testedName.FindStringSubmatch(p.Check); m != nil && p.EntryPoint == "" {
			p.EntryPoint = m[1]
		}
	}
	if strings.Contains(p.Check, "assertion(") {
		p.Check = importNumPy.ReplaceAllLiteralString(p.Check, numPy)
	}
}
