// What the AVX2 products share: 8 columns of weights, unpacked into a panel, times a
// few rows of activations.
//
// An instruction multiplies unsigned bytes of weights with signed ones of a row and adds
// pairs of products into 16 bits, where it saturates: weights of 4 bits leave room for
// 16 of them in a lane, of 5 bits for 8. Weights of 8 bits are taken as two of 4.
#ifndef CODERM_GEMM_AVX2_H
#define CODERM_GEMM_AVX2_H

#include "gemm_internal.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum {
    WIDE = 8,   // columns in a panel
    TALL = 4,   // rows with accumulators at once
    DEEP = 48,  // blocks of a panel
    MANY = 128, // rows whose scales are prepared at once
};

// Compilers stop at some number of instructions, and then keep sums in memory.
#if defined(__clang__)
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

// Lane c of q[k] is bytes 4k to 4k + 3 of column c's block, offset to be unsigned; of
// weights of 8 bits the low halves come first, then the high ones.
typedef struct {
    __m256 d, m;
    __m256i q[8], high[8];
} panel;

// What a row of activations brings to each block.
typedef struct {
    float d[MANY], s[MANY]; // scale; scale times sum
    int32_t start[MANY];    // -offset times sum: what the unsigned weights are too large by
} side;

// A format of weights and the layout of its activations, as far as sums need them.
typedef struct {
    int bits, offset; // what is stored is the weight's integer plus offset, before d
    bool min;         // the block has a min m beside d
    bool groups;      // rows lie four by four, as in coderm_q8_0x4, and columns as shuffled knows
    int size, quants; // bytes of a block of activations; where its quants are
} kind;

// A sum that compilers must not take apart: they add in trees otherwise, all of whose
// leaves lie in memory.
static inline __m256i plus16(__m256i a, __m256i b) {
    a = _mm256_add_epi16(a, b);
    __asm__("" : "+x"(a));
    return a;
}

// Fetches n lines of weights that a single row comes to later. A matrix is read from
// memory then, and the processor's own fetching ends with each page.
static inline __attribute__((always_inline)) void fetch(const void *p, int n) {
    for (int i = 0; i < n; i++) _mm_prefetch((const char *)p + 4096 + 64 * i, _MM_HINT_T0);
}

static inline int32_t load32(const void *p) {
    int32_t x;
    memcpy(&x, p, 4);
    return x;
}
static inline __m256i four(const void *p) { return _mm256_set1_epi32(load32(p)); }
static inline __m256i twice(__m128i x) { return _mm256_broadcastsi128_si256(x); }

static inline __m256i pairs(__m256i products) { return _mm256_madd_epi16(products, _mm256_set1_epi16(1)); }

// Columns that two halves of a register, each shuffled within its lanes, have changed
// the places of: 0 1 4 5 2 3 6 7, and back.
static inline __m256 shuffled(__m256 x) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(x), 0xD8));
}

static inline int32_t sum32(const int8_t *q) {
    __m256i s = pairs(_mm256_maddubs_epi16(_mm256_set1_epi8(1), _mm256_loadu_si256((const __m256i *)q)));
    __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4E));
    return _mm_cvtsi128_si32(t) + _mm_extract_epi32(t, 1);
}

static inline float half(const void *p) {
    uint16_t h;
    memcpy(&h, p, 2);
    return _cvtsh_ss(h);
}

// Adds blocks of a panel to out[0..n)[0..WIDE), or sets it for the first blocks; row
// r's quants are at y + r * step, its scale is x[b].d[at + r].
static inline __attribute__((always_inline)) void tile(
    const panel *w, int blocks, bool first, const uint8_t *y, size_t step, const side *x, int at,
    float *out, size_t out_row, int n, kind f) {
    __m256 sum[TALL];
    for (int r = 0; r < n; r++) {
        sum[r] = first ? _mm256_setzero_ps() : _mm256_loadu_ps((float *)((char *)out + r * out_row));
        if (f.groups) sum[r] = shuffled(sum[r]);
    }
    for (int b = 0; b < blocks; b++, w++, x++) {
        __m256i low[TALL], high[TALL], i[TALL];
        UNROLLED
        for (int k = 0; k < 8; k++) {
            const __m256i q = _mm256_load_si256(&w->q[k]), h = f.bits == 8 ? _mm256_load_si256(&w->high[k]) : q;
            UNROLLED
            for (int r = 0; r < n; r++) {
                const __m256i a = four(y + r * step + b * f.size + (f.groups ? k / 2 * 32 + k % 2 * 4 : 4 * k));
                const __m256i p = _mm256_maddubs_epi16(q, a);
                low[r] = k == 0 || (f.bits == 5 && k == 4) ? p : plus16(low[r], p);
                if (f.bits == 8) {
                    const __m256i t = _mm256_maddubs_epi16(h, a);
                    high[r] = k == 0 ? t : plus16(high[r], t);
                }
                if (f.bits == 5 && k == 3) i[r] = pairs(low[r]);
            }
        }
        for (int r = 0; r < n; r++) {
            __m256i s = pairs(low[r]);
            if (f.bits == 5) s = _mm256_add_epi32(s, i[r]);
            if (f.bits == 8) s = _mm256_add_epi32(s, _mm256_madd_epi16(high[r], _mm256_set1_epi16(16)));
            if (!f.min) s = _mm256_add_epi32(s, _mm256_set1_epi32(x->start[at + r]));
            sum[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s), _mm256_mul_ps(w->d, _mm256_set1_ps(x->d[at + r])), sum[r]);
            if (f.min) sum[r] = _mm256_fmadd_ps(w->m, _mm256_set1_ps(x->s[at + r]), sum[r]);
        }
    }
    for (int r = 0; r < n; r++)
        _mm256_storeu_ps((float *)((char *)out + r * out_row), f.groups ? shuffled(sum[r]) : sum[r]);
}

// Calls RUN with the rows of the next tile of so many rows, as a constant.
#define IN_TILES(rows) \
    switch (rows) { \
    case 1: RUN(1); break; \
    case 2: RUN(2); break; \
    case 3: RUN(3); break; \
    default: RUN(4); \
    }

#endif
