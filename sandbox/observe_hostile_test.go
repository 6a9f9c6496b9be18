package sandbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/problem/literal"
	"coderm/sandbox"
)

// Solutions that want their answer to count as 5 and do not return it.
var liars = []string{
	"class X:\n    def __eq__(s, o): return True\n    def __hash__(s): return 5\n    def __repr__(s): return '5'\n    __str__ = __repr__\n    def __int__(s): return 5\n    __index__ = __int__\n    def __bool__(s): return True\ndef f(): return X()\n",
	"class X:\n    __class__ = int\ndef f(): return X()\n",
	"class X:\n    __class__ = property(lambda s: int)\n    __dict__ = property(lambda s: 5)\ndef f(): return X()\n",
	"class M(type):\n    def __eq__(c, o): return True\n    def __hash__(c): return hash(int)\n    def __instancecheck__(c, x): return True\n    def __subclasscheck__(c, x): return True\n    def mro(c): return [c, object]\n    __name__ = 'int'\nclass X(metaclass=M): pass\ndef f(): return X()\n",
	"class X(str):\n    def __eq__(s, o): return True\n    def __hash__(s): return 5\n    def __str__(s): return '5'\n    def __len__(s): return 1\ndef f(): return X('6')\n",
	"class X(int):\n    def __int__(s): return 5\n    __index__ = __int__\n    def __repr__(s): return '5'\n    def __eq__(s, o): return True\ndef f(): return X(6)\n",
	"class X(list):\n    def __iter__(s): return iter([])\n    def __len__(s): return 0\ndef f(): return X([5])\n",
	"def f():\n    import sys, builtins, hashlib, _observe, _apart\n    _observe.see = lambda x: b'V' + bytes(16)\n    hashlib.sha256 = None\n    builtins.repr = lambda x: '5'\n    _observe.number = _observe.whole = lambda x: '5'\n    return 6\n",
	"import _observe\n_observe.do_state = lambda x: 5\nclass X: pass\ndef f(): return X()\n",
	"import _sides\n_sides.CONTESTANT['state'] = lambda x: (('a',),)\nclass X: pass\ndef f(): return X()\n",
	"import _sides\nfor k in _sides.CONTESTANT: _sides.CONTESTANT[k] = lambda *a: 5\nclass X: pass\ndef f(): return X()\n",
	"class X:\n    def __getattribute__(s, n): return 5\ndef f(): return X()\n",
	"class int: pass\ndef f(): return int()\n",
	"X = type('5', (), {})\ndef f(): return X()\n",
	"def f():\n    f.__name__ = '5'\n    return f\n",
	"class X(Exception):\n    pass\nX.__name__ = 'n5'\ndef f(): return X\n",
	"def f():\n    class V(Exception): pass\n    raise V(5)\n",
	"def f():\n    import _apart\n    _apart.refuse('5')\n",
	"def f():\n    yield 5\n",
	"def f():\n    import os\n    os._exit(0)\n",
	"import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\n",
}

func TestObservedLies(t *testing.T) {
	rows := observe(t, append([]string{"def f(): return 5\n"}, liars...), []string{"f()"}, sandbox.MatrixLimits())
	five := literal.Value{Kind: literal.Float, Float: 5}.Digest()
	if rows[0][0].Digest != five {
		t.Fatalf("%+v", rows[0][0])
	}
	for i, row := range rows[1:] {
		if o := row[0]; o.Digest == five || o.Ending == "" || o.Ending == problem.NotLoaded {
			t.Errorf("%s\ngave %+v", liars[i], o)
		}
	}
}

// Large and strange values are bounded, and what one call does is gone before the
// next.
func TestObservedBounds(t *testing.T) {
	for _, c := range []struct{ code, calls, want string }{
		{"def f(): return [0] * 10**7", "f()", "timeout"},
		{"def f(): return [[0] * 10**4] * 2", "f()", "[[0, 0, 0,"},
		{"def f(): return {(k,): k for k in range(10**6)}", "f()", "timeout"},
		{"def f():\n    x = []\n    for _ in range(10**5): x = [x]\n    return x", "f()", "RecursionError"},
		{"def f():\n    x = 0\n    for _ in range(60): x = [x, x]\n    return x", "f()", "timeout"},
		{"def f():\n    x = 0\n    for _ in range(45): x = {0: x, 1: x}\n    return x", "f()", "timeout"},
		{"def f(): return 10**10**4", "f()", "0x"},
		{"def f(): return 'a' * 10**6", "f()", "'aaaaaaaa"},
		{"def f():\n    while True: yield 'ab'", "f()", "<generator 'ab', 'ab', "},
		{"def f():\n    yield 1\n    while True: pass", "f()", "timeout"},
		{"def f():\n    yield 1\n    raise OSError", "f()", "OSError"},
		{"def f():\n    x = []\n    while True: x.append(' ' * 10**6)", "f()", "memory"},
		{"def f(): print('a' * 10**7)", "f()", "error"},
		{"def f(): exit(3)", "f()", "SystemExit"},
		{"n = [0]\ndef f():\n    n[0] += 1\n    return n[0]", "f()|f( )|1 + f()", "1|1|2"},
		{"import sys\ndef f(): return len(sys.stdin.read())", "f()", "0"},
		{"def f(x): x.append(1); return x", "f([])|f([0])", "[1]|[0, 1]"},
		{"def helper(): return 4\ndef f(x): return x", "f(helper())|f(sorted([3, 1]))", "4|[1, 3]"},
		{"class A:\n    def __init__(s, x): s.x = x\ndef f(x): return A(x)", "f(A(1))|f('a').x", "A(x=A(x=1))|'a'"},
		{"def f(): return 'line\\none \\x00 \\ud800'", "f()", `'line\none \x00 \ud800'`},
		{"import random\ndef f(): return random.random()", "f()|f( )", "0.46476775274873294|0.46476775274873294"},
	} {
		calls := strings.Split(c.calls, "|")
		row := observe(t, []string{c.code}, calls, sandbox.MatrixLimits())[0]
		for k, want := range strings.Split(c.want, "|") {
			if o := row[k]; !strings.HasPrefix(o.Text, want) || utf8.RuneCountInString(o.Text) > problem.MaxObservationText {
				t.Errorf("%s: %s gave %+v", c.code, calls[k], o)
			}
		}
	}
}

// The same observations with one worker and many, whatever was run before; calls that
// hang nearly all are dropped for all, and a solution that hangs on all is cut short.
func TestObserveIsDeterministic(t *testing.T) {
	var solutions []string
	for i := range 30 {
		solutions = append(solutions, fmt.Sprintf("def f(x):\n    while x == 3 and %d %% 5: pass\n    while x == 4 and %d < 3: pass\n    while %d == 7: pass\n    return x * %d\n", i, i, i, i%4))
	}
	var calls []string
	for c := range 14 {
		calls = append(calls, fmt.Sprintf("f(%d)", c))
	}
	lim := sandbox.MatrixLimits()
	lim.Fuel = 2e9
	one, cost, err := open(t, sandbox.Options{Workers: 1}).Observe(context.Background(), solutions, calls, lim)
	if err != nil {
		t.Fatal(err)
	}
	for i := range solutions {
		if o := one[i][3]; o != (problem.Observation{}) {
			t.Errorf("solution %d of the call that hangs most: %+v", i, o)
		}
		if o := one[i][4]; (o.Ending == problem.TimedOut) != (i < 3 || i == 7) {
			t.Errorf("solution %d of the call that hangs three: %+v", i, o)
		}
	}
	last := one[7][len(calls)-1]
	if cost.Dropped != 1 || cost.Hung > 25 || last.Ending != problem.TimedOut || !strings.HasPrefix(last.Text, "not run") {
		t.Errorf("%+v; solution 7 at last %+v", cost, last)
	}
	many := open(t, sandbox.Options{Workers: 6})
	for range 2 {
		again, other, err := many.Observe(context.Background(), solutions, calls, lim)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(one, again); d != "" || cost != other {
			t.Errorf("with more workers: %s, %+v, %+v", d, cost, other)
		}
		if _, _, err := many.Observe(context.Background(), solutions[rand.IntN(20):], calls[4:], lim); err != nil {
			t.Fatal(err)
		}
	}
}

// What ends is reported, and nothing half done.
func TestObserveStops(t *testing.T) {
	s := open(t, sandbox.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if rows, _, err := s.Observe(ctx, []string{"def f(): return 1\n"}, []string{"f()"}, sandbox.Limits{}); err == nil || rows != nil {
		t.Errorf("%v, %v", rows, err)
	}
	if _, _, err := s.Observe(context.Background(), nil, nil, sandbox.Limits{Memory: 1}); err == nil {
		t.Error("a limit that makes no sense is taken")
	}
	if rows, cost, err := s.Observe(context.Background(), nil, nil, sandbox.Limits{}); err != nil || len(rows) != 0 || cost != (sandbox.ObserveCost{}) {
		t.Errorf("%v, %+v, %v", rows, cost, err)
	}
}
