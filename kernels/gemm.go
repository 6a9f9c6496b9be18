package kernels

/*
#include "gemm.h"

static void coderm_call_gemm(coderm_gemm_fn *f, int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
	f(n, out, ld, weights, activations, rows, cols);
}

static void coderm_call_rows(coderm_rows_fn *f, const void *weights, size_t weights_row, const void *activations, size_t activations_row,
                             float *out, size_t out_row, int blocks, int rows, int from, int to) {
	const coderm_rows a = {weights, activations, out, weights_row, activations_row, out_row, blocks, rows, from, to};
	f(&a);
}
*/
import "C"

import "unsafe"

// Products is a coderm_products of gemm.h, C functions for products of quantized
// matrices, and the instruction set they are for: the one called want, or for "" the
// best. It is nil where this processor lacks the instructions.
func Products(want string) (products unsafe.Pointer, isa string) {
	for _, p := range allProducts() {
		if want == "" || p.isa == want {
			return unsafe.Pointer(p.c), p.isa
		}
	}
	return nil, ""
}

// products are the functions for one instruction set.
type products struct {
	isa string
	c   *C.coderm_products
}

// allProducts are those this processor can run, the best first.
func allProducts() []products {
	var all []products
	for {
		// const coderm_products *coderm_products_here(size_t nth)
		p := C.coderm_products_here(C.size_t(len(all)))
		if p == nil {
			return all
		}
		all = append(all, products{C.GoString(p.isa), p})
	}
}

// of gives the functions for a format of weights: interleaved, of which one is for a
// single row, and row by row. Those there are none of are nil.
func (p products) of(format string) (many, one, rows unsafe.Pointer) {
	c := p.c
	switch format {
	case "Q4_0":
		return unsafe.Pointer(c.q4_0), unsafe.Pointer(c.one_q4_0), unsafe.Pointer(c.rows_q4_0)
	case "IQ4_NL":
		return unsafe.Pointer(c.iq4_nl), unsafe.Pointer(c.one_iq4_nl), nil
	case "Q4_K":
		return unsafe.Pointer(c.q4_K), unsafe.Pointer(c.one_q4_K), nil
	case "Q4_1":
		return nil, nil, unsafe.Pointer(c.rows_q4_1)
	case "Q5_0":
		return nil, nil, unsafe.Pointer(c.rows_q5_0)
	case "Q5_1":
		return nil, nil, unsafe.Pointer(c.rows_q5_1)
	case "Q8_0":
		return nil, nil, unsafe.Pointer(c.rows_q8_0)
	}
	panic("no products of " + format)
}

// gemm calls f, for tests.
func gemm(f unsafe.Pointer, n int, out []float32, ld int, weights, activations []byte, rows, cols int) {
	C.coderm_call_gemm((*C.coderm_gemm_fn)(f), C.int(n), (*C.float)(&out[0]), C.size_t(ld),
		unsafe.Pointer(&weights[0]), unsafe.Pointer(&activations[0]), C.int(rows), C.int(cols))
}

// multiplyRows calls f for rows without gaps, for tests.
func multiplyRows(f unsafe.Pointer, blocks int, out []float32, ld int, weights []byte, cols int, activations []byte, rows, from, to int) {
	C.coderm_call_rows((*C.coderm_rows_fn)(f), unsafe.Pointer(&weights[0]), C.size_t(len(weights)/cols),
		unsafe.Pointer(&activations[0]), C.size_t(len(activations)/rows), (*C.float)(&out[0]), C.size_t(4*ld),
		C.int(blocks), C.int(rows), C.int(from), C.int(to))
}
