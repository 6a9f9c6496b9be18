#if defined(__x86_64__)

#include "sampler_internal.h"

#include <immintrin.h>
#include <math.h>

// The instructions are for the functions of this file only, which run where
// coderm_sampler_isa finds them.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,fma")
#endif

#include "vector16_avx512.h"
#define SAMPLE_ROW coderm_sample_row_avx512
#include "sampler_core.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
