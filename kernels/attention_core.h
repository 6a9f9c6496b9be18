// The algorithm, included once per instruction set after its vector16_*.h. Every sum
// is made in the same order on all of them, and every multiply-add is one
// rounding, so that results have the same bits everywhere.
//
// The softmax is the online one of flash attention (Dao et al., 2022): a row
// keeps its largest score so far, the sum of weights relative to it, and the
// weighted sum of values. That cells seen by many samples are best taken as
// matrix products over all their queries is Hydragen's idea (Juravsky et al.,
// 2024); here the mask says which those are, block by block, so that it holds
// for any mix of prompts, samples and drafts in a batch.

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#include "vector16_exp.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    BLOCK = CODERM_ATTENTION_CELLS,
    GROUP = CODERM_ATTENTION_ROWS,
    DENSE = 24,  // a token that sees as many cells of a block takes part in its product,
    MANY = 6,    //   which is worth it from so many rows up
};

// The accumulators' row length: whole tiles on every instruction set.
static inline size_t padded(int32_t dv) { return ((size_t)dv + 31) / 32 * 32; }

// Rows computed together, all of one key and value head.
typedef struct {
    const coderm_attention *a;
    int32_t kv_head, per;             // query heads of a key and value head
    int32_t touched;                  // how many kv heads' cells are read ahead, from this one
    int64_t first;                    // row of the kv head: token·per + head of the group
    int32_t n;                        // rows, at most GROUP
    float *q, *out;                   // [n][dk], scaled; [n][dv padded]
    float *score;                     // [GROUP][BLOCK]
    float *k, *v;                     // a block's keys transposed, [dk][BLOCK]; values, [BLOCK][dv padded]
    float max[GROUP], sum[GROUP];
    int32_t waiting[GROUP][BLOCK];    // cells that token first/per + i sees alone,
    int32_t waits[GROUP];             //   waiting until there are BLOCK
} group;

static inline const uint16_t *key(const group *g, int32_t cell) {
    return (const uint16_t *)((const char *)g->a->k + cell * g->a->k_cell + g->kv_head * g->a->k_head);
}
static inline const uint16_t *value(const group *g, int32_t cell) {
    return (const uint16_t *)((const char *)g->a->v + cell * g->a->v_cell + g->kv_head * g->a->v_head);
}
static inline const uint16_t *mask_of(const group *g, int32_t token) {
    return (const uint16_t *)((const char *)g->a->mask + (g->first / g->per + token) * g->a->mask_token);
}
static inline int32_t head_of(const group *g, int32_t row) {
    return g->kv_head * g->per + (g->first + row) % g->per;
}
// The rows of the group's i-th token are [rows_from(i), rows_from(i + 1)).
static inline int32_t rows_from(const group *g, int32_t token) {
    int64_t r = (g->first / g->per + token) * g->per - g->first;
    return r < 0 ? 0 : (r > g->n ? g->n : r);
}

// c[i][0..TILE) += a[i][0..depth) · b[0..depth)[0..TILE), i < ROWS.
static __attribute__((noinline)) void tile(float *const c[ROWS], const float *const a[ROWS], const float *b, size_t ldb, int32_t depth) {
    v16 s[ROWS][VECS];
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < VECS; j++) s[i][j] = v_load(c[i] + LANES * j);
    for (int32_t d = 0; d < depth; d++, b += ldb) {
        v16 w[VECS];
        for (int j = 0; j < VECS; j++) w[j] = v_load(b + LANES * j);
        for (int i = 0; i < ROWS; i++) {
            v16 x = v_set1(a[i][d]);
            for (int j = 0; j < VECS; j++) s[i][j] = v_fma(x, w[j], s[i][j]);
        }
    }
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < VECS; j++) v_store(c[i] + LANES * j, s[i][j]);
}

// Turns a row's scores of n vectors of cells into weights, and makes what the
// row has so far relative to the new largest score.
static void soften(group *g, int32_t row, float *score, const uint16_t *mask, int n) {
    const coderm_attention *a = g->a;
    const v16 slope = v_set1(a->slopes ? a->slopes[head_of(g, row)] : 1), least = v_set1(-FLT_MAX);
    v16 top = v_set1(-INFINITY);
    if (a->softcap > 0)
        for (int i = 0; i < n * LANES; i++) score[i] = a->softcap * tanhf(score[i]);
    for (int i = 0; i < n; i++) {
        v16 s = v_load(score + LANES * i);
        if (mask) s = v_fma(slope, v_halves(mask + LANES * i), s);
        v_store(score + LANES * i, s);
        top = v_max(s, top);
    }
    float max = v_max_of(top);
    if (max > g->max[row]) {
        float was[LANES], *out = g->out + row * padded(a->dv);
        v16 shrink = v_keep(v_ge(v_set1(g->max[row]), least), weight(v_set1(g->max[row]), max, 1));
        v_store(was, shrink);
        g->sum[row] *= was[0];
        for (int32_t i = 0; i < a->dv; i += LANES) v_store(out + i, v_mul(shrink, v_load(out + i)));
        g->max[row] = max;
    }
    v16 sum = v_set1(0);
    for (int i = 0; i < n; i++) {
        v16 s = v_load(score + LANES * i);
        v16 w = v_keep(v_ge(s, least), weight(s, g->max[row], 1));
        v_store(score + LANES * i, w);
        sum = v_add(sum, w);
    }
    g->sum[row] += v_sum_of(sum);
}

// The scores of rows, at most 4, from the given one for 4 cells at a time: 16 sums,
// of which each lane of the result is one.
static inline __attribute__((always_inline)) void score_few(group *g, int32_t from, const int rows, const int32_t *cells, int32_t n) {
    const int32_t dk = g->a->dk;
    const float *q = g->q + from * dk;
    for (int32_t at = 0; at < n; at += 4) {
        const uint16_t *k[4];
        for (int c = 0; c < 4; c++) k[c] = key(g, cells[at + c < n ? at + c : n - 1]);
        v16 s[LANES];
        for (int i = 0; i < LANES; i++) s[i] = v_set1(0);
        for (int32_t d = 0; d < dk; d += LANES) {
            v16 x[4];
            for (int c = 0; c < 4; c++) x[c] = v_halves(k[c] + d);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < 4; c++) s[4 * r + c] = v_fma(v_load(q + r * dk + d), x[c], s[4 * r + c]);
        }
        v_transpose(s);
        for (int half = LANES / 2; half; half /= 2)
            for (int i = 0; i < half; i++) s[i] = v_add(s[i], s[i + half]);
        float sums[LANES];
        v_store(sums, s[0]);
        for (int r = 0; r < rows; r++) memcpy(g->score + (from + r) * BLOCK + at, sums + 4 * r, 4 * sizeof(float));
    }
}

// Adds the values of n cells to rows from the given one, by their weights.
static inline __attribute__((always_inline)) void add_few(group *g, int32_t from, const int rows, const int32_t *cells, int32_t n) {
    const size_t ldv = padded(g->a->dv);
    const float *w = g->score + from * BLOCK;
    for (int32_t d = 0; d < g->a->dv; d += LANES) {
        float *out = g->out + from * ldv + d;
        v16 o[4];
        for (int r = 0; r < rows; r++) o[r] = v_load(out + r * ldv);
        for (int32_t i = 0; i < n; i++) {
            const v16 x = v_halves(value(g, cells[i]) + d);
            for (int r = 0; r < rows; r++) o[r] = v_fma(v_set1(w[r * BLOCK + i]), x, o[r]);
        }
        for (int r = 0; r < rows; r++) v_store(out + r * ldv, o[r]);
    }
}

// Adds the cells that the token waits with.
static void add_waiting(group *g, int32_t token) {
    const int32_t n = g->waits[token], *cells = g->waiting[token];
    const int32_t from = rows_from(g, token), to = rows_from(g, token + 1);
    const int32_t whole = (n + LANES - 1) / LANES * LANES;
    if (n == 0) return;
    g->waits[token] = 0;

    uint16_t mask[BLOCK];
    const uint16_t *of_token = g->a->mask ? mask_of(g, token) : NULL;
    for (int32_t i = 0; i < whole; i++) mask[i] = i >= n ? 0xFC00 : (of_token ? of_token[cells[i]] : 0);

#define FEW(f, r) \
    switch (to - r) { \
    case 1: f(g, r, 1, cells, n); break; \
    case 2: f(g, r, 2, cells, n); break; \
    case 3: f(g, r, 3, cells, n); break; \
    default: f(g, r, 4, cells, n); \
    }
    for (int32_t r = from; r < to; r += 4) FEW(score_few, r);
    for (int32_t r = from; r < to; r++) {
        for (int32_t i = (n + 3) / 4 * 4; i < whole; i++) g->score[r * BLOCK + i] = 0;
        soften(g, r, g->score + r * BLOCK, mask, whole / LANES);
    }
    for (int32_t r = from; r < to; r += 4) FEW(add_few, r);
#undef FEW
}

// Adds a block of n cells from the given one to the rows of many tokens.
static void add_block(group *g, int32_t from, int32_t n, const int32_t *tokens, int32_t n_tokens) {
    const coderm_attention *a = g->a;
    const size_t ldv = padded(a->dv);
    for (int32_t c = 0; c < BLOCK; c += LANES)
        for (int32_t d = 0; d < a->dk; d += LANES) {
            v16 k[LANES];
            for (int i = 0; i < LANES; i++) k[i] = v_halves(key(g, from + (c + i < n ? c + i : 0)) + d);
            v_transpose(k);
            for (int i = 0; i < LANES; i++) v_store(g->k + (d + i) * BLOCK + c, k[i]);
        }
    for (int32_t c = 0; c < n; c++)
        for (int32_t d = 0; d < a->dv; d += LANES) v_store(g->v + c * ldv + d, v_halves(value(g, from + c) + d));

    int32_t rows[GROUP], n_rows = 0;
    for (int32_t t = 0; t < n_tokens; t++)
        for (int32_t r = rows_from(g, tokens[t]); r < rows_from(g, tokens[t] + 1); r++) rows[n_rows++] = r;
    memset(g->score, 0, n_rows * BLOCK * sizeof(float));

    // The last tile of rows computes the last row more than once, elsewhere.
    float spare[ROWS][TILE] = {0};
    const float *x[ROWS];
    float *y[ROWS];
    for (int32_t r = 0; r < n_rows; r += ROWS) {
        for (int i = 0; i < ROWS; i++) x[i] = g->q + rows[r + i < n_rows ? r + i : n_rows - 1] * a->dk;
        for (int32_t c = 0; c < n; c += TILE) {
            for (int i = 0; i < ROWS; i++) y[i] = r + i < n_rows ? g->score + (r + i) * BLOCK + c : spare[i];
            tile(y, x, g->k + c, BLOCK, a->dk);
        }
    }
    for (int32_t i = 0, t = 0; t < n_tokens; t++) {
        uint16_t last[BLOCK];
        const uint16_t *mask = a->mask ? mask_of(g, tokens[t]) + from : NULL;
        if (n < BLOCK) {
            for (int c = 0; c < BLOCK; c++) last[c] = c >= n ? 0xFC00 : (mask ? mask[c] : 0);
            mask = last;
        }
        for (; i < n_rows && rows[i] < rows_from(g, tokens[t] + 1); i++)
            soften(g, rows[i], g->score + i * BLOCK, mask, BLOCK / LANES);
    }
    for (size_t d = 0; d < ldv; d += TILE)
        for (int32_t r = 0; r < n_rows; r += ROWS) {
            for (int i = 0; i < ROWS; i++) {
                x[i] = g->score + (r + i < n_rows ? r + i : n_rows - 1) * BLOCK;
                y[i] = r + i < n_rows ? g->out + rows[r + i] * ldv + d : spare[i];
            }
            tile(y, x, g->v + d, ldv, n);
        }
}

// The cells of n from the given one that the token sees, as bits.
static uint64_t seen(const group *g, int32_t token, int32_t from, int32_t n) {
    const uint64_t all = n < BLOCK ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
    if (!g->a->mask) return all;
    const uint16_t *mask = mask_of(g, token) + from;
    uint16_t last[BLOCK] = {0};
    if (n < BLOCK) mask = memcpy(last, mask, n * sizeof *mask);
    return v_finite(mask) & all;
}

// Reads what these cells have for the kv heads that come, in the order it lies in
// memory. Head by head is a stride that processors do not see coming, and prefetching
// it helps half as much.
static void touch(const group *g, int32_t from, uint64_t cells) {
    const int32_t k = g->touched * g->a->dk, v = g->touched * g->a->dv;
    for (uint64_t b = cells; b; b &= b - 1)
        for (int32_t d = 0; d < k; d += 32) (void)*(const volatile uint16_t *)(key(g, from + __builtin_ctzll(b)) + d);
    for (uint64_t b = cells; b; b &= b - 1)
        for (int32_t d = 0; d < v; d += 32) (void)*(const volatile uint16_t *)(value(g, from + __builtin_ctzll(b)) + d);
}

static void attend_group(group *g) {
    const coderm_attention *a = g->a;
    const int32_t tokens = (g->first + g->n - 1) / g->per - g->first / g->per + 1;
    const float scale = a->softcap > 0 ? a->scale / a->softcap : a->scale;
    for (int32_t r = 0; r < g->n; r++) {
        const float *q = (const float *)((const char *)a->q + (g->first + r) / g->per * a->q_token + head_of(g, r) * a->q_head);
        for (int32_t d = 0; d < a->dk; d += LANES)
            v_store(g->q + r * a->dk + d, v_mul(v_set1(scale), v_load(q + d)));
        g->max[r] = -INFINITY;
        g->sum[r] = 0;
    }
    memset(g->out, 0, g->n * padded(a->dv) * sizeof(float));
    memset(g->waits, 0, sizeof g->waits);

    for (int32_t from = 0; from < a->cells; from += BLOCK) {
        const int32_t n = a->cells - from < BLOCK ? a->cells - from : BLOCK;
        uint64_t bits[GROUP];
        int32_t dense[GROUP], n_dense = 0, rows = 0;
        for (int32_t t = 0; t < tokens; t++) {
            bits[t] = seen(g, t, from, n);
            if (__builtin_popcountll(bits[t]) >= DENSE) {
                dense[n_dense++] = t;
                rows += rows_from(g, t + 1) - rows_from(g, t);
            }
        }
        if (g->touched) {
            uint64_t any = 0;
            for (int32_t t = 0; t < tokens; t++) any |= bits[t];
            touch(g, from, any);
        }
        if (rows >= MANY) {
            add_block(g, from, n, dense, n_dense);
            for (int32_t i = 0; i < n_dense; i++) bits[dense[i]] = 0;
        }
        for (int32_t t = 0; t < tokens; t++)
            for (uint64_t b = bits[t]; b; b &= b - 1) {
                const int32_t cell = from + __builtin_ctzll(b);
                for (int32_t d = 0; d < a->dk && !g->touched; d += 32) __builtin_prefetch(key(g, cell) + d);
                for (int32_t d = 0; d < a->dv && !g->touched; d += 32) __builtin_prefetch(value(g, cell) + d);
                g->waiting[t][g->waits[t]++] = cell;
                if (g->waits[t] == BLOCK) add_waiting(g, t);
            }
    }
    for (int32_t t = 0; t < tokens; t++) add_waiting(g, t);

    for (int32_t r = 0; r < g->n; r++) {
        float *out = (float *)((char *)a->out + (g->first + r) / g->per * a->out_token + head_of(g, r) * a->out_head);
        float sum = g->sum[r];
        if (a->sinks) sum += expf(a->sinks[head_of(g, r)] - g->max[r]);
        const v16 inverse = v_set1(g->sum[r] > 0 ? 1 / sum : 0);
        for (int32_t d = 0; d < a->dv; d += LANES)
            v_store(out + d, v_mul(inverse, v_load(g->out + r * padded(a->dv) + d)));
    }
}

void ATTEND(const coderm_attention *a, int64_t from, int64_t to, void *scratch) {
    float *at = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    group g = {.a = a, .per = a->heads / a->kv_heads};
    g.q = at, at += GROUP * a->dk;
    g.out = at, at += GROUP * padded(a->dv);
    g.score = at, at += GROUP * BLOCK;
    g.k = at, at += BLOCK * a->dk;
    g.v = at;
    const int64_t of_head = (int64_t)a->tokens * g.per;
    const bool together = a->k_head == a->dk * sizeof *a->k && a->v_head == a->dv * sizeof *a->v; // a cell's heads
    for (int64_t r = from; r < to; r += g.n) {
        g.kv_head = r / of_head;
        g.first = r % of_head;
        int64_t n = to - r < of_head - g.first ? to - r : of_head - g.first;
        g.n = n < GROUP ? n : GROUP;
        g.touched = together && r == from ? (to - 1) / of_head - g.kv_head + 1 : 0;
        attend_group(&g);
    }
}
