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

// Features says which parts of Known to use.
type Features struct {
	Text   bool `json:"text"`
	Hidden bool `json:"hidden"`
}

// Has tells which features every problem has.
func Has(known []Known) Features {
	f := Features{Text: len(known) > 0, Hidden: len(known) > 0}
	for _, k := range known {
		f.Text = f.Text && len(k.Text) > 0
		f.Hidden = f.Hidden && len(k.Hidden) > 0
	}
	return f
}

// Kinds lists the ways to use some of the features there are.
func (f Features) Kinds() []Features {
	var out []Features
	for _, use := range []Features{{Text: true}, {Hidden: true}, {Text: true, Hidden: true}} {
		if (!use.Text || f.Text) && (!use.Hidden || f.Hidden) {
			out = append(out, use)
		}
	}
	return out
}

func (f Features) String() string {
	switch {
	case f.Text && f.Hidden:
		return "text + hidden state"
	case f.Text:
		return "text"
	case f.Hidden:
		return "hidden state"
	}
	return "none"
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
