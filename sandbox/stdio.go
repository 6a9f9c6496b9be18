package sandbox

import (
	"coderm/problem"
	"coderm/sandbox/internal/wasmtime"
)

// The guest's numbers of comparisons (compare.c); others are compared as lines.
var comparisons = map[problem.CheckerKind]uint64{problem.CheckDecimals: 1}

// stdio runs one program as __main__ with an input on standard input. It passes when
// its standard output is right by the test's checker.
func (w *worker) stdio(src string, blob []byte, t compiled, lim Limits) (Verdict, error) {
	test := t.stdio
	switch test.Compare.Kind {
	case problem.CheckTolerance, problem.CheckUnordered, problem.CheckPython:
		return w.checked(src, blob, t, lim)
	}
	return w.asMain(src, blob, test.Input, test.Expected, lim, func(g *guest, b *wasmtime.Budget) error {
		if rule := comparisons[test.Compare.Kind]; rule != 0 {
			_, _, err := g.Call(g.compare, *b, rule)
			return err
		}
		return nil
	})
}

// asMain runs a program as __main__, from the start state that prepare has added to.
func (w *worker) asMain(src string, blob []byte, input, expected string, lim Limits, prepare func(*guest, *wasmtime.Budget) error) (v Verdict, err error) {
	err = w.onAlone(lim, func(w *worker) error {
		b := budget(lim)
		err := w.inside(func() error {
			return w.guest.main(src, blob, input, expected, lim, &b, prepare)
		})
		v, err = w.outcome(err, lim)
		v.Fuel = lim.Fuel - b.Fuel
		return err
	})
	return v, err
}

// main is asMain in the instance that does it.
func (g *guest) main(src string, blob []byte, input, expected string, lim Limits, b *wasmtime.Budget, prepare func(*guest, *wasmtime.Budget) error) error {
	defer func() { g.shown = nil }()
	nonce := g.newNonce()
	// The limit is for what a program prints beyond what it should; trailing
	// blanks are no difference.
	if err := g.setOutput(lim.Output+2*int64(len(expected)), b); err != nil {
		return err
	}
	if err := prepare(g, b); err != nil {
		return err
	}
	args := []uint64{nonce}
	for _, data := range [][]byte{blob, []byte(src), []byte(input), []byte(expected)} {
		at, err := g.put(data, b)
		if err != nil {
			return err
		}
		args = append(args, at, uint64(len(data)))
	}
	_, fuel, err := g.Call(g.stdioCall, *b, args...)
	b.Fuel -= min(fuel, b.Fuel)
	return err
}
