package llama

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Damage is how a quantized model differs from its source on a text.
type Damage struct {
	Positions int `json:"positions"` // compared
	// Perplexity is exp of the mean negative log-likelihood of the next token.
	SourcePerplexity float64 `json:"source_perplexity"`
	Perplexity       float64 `json:"perplexity"`
	// KL is the mean Kullback-Leibler divergence of the next token's
	// distribution from the source's, in nats, KLError its standard error.
	KL      float64 `json:"kl_divergence"`
	KLError float64 `json:"kl_divergence_error"`
	KLMax   float64 `json:"kl_divergence_max"`
	// SameTop is the share of positions where both prefer the same token.
	SameTop float64 `json:"same_top"`
}

// The most tokens that are read at once: of a text as llama.cpp's perplexity tool has
// it, of a prompt so that nearly all fit.
const (
	textWindow   = 512
	promptWindow = 2048
)

// CompareFewest is how many tokens Compare needs: a shorter text says nothing.
const CompareFewest = 32

// Compare runs both models over a text, in windows of 512 tokens of which the second
// half is scored, as llama.cpp's perplexity tool does.
func Compare(ctx context.Context, source, quantized *Model, text string, progress func(done, total int)) (Damage, error) {
	tokens, err := tokenizeAlike(source, quantized, text, true)
	if err != nil {
		return Damage{}, err
	}
	if len(tokens) < CompareFewest {
		return Damage{}, fmt.Errorf("the text has %d tokens, want at least %d (better 10,000)", len(tokens), CompareFewest)
	}
	windows := cut(tokens, min(textWindow, len(tokens), source.info.TrainContext))
	if source.info.AddBOS {
		for _, w := range windows {
			w[0] = tokens[0] // every window begins like a text
		}
	}
	return compareWindows(ctx, source, quantized, windows, progress)
}

// ComparePrompts runs both models over prompts in the models' chat template, each by
// itself, and scores the second half of each.
func ComparePrompts(ctx context.Context, source, quantized *Model, prompts []string, progress func(done, total int)) (Damage, error) {
	var windows [][]int32
	for i, p := range prompts {
		tokens, err := tokenizeAlike(source, quantized, p, false)
		if err != nil {
			return Damage{}, err
		}
		if len(tokens) < CompareFewest {
			return Damage{}, fmt.Errorf("prompt %d has %d tokens, want at least %d", i, len(tokens), CompareFewest)
		}
		windows = append(windows, cut(tokens, min(promptWindow, len(tokens), source.info.TrainContext))...)
	}
	return compareWindows(ctx, source, quantized, windows, progress)
}

// tokenizeAlike gives the ids of a text, which both models have to give it.
func tokenizeAlike(source, quantized *Model, text string, bos bool) ([]int32, error) {
	tokens, err := source.Tokenize(text, bos)
	if err != nil {
		return nil, err
	}
	others, err := quantized.Tokenize(text, bos)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(tokens, others) || source.info.Vocab != quantized.info.Vocab {
		return nil, errors.New("the two models have different vocabularies")
	}
	return tokens, nil
}

// cut gives the whole windows of a text.
func cut(tokens []int32, window int) (out [][]int32) {
	for at := 0; at+window <= len(tokens); at += window {
		out = append(out, slices.Clone(tokens[at:at+window]))
	}
	return out
}

func compareWindows(ctx context.Context, source, quantized *Model, windows [][]int32, progress func(done, total int)) (Damage, error) {
	window := 0
	for _, w := range windows {
		window = max(window, len(w))
	}
	a, err := source.newScorer(window, false)
	if err != nil {
		return Damage{}, err
	}
	defer a.Close()
	b, err := quantized.newScorer(window, false)
	if err != nil {
		return Damage{}, err
	}
	defer b.Close()

	var sum damageSum
	for i, w := range windows {
		if progress != nil {
			progress(i, len(windows))
		}
		if err := sum.window(ctx, a, b, w); err != nil {
			return Damage{}, err
		}
	}
	return sum.damage(), nil
}

// damageSum adds up positions.
type damageSum struct {
	n                 int
	lossA, lossB      float64
	kl, klSquare, max float64
	same              int
}

// window scores the second half of one window.
func (s *damageSum) window(ctx context.Context, a, b *scorer, tokens []int32) error {
	a.Reset()
	b.Reset()
	half := len(tokens) / 2
	for pos := 0; pos < len(tokens); {
		if err := ctx.Err(); err != nil {
			return err
		}
		// A step lies wholly in one half, so that the first needs no logits.
		end := min(pos+scoreBatch, len(tokens))
		scored := 0
		if pos < half {
			end = min(end, half)
		} else {
			scored = end - pos
		}
		rowsA, err := a.Score(tokens[pos:end], pos, scored)
		if err != nil {
			return err
		}
		rowsB, err := b.Score(tokens[pos:end], pos, scored)
		if err != nil {
			return err
		}
		for i := range rowsA {
			if next := pos + i + 1; next < len(tokens) {
				s.add(rowsA[i], rowsB[i], int(tokens[next]))
			}
		}
		pos = end
	}
	return nil
}

// add compares two rows of logits, [vocabulary] each, before the token next.
func (s *damageSum) add(a, b []float32, next int) {
	logZA, topA := logSumExp(a)
	logZB, topB := logSumExp(b)
	var kl float64
	for i := range a {
		logP := float64(a[i]) - logZA
		kl += math.Exp(logP) * (logP - float64(b[i]) + logZB)
	}
	kl = max(kl, 0) // rounding can make it a little less
	s.n++
	s.lossA += logZA - float64(a[next])
	s.lossB += logZB - float64(b[next])
	s.kl += kl
	s.klSquare += kl * kl
	s.max = max(s.max, kl)
	if topA == topB {
		s.same++
	}
}

// logSumExp gives log of the sum of exp over the row, and the largest's place.
func logSumExp(row []float32) (logZ float64, top int) {
	for i, x := range row {
		if x > row[top] {
			top = i
		}
	}
	var sum float64
	for _, x := range row {
		sum += math.Exp(float64(x - row[top]))
	}
	return float64(row[top]) + math.Log(sum), top
}

func (s *damageSum) damage() Damage {
	n := float64(s.n)
	mean := s.kl / n
	d := Damage{
		Positions: s.n, SourcePerplexity: math.Exp(s.lossA / n), Perplexity: math.Exp(s.lossB / n),
		KL: mean, KLMax: s.max, SameTop: float64(s.same) / n,
	}
	if s.n > 1 {
		d.KLError = math.Sqrt(max(0, s.klSquare/n-mean*mean) / (n - 1))
	}
	return d
}
