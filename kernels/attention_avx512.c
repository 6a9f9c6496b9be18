#if defined(__x86_64__)

#include "attention_internal.h"

#include <immintrin.h>
#include <math.h>

// The instructions are for the functions of this file only, which run where
// coderm_sampler_isa finds them.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,fma")
#endif

// As many as there are registers for.
enum {
    ROWS = 8,
    VECS = 2,
    TILE = VECS * LANES,
};
#include "vector16_avx512.h"
#define ATTEND coderm_attend_avx512
#include "attention_core.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
