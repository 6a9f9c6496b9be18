// llama.cpp's quantizer, in C. Pointers that are passed in are read during the
// call and not kept; what *_new returns belongs to the caller, who ends it by *_free.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a quantization has done so far and whether it should stop; shared with
// the thread that watches it.
typedef struct coderm_progress coderm_progress;

// NULL when memory is short.
coderm_progress *coderm_progress_new(void);
// After coderm_quantize has returned.
void coderm_progress_free(coderm_progress *p);
// How many tensors of how many are done. On any thread.
void coderm_progress_get(const coderm_progress *p, int *done, int *total);
// Ends coderm_quantize at its next tensor. On any thread.
void coderm_progress_cancel(coderm_progress *p);

// An importance matrix: for each tensor the mean square of its inputs.
typedef struct coderm_imatrix coderm_imatrix;

// NULL when memory is short.
coderm_imatrix *coderm_imatrix_new(void);
void coderm_imatrix_free(coderm_imatrix *m);
// Copies values [n] for the tensor of that name. Returns 0 when memory is short.
int coderm_imatrix_set(coderm_imatrix *m, const char *tensor, const float *values, size_t n);

// Writes the model at in, quantized, to the existing file out. ftype is a
// llama_ftype; requantize allows a quantized source; imatrix may be NULL.
// Returns 0, or another value on failure or cancellation; the reason is in the
// log. One at a time per process: llama.cpp's log tells the progress, and
// there is one log, which passes through p until this returns.
int coderm_quantize(const char *in, const char *out, int ftype, int threads, int requantize, const coderm_imatrix *imatrix, coderm_progress *p);

#ifdef __cplusplus
}
#endif
