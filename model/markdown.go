package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// codeBlock is a block of code in an answer.
type codeBlock struct {
	listing
	info  string // what follows the opening fence: "python"
	fence int    // the completion's line with that fence, 0 for none
	open  bool   // runs to the answer's end, never closed
}

// document is an answer taken apart.
type document struct {
	blocks []codeBlock
	prose  []listing // before each block, and after the last
	fences []int     // the completion's lines that are fences
}

// maxMends bounds how often an answer's Markdown is mended and parsed again, and
// how deep blocks within blocks are looked for.
const maxMends = 32

// readMarkdown takes an answer apart as CommonMark says, after mending what models
// get wrong: a fence that shares its line with text or code, and a fence whose
// opening stands in the prompt.
func readMarkdown(l listing) document { return readNested(l, maxMends) }

func readNested(l listing, mends int) document {
	d := parseMarkdown(l)
	if mends == 0 {
		return d
	}
	if m, found := d.misplacedFence(l); found {
		text, from := l[m.index].text, l[m.index].from
		mended := append(l[:m.index:m.index], line{text[:m.col], from}, line{m.prefix + text[m.col:], from})
		return readNested(append(mended, l[m.index+1:]...), mends-1)
	}
	if start, end := d.openedInPrompt(l); end > 0 {
		rest := readNested(l[end+1:], mends-1)
		rest.blocks = append([]codeBlock{{listing: l[start:end]}}, rest.blocks...)
		rest.prose = append([]listing{l[:start]}, rest.prose...)
		rest.fences = append(rest.fences, l[end].from)
		return rest
	}
	return d.unwrapped(mends)
}

// blockParser knows CommonMark's blocks but HTML, which would hide fences behind
// the tags that models put around their answers; and no inline syntax.
var blockParser = parser.NewParser(parser.WithBlockParsers(
	util.Prioritized(parser.NewSetextHeadingParser(), 100),
	util.Prioritized(parser.NewThematicBreakParser(), 200),
	util.Prioritized(parser.NewListParser(), 300),
	util.Prioritized(parser.NewListItemParser(), 400),
	util.Prioritized(parser.NewCodeBlockParser(), 500),
	util.Prioritized(parser.NewATXHeadingParser(), 600),
	util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
	util.Prioritized(parser.NewBlockquoteParser(), 800),
	util.Prioritized(parser.NewParagraphParser(), 1000),
))

func parseMarkdown(l listing) document {
	src := []byte(flattened(l).String())
	offsets := l.offsets()
	var d document
	next := 0 // the first line not yet in a block or in prose
	root := blockParser.Parse(text.NewReader(src))
	ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the callback gives no error
		if !entering {
			return ast.WalkContinue, nil
		}
		fenced, isFence := n.(*ast.FencedCodeBlock)
		if _, indented := n.(*ast.CodeBlock); !isFence && !indented {
			return ast.WalkContinue, nil
		}
		content := blockLines(n.Lines(), src, l, offsets)
		if !isFence && !strings.HasPrefix(content.trim().String(), fenceOf(content)) {
			return ast.WalkContinue, nil // what is indented may be bare code
		}
		var b codeBlock
		first, last := lineAt(offsets, n.Pos()), 0
		b.listing = content
		if isFence {
			b.info = string(fenced.Language(src))
			if fenced.Info != nil {
				b.info = string(fenced.Info.Segment.Value(src))
			}
			b.fence = l[first].from
			d.fences = append(d.fences, b.fence)
			last = first + len(content) + 1
			b.open = last >= len(l) || !closesFence(l[last].text, l[first].text)
		} else {
			first = lineAt(offsets, n.Lines().At(0).Start)
			last = first + len(content) - 1
		}
		if isFence && b.open {
			last--
			b.open = isBlank(l[last+1:].String())
		} else if isFence {
			d.fences = append(d.fences, l[last].from)
		}
		d.prose = append(d.prose, l[next:max(next, first)])
		d.blocks = append(d.blocks, b)
		next = min(last+1, len(l))
		return ast.WalkSkipChildren, nil
	})
	d.prose = append(d.prose, l[next:])
	return d
}

// flattened takes quotes within quotes and lists within lists away from where they
// are too deep to mean anything: the parser's time grows with the square of depth.
func flattened(l listing) listing {
	deep := slices.ContainsFunc(l, func(x line) bool { return tooDeep.MatchString(x.text) })
	if !deep {
		return l
	}
	l = slices.Clone(l)
	for i, x := range l {
		if tooDeep.MatchString(x.text) {
			l[i].text = strings.Repeat("x", len(x.text))
		}
	}
	return l
}

var tooDeep = regexp.MustCompile(`^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){33}`)

func blockLines(segments *text.Segments, src []byte, l listing, offsets []int) listing {
	var out listing
	for i := range segments.Len() {
		s := segments.At(i)
		out = append(out, line{strings.TrimRight(string(s.Value(src)), "\n"), l[lineAt(offsets, s.Start)].from})
	}
	return out
}

// closesFence tells whether a line, in whatever list or quote, is the end of a
// fence.
func closesFence(s, opening string) bool {
	s = strings.TrimSpace(strings.TrimLeft(s, " \t>"))
	return len(s) >= 3 && (s[0] == '`' || s[0] == '~') && strings.Trim(s, s[:1]) == "" && strings.Contains(opening, s[:1])
}

// fenceOf is the fence that a text begins with, or one it does not begin with.
func fenceOf(l listing) string {
	if s := strings.TrimLeft(l.String(), " \t\n"); strings.HasPrefix(s, "~~~") {
		return "~~~"
	}
	return "```"
}

// Fences out of place: after text on its line, where CommonMark sees a paragraph,
// and indented by more than three columns right after text, where it goes on.
var (
	fenceAfterText = regexp.MustCompile("^ {0,3}[^ \t`~][^`]*?[ \t]*(```+[ \t]*[\\w+.-]*|~~~+[ \t]*[\\w+.-]+)[ \t]*$")
	fenceIndented  = regexp.MustCompile("^(?: {4,}|\t)[ \t]*(?:```+|~~~+)[ \t]*[\\w+.-]+[ \t]*$")
)

// misplaced is a fence that has to begin a line of its own.
type misplaced struct {
	index, col int    // in the answer's lines
	prefix     string // the quote and list marks that its block's lines have
}

func (d document) misplacedFence(l listing) (misplaced, bool) {
	code := false // from here on it is bare code, whose docstrings may have fences
	for k, p := range d.prose {
		for i, x := range p {
			if m := fenceAfterText.FindStringSubmatchIndex(x.text); m != nil && !code {
				return misplaced{index: l.last(x.from), col: m[2]}, true
			}
			if fenceIndented.MatchString(x.text) && i > 0 && !isBlank(p[i-1].text) && !code {
				return misplaced{index: l.last(x.from)}, true
			}
			code = code || testDef.MatchString(x.text)
		}
		if hasTests(p.String()) { // bare code
			if i, col := fenceAfterCode(codeBlock{listing: p, open: true}); i >= 0 {
				return misplaced{index: l.last(p[i].from), col: col}, true
			}
		}
		if k == len(d.blocks) {
			break
		}
		b := d.blocks[k]
		if i, col := fenceAfterCode(b); i >= 0 {
			at := l.last(b.listing[i].from)
			marks := max(0, len(l[at].text)-len(b.listing[i].text))
			return misplaced{at, marks + col, l[at].text[:marks]}, true
		}
	}
	return misplaced{}, false
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

// unwrapped replaces blocks that hold Markdown by what they hold: an answer within
// a fence of its own, or one that is indented as a whole.
func (d document) unwrapped(mends int) document {
	var out document
	out.fences = d.fences
	pending := listing(nil)
	for i, b := range d.blocks {
		pending = append(pending, d.prose[i]...)
		info := strings.ToLower(b.info)
		fenced := strings.HasPrefix(b.trim().String(), fenceOf(b.listing))
		if !fenced && info != "markdown" && info != "md" {
			out.blocks, out.prose = append(out.blocks, b), append(out.prose, pending)
			pending = nil
			continue
		}
		in := readNested(b.listing, mends/2)
		for k, inner := range in.blocks {
			inner.open = inner.open && b.open
			out.blocks, out.prose = append(out.blocks, inner), append(out.prose, append(pending, in.prose[k]...))
			pending = nil
		}
		pending = append(pending, in.prose[len(in.blocks)]...)
		out.fences = append(out.fences, in.fences...)
	}
	out.prose = append(out.prose, append(pending, d.prose[len(d.blocks)]...))
	return out
}
