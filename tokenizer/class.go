package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is what the pre-tokenizers ask about a character.
type class uint8

const (
	classOther  class = iota // punctuation, symbols, marks, control, unassigned
	classLetter              // \p{L}
	classNumber              // \p{N}
	classSpace               // \s
)

// asciiClass answers for nearly every character of code.
var asciiClass = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = slowClass(rune(r))
	}
	return t
}()

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		return asciiClass[r]
	}
	return slowClass(r)
}

// CJK Extension I came with Unicode 15.1, which llama.cpp's tables have; Go's
// are at 15.0. No other letter, number or space differs between the two (a
// test compares all code points when llama.cpp's source is at hand).
const (
	cjkExtIFirst = 0x2EBF0
	cjkExtILast  = 0x2EE5D
)

func slowClass(r rune) class {
	switch {
	case unicode.IsSpace(r):
		return classSpace
	case unicode.IsLetter(r), r >= cjkExtIFirst && r <= cjkExtILast:
		return classLetter
	case unicode.IsNumber(r):
		return classNumber
	}
	return classOther
}

// classAt returns the class and length of the character at the start of s,
// which must not be empty.
func classAt(s string) (class, int) {
	if c := s[0]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return slowClass(r), n
}

// run is the length of the longest prefix of s made of class c.
func run(s string, c class) int {
	i := 0
	for i < len(s) {
		got, n := classAt(s[i:])
		if got != c {
			break
		}
		i += n
	}
	return i
}
