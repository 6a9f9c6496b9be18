package run

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"coderm/engine/remote"
	"coderm/model"
	"coderm/problem"
)

// serverParallel is how many requests a server gets at once.
const serverParallel = 8

// openServer makes a server's model the source of tests: ollama=ADDRESS or
// openai=ADDRESS, with the model's name there.
func (r *Run) openServer(ctx context.Context) error {
	spec := r.spec.Writing
	kind, address, ok := strings.Cut(spec.Server, "=")
	if !ok {
		return wrong("server", spec.Server, "give ollama=ADDRESS or openai=ADDRESS, and the model's name there as model")
	}
	c := remote.Config{
		Address: address, Model: spec.Model, Key: r.env.Key, Parallel: serverParallel,
		Timeout: time.Duration(spec.ServerTimeout), Silence: time.Duration(spec.ServerSilence), Patience: time.Duration(spec.ServerPatience),
		Waiting: func(why error, pause time.Duration) {
			r.env.tell(Event{Kind: Waiting, Text: why.Error(), Pause: Duration(pause)})
		},
	}
	var g *remote.Model
	var err error
	switch kind {
	case "ollama":
		g, err = remote.Ollama(c)
	case "openai":
		g, err = remote.OpenAI(c)
	default:
		return wrong("server", spec.Server, "the kind is ollama or openai")
	}
	if err != nil {
		return asInput(err)
	}
	w := r.fromPreset(model.PresetFor(spec.Model, 0))
	w.Engine = g
	w.Digest = kind + "/" + spec.Model // wherever it is served
	r.identity.Model, r.modelName = w.Digest, spec.Model+" on a server"
	if err := r.useWriter(ctx, w); err != nil || w.Style != problem.Unittest {
		return err
	}
	if spec.ChatTemplate == "" {
		return &InputError{Field: "chat_template", Err: errors.New("missing: the style unittest sends the model's chat template to the server; or use the style assert")}
	}
	r.identity.ChatTemplate, err = bind(spec.ChatTemplate, func(in *problem.Input) error {
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if w.Template, err = model.NewTemplate(string(text), "", ""); err == nil {
			r.onClose(w.Template.Close)
		}
		return err
	})
	return err
}
