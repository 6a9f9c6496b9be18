package difficulty

import (
	"math"
	"strings"
	"unicode"
)

// Known is what is known of a problem before any test. Either part may be nil.
type Known struct {
	Text   []float64 // TextFeatures of the question
	Hidden []float64 // the model's hidden state for the prompt, [n_embd]
}

// Wide gives a hidden state as the engine has it the precision of Known.
func Wide(state []float32) []float64 {
	if state == nil {
		return nil
	}
	out := make([]float64, len(state))
	for i, x := range state {
		out[i] = float64(x)
	}
	return out
}

// textNames are the features of TextFeatures, in order.
var textNames = []string{
	"log_characters", "log_tokens", "lines", "sentences", "examples", "arguments", "numbers", "word_length", "conditions", "loops",
}

// TextFeatures describes a question cheaply, without a model. Counts enter as
// log(1+n): the tenth example says less than the first.
func TextFeatures(question string) []float64 {
	words := strings.FieldsFunc(question, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' })
	lower := strings.ToLower(question)
	count := func(parts ...string) float64 {
		n := 0
		for _, p := range parts {
			n += strings.Count(lower, p)
		}
		return math.Log1p(float64(n))
	}
	letters := 0
	for _, w := range words {
		letters += len(w)
	}
	numbers, inNumber, symbols := 0, false, 0
	for _, r := range question {
		digit := unicode.IsDigit(r)
		if digit && !inNumber {
			numbers++
		}
		inNumber = digit
		if unicode.IsPunct(r) || unicode.IsSymbol(r) {
			symbols++
		}
	}
	return []float64{
		math.Log1p(float64(len(question))),
		math.Log1p(float64(len(words) + numbers + symbols)),
		count("\n"),
		count(". ", ".\n"),
		count(">>>", "==", "=>", "➞", "example"),
		arguments(question),
		math.Log1p(float64(numbers)),
		float64(letters) / math.Max(1, float64(len(words))),
		count(" if ", " otherwise", " unless", " except", " not ", " only "),
		count(" each ", " every ", " all ", " any ", "list", "array"),
	}
}

// arguments is log(1+n) for the n parameters of the last function defined.
func arguments(question string) float64 {
	_, after, ok := cutLast(question, "def ")
	if !ok {
		return 0
	}
	_, after, _ = strings.Cut(after, "(")
	n, depth, any := 0, 1, false
	for _, r := range after {
		switch r {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 1 {
				n++
			}
		}
		if depth == 0 {
			break
		}
		any = any || !unicode.IsSpace(r)
	}
	if any {
		n++
	}
	return math.Log1p(float64(n))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
