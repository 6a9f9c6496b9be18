// What there is for each instruction set. Not for callers.
#ifndef CODERM_ISA_H
#define CODERM_ISA_H

#include "attention_internal.h"
#include "sampler_internal.h"

typedef struct {
    const char *name;
    coderm_sample_row_fn *sample_row;
    coderm_attend_fn *attend;
} coderm_isa;

// That of the name, or with NULL the best; NULL where the processor lacks it.
const coderm_isa *coderm_isa_named(const char *name);

#endif
