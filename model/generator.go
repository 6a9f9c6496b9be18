package model

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// ErrNoGenerator is why a completion gives no inputs that was to have a program for them.
var ErrNoGenerator = errors.New("no Python program that prints an input in the completion")

// What tells the two programs apart: the words before them, or what they do.
var (
	roleWord = regexp.MustCompile(`(?i)\b(generat|validat)`)
	takes    = regexp.MustCompile(`\b(?:stdin|input\(\))`)
	draws    = regexp.MustCompile(`\b(?:argv|SEED|random|randint)\b`)
)

// extractGenerator reads a program that prints an input and, if there is one, another
// that says whether an input is allowed: the blocks of Python in the answer, or all of
// it. Of two for the same the last counts, as a draft comes before what is meant.
func extractGenerator(a Answer) (x Extraction, err error) {
	text := newlines.Replace(a.Lead + a.Completion)
	r := reader{why: map[int]string{}}
	answer := r.answer(text)
	d := readMarkdown(withoutTags(answer))
	r.fences = d.fences
	blocks, before := d.blocks, d.prose
	if all := answer.dedent().trim(); len(blocks) == 0 && isPython(all) {
		blocks, before = []codeBlock{{listing: all, open: true}}, []listing{nil}
	}
	var generator, validator listing
	for i, b := range blocks {
		said := strings.ToLower(b.info)
		switch code := b.dedent().trim(); {
		case len(code) == 0 || said != "" && !strings.Contains(said, "py"):
		case b.open && a.Truncated:
			r.cut(b.listing, cutTailOff)
		case isValidator(before[i], code.String(), len(generator) > 0):
			validator = code
		default:
			generator = code
		}
	}
	x.Cut = r.cuts(text, slices.Concat(generator, validator))
	if len(generator) == 0 {
		return x, ErrNoGenerator
	}
	x.Lines = []Lines{ioTest{from: generator}.lines()}
	x.Generator, x.Validator = generator.String(), validator.String()
	return x, nil
}

// isValidator decides what a program is by the last word before it that says so, else by
// what it does.
func isValidator(before listing, code string, second bool) bool {
	if words := roleWord.FindAllString(before.String(), -1); len(words) > 0 {
		return strings.EqualFold(words[len(words)-1], "validat")
	}
	switch reads, drawn := takes.MatchString(code), draws.MatchString(code); {
	case reads && !drawn:
		return true
	case drawn:
		return false
	}
	return second
}
