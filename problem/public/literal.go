package public

import "strings"

// scanner reads Python literals (Python reference, "Lexical analysis" and
// "Displays"): numbers, strings, True, False, None, and lists, tuples, sets and
// dicts of them. Nothing that runs anything.
type scanner struct {
	text string
	pos  int
}

// depths bounds how deep displays may nest.
const depths = 50

// literal is the length of the literal that text begins with, or -1.
func literal(text string) int {
	s := scanner{text: text}
	if !s.value(depths) {
		return -1
	}
	return s.pos
}

// arguments is the length of a call's arguments, all literals, up to and with
// the closing parenthesis; text begins after the opening one. -1 if they are
// something else.
func arguments(text string) int {
	s := scanner{text: text}
	if !s.items(')', func() bool {
		s.keyword()
		return s.value(depths)
	}) {
		return -1
	}
	return s.pos
}

// keyword skips "name=".
func (s *scanner) keyword() {
	i := s.pos
	for i < len(s.text) && isWord(s.text[i]) {
		i++
	}
	rest := strings.TrimLeft(s.text[i:], " ")
	if i > s.pos && strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		s.pos = len(s.text) - len(rest) + 1
		s.space()
	}
}

func (s *scanner) space() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) value(depth int) bool {
	if depth == 0 {
		return false
	}
	element := func() bool { return s.value(depth - 1) }
	switch c := s.peek(); {
	case c == '[':
		s.pos++
		return s.items(']', element)
	case c == '(':
		s.pos++
		return s.items(')', element)
	case c == '{':
		s.pos++
		return s.items('}', func() bool { return s.pair(depth) })
	case c == '\'' || c == '"':
		return s.str()
	case c == '-' || c == '+':
		s.pos++
		return s.number()
	case c >= '0' && c <= '9' || c == '.':
		return s.number()
	}
	for _, word := range []string{"True", "False", "None"} {
		if rest, ok := strings.CutPrefix(s.text[s.pos:], word); ok && (rest == "" || !isWord(rest[0])) {
			s.pos += len(word)
			return true
		}
	}
	return false
}

// pair reads a set's element or a dict's key and value.
func (s *scanner) pair(depth int) bool {
	if !s.value(depth - 1) {
		return false
	}
	s.space()
	if s.peek() != ':' {
		return true
	}
	s.pos++
	s.space()
	return s.value(depth - 1)
}

// items reads elements between commas up to the closing bracket.
func (s *scanner) items(closing byte, element func() bool) bool {
	for {
		s.space()
		if s.peek() == closing {
			s.pos++
			return true
		}
		if !element() {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case closing:
		default:
			return false
		}
	}
}

func (s *scanner) str() bool {
	quote := s.text[s.pos]
	if strings.HasPrefix(s.text[s.pos:], strings.Repeat(string(quote), 3)) {
		return false // the end of the docstring
	}
	for i := s.pos + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '\n':
			return false
		case quote:
			s.pos = i + 1
			return true
		}
	}
	return false
}

// number reads an integer or a float in decimal. A full stop that ends a
// sentence is not part of it.
func (s *scanner) number() bool {
	digits := func() bool {
		start := s.pos
		for c := s.peek(); c >= '0' && c <= '9' || c == '_' && s.pos > start; c = s.peek() {
			s.pos++
		}
		return s.pos > start
	}
	whole := digits()
	if next := s.pos + 1; s.peek() == '.' && next < len(s.text) && s.text[next] >= '0' && s.text[next] <= '9' {
		s.pos++
		digits()
		whole = true
	}
	if !whole {
		return false
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '-' || c == '+' {
			s.pos++
		}
		if !digits() {
			return false
		}
	}
	return !isWord(s.peek())
}
