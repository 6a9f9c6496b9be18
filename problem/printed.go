package problem

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What programs print, by the checkers that need neither the input nor a program. The
// output is anybody's text: nothing of it is taken for granted.

// Accepts tells whether an output is right by the expected one, and if not, where it
// is not. It is for all kinds but those that need a program.
func (c Checker) Accepts(output, expected []byte) (ok bool, why string) {
	if bytes.Equal(output, expected) {
		return true, ""
	}
	switch c.Kind {
	case CheckUnordered:
		return sameAnyOrder(printedLines(output), printedLines(expected))
	case CheckTolerance:
		return c.sameWords(output, expected)
	}
	return sameLines(c.lines(output), c.lines(expected), c.form)
}

// lines are those that the checker compares.
func (c Checker) lines(output []byte) [][]byte {
	if c.Kind == CheckDecimals {
		output = strip(output)
	}
	return printedLines(output)
}

// form is what equal lines have in common.
func (c Checker) form(line []byte) []byte {
	if c.Kind == CheckDecimals {
		return decimalForm(strip(line))
	}
	return line
}

// Form is a text that outputs have in common exactly where the checker takes each for
// the other; ok is false for a kind that has none: a tolerance is not transitive, and
// what a program takes for equal only that knows.
func (c Checker) Form(output []byte) (form []byte, ok bool) {
	lines := c.lines(output)
	switch c.Kind {
	case ByProblem, CheckLines, CheckDecimals:
		for i, line := range lines {
			lines[i] = c.form(line)
		}
	case CheckUnordered:
		slices.SortFunc(lines, bytes.Compare)
	default:
		return nil, false
	}
	return bytes.Join(lines, []byte("\n")), true
}

// printedLines are an output's lines without blanks at their ends and without empty
// ones at the end of all.
func printedLines(output []byte) [][]byte {
	lines := bytes.Split(output, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, " \r\t")
	}
	for len(lines) > 0 && len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// strip takes off both ends what Python's str.strip does of ASCII.
func strip(text []byte) []byte { return bytes.TrimFunc(text, asciiBlank) }

func asciiBlank(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' || r >= 0x1c && r <= 0x1f }

// sameLines names the first line that differs.
func sameLines(got, want [][]byte, form func([]byte) []byte) (ok bool, why string) {
	for i := range max(len(got), len(want)) {
		var a, b []byte // after its end an output is empty lines
		if i < len(got) {
			a = got[i]
		}
		if i < len(want) {
			b = want[i]
		}
		if !bytes.Equal(a, b) && !bytes.Equal(form(a), form(b)) {
			return false, fmt.Sprintf("output line %d is %s, want %s", i+1, briefly(a), briefly(b))
		}
	}
	return true, ""
}

// sameAnyOrder names a line that one has more often than the other.
func sameAnyOrder(got, want [][]byte) (ok bool, why string) {
	count := map[string]int{}
	for _, line := range want {
		count[string(line)]++
	}
	for i, line := range got {
		if count[string(line)]--; count[string(line)] < 0 {
			return false, fmt.Sprintf("output line %d is %s, which is not wanted, or not as often", i+1, briefly(line))
		}
	}
	for _, line := range want {
		if count[string(line)] > 0 {
			return false, fmt.Sprintf("the output lacks the line %s", briefly(line))
		}
	}
	return true, ""
}

// sameWords is CheckTolerance.
func (c Checker) sameWords(output, expected []byte) (ok bool, why string) {
	for n := 1; ; n++ {
		got, want := nextWord(&output), nextWord(&expected)
		switch {
		case len(got) == 0 && len(want) == 0:
			return true, ""
		case !bytes.Equal(got, want) && !c.near(got, want):
			return false, fmt.Sprintf("output word %d is %s, want %s", n, briefly(got), briefly(want))
		}
	}
}

// nextWord cuts the first word off a text; empty at its end.
func nextWord(text *[]byte) []byte {
	*text = bytes.TrimLeftFunc(*text, asciiBlank)
	end := bytes.IndexFunc(*text, asciiBlank)
	if end < 0 {
		end = len(*text)
	}
	word := (*text)[:end]
	*text = (*text)[end:]
	return word
}

// numeral is a number as programs print and people write it: no hexadecimal, no
// infinity, and nothing that is none.
var numeral = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)

// maxNumeral is how long a number may be that is taken for one, in characters.
const maxNumeral = 1000

// rounding is what testlib's doubleCompare adds to the error, for that of its own sums.
const rounding = 1e-15

// near compares two words as numbers.
func (c Checker) near(got, want []byte) bool {
	if len(got) > maxNumeral || len(want) > maxNumeral || !numeral.Match(got) || !numeral.Match(want) {
		return false
	}
	g, err := strconv.ParseFloat(string(got), 64)
	w, err2 := strconv.ParseFloat(string(want), 64)
	if err != nil || err2 != nil { // beyond what a float holds
		return false
	}
	apart := math.Abs(g - w)
	return apart <= c.Absolute+rounding || apart <= c.Relative*math.Abs(w)+rounding
}

// decimalForm is a line of which every word is a number with each as it is shortest,
// any other as it is.
func decimalForm(line []byte) []byte {
	words := bytes.FieldsFunc(line, asciiBlank)
	for i, word := range words {
		form, ok := shortest(word)
		if !ok {
			return line
		}
		words[i] = []byte(form)
	}
	return bytes.Join(words, []byte(" "))
}

var decimal = regexp.MustCompile(`^([+-]?)(?:(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,9}))?|(inf|infinity))$`)

// shortest writes a number of Python's decimal module as its digits without zeros at
// either end and a power of ten.
func shortest(word []byte) (form string, ok bool) {
	m := decimal.FindStringSubmatch(strings.ToLower(strings.ReplaceAll(string(word), "_", "")))
	switch {
	case m == nil || m[2]+m[3]+m[5] == "":
		return "", false
	case m[1] == "+":
		m[1] = ""
	}
	if m[5] != "" {
		return m[1] + "inf", true
	}
	exponent := 0
	if m[4] != "" {
		exponent, _ = strconv.Atoi(m[4]) // nine digits at most
	}
	digits := strings.TrimLeft(m[2]+m[3], "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0", true // whatever its sign
	}
	return fmt.Sprintf("%s%se%d", m[1], short, exponent-len(m[3])+len(digits)-len(short)), true
}

// briefly is a piece of an output for people.
func briefly(text []byte) string {
	if len(text) == 0 {
		return "empty"
	}
	if len(text) > 100 {
		text = text[:100]
	}
	return strings.ToValidUTF8(string(text), "�")
}
