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
		mended := l[:m.index:m.index]
		for _, text := range m.pieces {
			mended = append(mended, line{text, l[m.index].from})
		}
		return readNested(append(mended, l[m.index+1:]...), mends-1)
	}
	if mended, found := d.withoutFenceInString(l); found {
		return readNested(mended, mends-1)
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
	src, offsets := []byte(flattened(l).String()), l.offsets()
	var d document
	next := 0                                                                                                  // the first line not yet in a block or in prose
	ast.Walk(blockParser.Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) { // gives no error
		if !entering || n.Kind() != ast.KindFencedCodeBlock && n.Kind() != ast.KindCodeBlock {
			return ast.WalkContinue, nil
		}
		b := codeBlock{listing: blockLines(n.Lines(), src, l, offsets)}
		var first, end int // its lines, with the fences
		if fenced, ok := n.(*ast.FencedCodeBlock); ok {
			first = lineAt(offsets, n.Pos())
			if fenced.Info != nil {
				b.info = string(fenced.Info.Segment.Value(src))
			}
			b.fence = l[first].from
			d.fences = append(d.fences, b.fence)
			end = first + 1 + len(b.listing)
			if end < len(l) && closesFence(l[end].text, l[first].text) {
				d.fences = append(d.fences, l[end].from)
				end++
			} else {
				b.open = len(l[end:].trim()) == 0
			}
		} else {
			first = lineAt(offsets, n.Lines().At(0).Start)
			if !b.wrapped() || definition.MatchString(l[next:max(next, first)].String()) {
				return ast.WalkContinue, nil // what is indented may be bare code, or its docstring
			}
			end = first + len(b.listing)
		}
		d.prose = append(d.prose, l[next:max(next, first)])
		d.blocks = append(d.blocks, b)
		next = max(next, end)
		return ast.WalkContinue, nil
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

// wrapped tells whether a block begins with a fence: Markdown within a block.
func (b codeBlock) wrapped() bool {
	l := b.trim()
	if len(l) == 0 {
		return false
	}
	return strings.HasPrefix(l[0].text, "```") || strings.HasPrefix(l[0].text, "~~~")
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
		if !b.wrapped() && info != "markdown" && info != "md" {
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
