package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"coderm/weights/gguf"
)

// tokenizerConfig is what tokenizer_config.json says about special tokens.
type tokenizerConfig struct {
	BOS          tokenText       `json:"bos_token"`
	EOS          tokenText       `json:"eos_token"`
	PAD          tokenText       `json:"pad_token"`
	UNK          tokenText       `json:"unk_token"`
	AddBOS       *bool           `json:"add_bos_token"`
	AddEOS       *bool           `json:"add_eos_token"`
	ChatTemplate json.RawMessage `json:"chat_template"`
}

// tokenText is a token that is written as its text or as an object with it.
type tokenText string

func (t *tokenText) UnmarshalJSON(b []byte) error {
	var text *string
	if json.Unmarshal(b, &text) == nil {
		if text != nil {
			*t = tokenText(*text)
		}
		return nil
	}
	var object struct {
		Content string `json:"content"`
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return fmt.Errorf("want a token's text, got %s", b)
	}
	*t = tokenText(object.Content)
	return nil
}

// specialMetadata finds the special tokens' ids, whether they are added to a
// text, and the chat template.
func specialMetadata(dir string, c *config, t *tokenizerJSON) ([]gguf.KV, error) {
	var tc tokenizerConfig
	if err := readOptionalJSON(filepath.Join(dir, "tokenizer_config.json"), &tc); err != nil {
		return nil, err
	}
	var generation struct {
		BOS tokenID `json:"bos_token_id"`
		EOS tokenID `json:"eos_token_id"`
		PAD tokenID `json:"pad_token_id"`
	}
	if err := readOptionalJSON(filepath.Join(dir, "generation_config.json"), &generation); err != nil {
		return nil, err
	}
	bos, bosSet := t.specialID(tc.BOS, c.Vocab, c.BOS, generation.BOS)
	eos, eosSet := t.specialID(tc.EOS, c.Vocab, c.EOS, generation.EOS)
	pad, padSet := t.specialID(tc.PAD, c.Vocab, c.PAD, generation.PAD)
	unk, unkSet := t.specialID(tc.UNK, c.Vocab, c.UNK)
	eot, eotSet := t.specialID(t.firstAdded("<|eot_id|>", "<|im_end|>"), c.Vocab)
	eom, eomSet := t.specialID(t.firstAdded("<|eom_id|>"), c.Vocab)
	var meta []gguf.KV
	for _, s := range []struct {
		key string
		id  int
		set bool
	}{
		{"bos", bos, bosSet}, {"eos", eos, eosSet}, {"eot", eot, eotSet},
		{"eom", eom, eomSet}, {"unknown", unk, unkSet}, {"padding", pad, padSet},
	} {
		if s.set {
			meta = append(meta, gguf.KV{Key: "tokenizer.ggml." + s.key + "_token_id", Value: gguf.Uint32(uint32(s.id))})
		}
	}
	addBOS, addEOS := t.added(tc)
	meta = append(meta,
		gguf.KV{Key: "tokenizer.ggml.add_bos_token", Value: gguf.Bool(addBOS && bosSet)},
		gguf.KV{Key: "tokenizer.ggml.add_eos_token", Value: gguf.Bool(addEOS && eosSet)})
	template, err := chatTemplate(dir, tc)
	if err != nil {
		return nil, err
	}
	if template != "" {
		meta = append(meta, gguf.KV{Key: "tokenizer.chat_template", Value: gguf.String(template)})
	}
	return meta, nil
}

// specialID is the id of the token with that text, or else the first of the
// configured ids that is set and below n.
func (t *tokenizerJSON) specialID(text tokenText, n int, configured ...tokenID) (id int, ok bool) {
	if text != "" {
		for _, a := range t.AddedTokens {
			if a.Content == string(text) {
				return a.ID, true
			}
		}
	}
	for _, x := range configured {
		if x.Set && x.ID >= 0 && x.ID < n {
			return x.ID, true
		}
	}
	return 0, false
}

// firstAdded is the first of the texts that is an added token.
func (t *tokenizerJSON) firstAdded(texts ...string) tokenText {
	for _, text := range texts {
		for _, a := range t.AddedTokens {
			if a.Content == text {
				return tokenText(text)
			}
		}
	}
	return ""
}

// added tells whether the tokenizer puts BOS before a text and EOS after it:
// by the post-processor's template, or else by tokenizer_config.json.
func (t *tokenizerJSON) added(tc tokenizerConfig) (bos, eos bool) {
	byTemplate := false
	for _, s := range t.PostProcessor.steps() {
		switch s.Type {
		case "ByteLevel":
			byTemplate = true // unless a template follows, it adds nothing
		case "TemplateProcessing":
			byTemplate = true
			if n := len(s.Single); n > 1 {
				bos, eos = s.Single[0].SpecialToken != nil, s.Single[n-1].SpecialToken != nil
			}
		}
	}
	if byTemplate {
		return bos, eos
	}
	// A sentencepiece tokenizer adds BOS unless it says otherwise.
	bos = t.Model.ByteFallback
	if tc.AddBOS != nil {
		bos = *tc.AddBOS
	}
	if tc.AddEOS != nil {
		eos = *tc.AddEOS
	}
	return bos, eos
}

// chatTemplate finds the template where transformers looks for it: in a file
// of its own, then in tokenizer_config.json, as a text or as the one named
// "default" among several.
func chatTemplate(dir string, tc tokenizerConfig) (string, error) {
	path := filepath.Join(dir, "chat_template.jinja")
	b, err := readFile(path)
	if err == nil {
		return string(b), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if len(tc.ChatTemplate) == 0 {
		return "", nil
	}
	var text *string
	if json.Unmarshal(tc.ChatTemplate, &text) == nil {
		if text == nil {
			return "", nil
		}
		return *text, nil
	}
	var named []struct {
		Name     string `json:"name"`
		Template string `json:"template"`
	}
	if err := json.Unmarshal(tc.ChatTemplate, &named); err != nil {
		return "", fmt.Errorf("%s: chat_template: %w", filepath.Join(dir, "tokenizer_config.json"), err)
	}
	for _, x := range named {
		if x.Name == "default" {
			return x.Template, nil
		}
	}
	return "", nil
}
