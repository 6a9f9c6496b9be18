package convert

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"coderm/weights/gguf"
)

// Token types of GGUF (enum llama_token_type in llama.h).
const (
	tokenNormal      = 1
	tokenUnknown     = 2
	tokenControl     = 3
	tokenUserDefined = 4
	tokenUnused      = 5
	tokenByte        = 6
)

// tokenizerJSON is tokenizer.json as far as a byte-pair tokenizer needs it.
type tokenizerJSON struct {
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    *component   `json:"normalizer"`
	PreTokenizer  *component   `json:"pre_tokenizer"`
	PostProcessor *component   `json:"post_processor"`
	Model         struct {
		Type         string          `json:"type"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
		ByteFallback bool            `json:"byte_fallback"`
		UnkToken     string          `json:"unk_token"`
	} `json:"model"`

	vocab  map[string]int
	merges []merge
}

type addedToken struct {
	ID      int    `json:"id"`
	Content string `json:"content"`
	Special bool   `json:"special"`
}

type merge struct{ left, right string }

// component is one step of the tokenizer, with the settings of all kinds of
// steps that matter here.
type component struct {
	Type          string      `json:"type"`
	Normalizers   []component `json:"normalizers"`
	Pretokenizers []component `json:"pretokenizers"`
	Processors    []component `json:"processors"`
	Pattern       struct {
		Regex string `json:"Regex"`
	} `json:"pattern"`
	IndividualDigits bool   `json:"individual_digits"`
	PrependScheme    string `json:"prepend_scheme"`
	UseRegex         *bool  `json:"use_regex"`
	Single           []struct {
		SpecialToken *struct {
			ID string `json:"id"`
		} `json:"SpecialToken"`
	} `json:"single"`
}

// steps is the component as a flat list: itself, or the parts of a Sequence.
func (c *component) steps() []component {
	if c == nil {
		return nil
	}
	if c.Type == "Sequence" {
		return slices.Concat(c.Normalizers, c.Pretokenizers, c.Processors)
	}
	return []component{*c}
}

func (c *component) has(typ string) bool {
	return slices.ContainsFunc(c.steps(), func(s component) bool { return s.Type == typ })
}

// tokenizerMetadata makes the tokenizer's metadata from tokenizer.json and the
// configurations beside it.
func tokenizerMetadata(dir string, c *config) ([]gguf.KV, error) {
	path := filepath.Join(dir, "tokenizer.json")
	var t tokenizerJSON
	if err := readJSON(path, &t); err != nil {
		return nil, err
	}
	if err := t.parse(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	meta, err := t.metadata(c.Vocab)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	special, err := specialMetadata(dir, c, &t)
	return append(meta, special...), err
}

// parse checks the model's kind and decodes its vocabulary and merges.
func (t *tokenizerJSON) parse() error {
	m := &t.Model
	// Files from before the field existed are byte-pair models with merges.
	if m.Type != "BPE" && (m.Type != "" || len(m.Merges) == 0) {
		return fmt.Errorf("a tokenizer of type %q %w: BPE can", m.Type, ErrUnsupported)
	}
	if err := json.Unmarshal(m.Vocab, &t.vocab); err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	var err error
	if t.merges, err = parseMerges(m.Merges); err != nil {
		return fmt.Errorf("model.merges: %w", err)
	}
	return nil
}

// parseMerges reads the merges, each a pair or, in older files, one string
// with a space between the two.
func parseMerges(raw json.RawMessage) ([]merge, error) {
	var pairs [][]string
	if json.Unmarshal(raw, &pairs) == nil {
		out := make([]merge, len(pairs))
		for i, p := range pairs {
			if len(p) != 2 {
				return nil, fmt.Errorf("merge %d has %d parts, want 2", i, len(p))
			}
			out[i] = merge{p[0], p[1]}
		}
		return out, nil
	}
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return nil, err
	}
	out := make([]merge, len(lines))
	for i, s := range lines {
		left, right, ok := strings.Cut(s, " ")
		if !ok {
			return nil, fmt.Errorf("merge %d, %q, has no space", i, s)
		}
		out[i] = merge{left, right}
	}
	return out, nil
}

// metadata is the vocabulary, padded to n tokens as the embedding is.
func (t *tokenizerJSON) metadata(n int) ([]gguf.KV, error) {
	tokens, types, err := t.tokens(n)
	if err != nil {
		return nil, err
	}
	if t.Model.ByteFallback {
		return []gguf.KV{
			{Key: "tokenizer.ggml.model", Value: gguf.String("llama")},
			{Key: "tokenizer.ggml.pre", Value: gguf.String("default")},
			{Key: "tokenizer.ggml.tokens", Value: gguf.Strings(tokens)},
			{Key: "tokenizer.ggml.scores", Value: gguf.Float32s(t.scores(tokens))},
			{Key: "tokenizer.ggml.token_type", Value: gguf.Int32s(types)},
			{Key: "tokenizer.ggml.add_space_prefix", Value: gguf.Bool(t.addsSpacePrefix())},
		}, nil
	}
	pre, err := t.preTokenizer()
	if err != nil {
		return nil, err
	}
	merges := make([]string, len(t.merges))
	for i, m := range t.merges {
		// A space inside a part is written as GPT-2 writes the byte.
		merges[i] = strings.ReplaceAll(m.left, " ", "Ġ") + " " + strings.ReplaceAll(m.right, " ", "Ġ")
	}
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: gguf.String("gpt2")},
		{Key: "tokenizer.ggml.pre", Value: gguf.String(pre)},
		{Key: "tokenizer.ggml.tokens", Value: gguf.Strings(tokens)},
		{Key: "tokenizer.ggml.token_type", Value: gguf.Int32s(types)},
		{Key: "tokenizer.ggml.merges", Value: gguf.Strings(merges)},
	}, nil
}

// tokens lists n tokens by id with their types; an id nobody uses becomes a
// padding token.
func (t *tokenizerJSON) tokens(n int) ([]string, []int32, error) {
	tokens, types := make([]string, n), make([]int32, n)
	put := func(text string, id int, typ int32) error {
		if id < 0 || id >= n {
			return fmt.Errorf("token %q has id %d, but config.json's vocab_size is %d", text, id, n)
		}
		tokens[id], types[id] = text, typ
		return nil
	}
	for text, id := range t.vocab {
		typ := int32(tokenNormal)
		switch {
		case t.Model.ByteFallback && isByteToken(text):
			typ = tokenByte
		case t.Model.ByteFallback && text == t.Model.UnkToken:
			typ = tokenUnknown
		}
		if err := put(text, id, typ); err != nil {
			return nil, nil, err
		}
	}
	for _, a := range t.AddedTokens {
		text, typ := a.Content, int32(tokenControl)
		if !a.Special && !looksSpecial(text) {
			// llama.cpp looks for these in the text before it is normalized.
			text, typ = strings.ReplaceAll(text, "▁", " "), tokenUserDefined
		}
		if err := put(text, a.ID, typ); err != nil {
			return nil, nil, err
		}
	}
	for id, typ := range types {
		if typ == 0 {
			tokens[id], types[id] = fmt.Sprintf("[PAD%d]", id), tokenUnused
		}
	}
	if err := unique(tokens); err != nil {
		return nil, nil, err
	}
	return tokens, types, nil
}

// unique refuses a text with two ids, on which llama.cpp aborts.
func unique(tokens []string) error {
	ids := make(map[string]int, len(tokens))
	for id, text := range tokens {
		if first, dup := ids[text]; dup {
			return fmt.Errorf("tokens %d and %d are both %q", first, id, text)
		}
		ids[text] = id
	}
	return nil
}

// isByteToken recognizes sentencepiece's byte tokens, e.g. <0x0A>.
func isByteToken(s string) bool {
	var b byte
	n, err := fmt.Sscanf(s, "<0x%02X>", &b)
	return n == 1 && err == nil && len(s) == len("<0x00>")
}

// looksSpecial recognizes control tokens that some models forget to mark.
func looksSpecial(s string) bool {
	return s == "<pad>" || s == "<mask>" ||
		strings.HasPrefix(s, "<|") && strings.HasSuffix(s, "|>") ||
		strings.HasPrefix(s, "<｜") && strings.HasSuffix(s, "｜>")
}

// scores rebuilds sentencepiece's scores, of which tokenizer.json keeps only
// the order, in its merges: a piece that is merged earlier scores higher. What
// no merge makes comes last, so that llama.cpp never makes it either.
func (t *tokenizerJSON) scores(tokens []string) []float32 {
	score := make(map[string]float32, len(tokens))
	for _, m := range t.merges {
		piece := m.left + m.right
		if _, ok := score[piece]; !ok {
			score[piece] = -float32(len(score))
		}
	}
	last := -float32(len(score)) - 1000
	out := make([]float32, len(tokens))
	for i, text := range tokens {
		out[i] = last
		if s, ok := score[text]; ok {
			out[i] = s
		}
	}
	return out
}

// addsSpacePrefix tells whether a space is put before the text.
func (t *tokenizerJSON) addsSpacePrefix() bool {
	if t.Normalizer.has("Prepend") {
		return true
	}
	return slices.ContainsFunc(t.PreTokenizer.steps(), func(s component) bool {
		return s.Type == "Metaspace" && s.PrependScheme != "never"
	})
}

// Regular expressions that split text before the merges, as tokenizer.json
// has them; see convert_hf_to_gguf_update.py and llama-vocab.cpp.
const (
	llama3Regex = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Regex  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// preTokenizer names the way text is split before the merges.
func (t *tokenizerJSON) preTokenizer() (string, error) {
	steps := t.PreTokenizer.steps()
	if !slices.ContainsFunc(steps, func(s component) bool { return s.Type == "ByteLevel" }) {
		return "", fmt.Errorf("a tokenizer without ByteLevel pre-tokenizer and without byte_fallback %w", ErrUnsupported)
	}
	steps = slices.DeleteFunc(slices.Clone(steps), func(s component) bool { return s.Type == "ByteLevel" && !s.usesRegex() })
	switch {
	case len(steps) == 1 && steps[0].Type == "Split" && steps[0].Pattern.Regex == llama3Regex:
		return "llama-bpe", nil
	case len(steps) == 1 && steps[0].Type == "Split" && steps[0].Pattern.Regex == qwen2Regex:
		return "qwen2", nil
	case len(steps) == 2 && steps[0].Type == "Digits" && steps[0].IndividualDigits && steps[1].Type == "ByteLevel":
		return "smollm", nil
	case len(steps) == 1 && steps[0].Type == "ByteLevel":
		return "gpt-2", nil
	}
	var names []string
	for _, s := range steps {
		names = append(names, strings.TrimSpace(s.Type+" "+s.Pattern.Regex))
	}
	return "", fmt.Errorf("a tokenizer that splits text by %s %w: those of Llama 3, Qwen2, SmolLM and GPT-2 can",
		cmp.Or(strings.Join(names, ", "), "nothing"), ErrUnsupported)
}

// usesRegex tells whether a ByteLevel step splits by GPT-2's expression; it
// does unless told otherwise.
func (c component) usesRegex() bool { return c.UseRegex == nil || *c.UseRegex }
