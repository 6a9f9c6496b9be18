#if defined(__x86_64__)

#include "attention_internal.h"

#include <immintrin.h>
#include <math.h>

// The instructions are for the functions of this file only, which run where
// coderm_sampler_isa finds them.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

// As many as there are registers for.
enum {
    ROWS = 4,
    VECS = 1,
    TILE = VECS * LANES,
};
#include "vector16_avx2.h"
#define ATTEND coderm_attend_avx2
#include "attention_core.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
