package problem

import (
	"strings"
	"testing"
)

func TestAccepts(t *testing.T) {
	near := Checker{Kind: CheckTolerance, Absolute: 1e-6, Relative: 1e-6}
	absolute, relative := Checker{Kind: CheckTolerance, Absolute: 0.01}, Checker{Kind: CheckTolerance, Relative: 0.01}
	unordered := Checker{Kind: CheckUnordered}
	long := strings.Repeat("7", 10_000_000)
	for _, c := range []struct {
		checker      Checker
		output, want string
		ok           bool
	}{
		{near, "0.333333333", "0.333333", true},
		{near, "1e-7", "0", true},
		{near, "1000001", "1000000", true}, // as a relative error
		{near, "1000002", "1000000", false},
		{near, "3", "3.0000000", true},
		{near, "-0.0", "0", true},
		{near, "+.5e0", "0.5", true},
		{near, "1\r\n2", "1 2\n\n", true},
		{near, "", "\n", true},
		{near, "", "0", false},
		{near, "1 2 3", "1 2", false},
		{near, "1", "1 2", false},
		{near, "nan", "0", false}, {near, "0", "nan", false}, {near, "NaN", "1.0", false}, {near, "nan", "nan", true},
		{near, "inf", "1e300", false}, {near, "1e999", "1e998", false}, {near, "1e999", "1e999", true}, {near, "Infinity", "inf", false},
		{near, "0x1p-2", "0.25", false}, {near, "1_0", "10", false}, {near, "٣", "3", false}, {near, "1,0", "1.0", false},
		{near, "1.000.0", "1.0", false}, {near, "1e", "1", false}, {near, "--1", "1", false},
		{near, "Yes 1.0", "YES 1.0", false}, {near, "YES 1.0000001", "YES 1.0", true},
		{near, long, long, true}, {near, long + "8", long, false}, {near, long, "7", false},
		{near, strings.Repeat("1 ", 1_000_000), strings.Repeat("1.0\n", 1_000_000), true},
		{absolute, "0.99", "1", true}, {absolute, "0.98", "1", false}, {absolute, "1000.5", "1000", false},
		{relative, "1005", "1000", true}, {relative, "0.001", "0", false},
		{unordered, "b\na \r\n", "a\nb", true}, {unordered, "a\na\nb", "a\nb\nb", false}, {unordered, "a", "a\na", false},
		{unordered, "a\n\n\n", "a", true}, {unordered, "a\n\nb", "a\nb", false}, {unordered, " a", "a", false},
		{unordered, "é\n", "é", true}, {unordered, "\xff", "\xfe", false}, {unordered, "", "", true},
	} {
		ok, why := c.checker.Accepts([]byte(c.output), []byte(c.want))
		if ok != c.ok || ok != (why == "") || len(why) > 300 {
			t.Errorf("%s, %.40q for %.40q: %v, %.300q", c.checker.Text(), c.output, c.want, ok, why)
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		kind CheckerKind
		a, b string
		same bool
	}{
		{ByProblem, "a \r\nb\n\n", "a\nb", true}, {CheckLines, "a", " a", false}, {CheckLines, "0.5", ".5", false}, {CheckLines, "a\n\nb", "a\nb", false},
		{CheckUnordered, "b\na", "a\nb\n", true}, {CheckUnordered, "a\na", "a", false},
		{CheckDecimals, "0.5", ".50000", true}, {CheckDecimals, "5e-1 1_0", "0.5 10.", true}, {CheckDecimals, "-0", "0.00", true}, {CheckDecimals, "0e9", "0", true},
		{CheckDecimals, "1 x", "1.0 x", false}, {CheckDecimals, "nan", "NaN", false}, {CheckDecimals, "nan", "nan", true}, {CheckDecimals, "INF", "+infinity", true},
		{CheckDecimals, "inf", "-inf", false}, {CheckDecimals, "1 2", "1\n2", false}, {CheckDecimals, "\n 1 \n", "1", true}, {CheckDecimals, "100", "1e2", true},
		{CheckDecimals, "0.1", "0.10000000000000000001", false}, {CheckDecimals, "1.", "1", true}, {CheckDecimals, ".", "0", false}, {CheckDecimals, "1e", "1", false},
	} {
		checker := Checker{Kind: c.kind}
		a, ok := checker.Form([]byte(c.a))
		b, ok2 := checker.Form([]byte(c.b))
		if !ok || !ok2 || (string(a) == string(b)) != c.same {
			t.Errorf("%s: %q is %q, %q is %q", c.kind, c.a, a, c.b, b)
		}
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if ok, why := checker.Accepts([]byte(pair[0]), []byte(pair[1])); ok != c.same || ok != (why == "") {
				t.Errorf("%s, %q for %q: %v, %q", c.kind, pair[0], pair[1], ok, why)
			}
		}
	}
	for _, c := range []Checker{{Kind: CheckTolerance, Absolute: 1}, {Kind: CheckPython, Source: "pass"}, {Kind: CheckUnsupported, Language: "C++"}} {
		if _, ok := c.Form(nil); ok {
			t.Errorf("%s has a form", c.Text())
		}
	}
}
