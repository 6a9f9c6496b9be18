// 16 floats in plain C. fmaf is a single rounding even where the processor has
// no such instruction: slow there, but the same bits as everywhere else.
#include <math.h>
#include <string.h>

typedef struct {
    float f[LANES];
} v16;
typedef unsigned m16;

#define EACH(expr) \
    v16 r; \
    for (int i = 0; i < LANES; i++) r.f[i] = (expr); \
    return r

static inline v16 v_load(const float *p) {
    v16 r;
    memcpy(r.f, p, sizeof r.f);
    return r;
}
static inline void v_store(float *p, v16 a) { memcpy(p, a.f, sizeof a.f); }
// From an IEEE half.
static inline float half(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3FF;
    float f;
    if (exponent == 0) return sign ? -(float)fraction * 0x1p-24f : (float)fraction * 0x1p-24f;
    uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    memcpy(&f, &bits, sizeof f);
    return f;
}
static inline v16 v_halves(const uint16_t *p) { EACH(half(p[i])); }
// The bits of those of 64 halves that are not -Inf.
static inline uint64_t v_finite(const uint16_t *p) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i++) bits |= (uint64_t)(p[i] != 0xFC00) << i;
    return bits;
}
static inline v16 v_set1(float a) { EACH(a); }
static inline v16 v_add(v16 a, v16 b) { EACH(a.f[i] + b.f[i]); }
static inline v16 v_sub(v16 a, v16 b) { EACH(a.f[i] - b.f[i]); }
static inline v16 v_mul(v16 a, v16 b) { EACH(a.f[i] * b.f[i]); }
static inline v16 v_fma(v16 a, v16 b, v16 c) { EACH(fmaf(a.f[i], b.f[i], c.f[i])); }
// a > b ? a : b, so b where a is NaN.
static inline v16 v_max(v16 a, v16 b) { EACH(a.f[i] > b.f[i] ? a.f[i] : b.f[i]); }
// p * 2^n for the n in the low bits of z; see weight().
static inline v16 v_scale(v16 p, v16 z) {
    uint32_t a[LANES], b[LANES];
    memcpy(a, p.f, sizeof a), memcpy(b, z.f, sizeof b);
    for (int i = 0; i < LANES; i++) a[i] += b[i] << 23;
    return v_load((const float *)memcpy(p.f, a, sizeof a));
}
static inline m16 v_ge(v16 a, v16 b) {
    m16 m = 0;
    for (int i = 0; i < LANES; i++) m |= (unsigned)(a.f[i] >= b.f[i]) << i;
    return m;
}
static inline v16 v_keep(m16 m, v16 a) { EACH(m >> i & 1 ? a.f[i] : 0); }
static inline unsigned m_bits(m16 m) { return m; }

// Reductions fold the upper half onto the lower: the same order on every
// instruction set.
static inline float v_sum_of(v16 a) {
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) a.f[i] += a.f[i + half];
    return a.f[0];
}
static inline float v_max_of(v16 a) {
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) a.f[i] = a.f[i] > a.f[i + half] ? a.f[i] : a.f[i + half];
    return a.f[0];
}

// a[i][j] becomes a[j][i].
static inline void v_transpose(v16 a[LANES]) {
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < i; j++) {
            float x = a[i].f[j];
            a[i].f[j] = a[j].f[i];
            a[j].f[i] = x;
        }
}
