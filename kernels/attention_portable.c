#include "attention_internal.h"

enum {
    ROWS = 4,
    VECS = 1,
    TILE = VECS * LANES,
};
#include "vector16_portable.h"
#define ATTEND coderm_attend_portable
#include "attention_core.h"
