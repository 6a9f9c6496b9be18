package sandbox

import "coderm/problem"

// The guest's numbers of comparisons (compare.c); others are compared as lines.
var comparisons = map[problem.Comparison]uint64{problem.CompareDecimals: 1}

// stdio runs one program as __main__ with an input on standard input. It passes when
// its standard output equals what is expected.
func (w *worker) stdio(src string, blob []byte, test *problem.Test, lim Limits) (Verdict, error) {
	if err := w.reset(lim); err != nil {
		return Verdict{}, err
	}
	b := budget(lim)
	err := w.inside(func() error {
		g := w.guest
		// The limit is for what a program prints beyond what it should; trailing
		// blanks are no difference.
		if err := g.setOutput(lim.Output+2*int64(len(test.Expected)), &b); err != nil {
			return err
		}
		if rule := comparisons[test.Compare]; rule != 0 {
			if _, _, err := g.Call(g.compare, b, rule); err != nil {
				return err
			}
		}
		args := []uint64{g.newNonce()}
		for _, data := range [][]byte{blob, []byte(src), []byte(test.Input), []byte(test.Expected)} {
			at, err := g.put(data, &b)
			if err != nil {
				return err
			}
			args = append(args, at, uint64(len(data)))
		}
		_, fuel, err := g.Call(g.stdioCall, b, args...)
		b.Fuel -= min(fuel, b.Fuel)
		return err
	})
	v, err := w.outcome(err, lim)
	v.Fuel = lim.Fuel - b.Fuel
	return v, err
}
