#include "isa.h"

#include <string.h>

static const coderm_isa isas[] = {
#if defined(__x86_64__)
    {"avx512", coderm_sample_row_avx512, coderm_attend_avx512},
    {"avx2", coderm_sample_row_avx2, coderm_attend_avx2},
#elif defined(__aarch64__)
    {"neon", coderm_sample_row_neon, coderm_attend_neon},
#endif
    {"portable", coderm_sample_row_portable, coderm_attend_portable},
};

static int supported(const char *name) {
#if defined(__x86_64__)
    if (strcmp(name, "avx512") == 0) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (strcmp(name, "avx2") == 0) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#endif
    (void)name;
    return 1;
}

const char *coderm_sampler_isa(size_t nth) {
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (supported(isas[i].name) && nth-- == 0) return isas[i].name;
    return NULL;
}

const coderm_isa *coderm_isa_named(const char *name) {
    if (!name) name = coderm_sampler_isa(0);
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (strcmp(isas[i].name, name) == 0 && supported(name)) return &isas[i];
    return NULL;
}

coderm_attend_fn *coderm_attend_for(const char *name) {
    const coderm_isa *isa = coderm_isa_named(name);
    return isa ? isa->attend : NULL;
}
