// What the files of attention share. Not for callers.
#ifndef CODERM_ATTENTION_INTERNAL_H
#define CODERM_ATTENTION_INTERNAL_H

#include "attention.h"
#include "vector16.h"

coderm_attend_fn coderm_attend_avx512, coderm_attend_avx2, coderm_attend_neon, coderm_attend_portable;

#endif
