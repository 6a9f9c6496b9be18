// What the files of the sampler share. Not for callers.
#ifndef CODERM_SAMPLER_INTERNAL_H
#define CODERM_SAMPLER_INTERNAL_H

#include "sampler.h"
#include "vector16.h"

// Rows are read in chunks of 256 logits (16 vectors of 16 lanes). The largest
// logit of every chunk is kept, so that later passes touch only the few chunks
// that can matter: a peaked row of 128k logits needs some dozens of its 501.
enum {
    CHUNK = 256,
    GATHER = 512,
};

typedef coderm_pick coderm_sample_row_fn(coderm_scratch *, const coderm_row *, const int32_t *recent);

struct coderm_scratch {
    int32_t vocab;
    int32_t chunks;            // ceil(vocab / CHUNK)
    coderm_sample_row_fn *sample_row;
    float *copy;               // [vocab], a row we had to change
    float *max_of;             // [chunks], largest logit of the chunk; as the two
    float *mass_of;            //   below, with room up to a multiple of LANES
    float *mass1_of;
    float tail[CHUNK];         // the last, partial chunk, filled up with -Inf
    float gathered[GATHER];
};

coderm_sample_row_fn coderm_sample_row_avx512, coderm_sample_row_avx2,
    coderm_sample_row_neon, coderm_sample_row_portable;

// Uniform in [0, 1) with 53 bits, from Philox4x32-10 keyed by seed at position.
double coderm_uniform(uint64_t seed, uint64_t position);

#endif
