package run

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"coderm/engine/remote"
	"coderm/model"
	"coderm/problem"
)

// serverTemplate is what the identity has for a chat template that the server applies.
const serverTemplate = "the server's own"

// openServer makes a server's model, or that of several which share the work, the
// source of tests. What is at an address is found out unless it is said: ollama=ADDRESS
// or openai=ADDRESS.
func (r *Run) openServer(ctx context.Context) error {
	spec := r.spec.Writing
	key, err := r.serverKey()
	if err != nil {
		return err
	}
	c := remote.Config{
		Model: spec.Model, Key: key, Parallel: spec.ServerParallel,
		Timeout: time.Duration(spec.ServerTimeout), Silence: time.Duration(spec.ServerSilence), Patience: time.Duration(spec.ServerPatience),
		Waiting: func(why error, pause time.Duration) {
			r.env.tell(Event{Kind: Waiting, Text: why.Error(), Pause: Duration(pause)})
		},
	}
	if c.Interface, c.Addresses, err = parseServer(spec.Server); err != nil {
		return err
	}
	switch {
	case c.Interface == "":
		if err := c.Find(ctx); err != nil {
			return asInput(err)
		}
	case c.Parallel == 0:
		c.Parallel = remote.DefaultParallel
	}
	g, err := remote.New(c)
	if err != nil {
		return asInput(err)
	}
	digest := string(c.Interface) + "/" + c.Model // wherever it is served
	r.identity.Model, r.modelName = digest, c.Model+" on a server"
	if err := r.useWriter(ctx, model.PresetFor(c.Model, 0)); err != nil {
		return err
	}
	w := r.writer
	r.requests = g.Requests
	if w.Engine, w.Digest = g, digest; !w.Converses() {
		return nil
	}
	if spec.ChatTemplate == "" {
		r.identity.ChatTemplate, w.Chat = serverTemplate, true
		return nil
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

// serverKey is what the spec's file has, or the environment.
func (r *Run) serverKey() (string, error) {
	path := r.spec.Writing.ServerKey
	if path == "" {
		return r.env.Key, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &InputError{Field: "server_key", Err: err}
	}
	key := strings.TrimSpace(string(text))
	if key == "" {
		return "", &InputError{Field: "server_key", Value: path, Err: errors.New("the file is empty")}
	}
	return key, nil
}

// parseServer divides what the spec says into addresses and, where it is said, what
// they speak.
func parseServer(text string) (speaks remote.Interface, addresses []string, err error) {
	kind, rest, said := strings.Cut(text, "=")
	switch speaks = remote.Interface(kind); {
	case said && (speaks == remote.OllamaAPI || speaks == remote.OpenAIAPI):
		text = rest
	case said && !strings.ContainsAny(kind, ":/"):
		return "", nil, wrong("server", text, "the kind is ollama or openai, or left out to be found")
	default:
		speaks = ""
	}
	for address := range strings.SplitSeq(text, ",") {
		if address = strings.TrimSpace(address); address != "" {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) == 0 {
		return "", nil, wrong("server", text, "give an address such as localhost:8080, or several with commas between")
	}
	return speaks, addresses, nil
}
