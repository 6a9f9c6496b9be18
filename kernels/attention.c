#include "attention_internal.h"
#include "sampler.h"

#include <string.h>

coderm_attend_fn *coderm_attend_for(const char *isa) {
    static const struct {
        const char *name;
        coderm_attend_fn *fn;
    } all[] = {
#if defined(__x86_64__)
        {"avx512", coderm_attend_avx512},
        {"avx2", coderm_attend_avx2},
#elif defined(__aarch64__)
        {"neon", coderm_attend_neon},
#endif
        {"portable", coderm_attend_portable},
    };
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0 && !__builtin_cpu_supports("avx512bw")) isa = "avx2";
    if (strcmp(isa, "avx2") == 0 && !__builtin_cpu_supports("f16c")) isa = "portable";
#endif
    const char *here;
    for (size_t i = 0; (here = coderm_sampler_isa(i)); i++)
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            if (strcmp(here, isa) == 0 && strcmp(isa, all[j].name) == 0) return all[j].fn;
    return NULL;
}
