package model

import (
	"slices"
	"strings"
)

// joinMethods puts blocks of methods alone where they belong: at the end of the
// test class with which the block before them ends.
func joinMethods(blocks []codeBlock) []codeBlock {
	var out []codeBlock
	for i := 0; i < len(blocks); {
		first := i
		var more listing
		for i++; i < len(blocks); i++ {
			m := methods(blocks[i].listing)
			if len(m) == 0 {
				break
			}
			more = append(append(more, line{}), m...)
		}
		if len(more) == 0 || !addMethods(&blocks[first].listing, more) {
			out = append(out, blocks[first:i]...)
		} else {
			out = append(out, blocks[first])
		}
	}
	return out
}

// isStart tells the statements that run a program's tests.
func (s statement) isStart() bool {
	return strings.HasPrefix(s.head, "if __name__") || strings.HasPrefix(s.head, "unittest.main(")
}

// methods are the definitions of a block that has nothing else, but its start.
func methods(l listing) listing {
	var out listing
	for _, s := range statementsOf(l) {
		switch {
		case s.isStart():
		case s.name == "" || !strings.Contains(s.head, "(self") && !strings.Contains(s.head, "(cls"):
			return nil
		default:
			out = append(out, l[s.start:s.end]...)
			if s.end < len(l) && isBlank(l[s.end].text) {
				out = append(out, line{})
			}
		}
	}
	return out.dedent().trim()
}

// addMethods adds to the test class that a block ends with, in the place of its
// start; false where it ends with something else.
func addMethods(to *listing, methods listing) bool {
	l, list := *to, statementsOf(*to)
	for len(list) > 0 && list[len(list)-1].isStart() {
		list = list[:len(list)-1]
	}
	if len(list) == 0 || !list[len(list)-1].hasTests() {
		return false
	}
	class := list[len(list)-1]
	indent := "    "
	if body := slices.IndexFunc(l[class.start:class.end], func(x line) bool { return isIndented(x.text) && !isBlank(x.text) }); body >= 0 {
		text := l[class.start+body].text
		indent = text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	}
	out := l[:class.end:class.end]
	for _, x := range methods {
		if !isBlank(x.text) {
			x.text = indent + x.text
		}
		out = append(out, x)
	}
	*to = out
	return true
}
