// 16 floats in four NEON registers.
#include <arm_neon.h>

typedef struct {
    float32x4_t q[4];
} v16;
typedef struct {
    uint32x4_t q[4];
} m16;

#define EACH(expr) \
    v16 r; \
    for (int i = 0; i < 4; i++) r.q[i] = (expr); \
    return r

static inline v16 v_load(const float *p) { EACH(vld1q_f32(p + 4 * i)); }
static inline void v_store(float *p, v16 a) {
    for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.q[i]);
}
// From IEEE halves.
static inline v16 v_halves(const uint16_t *p) { EACH(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)))); }
// The bits of those of 64 halves that are not -Inf.
static inline uint64_t v_finite(const uint16_t *p) {
    const uint16x8_t bit = {1, 2, 4, 8, 16, 32, 64, 128};
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += 8)
        bits |= (uint64_t)vaddvq_u16(vandq_u16(vceqq_u16(vld1q_u16(p + i), vdupq_n_u16(0xFC00)), bit)) << i;
    return ~bits;
}
static inline v16 v_set1(float a) { EACH(vdupq_n_f32(a)); }
static inline v16 v_add(v16 a, v16 b) { EACH(vaddq_f32(a.q[i], b.q[i])); }
static inline v16 v_sub(v16 a, v16 b) { EACH(vsubq_f32(a.q[i], b.q[i])); }
static inline v16 v_mul(v16 a, v16 b) { EACH(vmulq_f32(a.q[i], b.q[i])); }
static inline v16 v_fma(v16 a, v16 b, v16 c) { EACH(vfmaq_f32(c.q[i], a.q[i], b.q[i])); }
// a > b ? a : b, so b where a is NaN.
static inline v16 v_max(v16 a, v16 b) { EACH(vbslq_f32(vcgtq_f32(a.q[i], b.q[i]), a.q[i], b.q[i])); }
// p * 2^n for the n in the low bits of z; see weight().
static inline v16 v_scale(v16 p, v16 z) {
    EACH(vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(p.q[i]), vshlq_n_u32(vreinterpretq_u32_f32(z.q[i]), 23))));
}
static inline m16 v_ge(v16 a, v16 b) {
    m16 r;
    for (int i = 0; i < 4; i++) r.q[i] = vcgeq_f32(a.q[i], b.q[i]);
    return r;
}
static inline v16 v_keep(m16 m, v16 a) {
    EACH(vreinterpretq_f32_u32(vandq_u32(m.q[i], vreinterpretq_u32_f32(a.q[i]))));
}
static inline unsigned m_bits(m16 m) {
    const uint32x4_t bit = {1, 2, 4, 8};
    unsigned bits = 0;
    for (int i = 0; i < 4; i++) bits |= vaddvq_u32(vandq_u32(m.q[i], bit)) << 4 * i;
    return bits;
}

// Reductions fold the upper half onto the lower: the same order on every
// instruction set.
static inline float v_sum_of(v16 a) {
    float32x4_t b = vaddq_f32(vaddq_f32(a.q[0], a.q[2]), vaddq_f32(a.q[1], a.q[3]));
    float32x2_t c = vadd_f32(vget_low_f32(b), vget_high_f32(b));
    return vget_lane_f32(c, 0) + vget_lane_f32(c, 1);
}
static inline float v_max_of(v16 a) {
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.q[0], a.q[2]), vmaxq_f32(a.q[1], a.q[3])));
}

// a[i][j] becomes a[j][i].
static inline void v_transpose(v16 a[16]) {
    float t[16][16];
    for (int i = 0; i < 16; i++) v_store(t[i], a[i]);
    for (int i = 0; i < 16; i += 4) // vld4q reads four rows' worth of every fourth float
        for (int j = 0; j < 16; j++) {
            const float column[4] = {t[i][j], t[i + 1][j], t[i + 2][j], t[i + 3][j]};
            a[j].q[i / 4] = vld1q_f32(column);
        }
}
