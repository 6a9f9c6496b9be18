// 16 floats in two AVX2 registers.
#include <immintrin.h>

typedef struct {
    __m256 lo, hi;
} v16;
typedef v16 m16;

static inline v16 v_load(const float *p) { return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
static inline void v_store(float *p, v16 a) { _mm256_storeu_ps(p, a.lo), _mm256_storeu_ps(p + 8, a.hi); }
// From IEEE halves.
static inline v16 v_halves(const uint16_t *p) {
    return (v16){_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)))};
}
// The bits of those of 64 halves that are not -Inf.
static inline uint64_t v_finite(const uint16_t *p) {
    const __m256i hidden = _mm256_set1_epi16((short)0xFC00);
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += 32) {
        __m256i a = _mm256_cmpeq_epi16(_mm256_loadu_si256((const __m256i *)(p + i)), hidden);
        __m256i b = _mm256_cmpeq_epi16(_mm256_loadu_si256((const __m256i *)(p + i + 16)), hidden);
        __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
        bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(both) << i;
    }
    return ~bits;
}
static inline v16 v_set1(float a) { return (v16){_mm256_set1_ps(a), _mm256_set1_ps(a)}; }
static inline v16 v_add(v16 a, v16 b) { return (v16){_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
static inline v16 v_sub(v16 a, v16 b) { return (v16){_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
static inline v16 v_mul(v16 a, v16 b) { return (v16){_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
static inline v16 v_fma(v16 a, v16 b, v16 c) {
    return (v16){_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
// a > b ? a : b, so b where a is NaN.
static inline v16 v_max(v16 a, v16 b) { return (v16){_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
static inline __m256 scale8(__m256 p, __m256 z) {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(z), 23)));
}
// p * 2^n for the n in the low bits of z; see weight().
static inline v16 v_scale(v16 p, v16 z) { return (v16){scale8(p.lo, z.lo), scale8(p.hi, z.hi)}; }
static inline m16 v_ge(v16 a, v16 b) {
    return (m16){_mm256_cmp_ps(a.lo, b.lo, _CMP_GE_OQ), _mm256_cmp_ps(a.hi, b.hi, _CMP_GE_OQ)};
}
static inline v16 v_keep(m16 m, v16 a) { return (v16){_mm256_and_ps(m.lo, a.lo), _mm256_and_ps(m.hi, a.hi)}; }
static inline unsigned m_bits(m16 m) { return (unsigned)(_mm256_movemask_ps(m.lo) | _mm256_movemask_ps(m.hi) << 8); }

// Reductions fold the upper half onto the lower: the same order on every
// instruction set.
static inline float v_sum_of(v16 a) {
    __m256 b = _mm256_add_ps(a.lo, a.hi);
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps(c, c, 1)));
}
static inline float v_max_of(v16 a) {
    __m256 b = _mm256_max_ps(a.lo, a.hi);
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_shuffle_ps(c, c, 1)));
}

static inline void transpose8(__m256 a[8]) {
    __m256 b[8];
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            __m256d x = _mm256_castps_pd(b[i + j]), y = _mm256_castps_pd(b[i + j + 2]);
            a[i + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(x, y));
            a[i + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(x, y));
        }
    for (int i = 0; i < 4; i++) {
        __m256 x = a[i], y = a[i + 4];
        a[i] = _mm256_permute2f128_ps(x, y, 0x20);
        a[i + 4] = _mm256_permute2f128_ps(x, y, 0x31);
    }
}
// a[i][j] becomes a[j][i].
static inline void v_transpose(v16 a[16]) {
    __m256 q[4][8];
    for (int i = 0; i < 8; i++) q[0][i] = a[i].lo, q[1][i] = a[i].hi, q[2][i] = a[i + 8].lo, q[3][i] = a[i + 8].hi;
    for (int i = 0; i < 4; i++) transpose8(q[i]);
    for (int i = 0; i < 8; i++) a[i] = (v16){q[0][i], q[2][i]}, a[i + 8] = (v16){q[1][i], q[3][i]};
}
