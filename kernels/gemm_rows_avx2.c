#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

#include "gemm_avx2.h"

// A format: the bytes of a block of weights, where its quants are, and what they are.
typedef struct {
    int size, high, quants; // high: where the fifth bits are, or 0
    kind kind;
} format;

// 16 bytes at p of each of 8 rows become 4 registers of 4 bytes a row.
static inline __attribute__((always_inline)) void gather(__m256i q[4], const uint8_t *p, size_t row) {
    __m256i x[4];
    for (int i = 0; i < 4; i++) {
        x[i] = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(p + i * row)));
        x[i] = _mm256_inserti128_si256(x[i], _mm_loadu_si128((const __m128i *)(p + (4 + i) * row)), 1);
    }
    const __m256i a = _mm256_unpacklo_epi32(x[0], x[1]), b = _mm256_unpackhi_epi32(x[0], x[1]);
    const __m256i c = _mm256_unpacklo_epi32(x[2], x[3]), d = _mm256_unpackhi_epi32(x[2], x[3]);
    q[0] = _mm256_unpacklo_epi64(a, c), q[1] = _mm256_unpackhi_epi64(a, c);
    q[2] = _mm256_unpacklo_epi64(b, d), q[3] = _mm256_unpackhi_epi64(b, d);
}

// The halves at p of 8 rows.
static inline __attribute__((always_inline)) __m256 column(const uint8_t *p, size_t row) {
    uint16_t h[WIDE];
    for (int i = 0; i < WIDE; i++) memcpy(&h[i], p + i * row, 2);
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)h));
}

// Eight registers of bytes of which the first four hold two of 4 bits each.
static inline __attribute__((always_inline)) void nibbles(__m256i q[8]) {
    const __m256i low = _mm256_set1_epi8(15);
    for (int k = 0; k < 4; k++) {
        q[4 + k] = _mm256_and_si256(_mm256_srli_epi16(q[k], 4), low);
        q[k] = _mm256_and_si256(q[k], low);
    }
}

// Bit 4 of each byte of 8 registers, from 32 bits of each row at p.
static inline __attribute__((always_inline)) void fifths(__m256i q[8], const uint8_t *p, size_t row) {
    int32_t bits[WIDE];
    for (int i = 0; i < WIDE; i++) memcpy(&bits[i], p + i * row, 4);
    const __m256i b = _mm256_loadu_si256((const __m256i *)bits);
    const __m256i spread = _mm256_set1_epi32(0x08040201); // bit i of four for byte i
    for (int k = 0; k < 8; k++) {
        // Byte k / 2 of the row's bits in all four, of which each looks at its own.
        __m256i x = _mm256_shuffle_epi8(b, _mm256_add_epi8(_mm256_set1_epi8(k / 2), _mm256_set_epi32(0x0C0C0C0C, 0x08080808, 0x04040404, 0, 0x0C0C0C0C, 0x08080808, 0x04040404, 0)));
        const __m256i mine = k % 2 ? _mm256_slli_epi32(spread, 4) : spread;
        x = _mm256_cmpeq_epi8(_mm256_and_si256(x, mine), mine);
        q[k] = _mm256_or_si256(q[k], _mm256_and_si256(x, _mm256_set1_epi8(16)));
    }
}

static inline __attribute__((always_inline)) void unpack(panel *out, const uint8_t *p, size_t row, format f) {
    out->d = column(p, row);
    if (f.kind.min) out->m = column(p + 2, row);
    __m256i q[8];
    gather(q, p + f.quants, row);
    if (f.kind.bits == 8) {
        gather(q + 4, p + f.quants + 16, row);
        const __m256i low = _mm256_set1_epi8(15);
        for (int k = 0; k < 8; k++) {
            q[k] = _mm256_xor_si256(q[k], _mm256_set1_epi8(-128));
            out->high[k] = _mm256_and_si256(_mm256_srli_epi16(q[k], 4), low);
            q[k] = _mm256_and_si256(q[k], low);
        }
    } else
        nibbles(q);
    if (f.kind.bits == 5) fifths(q, p + f.high, row);
    for (int k = 0; k < 8; k++) out->q[k] = q[k];
}

static inline __attribute__((always_inline)) void product(const coderm_rows *a, format f) {
    const kind k = f.kind;
    panel w[DEEP];
    side x[DEEP];
    for (int top = 0; top < a->rows; top += MANY)
        for (int from = 0; from < a->blocks; from += DEEP) {
            const int rows = a->rows - top < MANY ? a->rows - top : MANY;
            const int blocks = a->blocks - from < DEEP ? a->blocks - from : DEEP;
            const uint8_t *q = (const uint8_t *)a->activations + top * a->activations_row + (size_t)from * k.size;
            for (int b = 0; b < blocks; b++)
                for (int r = 0; r < rows; r++) {
                    const uint8_t *y = q + r * a->activations_row + b * k.size;
                    x[b].d[r] = half(y);
                    if (k.min)
                        x[b].s[r] = half(y + 2);
                    else
                        x[b].start[r] = -k.offset * sum32((const int8_t *)y + k.quants);
                }
            for (int c = a->from; c < a->to; c += WIDE) {
                const uint8_t *p = (const uint8_t *)a->weights + c * a->weights_row + (size_t)from * f.size;
                for (int b = 0; b < blocks; b++) unpack(&w[b], p + b * f.size, a->weights_row, f);
                for (int r = 0; r < rows; r += TALL) {
                    float *out = (float *)((char *)a->out + (top + r) * a->out_row) + c;
                    const uint8_t *y = q + r * a->activations_row + k.quants;
#define RUN(n) tile(w, blocks, from == 0, y, a->activations_row, x, r, out, a->out_row, n, k)
                    IN_TILES(rows - r)
#undef RUN
                }
            }
        }
}

// One to three rows, for which a panel is not worth its making. A register of weights then
// holds halves of two blocks of one row, so that all lanes of a half have one scale. This
// is what a row of activations brings to four blocks, of which the last four of a vector
// may have been there before, and then bring nothing.
typedef struct {
    __m256i q[4]; // elements 0 to 15 of blocks 0 and 2, 16 to 31 of these, and the same of 1 and 3
    __m256i wide[8]; // for weights of 8 bits: all of them, in 16 bits
    __m256 scale; // d of each block and, with mins, d times sum
    __m256 start; // see side
    int at;       // byte of the weights' row that the first block is at
} quad;

enum {
    QUADS = 32, // prepared at once
    FEW = 3,    // rows
};

static inline __attribute__((always_inline)) void prepare(quad *x, const uint8_t *a, int blocks, int at, format f) {
    float scale[8], start[8] = {0};
    const int first = at + 4 <= blocks ? at : blocks - 4;
    x->at = first * f.size;
    for (int i = 0; i < 4; i++) {
        const uint8_t *p = a + (first + i) * f.kind.size, *q = p + f.kind.quants;
        const bool again = first + i < at;
        scale[2 * i] = again ? 0 : half(p);
        scale[2 * i + 1] = again || !f.kind.min ? 0 : half(p + 2);
        if (f.kind.bits < 8) start[2 * i] = -f.kind.offset * scale[2 * i] * sum32((const int8_t *)q);
        for (int k = 0; f.kind.bits == 8 && k < 2; k++)
            x->wide[2 * i + k] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(q + 16 * k)));
        for (int k = 0; f.kind.bits < 8 && k < 2; k++) memcpy((char *)&x->q[2 * (i % 2) + k] + i / 2 * 16, q + 16 * k, 16);
    }
    x->scale = _mm256_loadu_ps(scale), x->start = _mm256_loadu_ps(start);
}

// 16 bytes at p and at q.
static inline __m256i both(const uint8_t *p, const uint8_t *q) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)), _mm_loadu_si128((const __m128i *)q), 1);
}

// Bit 4 of each byte of low and high, from 32 bits at p and at q.
static inline __attribute__((always_inline)) void fifths_of_two(__m256i *low, __m256i *high, const uint8_t *p, const uint8_t *q) {
    const __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    const __m256i ones = twice(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)), twos = _mm256_add_epi8(ones, _mm256_set1_epi8(2));
    const __m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si32(p)), _mm_loadu_si32(q), 1);
    const __m256i l = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(x, ones), bit), bit);
    const __m256i h = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(x, twos), bit), bit);
    *low = _mm256_or_si256(*low, _mm256_and_si256(l, _mm256_set1_epi8(16)));
    *high = _mm256_or_si256(*high, _mm256_and_si256(h, _mm256_set1_epi8(16)));
}

static inline __attribute__((always_inline)) float sum_of(__m256 x) {
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(t) + _mm_cvtss_f32(_mm_movehdup_ps(t));
}

// The products of a row of weights with so many quads of n rows.
static inline __attribute__((always_inline)) void dot(float out[FEW], const uint8_t *row, const quad (*x)[QUADS], int quads, int n, format f) {
    const __m256i mask = _mm256_set1_epi8(15);
    __m256 sum[FEW][2], rest[FEW]; // two, for a sum waits for the one before
    for (int r = 0; r < n; r++) sum[r][0] = sum[r][1] = rest[r] = _mm256_setzero_ps();
    for (int b = 0; b < quads; b++) {
        const uint8_t *p[4];
        fetch(row + x[0][b].at, (4 * f.size + 63) / 64);
        for (int i = 0; i < 4; i++) p[i] = row + x[0][b].at + i * f.size;
        // d and m of each block, or d and what is not looked at.
        const __m256 d = _mm256_cvtph_ps(_mm_setr_epi32(load32(p[0]), load32(p[1]), load32(p[2]), load32(p[3])));
        __m256 s[FEW];
        for (int r = 0; r < n; r++) {
            s[r] = _mm256_mul_ps(d, x[r][b].scale);
            if (f.kind.min) rest[r] = _mm256_add_ps(rest[r], s[r]);
            if (!f.kind.min && f.kind.bits < 8) rest[r] = _mm256_fmadd_ps(d, x[r][b].start, rest[r]);
        }
        for (int i = 0; f.kind.bits == 8 && i < 4; i++) {
            const __m128i *q = (const __m128i *)(p[i] + f.quants);
            const __m256i w[2] = {_mm256_cvtepi8_epi16(_mm_loadu_si128(q)), _mm256_cvtepi8_epi16(_mm_loadu_si128(q + 1))};
            for (int r = 0; r < n; r++) {
                const __m256i *y = &x[r][b].wide[2 * i];
                const __m256i t = _mm256_add_epi32(_mm256_madd_epi16(w[0], y[0]), _mm256_madd_epi16(w[1], y[1]));
                const __m256 scale = _mm256_permutevar8x32_ps(s[r], _mm256_set1_epi32(2 * i));
                sum[r][i % 2] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(t), scale, sum[r][i % 2]);
            }
        }
        for (int i = 0; f.kind.bits < 8 && i < 2; i++) {
            const __m256i q = both(p[i] + f.quants, p[i + 2] + f.quants);
            __m256i low = _mm256_and_si256(q, mask), high = _mm256_and_si256(_mm256_srli_epi16(q, 4), mask);
            if (f.kind.bits == 5) fifths_of_two(&low, &high, p[i] + f.high, p[i + 2] + f.high);
            for (int r = 0; r < n; r++) {
                const __m256i *y = &x[r][b].q[2 * i];
                const __m256i t = _mm256_add_epi16(_mm256_maddubs_epi16(low, y[0]), _mm256_maddubs_epi16(high, y[1]));
                const __m256 scale = i ? _mm256_permute_ps(s[r], 0xAA) : _mm256_permute_ps(s[r], 0);
                sum[r][i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(pairs(t)), scale, sum[r][i]);
            }
        }
    }
    for (int r = 0; r < n; r++) {
        // What mins bring is in the odd lanes, what starts do in the even ones.
        const __m256 once = _mm256_blend_ps(rest[r], _mm256_setzero_ps(), f.kind.min ? 0x55 : 0xAA);
        out[r] = sum_of(_mm256_add_ps(_mm256_add_ps(sum[r][0], sum[r][1]), once));
    }
}

static inline __attribute__((always_inline)) void few(const coderm_rows *a, int rows, format f) {
    quad x[FEW][QUADS];
    for (int from = 0; from < a->blocks; from += 4 * QUADS) {
        int n = 0;
        for (; n < QUADS && from + 4 * n < a->blocks; n++)
            for (int r = 0; r < rows; r++)
                prepare(&x[r][n], (const uint8_t *)a->activations + r * a->activations_row, a->blocks, from + 4 * n, f);
        for (int c = a->from; c < a->to; c++) {
            float sum[FEW];
            dot(sum, (const uint8_t *)a->weights + c * a->weights_row, (const quad(*)[QUADS])x, n, rows, f);
            for (int r = 0; r < rows; r++) {
                float *out = (float *)((char *)a->out + r * a->out_row) + c;
                *out = from ? *out + sum[r] : sum[r];
            }
        }
    }
}

static inline __attribute__((always_inline)) void any(const coderm_rows *a, format f) {
    switch (a->blocks < 4 ? 0 : a->rows) {
    case 1: few(a, 1, f); break;
    case 2: few(a, 2, f); break;
    case 3: few(a, 3, f); break;
    default: product(a, f);
    }
}

#define Q8_0 .size = 34, .quants = 2
#define Q8_1 .size = 36, .quants = 4
static const format q4_0 = {.size = 18, .quants = 2, .kind = {.bits = 4, .offset = 8, Q8_0}};
static const format q4_1 = {.size = 20, .quants = 4, .kind = {.bits = 4, .min = true, Q8_1}};
static const format q5_0 = {.size = 22, .high = 2, .quants = 6, .kind = {.bits = 5, .offset = 16, Q8_0}};
static const format q5_1 = {.size = 24, .high = 4, .quants = 8, .kind = {.bits = 5, .min = true, Q8_1}};
static const format q8_0 = {.size = 34, .quants = 2, .kind = {.bits = 8, .offset = 128, Q8_0}};

void coderm_rows_q4_0_avx2(const coderm_rows *a) { any(a, q4_0); }
void coderm_rows_q4_1_avx2(const coderm_rows *a) { any(a, q4_1); }
void coderm_rows_q5_0_avx2(const coderm_rows *a) { any(a, q5_0); }
void coderm_rows_q5_1_avx2(const coderm_rows *a) { any(a, q5_1); }
void coderm_rows_q8_0_avx2(const coderm_rows *a) { any(a, q8_0); }

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
