package synthetic

import (
	"fmt"

	"coderm/weights/gguf"
)

// specials are Llama 3.1's special tokens by their place after the ordinary
// ones; the others are reserved.
var specials = map[int]string{
	0: "<|begin_of_text|>", 1: "<|end_of_text|>", 4: "<|finetune_right_pad_id|>",
	6: "<|start_header_id|>", 7: "<|end_header_id|>", 8: "<|eom_id|>", 9: "<|eot_id|>", 10: "<|python_tag|>",
}

// chatTemplate is Llama 3's conversation format without tools and dates.
const chatTemplate = `{% for message in messages %}` +
	`{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}` +
	`{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`

// Token types of GGUF (enum llama_token_type).
const (
	normalToken  = 1
	controlToken = 3
)

// vocabulary makes a byte-pair vocabulary of exactly n tokens that encodes any
// text: the 256 bytes, then pieces of one to four small letters with and
// without the space before them, each the merge of two earlier tokens.
func vocabulary(n, nSpecials int) (tokens, merges []string, types []int32) {
	for b := range 256 {
		tokens = append(tokens, byteToken(byte(b)))
	}
	room := n - nSpecials
	add := func(left, right string) bool {
		if len(tokens) == room {
			return false
		}
		tokens = append(tokens, left+right)
		merges = append(merges, left+" "+right)
		return true
	}
	letters := make([]string, 26)
	for i := range letters {
		letters[i] = string(rune('a' + i))
	}
	space := byteToken(' ')
	for _, right := range [][]string{letters, product(letters, letters)} {
		for _, left := range []string{"", space} {
			for _, r := range right {
				switch {
				case left != "":
					add(left, r)
				case len(r) > 1:
					add(r[:1], r[1:])
				}
			}
		}
	}
	pairs := product(letters, letters)
	for _, l := range pairs {
		for _, r := range pairs {
			if !add(l, r) {
				break
			}
		}
	}
	for range tokens {
		types = append(types, normalToken)
	}
	for i := range nSpecials {
		name, ok := specials[i]
		if !ok {
			name = fmt.Sprintf("<|reserved_special_token_%d|>", i)
		}
		tokens, types = append(tokens, name), append(types, controlToken)
	}
	return tokens, merges, types
}

func product(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// byteToken is GPT-2's printable stand-in for a byte (bytes_to_unicode):
// printable Latin-1 stands for itself, the others for U+0100 onwards.
func byteToken(b byte) string {
	printable := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xa1 && b != 0xad }
	if printable(int(b)) {
		return string(rune(b))
	}
	r := rune(0x100)
	for i := range int(b) {
		if !printable(i) {
			r++
		}
	}
	return string(r)
}

// tokenizer is the metadata of a Llama-3-like tokenizer.
func (s Shape) tokenizer() []gguf.KV {
	tokens, merges, types := vocabulary(s.Vocab, s.Specials)
	first := uint32(s.Vocab - s.Specials)
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: gguf.String("gpt2")},
		{Key: "tokenizer.ggml.pre", Value: gguf.String("llama-bpe")},
		{Key: "tokenizer.ggml.tokens", Value: gguf.Strings(tokens)},
		{Key: "tokenizer.ggml.token_type", Value: gguf.Int32s(types)},
		{Key: "tokenizer.ggml.merges", Value: gguf.Strings(merges)},
		{Key: "tokenizer.ggml.bos_token_id", Value: gguf.Uint32(first)},
		{Key: "tokenizer.ggml.eos_token_id", Value: gguf.Uint32(first + 9)},
		{Key: "tokenizer.ggml.eot_token_id", Value: gguf.Uint32(first + 9)},
		{Key: "tokenizer.ggml.add_bos_token", Value: gguf.Bool(true)},
		{Key: "tokenizer.chat_template", Value: gguf.String(chatTemplate)},
	}
}
