package main

import (
	"testing"

	"coderm/engine/llama"
	"coderm/model"
	"coderm/weights/store"
	"coderm/weights/synthetic"
)

// TestTemplatesMatchLlama compares the models' own templates, as we render
// them, with llama.cpp's rendering of them.
func TestTemplatesMatchLlama(t *testing.T) {
	tiny, err := synthetic.Cached(t.Context(), t.TempDir(), "tiny", "Q8_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(path string, before ...llama.Message) {
		m, err := llama.Load(t.Context(), llama.Config{Path: path, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		want, err := m.ApplyTemplate(append(before, llama.Message{Role: "user", Content: "Write tests for f."}), true)
		if err != nil {
			t.Fatal(err)
		}
		info := m.Info()
		tmpl, err := model.NewTemplate(m.ChatTemplate(), "", info.EOS) // llama.cpp leaves BOS out
		if err != nil {
			t.Fatal(err)
		}
		defer tmpl.Close()
		got, err := tmpl.Render("Write tests for f.")
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: rendered\n%q\nllama.cpp\n%q", info.Name, got, want)
		}
	}
	check(tiny)
	if path, err := store.Resolve(""); err != nil {
		t.Log(err)
	} else {
		// The template itself adds this when there is no system message;
		// llama.cpp knows only the bare ChatML.
		check(path, llama.Message{Role: "system", Content: "You are a helpful AI assistant named SmolLM, trained by Hugging Face"})
	}
}
