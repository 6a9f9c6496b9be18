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
}

const wireSolution = `
class E(Exception):
    def __init__(self, code): self.code = code
class A:
    def __init__(self, x): self.x = [x]
    def go(self, f): raise E(f(3))
    def __iter__(self): yield from (1, 2)
def f(*a): return [{1, 2.5}, 'x'] if len(a) > 1 else 2
`

// FuzzWire gives the judge answers that no honest solution sends: whatever they
// are, it ends with a verdict, and what is no message ends as the contestant's
// crash.
func FuzzWire(f *testing.F) {
	s, err := New(f.Context(), Options{Workers: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	lim := Limits{Fuel: 2e8}.withDefaults()
	stop := s.ticks.use()
	f.Cleanup(stop)
	for n, test := range wireTests {
		for _, answer := range honestAnswers(f, s, test, lim) {
			f.Add(n, answer, uint16(0), []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, n int, answer []byte, at uint16, change []byte) {
		answer = slices.Clone(answer)
		copy(answer[min(int(at), len(answer)):], change)
		v := madeUp(t, s, wireTests[uint(n)%2], answer, lim)
		if v.Kind == Infra || v.Kind == Pass {
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

// honestAnswers are what the solution sends in a test.
func honestAnswers(t testing.TB, s *Sandbox, test string, lim Limits) (given [][]byte) {
	onWorker(t, s, func(w *worker) {
		c := w.prepare(t.Context(), problem.PythonTest(test), lim)
		c.trace = &trace{}
		led := &answers{}
		src := w.source(t.Context(), wireSolution, solutionSource, lim)
		if v, err := w.load(wireSolution, src.blob, lim, true); v != nil || err != nil {
			t.Error(v, err)
			return
		}
		if v, _, err := w.judged(c, led, lim); v.Kind != Pass || err != nil {
			t.Error(v, err)
		}
		given = led.given
	})
	return given
}

// madeUp is the verdict of a test whose first request is answered so.
func madeUp(t testing.TB, s *Sandbox, test string, answer []byte, lim Limits) (v Verdict) {
	onWorker(t, s, func(w *worker) {
		c := w.prepare(t.Context(), problem.PythonTest(test), lim)
		w.kept = false
		if err := w.reset(lim); err != nil {
			t.Error(err)
			return
		}
		c.trace = &trace{}
		led := &answers{given: [][]byte{answer}, fuel: []uint64{0}, forged: true}
		var err error
		if v, _, err = w.judged(c, led, lim); err != nil {
			t.Error(err)
		}
	})
	return v
}
