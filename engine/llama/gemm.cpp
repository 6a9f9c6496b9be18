// Puts our products of quantized matrices in the place of llama.cpp's, for weights
// that it has interleaved for this CPU, by the linker's --wrap.

#include "../../kernels/gemm.h"
#include "shim.h"

#define WRAP(name, set)                                                                                            \
    extern "C" void __real_##name(int n, float * out, size_t ld, const void * w, const void * a, int nr, int nc);  \
    extern "C" void __wrap_##name(int n, float * out, size_t ld, const void * w, const void * a, int nr, int nc) { \
        (gemms.set ? gemms.set : __real_##name)(n, out, ld, w, a, nr, nc);                                         \
    }

static cm_gemms gemms; // set once, before the first context

void cm_set_gemms(cm_gemms set) {
    gemms = set;
}

WRAP(ggml_gemm_q4_0_8x8_q8_0, q4_0)
WRAP(ggml_gemm_iq4_nl_8x8_q8_0, iq4_nl)
WRAP(ggml_gemm_q4_K_8x8_q8_K, q4_K)
