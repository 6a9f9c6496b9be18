// What the files of attention share. Not for callers.
#ifndef CODERM_ATTENTION_INTERNAL_H
#define CODERM_ATTENTION_INTERNAL_H

#include "attention.h"
#include "v16.h"

enum {
    BLOCK = CODERM_ATTENTION_CELLS,
    GROUP = CODERM_ATTENTION_ROWS,
    DENSE = 24,  // a token that sees as many cells of a block takes part in its product,
    MANY = 6,    //   which is worth it from so many rows up
};

// The accumulators' row length: whole tiles on every instruction set.
static inline size_t padded(int32_t dv) { return ((size_t)dv + 31) / 32 * 32; }

coderm_attend_fn coderm_attend_avx512, coderm_attend_avx2, coderm_attend_neon, coderm_attend_portable;

#endif
