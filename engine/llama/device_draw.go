package llama

/*
#include <stdlib.h>
#include "device_draw.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"coderm/engine/sched"
	"coderm/kernels"
)

// drawer draws tokens where the logits are, so that of each row 8 bytes cross to
// the host and 16 to the device, instead of 4 a token of the vocabulary.
//
// It draws from the same distribution as kernels.Sampler, by ggml's operations only:
// what all backends have of those cannot search a row for its nucleus (that takes a
// sort), but tell of one token whether it is inside: when what is more probable weighs
// less than TopP. So a token is drawn from the whole row, as Sampler does without
// filters and with the same random number, and drawn again while it is outside, up to
// C.CODERM_TRIES times a step. A row that has none by then is computed again.
type drawer struct {
	c    *C.coderm_drawer
	rows []C.coderm_draw // of the next decode
	used bool            // in the last decode
}

// newDrawer makes one for sequences 0 to n-1 of ctx, or says why the device cannot.
func newDrawer(ctx *C.coderm_context, n int) (*drawer, error) {
	var why [256]C.char
	// coderm_drawer *coderm_drawer_new(coderm_context *c, int n_seq, char *why, size_t cap)
	c := C.coderm_drawer_new(ctx, C.int(n), &why[0], C.size_t(len(why)))
	if c == nil {
		return nil, errors.New(C.GoString(&why[0]))
	}
	return &drawer{c: c}, nil
}

// Sampling says where tokens are drawn on this machine, and of what kind.
func Sampling() string {
	host := "on the CPU (" + kernels.ISAs()[0] + ")"
	devices := Devices()
	gpus := computing(devices)
	if len(gpus) == 0 {
		return host
	}
	i := gpus[0] // the output lies on one
	var why [256]C.char
	// int coderm_device_draws(int i, char *why, size_t cap)
	if C.coderm_device_draws(C.int(i), &why[0], C.size_t(len(why))) == 0 {
		return fmt.Sprintf("%s: of %s, %s", host, devices[i].Description, C.GoString(&why[0]))
	}
	return "with temperature and top-p on the GPU; with top-k, min-p or a repetition penalty " + host
}

// drawingBytes is what drawing for all samples takes where the output is, and of the
// host's memory, as llama.cpp allocates it with the first step: there the logits and,
// where tokens are drawn on the GPU, probabilities and their sums; on the host the
// logits and then three buffers more of their size, for whatever a sampler may hand over.
func (c *Config) drawingBytes(gpu share, vocab int) (there, host int64) {
	samples := c.samples(true)
	logits := 4 * int64(vocab) * int64(samples)
	var why [256]C.char
	switch {
	case c.Steady == SteadyOff, c.Fixed, c.HostSampling, samples > c.Batch, c.Split == SplitTensor,
		// int coderm_device_draws(int i, char *why, size_t cap)
		C.coderm_device_draws(C.int(gpu.index), &why[0], C.size_t(len(why))) == 0:
		return logits, logits
	}
	// size_t coderm_device_draw_bytes(int i, int vocab, int rows)
	return int64(C.coderm_device_draw_bytes(C.int(gpu.index), C.int(vocab), C.int(samples))), 4 * logits
}

func (d *drawer) close() {
	// void coderm_drawer_free(coderm_drawer *d)
	C.coderm_drawer_free(d.c)
}

// drawsOnDevice tells whether a drawer can draw so. The other filters would leave
// too little inside, or need what was drawn before.
func drawsOnDevice(s kernels.Settings) bool {
	return s.TopK == 0 && s.MinP == 0 && (s.Repeat == 0 || s.Repeat == 1)
}

// prepare says what the next decode of so many rows, all with an output, is to draw.
// It falls back to logits where one draw needs them.
func (d *drawer) prepare(rows int, draws []sched.Draw) {
	d.used = len(draws) > 0
	for i := range draws {
		d.used = d.used && drawsOnDevice(draws[i].Settings) && draws[i].Alternatives == 0
	}
	if len(draws) == 0 {
		rows = 0 // a prompt
	} else {
		// void coderm_drawer_on(coderm_drawer *d, int on)
		C.coderm_drawer_on(d.c, boolInt(d.used))
	}
	d.rows = append(d.rows[:0], make([]C.coderm_draw, rows)...)
	for i := range draws {
		d.rows[draws[i].Row] = deviceDraw(&draws[i])
	}
	// void coderm_drawer_set(coderm_drawer *d, const coderm_draw *rows, int n)
	C.coderm_drawer_set(d.c, unsafe.SliceData(d.rows), C.int(rows))
}

// sharp is one by a temperature at which, of two logits a float's last bit apart, the
// larger has most of the weight. As a power of two it rounds none.
const sharp = 1 << 20

func deviceDraw(w *sched.Draw) C.coderm_draw {
	r := C.coderm_draw{scale: sharp, top_p: 2}
	if t := w.Settings.Temperature; t < 1e-5 {
		// What has more than half is drawn; of two equal ones the first.
		r.uniform = [C.CODERM_TRIES]C.float{0.49, 0.49}
		return r
	} else {
		r.scale = C.float(1 / t)
	}
	if p := w.Settings.TopP; p > 0 && p < 1 {
		r.top_p = C.float(p)
	}
	for i := range r.uniform {
		u := kernels.Uniform(w.Seed, w.Position, w.Try*C.CODERM_TRIES+uint32(i))
		r.uniform[i] = C.float(min(float32(u), 1-1.0/(1<<24))) // the next float is 1
	}
	return r
}

// answer gives what was drawn for the draws of the last decode.
func (d *drawer) answer(draws []sched.Draw) error {
	// const coderm_drawn *coderm_drawer_get(coderm_drawer *d, int first, int n)
	p := C.coderm_drawer_get(d.c, 0, C.int(len(d.rows)))
	if p == nil {
		return errors.New("the device has drawn nothing")
	}
	drawn := unsafe.Slice(p, len(d.rows))
	for i := range draws {
		w := &draws[i]
		a := drawn[w.Row]
		if math.IsNaN(float64(a.logprob)) {
			return errNotNumbers
		}
		w.Token, w.LogProb = int32(a.token), float32(a.logprob)
	}
	return nil
}

var errNotNumbers = errors.New("the model's logits are not numbers; is the file damaged?")
