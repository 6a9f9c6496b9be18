#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

#include "gemm_avx2.h"

// Weights of 4 bits with one scale each 32: low and high are the nibbles' values offset
// to be unsigned, the upper halves of which are there for 8 bits alone.
typedef struct {
    __m256i low, high;
    int offset, bits;
} values;

// Scales of 8 columns in the order that shuffled leaves them in.
static inline __m256 scales(const uint16_t *p) {
    return shuffled(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)));
}

// 8 bytes of columns 0 to 3 and of 4 to 7 become 4 bytes of each column, and the next 4.
static inline void split(__m256i out[2], __m256i x, __m256i y) {
    const __m256 a = _mm256_castsi256_ps(x), b = _mm256_castsi256_ps(y);
    out[0] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    out[1] = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
}

static inline __attribute__((always_inline)) void unpack_q4(panel *out, const coderm_q4_0x8 *w, values v) {
    const __m256i mask = _mm256_set1_epi8(15);
    out->d = scales(w->d);
    for (int half = 0; half < 2; half++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(w->q + 64 * half));
        const __m256i y = _mm256_loadu_si256((const __m256i *)(w->q + 64 * half + 32));
        __m256i q[2];
        split(q, x, y);
        for (int k = 0; k < 2; k++) {
            const __m256i first = _mm256_and_si256(q[k], mask), second = _mm256_and_si256(_mm256_srli_epi16(q[k], 4), mask);
            out->q[2 * half + k] = _mm256_shuffle_epi8(v.low, first);
            out->q[4 + 2 * half + k] = _mm256_shuffle_epi8(v.low, second);
            if (v.bits == 8) {
                out->high[2 * half + k] = _mm256_shuffle_epi8(v.high, first);
                out->high[4 + 2 * half + k] = _mm256_shuffle_epi8(v.high, second);
            }
        }
    }
}

static inline __attribute__((always_inline)) void gemm_q4(
    int n, float *out, size_t ld, const coderm_q4_0x8 *w, const coderm_q8_0x4 *a, int rows, int cols, values v) {
    const kind f = {.bits = v.bits, .offset = v.offset, .groups = true, .size = sizeof *a};
    const int all = n / 32;
    panel p[DEEP];
    side x[DEEP];
    for (int top = 0; top < rows; top += MANY)
        for (int from = 0; from < all; from += DEEP) {
            const int some = rows - top < MANY ? rows - top : MANY;
            const int blocks = all - from < DEEP ? all - from : DEEP;
            const coderm_q8_0x4 *y = a + top / 4 * all + from;
            for (int b = 0; b < blocks; b++)
                for (int r = 0; r < some; r++) {
                    const coderm_q8_0x4 *z = &y[r / 4 * all + b];
                    int64_t q[4];
                    for (int k = 0; k < 4; k++) memcpy(&q[k], z->q + 32 * k + 8 * (r % 4), 8);
                    x[b].d[r] = half(&z->d[r % 4]);
                    x[b].start[r] = -v.offset * sum32((const int8_t *)q);
                }
            for (int c = 0; c < cols; c += WIDE) {
                for (int b = 0; b < blocks; b++) unpack_q4(&p[b], &w[c / 8 * all + from + b], v);
                for (int r = 0; r < some; r += TALL)
                    tile(p, blocks, from == 0, (const uint8_t *)y[r / 4 * all].q, 8, x, r, out + (top + r) * ld + c, ld * sizeof *out, TALL, f);
            }
        }
}

// One row: a register holds 8 bytes of 4 columns as they lie in memory.
static inline __attribute__((always_inline)) void gemv_q4(
    int n, float *out, const coderm_q4_0x8 *w, const coderm_q8_0 *a, int cols, values v) {
    const int blocks = n / 32;
    const __m256i mask = _mm256_set1_epi8(15), flip = _mm256_set1_epi8(-120);
    const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    float scale[blocks], start[blocks]; // as in side, but of floats
    for (int b = 0; b < blocks; b++) {
        scale[b] = half(&a[b].d);
        start[b] = -v.offset * scale[b] * sum32(a[b].q);
    }
    for (int c = 0; c < cols; c += 8) {
        __m256 f[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()}, g = f[0];
        for (int b = 0; b < blocks; b++, w++) {
            const __m256 d = _mm256_cvtph_ps(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)w->d), order));
            fetch(w, 3);
            const __m256 ds = _mm256_mul_ps(d, _mm256_set1_ps(scale[b]));
            __m256i q[4];
            for (int k = 0; k < 4; k++) {
                int64_t x;
                memcpy(&x, a[b].q + 8 * k, 8);
                q[k] = _mm256_set1_epi64x(x);
            }
            for (int half = 0; half < 2; half++) { // columns 0 to 3, 4 to 7
                __m256i x = _mm256_loadu_si256((const __m256i *)(w->q + 32 * half));
                __m256i y = _mm256_loadu_si256((const __m256i *)(w->q + 64 + 32 * half));
                if (v.bits == 4) x = _mm256_xor_si256(x, flip), y = _mm256_xor_si256(y, flip);
                const __m256i z[4] = {_mm256_and_si256(x, mask), _mm256_and_si256(y, mask),
                                      _mm256_and_si256(_mm256_srli_epi16(x, 4), mask), _mm256_and_si256(_mm256_srli_epi16(y, 4), mask)};
                __m256i low = _mm256_setzero_si256(), high = low;
                for (int k = 0; k < 4; k++) {
                    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(v.bits == 4 ? z[k] : _mm256_shuffle_epi8(v.low, z[k]), q[k]));
                    if (v.bits == 8) high = _mm256_add_epi16(high, _mm256_maddubs_epi16(_mm256_shuffle_epi8(v.high, z[k]), q[k]));
                }
                __m256i s = pairs(low);
                if (v.bits == 8) s = _mm256_add_epi32(s, _mm256_madd_epi16(high, _mm256_set1_epi16(16)));
                f[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s), half ? _mm256_unpackhi_ps(ds, ds) : _mm256_unpacklo_ps(ds, ds), f[half]);
            }
            g = _mm256_fmadd_ps(d, _mm256_set1_ps(start[b]), g);
        }
        // Of each column two lanes: 0 0 1 1 2 2 3 3 and 4 4 5 5 6 6 7 7.
        _mm256_storeu_ps(out + c, shuffled(_mm256_add_ps(_mm256_hadd_ps(f[0], f[1]), g)));
    }
}

// Q4_0's nibbles, in two's complement, to 0 to 15.
static inline values q4_0(void) {
    const __m256i t = twice(_mm_setr_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    return (values){t, t, 8, 4};
}

// The table of iq4_nl, to 1 to 241.
static inline values iq4_nl(void) {
    const __m256i t = _mm256_xor_si256(_mm256_set1_epi8(-128), twice(_mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)));
    const __m256i low = _mm256_set1_epi8(15);
    return (values){_mm256_and_si256(t, low), _mm256_and_si256(_mm256_srli_epi16(t, 4), low), 128, 8};
}

void coderm_gemm_q4_0_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    gemm_q4(n, out, ld, weights, activations, rows, cols, q4_0());
}
void coderm_gemm_iq4_nl_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    gemm_q4(n, out, ld, weights, activations, rows, cols, iq4_nl());
}
void coderm_gemv_q4_0_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    gemv_q4(n, out, weights, activations, cols, q4_0());
}
void coderm_gemv_iq4_nl_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    gemv_q4(n, out, weights, activations, cols, iq4_nl());
}

// The 8 scales and 8 mins of a part (llama.cpp's packing of 6 bits each).
static inline void unpack_scales(const uint8_t *from, uint8_t scales[8], uint8_t mins[8]) {
    uint32_t u[3];
    memcpy(u, from, 12);
    const uint32_t s[2] = {u[0] & 0x3f3f3f3f, (u[2] & 0x0f0f0f0f) | (u[0] >> 6 & 0x03030303) << 4};
    const uint32_t m[2] = {u[1] & 0x3f3f3f3f, (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 6 & 0x03030303) << 4};
    memcpy(scales, s, 8);
    memcpy(mins, m, 8);
}

// 8 columns of a block of 256 weights in 8 parts. Scales and mins are whole numbers, so a
// block's sums are too: scale has each column's twice, min those of parts 2p and 2p + 1.
typedef struct {
    __m256 d, dmin;
    __m256i q[8][8], scale[8], min[4];
} panel_K;

enum { DEEP_K = 8 }; // blocks of a panel

// The bytes of 8 columns as 32-bit lanes, in the order that shuffled leaves them in.
static inline __m256i lanes(const uint8_t *p) {
    return _mm256_castps_si256(shuffled(_mm256_castsi256_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)))));
}

static void unpack_K(panel_K *out, const coderm_q4_Kx8 *w) {
    const __m256i mask = _mm256_set1_epi8(15);
    out->d = scales(w->d), out->dmin = scales(w->dmin);
    for (int p = 0; p < 4; p++) {
        uint8_t s[2][8], m[2][8];
        for (int i = 0; i < 2; i++) {
            unpack_scales(w->scales + 24 * p + 12 * i, s[i], m[i]);
            const __m256i x = lanes(s[i]);
            out->scale[2 * p + i] = _mm256_or_si256(x, _mm256_slli_epi32(x, 16));
        }
        out->min[p] = _mm256_or_si256(lanes(m[0]), _mm256_slli_epi32(lanes(m[1]), 16));
        for (int k = 0; k < 4; k++) {
            const __m256i x = _mm256_loadu_si256((const __m256i *)(w->q + 256 * p + 64 * k));
            const __m256i y = _mm256_loadu_si256((const __m256i *)(w->q + 256 * p + 64 * k + 32));
            __m256i q[2];
            split(q, x, y);
            for (int i = 0; i < 2; i++) {
                out->q[2 * p][2 * k + i] = _mm256_and_si256(q[i], mask);
                out->q[2 * p + 1][2 * k + i] = _mm256_and_si256(_mm256_srli_epi16(q[i], 4), mask);
            }
        }
    }
}

// sums[b][p][at + r] has the sums of parts 2p and 2p + 1 of row r in its halves.
static inline __attribute__((always_inline)) void tile_K(
    const panel_K *w, int blocks, bool first, const coderm_q8_Kx4 *a, const int32_t (*sums)[4][MANY], int at, float *out, size_t ld) {
    __m256 sum[TALL];
    for (int r = 0; r < TALL; r++) sum[r] = first ? _mm256_setzero_ps() : shuffled(_mm256_loadu_ps(out + r * ld));
    for (int b = 0; b < blocks; b++, w++, a++, sums++) {
        __m256i s[TALL];
        for (int part = 0; part < 8; part++) {
            __m256i t[TALL];
            UNROLLED
            for (int k = 0; k < 8; k++) {
                const __m256i q = _mm256_load_si256(&w->q[part][k]);
                UNROLLED
                for (int r = 0; r < TALL; r++) {
                    const __m256i p = _mm256_maddubs_epi16(q, four(a->q + 128 * part + k / 2 * 32 + k % 2 * 4 + 8 * r));
                    t[r] = k == 0 ? p : plus16(t[r], p);
                }
            }
            for (int r = 0; r < TALL; r++) {
                const __m256i p = _mm256_madd_epi16(t[r], w->scale[part]);
                s[r] = part == 0 ? p : _mm256_add_epi32(s[r], p);
            }
        }
        for (int r = 0; r < TALL; r++) {
            __m256i m = _mm256_madd_epi16(w->min[0], _mm256_set1_epi32(sums[0][0][at + r]));
            for (int p = 1; p < 4; p++) m = _mm256_add_epi32(m, _mm256_madd_epi16(w->min[p], _mm256_set1_epi32(sums[0][p][at + r])));
            const __m256 d = _mm256_set1_ps(a->d[r]);
            sum[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[r]), _mm256_mul_ps(w->d, d), sum[r]);
            sum[r] = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(m), _mm256_mul_ps(w->dmin, d), sum[r]);
        }
    }
    for (int r = 0; r < TALL; r++) _mm256_storeu_ps(out + r * ld, shuffled(sum[r]));
}

// The sums of two parts, of 16 elements each at x, in the halves of a lane.
static inline int32_t two_sums(const int16_t *x) {
    return (int32_t)((uint32_t)(x[0] + x[1]) & 0xFFFF) | (int32_t)((uint32_t)(x[2] + x[3]) << 16);
}

void coderm_gemm_q4_K_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    const int all = n / 256;
    const coderm_q4_Kx8 *w = weights;
    const coderm_q8_Kx4 *a = activations;
    panel_K p[DEEP_K];
    int32_t sums[DEEP_K][4][MANY];
    for (int top = 0; top < rows; top += MANY)
        for (int from = 0; from < all; from += DEEP_K) {
            const int some = rows - top < MANY ? rows - top : MANY;
            const int blocks = all - from < DEEP_K ? all - from : DEEP_K;
            const coderm_q8_Kx4 *y = a + top / 4 * all + from;
            for (int b = 0; b < blocks; b++)
                for (int i = 0; i < 4; i++)
                    for (int r = 0; r < some; r++) sums[b][i][r] = two_sums(y[r / 4 * all + b].sums + 16 * i + 4 * (r % 4));
            for (int c = 0; c < cols; c += WIDE) {
                for (int b = 0; b < blocks; b++) unpack_K(&p[b], &w[c / 8 * all + from + b]);
                for (int r = 0; r < some; r += TALL)
                    tile_K(p, blocks, from == 0, y + r / 4 * all, (const int32_t(*)[4][MANY])sums, r, out + (top + r) * ld + c, ld);
            }
        }
}

void coderm_gemv_q4_K_avx2(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols) {
    (void)ld, (void)rows;
    const int blocks = n / 256;
    const coderm_q4_Kx8 *w = weights;
    const coderm_q8_K *a = activations;
    const __m256i mask = _mm256_set1_epi8(15);
    for (int c = 0; c < cols; c += 8) {
        __m256 f = _mm256_setzero_ps(); // of columns 0 1 4 5 2 3 6 7
        for (int b = 0; b < blocks; b++, w++) {
            __m256i s = _mm256_setzero_si256(), m = s;
            for (int p = 0; p < 4; p++) {
                uint8_t scale[2][8], min[2][8];
                fetch(w->q + 256 * p, 5);
                unpack_scales(w->scales + 24 * p, scale[0], min[0]);
                unpack_scales(w->scales + 24 * p + 12, scale[1], min[1]);
                __m256i t[2][2]; // by part, and columns 0 to 3 or 4 to 7
                for (int half = 0; half < 2; half++)
                    for (int k = 0; k < 4; k++) {
                        int64_t x[2];
                        memcpy(&x[0], a[b].q + 64 * p + 8 * k, 8);
                        memcpy(&x[1], a[b].q + 64 * p + 32 + 8 * k, 8);
                        const __m256i q = _mm256_loadu_si256((const __m256i *)(w->q + 256 * p + 64 * k + 32 * half));
                        const __m256i u[2] = {_mm256_and_si256(q, mask), _mm256_and_si256(_mm256_srli_epi16(q, 4), mask)};
                        for (int i = 0; i < 2; i++) {
                            const __m256i z = _mm256_maddubs_epi16(u[i], _mm256_set1_epi64x(x[i]));
                            t[i][half] = k == 0 ? z : _mm256_add_epi16(t[i][half], z);
                        }
                    }
                for (int i = 0; i < 2; i++) {
                    // Each column's two lanes become one, in 32 bits once scaled.
                    __m256i v[2];
                    split(v, t[i][0], t[i][1]);
                    __m256i x = lanes(scale[i]);
                    x = _mm256_or_si256(x, _mm256_slli_epi32(x, 16));
                    s = _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_add_epi16(v[0], v[1]), x));
                }
                const __m256i two = _mm256_or_si256(lanes(min[0]), _mm256_slli_epi32(lanes(min[1]), 16));
                m = _mm256_add_epi32(m, _mm256_madd_epi16(two, _mm256_set1_epi32(two_sums(a[b].sums + 4 * p))));
            }
            const __m256 d = _mm256_set1_ps(a[b].d);
            f = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s), _mm256_mul_ps(scales(w->d), d), f);
            f = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(m), _mm256_mul_ps(scales(w->dmin), d), f);
        }
        _mm256_storeu_ps(out + c, shuffled(f));
    }
}

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
