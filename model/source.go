package model

import (
	"regexp"
	"sort"
	"strings"
)

// line is one line of a completion, without its end.
type line struct {
	text string
	from int // the completion's line it comes from, from 1
}

// listing is a piece of a completion. Whatever is done to it, its lines know where
// they come from.
type listing []line

// String is the text, every line ended.
func (l listing) String() string {
	var b strings.Builder
	for _, x := range l {
		b.WriteString(x.text)
		b.WriteByte('\n')
	}
	return b.String()
}

// span is a range of bytes.
type span struct{ start, end int }

// lines gives what spans of a text, in order, hold.
func lines(text string, spans []span) listing {
	var out listing
	number, counted := 1, 0
	for _, s := range spans {
		number += strings.Count(text[counted:s.start], "\n")
		counted = s.start
		for i, t := range strings.Split(text[s.start:s.end], "\n") {
			out = append(out, line{t, number + i})
		}
	}
	return out
}

// trim leaves out blank lines at both ends.
func (l listing) trim() listing {
	for len(l) > 0 && isBlank(l[0].text) {
		l = l[1:]
	}
	for len(l) > 0 && isBlank(l[len(l)-1].text) {
		l = l[:len(l)-1]
	}
	return l
}

// dedent takes off the indentation that all lines share.
func (l listing) dedent() listing {
	common, found := "", false
	for _, x := range l {
		if isBlank(x.text) {
			continue
		}
		space := x.text[:len(x.text)-len(strings.TrimLeft(x.text, " \t"))]
		if !found {
			common, found = space, true
		}
		for !strings.HasPrefix(space, common) {
			common = common[:len(common)-1]
		}
	}
	if common == "" {
		return l
	}
	out := make(listing, len(l))
	for i, x := range l {
		out[i] = line{strings.TrimPrefix(x.text, common), x.from}
	}
	return out
}

// last is the index of the last piece of the completion's line.
func (l listing) last(from int) int {
	i := len(l) - 1
	for i > 0 && l[i].from != from {
		i--
	}
	return i
}

// offsets are where the lines of l.String() start.
func (l listing) offsets() []int {
	out := make([]int, len(l))
	at := 0
	for i, x := range l {
		out[i] = at
		at += len(x.text) + 1
	}
	return out
}

// lineAt is the index of the line that holds a byte.
func lineAt(offsets []int, pos int) int {
	return max(0, sort.SearchInts(offsets, pos+1)-1)
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// reasoningTag finds the tags models put around their thinking: an opening one is
// the first group, a closing one the second.
var reasoningTag = regexp.MustCompile(`(?i)(<(?:seed:)?(?:` + reasoningWords + `)>|<\|begin_of_thought\|>|\[think\]|◁think▷|` +
	`<\|START_THINKING\|>|<\|channel\|>analysis<\|message\|>|<\|channel>thought)` +
	`|(</(?:seed:)?(?:` + reasoningWords + `)>|<\|end_of_thought\|>|\[/think\]|◁/think▷|` +
	`<\|END_THINKING\|>|<\|channel\|>final<\|message\|>|<channel\|>|\[BEGIN FINAL RESPONSE\])`)

const reasoningWords = `think|thinking|thoughts?|thought_process|reason|reasoning|reflection|scratchpad|analysis|ant_?thinking`

// withoutReasoning divides a text into what is answer and what is thinking. A
// closing tag without an opening one ends a thinking that the prompt began; an
// opening one without a closing one begins a thinking that was cut off.
func withoutReasoning(text string) (answer, thinking []span) {
	begun, open := 0, -1
	for _, m := range reasoningTag.FindAllStringSubmatchIndex(text, -1) {
		if m[0] < begun || quoted(text, m[0], m[1]) {
			continue
		}
		switch opens := m[2] >= 0; {
		case opens && open < 0 && startsLine(text, m[0]):
			open = m[0]
		case opens:
		case open >= 0:
			answer = append(answer, span{begun, open})
			thinking = append(thinking, span{open, m[1]})
			begun, open = m[1], -1
		case isBlank(text[m[1]:]): // nothing it could have led to
		default:
			answer, thinking = nil, []span{{0, m[1]}}
			begun = m[1]
		}
	}
	if open >= 0 {
		return append(answer, span{begun, open}), append(thinking, span{open, len(text)})
	}
	return append(answer, span{begun, len(text)}), thinking
}

// quoted tells a mention of a tag from the tag, which a fence may touch.
func quoted(text string, start, end int) bool {
	before, after := text[:start], text[end:]
	return strings.ContainsAny(before[max(0, start-1):], "\"'`") && !strings.HasSuffix(before, "```") ||
		after != "" && strings.ContainsAny(after[:1], "\"'`") && !strings.HasPrefix(after, "```")
}

func startsLine(text string, pos int) bool {
	before := strings.TrimRight(text[:pos], " \t")
	return before == "" || strings.HasSuffix(before, "\n")
}

// turnEnd finds the tokens that end a turn, where a server left them in the text.
// The short ones are HTML, too, and count at the end of a line only.
var turnEnd = regexp.MustCompile(`<\|(?:eot_id|eom_id|im_end|end|endoftext|end_of_text|end_of_turn|END_OF_TURN_TOKEN|END_RESPONSE|return|eos|EOT|end▁of▁sentence)\|>` +
	`|<｜end▁of▁sentence｜>|<end_of_turn>|<end_of_utterance>|<turn\|>|\[END FINAL RESPONSE\]|(?:</s>|<eos>|\[/?INST\])[ \t]*$`)

// runOn begins another prompt, which models without an end write after the answer.
var runOn = regexp.MustCompile(`^(?:### (?:question|(?:Human|Instruction|User):?(?:\s.*)?)|Below is a question and it's corresponding code answer.*)\s*$`)

// firstTurn divides the lines at the end of the model's turn: what follows is a
// conversation it made up.
func firstTurn(l listing) (turn, rest listing) {
	said, tested := false, false
	for i, x := range l {
		if tested && runOn.MatchString(x.text) {
			return l[:i], l[i:]
		}
		tested = tested || testDef.MatchString(x.text)
		if m := turnEnd.FindStringIndex(x.text); m != nil && !quoted(x.text, m[0], m[1]) && (said || !isBlank(x.text[:m[0]])) {
			turn = append(l[:i:i], line{strings.TrimRight(x.text[:m[0]], " \t"), x.from})
			return turn, l[i+1:]
		}
		said = said || !isBlank(x.text)
	}
	return l, nil
}

// Tags that share their line with code: "<pre><code>import unittest".
var (
	tagsBefore = regexp.MustCompile(`^(?:<[\w|!][^<>]*>[ \t]*)+`)
	tagsAfter  = regexp.MustCompile(`(?:[ \t]*</[\w|][^<>]*>)+[ \t]*$`)
)

// withoutTags gives such tags lines of their own, before the first code and after
// the last.
func withoutTags(l listing) listing {
	for i, x := range l {
		if testDef.MatchString(x.text) {
			break
		}
		n := len(tagsBefore.FindString(x.text))
		if n == 0 || !simple.MatchString(strings.TrimRight(x.text[n:], " \t")) {
			continue
		}
		out := append(l[:i:i], line{x.text[:n], x.from}, line{x.text[n:], x.from})
		out = append(out, l[i+1:]...)
		for k := len(out) - 1; k > i; k-- {
			if m := tagsAfter.FindStringIndex(out[k].text); m != nil {
				if text := out[k].text; m[0] > 0 {
					out[k].text = text[:m[0]]
				}
				break
			}
		}
		return out
	}
	return l
}
