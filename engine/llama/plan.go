package llama

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"math"
	"math/bits"

	"coderm/engine/sched"
)

const (
	MaxParallel = 256 // LLAMA_MAX_SEQ: sequences of a context
	cellPad     = 256 // llama.cpp rounds a sequence's cells up to this
)

// modelOf is the model as the scheduler sees it.
type modelOf struct{ *Model }

func (m modelOf) MaxPositions() int {
	if c := m.config.ContextTokens; c > 0 {
		return min(c, m.info.TrainContext)
	}
	return m.info.TrainContext
}

func (m modelOf) Piece(token int32) string   { return m.pieces[token] }
func (m modelOf) EndOfTurn(token int32) bool { return m.ends[token] }

// Plan chooses the shape of a context: as many sequences as are wanted, fewer
// where memory is short, and the layout of their KV cache.
func (m modelOf) Plan(n sched.Need) (sched.Shape, error) {
	c := m.config
	perSeq := pad(n.Positions)
	s := sched.Shape{Batch: c.Batch, Fixed: c.Fixed}
	seqs := c.Parallel
	if !c.Fixed {
		seqs, s.Unified = m.layout(n, min(c.Parallel, 1<<bits.Len(uint(n.Samples-1))))
	}

	room := m.room()
	if room < cellPad {
		return s, fmt.Errorf("no memory for a context of %d positions%s", cellPad, m.advice())
	}
	perSeq = min(perSeq, room)
	if fit := room / perSeq; fit < seqs && !s.Unified {
		m.log.Warn("the KV cache is short: fewer samples run at once", "samples", fit, "wanted", seqs, "positions", perSeq)
		seqs = fit
	}
	s.Seqs, s.PerSeq, s.Cells = seqs, perSeq, seqs*perSeq
	if m.drafts() {
		s.Drafts = max(seqs, mostDrafts)
	}
	if s.Unified {
		// Each prompt counts once. The scheduler counts what is in use, so this
		// need not be the most there could be.
		wanted := max(perSeq, pad(prompts(n, seqs)*n.Prompt+seqs*n.Gen))
		if s.Cells = min(wanted, room); s.Cells < wanted {
			m.log.Warn("the KV cache is short: fewer samples run at once", "positions", s.Cells, "wanted", wanted)
		}
	}
	return s, nil
}

// layout chooses how many sequences, of at most most, run at once, and whether
// in one KV buffer or with a stream for each: by what a token costs.
//
// In one buffer, attention is a product of matrices over the cells of all
// sequences, of which each needs only its own; with streams it is computed for
// each sequence by itself, by a kernel that is slower per cell. Both cost in
// proportion to cells; the weights cost less a token the more sequences share
// them, with little left to gain beyond 16. So many short samples of a small
// model are best run 16 at a time. On GPUs the streams' kernel is the fast one,
// and there is no such thing as too many.
func (m modelOf) layout(n sched.Need, most int) (seqs int, unified bool) {
	if m.config.GPULayers > 0 {
		return most, m.config.KV == KVUnified || m.config.KV == KVAuto && most == 1
	}
	gen := min(n.Gen, usualGen) / 2 // a sample has on average half its tokens
	best := math.Inf(1)
	for k := most; k == most || k >= fewest; k /= 2 {
		weights := float64(m.info.TokenBytes) * (1 + batchGain/float64(k))
		all, own := prompts(n, k)*n.Prompt+k*gen, n.Prompt+gen
		for _, u := range []bool{true, false} {
			cost := weights + cellCost*float64(m.kvCell)*float64(all)
			if !u {
				cost = weights + cellCost*streamCell*float64(m.kvCell)*float64(own)
			}
			if allowed := m.config.KV == KVAuto || u == (m.config.KV == KVUnified); allowed && cost < best {
				best, seqs, unified = cost, k, u
			}
		}
	}
	return seqs, unified
}

// Measured (docs/performance.md), in the time that a byte of weights takes in a
// large batch.
const (
	cellCost   = 2.2 // a byte of a unified cache, by matrix products
	streamCell = 4.7 // times that with streams and flash attention
	batchGain  = 5   // weights cost 1 + batchGain/n with n sequences, from fewest up
	fewest     = 16
	// usualGen is the most tokens that a sample is expected to have: limits are
	// often far above what is written.
	usualGen = 512
)

// prompts is how many different ones seqs samples have.
func prompts(n sched.Need, seqs int) int { return (seqs + n.Each - 1) / n.Each }

func pad(n int) int { return (n + cellPad - 1) / cellPad * cellPad }

// flash is llama.cpp's number for how attention is computed in a context:
// -1 = as it decides, 0 = by matrix products, 1 = fused.
func (m modelOf) flash(s sched.Shape) int {
	switch {
	case m.config.Flash == FlashOn:
		return 1
	case m.config.Flash == FlashOff || s.Unified && m.config.GPULayers <= 0:
		return 0
	}
	return -1
}
