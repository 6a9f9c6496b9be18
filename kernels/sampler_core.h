// The algorithm, included once per instruction set after its vector16_*.h. Every
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

#include "vector16_exp.h"

#include <float.h>
#include <math.h>
#include <string.h>

// One row as the passes see it.
typedef struct {
    const float *logits;  // [vocab], the partial last chunk excepted
    float max;            // largest logit
    float temperature;
    double total;         // sum of all weights at this temperature
    double total1;        // and at temperature 1
} view;

// Tokens at or above a cut: how many, and their weights' sum.
typedef struct {
    int64_t count;
    double mass;
} tally;

static inline const float *chunk(const coderm_scratch *s, const float *logits, int32_t c) {
    return (c + 1) * CHUNK <= s->vocab ? logits + c * CHUNK : s->tail;
}

// Sum over chunks of mass[c], which is relative to origins[c], relative to origin.
static double combine(const float *mass, const float *origins, int32_t n, float origin, float temperature) {
    double sum = 0;
    for (int32_t c = 0; c < n; c += LANES) {
        float w[LANES];
        v_store(w, weight(v_load(origins + c), origin, temperature));
        for (int32_t i = 0; i < LANES && c + i < n; i++) sum += (double)w[i] * mass[c + i];
    }
    return sum;
}

// The first pass over a row, and the only one that reads all of it: the largest
// logit and the sum of weights, of each chunk (relative to its own largest, the
// row's being unknown yet) and then of the row. Returns the row's largest.
static float look(coderm_scratch *s, view *v, const float *logits, float temperature) {
    int32_t full = s->vocab / CHUNK * CHUNK, rest = s->vocab - full;
    memcpy(s->tail, logits + full, rest * sizeof(float));
    for (int32_t i = rest; i < CHUNK; i++) s->tail[i] = -INFINITY;

    *v = (view){.logits = logits, .max = -INFINITY, .temperature = temperature};
    for (int32_t c = 0; c < s->chunks; c++) {
        const float *x = chunk(s, logits, c);
        v16 a = v_set1(-INFINITY), b = a;
        for (int i = 0; i < CHUNK; i += 2 * LANES) {
            a = v_max(v_load(x + i), a);
            b = v_max(v_load(x + i + LANES), b);
        }
        float max = v_max_of(v_max(a, b));
        v16 at_t = v_set1(0), at_1 = at_t;
        for (int i = 0; i < CHUNK; i += LANES) {
            v16 y = v_load(x + i);
            at_t = v_add(at_t, weight(y, max, temperature));
            at_1 = v_add(at_1, weight(y, max, 1));
        }
        s->max_of[c] = max;
        s->mass_of[c] = v_sum_of(at_t);
        s->mass1_of[c] = v_sum_of(at_1);
        if (max > v->max) v->max = max;
    }
    v->total = combine(s->mass_of, s->max_of, s->chunks, v->max, temperature);
    v->total1 = combine(s->mass1_of, s->max_of, s->chunks, v->max, 1);
    return v->max;
}

// Tallies the tokens at or above cut, and leaves every chunk's mass in mass_of.
static tally measure(coderm_scratch *s, const view *v, float cut) {
    tally t = {0, 0};
    for (int32_t c = 0; c < s->chunks; c++) {
        s->mass_of[c] = 0;
        if (!(s->max_of[c] >= cut)) continue;
        const float *x = chunk(s, v->logits, c);
        v16 a = v_set1(0), b = a;
        int count = 0;
        for (int i = 0; i < CHUNK; i += 2 * LANES) {
            v16 xa = v_load(x + i), xb = v_load(x + i + LANES);
            m16 ma = v_ge(xa, v_set1(cut)), mb = v_ge(xb, v_set1(cut));
            a = v_add(a, v_keep(ma, weight(xa, v->max, v->temperature)));
            b = v_add(b, v_keep(mb, weight(xb, v->max, v->temperature)));
            count += __builtin_popcount(m_bits(mb) << LANES | m_bits(ma));
        }
        s->mass_of[c] = v_sum_of(v_add(a, b));
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
        const float *x = chunk(s, v->logits, c);
        for (int i = 0; i < CHUNK; i += LANES) {
            v16 y = v_load(x + i);
            unsigned bits = m_bits(v_ge(y, v_set1(lo))) & ~m_bits(v_ge(y, v_set1(hi)));
            for (; bits; bits &= bits - 1) s->gathered[n++] = x[i + __builtin_ctz(bits)];
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

// How far t is beyond want, at least 0 where it reaches it. Only one of want's
// members is ever set.
static inline double beyond(tally t, tally want) {
    return want.count ? (double)(t.count - want.count) : t.mass - want.mass;
}

// The largest logit such that the tokens at or above it reach want; -FLT_MAX,
// which keeps all, when even all do not.
static float find_cut(coderm_scratch *s, const view *v, tally want) {
    float hi = v->max, lo;
    tally above = measure(s, v, hi), t;
    if (beyond(above, want) >= 0) return hi;
    // From here on hi does not reach want, above is its tally, and lo does.
    for (float width = 3 * v->temperature;; width *= 2) {
        lo = v->max - width > -FLT_MAX ? v->max - width : -FLT_MAX;
        t = measure(s, v, lo);
        if (beyond(t, want) >= 0) break;
        if (lo == -FLT_MAX) return lo;
        hi = lo, above = t;
    }
    // Interpolation lands close to the cut but always on one side of it; so step
    // beyond, twice as far as the nearer end lies, and both ends close in. Every
    // third step halves, lest a staircase hold us up.
    for (int step = 1; t.count - above.count > GATHER; step++) {
        double width = (double)hi - lo, slack = width * GATHER / 4 / (double)(t.count - above.count);
        double part = beyond(t, want) / (beyond(t, want) - beyond(above, want)) * width; // from lo
        part = part < width / 2 ? 3 * part + slack : part - 2 * (width - part) - slack;
        float mid = (float)(lo + part);
        if (step % 3 == 0 || !(lo < mid && mid < hi)) mid = lo / 2 + hi / 2;
        if (!(lo < mid && mid < hi)) return lo;
        tally m = measure(s, v, mid);
        if (beyond(m, want) >= 0) lo = mid, t = m;
        else hi = mid, above = m;
    }
    float *h = s->gathered;
    int n = gather(s, v, lo, hi);
    for (int i = n / 2; i-- > 0;) sift(h, n, i);
    while (n > 1) {
        float w[LANES];
        v_store(w, weight(v_set1(h[0]), v->max, v->temperature));
        above.count++;
        above.mass += w[0];
        if (beyond(above, want) >= 0) break;
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
    const float *x = chunk(s, v->logits, c);
    int32_t last = 0;
    for (int i = 0; i < CHUNK; i += LANES) {
        v16 y = v_load(x + i);
        unsigned bits = m_bits(v_ge(y, v_set1(cut)));
        if (!bits) continue;
        float w[LANES];
        v_store(w, weight(y, v->max, v->temperature));
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
        const float *x = chunk(s, v->logits, c);
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
    const coderm_row unpenalised = {.logits = r->logits};
    const int greedy = !(r->temperature >= 1e-5f);
    const float temperature = greedy ? 1 : r->temperature;
    view v;
    float max = look(s, &v, r->logits, temperature);
    if (max == -INFINITY) return none;
    if (max == INFINITY) look(s, &v, changed(s, &unpenalised, NULL), temperature);
    // Not one number: log(total1) would drown in the largest float.
    const float top = v.max;
    const double log_total = log(v.total1);
    if (r->repeat > 0 && r->repeat != 1 && r->recent_n > 0)
        if (look(s, &v, changed(s, r, recent), temperature) == -INFINITY) return none;

    int32_t token;
    if (greedy) {
        token = argmax(s, &v);
    } else {
        float cut = -FLT_MAX;
        double kept = v.total;
        if (r->top_k > 0 && r->top_k < s->vocab) {
            cut = find_cut(s, &v, (tally){r->top_k, 0});
            kept = measure(s, &v, cut).mass;
        }
        if (r->top_p > 0 && r->top_p < 1) cut = fmaxf(cut, find_cut(s, &v, (tally){0, r->top_p * kept}));
        if (r->min_p > 0) cut = fmaxf(cut, fminf(v.max, v.max + temperature * logf(r->min_p)));
        token = draw(s, &v, cut, coderm_uniform(r->seed, r->position));
    }
    return (coderm_pick){token, (float)((double)clamp(r->logits[token]) - top - log_total)};
}
