// Package literal reads and prints Python literals as values: what calls in tests
// are made with.
package literal

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Kind is a value's type.
type Kind uint8

// The kinds. A Dict's items are keys and values in turn.
const (
	None Kind = iota
	Bool
	Int
	Float
	Str
	List
	Tuple
	Set
	Dict
)

// Value is a Python value. Values are not changed once they are made.
type Value struct {
	Kind  Kind
	Bool  bool
	Int   *big.Int
	Float float64
	Str   string
	Items []Value
}

// Call is a call with literal arguments.
type Call struct {
	Func string
	Args []Argument
}

// Argument is one argument of a call; Name is empty where it is given by place.
type Argument struct {
	Name  string
	Value Value
}

// String is the call in Python, written in one way.
func (c Call) String() string {
	var b strings.Builder
	b.WriteString(c.Func)
	b.WriteByte('(')
	for i, a := range c.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if a.Name != "" {
			b.WriteString(a.Name + "=")
		}
		a.Value.print(&b)
	}
	b.WriteByte(')')
	return b.String()
}

// String is the value as Python's repr has it, but for floats beyond its range.
func (v Value) String() string {
	var b strings.Builder
	v.print(&b)
	return b.String()
}

func (v Value) print(b *strings.Builder) {
	switch v.Kind {
	case None:
		b.WriteString("None")
	case Bool:
		if v.Bool {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case Int:
		b.WriteString(v.Int.String())
	case Float:
		b.WriteString(float(v.Float))
	case Str:
		quote(b, v.Str)
	case List:
		v.display(b, "[", "]")
	case Tuple:
		if len(v.Items) == 1 {
			v.display(b, "(", ",)")
		} else {
			v.display(b, "(", ")")
		}
	case Set:
		if len(v.Items) == 0 {
			b.WriteString("set()")
		} else {
			v.display(b, "{", "}")
		}
	case Dict:
		v.display(b, "{", "}")
	}
}

func (v Value) display(b *strings.Builder, open, closing string) {
	b.WriteString(open)
	for i, item := range v.Items {
		switch {
		case v.Kind == Dict && i%2 == 1:
			b.WriteString(": ")
		case i > 0:
			b.WriteString(", ")
		}
		item.print(b)
	}
	b.WriteString(closing)
}

// float writes the shortest text that reads back as the same number, in Python's
// form; 1e999 is infinity.
func float(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "1e999"
	case math.IsInf(f, -1):
		return "-1e999"
	}
	form := byte('g')
	if a := math.Abs(f); a == 0 || a >= 1e-4 && a < 1e16 {
		form = 'f'
	}
	text := strconv.FormatFloat(f, form, -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// quote writes a string as repr does.
func quote(b *strings.Builder, s string) {
	mark := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		mark = '"'
	}
	b.WriteRune(mark)
	for _, r := range s {
		switch {
		case r == mark || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			b.WriteString(`\x` + hex(r, 2))
		case r < 0x10000:
			b.WriteString(`\u` + hex(r, 4))
		default:
			b.WriteString(`\U` + hex(r, 8))
		}
	}
	b.WriteRune(mark)
}

func hex(r rune, digits int) string {
	text := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", digits-len(text)) + text
}

// Equal tells whether two values are the same literal: of one kind and written
// alike.
func (v Value) Equal(w Value) bool { return v.String() == w.String() }

// Hashable tells whether the value may be in a set or a dict's key.
func (v Value) Hashable() bool {
	switch v.Kind {
	case List, Set, Dict:
		return false
	case Tuple:
		return !slices.ContainsFunc(v.Items, func(w Value) bool { return !w.Hashable() })
	}
	return true
}
