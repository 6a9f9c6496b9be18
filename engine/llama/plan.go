package llama

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
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
	seqs := min(c.Parallel, 1<<bits.Len(uint(n.Samples-1)))
	if c.Fixed {
		seqs = c.Parallel
	}
	s := sched.Shape{Batch: c.Batch, Fixed: c.Fixed}
	s.Unified = !c.Fixed && (c.KV == KVUnified || c.KV == KVAuto && m.unified(n, seqs))

	memory := c.Memory
	if memory <= 0 {
		memory = availableMemory() / 2
	}
	room := int(memory/m.kvCell) / cellPad * cellPad
	if room < cellPad {
		return s, fmt.Errorf("no memory for a context: %d MiB hold fewer than %d positions", memory>>20, cellPad)
	}
	perSeq = min(perSeq, room)
	if fit := room / perSeq; fit < seqs && !s.Unified {
		m.log.Warn("the KV cache is short: fewer samples run at once", "samples", fit, "wanted", seqs, "positions", perSeq)
		seqs = fit
	}
	s.Seqs, s.PerSeq, s.Cells = seqs, perSeq, seqs*perSeq
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

// unified tells whether one KV buffer for all sequences is faster than a stream
// for each. In one buffer, attention is a product of matrices over the cells of
// all sequences, of which each needs only its own; with streams it is computed
// for each sequence by itself, by a kernel that is slower per cell. Both cost in
// proportion to cells, so their ratio decides (docs/performance.md). On GPUs the
// kernel of the streams is the fast one.
func (m modelOf) unified(n sched.Need, seqs int) bool {
	if m.config.GPULayers > 0 {
		return seqs == 1
	}
	gen := min(n.Gen, usualGen) / 2 // a sample has on average half its tokens
	all, own := prompts(n, seqs)*n.Prompt+seqs*gen, n.Prompt+gen
	return float64(all) < streamCell*float64(own)
}

const (
	// streamCell is what a cell costs with streams and flash attention, in cells
	// of a unified cache and matrix products: measured.
	streamCell = 4.7
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
