package sandbox

import (
	"testing"
	"unicode/utf8"

	"coderm/problem"
)

// Whatever a guest sends as the record of a call, it is read as one observation or
// a list of calls, or not at all.
func FuzzObservation(f *testing.F) {
	f.Add([]byte("\x01\x03V0123456789abcdef[1, 2]"))
	f.Add([]byte("\x01\x03EValueError"))
	f.Add([]byte("\x01\x03Cf(1)\nf(2)"))
	f.Add([]byte("\x01\x03V0123"))
	f.Add([]byte("\x02\x03EValueError"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, ok := parseObservation(b)
		if !ok {
			return
		}
		o := v.Observation
		if v.Kind != Pass || v.TestsRun != 1 || o != nil && v.Calls != nil {
			t.Fatalf("%+v", v)
		}
		if o == nil {
			return
		}
		if o.Ending != problem.Returned && o.Ending != problem.Raised || !utf8.ValidString(o.Text) || utf8.RuneCountInString(o.Text) > problem.MaxObservationText {
			t.Fatalf("%+v", o)
		}
	})
}
