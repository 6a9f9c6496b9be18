package kernels

/*
#include "gemm.h"

static void gemm(coderm_gemm_fn *f, int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
	f(n, out, ld, weights, activations, rows, cols);
}
*/
import "C"

import "unsafe"

// GemmSet is C functions for products of quantized matrices, each a
// coderm_gemm_fn of gemm.h or nil where this processor lacks the instructions.
type GemmSet struct{ Q4_0, IQ4NL, Q4K unsafe.Pointer }

// Gemms gives those of this processor.
func Gemms() GemmSet {
	return GemmSet{
		Q4_0:  unsafe.Pointer(C.coderm_gemm_q4_0()),
		IQ4NL: unsafe.Pointer(C.coderm_gemm_iq4_nl()),
		Q4K:   unsafe.Pointer(C.coderm_gemm_q4_K()),
	}
}

// gemm calls f, for tests.
func gemm(f unsafe.Pointer, n int, out []float32, ld int, weights, activations []byte, rows, cols int) {
	C.gemm((*C.coderm_gemm_fn)(f), C.int(n), (*C.float)(&out[0]), C.size_t(ld),
		unsafe.Pointer(&weights[0]), unsafe.Pointer(&activations[0]), C.int(rows), C.int(cols))
}
