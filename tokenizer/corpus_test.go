package tokenizer

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"coderm/internal/testkit"
)

// trickyLines is text chosen to part tokenizers: white space at every kind of
// boundary, contractions, numbers, scripts, emoji, control characters, the
// text of special tokens, and very long lines.
func trickyLines() []string {
	lines := []string{
		"", " ", "  ", "\n", "\n\n", " \n", "\n ", "\t\t\n  x", "a  b", "a \n b", "a\r\nb\r\n\r\nc", "  \n\n  \n", "x   ", "   x", "\u00a0x\u00a0\u00a0y",
		"\u2003\u2003x\u3000y\u2028z\u2029", "\u0085\u0085a", "\v\f\x1c\x1d\x1e\x1f", "tab\tseparated\t\tvalues",
		"'s 'S 't 'RE 're 've 'LL 'll 'd 'm 'x ''s 'sx I'm you'RE he'Ll '", "can't won't it's they've I'd we'll", "'\u017f \u2019s",
		"0 1 12 123 1234 12345 1234567890", "3.14159 1e-9 0xDEADBEEF 1_000_000", "²³¼½ ① Ⅷ ٣٤٥ 一二三 १२३४", "a1b22c333d4444",
		"def f(x: int) -> int:\n    return x ** 2  # square\n", "if x!=y and a<=b or c>=d: pass", "a->b=>c:::d...e???!!!", "\"\"\"doc\"\"\" '''x'''",
		"Ünïcödé naïve façade Straße ЁЖИК Ελληνικά עברית العربية हिन्दी ไทย 日本語 中文 한국어", "e\u0301 a\u0308 n\u0303\u0303", "\u200b\u200c\u200d\ufeff",
		"😀😃👍🏽👨‍👩‍👧‍👦🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☃️ ❤️‍🔥", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𒀀 \U0002EBF0\U0002EE5D \U0002FFFE \U0010FFFF", "\uE000\uFFFD\uFFFE",
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x7f", "a\x00b\x13c\x04", "\u0080\u009f",
		"<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nx<|eot_id|>", "<|endoftext|><|end_of_text|>", "<s> a</s> b <unk>", "<|im_start|", "<|im_start|><|im_start|>  <|im_end|>", "<0x0A> <0x41>", "<repo_name>a<filename>b<file_sep>",
		"https://example.org/a?b=c&d=%20#e user@example.org", "$HOME/${x}/*.go | grep -v '^#' && echo \"$?\"", "ĠĠthe Ċ âĢĻ", "▁▁the ▁", "[PAD] [UNK] [CLS]",
		strings.Repeat("a", 5000), strings.Repeat("ab", 3000), strings.Repeat(" ", 3000), strings.Repeat("\n", 500), strings.Repeat("日", 2000), strings.Repeat("=", 999), strings.Repeat("12", 1500), strings.Repeat("aA bB-", 2000), strings.Repeat("🙂", 700), strings.Repeat("\t ", 700),
	}
	for r := rune(0); r < 0x250; r++ {
		lines = append(lines, string(r), " "+string(r), "a"+string(r)+"b", string(r)+string(r)+" 1")
	}
	return append(lines, randomLines(1500)...)
}

// randomLines mixes characters of many classes, always the same for a count.
func randomLines(n int) []string {
	rng := rand.New(rand.NewPCG(7, 7))
	alphabet := []rune(" \t\n\r  abcXYZ019''\"_-+=.,;:!?()[]{}<>|/\\@#$%^&*~`\u00a0\u3000éßЖλ日本한글ไहि\u0301\u200d😀👍🏽²½Ⅷ٣\x00\x1f\u0085\U0002EBF1")
	var lines []string
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(60) {
			switch rng.IntN(12) {
			case 0:
				b.WriteRune(rune(rng.IntN(0xD800)))
			case 1:
				b.WriteRune(0x10000 + rune(rng.IntN(0x20000)))
			default:
				b.WriteRune(alphabet[rng.IntN(len(alphabet))])
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}

// realLines is prompts and model-written solutions and tests of HumanEval:
// every text whole and its lines one by one, until there are n.
func realLines(t testing.TB, n int) []string {
	t.Helper()
	seen := make(map[string]bool)
	var lines []string
	add := func(s string) {
		if !seen[s] && len(lines) < n {
			seen[s] = true
			lines = append(lines, s)
		}
	}
	for _, name := range []string{"HumanEval.jsonl.gz",
		"codet-HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl.zst",
		"codet-HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_test_case.jsonl.zst"} {
		for _, text := range textsOf(t, testkit.Data(t, name)) {
			add(text)
			for _, line := range strings.Split(text, "\n") {
				add(line)
			}
		}
	}
	return lines
}

// textsOf returns the strings in a JSONL file; of a list the first ten.
func textsOf(t testing.TB, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader
	if strings.HasSuffix(path, ".gz") {
		r, err = gzip.NewReader(f)
	} else {
		var z *zstd.Decoder
		if z, err = zstd.NewReader(f); err == nil {
			defer z.Close()
		}
		r = z
	}
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var object struct {
			Prompt  string   `json:"prompt"`
			Code    string   `json:"canonical_solution"`
			Test    string   `json:"test"`
			Samples []string `json:"samples"`
		}
		if err := json.Unmarshal(sc.Bytes(), &object); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, object.Prompt, object.Code, object.Test)
		texts = append(texts, object.Samples[:min(10, len(object.Samples))]...)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}
