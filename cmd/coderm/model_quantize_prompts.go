package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"coderm/engine/llama"
	"coderm/model"
	"coderm/problem"
)

// isPrompts tells a file of prompts from a text, by its name.
func isPrompts(path string) bool {
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	return strings.HasSuffix(path, ".jsonl")
}

// conversations are those of a file, each of any turns.
type conversations [][]model.Message

// readPrompts reads a file of prompts: a line has a prompt, or messages.
func readPrompts(path string) (out conversations, err error) {
	err = problem.Lines(path, func(line []byte) error {
		var l struct {
			Prompt   string          `json:"prompt"`
			Messages []model.Message `json:"messages"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if l.Prompt != "" {
			l.Messages = []model.Message{{Role: "user", Content: l.Prompt}}
		}
		if len(l.Messages) == 0 {
			return errors.New(`no "prompt" and no "messages"`)
		}
		out = append(out, l.Messages)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: no prompts in it", path)
	}
	return out, err
}

// render puts them into a model's own chat template.
func (c conversations) render(m *llama.Model) ([]string, error) {
	info := m.Info()
	t, err := model.NewTemplate(m.ChatTemplate(), info.BOS, info.EOS)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	out := make([]string, len(c))
	for i, messages := range c {
		if out[i], err = t.Chat(messages); err != nil {
			return nil, fmt.Errorf("prompt %d: %w", i, err)
		}
	}
	return out, nil
}
