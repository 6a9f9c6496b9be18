package problem

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClasses(t *testing.T) {
	one, two := [16]byte{1}, [16]byte{2}
	class, endings := Classes([]Observation{
		{Returned, one, "1"}, {}, {Raised, one, "ValueError"}, {Returned, one, "1.0"}, {Returned, two, "2"}, {Ending: TimedOut}, {Ending: NotLoaded}, {Ending: TimedOut},
	})
	if want := []int{0, -1, 1, 0, 2, 3, 4, 3}; !slices.Equal(class, want) {
		t.Errorf("classes %v, want %v", class, want)
	}
	if want := []Ending{Returned, Raised, Returned, TimedOut, NotLoaded}; !slices.Equal(endings, want) {
		t.Errorf("they ended %v, want %v", endings, want)
	}
	if class, endings := Classes(nil); len(class) != 0 || len(endings) != 0 {
		t.Errorf("of nobody: %v, %v", class, endings)
	}
}

func TestShortText(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"[1,\n  2]":              "[1, 2]",
		"a\xffb":                 "a�b",
		strings.Repeat("é", 200): strings.Repeat("é", 200),
		strings.Repeat("é", 201): strings.Repeat("é", 199) + "…",
	} {
		got := ShortText(text)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%q is shortened to %q, want %q", text, got, want)
		}
	}
}
