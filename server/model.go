package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"coderm/engine"
	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/internal/units"
	"coderm/model"
	"coderm/tokenizer"
	"coderm/weights/store"
)

// loaded is the model that is served, with what answers say of it.
type loaded struct {
	engine   child.Local
	encode   func(text string, bos bool) ([]int32, error)
	template *model.Template // nil: the model has none, and no conversations
	info     llama.Info
	name     string
	path     string
	digest   string
	size     int64
	changed  time.Time
	prompts  *lru.Cache[promptText, []int32] // tokens of the last prompts
}

// promptText is what tokens were made of.
type promptText struct {
	string
	rendered bool
}

// keptPrompts is more than are under way at once. Requests with one prompt share its
// tokens, by which the scheduler knows that it need not compute them again.
const keptPrompts = 1024

func (m *loaded) close() {
	if m.template != nil {
		m.template.Close()
	}
	m.engine.Close()
}

// tokens gives a text's tokens.
func (m *loaded) tokens(p engine.Prompt) ([]int32, error) {
	if len(p.Tokens) > 0 {
		for _, id := range p.Tokens {
			if id < 0 || int(id) >= m.info.Vocab {
				return nil, bad("the prompt has the token %d; the model has 0 to %d", id, m.info.Vocab-1)
			}
		}
		return p.Tokens, nil
	}
	key := promptText{p.Text, p.Rendered}
	if ids, ok := m.prompts.Get(key); ok {
		return ids, nil
	}
	ids, err := m.encode(p.Text, !p.Rendered)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, bad("the prompt is empty")
	}
	m.prompts.Add(key, ids)
	return ids, nil
}

// room is how many tokens may follow a prompt.
func (m *loaded) room(prompt []int32) int { return m.info.TrainContext - len(prompt) }

// conversation is the prompt for an answer to the last turn.
func (m *loaded) conversation(turns []model.Message) (engine.Prompt, error) {
	if m.template == nil {
		return engine.Prompt{}, bad("%s has no chat template, and so no conversations; it completes texts", m.name)
	}
	for _, t := range turns {
		if !slices.Contains([]string{"system", "user", "assistant"}, t.Role) {
			return engine.Prompt{}, bad("the role %.50q is not there; use system, user or assistant", t.Role)
		}
	}
	t, err := m.template.Chat(turns)
	if err != nil {
		return engine.Prompt{}, bad("%w", err)
	}
	return engine.Prompt{Text: t, Rendered: true}, nil
}

// models is the served model, loaded when it is first wanted.
type models struct {
	config Config
	mu     sync.Mutex
	load   *loading // under way or done; nil: not yet, or it failed
}

type loading struct {
	done  chan struct{}
	model *loaded
	err   error
}

// get waits for the model. It goes on being loaded when ctx ends.
func (k *models) get(ctx context.Context) (*loaded, error) {
	if k.config.Model == NoModel {
		return nil, status(http.StatusNotFound, errors.New("this server was started without a model; --model names one"))
	}
	k.mu.Lock()
	l := k.load
	if l == nil {
		l = &loading{done: make(chan struct{})}
		k.load = l
		go func() {
			l.model, l.err = open(context.WithoutCancel(ctx), k.config)
			if l.err != nil {
				k.mu.Lock()
				k.load = nil // the next request tries again
				k.mu.Unlock()
			}
			close(l.done)
		}()
	}
	k.mu.Unlock()
	select {
	case <-l.done:
		return l.model, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// named is the model under a name that a client has given; "" is any.
func (k *models) named(ctx context.Context, name string) (*loaded, error) {
	m, err := k.get(ctx)
	if err != nil {
		return nil, err
	}
	if name = strings.TrimSuffix(name, ":latest"); name != "" && name != m.name && name != k.config.Model && name != m.info.Name {
		return nil, status(http.StatusNotFound, fmt.Errorf("the model %.100q is not here; this server has %q", name, m.name))
	}
	return m, nil
}

// ready is the model if it is loaded.
func (k *models) ready() *loaded {
	k.mu.Lock()
	l := k.load
	k.mu.Unlock()
	if l == nil {
		return nil
	}
	select {
	case <-l.done:
		return l.model
	default:
		return nil
	}
}

// lend opens a model for a run: the served one where that is what the run wants.
func (k *models) lend(ctx context.Context, c llama.Config, in child.Process) (child.Local, error) {
	if m := k.ready(); m != nil && c.Path == m.path && !c.Fixed && !c.NoDraft {
		return lent{m.engine}, nil
	}
	return child.Open(ctx, c, in)
}

// lent is a model that stays open.
type lent struct{ child.Local }

func (lent) Close() {}

func (k *models) close() {
	k.mu.Lock()
	l := k.load
	k.mu.Unlock()
	if l == nil {
		return
	}
	<-l.done
	if l.model != nil {
		l.model.close()
	}
}

// open loads the configured model.
func open(ctx context.Context, c Config) (_ *loaded, err error) {
	path, err := store.Resolve(c.Model)
	if err != nil {
		return nil, err
	}
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	m := &loaded{name: nameOf(c.Model), path: path, size: stat.Size(), changed: stat.ModTime()}
	if m.digest, err = llama.FileDigest(ctx, path); err != nil {
		return nil, err
	}
	m.prompts, _ = lru.New[promptText, []int32](keptPrompts) // fails for sizes below 1
	how := llama.Config{Path: path, Threads: c.Threads, Log: c.Log}
	c.Placement.Apply(&how)
	if m.engine, err = child.Open(ctx, how, c.Placement.In()); err != nil {
		return nil, err
	}
	m.info = m.engine.Info()
	if m.encode, err = encoder(m.engine, path); err != nil {
		m.close()
		return nil, err
	}
	m.template, err = model.NewTemplate(m.engine.ChatTemplate(), m.info.BOS, m.info.EOS)
	if errors.Is(err, model.ErrNoTemplate) {
		err = nil
	}
	if err == nil {
		err = m.openContext(ctx)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	c.Log.Info("loaded a model", "model", m.name, "size", units.Bytes(m.size), "took", time.Since(began))
	return m, nil
}

// encoder makes tokens of texts: the engine's own, or where that is in another
// process, ours.
func encoder(m child.Local, path string) (func(text string, bos bool) ([]int32, error), error) {
	if own, ok := m.(interface {
		Tokenize(text string, bos bool) ([]int32, error)
	}); ok {
		return own.Tokenize, nil
	}
	t, err := tokenizer.FromGGUF(path)
	if err != nil {
		return nil, err
	}
	return func(text string, bos bool) ([]int32, error) {
		ids, err := t.Encode(text, true)
		if err == nil && bos {
			ids = t.AddBOS(ids)
		}
		return ids, err
	}, nil
}

// nameOf is what a model is called: the name in the store, or the file's without its
// ending.
func nameOf(given string) string {
	name := store.OrDefault(given)
	name = name[strings.LastIndexByte(name, '/')+1:]
	return strings.TrimSuffix(name, ".gguf")
}

// The context that is opened first: larger than one client's, so that it need not be
// replaced when others come.
const (
	firstSamples = 16
	firstTokens  = 1024
)

// openContext has the engine open it, by a request that ends with its first token.
func (m *loaded) openContext(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	opened := errors.New("the context is open")
	r := engine.Request{
		Prompt: engine.Prompt{Text: "x"}, N: firstSamples, MaxTokens: min(firstTokens, m.info.TrainContext-8), IgnoreEnd: true,
		Drawn: func(int, engine.Token) { cancel(opened) },
	}
	err := m.engine.Generate(ctx, slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil })
	if errors.Is(err, opened) {
		return nil
	}
	return err
}
