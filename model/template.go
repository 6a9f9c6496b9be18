// Package model knows how to ask a language model for unit tests and how to
// read its answer: CodeRM's prompt, the model's own chat template, the
// extraction of tests from completions, and the presets of known models.
package model

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrNoTemplate means the model file carries no chat template.
var ErrNoTemplate = errors.New("the model has no chat template")

// maxTemplate bounds a chat template's source: real ones have a few KB.
const maxTemplate = 1 << 20

// Template is a model's chat template, the Jinja text of its GGUF key
// tokenizer.chat_template. It is a program out of somebody's file: a process of
// its own, with limits, runs it. It is safe for concurrent use.
type Template struct {
	setup setup
	mu    sync.Mutex
	proc  *renderer // nil when none is running
}

// NewTemplate compiles a chat template and tries it. bos and eos are the texts of
// the model's special tokens, which templates insert themselves.
func NewTemplate(source, bos, eos string) (*Template, error) {
	if source == "" {
		return nil, ErrNoTemplate
	}
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("the model's chat template has %d bytes; more than %d are refused", len(source), maxTemplate)
	}
	source = strings.TrimSuffix(newlines.Replace(source), "\n") // as Jinja does, and our engine does not
	t := &Template{setup: setup{Source: source, BOS: bos, EOS: eos}}
	if _, err := t.Render("Write a test."); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Render gives the text of a conversation that holds one user message and asks
// for the assistant's answer. The result contains the special tokens as text
// (including BOS where the template has it), so it must be tokenized with
// special tokens on and without adding BOS again.
func (t *Template) Render(user string) (string, error) {
	return t.Chat([]Message{{Role: "user", Content: user}})
}

// Message is one turn of a conversation.
type Message struct {
	Role    string // system, user or assistant, as far as the template knows them
	Content string
}

// Chat is Render for a conversation of any turns.
func (t *Template) Chat(messages []Message) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := t.render(messages)
	if err != nil {
		return "", fmt.Errorf("rendering the model's chat template: %w", err)
	}
	return text, nil
}

func (t *Template) render(messages []Message) (_ string, err error) {
	if t.proc == nil {
		if t.proc, err = startRenderer(t.setup); err != nil {
			return "", err
		}
	}
	a, err := t.proc.ask(messages)
	if err != nil { // it died of this conversation; the next one gets a new process
		err = t.proc.end(err)
		t.proc = nil
		return "", err
	}
	if a.Error != "" {
		return "", errors.New(a.Error)
	}
	return a.Text, nil
}

// Close ends the process.
func (t *Template) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proc != nil {
		t.proc.end(nil)
		t.proc = nil
	}
	return nil
}
