package passfile

import (
	"bytes"
	"fmt"

	"coderm/rerank"
)

// digits are how the outcomes are written.
var digits = [...]byte{
	rerank.Unrun: '9', rerank.Pass: '1', rerank.Fail: '0', rerank.Error: '2', rerank.Timeout: '3', rerank.Broken: '4', rerank.Slow: '5',
}

// Digit is how a file writes an outcome: 1 pass, 0 fail, 2 error, 3 out of a
// limit, 4 the solution does not load, 5 out of a first, small limit, 9 not run.
func Digit(o rerank.Outcome) byte { return digits[o] }

// ParseDigit is the outcome that a file writes as digit; '.' is another way to
// write Unrun.
func ParseDigit(digit byte) (rerank.Outcome, bool) {
	if digit == '.' {
		return rerank.Unrun, true
	}
	i := bytes.IndexByte(digits[:], digit)
	return rerank.Outcome(max(0, i)), i >= 0
}

// Digits writes outcomes, rows × cols, as a string a row.
func Digits(rows, cols int, at func(i, j int) rerank.Outcome) []string {
	out := make([]string, rows)
	for i := range out {
		row := make([]byte, cols)
		for j := range row {
			row[j] = Digit(at(i, j))
		}
		out[i] = string(row)
	}
	return out
}

// TruthDigits writes which rows are right.
func TruthDigits(right []bool) string {
	out := make([]byte, len(right))
	for i, r := range right {
		out[i] = '0'
		if r {
			out[i] = '1'
		}
	}
	return string(out)
}

// parseDigits calls set for every digit of the rows, which are equally long.
func parseDigits(name string, rows []string, set func(i, j int, o rerank.Outcome)) error {
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return fmt.Errorf("%s row %d has %d digits, row 0 has %d", name, i, len(row), len(rows[0]))
		}
		for j := range row {
			o, ok := ParseDigit(row[j])
			if !ok {
				return fmt.Errorf("%s row %d has %q; use 0 to 5, or 9 for a pair not run", name, i, row[j])
			}
			set(i, j, o)
		}
	}
	return nil
}
