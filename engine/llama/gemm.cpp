// Puts our products of quantized matrices in the place of llama.cpp's, by the
// linker's --wrap: those of weights it has interleaved for this CPU, and those of
// weights that lie row by row, for which it asks llamafile's first.

#include "../../kernels/gemm.h"
#include "shim.h"

#include "ggml-cpu-impl.h"

#include <algorithm>

static coderm_products ours; // set once, before the first context

void coderm_set_products(const void *products) {
    ours = products ? *(const coderm_products *)products : coderm_products{};
}

#define WRAP(name, set) \
    extern "C" void __real_##name(int n, float *out, size_t ld, const void *w, const void *a, int nr, int nc); \
    extern "C" void __wrap_##name(int n, float *out, size_t ld, const void *w, const void *a, int nr, int nc) { \
        (ours.set && n <= CODERM_GEMM_LONGEST ? ours.set : __real_##name)(n, out, ld, w, a, nr, nc); \
    }

WRAP(ggml_gemm_q4_0_8x8_q8_0, q4_0)
WRAP(ggml_gemm_iq4_nl_8x8_q8_0, iq4_nl)
WRAP(ggml_gemm_q4_K_8x8_q8_K, q4_K)
WRAP(ggml_gemv_q4_0_8x8_q8_0, one_q4_0)
WRAP(ggml_gemv_iq4_nl_8x8_q8_0, one_iq4_nl)
WRAP(ggml_gemv_q4_K_8x8_q8_K, one_q4_K)

// Ours for these types, NULL where there is none.
static coderm_rows_fn *rows_fn(int weights, int activations) {
    const int q8_0 = GGML_TYPE_Q8_0, q8_1 = GGML_TYPE_Q8_1;
    switch (weights) {
    case GGML_TYPE_Q4_0: return activations == q8_0 ? ours.rows_q4_0 : nullptr;
    case GGML_TYPE_Q4_1: return activations == q8_1 ? ours.rows_q4_1 : nullptr;
    case GGML_TYPE_Q5_0: return activations == q8_0 ? ours.rows_q5_0 : nullptr;
    case GGML_TYPE_Q5_1: return activations == q8_1 ? ours.rows_q5_1 : nullptr;
    case GGML_TYPE_Q8_0: return activations == q8_0 ? ours.rows_q8_0 : nullptr;
    }
    return nullptr;
}

extern "C" bool __real_llamafile_sgemm(const ggml_compute_params *, int64_t, int64_t, int64_t, const void *, int64_t, const void *, int64_t, void *, int64_t, int, int, int);

// m rows of weights a, n of activations b, k blocks each; lda and ldb count blocks,
// ldc elements. False when it cannot.
extern "C" bool __wrap_llamafile_sgemm(const ggml_compute_params *p, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda,
                                       const void *b, int64_t ldb, void *c, int64_t ldc, int a_type, int b_type, int c_type) {
    coderm_rows_fn *f = rows_fn(a_type, b_type);
    if (!f || m % 16 != 0 || c_type != GGML_TYPE_F32 || std::max({m, n, k}) > INT32_MAX) {
        return __real_llamafile_sgemm(p, m, n, k, a, lda, b, ldb, c, ldc, a_type, b_type, c_type);
    }
    coderm_rows r = {};
    r.weights = a, r.weights_row = lda * ggml_type_size((ggml_type)a_type);
    r.activations = b, r.activations_row = ldb * ggml_type_size((ggml_type)b_type);
    r.out = (float *)c, r.out_row = ldc * sizeof(float);
    r.blocks = k, r.rows = n;
    r.from = m / 16 * p->ith / p->nth * 16;
    r.to = m / 16 * (p->ith + 1) / p->nth * 16;
    f(&r);
    return true;
}
