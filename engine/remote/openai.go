package remote

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"coderm/engine"
)

// openAI asks for completions of a text or of tokens, and for answers to conversations:
// https://platform.openai.com/docs/api-reference/completions and …/chat. The requests
// are our own: what openai-go gives hides how an answer broke off (docs/rationale.md).
type openAI struct {
	*client
	base  *url.URL
	model string

	mu      sync.Mutex
	atOnce  int             // samples that it gives at once, as far as it is known
	ofOne   bool            // it counts the tokens of one of them only
	refuses map[string]bool // settings that it knows nothing of
}

// maxAtOnce bounds the samples asked for at once: each of them waits for the longest.
const maxAtOnce = 8

func (o *openAI) most() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.atOnce
}

func (o *openAI) complete(ctx context.Context, r engine.Request, seed uint32, n int) (s []engine.Sample, err error) {
	n = min(n, o.most())
	chat := len(r.Prompt.Messages) > 0
	body, path := o.body(r, seed, n)
	err = o.post(ctx, o.base.JoinPath(path).String(), body, func(contentType string, answer io.Reader) error {
		data, err := io.ReadAll(answer)
		if err != nil {
			return err
		}
		// Not every server that streams says so.
		if strings.HasPrefix(contentType, "text/event-stream") || bytes.HasPrefix(bytes.TrimSpace(data), []byte("data:")) {
			s, err = readStream(data, chat)
		} else {
			s, err = readCompletion(data, chat)
		}
		return err
	})
	if err != nil {
		if o.learns(body, err) {
			return o.complete(ctx, r, seed, n)
		}
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(s) < n {
		o.atOnce = 1 // it takes "n" for something else, or for nothing
	}
	o.recount(s, r.MaxTokens)
	return s, nil
}

// recount mends the tokens of samples that came at once where the server counts those of
// one only, as llama-server does: it shows where fewer are counted than they must have,
// since one that was cut off has as many as were allowed.
func (o *openAI) recount(s []engine.Sample, most int) {
	counted, least := 0, 0
	for _, x := range s {
		counted += x.Tokens
		if x.Finish == engine.FinishLength {
			least += most
		}
	}
	o.ofOne = o.ofOne || len(s) > 1 && counted > 0 && counted < least
	for i := range s {
		switch {
		case !o.ofOne || len(s) == 1:
		case s[i].Finish == engine.FinishLength:
			s[i].Tokens = most
		default:
			s[i].Tokens = counted
		}
	}
}

// body is a request, and where it goes. What is not wanted is left out: servers
// refuse what they do not know.
func (o *openAI) body(r engine.Request, seed uint32, n int) (body map[string]any, path string) {
	body = map[string]any{
		"model": o.model, "seed": seed, "max_tokens": r.MaxTokens,
		"temperature": r.Sampling.Temperature, "top_p": orOne(r.Sampling.TopP),
	}
	if n > 1 {
		body["n"] = n
	}
	if len(r.Stop) > 0 {
		body["stop"] = r.Stop
	}
	if len(r.Prompt.Messages) > 0 {
		path = "chat/completions"
		body["messages"], body["logprobs"] = r.Prompt.Messages, true
	} else {
		path = "completions"
		body["prompt"], body["logprobs"] = r.Prompt.Text, 0
		if ids := r.Prompt.Tokens; len(ids) > 0 {
			body["prompt"] = ids
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(body, func(name string, _ any) bool { return o.refuses[name] })
	if o.refuses["max_tokens"] {
		body["max_completion_tokens"] = r.MaxTokens // as OpenAI's own models have it
	}
	return body, path
}

// optional are the settings that a server may do without.
var optional = []string{"logprobs", "seed", "n", "top_p", "temperature", "max_tokens"}

// learns tells whether a server refused a request for a setting that it can be asked
// without, which is then left out.
func (o *openAI) learns(body map[string]any, err error) bool {
	if failureOf(err).kind != refused {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range optional {
		if _, sent := body[name]; sent && !o.refuses[name] && slices.Contains(strings.FieldsFunc(err.Error(), notInName), name) {
			if o.refuses == nil {
				o.refuses = map[string]bool{}
			}
			if o.refuses[name] = true; name == "n" {
				o.atOnce = 1
			}
			return true
		}
	}
	return false
}

func notInName(c rune) bool { return c != '_' && (c < 'a' || c > 'z') }
