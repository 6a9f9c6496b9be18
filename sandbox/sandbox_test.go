package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coderm/problem"
	"coderm/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const double = "def double(x):\n    return 2 * x\n"

// TestVerdicts covers each kind of verdict that the host decides, and the
// limits. What programs can do in general is in the corpus of testdata.
func TestVerdicts(t *testing.T) {
	s := open(t, sandbox.Options{})
	loop := "while True:\n    pass\n"
	for name, c := range map[string]struct {
		solution string
		test     problem.Test
		lim      sandbox.Limits
		want     sandbox.Kind
		detail   string
	}{
		"pass":             {double, problem.PythonTest("assert double(2) == 4"), sandbox.Limits{}, sandbox.Pass, ""},
		"fail":             {double, problem.PythonTest("assert double(2) == 5"), sandbox.Limits{}, sandbox.Fail, "AssertionError"},
		"error":            {double, problem.PythonTest("double()"), sandbox.Limits{}, sandbox.Error, "TypeError"},
		"broken test":      {double, problem.PythonTest("def"), sandbox.Limits{}, sandbox.Error, "SyntaxError"},
		"broken solution":  {"def", problem.PythonTest("assert True"), sandbox.Limits{}, sandbox.Error, "SyntaxError"},
		"fuel":             {double, problem.PythonTest(loop), sandbox.Limits{Fuel: 50e6}, sandbox.Timeout, "out of fuel (50000000)"},
		"fuel of solution": {loop, problem.PythonTest("assert True"), sandbox.Limits{Fuel: 50e6}, sandbox.Timeout, "out of fuel"},
		"too little fuel":  {double, problem.PythonTest("assert True"), sandbox.Limits{Fuel: 1}, sandbox.Timeout, "out of fuel"},
		"wall":             {double, problem.PythonTest(loop), sandbox.Limits{Fuel: 1e15, Wall: 50 * time.Millisecond}, sandbox.Timeout, "wall"},
		"memory":           {double, problem.PythonTest("x = [0] * 100_000_000"), sandbox.Limits{Memory: 200 << 20}, sandbox.Memory, ""},
		"enough memory":    {double, problem.PythonTest("x = [0] * 100_000_000\nassert x"), sandbox.Limits{Memory: 1 << 30}, sandbox.Pass, ""},
		"huge source":      {double, problem.PythonTest(strings.Repeat("#", 9<<20)), sandbox.Limits{}, sandbox.Error, "limit"},
		"stdio":            {"print(int(input()) * 2)", problem.StdioTest("21\n", "42\n"), sandbox.Limits{}, sandbox.Pass, ""},
		"wrong stdio":      {"print(int(input()))", problem.StdioTest("21\n", "42\n"), sandbox.Limits{}, sandbox.Fail, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := s.Run(context.Background(), sandbox.Pair{Solution: c.solution, Test: c.test}, c.lim)
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind != c.want || !strings.Contains(v.Detail, c.detail) {
				t.Errorf("got %v, want %v with %q", v, c.want, c.detail)
			}
			if c.lim.Fuel != 0 && v.Fuel > c.lim.Fuel {
				t.Errorf("fuel %d above its limit", v.Fuel)
			}
		})
	}
}

func TestBadLimits(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	for _, lim := range []sandbox.Limits{{Memory: 1 << 20}, {Memory: 1 << 40}, {Wall: -1}, {Output: -1}} {
		if _, err := s.Run(context.Background(), sandbox.Pair{}, lim); err == nil {
			t.Errorf("%+v was accepted", lim)
		}
	}
}

// TestMatrixCells checks that every cell is reported exactly once, identical
// texts included, and only those asked for.
func TestMatrixCells(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	triple := strings.ReplaceAll(double, "2 *", "3 *")
	solutions := []string{double, triple, double, "broken("}
	tests := problem.PythonTests([]string{"assert double(0) == 0", "assert double(1) == 2", "assert double(0) == 0", "assert ("})
	want := [][]sandbox.Kind{
		{sandbox.Pass, sandbox.Pass, sandbox.Pass, sandbox.Error},
		{sandbox.Pass, sandbox.Fail, sandbox.Pass, sandbox.Error},
		{sandbox.Pass, sandbox.Pass, sandbox.Pass, sandbox.Error},
		{sandbox.Error, sandbox.Error, sandbox.Error, sandbox.Error},
	}
	for name, chosen := range map[string]func(i, j int) bool{
		"all":  nil,
		"some": func(i, j int) bool { return (i+j)%3 == 0 },
		"none": func(i, j int) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[[2]int]bool{}
			err := s.Cells(context.Background(), solutions, tests, sandbox.Limits{}, chosen, func(i, j int, v sandbox.Verdict) error {
				if seen[[2]int{i, j}] {
					t.Errorf("cell %d,%d came twice", i, j)
				}
				seen[[2]int{i, j}] = true
				if v.Kind != want[i][j] {
					t.Errorf("cell %d,%d: %v, want %v", i, j, v, want[i][j])
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i := range solutions {
				for j := range tests {
					if seen[[2]int{i, j}] != (chosen == nil || chosen(i, j)) {
						t.Errorf("cell %d,%d: seen is %v", i, j, seen[[2]int{i, j}])
					}
				}
			}
		})
	}
}

// TestGiveUp counts the runs of a solution that loops for some arguments.
func TestGiveUp(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	const picky = "def f(x):\n    while x:\n        pass\n    return x\n"
	var tests []problem.Test
	for k, x := range []int{1, 0, 1, 1, 0, 1, 1, 1, 0, 1} {
		tests = append(tests, problem.PythonTest(fmt.Sprintf("assert f(%d) == 0, %d", x, k)))
	}
	got := make([]string, len(tests))
	lim := sandbox.Limits{Fuel: 5e6, GiveUp: 3}
	err := s.Matrix(context.Background(), []string{picky}, tests, lim, func(_, j int, v sandbox.Verdict) error {
		got[j] = v.Kind.String()
		if v.Fuel == 0 {
			got[j] += " unrun"
		}
		return nil
	})
	want := []string{"timeout", "pass", "timeout", "timeout", "pass", "timeout", "timeout", "timeout", "timeout unrun", "timeout unrun"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestPairsInOrder lets the first pair take longest.
func TestPairsInOrder(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 3})
	var pairs []sandbox.Pair
	for k := range 20 {
		pairs = append(pairs, sandbox.Pair{
			Solution: double,
			Test:     problem.PythonTest(fmt.Sprintf("for _ in range(%d): double(1)\nassert double(%d) == %d", 20_000*(20-k), k, 2*(k-k%2))),
		})
	}
	next := 0
	err := s.Pairs(context.Background(), slices.Values(pairs), sandbox.Limits{}, func(k int, v sandbox.Verdict) error {
		if k != next {
			t.Errorf("pair %d came when %d was due", k, next)
		}
		next++
		if passed := v.Kind == sandbox.Pass; passed != (k%2 == 0) {
			t.Errorf("pair %d: %v", k, v)
		}
		return nil
	})
	if err != nil || next != len(pairs) {
		t.Errorf("%d of %d pairs, %v", next, len(pairs), err)
	}
}

// TestCancel stops endless programs by the context, and uses the sandbox again.
func TestCancel(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	forever := sandbox.Limits{Fuel: 1e18, Wall: time.Hour}
	loops := []string{"while True: pass", "while True: pass\n"}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	err := s.Matrix(ctx, loops, problem.PythonTests(loops), forever, func(int, int, sandbox.Verdict) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("matrix: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := s.Run(ctx, sandbox.Pair{Solution: loops[0], Test: problem.PythonTest("")}, forever); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v", err)
	}
	v, err := s.Run(context.Background(), sandbox.Pair{Solution: double, Test: problem.PythonTest("assert double(1) == 2")}, sandbox.Limits{})
	if err != nil || v.Kind != sandbox.Pass {
		t.Errorf("afterwards: %v, %v", v, err)
	}
}

func TestYieldErrorEndsTheWork(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	enough := errors.New("enough")
	calls := 0
	stop := func() error { calls++; return enough }
	many := slices.Repeat([]string{double}, 50)
	err := s.Matrix(context.Background(), many, problem.PythonTests(many), sandbox.Limits{}, func(int, int, sandbox.Verdict) error { return stop() })
	if err != enough || calls != 1 {
		t.Errorf("matrix: %v after %d calls", err, calls)
	}
	calls = 0
	pairs := slices.Repeat([]sandbox.Pair{{Solution: double, Test: problem.PythonTest(double)}}, 50)
	err = s.Pairs(context.Background(), slices.Values(pairs), sandbox.Limits{}, func(int, sandbox.Verdict) error { return stop() })
	if err != enough || calls != 1 {
		t.Errorf("pairs: %v after %d calls", err, calls)
	}
}

// A test that comes to no verdict is refused, wherever it stands; there is none for
// the others then.
func TestCannotRun(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	for want, test := range map[string]problem.Test{
		`sandbox: a call ("f(1)") has nothing expected, and so no verdict`: {Kind: problem.Call, Input: "f(1)"},
		`sandbox: a test of kind "" is unknown`:                            {},
	} {
		tests := append(problem.PythonTests(slices.Repeat([]string{"assert True"}, 20)), test)
		err := s.Matrix(context.Background(), []string{double}, tests, sandbox.Limits{}, func(int, int, sandbox.Verdict) error {
			t.Error("a verdict of a matrix that cannot run")
			return nil
		})
		if err == nil || err.Error() != want {
			t.Errorf("matrix: %v, want %s", err, want)
		}
		if _, err := s.Run(context.Background(), sandbox.Pair{Solution: double, Test: test}, sandbox.Limits{}); err == nil || err.Error() != want {
			t.Errorf("pair: %v, want %s", err, want)
		}
	}
}

func TestStdioTextsSurvive(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	in := "a\x00\"\\\n\tü\U0001F600\n"
	v, err := s.Run(context.Background(), sandbox.Pair{
		Solution: "import sys\nprint(ascii(sys.stdin.read()))",
		Test:     problem.StdioTest(in, `'a\x00"\\\n\t\xfc\U0001f600\n'`),
	}, sandbox.Limits{})
	if err != nil || v.Kind != sandbox.Pass {
		t.Errorf("%v, %v", v, err)
	}
}
