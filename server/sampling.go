package server

import (
	"encoding/json"
	"math"
	"math/rand/v2"

	"coderm/engine"
)

// The most of what a request may ask for.
const (
	maxSamples = 256
	maxStops   = 32
	// maxAlternatives of a token, as OpenAI has it.
	maxAlternatives = 20
	// maxFactor of temperature and repetition, as the sampler has it.
	maxFactor = 1e6
	// defaultTokens is what a request may have that does not say.
	defaultTokens = 2048
)

// wish is what a request asks of the model, in any API; nil is what is not said.
type wish struct {
	n           int
	seed        *int64
	temperature float32
	topP, minP  float32
	topK        int
	repeat      float32
	maxTokens   *int // nil: not said
	stop        []string
	// alternatives of each token, with the logarithms of their probabilities
	alternatives int
}

// requests makes the engine's requests of a wish, one a prompt, and counts the
// prompts' tokens.
func (m *loaded) requests(w wish, prompts []engine.Prompt) (all []engine.Request, tokens int, err error) {
	if err := w.check(); err != nil {
		return nil, 0, err
	}
	if total := len(prompts) * w.n; total > maxSamples {
		return nil, 0, bad("%d completions; the limit is %d a request", total, maxSamples)
	}
	seed := rand.Uint64()
	if w.seed != nil {
		seed = uint64(*w.seed)
	}
	for _, p := range prompts {
		ids, err := m.tokens(p)
		if err != nil {
			return nil, 0, err
		}
		room := m.room(ids)
		if room < 1 {
			return nil, 0, bad("a prompt of %d tokens leaves no room in a context of %d", len(ids), m.info.TrainContext)
		}
		most := or(w.maxTokens, min(defaultTokens, room))
		tokens += len(ids)
		all = append(all, engine.Request{
			Prompt: engine.Prompt{Tokens: ids}, N: w.n, MaxTokens: most, Seed: seed, Stop: w.stop, Alternatives: w.alternatives,
			Sampling: engine.Sampling{Temperature: w.temperature, TopK: w.topK, TopP: w.topP, MinP: w.minP, Repeat: w.repeat},
		})
	}
	return all, tokens, nil
}

func (w *wish) check() error {
	number := func(v float32) bool { return v >= 0 && v <= maxFactor }
	switch {
	case w.n < 1 || w.n > maxSamples:
		return bad("n %d: give 1 to %d", w.n, maxSamples)
	case !number(w.temperature):
		return bad("temperature %g: give 0 to %g", w.temperature, float32(maxFactor))
	case !(w.topP > 0 && w.topP <= 1):
		return bad("top_p %g: give more than 0 and at most 1", w.topP)
	case !(w.minP >= 0 && w.minP <= 1):
		return bad("min_p %g: give 0 to 1", w.minP)
	case w.topK < -1:
		return bad("top_k %d: give 1 or more, or 0 for all", w.topK)
	case !number(w.repeat):
		return bad("repeat_penalty %g: give 0 (off) to %g", w.repeat, float32(maxFactor))
	case or(w.maxTokens, 1) < 1:
		return bad("max_tokens %d: give at least 1", *w.maxTokens)
	case w.alternatives < 0 || w.alternatives > maxAlternatives:
		return bad("%d alternatives of a token: give 0 to %d", w.alternatives, maxAlternatives)
	case len(w.stop) > maxStops:
		return bad("%d stop strings; the limit is %d", len(w.stop), maxStops)
	}
	w.topK = min(max(0, w.topK), math.MaxInt32) // more than any vocabulary has
	return nil
}

// texts is a string or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		if string(b) != "null" {
			*t = texts{one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// or is a value, or what stands for none.
func or[T any](v *T, none T) T {
	if v == nil {
		return none
	}
	return *v
}
