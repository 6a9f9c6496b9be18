package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"coderm/problem"
)

func TestOutlines(t *testing.T) {
	s := newSandbox(t, Options{})
	var texts []string
	var want []problem.Outline
	for _, c := range []struct {
		text             string
		parses           bool
		classes, imports string // joined by semicolons
	}{
		{"", true, "", ""},
		{"def", false, "", ""},
		{"\x00", false, "", ""},
		{strings.Repeat("(", 1000), false, "", ""},
		{"return 1", true, "", ""}, // parses, and would not compile
		{"class A:\n  class B: pass\nclass C: import b\n", true, "A;C;B", "import b"},
		{"def f():\n  import x.y as z, w; from . import v\nif 1: from a.b import (c, d as e)\nfrom q import *\n", true, "",
			"from q import *;import x.y as z;import w;from None import v;from a.b import c;from a.b import d as e"},
		{"class \u00e9(\u00e9): '''class No:'''\n", true, "\u00e9", ""},
	} {
		texts = append(texts, c.text)
		want = append(want, problem.Outline{Parses: c.parses, Classes: fields(c.classes), Imports: fields(c.imports)})
	}
	got, err := s.Outlines(t.Context(), texts)
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ';' })
}
