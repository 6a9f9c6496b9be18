package sandbox

import (
	"encoding/json"
	"strings"
)

// stdioMark starts a text that is not Python but a Stdio test. Python source
// cannot contain it.
const stdioMark = "\x00stdio\x00"

// Stdio makes a test of an input and the output it should give. The solution is
// then a whole program, run as __main__ with that standard input; it passes
// when its standard output equals want, trailing blanks aside.
func Stdio(input, want string) string {
	text, _ := json.Marshal([2]string{input, want}) // strings always marshal
	return stdioMark + string(text)
}

// parseStdio takes a Stdio test apart; ok is false for any other test.
func parseStdio(test string) (input, want string, ok bool) {
	text, ok := strings.CutPrefix(test, stdioMark)
	if !ok {
		return "", "", false
	}
	var parts [2]string
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// stdio runs one program with an input.
func (w *worker) stdio(src string, blob []byte, input, want string, lim Limits) (Verdict, error) {
	if err := w.reset(lim); err != nil {
		return Verdict{}, err
	}
	b := budget(lim)
	err := w.inside(func() error {
		g := w.guest
		if err := g.setOutput(lim, &b); err != nil {
			return err
		}
		args := []uint64{g.newNonce()}
		for _, data := range [][]byte{blob, []byte(src), []byte(input), []byte(want)} {
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
