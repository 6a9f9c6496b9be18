#if defined(__x86_64__)

#include "gemm_internal.h"

#include <immintrin.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")
#endif

// A register holds 8 bytes of each of 8 columns, just as they lie in memory, and
// one instruction multiplies them with the same 8 of a row, broadcast: 32-bit lanes
// 2c and 2c + 1 sum halves of column c, which are added up at the very end. A tile is 16
// rows of 8 columns, so the unpacking of weights is shared by 16 rows, and 16
// accumulators fit.
enum {
    TILE = 16,
    AHEAD = 64, // rows whose scales and sums are prepared at once, while
    ROOM = 128 << 10, // they take no more bytes than this, TILE rows excepted
};

static inline __m512i twice(const void *p) {
    int64_t x;
    memcpy(&x, p, 8);
    return _mm512_set1_epi64(x);
}

// Floats of 8 halves, and of 8 bytes, each in both lanes of its column.
static inline __m512i pairs(void) { return _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0); }
static inline __m512 halves(const uint16_t *p) {
    return _mm512_permutexvar_ps(pairs(), _mm512_castps256_ps512(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p))));
}
static inline __m512 bytes(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_permutexvar_epi32(pairs(), _mm512_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p))));
}

static inline void store(float *out, __m512 f) {
    const __m512i even = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 14, 12, 10, 8, 6, 4, 2, 0);
    f = _mm512_add_ps(f, _mm512_permute_ps(f, 0xB1));
    _mm256_storeu_ps(out, _mm512_castps512_ps256(_mm512_permutexvar_ps(even, f)));
}

// How many of rows to prepare at once, at so many bytes a row.
static inline int ahead(int rows, size_t bytes) {
    int n = AHEAD;
    while (n > TILE && n * bytes > ROOM) n /= 2;
    return rows < n ? rows : n;
}

// Calls RUN with the groups of 4 rows in the next tile of so many rows, as a constant.
#define IN_GROUPS(rows) \
    switch (rows) { \
    case 4: RUN(1); break; \
    case 8: RUN(2); break; \
    case 12: RUN(3); break; \
    default: RUN(4); \
    }

// Weights of 4 bits with one scale each 32. The instruction wants one side
// unsigned, so table gives values offset too large, and what that adds is where
// each sum starts: start[b][r] is the lane pair {-offset·sum of the row's block, 0}.
static inline __attribute__((always_inline)) void tile_q4(
    int blocks, float *out, size_t ld, const coderm_q4_0x8 *w, const coderm_q8_0x4 *a, __m512i table,
    const int64_t *start, const float *scale, int stride, int groups) {
    const __m512i low = _mm512_set1_epi8(15);
    __m512 f[TILE];
    for (int r = 0; r < 4 * groups; r++) f[r] = _mm512_setzero_ps();
    for (int b = 0; b < blocks; b++, w++, start += stride, scale += stride) {
        const __m512i q0 = _mm512_loadu_si512(w->q), q1 = _mm512_loadu_si512(w->q + 64);
        const __m512i w0 = _mm512_shuffle_epi8(table, _mm512_and_si512(q0, low));
        const __m512i w1 = _mm512_shuffle_epi8(table, _mm512_and_si512(q1, low));
        const __m512i w2 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(q0, 4), low));
        const __m512i w3 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(q1, 4), low));
        const __m512 d = halves(w->d);
        for (int g = 0; g < groups; g++) {
            const int8_t *q = a[g * blocks + b].q;
            for (int r = 0; r < 4; r++) {
                __m512i s = _mm512_set1_epi64(start[4 * g + r]);
                s = _mm512_dpbusd_epi32(s, w0, twice(q + 8 * r));
                s = _mm512_dpbusd_epi32(s, w1, twice(q + 32 + 8 * r));
                s = _mm512_dpbusd_epi32(s, w2, twice(q + 64 + 8 * r));
                s = _mm512_dpbusd_epi32(s, w3, twice(q + 96 + 8 * r));
                f[4 * g + r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s), _mm512_mul_ps(d, _mm512_set1_ps(scale[4 * g + r])), f[4 * g + r]);
            }
        }
    }
    for (int r = 0; r < 4 * groups; r++) store(out + r * ld, f[r]);
}

static void gemm_q4(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols,
                    __m128i values, int offset) {
    const int blocks = n / 32, most = ahead(rows, blocks * 12);
    const coderm_q4_0x8 *w = weights;
    const coderm_q8_0x4 *a = activations;
    const __m512i table = _mm512_broadcast_i32x4(values);
    int64_t start[blocks * most];
    float scale[blocks * most];
    for (int n_rows; rows > 0; rows -= n_rows, a += n_rows / 4 * blocks, out += n_rows * ld) {
        n_rows = rows < most ? rows : most;
        for (int g = 0; g < n_rows / 4; g++)
            for (int b = 0; b < blocks; b++) {
                const coderm_q8_0x4 *x = &a[g * blocks + b];
                __m512i sums = _mm512_setzero_si512(); // of rows 0 0 1 1 2 2 3 3, twice
                sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), _mm512_loadu_si512(x->q));
                sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), _mm512_loadu_si512(x->q + 64));
                int32_t s[16];
                _mm512_storeu_si512(s, sums);
                float d[4];
                _mm_storeu_ps(d, _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)x->d)));
                for (int r = 0; r < 4; r++) {
                    start[b * most + 4 * g + r] = (uint32_t)(-offset * (s[2 * r] + s[2 * r + 1] + s[2 * r + 8] + s[2 * r + 9]));
                    scale[b * most + 4 * g + r] = d[r];
                }
            }
        for (int c = 0; c < cols; c += 8)
            for (int r = 0; r < n_rows; r += TILE) {
#define RUN(groups) tile_q4(blocks, out + r * ld + c, ld, w + c / 8 * blocks, a + r / 4 * blocks, table, start + r, scale + r, most, groups)
                IN_GROUPS(n_rows - r)
#undef RUN
            }
    }
}

static void gemv_q4(int n, float *out, const coderm_q4_0x8 *w, const coderm_q8_0 *a, int cols, __m128i values, int offset) {
    const int blocks = n / 32;
    const __m512i table = _mm512_broadcast_i32x4(values), low = _mm512_set1_epi8(15);
    int64_t start[blocks];
    float scale[blocks];
    for (int b = 0; b < blocks; b++) {
        const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), _mm256_loadu_si256((const __m256i *)a[b].q));
        int32_t s[8];
        _mm256_storeu_si256((__m256i *)s, sums);
        start[b] = (uint32_t)(-offset * (s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]));
        scale[b] = _cvtsh_ss(a[b].d);
    }
    for (int c = 0; c < cols; c += 8) {
        __m512 f = _mm512_setzero_ps();
        for (int b = 0; b < blocks; b++, w++) {
            const __m512i q0 = _mm512_loadu_si512(w->q), q1 = _mm512_loadu_si512(w->q + 64);
            __m512i s = _mm512_set1_epi64(start[b]), t = _mm512_setzero_si512();
            s = _mm512_dpbusd_epi32(s, _mm512_shuffle_epi8(table, _mm512_and_si512(q0, low)), twice(a[b].q));
            t = _mm512_dpbusd_epi32(t, _mm512_shuffle_epi8(table, _mm512_and_si512(q1, low)), twice(a[b].q + 8));
            s = _mm512_dpbusd_epi32(s, _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(q0, 4), low)), twice(a[b].q + 16));
            t = _mm512_dpbusd_epi32(t, _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(q1, 4), low)), twice(a[b].q + 24));
            f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(s, t)), _mm512_mul_ps(halves(w->d), _mm512_set1_ps(scale[b])), f);
        }
        store(out + c, f);
    }
}

// Q4_0's nibbles to 0 to 15, and the table of iq4_nl to 1 to 241.
static __m128i q4_0(void) { return _mm_setr_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7); }
static __m128i iq4_nl(void) {
    return _mm_xor_si128(_mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113), _mm_set1_epi8(-128));
}

void coderm_gemm_q4_0_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    gemm_q4(n, out, ld, weights, activations, rows, cols, q4_0(), 8);
}
void coderm_gemm_iq4_nl_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    gemm_q4(n, out, ld, weights, activations, rows, cols, iq4_nl(), 128);
}
void coderm_gemv_q4_0_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    gemv_q4(n, out, weights, activations, cols, q4_0(), 8);
}
void coderm_gemv_iq4_nl_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    gemv_q4(n, out, weights, activations, cols, iq4_nl(), 128);
}

// The 8 scales and 8 mins of a part (llama.cpp's packing of 6 bits each).
static inline void unpack(const uint8_t *from, uint8_t scales[8], uint8_t mins[8]) {
    uint32_t u[3];
    memcpy(u, from, 12);
    const uint32_t s[2] = {u[0] & 0x3f3f3f3f, (u[2] & 0x0f0f0f0f) | (u[0] >> 6 & 0x03030303) << 4};
    const uint32_t m[2] = {u[1] & 0x3f3f3f3f, (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 6 & 0x03030303) << 4};
    memcpy(scales, s, 8);
    memcpy(mins, m, 8);
}

// sums[block][p][r] is the lane pair of row r's sums of parts 2p and 2p + 1.
static inline __attribute__((always_inline)) void tile_q4_K(
    int blocks, float *out, size_t ld, const coderm_q4_Kx8 *w, const coderm_q8_Kx4 *a,
    const float (*sums)[2], int stride, int groups) {
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i two = _mm512_set_epi32(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0);
    __m512 f[TILE];
    for (int r = 0; r < 4 * groups; r++) f[r] = _mm512_setzero_ps();
    for (int b = 0; b < blocks; b++, w++, sums += 4 * stride) {
        uint8_t scales[64], mins[64];
        for (int p = 0; p < 8; p++) unpack(w->scales + 12 * p, scales + 8 * p, mins + 8 * p);
        const __m512 d = halves(w->d), dmin = _mm512_sub_ps(_mm512_setzero_ps(), halves(w->dmin));
        __m512 s[TILE];
        for (int p = 0; p < 4; p++) {
            const __m512i m16 = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(mins + 16 * p)));
            const __m512 m = _mm512_mul_ps(dmin, _mm512_cvtepi32_ps(_mm512_permutexvar_epi32(two, m16)));
            for (int r = 0; r < 4 * groups; r++) {
                const __m512 x = _mm512_castsi512_ps(twice(sums[p * stride + r]));
                s[r] = p ? _mm512_fmadd_ps(m, x, s[r]) : _mm512_mul_ps(m, x);
            }
        }
        for (int part = 0; part < 8; part++) {
            __m512i q[4];
            for (int k = 0; k < 4; k++) {
                q[k] = _mm512_loadu_si512(w->q + part / 2 * 256 + 64 * k);
                q[k] = _mm512_and_si512(part % 2 ? _mm512_srli_epi16(q[k], 4) : q[k], low);
            }
            const __m512 scale = _mm512_mul_ps(d, bytes(scales + 8 * part));
            for (int g = 0; g < groups; g++) {
                const int8_t *x = a[g * blocks + b].q + 128 * part;
                for (int r = 0; r < 4; r++) {
                    __m512i i = _mm512_setzero_si512();
                    for (int k = 0; k < 4; k++) i = _mm512_dpbusd_epi32(i, q[k], twice(x + 32 * k + 8 * r));
                    s[4 * g + r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(i), scale, s[4 * g + r]);
                }
            }
        }
        for (int r = 0; r < 4 * groups; r++)
            f[r] = _mm512_fmadd_ps(s[r], _mm512_set1_ps(a[r / 4 * blocks + b].d[r % 4]), f[r]);
    }
    for (int r = 0; r < 4 * groups; r++) store(out + r * ld, f[r]);
}

void coderm_gemm_q4_K_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    const int blocks = n / 256, most = ahead(rows, blocks * 32);
    const coderm_q4_Kx8 *w = weights;
    const coderm_q8_Kx4 *a = activations;
    float sums[blocks * 4 * most][2];
    for (int n_rows; rows > 0; rows -= n_rows, a += n_rows / 4 * blocks, out += n_rows * ld) {
        n_rows = rows < most ? rows : most;
        for (int r = 0; r < n_rows; r++)
            for (int b = 0; b < blocks; b++)
                for (int p = 0; p < 4; p++) {
                    const int16_t *x = a[r / 4 * blocks + b].sums + 16 * p + 4 * (r % 4);
                    sums[(4 * b + p) * most + r][0] = x[0] + x[1];
                    sums[(4 * b + p) * most + r][1] = x[2] + x[3];
                }
        for (int c = 0; c < cols; c += 8)
            for (int r = 0; r < n_rows; r += TILE) {
#define RUN(groups) tile_q4_K(blocks, out + r * ld + c, ld, w + c / 8 * blocks, a + r / 4 * blocks, sums + r, most, groups)
                IN_GROUPS(n_rows - r)
#undef RUN
            }
    }
}

void coderm_gemv_q4_K_avx512vnni(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    const int blocks = n / 256;
    const coderm_q4_Kx8 *w = weights;
    const coderm_q8_K *a = activations;
    const __m512i low = _mm512_set1_epi8(15);
    for (int c = 0; c < cols; c += 8) {
        __m512 f = _mm512_setzero_ps();
        for (int b = 0; b < blocks; b++, w++) {
            __m512 s = _mm512_setzero_ps(), m = s;
            for (int p = 0; p < 4; p++) {
                uint8_t scales[2][8], mins[2][8];
                unpack(w->scales + 24 * p, scales[0], mins[0]);
                unpack(w->scales + 24 * p + 12, scales[1], mins[1]);
                __m512i lo = _mm512_setzero_si512(), hi = lo;
                for (int k = 0; k < 4; k++) {
                    const __m512i q = _mm512_loadu_si512(w->q + 256 * p + 64 * k);
                    lo = _mm512_dpbusd_epi32(lo, _mm512_and_si512(q, low), twice(a[b].q + 64 * p + 8 * k));
                    hi = _mm512_dpbusd_epi32(hi, _mm512_and_si512(_mm512_srli_epi16(q, 4), low), twice(a[b].q + 64 * p + 32 + 8 * k));
                }
                s = _mm512_fmadd_ps(_mm512_cvtepi32_ps(lo), bytes(scales[0]), s);
                s = _mm512_fmadd_ps(_mm512_cvtepi32_ps(hi), bytes(scales[1]), s);
                // The mins once a column: the other lane of the pair stays 0.
                const int16_t *x = a[b].sums + 4 * p;
                m = _mm512_fmadd_ps(bytes(mins[0]), _mm512_set1_ps(x[0] + x[1]), m);
                m = _mm512_fmadd_ps(bytes(mins[1]), _mm512_set1_ps(x[2] + x[3]), m);
            }
            s = _mm512_mul_ps(s, halves(w->d));
            s = _mm512_mask3_fnmadd_ps(m, halves(w->dmin), s, 0x5555);
            f = _mm512_fmadd_ps(s, _mm512_set1_ps(a[b].d), f);
        }
        store(out + c, f);
    }
}

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
