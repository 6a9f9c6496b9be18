#if defined(__x86_64__)

#include "gemm_internal.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")
#endif

// 16 rows of weights are unpacked into a panel where a register holds 4 bytes of each
// row, and one instruction multiplies them with the same 4 of a row of activations,
// broadcast. A panel serves all rows of activations, 16 at a time.
enum {
    WIDE = 16,   // rows of weights in a panel
    TALL = 16,   // rows of activations with accumulators at once
    DEEP = 48,   // blocks of a panel
    MANY = 128,  // rows of activations whose scales are prepared at once
};

typedef struct {
    __m512i q[8];   // bytes 4k to 4k + 3 of each row's block, offset to be unsigned
    __m512 d, m;
} panel;

// A format: the bytes of a block of weights, where its quants are, and what they are.
typedef struct {
    int size, high, quants; // high: where the fifth bits are, or 0
    int bits, offset;       // what is stored is the weight's integer plus offset, before d
    bool min;               // the block has a min m beside d; activations are Q8_1
} format;

// 16 bytes at p + at of each of 16 rows become 4 registers of 4 bytes a row.
static inline __attribute__((always_inline)) void gather(__m512i q[4], const uint8_t *p, size_t row) {
    __m512i x[4];
    for (int i = 0; i < 4; i++) {
        x[i] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(p + i * row)));
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(p + (4 + i) * row)), 1);
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(p + (8 + i) * row)), 2);
        x[i] = _mm512_inserti32x4(x[i], _mm_loadu_si128((const __m128i *)(p + (12 + i) * row)), 3);
    }
    const __m512i a = _mm512_unpacklo_epi32(x[0], x[1]), b = _mm512_unpackhi_epi32(x[0], x[1]);
    const __m512i c = _mm512_unpacklo_epi32(x[2], x[3]), d = _mm512_unpackhi_epi32(x[2], x[3]);
    q[0] = _mm512_unpacklo_epi64(a, c), q[1] = _mm512_unpackhi_epi64(a, c);
    q[2] = _mm512_unpacklo_epi64(b, d), q[3] = _mm512_unpackhi_epi64(b, d);
}

// The halves at p of 16 rows.
static inline __attribute__((always_inline)) __m512 column(const uint8_t *p, size_t row) {
    uint16_t h[WIDE];
    for (int i = 0; i < WIDE; i++) memcpy(&h[i], p + i * row, 2);
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)h));
}

static inline __attribute__((always_inline)) void unpack(panel *out, const uint8_t *p, size_t row, format f) {
    out->d = column(p, row);
    if (f.min) out->m = column(p + 2, row);
    gather(out->q, p + f.quants, row);
    if (f.bits == 8) {
        gather(out->q + 4, p + f.quants + 16, row);
        for (int k = 0; k < 8; k++) out->q[k] = _mm512_xor_si512(out->q[k], _mm512_set1_epi8(-128));
        return;
    }
    const __m512i low = _mm512_set1_epi8(15);
    for (int k = 0; k < 4; k++) {
        out->q[4 + k] = _mm512_and_si512(_mm512_srli_epi16(out->q[k], 4), low);
        out->q[k] = _mm512_and_si512(out->q[k], low);
    }
    if (f.bits == 5) {
        int32_t bits[WIDE];
        for (int i = 0; i < WIDE; i++) memcpy(&bits[i], p + f.high + i * row, 4);
        __m512i b = _mm512_loadu_si512(bits);
        // Four of a row's bits at a time become bit 4 of four bytes.
        for (int k = 0; k < 8; k++, b = _mm512_srli_epi32(b, 4)) {
            __m512i x = _mm512_mullo_epi32(_mm512_and_si512(b, _mm512_set1_epi32(15)), _mm512_set1_epi32(0x00204081));
            x = _mm512_slli_epi32(_mm512_and_si512(x, _mm512_set1_epi32(0x01010101)), 4);
            out->q[k] = _mm512_or_si512(out->q[k], x);
        }
    }
}

// What a row of activations brings to each block.
typedef struct {
    float d[MANY], s[MANY];   // scale; scale times sum
    int32_t start[MANY];      // -offset times sum: what the unsigned weights are too large by
} side;

// Adds blocks of a panel to out[0..n)[0..WIDE), or sets it for the first blocks;
// q is the quants of the first row, x[b].d[at] its scale.
static inline __attribute__((always_inline)) void tile(
    const coderm_rows *a, const panel *w, int blocks, bool first, const uint8_t *q, const side *x, int at, float *out, int n, format f) {
    const int size = f.min ? 36 : 34;
    __m512 sum[TALL];
    for (int r = 0; r < n; r++)
        sum[r] = first ? _mm512_setzero_ps() : _mm512_loadu_ps((float *)((char *)out + r * a->out_row));
    for (int b = 0; b < blocks; b++, w++, x++, q += size)
        for (int r = 0; r < n; r++) {
            const uint8_t *y = q + r * a->activations_row;
            __m512i i = f.min ? _mm512_setzero_si512() : _mm512_set1_epi32(x->start[at + r]);
            for (int k = 0; k < 8; k++) {
                int32_t four;
                memcpy(&four, y + 4 * k, 4);
                i = _mm512_dpbusd_epi32(i, w->q[k], _mm512_set1_epi32(four));
            }
            sum[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(i), _mm512_mul_ps(w->d, _mm512_set1_ps(x->d[at + r])), sum[r]);
            if (f.min) sum[r] = _mm512_fmadd_ps(w->m, _mm512_set1_ps(x->s[at + r]), sum[r]);
        }
    for (int r = 0; r < n; r++) _mm512_storeu_ps((float *)((char *)out + r * a->out_row), sum[r]);
}

static inline __attribute__((always_inline)) void product(const coderm_rows *a, format f) {
    const int size = f.min ? 36 : 34;
    panel w[DEEP];
    side x[DEEP];
    for (int top = 0; top < a->rows; top += MANY)
        for (int from = 0; from < a->blocks; from += DEEP) {
            const int rows = a->rows - top < MANY ? a->rows - top : MANY;
            const int blocks = a->blocks - from < DEEP ? a->blocks - from : DEEP;
            const uint8_t *q = (const uint8_t *)a->activations + top * a->activations_row + (size_t)from * size;
            for (int b = 0; b < blocks; b++)
                for (int r = 0; r < rows; r++) {
                    const uint8_t *y = q + r * a->activations_row + b * size;
                    uint16_t h[2];
                    memcpy(h, y, 4);
                    x[b].d[r] = _cvtsh_ss(h[0]);
                    if (f.min) {
                        x[b].s[r] = _cvtsh_ss(h[1]);
                        continue;
                    }
                    const __m256i s = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), _mm256_loadu_si256((const __m256i *)(y + 2)));
                    __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
                    t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4E));
                    x[b].start[r] = -f.offset * (_mm_cvtsi128_si32(t) + _mm_extract_epi32(t, 1));
                }
            for (int c = a->from; c < a->to; c += WIDE) {
                const uint8_t *p = (const uint8_t *)a->weights + c * a->weights_row + (size_t)from * f.size;
                for (int b = 0; b < blocks; b++) unpack(&w[b], p + b * f.size, a->weights_row, f);
                for (int r = 0, n; r < rows; r += n) {
                    const int left = rows - r;
                    float *out = (float *)((char *)a->out + (top + r) * a->out_row) + c;
                    const uint8_t *y = q + r * a->activations_row + size - 32;
                    n = left >= 16 ? 16 : (left >= 8 ? 8 : (left >= 4 ? 4 : (left >= 2 ? 2 : 1)));
#define RUN(n) tile(a, w, blocks, from == 0, y, x, r, out, n, f)
                    switch (n) {
                    case 16: RUN(16); break;
                    case 8: RUN(8); break;
                    case 4: RUN(4); break;
                    case 2: RUN(2); break;
                    default: RUN(1);
                    }
#undef RUN
                }
            }
        }
}

// For less than a tile of 4 rows a panel is not worth its making.
#define ROWS(format_name, ...) \
    void coderm_rows_##format_name##_avx512vnni(const coderm_rows *a) { \
        if (a->rows < 4) \
            coderm_rows_##format_name##_avx2(a); \
        else \
            product(a, (format){__VA_ARGS__}); \
    }

ROWS(q4_0, .size = 18, .quants = 2, .bits = 4, .offset = 8)
ROWS(q4_1, .size = 20, .quants = 4, .bits = 4, .min = true)
ROWS(q5_0, .size = 22, .high = 2, .quants = 6, .bits = 5, .offset = 16)
ROWS(q5_1, .size = 24, .high = 4, .quants = 8, .bits = 5, .min = true)
ROWS(q8_0, .size = 34, .quants = 2, .bits = 8, .offset = 128)

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
