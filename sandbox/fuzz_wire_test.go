package sandbox

import (
	"slices"
	"testing"

	"coderm/problem"
)

// wireTests are what the judge runs while its solution's answers are made up.
var wireTests = []string{
	"assert f([1, 2], {'a': (1, 2)}) == [{1, 2.5}, 'x']\nassert f(1) == 2\n",
	"import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        a = A(1)\n        self.assertEqual(a.x, [1])\n        with self.assertRaises(E) as cm:\n            a.go(lambda v: v)\n        self.assertEqual(list(a), [1, 2])\n        self.assertEqual(cm.exception.code, 3)\n",
	wireOfKinds,
}

// wireOfKinds has what crosses in other ways: values of the library, members, things
// that run, subclasses of builtin types, what is printed and written.
const wireOfKinds = `
import asyncio, os
a = A(1)
assert a.kinds() == [Color.RED, P(1, 2), Decimal("1.5"), {1: (2,)}.keys(), L([1])]
assert [*a.steps()] == [0, 1]
async def waits(): return await a.later()
assert asyncio.run(waits()) == 7
with a as inner: assert inner.x == [1]
a.x.append(2)
assert a.x == [1, 2] and a.writes() is None
assert open("/tmp/w").read() == "w"
os.environ["A"] = "b"
assert callable(a.go) and A.made == 1 and repr(a) == "A"
`

const wireSolution = `
import asyncio, enum
from collections import namedtuple
from decimal import Decimal
class Color(enum.Enum): RED = 1
class L(list): pass
P = namedtuple("P", "x y")
class E(Exception):
    def __init__(self, code): self.code = code
class A:
    made = 0
    def __init__(self, x):
        A.made += 1
        self.x = [x]
    def kinds(self): return [Color.RED, P(1, 2), Decimal("1.5"), {1: (2,)}.keys(), L([1])]
    def steps(self):
        for k in range(2): yield k
    async def later(self):
        await asyncio.sleep(1)
        return 7
    def writes(self):
        print("w")
        with open("/tmp/w", "w") as g: g.write("w")
    def __enter__(self): return self
    def __exit__(self, *e): return False
    def __repr__(self): return "A"
    def go(self, f): raise E(f(3))
    def __iter__(self): yield from (1, 2)
def f(*a): return [{1, 2.5}, 'x'] if len(a) > 1 else 2
`

// wireOfPackages have what packages add: arrays in both sides, types, scalars, masked
// arrays, expressions, numbers of mpmath. They have no name that the solution uses, for the
// first answer after a call that comes back is the last that is kept.
var wireOfPackages = []string{
	"import numpy as n\nassert (f(n.arange(3)) == [1, 2, 3]).all()\n",
	"import numpy as n\na = n.zeros((2, 2), order='F')\ng(a)\nassert a.tolist() == [[0, 7], [0, 0]]\n",
	"import numpy as n\nassert h() == [n.float32(1.5), n.int64(2), n.dtype([('x', '<i4'), ('y', 'S3', (2,))])]\n",
	"import numpy as n\nassert words().tolist() == ['a', None] and masked().sum() == 4\n",
	"from sympy import *\nassert term(Symbol('x')) == sin(Symbol('x')) ** 2 + Rational(1, 3)\nassert matrix() == Matrix([[1, 2]])\n",
	"import mpmath as m\nassert quarter() == m.mpf(1) / 4\n",
}

const packagesSolution = `
import numpy as np, sympy, mpmath
def f(x): return x + 1
def g(a): a[0, 1] = 7
def h(): return [np.float32(1.5), np.int64(2), np.dtype([("x", "<i4"), ("y", "S3", (2,))])]
def words(): return np.array(["a", None], dtype=object)
def masked(): return np.ma.array([1, 2, 3], mask=[0, 1, 0])
def term(x): return sympy.sin(x) ** 2 + sympy.Rational(1, 3)
def matrix(): return sympy.Matrix([[1, 2]])
def quarter(): return mpmath.mpf("0.25")
`

// wire is a solution and tests, what it answers to which is made up.
type wire struct {
	s        *Sandbox
	edition  *edition
	solution string
	tests    []string
	lim      Limits
}

// FuzzWire gives the judge answers that no honest solution sends: whatever they
// are, it ends with a verdict, and what is no message ends as the contestant's
// crash.
func FuzzWire(f *testing.F) {
	s, err := New(f.Context(), Options{Workers: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	fuzzWire(f, &wire{s, s.library, wireSolution, wireTests, Limits{Fuel: 2e8}.withDefaults()})
}

// FuzzWirePackages is the same for what crosses of packages.
func FuzzWirePackages(f *testing.F) {
	s := withPackages(f, Options{Workers: 1})
	e, err := s.withPackages(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	fuzzWire(f, &wire{s, e, packagesSolution, wireOfPackages, Limits{Fuel: 1e9}.withDefaults()})
}

func fuzzWire(f *testing.F, x *wire) {
	f.Cleanup(x.s.ticks.use())
	honest := make([][][]byte, len(x.tests))
	for n, test := range x.tests {
		honest[n] = x.honestAnswers(f, test)
		for k, answer := range honest[n] {
			f.Add(n, k, answer, uint16(0), []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, n, k int, answer []byte, at uint16, change []byte) {
		answer = slices.Clone(answer)
		copy(answer[min(int(at), len(answer)):], change)
		before := honest[uint(n)%uint(len(honest))]
		before = before[:uint(k)%uint(len(before))] // the answers until then are honest
		v := x.madeUp(t, x.tests[uint(n)%uint(len(x.tests))], append(slices.Clip(before), answer))
		if v.Kind == Infra || v.Kind == Pass && len(before) == 0 { // the last answer may be right
			t.Errorf("%v: %s", v.Kind, v.Detail)
		}
	})
}

// onWorker runs f on one of s's workers.
func onWorker(t testing.TB, s *Sandbox, f func(w *worker)) {
	t.Helper()
	done := make(chan bool)
	if !s.do(t.Context(), func(w *worker) { f(w); close(done) }) {
		t.Fatal("no worker")
	}
	<-done
}

// onWorker runs f on a worker's instances of the edition.
func (x *wire) onWorker(t testing.TB, f func(w *worker)) {
	t.Helper()
	onWorker(t, x.s, func(w *worker) {
		if w, err := w.in(x.edition, x.lim); err != nil {
			t.Error(err)
		} else {
			f(w)
		}
	})
}

// honestAnswers are what the solution sends in a test.
func (x *wire) honestAnswers(t testing.TB, test string) (given [][]byte) {
	x.onWorker(t, func(w *worker) {
		c := w.prepare(t.Context(), problem.PythonTest(test), x.lim)
		c.trace = &trace{}
		led := &answers{}
		src := w.source(t.Context(), x.solution, solutionSource, x.lim)
		if v, err := w.load(x.solution, src.blob, x.lim, true); v != nil || err != nil {
			t.Error(v, err)
			return
		}
		if v, _, err := w.judged(c, led, x.lim); v.Kind != Pass || err != nil {
			t.Error(v, err)
		}
		given = led.given
	})
	return given
}

// madeUp is the verdict of a test whose first requests are answered so.
func (x *wire) madeUp(t testing.TB, test string, given [][]byte) (v Verdict) {
	x.onWorker(t, func(w *worker) {
		c := w.prepare(t.Context(), problem.PythonTest(test), x.lim)
		w.kept = false
		if err := w.reset(x.lim); err != nil {
			t.Error(err)
			return
		}
		c.trace = &trace{}
		led := &answers{given: given, fuel: make([]uint64, len(given)), forged: true}
		var err error
		if v, _, err = w.judged(c, led, x.lim); err != nil {
			t.Error(err)
		}
	})
	return v
}
