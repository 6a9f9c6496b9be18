// Package model knows how to ask a language model for unit tests and how to
// read its answer: CodeRM's prompt, the model's own chat template, the
// extraction of tests from completions, and the presets of known models.
package model

import (
	"errors"
	"fmt"

	"github.com/ardanlabs/jinja"
)

// ErrNoTemplate means the model file carries no chat template.
var ErrNoTemplate = errors.New("the model has no chat template")

// Template is a model's chat template, the Jinja text of its GGUF key
// tokenizer.chat_template.
type Template struct {
	tmpl     *jinja.Template
	bos, eos string
}

// NewTemplate compiles a chat template. bos and eos are the texts of the
// model's special tokens, which templates insert themselves.
func NewTemplate(source, bos, eos string) (*Template, error) {
	if source == "" {
		return nil, ErrNoTemplate
	}
	t, err := jinja.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("compiling the model's chat template: %w", err)
	}
	return &Template{t, bos, eos}, nil
}

// Render gives the text of a conversation that holds one user message and asks
// for the assistant's answer. The result contains the special tokens as text
// (including BOS where the template has it), so it must be tokenized with
// special tokens on and without adding BOS again.
func (t *Template) Render(user string) (string, error) {
	out, err := t.tmpl.Render(map[string]any{
		"messages":              []any{map[string]any{"role": "user", "content": user}},
		"add_generation_prompt": true,
		"bos_token":             t.bos,
		"eos_token":             t.eos,
	})
	if err != nil {
		return "", fmt.Errorf("rendering the model's chat template: %w", err)
	}
	return out, nil
}
