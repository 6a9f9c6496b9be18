// 16 floats in one AVX-512 register.
#include <immintrin.h>

typedef __m512 v16;
typedef __mmask16 m16;

static inline v16 v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, v16 a) { _mm512_storeu_ps(p, a); }
// From IEEE halves.
static inline v16 v_halves(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
// The bits of those of 64 halves that are not -Inf.
static inline uint64_t v_finite(const uint16_t *p) {
    const __m512i hidden = _mm512_set1_epi16((short)0xFC00);
    uint64_t low = _mm512_cmpneq_epi16_mask(_mm512_loadu_si512(p), hidden);
    return low | (uint64_t)_mm512_cmpneq_epi16_mask(_mm512_loadu_si512(p + 32), hidden) << 32;
}
static inline v16 v_set1(float a) { return _mm512_set1_ps(a); }
static inline v16 v_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
static inline v16 v_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
static inline v16 v_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
static inline v16 v_fma(v16 a, v16 b, v16 c) { return _mm512_fmadd_ps(a, b, c); }
// a > b ? a : b, so b where a is NaN.
static inline v16 v_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }
// p * 2^n for the n in the low bits of z; see weight().
static inline v16 v_scale(v16 p, v16 z) {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(z), 23)));
}
static inline m16 v_ge(v16 a, v16 b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
static inline v16 v_keep(m16 m, v16 a) { return _mm512_maskz_mov_ps(m, a); }
static inline unsigned m_bits(m16 m) { return m; }

// Reductions fold the upper half onto the lower: the same order on every
// instruction set.
static inline float v_sum_of(v16 a) {
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0x4E));
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0xB1));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0x4E));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0xB1));
    return _mm512_cvtss_f32(a);
}
static inline float v_max_of(v16 a) {
    a = _mm512_max_ps(a, _mm512_shuffle_f32x4(a, a, 0x4E));
    a = _mm512_max_ps(a, _mm512_shuffle_f32x4(a, a, 0xB1));
    a = _mm512_max_ps(a, _mm512_permute_ps(a, 0x4E));
    a = _mm512_max_ps(a, _mm512_permute_ps(a, 0xB1));
    return _mm512_cvtss_f32(a);
}

// a[i][j] becomes a[j][i].
static inline void v_transpose(v16 a[16]) {
    v16 b[16];
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            __m512d x = _mm512_castps_pd(b[i + j]), y = _mm512_castps_pd(b[i + j + 2]);
            a[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, y));
            a[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, y));
        }
    // Now a[4r + c] holds column c of each quarter, of the rows 4r to 4r + 3.
    for (int i = 0; i < 4; i++)
        for (int r = 0; r < 16; r += 8) {
            b[r + i] = _mm512_shuffle_f32x4(a[r + i], a[r + 4 + i], 0x88);
            b[r + 4 + i] = _mm512_shuffle_f32x4(a[r + i], a[r + 4 + i], 0xDD);
        }
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_f32x4(b[i], b[8 + i], 0x88);
        a[8 + i] = _mm512_shuffle_f32x4(b[i], b[8 + i], 0xDD);
        a[4 + i] = _mm512_shuffle_f32x4(b[4 + i], b[12 + i], 0x88);
        a[12 + i] = _mm512_shuffle_f32x4(b[4 + i], b[12 + i], 0xDD);
    }
}
