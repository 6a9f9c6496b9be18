// llama.cpp's quantizer, in C.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a quantization has done so far and whether it should stop; shared with
// the thread that watches it.
typedef struct cm_progress cm_progress;

cm_progress *cm_progress_new(void);
void cm_progress_free(cm_progress *p);
void cm_progress_get(const cm_progress *p, int *done, int *total);
void cm_progress_cancel(cm_progress *p);

// An importance matrix: for each tensor the mean square of its inputs.
typedef struct cm_imatrix cm_imatrix;

cm_imatrix *cm_imatrix_new(void);
void cm_imatrix_free(cm_imatrix *m);
void cm_imatrix_set(cm_imatrix *m, const char *tensor, const float *values, size_t n);

// Writes the model at in, quantized, to the existing file out. ftype is a
// llama_ftype; requantize allows a quantized source; imatrix may be NULL.
// Returns 0, or another value on failure or cancellation; the reason is in the
// log. One at a time per process: llama.cpp's log tells the progress, and
// there is one log.
int cm_quantize(const char *in, const char *out, int ftype, int threads, int requantize, const cm_imatrix *imatrix, cm_progress *p);

#ifdef __cplusplus
}
#endif
