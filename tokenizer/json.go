package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// maxJSON is the largest tokenizer.json we read, in bytes (Gemma's has 33 MB).
const maxJSON = 256 << 20

// FromJSON builds the tokenizer that a Hugging Face tokenizer.json describes.
// Normalizers (such as Qwen's NFC) are left out, as llama.cpp leaves them out:
// its ids are the ones the model is run with here.
func FromJSON(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxJSON {
		return nil, fmt.Errorf("%s: %d bytes, a tokenizer.json has at most %d", path, info.Size(), maxJSON)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v, err := parseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := New(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// jsonFile is the part of a tokenizer.json that we use. (The library's Config
// cannot hold it: newer files write a merge as a pair, not as one string.)
type jsonFile struct {
	AddedTokens []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	PreTokenizer  *jsonStep `json:"pre_tokenizer"`
	PostProcessor *jsonStep `json:"post_processor"`
	Model         struct {
		Type         string           `json:"type"`
		ByteFallback bool             `json:"byte_fallback"`
		IgnoreMerges bool             `json:"ignore_merges"`
		Vocab        map[string]int32 `json:"vocab"`
		Merges       []jsonMerge      `json:"merges"`
	} `json:"model"`
}

// jsonStep is a pre-tokenizer or post-processor, possibly a sequence of them.
type jsonStep struct {
	Type          string     `json:"type"`
	Pretokenizers []jsonStep `json:"pretokenizers"`
	Processors    []jsonStep `json:"processors"`
	Pattern       struct {
		Regex string `json:"Regex"`
	} `json:"pattern"`
	UseRegex *bool `json:"use_regex"` // ByteLevel: default true
	Single   []struct {
		SpecialToken *struct {
			ID string `json:"id"`
		} `json:"SpecialToken"`
	} `json:"single"`
}

// jsonMerge is "left right" or ["left", "right"]; kept as the former.
type jsonMerge string

// UnmarshalJSON reads either form.
func (m *jsonMerge) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(m))
	}
	var pair []string
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a merge of %d parts", len(pair))
	}
	*m = jsonMerge(pair[0] + " " + pair[1])
	return nil
}

func parseJSON(data []byte) (*Vocab, error) {
	var f jsonFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	if f.Model.Type != "BPE" {
		return nil, fmt.Errorf("tokenizer model %q is not supported (BPE is)", f.Model.Type)
	}
	v := &Vocab{BOS: None, IgnoreMerges: &f.Model.IgnoreMerges}
	if err := v.setTokens(&f); err != nil {
		return nil, err
	}
	for _, m := range f.Model.Merges {
		v.Merges = append(v.Merges, string(m))
	}
	addBOS := false
	if text := f.PostProcessor.bos(); text != "" {
		for id, tok := range v.Tokens {
			if tok == text {
				v.BOS, addBOS = int32(id), true
			}
		}
	}
	v.AddBOS = &addBOS
	if f.Model.ByteFallback && f.PreTokenizer.isMetaspace() {
		v.Kind = "llama"
		v.scoresFromMerges()
		return v, nil
	}
	v.Kind = "gpt2"
	var err error
	v.Pre, err = f.PreTokenizer.preKind()
	return v, err
}

// setTokens fills Tokens and Types from the vocabulary and the added tokens.
// Ids in between that no token has stay empty and unused.
func (v *Vocab) setTokens(f *jsonFile) error {
	size := int32(len(f.Model.Vocab))
	grow := func(id int32) error {
		if id < 0 || id >= maxTokens {
			return fmt.Errorf("token id %d is out of range", id)
		}
		size = max(size, id+1)
		return nil
	}
	for _, id := range f.Model.Vocab {
		if err := grow(id); err != nil {
			return err
		}
	}
	for _, a := range f.AddedTokens {
		if err := grow(a.ID); err != nil {
			return err
		}
	}
	v.Tokens = make([]string, size)
	v.Types = make([]Type, size)
	for i := range v.Types {
		v.Types[i] = Unused
	}
	for text, id := range f.Model.Vocab {
		if v.Tokens[id] != "" {
			return fmt.Errorf("id %d is both %q and %q", id, v.Tokens[id], text)
		}
		v.Tokens[id], v.Types[id] = text, Normal
		if f.Model.ByteFallback && isByteToken(text) {
			v.Types[id] = Byte
		}
	}
	for _, a := range f.AddedTokens {
		if old := v.Tokens[a.ID]; old != "" && old != a.Content {
			return fmt.Errorf("id %d is both %q and %q", a.ID, old, a.Content)
		}
		v.Tokens[a.ID], v.Types[a.ID] = a.Content, UserDefined
		if a.Special {
			v.Types[a.ID] = Control
		}
	}
	return nil
}

func isByteToken(s string) bool {
	return len(s) == len("<0x00>") && strings.HasPrefix(s, "<0x") && s[5] == '>'
}

// scoresFromMerges gives each token the priority of the merge that makes it:
// what SentencePiece's scores are for a BPE vocabulary.
func (v *Vocab) scoresFromMerges() {
	rank := make(map[string]int, len(v.Merges))
	for i, m := range v.Merges {
		text := strings.Replace(m, " ", "", 1)
		if _, dup := rank[text]; !dup {
			rank[text] = i
		}
	}
	v.Scores = make([]float32, len(v.Tokens))
	for id, text := range v.Tokens {
		if r, ok := rank[text]; ok {
			v.Scores[id] = -float32(r)
		}
	}
}

// bos is the token that the post-processor puts first, or "".
func (s *jsonStep) bos() string {
	if s == nil {
		return ""
	}
	for i := range s.Processors {
		if text := s.Processors[i].bos(); text != "" {
			return text
		}
	}
	if s.Type == "TemplateProcessing" && len(s.Single) > 0 && s.Single[0].SpecialToken != nil {
		return s.Single[0].SpecialToken.ID
	}
	return ""
}

// isMetaspace tells whether spaces become U+2581, as SentencePiece does it: by
// a Metaspace step or, with no step at all, by a normalizer.
func (s *jsonStep) isMetaspace() bool { return s == nil || s.Type == "Metaspace" }

// steps flattens nested sequences.
func (s *jsonStep) steps() []jsonStep {
	if s == nil {
		return nil
	}
	if s.Type != "Sequence" {
		return []jsonStep{*s}
	}
	var all []jsonStep
	for i := range s.Pretokenizers {
		all = append(all, s.Pretokenizers[i].steps()...)
	}
	return all
}

// The Split expressions we know, by what tokenizer.ggml.pre calls them.
var splitPatterns = map[string]string{
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:                              "llama-bpe",
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:                                   "qwen2",
	`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: "llama-bpe",
}

// preKind recognizes the pre-tokenizer; one we do not know is refused.
func (s *jsonStep) preKind() (string, error) {
	steps := s.steps()
	var names []string
	for _, st := range steps {
		names = append(names, st.Type)
	}
	byteLevelRegex := len(steps) > 0 && or(steps[len(steps)-1].UseRegex, true)
	switch strings.Join(names, "+") {
	case "ByteLevel":
		if byteLevelRegex {
			return "gpt-2", nil
		}
	case "Digits+ByteLevel":
		if byteLevelRegex {
			return "smollm", nil
		}
	case "Split+ByteLevel":
		kind, ok := splitPatterns[steps[0].Pattern.Regex]
		if ok && !byteLevelRegex {
			return kind, nil
		}
		if !ok {
			return "", fmt.Errorf("pre-tokenizer expression %q is not supported", steps[0].Pattern.Regex)
		}
	case "":
		return "", errors.New("a byte-level BPE without a pre-tokenizer is not supported")
	}
	return "", fmt.Errorf("pre-tokenizer %s is not supported", strings.Join(names, "+"))
}
