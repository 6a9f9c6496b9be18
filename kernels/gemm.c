#include "gemm_internal.h"

#include <string.h>

#if defined(__x86_64__)
#define PRODUCTS(isa) \
    coderm_gemm_q4_0_##isa, coderm_gemm_iq4_nl_##isa, coderm_gemm_q4_K_##isa, \
        coderm_gemv_q4_0_##isa, coderm_gemv_iq4_nl_##isa, coderm_gemv_q4_K_##isa, \
        coderm_rows_q4_0_##isa, coderm_rows_q4_1_##isa, coderm_rows_q5_0_##isa, coderm_rows_q5_1_##isa, coderm_rows_q8_0_##isa

static const coderm_products all[] = {
                                       // the best first
    {"avx512 vnni", PRODUCTS(avx512vnni)},
    {"avx2", PRODUCTS(avx2)},
};

static int supported(const char *isa) {
    if (strcmp(isa, "avx2") == 0) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

const coderm_products *coderm_products_here(size_t nth) {
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (supported(all[i].isa) && nth-- == 0) return &all[i];
    return NULL;
}
#else
const coderm_products *coderm_products_here(size_t nth) {
    (void)nth;
    return NULL;
}
#endif
