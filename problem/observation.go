package problem

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Ending is how a solution's call ended. The zero Ending is of a call that was not
// observed.
type Ending string

// The endings.
const (
	Returned  Ending = "returned"
	Raised    Ending = "raised"
	TimedOut  Ending = "timeout"    // out of fuel, memory or time
	NotLoaded Ending = "not_loaded" // the solution itself does not load
)

// Observation is what a solution made of a call.
type Observation struct {
	Ending Ending
	// Digest is the first half of the SHA-256 of the value's canonical form, which is
	// described in docs/evaluation.md: equal digests are equal values. Of an
	// exception, Digest is of its type's name; of the others it is zero.
	Digest [16]byte
	// Text is for people: the beginning of the value's repr, or the exception's type.
	// It decides nothing.
	Text string
}

// Printed is the observation of a program that printed a text and ended well. Texts have
// the same digest that have a form in common by the checker, or where it has none, by
// CheckLines.
func Printed(text []byte, c Checker) Observation {
	form, ok := c.Form(text)
	if !ok {
		form, _ = Checker{Kind: CheckLines}.Form(text)
	}
	o := Observation{Ending: Returned, Text: ShortText(string(text[:min(len(text), 4*MaxObservationText)]))}
	sum := sha256.Sum256(form)
	copy(o.Digest[:], sum[:])
	return o
}

// Same is true of calls that ended alike, with equal values or types.
func (o Observation) Same(other Observation) bool {
	return o.Ending == other.Ending && o.Digest == other.Digest
}

// Words are the observation for people.
func (o Observation) Words() string {
	switch o.Ending {
	case Returned:
		return o.Text
	case Raised:
		return "raised " + o.Text
	case TimedOut:
		return "ran out of time or memory"
	case NotLoaded:
		return "did not load"
	}
	return "was not observed"
}

// maxBrief is how many characters of a value a line has room for.
const maxBrief = 80

// Brief is Words in a line's room. Of a long value it has the beginning, and that of
// the digest, by which two such values can be told apart.
func (o Observation) Brief() string {
	words := []rune(o.Words())
	if len(words) <= maxBrief {
		return string(words)
	}
	return fmt.Sprintf("%s… (%x)", string(words[:maxBrief]), o.Digest[:4])
}

// MaxObservationText is how many characters of a value are kept for people.
const MaxObservationText = 200

// ShortText is the beginning of a text, as Observation.Text keeps it: one line of
// valid UTF-8.
func ShortText(text string) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "�")
	if utf8.RuneCountInString(text) <= MaxObservationText {
		return text
	}
	return string([]rune(text)[:MaxObservationText-1]) + "…"
}

// Classes gives the class of every solution's observation of one call, numbered
// from 0 by first solution, -1 where there is none, and how each class ended.
// Observations are of one class when they ended alike with the same digest.
func Classes(observed []Observation) (class []int, endings []Ending) {
	type what struct {
		ending Ending
		digest [16]byte
	}
	seen := map[what]int{}
	class = make([]int, len(observed))
	for i, o := range observed {
		if o.Ending == "" {
			class[i] = -1
			continue
		}
		w := what{o.Ending, o.Digest}
		k, ok := seen[w]
		if !ok {
			k = len(endings)
			seen[w] = k
			endings = append(endings, o.Ending)
		}
		class[i] = k
	}
	return class, endings
}
