package llama

/*
#include "shim.h"
*/
import "C"

import (
	"math/bits"

	"coderm/engine/sched"
)

const (
	MaxParallel = 256 // LLAMA_MAX_SEQ: sequences of a context
	cellPad     = 256 // llama.cpp rounds a sequence's cells up to this
)

// schedModel is the model as the scheduler sees it.
type schedModel struct{ *Model }

func (m schedModel) MaxPositions() int {
	if c := m.config.ContextTokens; c > 0 {
		return min(c, m.info.TrainContext)
	}
	return m.info.TrainContext
}

func (m schedModel) MaxSamples() int            { return m.config.Parallel }
func (m schedModel) Piece(token int32) string   { return m.pieces[token] }
func (m schedModel) EndOfTurn(token int32) bool { return m.ends[token] }

// Plan chooses the shape of a context: as many sequences as are wanted, fewer
// where memory is short, and the layout of their KV cache.
func (m schedModel) Plan(n sched.Need) (sched.Shape, error) {
	c := m.config
	perSeq := pad(n.Positions)
	s := sched.Shape{Batch: c.Batch, Fixed: c.Fixed, Quantized: c.KVType == KVTypeQ8}
	seqs := c.Parallel
	room := m.room()
	if room < cellPad {
		return s, m.noMemory("no memory for a context of %d positions", cellPad)
	}
	perSeq = min(perSeq, room)
	if !c.Fixed {
		seqs = min(c.Parallel, 1<<bits.Len(uint(n.Samples-1)))
		s.Unified = m.unified(n, seqs, room/perSeq)
		s.Steady = c.Steady == SteadyOn || c.Steady == SteadyAuto && c.GPULayers > 0
	}
	if fit := room / perSeq; fit < seqs && !s.Unified {
		m.log.Warn("the KV cache is short: fewer samples run at once", "samples", fit, "wanted", seqs, "positions", perSeq)
		seqs = fit
	}
	s.Seqs, s.PerSeq, s.Cells = seqs, perSeq, seqs*perSeq
	if s.Unified && !s.Steady && m.drafts() {
		s.Drafts = max(seqs, mostDrafts)
	}
	if s.Unified {
		// Each prompt counts once. The scheduler counts what is in use, so this
		// need not be the most there could be.
		wanted := prompts(n, seqs)*n.Prompt + seqs*n.Gen
		if s.Steady {
			wanted += seqs // for rows that fill a batch
		}
		wanted = max(perSeq, pad(wanted))
		if s.Cells = min(wanted, room); s.Cells < wanted {
			m.log.Warn("the KV cache is short: fewer samples run at once", "positions", s.Cells, "wanted", wanted)
		}
		if step := kvStep(s); step > 0 {
			s.Cells = s.Cells / step * step
		}
		s.PerSeq = s.Cells // longer samples that come later fit too
	}
	return s, nil
}

// kvSteps is in how many steps the cells that attention goes over grow, in a steady
// shape: on average a sixteenth of them is empty.
const kvSteps = 8

// kvStep is the size of one; 0 for llama.cpp's own.
func kvStep(s sched.Shape) int {
	if !s.Steady || !s.Unified {
		return 0
	}
	return max(cellPad, s.Cells/kvSteps/cellPad*cellPad)
}

// unified tells whether samples share one KV buffer or have a stream each, of
// which fit are all there is room for.
//
// In one buffer the cells of a shared prompt are there once, and our attention
// reads them once for all samples (kernels, "Attention"), so with it that is the
// faster layout as well as the smaller one. llama.cpp's own kernels compute every
// sample over every cell of the buffer there; on a CPU, as matrix products, that
// is worth it for few samples.
func (m schedModel) unified(n sched.Need, seqs, fit int) bool {
	c := m.config
	switch {
	case c.KV != KVAuto:
		return c.KV == KVUnified
	case c.GPULayers > 0:
		return fit < seqs || m.readsLess(n, seqs)
	case m.attends && c.Flash != FlashOff && c.KVType != KVTypeQ8: // ours reads f16
		return true
	}
	return seqs <= fewSamples
}

// readsLess tells whether a GPU's fused attention reads fewer cells in one buffer,
// half-way through the completions. There it goes over all cells once for every tile
// of rows, among them those of other samples; of streams it reads each for its own
// sample, the prompt for every one of them (docs/gpu.md).
func (m schedModel) readsLess(n sched.Need, seqs int) bool {
	tiles := (seqs + m.tile - 1) / m.tile
	return tiles*(prompts(n, seqs)*n.Prompt+seqs*n.Gen/2) <= seqs*(n.Prompt+n.Gen/2)
}

const fewSamples = 16

// prompts is how many different ones seqs samples have.
func prompts(n sched.Need, seqs int) int { return (seqs + n.Each - 1) / n.Each }

func pad(n int) int { return (n + cellPad - 1) / cellPad * cellPad }

// flash is llama.cpp's number for how attention is computed in a context:
// -1 = as it decides, 0 = by matrix products, 1 = fused.
func (m schedModel) flash(s sched.Shape) int {
	switch {
	case m.config.Flash == FlashOn:
		return 1
	case s.Quantized: // llama.cpp has no other for such values
		return 1
	case m.config.Flash == FlashOff:
		return 0
	case m.config.GPULayers <= 0 && m.attends:
		return 1
	case m.config.GPULayers <= 0 && s.Unified:
		return 0 // llama.cpp's fused one takes samples one by one
	}
	return -1
}
