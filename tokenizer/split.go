package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A splitter returns the length of the first pre-token of s, at least 1 and at
// most len(s); s is never empty. The pre-tokenizers' regular expressions look
// ahead ("\s+(?!\S)"), which Go's regexp cannot, but never behind: so the
// first pre-token depends on what follows alone, and a hand-written function
// of the rest is a faithful and much faster translation.
type splitter func(s string) int

// passes apply one after the other, each within the pieces of the one before:
// what a look-ahead sees ends with its piece.
type passes []splitter

func (p passes) split(s string, emit func(piece string)) {
	if len(p) == 0 {
		emit(s)
		return
	}
	for len(s) > 0 {
		n := p[0](s)
		p[1:].split(s[:n], emit)
		s = s[n:]
	}
}

// preKind is one family of llama.cpp's llama_vocab_pre_type.
type preKind struct {
	names        []string // tokenizer.ggml.pre
	passes       passes
	ignoreMerges bool // a pre-token that is a token is taken whole
	addBOS       bool // when the file does not say
}

// preKinds are the families we know, by the expressions of llama.cpp's
// llm_tokenizer_bpe. A name we do not know is refused: guessing would give
// ids that are silently wrong.
var preKinds = []preKind{
	{names: strings.Fields("llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano"),
		passes: passes{splitLlama3(3)}, ignoreMerges: true, addBOS: true},
	{names: strings.Fields("glm4 glm5"),
		passes: passes{splitLlama3(3)}, ignoreMerges: true},
	{names: strings.Fields("dbrx smaug-bpe chatglm-bpe"),
		passes: passes{splitLlama3(3)}},
	{names: strings.Fields("qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 hunyuan megrez grok-2 solar-open"),
		passes: passes{splitLlama3(1)}},
	{names: strings.Fields("smollm starcoder refact command-r codeshell exaone minerva-7b mellum2"),
		passes: passes{isolateNumbers, splitGPT2}},
	{names: strings.Fields("gpt-2 phi-2 mpt olmo jais trillion granite-docling exaone4 gigachat a.x-4.0 mellum modern-bert"),
		passes: passes{splitGPT2}},
	{names: strings.Fields("default"),
		passes: passes{runsOf(isPunct), splitGPT2, runsOf(unicode.IsNumber), threeDigits}},
}

func findPreKind(name string) (*preKind, error) {
	if name == "" {
		name = "default" // files older than the key
	}
	for i := range preKinds {
		if slices.Contains(preKinds[i].names, name) {
			return &preKinds[i], nil
		}
	}
	return nil, fmt.Errorf("pre-tokenizer %q is not supported", name)
}

// splitGPT2 is
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func splitGPT2(s string) int {
	if n := contraction(s, false); n > 0 {
		return n
	}
	space := 0
	if s[0] == ' ' && len(s) > 1 {
		space = 1
	}
	if c, _ := classAt(s[space:]); c != classSpace {
		return space + run(s[space:], c)
	}
	return spaces(s)
}

// splitLlama3 is, for digits 3 (Llama 3) or 1 (Qwen 2),
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func splitLlama3(digits int) splitter {
	return func(s string) int {
		if n := contraction(s, true); n > 0 {
			return n
		}
		c, n := classAt(s)
		switch c {
		case classLetter:
			return run(s, classLetter)
		case classNumber:
			return numbers(s, digits)
		}
		if s[0] != '\r' && s[0] != '\n' {
			if letters := run(s[n:], classLetter); letters > 0 {
				return n + letters
			}
		}
		space := 0
		if s[0] == ' ' && len(s) > 1 {
			space = 1
		}
		if other := run(s[space:], classOther); other > 0 {
			end := space + other
			return end + len(s[end:]) - len(strings.TrimLeft(s[end:], "\r\n"))
		}
		white := run(s, classSpace)
		if last := strings.LastIndexAny(s[:white], "\r\n"); last >= 0 {
			return last + 1
		}
		return spaces(s)
	}
}

// contraction is the length of an English 's, 't, 're, 've, 'm, 'll or 'd.
func contraction(s string, anyCase bool) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	lower := func(c byte) byte {
		if anyCase && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}
	a := lower(s[1])
	switch a {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) > 2 {
		switch b := lower(s[2]); {
		case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
			return 3
		}
	}
	return 0
}

// numbers is the length of at most max number characters.
func numbers(s string, max int) int {
	i := 0
	for ; max > 0 && i < len(s); max-- {
		c, n := classAt(s[i:])
		if c != classNumber {
			break
		}
		i += n
	}
	return i
}

// spaces is \s+(?!\S)|\s+ : all the white space, but its last character is
// left to the word that follows, if there is one and this is not all there is.
func spaces(s string) int {
	white := run(s, classSpace)
	if white == len(s) {
		return white
	}
	_, last := utf8.DecodeLastRuneInString(s[:white])
	if white > last {
		return white - last
	}
	return white
}

// isolateNumbers makes each number character its own piece (\p{N}).
func isolateNumbers(s string) int {
	i := 0
	for i < len(s) {
		c, n := classAt(s[i:])
		if c == classNumber {
			if i == 0 {
				return n
			}
			break
		}
		i += n
	}
	return i
}

// runsOf makes each longest run of matching characters a piece.
func runsOf(match func(rune) bool) splitter {
	return func(s string) int {
		r, _ := utf8.DecodeRuneInString(s)
		in := match(r)
		if i := strings.IndexFunc(s, func(r rune) bool { return match(r) != in }); i >= 0 {
			return i
		}
		return len(s)
	}
}

// isPunct is [\p{P}\$\+<=>\^~\|].
func isPunct(r rune) bool { return unicode.IsPunct(r) || strings.ContainsRune("$+<=>^~|", r) }

// threeDigits makes each group of three ASCII digits a piece.
func threeDigits(s string) int {
	group := func(i int) bool {
		return i+3 <= len(s) && isDigit(s[i]) && isDigit(s[i+1]) && isDigit(s[i+2])
	}
	if group(0) {
		return 3
	}
	for i := 1; i < len(s); i++ {
		if group(i) {
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
