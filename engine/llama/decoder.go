package llama

/*
#include <stdlib.h>
#include <string.h>
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"coderm/engine/sched"
	"coderm/kernels"
)

// decoder is a llama.cpp context. Its slices are the batch as C reads it.
type decoder struct {
	m   *Model
	ctx *C.coderm_context
	s   sched.Shape

	token, pos, seq []C.int32_t
	out             []C.int8_t

	reused  C.int   // graphs so far
	device  *drawer // nil: tokens are drawn on the host
	costs   []rowCost
	spin    *spinner
	sampler *kernels.Sampler
	rows    []kernels.Row
	picks   []kernels.Pick
}

// Open creates a context of the given shape.
func (m schedModel) Open(s sched.Shape) (sched.Decoder, error) {
	// coderm_context *coderm_context_new(coderm_model *m, coderm_context_params p)
	ctx := C.coderm_context_new(m.model, C.coderm_context_params{
		n_ctx:     C.uint32_t(s.Cells),
		n_seq:     C.uint32_t(s.Seqs),
		n_batch:   C.uint32_t(rowsFor(s)),
		n_ubatch:  C.uint32_t(s.Batch),
		n_outputs: C.uint32_t(s.Seqs + s.Drafts),
		threads:   C.int(m.config.Threads),
		unified:   C.int(boolInt(s.Unified)),
		flash:     C.int(m.flash(s)),
		kv_q8:     boolInt(s.Quantized),
		kv_step:   C.uint32_t(kvStep(s)),

		one_output: boolInt(s.Steady),
	})
	if ctx == nil {
		return nil, m.noMemory("open a context of %d sequences of %d positions: %s", s.Seqs, s.PerSeq, lastError(takeLog()))
	}
	m.drainLog()
	sampler, err := kernels.NewSampler(m.info.Vocab, m.config.Threads)
	if err != nil {
		// void coderm_context_free(coderm_context *c)
		C.coderm_context_free(ctx)
		return nil, err
	}
	d := &decoder{m: m.Model, ctx: ctx, s: s, sampler: sampler, costs: m.rowCosts(), spin: newSpinner(m.config.Threads)}
	if s.Steady && s.Seqs <= s.Batch && !m.config.HostSampling {
		if d.device, err = newDrawer(ctx, s.Seqs); err != nil {
			m.log.Info("tokens are drawn on the host", "why", err)
		}
	}
	return d, nil
}

// rowsFor is the most rows the scheduler puts into one batch.
func rowsFor(s sched.Shape) int { return s.Batch + s.Seqs + s.Drafts + sched.MinChunk }

func (d *decoder) Shape() sched.Shape { return d.s }

func (d *decoder) Close() {
	if d.device != nil {
		d.device.close()
	}
	d.spin.close()
	d.sampler.Close()
	// void coderm_context_free(coderm_context *c)
	C.coderm_context_free(d.ctx)
	d.m.drainLog()
}

func (d *decoder) Decode(rows []sched.Row, draws []sched.Draw, hidden bool) error {
	d.token, d.pos, d.seq, d.out = d.token[:0], d.pos[:0], d.seq[:0], d.out[:0]
	for _, r := range rows {
		d.token = append(d.token, C.int32_t(r.Token))
		d.pos = append(d.pos, C.int32_t(r.Pos))
		d.seq = append(d.seq, C.int32_t(r.Seq))
		d.out = append(d.out, C.int8_t(boolInt(r.Output)))
	}
	if d.device != nil {
		d.device.prepare(len(rows), draws)
	}
	d.spin.adapt()
	// int coderm_decode(coderm_context *c, int n, int32_t *token, int32_t *pos, int32_t *seq, int8_t *out, int hidden)
	code := C.coderm_decode(d.ctx, C.int(len(rows)), &d.token[0], &d.pos[0], &d.seq[0], &d.out[0], boolInt(hidden))
	if code != 0 {
		return d.m.noMemory("decode %d rows (%s): llama.cpp error %d: %s", len(rows), d.s, int(code), lastError(takeLog()))
	}
	d.count(draws)
	return nil
}

func (d *decoder) Sample(draws []sched.Draw) error {
	if d.device != nil && d.device.used {
		return d.device.answer(draws)
	}
	d.rows = d.rows[:0]
	for i := range draws {
		w := &draws[i]
		r := kernels.Row{Settings: w.Settings, Seed: w.Seed, Position: w.Position, Recent: w.Recent}
		if w.Held != nil {
			r.Logits = &w.Held.Logits[0]
		} else {
			p, err := d.logits(w.Row)
			if err != nil {
				return err
			}
			r.Logits = (*float32)(p)
		}
		d.rows = append(d.rows, r)
	}
	d.picks = append(d.picks[:0], make([]kernels.Pick, len(draws))...)
	if err := d.sampler.Sample(d.rows, d.picks); err != nil {
		return err
	}
	for i, p := range d.picks {
		if p.Token == kernels.NoToken {
			return errNotNumbers
		}
		draws[i].Token, draws[i].LogProb = p.Token, p.LogProb
		if n := draws[i].Alternatives; n > 0 {
			draws[i].Others = mostProbable(unsafe.Slice(d.rows[i].Logits, d.m.info.Vocab), n, p)
		}
	}
	return nil
}

func (d *decoder) logits(row int) (*C.float, error) {
	// float *coderm_logits(coderm_context *c, int i)
	p := C.coderm_logits(d.ctx, C.int(row))
	if p == nil {
		return nil, fmt.Errorf("no logits for row %d: %s", row, lastError(takeLog()))
	}
	return (*C.float)(p), nil
}

func (d *decoder) Hold(row int) (*sched.Held, error) {
	p, err := d.logits(row)
	if err != nil {
		return nil, err
	}
	n := d.m.info.Vocab
	bytes := C.size_t(n) * C.size_t(unsafe.Sizeof(*p))
	kept := C.malloc(bytes)
	C.memcpy(kept, unsafe.Pointer(p), bytes)
	return &sched.Held{
		Logits:  unsafe.Slice((*float32)(kept), n),
		Release: func() { C.free(kept) },
	}, nil
}

func (d *decoder) Hidden(row int) ([]float32, error) {
	// float *coderm_hidden(coderm_context *c, int i)
	p := C.coderm_hidden(d.ctx, C.int(row))
	if p == nil {
		return nil, fmt.Errorf("no hidden state for row %d: %s", row, lastError(takeLog()))
	}
	return append([]float32(nil), unsafe.Slice((*float32)(p), d.m.info.Embedding)...), nil
}

func (d *decoder) Copy(src, dst, n int) {
	// void coderm_seq_copy(coderm_context *c, int32_t src, int32_t dst, int32_t n)
	C.coderm_seq_copy(d.ctx, C.int32_t(src), C.int32_t(dst), C.int32_t(n))
}

func (d *decoder) Trim(seq, n int) {
	// int coderm_seq_trim(coderm_context *c, int32_t seq, int32_t n)
	C.coderm_seq_trim(d.ctx, C.int32_t(seq), C.int32_t(n))
}
