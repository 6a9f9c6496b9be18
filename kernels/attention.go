package kernels

/*
#include <stdlib.h>
#include "attention.h"

static void coderm_call_attend(coderm_attend_fn *f, const coderm_attention *a, int64_t from, int64_t to, void *scratch) {
	f(a, from, to, scratch);
}
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Attend is the C function that computes attention with the best instructions
// this processor has, a coderm_attend_fn of attention.h; nil where there is
// only plain C to offer.
func Attend() unsafe.Pointer {
	best := ISAs()[0]
	if best == "portable" {
		return nil
	}
	return unsafe.Pointer(attendWith(best))
}

func attendWith(isa string) *C.coderm_attend_fn {
	name := C.CString(isa)
	defer C.free(unsafe.Pointer(name))
	// coderm_attend_fn *coderm_attend_for(const char *isa)
	return C.coderm_attend_for(name)
}

// attention is one attention in Go's memory, every array contiguous, in the
// order of attention.h; mask, sinks and slopes may be nil.
type attention struct {
	q              []float32
	k, v, mask     []uint16
	sinks, slopes  []float32
	tokens         int
	heads, kvHeads int
	cells, dk, dv  int
	scale, softcap float32
}

// compute gives rows [from, to) of out, [tokens][heads][dv].
func (a *attention) compute(isa string, from, to int, out []float32) {
	var pin runtime.Pinner
	defer pin.Unpin()
	floats := func(x []float32) *C.float {
		if len(x) > 0 {
			pin.Pin(&x[0])
		}
		return (*C.float)(unsafe.SliceData(x))
	}
	halves := func(x []uint16) *C.uint16_t {
		if len(x) > 0 {
			pin.Pin(&x[0])
		}
		return (*C.uint16_t)(unsafe.SliceData(x))
	}
	size := func(n int) C.size_t { return C.size_t(n) }
	// size_t coderm_attention_scratch(int32_t dk, int32_t dv)
	scratch := C.malloc(C.coderm_attention_scratch(C.int32_t(a.dk), C.int32_t(a.dv)))
	defer C.free(scratch)
	C.coderm_call_attend(attendWith(isa), &C.coderm_attention{
		q: floats(a.q), k: halves(a.k), v: halves(a.v), mask: halves(a.mask),
		sinks: floats(a.sinks), slopes: floats(a.slopes), out: floats(out),
		q_token: size(4 * a.heads * a.dk), q_head: size(4 * a.dk),
		k_cell: size(2 * a.kvHeads * a.dk), k_head: size(2 * a.dk),
		v_cell: size(2 * a.kvHeads * a.dv), v_head: size(2 * a.dv),
		mask_token: size(2 * a.cells),
		out_token:  size(4 * a.heads * a.dv), out_head: size(4 * a.dv),
		tokens: C.int32_t(a.tokens), heads: C.int32_t(a.heads), kv_heads: C.int32_t(a.kvHeads),
		cells: C.int32_t(a.cells), dk: C.int32_t(a.dk), dv: C.int32_t(a.dv),
		scale: C.float(a.scale), softcap: C.float(a.softcap),
	}, C.int64_t(from), C.int64_t(to), scratch)
}
