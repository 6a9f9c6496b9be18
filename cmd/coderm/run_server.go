package main

import (
	"os"
	"strings"

	"coderm/engine"
	"coderm/engine/remote"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem"
)

// serverParallel is how many requests a server gets at once.
const serverParallel = 8

// openServer makes a server's model the source of tests: --server
// ollama=ADDRESS or openai=ADDRESS, with the model's name there in --model.
func (j *job) openServer() error {
	kind, address, ok := strings.Cut(j.server, "=")
	if !ok || j.model == "" {
		return usageError("--server wants ollama=ADDRESS or openai=ADDRESS, and --model the model's name there")
	}
	var g *remote.Generator
	var err error
	switch kind {
	case "ollama":
		g, err = remote.Ollama(address, j.model, serverParallel)
	case "openai":
		g, err = remote.OpenAI(address, os.Getenv("OPENAI_API_KEY"), j.model, serverParallel)
	default:
		return usageError("--server %s: the kind is ollama or openai", j.server)
	}
	if err != nil {
		return asUsage(err)
	}
	preset := model.PresetFor(j.model, 0)
	w := &pipeline.Writer{
		Engine: g, Tokenize: g.Tokenize, NoHidden: true, Digest: j.server + "/" + j.model,
		Style: preset.Style, MaxTokens: preset.MaxTokens, Seed: j.seed,
		Sampling: engine.Sampling{Temperature: preset.Temperature, TopP: preset.TopP},
	}
	return j.useWriter(w, func() (*model.Template, error) {
		if j.chatTemplate == "" {
			return nil, usageError("--style %s sends the model's chat template to the server; give it by --chat-template FILE, or use --style assert", problem.StyleUnittest)
		}
		text, err := os.ReadFile(j.chatTemplate)
		if err != nil {
			return nil, asUsage(err)
		}
		t, err := model.NewTemplate(string(text), "", "")
		return t, asUsage(err)
	})
}
