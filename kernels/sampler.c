#include "isa.h"

#include <stdlib.h>

coderm_scratch *coderm_scratch_new(int32_t vocab, const char *isa) {
    if (vocab < 1 || vocab > 1 << 30) return NULL;
    const coderm_isa *best = coderm_isa_named(isa);
    if (!best) return NULL;

    coderm_scratch *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->vocab = vocab;
    s->chunks = (vocab + CHUNK - 1) / CHUNK;
    s->sample_row = best->sample_row;
    s->copy = malloc(vocab * sizeof(float));
    size_t padded = (s->chunks + LANES - 1) / LANES * LANES;
    s->max_of = calloc(padded, sizeof(float));
    s->mass_of = calloc(padded, sizeof(float));
    s->mass1_of = calloc(padded, sizeof(float));
    if (s->copy && s->max_of && s->mass_of && s->mass1_of) return s;
    coderm_scratch_free(s);
    return NULL;
}

void coderm_scratch_free(coderm_scratch *s) {
    if (!s) return;
    free(s->copy);
    free(s->max_of);
    free(s->mass_of);
    free(s->mass1_of);
    free(s);
}

void coderm_sample(coderm_scratch *s, const coderm_row *rows, size_t n,
                   const int32_t *recent, coderm_pick *picks) {
    for (size_t i = 0; i < n; i++) picks[i] = s->sample_row(s, &rows[i], recent);
}

// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
double coderm_uniform(uint64_t seed, uint64_t position) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)position, c1 = (uint32_t)(position >> 32), c2 = 0, c3 = 0;
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * c0, b = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    return (double)(((uint64_t)c0 << 32 | c1) >> 11) * 0x1p-53;
}
