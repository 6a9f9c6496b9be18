package main

import (
	"io"
	"os"
	"strings"

	"coderm/engine/remote"
	"coderm/model"
	"coderm/problem"
)

// serverParallel is how many requests a server gets at once.
const serverParallel = 8

// openServer makes a server's model the source of tests: --server
// ollama=ADDRESS or openai=ADDRESS, with the model's name there in --model.
func (j *job) openServer() error {
	kind, address, ok := strings.Cut(j.server, "=")
	if !ok || j.modelName == "" {
		return usageError("--server wants ollama=ADDRESS or openai=ADDRESS, and --model the model's name there")
	}
	var g *remote.Generator
	var err error
	switch kind {
	case "ollama":
		g, err = remote.Ollama(address, j.modelName, serverParallel)
	case "openai":
		g, err = remote.OpenAI(address, os.Getenv("OPENAI_API_KEY"), j.modelName, serverParallel)
	default:
		return usageError("--server %s: the kind is ollama or openai", j.server)
	}
	if err != nil {
		return asUsage(err)
	}
	w := j.fromPreset(model.PresetFor(j.modelName, 0))
	w.Engine, w.Tokenize, w.NoHidden = g, g.Tokenize, true
	w.Digest = kind + "/" + j.modelName // wherever it is served
	j.print["model"] = w.Digest
	if err := j.useWriter(w); err != nil || w.Style != problem.StyleUnittest {
		return err
	}
	if j.chatTemplate == "" {
		return usageError("--style %s sends the model's chat template to the server; give it by --chat-template FILE, or use --style assert", w.Style)
	}
	return j.bind("chat template", j.chatTemplate, func(in *problem.Input) error {
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		w.Template, err = model.NewTemplate(string(text), "", "")
		return err
	})
}
