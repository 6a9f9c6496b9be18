#include "sampler_internal.h"
#include "vector16_portable.h"
#define SAMPLE_ROW coderm_sample_row_portable
#include "sampler_core.h"
