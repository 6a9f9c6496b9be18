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

// Plan chooses the shape of a context. Samples of one prompt in a unified cache
// share its cells, but attention runs over all sequences' cells, so with many
// sequences a stream for each is faster, at the price of memory
// (docs/performance.md has the measurements).
func (m modelOf) Plan(perSeq, samples int) (sched.Shape, error) {
	c := m.config
	perSeq = (perSeq + cellPad - 1) / cellPad * cellPad
	seqs := min(c.Parallel, 1<<bits.Len(uint(samples-1)))
	if c.Fixed {
		seqs = c.Parallel
	}
	s := sched.Shape{Batch: c.Batch, Fixed: c.Fixed}
	s.Unified = c.KV == KVUnified || c.KV == KVAuto && seqs < streamsFrom
	s.Unified = s.Unified && !c.Fixed

	memory := c.Memory
	if memory <= 0 {
		memory = availableMemory() / 2
	}
	room := int(memory / m.kvCell)
	if fit := room / perSeq; fit < seqs {
		m.log.Warn("the KV cache is short: fewer samples run at once", "samples", max(1, fit), "wanted", seqs, "positions", perSeq)
		seqs = max(1, fit)
	}
	if room < perSeq {
		perSeq = room / cellPad * cellPad
	}
	if perSeq < cellPad {
		return s, fmt.Errorf("no memory for a context: %d MiB hold fewer than %d positions", memory>>20, cellPad)
	}
	s.Seqs, s.PerSeq, s.Cells = seqs, perSeq, seqs*perSeq
	return s, nil
}

// streamsFrom is the number of sequences from which a stream for each pays.
const streamsFrom = 4
