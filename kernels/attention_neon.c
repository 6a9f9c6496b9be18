#if defined(__aarch64__)

#include "attention_internal.h"

enum {
    ROWS = 4,
    VECS = 1,
    TILE = VECS * LANES,
};
#include "vector16_neon.h"
#define ATTEND coderm_attend_neon
#include "attention_core.h"

#endif
