#if defined(__aarch64__)

#include "sampler_internal.h"
#include "vector16_neon.h"
#define SAMPLE_ROW coderm_sample_row_neon
#include "sampler_core.h"

#endif
