#include "gemm_internal.h"

const coderm_products *coderm_products_here(void) {
#if defined(__x86_64__)
    static const coderm_products vnni = {
        coderm_gemm_q4_0,
        coderm_gemm_iq4_nl,
        coderm_gemm_q4_K,
        coderm_gemv_q4_0,
        coderm_gemv_iq4_nl,
        coderm_gemv_q4_K,
        coderm_rows_q4_0,
        coderm_rows_q4_1,
        coderm_rows_q5_0,
        coderm_rows_q5_1,
        coderm_rows_q8_0,
    };
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        return &vnni;
#endif
    return NULL;
}
