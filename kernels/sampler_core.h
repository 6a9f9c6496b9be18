// The algorithm, included once per instruction set after its v16_*.h. Every
// sum is made in the same order on all of them, and every multiply-add is one
// rounding, so that a pick has the same bits everywhere.
//
// All filters keep the tokens at or above some logit, the cut; finding it is
// all there is to top-k, top-p and min-p, and it never needs a sort: the cut is
// bracketed by counting and weighing what lies above a guess, and only the last
// few hundred candidates inside the bracket are put in order, by a heap.

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#include <float.h>
#include <math.h>
#include <string.h>

// One row as the passes see it.
typedef struct {
    const float *logits;  // [vocab], the partial last chunk excepted
    float max;            // finite
    float temperature;
    float scale;          // log2(e) / temperature
    float floor;          // logit - max is raised to this: its weight is 2^-125, a normal float
} view;

// Tokens at or above a cut: how many, and their weights' sum.
typedef struct {
    int64_t count;
    double mass;
} tally;

static inline const float *chunk(const coderm_scratch *s, const view *v, int32_t c) {
    return (c + 1) * CHUNK <= s->vocab ? v->logits + c * CHUNK : s->tail;
}

// Weight of a token: exp((logit - max) / temperature), in (0, 1], 1 for the
// largest. 2^x = 2^n * 2^f with n = round(x); adding 1.5*2^23 rounds and leaves
// n in the low bits. The polynomial is the minimax one of degree 5 with constant
// term 1 on [-1/2, 1/2] (Remez; relative error 1.1e-7). NaN weighs as the floor.
static inline v16 weight(const view *v, v16 logit) {
    const v16 magic = v_set1(0x1.8p23f), scale = v_set1(v->scale);
    v16 d = v_max(v_sub(logit, v_set1(v->max)), v_set1(v->floor));
    v16 z = v_fma(d, scale, magic);
    v16 f = v_fma(d, scale, v_sub(magic, z));
    v16 p = v_fma(f, v_set1(0x1.5bba14p-10f), v_set1(0x1.3cea88p-7f));
    p = v_fma(p, f, v_set1(0x1.c6b752p-5f));
    p = v_fma(p, f, v_set1(0x1.ebf9bcp-3f));
    p = v_fma(p, f, v_set1(0x1.62e42ap-1f));
    p = v_fma(p, f, v_set1(1.0f));
    return v_scale(p, z);
}

static inline float sum16(v16 a) {
    float f[LANES];
    v_store(f, a);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) f[i] += f[i + half];
    return f[0];
}

static inline float max16(v16 a) {
    float f[LANES];
    v_store(f, a);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) f[i] = f[i] > f[i + half] ? f[i] : f[i + half];
    return f[0];
}

// Points v at logits, with the maxima of all chunks; returns the row's.
static float look(coderm_scratch *s, view *v, const float *logits) {
    v->logits = logits;
    int32_t full = s->vocab / CHUNK * CHUNK, rest = s->vocab - full;
    memcpy(s->tail, logits + full, rest * sizeof(float));
    for (int32_t i = rest; i < CHUNK; i++) s->tail[i] = -INFINITY;
    v->max = -INFINITY;
    for (int32_t c = 0; c < s->chunks; c++) {
        const float *x = chunk(s, v, c);
        v16 a = v_set1(-INFINITY), b = a;
        for (int i = 0; i < CHUNK; i += 2 * LANES) {
            a = v_max(v_load(x + i), a);
            b = v_max(v_load(x + i + LANES), b);
        }
        float m = max16(v_max(a, b));
        s->max_of[c] = m;
        if (m > v->max) v->max = m;
    }
    return v->max;
}

static void set_temperature(view *v, float temperature) {
    v->temperature = temperature;
    v->scale = 0x1.715476p0f / temperature;
    v->floor = -125 / v->scale;
}

// Tallies the tokens at or above cut, and leaves every chunk's mass in mass_of.
static tally measure(coderm_scratch *s, const view *v, float cut) {
    tally t = {0, 0};
    for (int32_t c = 0; c < s->chunks; c++) {
        s->mass_of[c] = 0;
        if (!(s->max_of[c] >= cut)) continue;
        const float *x = chunk(s, v, c);
        v16 a = v_set1(0), b = a;
        int count = 0;
        for (int i = 0; i < CHUNK; i += 2 * LANES) {
            v16 xa = v_load(x + i), xb = v_load(x + i + LANES);
            m16 ma = v_ge(xa, v_set1(cut)), mb = v_ge(xb, v_set1(cut));
            a = v_add(a, v_keep(ma, weight(v, xa)));
            b = v_add(b, v_keep(mb, weight(v, xb)));
            count += __builtin_popcount(m_bits(mb) << LANES | m_bits(ma));
        }
        s->mass_of[c] = sum16(v_add(a, b));
        t.count += count;
        t.mass += s->mass_of[c];
    }
    return t;
}

// Collects the logits in [lo, hi), at most GATHER of them, in id order.
static int gather(coderm_scratch *s, const view *v, float lo, float hi) {
    int n = 0;
    for (int32_t c = 0; c < s->chunks; c++) {
        if (!(s->max_of[c] >= lo)) continue;
        const float *x = chunk(s, v, c);
        for (int i = 0; i < CHUNK; i += LANES)
            for (unsigned bits = m_bits(v_ge(v_load(x + i), v_set1(lo))); bits; bits &= bits - 1) {
                float y = x[i + __builtin_ctz(bits)];
                if (y < hi) s->gathered[n++] = y;
            }
    }
    return n;
}

// Restores the max-heap h[0..n) below h[i].
static void sift(float *h, int n, int i) {
    float x = h[i];
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && h[child + 1] > h[child]) child++;
        if (!(h[child] > x)) break;
        h[i] = h[child];
    }
    h[i] = x;
}

static inline int reached(tally t, tally want) { return t.count >= want.count && t.mass >= want.mass; }

// The largest logit such that the tokens at or above it reach want; -FLT_MAX,
// which keeps all, when even all do not.
static float find_cut(coderm_scratch *s, const view *v, tally want) {
    float hi = v->max, lo;
    tally above = measure(s, v, hi), t;
    if (reached(above, want)) return hi;
    // hi never reaches want and above is its tally; lo does.
    for (float width = 3 * v->temperature;; width *= 2) {
        lo = v->max - width > -FLT_MAX ? v->max - width : -FLT_MAX;
        t = measure(s, v, lo);
        if (reached(t, want)) break;
        if (lo == -FLT_MAX) return lo;
        hi = lo, above = t;
    }
    while (t.count - above.count > GATHER) {
        float mid = lo / 2 + hi / 2;
        if (!(lo < mid && mid < hi)) return lo;
        tally m = measure(s, v, mid);
        if (reached(m, want)) lo = mid, t = m;
        else hi = mid, above = m;
    }
    float *h = s->gathered;
    int n = gather(s, v, lo, hi);
    for (int i = n / 2; i-- > 0;) sift(h, n, i);
    while (n > 1) {
        float w[LANES];
        v_store(w, weight(v, v_set1(h[0])));
        above.count++;
        above.mass += w[0];
        if (reached(above, want)) break;
        h[0] = h[--n];
        sift(h, n, 0);
    }
    return h[0];
}

// Draws one of the tokens at or above cut: the first in id order at which the
// running mass exceeds u times all mass.
static int32_t draw(coderm_scratch *s, const view *v, float cut, double u) {
    double left = u * measure(s, v, cut).mass;
    int32_t c = 0;
    for (int32_t i = 0; i < s->chunks; i++) {
        if (s->mass_of[i] == 0) continue;
        c = i;
        if (left < s->mass_of[i]) break;
        left -= s->mass_of[i];
    }
    const float *x = chunk(s, v, c);
    int32_t last = 0;
    for (int i = 0; i < CHUNK; i += LANES) {
        v16 y = v_load(x + i);
        unsigned bits = m_bits(v_ge(y, v_set1(cut)));
        if (!bits) continue;
        float w[LANES];
        v_store(w, weight(v, y));
        for (; bits; bits &= bits - 1) {
            int lane = __builtin_ctz(bits);
            last = c * CHUNK + i + lane;
            left -= w[lane];
            if (left < 0) return last;
        }
    }
    return last; // rounding left a crumb
}

static int32_t argmax(const coderm_scratch *s, const view *v) {
    for (int32_t c = 0;; c++) {
        if (s->max_of[c] != v->max) continue;
        const float *x = chunk(s, v, c);
        for (int i = 0;; i++)
            if (x[i] == v->max) return c * CHUNK + i;
    }
}

static inline float clamp(float logit) { return logit > FLT_MAX ? FLT_MAX : logit; }

// A copy of the row that we may change: +Inf becomes the largest float, so that
// several of them share the mass, and recent tokens are penalised.
static const float *changed(coderm_scratch *s, const coderm_row *r, const int32_t *recent) {
    for (int32_t i = 0; i < s->vocab; i++) s->copy[i] = clamp(r->logits[i]);
    if (!(r->repeat > 0)) return s->copy;
    for (int32_t i = 0; i < r->recent_n; i++) {
        int32_t id = recent[r->recent_at + i];
        if (id < 0 || id >= s->vocab) continue;
        float x = clamp(r->logits[id]); // not the copy: a repeated id counts once
        s->copy[id] = clamp(x > 0 ? x / r->repeat : x * r->repeat);
    }
    return s->copy;
}

coderm_pick SAMPLE_ROW(coderm_scratch *s, const coderm_row *r, const int32_t *recent) {
    const coderm_pick none = {-1, -INFINITY};
    const coderm_row plain = {.logits = r->logits};
    view v;
    float max = look(s, &v, r->logits);
    if (max == -INFINITY) return none;
    if (max == INFINITY) look(s, &v, changed(s, &plain, NULL));
    set_temperature(&v, 1);
    double log_total = v.max + log(measure(s, &v, -FLT_MAX).mass);

    int penalised = r->repeat > 0 && r->repeat != 1 && r->recent_n > 0;
    if (penalised && look(s, &v, changed(s, r, recent)) == -INFINITY) return none;

    int32_t token;
    if (!(r->temperature >= 1e-5f)) {
        token = argmax(s, &v);
    } else {
        set_temperature(&v, r->temperature);
        float cut = -FLT_MAX;
        if (r->top_k > 0 && r->top_k < s->vocab) cut = find_cut(s, &v, (tally){r->top_k, 0});
        if (r->top_p > 0 && r->top_p < 1)
            cut = fmaxf(cut, find_cut(s, &v, (tally){0, r->top_p * measure(s, &v, cut).mass}));
        if (r->min_p > 0) cut = fmaxf(cut, fminf(v.max, v.max + v.temperature * logf(r->min_p)));
        token = draw(s, &v, cut, coderm_uniform(r->seed, r->position));
    }
    return (coderm_pick){token, (float)(clamp(r->logits[token]) - log_total)};
}
