package sandbox

import (
	"slices"
	"testing"
)

func TestCompiles(t *testing.T) {
	s := newSandbox(t, Options{})
	for _, programs := range [][]string{nil, {"assert f(1) == 2"}, {"def"}, {"x = '\u2028'", "x = (", "\x00", "assert \"\\n\" in '\u00e9'"}} {
		var want []bool
		for _, p := range programs {
			want = append(want, p != "def" && p != "x = (" && p != "\x00")
		}
		got, err := s.Compiles(t.Context(), programs)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", programs, got, err, want)
		}
	}
}
