package kernels

/*
#include "gemm.h"

static void gemm(coderm_gemm_fn *f, int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
	f(n, out, ld, weights, activations, rows, cols);
}

static void multiply_rows(coderm_rows_fn *f, const void *weights, size_t weights_row, const void *activations, size_t activations_row,
                          float *out, size_t out_row, int blocks, int rows, int from, int to) {
	const coderm_rows a = {weights, activations, out, weights_row, activations_row, out_row, blocks, rows, from, to};
	f(&a);
}
*/
import "C"

import "unsafe"

// RowsSet is the same for weights that lie row by row, each a coderm_rows_fn.
type RowsSet struct{ Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 unsafe.Pointer }

// Rows gives those of this processor.
func Rows() RowsSet {
	return RowsSet{
		Q4_0: unsafe.Pointer(C.coderm_rows_q4_0()),
		Q4_1: unsafe.Pointer(C.coderm_rows_q4_1()),
		Q5_0: unsafe.Pointer(C.coderm_rows_q5_0()),
		Q5_1: unsafe.Pointer(C.coderm_rows_q5_1()),
		Q8_0: unsafe.Pointer(C.coderm_rows_q8_0()),
	}
}

// GemmSet is C functions for products of quantized matrices, each a
// coderm_gemm_fn of gemm.h or nil where this processor lacks the instructions.
type GemmSet struct{ Q4_0, IQ4NL, Q4K unsafe.Pointer }

// Gemvs gives the same for one row.
func Gemvs() GemmSet {
	return GemmSet{
		Q4_0:  unsafe.Pointer(C.coderm_gemv_q4_0()),
		IQ4NL: unsafe.Pointer(C.coderm_gemv_iq4_nl()),
		Q4K:   unsafe.Pointer(C.coderm_gemv_q4_K()),
	}
}

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

// multiplyRows calls f for rows without gaps, for tests.
func multiplyRows(f unsafe.Pointer, blocks int, out []float32, ld int, weights []byte, cols int, activations []byte, rows, from, to int) {
	C.multiply_rows((*C.coderm_rows_fn)(f), unsafe.Pointer(&weights[0]), C.size_t(len(weights)/cols),
		unsafe.Pointer(&activations[0]), C.size_t(len(activations)/rows), (*C.float)(&out[0]), C.size_t(4*ld),
		C.int(blocks), C.int(rows), C.int(from), C.int(to))
}
