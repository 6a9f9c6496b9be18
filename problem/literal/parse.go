package literal

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrNoLiteral is of a text that is something else than a literal, or one that has
// no Value: a formatted string, bytes, a complex number, half of a surrogate pair.
var ErrNoLiteral = errors.New("no Python literal")

const (
	maxDepth  = 50   // how deep displays may nest
	maxDigits = 4300 // of an integer in decimal: Python's own limit
)

// Parse reads a text that is one literal.
func Parse(text string) (Value, error) {
	p := parser{text: text}
	p.space()
	v, ok := p.value(maxDepth)
	p.space()
	if !ok || p.pos < len(text) {
		return Value{}, ErrNoLiteral
	}
	return v, nil
}

// ParseCall reads a text that is one call of a name with literal arguments.
func ParseCall(text string) (Call, error) {
	p := parser{text: text}
	p.space()
	c := Call{Func: p.name()}
	for c.Func != "" && p.take('.') {
		part := p.name()
		if part == "" {
			return Call{}, ErrNoLiteral
		}
		c.Func += "." + part
	}
	if c.Func == "" || !p.take('(') {
		return Call{}, ErrNoLiteral
	}
	ok := p.items(')', func() bool {
		a := Argument{Name: p.keyword()}
		var ok bool
		a.Value, ok = p.value(maxDepth)
		// After a named argument the others are named too.
		if n := len(c.Args); a.Name == "" && n > 0 && c.Args[n-1].Name != "" {
			return false
		}
		c.Args = append(c.Args, a)
		return ok
	})
	p.space()
	if !ok || p.pos < len(text) {
		return Call{}, ErrNoLiteral
	}
	return c, nil
}

// parser reads from pos (Python reference, "Lexical analysis" and "Displays").
type parser struct {
	text  string
	pos   int
	comma bool // after items: the last element had a comma after it
}

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// space skips blanks, also newlines: within brackets they are blanks.
func (p *parser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// name reads an identifier.
func (p *parser) name() string {
	start := p.pos
	for c := p.peek(); isLetter(c) || p.pos > start && isDigit(c); c = p.peek() {
		p.pos++
	}
	return p.text[start:p.pos]
}

// keyword reads "name=", or nothing.
func (p *parser) keyword() string {
	start := p.pos
	name := p.name()
	p.space()
	if name == "" || !p.take('=') || p.peek() == '=' {
		p.pos = start
		return ""
	}
	p.space()
	return name
}

func (p *parser) value(depth int) (Value, bool) {
	if depth == 0 {
		return Value{}, false
	}
	switch c := p.peek(); {
	case c == '[':
		return p.display(List, ']', depth)
	case c == '(':
		return p.parenthesis(depth)
	case c == '{':
		return p.braces(depth)
	case c == '-' || c == '+':
		p.pos++
		p.space()
		v, ok := p.number()
		if ok && c == '-' {
			v = v.negative()
		}
		return v, ok
	case isDigit(c) || c == '.':
		return p.number()
	case c == '\'' || c == '"':
		return p.strings()
	}
	start := p.pos
	word := p.name()
	switch word {
	case "None":
		return Value{}, true
	case "True", "False":
		return Value{Kind: Bool, Bool: word == "True"}, true
	case "set":
		return Value{Kind: Set}, strings.HasPrefix(p.text[p.pos:], "()") && p.take('(') && p.take(')')
	}
	if c := p.peek(); c == '\'' || c == '"' {
		p.pos = start
		return p.strings()
	}
	return Value{}, false
}

func (v Value) negative() Value {
	if v.Kind == Int {
		return Value{Kind: Int, Int: new(big.Int).Neg(v.Int)}
	}
	return Value{Kind: Float, Float: -v.Float}
}

// items reads elements between commas up to the closing bracket.
func (p *parser) items(closing byte, element func() bool) bool {
	p.comma = false
	for {
		p.space()
		if p.take(closing) {
			return true
		}
		if !element() {
			return false
		}
		p.space()
		if p.comma = p.take(','); !p.comma && p.peek() != closing {
			return false
		}
	}
}

func (p *parser) display(kind Kind, closing byte, depth int) (Value, bool) {
	p.pos++
	v := Value{Kind: kind}
	ok := p.items(closing, func() bool {
		item, ok := p.value(depth - 1)
		v.Items = append(v.Items, item)
		return ok
	})
	return v, ok
}

// parenthesis reads a tuple, or a value in parentheses.
func (p *parser) parenthesis(depth int) (Value, bool) {
	v, ok := p.display(Tuple, ')', depth)
	if ok && len(v.Items) == 1 && !p.comma {
		return v.Items[0], true
	}
	return v, ok
}

// braces reads a set or a dict. Elements that cannot be hashed are no literal.
func (p *parser) braces(depth int) (Value, bool) {
	p.pos++
	v := Value{Kind: Dict}
	first := true
	ok := p.items('}', func() bool {
		key, ok := p.value(depth - 1)
		if !ok || !key.Hashable() {
			return false
		}
		v.Items = append(v.Items, key)
		p.space()
		pair := p.take(':')
		if first && !pair {
			v.Kind = Set
		}
		first = false
		if pair != (v.Kind == Dict) {
			return false
		}
		if !pair {
			return true
		}
		p.space()
		item, ok := p.value(depth - 1)
		v.Items = append(v.Items, item)
		return ok
	})
	return v, ok
}

// number reads an integer or a float.
func (p *parser) number() (Value, bool) {
	start := p.pos
	for c := p.peek(); isDigit(c) || isLetter(c) || c == '.'; c = p.peek() {
		p.pos++
		exponent := (c == 'e' || c == 'E') && !strings.HasPrefix(strings.ToLower(p.text[start:]), "0x")
		if next := p.peek(); exponent && (next == '-' || next == '+') {
			p.pos++
		}
	}
	text := strings.ToLower(p.text[start:p.pos])
	if text == "" || strings.Contains(text, "__") || strings.HasSuffix(text, "_") || !isDigit(text[0]) && text[0] != '.' {
		return Value{}, false
	}
	base := 10
	if len(text) > 1 && text[0] == '0' && isLetter(text[1]) && text[1] != 'e' {
		base = 0 // 0x, 0o, 0b
	}
	plain := strings.ReplaceAll(text, "_", "")
	if len(plain) <= maxDigits {
		if n, ok := new(big.Int).SetString(plain, base); ok {
			zeros := base == 10 && len(plain) > 1 && plain[0] == '0' && n.Sign() != 0 // 012 is an error
			return Value{Kind: Int, Int: n}, !zeros
		}
	}
	if base == 0 || !strings.ContainsAny(plain, ".e") || strings.ContainsAny(plain, "pxinf") || strings.Contains(text, "_.") || strings.Contains(text, "._") {
		return Value{}, false
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return Value{}, false
	}
	return Value{Kind: Float, Float: f}, true
}

// strings reads a string, or several side by side, which are one.
func (p *parser) strings() (Value, bool) {
	v := Value{Kind: Str}
	for {
		part, ok := p.str()
		if !ok {
			return Value{}, false
		}
		v.Str += part
		end := p.pos
		p.space()
		if c := p.peek(); c != '\'' && c != '"' {
			p.pos = end
			return v, true
		}
	}
}

// str reads one string with its prefix.
func (p *parser) str() (string, bool) {
	prefix := strings.ToLower(p.name())
	if prefix != "" && prefix != "r" && prefix != "u" {
		return "", false
	}
	mark := p.text[p.pos : p.pos+1]
	if triple := strings.Repeat(mark, 3); strings.HasPrefix(p.text[p.pos:], triple) {
		mark = triple
	}
	p.pos += len(mark)
	var b strings.Builder
	for p.pos < len(p.text) {
		rest := p.text[p.pos:]
		switch {
		case strings.HasPrefix(rest, mark):
			p.pos += len(mark)
			return b.String(), utf8.ValidString(b.String())
		case rest[0] == '\n' && len(mark) == 1:
			return "", false
		case rest[0] == '\\' && prefix == "r":
			n := min(2, len(rest))
			b.WriteString(rest[:n])
			p.pos += n
		case rest[0] == '\\':
			if !p.escape(&b) {
				return "", false
			}
		default:
			b.WriteByte(rest[0])
			p.pos++
		}
	}
	return "", false
}

var escapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape reads a backslash and what it escapes. An escape that Python does not know
// stays as it is.
func (p *parser) escape(b *strings.Builder) bool {
	p.pos++
	c := p.peek()
	if s, ok := escapes[c]; ok {
		b.WriteString(s)
		p.pos++
		return true
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case digits > 0:
		p.pos++
		end := p.pos + digits
		if end > len(p.text) {
			return false
		}
		n, err := strconv.ParseUint(p.text[p.pos:end], 16, 32)
		p.pos = end
		if err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune {
			return false
		}
		b.WriteRune(rune(n))
	case c >= '0' && c <= '7':
		n := rune(0)
		for k := 0; k < 3 && p.peek() >= '0' && p.peek() <= '7'; k++ {
			n = n*8 + rune(p.peek()-'0')
			p.pos++
		}
		b.WriteRune(n)
	case c == 'N':
		return false // needs the table of names
	default:
		b.WriteByte('\\')
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}
