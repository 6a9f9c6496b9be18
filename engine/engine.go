// Package engine defines what a language model does for coderm: draw many
// completions of one prompt, and give the prompt's hidden state. Package
// engine/llama runs a GGUF model in this process; engine/remote talks to an
// Ollama or OpenAI-compatible server.
package engine

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Model draws completions.
type Model interface {
	// Generate serves requests in their order, as many at once as there is room
	// for, and calls yield once per sample with the place of its request, in the
	// order they finish. Requests are taken from the sequence as there is room for
	// them, a batch or two ahead at most, so that few of many are in memory. The
	// sequence, yield and Request.Hidden never run concurrently, must not use the
	// model, and keep a local one waiting.
	//
	// It returns after the last sample, or with the first error of yield, of ctx,
	// or of the model. A request that cannot be served costs the others nothing:
	// when they are done, RequestErrors tell which it was.
	//
	// It is safe for concurrent use; concurrent calls share the batch. What belongs
	// together goes into one call: what a local model computes together then does
	// not depend on who came first, and the same call on a model just opened draws
	// the same samples.
	Generate(ctx context.Context, requests iter.Seq[Request], yield func(request int, s Sample) error) error
}

// Embedder is a Model with hidden states: those of the last layer for the
// prompt's last token, [n_embd]. No other Model calls Request.Hidden.
type Embedder interface {
	Model
	// Embed computes a prompt's hidden state. To draw samples of it too, use
	// Request.Hidden. A prompt that does not fit is a RequestErrors.
	Embed(ctx context.Context, prompt Prompt) ([]float32, error)
}

// Prompt is what a model continues: a text or, where there are any, Tokens.
type Prompt struct {
	// Text is tokenized by the model, in this process or on a server. Names of
	// special tokens in it (<|im_start|>) stand for these.
	Text string
	// Rendered says that Text comes out of a chat template, which has written all
	// special tokens that are wanted. To other texts a local model adds its
	// beginning-of-text token, where it has one; a server does as it thinks fit.
	Rendered bool
	// Tokens are ids of the model's own vocabulary, with all special tokens.
	Tokens []int32
	// Messages are a conversation that the model answers, for a server that has the
	// model's chat template; a local model takes none.
	Messages []Message
}

// Message is a part of a conversation.
type Message struct {
	Role    string `json:"role"` // system, user or assistant
	Content string `json:"content"`
}

// Sampling is how the next token is drawn. The zero value is greedy.
type Sampling struct {
	Temperature float32 // 0 = greedy
	TopK        int     // 0 = off
	TopP        float32 // 0 or 1 = off
	MinP        float32 // 0 = off
	Repeat      float32 // repetition penalty, 0 or 1 = off
}

// Request asks for N completions of one prompt.
type Request struct {
	Prompt Prompt
	// N is the number of completions, at least 1.
	N int
	// MaxTokens bounds each completion, at least 1.
	MaxTokens int
	// Seed and the sample's index together determine the sample's own random
	// stream, so a sample does not depend on its neighbours.
	Seed uint64
	// FirstIndex is the index of the first sample: asking for N=10 and then for
	// 10 more with FirstIndex=10 draws what N=20 would have drawn.
	FirstIndex int
	Sampling   Sampling
	// Stop ends a completion when one of these strings appears; the string is
	// cut off.
	Stop []string
	// IgnoreEnd draws on past the end of the model's turn, so that every sample
	// has MaxTokens tokens: for measuring.
	IgnoreEnd bool
	// Hidden asks an Embedder for the prompt's hidden state, from the prefill that
	// serves the samples anyway. It is called before any of them, as yield would
	// be.
	Hidden func(state []float32) error
	// Drawn, where it is set, is told each token of the samples as it is drawn, by a
	// local model: between two steps, which wait for it. It is not called for the end
	// of the turn, nor after Generate has returned.
	Drawn func(index int, t Token)
	// Alternatives asks for so many of the most probable tokens with each that Drawn is
	// told of.
	Alternatives int
}

// Token is one token of a sample.
type Token struct {
	ID      int32
	Text    string  // what it adds, which may end within a character
	LogProb float64 // natural log, at temperature 1
	// Alternatives are the most probable ones in its place, the first of them first; it
	// may be one of them itself.
	Alternatives []Alternative
}

// Alternative is a token that could have been drawn.
type Alternative struct {
	ID      int32
	Text    string
	LogProb float64 // as of a Token
}

// Check refuses a request for nothing.
func (r *Request) Check() error {
	if r.N < 1 || r.MaxTokens < 1 {
		return fmt.Errorf("generate: %d samples of %d tokens: both must be at least 1", r.N, r.MaxTokens)
	}
	return nil
}

// Finish says why a completion ended.
type Finish string

// The reasons a completion ends.
const (
	FinishEOT      Finish = "eot"      // the model ended its turn
	FinishStop     Finish = "stop"     // a stop string appeared
	FinishLength   Finish = "length"   // MaxTokens reached
	FinishOverflow Finish = "overflow" // the context is full; this sample only
	FinishFilter   Finish = "filter"   // a server's content filter withheld it
	FinishThinking Finish = "thinking" // it is all reasoning, which a server keeps apart
)

// Sample is one finished completion.
type Sample struct {
	Index   int    // from Request.FirstIndex
	Seed    uint64 // the stream this sample was drawn from
	Text    string
	Tokens  int // 0 where a server does not count them
	Finish  Finish
	LogProb float64 // sum over the drawn tokens, natural log, at temperature 1
	Shape   string  // the batch shape it was decoded in, e.g. "seq32/unified/ub512/draft32"
}

// RequestErrors tells which requests of a Generate call could not be served, or
// not wholly, by their place in it, and why. It is never empty.
type RequestErrors map[int]error

func (e RequestErrors) Error() string { return e[slices.Min(slices.Collect(maps.Keys(e)))].Error() }
