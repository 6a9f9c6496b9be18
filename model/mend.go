package model

import (
	"regexp"
	"slices"
	"strings"
)

// Fences out of place: after text on its line, where CommonMark sees a paragraph,
// and indented by more than three columns right after text, where it goes on.
var (
	fenceAfterText = regexp.MustCompile("^ {0,3}[^ \t`~][^`]*?[ \t]*(```+[ \t]*[\\w+.-]*|~~~+[ \t]*[\\w+.-]+)[ \t]*$")
	fenceIndented  = regexp.MustCompile("^(?: {4,}|\t)[ \t]*(?:```+|~~~+)[ \t]*[\\w+.-]+[ \t]*$")
)

// infoCode finds code after the language in what follows an opening fence.
var infoCode = regexp.MustCompile(`^(?i:python|py)3?\s+(\S.*)$`)

// misplaced is a line with a fence that has to be lines of their own.
type misplaced struct {
	index  int // in the answer's lines
	pieces []string
}

func (d document) misplacedFence(l listing) (misplaced, bool) {
	code := false // from here on it is bare code, whose docstrings may have fences
	for k, p := range d.prose {
		for i, x := range p {
			if m := fenceAfterText.FindStringSubmatchIndex(x.text); m != nil && !code {
				return l.divided(l.last(x.from), m[2], ""), true
			}
			if fenceIndented.MatchString(x.text) && i > 0 && !isBlank(p[i-1].text) && !code {
				return l.divided(l.last(x.from), 0, ""), true
			}
			code = code || testDef.MatchString(x.text)
		}
		if hasTests(p.String()) { // bare code
			if i, col := fenceAfterCode(codeBlock{listing: p, open: true}); i >= 0 {
				return l.divided(l.last(p[i].from), col, ""), true
			}
		}
		if k == len(d.blocks) {
			break
		}
		b := d.blocks[k]
		if i, col := fenceAfterCode(b); i >= 0 {
			at := l.last(b.listing[i].from)
			marks := max(0, len(l[at].text)-len(b.listing[i].text))
			return l.divided(at, marks+col, l[at].text[:marks]), true
		}
		if m, found := b.fenceWithinCode(l); found {
			return m, true
		}
		if m, found := b.codeOnFence(l); found {
			return m, true
		}
	}
	return misplaced{}, false
}

// divided begins a line of its own at a column, with the quote and list marks that
// its block's lines have.
func (l listing) divided(index, col int, marks string) misplaced {
	text := l[index].text
	return misplaced{index, []string{text[:col], marks + text[col:]}}
}

// fenceWithinCode finds a fence with something after it where a block's closing one
// has to be: CommonMark takes it for code. A language's name opens the next block,
// anything else is text after the end.
func (b codeBlock) fenceWithinCode(l listing) (misplaced, bool) {
	if b.fence == 0 || b.wrapped() || strings.EqualFold(b.info, "markdown") || strings.EqualFold(b.info, "md") {
		return misplaced{}, false
	}
	opening := l[l.last(b.fence)].text
	run := opening[max(0, strings.IndexByte(opening, '`')):]
	fence := run[:len(run)-len(strings.TrimLeft(run, "`"))]
	if len(fence) < 3 {
		return misplaced{}, false
	}
	i := b.outsideStrings(func(text string) bool {
		rest, ok := strings.CutPrefix(text, fence)
		return ok && strings.Trim(rest, "`") != ""
	})
	if i < 0 {
		return misplaced{}, false
	}
	text := b.listing[i].text
	at := l.last(b.listing[i].from)
	marks := l[at].text[:max(0, len(l[at].text)-len(text))]
	rest := text[len(fence):]
	if !strings.ContainsAny(strings.TrimSpace(rest), " `") {
		rest = text // a language's name
	}
	return misplaced{at, []string{marks + fence, marks + rest}}, true
}

// outsideStrings is the first line that begins outside strings and is as wanted, -1
// for none.
func (b codeBlock) outsideStrings(wanted func(line string) bool) int {
	src, offsets := b.String(), b.offsets()
	for i := 0; i < len(src); {
		if i == 0 || src[i-1] == '\n' {
			if n := lineAt(offsets, i); wanted(b.listing[n].text) {
				return n
			}
		}
		switch src[i] {
		case '#':
			i += strings.IndexByte(src[i:], '\n')
		case '\'', '"':
			i, _ = stringEnd(src, i)
		default:
			i++
		}
	}
	return -1
}

// codeOnFence finds a block's first line on that of its opening fence.
func (b codeBlock) codeOnFence(l listing) (misplaced, bool) {
	m := infoCode.FindStringSubmatch(b.info)
	if b.fence == 0 || m == nil || !simple.MatchString(m[1]) {
		return misplaced{}, false
	}
	at := l.last(b.fence)
	indent := l[at].text[:len(l[at].text)-len(strings.TrimLeft(l[at].text, " "))]
	head, ok := strings.CutSuffix(l[at].text, m[1])
	return misplaced{at, []string{head, indent + m[1]}}, ok && strings.HasPrefix(l[at].text[len(indent):], "```")
}

// fenceAfterCode finds a fence at the end of a line of code. Python has no use for
// backticks outside strings and comments.
func fenceAfterCode(b codeBlock) (index, col int) {
	src := b.String()
	offsets := b.offsets()
	for i := 0; i < len(src); {
		switch c := src[i]; {
		case c == '\'' || c == '"':
			i, _ = stringEnd(src, i)
		case c == '#' && !b.open:
			i += strings.IndexByte(src[i:], '\n')
		case c == '`':
			at := lineAt(offsets, i)
			text, col := b.listing[at].text, i-offsets[at]
			rest := strings.TrimRight(text[col:], " \t")
			if len(rest) >= 3 && strings.Trim(rest, "`") == "" && !isBlank(text[:col]) {
				return at, col
			}
			i += max(1, len(rest))
		default:
			i++
		}
	}
	return -1, 0
}

// withoutFenceInString mends a block that a fence within a string seems to end: its
// own fences are made longer. The block ends at the first fence outside strings.
func (d document) withoutFenceInString(l listing) (listing, bool) {
	const long, tries = 16, 16
	for _, b := range d.blocks {
		if b.fence == 0 || b.open || !inString(b.String()) {
			continue
		}
		first := l.last(b.fence)
		opening := l[first].text
		char := opening[:1]
		rest := strings.TrimLeft(opening, char)
		if char != "`" && char != "~" || len(opening)-len(rest) >= long {
			continue
		}
		end := first + 1 + len(b.listing)
		for range tries {
			for end++; end < len(l) && !closesFence(l[end].text, opening); {
				end++
			}
			if end >= len(l) {
				break
			}
			if inString(l[first+1 : end].String()) {
				continue
			}
			fence := strings.Repeat(char, long)
			mended := slices.Clone(l)
			mended[first].text, mended[end].text = fence+rest, fence
			return mended, true
		}
	}
	return nil, false
}

// inString tells whether code ends inside a string.
func inString(src string) bool {
	for i := 0; i < len(src); {
		switch src[i] {
		case '#':
			i += strings.IndexByte(src[i:], '\n')
		case '\\':
			i += 2
		case '\'', '"':
			var whole bool
			if i, whole = stringEnd(src, i); !whole {
				return true
			}
		default:
			i++
		}
	}
	return false
}

// openedInPrompt finds the lines before the first fence if that closes a block
// which the prompt opened: code with tests leads up to it. An end of 0 is none.
func (d document) openedInPrompt(l listing) (start, end int) {
	if len(d.blocks) == 0 || d.blocks[0].info != "" || d.blocks[0].fence == 0 {
		return 0, 0
	}
	code := bareCode(d.prose[0])
	before := d.prose[0].trim()
	if !standsAlone(code.String()) || code[len(code)-1].from != before[len(before)-1].from {
		return 0, 0
	}
	for l[start].from < code[0].from {
		start++
	}
	return start, l.last(d.blocks[0].fence)
}
