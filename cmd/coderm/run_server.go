package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"coderm/engine/remote"
	"coderm/model"
	"coderm/problem"
)

// serverParallel is how many requests a server gets at once.
const serverParallel = 8

// serverLimits say how long a server is waited for.
type serverLimits struct{ timeout, silence, patience time.Duration }

func (l *serverLimits) flags(f *pflag.FlagSet) {
	f.DurationVar(&l.timeout, "server-timeout", time.Hour, "longest that one answer of the server may take")
	f.DurationVar(&l.silence, "server-silence", 15*time.Minute, "longest in which nothing comes of it; a server that does not stream is silent until it is done")
	f.DurationVar(&l.patience, "server-patience", 2*time.Minute, "how long to go on asking a server that is busy or starting")
}

func (l *serverLimits) check(given *pflag.FlagSet, server bool) error {
	names := []string{"server-timeout", "server-silence", "server-patience"}
	if !server {
		return refuse(given, "has no use without --server", names...)
	}
	for i, d := range []time.Duration{l.timeout, l.silence, l.patience} {
		if d <= 0 {
			return usageError("--%s %s: give more than 0", names[i], d)
		}
	}
	return nil
}

// openServer makes a server's model the source of tests: --server
// ollama=ADDRESS or openai=ADDRESS, with the model's name there in --model.
func (a *app) openServer(j *job) error {
	kind, address, ok := strings.Cut(j.server, "=")
	if !ok || j.modelName == "" {
		return usageError("--server wants ollama=ADDRESS or openai=ADDRESS, and --model the model's name there")
	}
	c := remote.Config{
		Address: address, Model: j.modelName, Key: os.Getenv("OPENAI_API_KEY"), Parallel: serverParallel,
		Timeout: j.serverLimits.timeout, Silence: j.serverLimits.silence, Patience: j.serverLimits.patience,
		Waiting: a.tellWaiting,
	}
	var g *remote.Generator
	var err error
	switch kind {
	case "ollama":
		g, err = remote.Ollama(c)
	case "openai":
		g, err = remote.OpenAI(c)
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
		if w.Template, err = model.NewTemplate(string(text), "", ""); err == nil {
			j.cleanup = append(j.cleanup, w.Template.Close)
		}
		return err
	})
}

// tellWaiting says why nothing seems to happen.
func (a *app) tellWaiting(why error, pause time.Duration) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "the server fails; trying again in %s: %s\n", pause.Round(time.Second), oneLine(why.Error()))
	}
}
