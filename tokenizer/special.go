package tokenizer

import (
	"sort"
	"strings"
)

// specials finds the tokens that are cut out of a text before the model sees
// it: user-defined ones always, control and unknown ones on request.
type specials struct {
	list  []specialToken    // longest text first, then by id
	first map[byte][]string // by first byte: to find quickly that a text has none
}

type specialToken struct {
	text   string
	id     int32
	always bool
}

func newSpecials(tokens []string, types []Type) specials {
	s := specials{first: make(map[byte][]string)}
	for i, typ := range types {
		if typ == Control || typ == Unknown || typ == UserDefined {
			s.list = append(s.list, specialToken{tokens[i], int32(i), typ == UserDefined})
			s.first[tokens[i][0]] = append(s.first[tokens[i][0]], tokens[i])
		}
	}
	sort.SliceStable(s.list, func(i, j int) bool { return len(s.list[i].text) > len(s.list[j].text) })
	return s
}

// fragment is a part of a text: a token (id >= 0) or text still to be encoded.
type fragment struct {
	text string
	id   int32
}

// split calls emit for the parts of text in order. As in llama.cpp
// (tokenizer_st_partition), the longest special token is cut out everywhere
// first, then the next: this matters only where two of them overlap.
func (s *specials) split(text string, special bool, emit func(text string, id int32)) {
	present := s.present(text)
	if present == nil {
		emit(text, None)
		return
	}
	parts := []fragment{{text, None}}
	for _, tok := range s.list {
		if (special || tok.always) && present[tok.text] {
			parts = cut(parts, tok)
		}
	}
	for _, p := range parts {
		emit(p.text, p.id)
	}
}

// present returns the special tokens that occur in text; nil if there is none.
func (s *specials) present(text string) (found map[string]bool) {
	for i := 0; i < len(text); i++ {
		for _, t := range s.first[text[i]] {
			if strings.HasPrefix(text[i:], t) {
				if found == nil {
					found = make(map[string]bool)
				}
				found[t] = true
			}
		}
	}
	return found
}

// cut splits every text among parts at each occurrence of tok.
func cut(parts []fragment, tok specialToken) []fragment {
	out := make([]fragment, 0, len(parts)+2)
	for _, p := range parts {
		if p.id != None {
			out = append(out, p)
			continue
		}
		rest := p.text
		for {
			before, after, ok := strings.Cut(rest, tok.text)
			if before != "" {
				out = append(out, fragment{before, None})
			}
			if !ok {
				break
			}
			out = append(out, fragment{"", tok.id})
			rest = after
		}
	}
	return out
}
