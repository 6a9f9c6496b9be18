// What is compiled for AVX-512 VNNI. Not for callers.
#ifndef CODERM_GEMM_INTERNAL_H
#define CODERM_GEMM_INTERNAL_H

#include "gemm.h"

coderm_gemm_fn coderm_gemm_q4_0, coderm_gemm_iq4_nl, coderm_gemm_q4_K;
coderm_gemm_fn coderm_gemv_q4_0, coderm_gemv_iq4_nl, coderm_gemv_q4_K;
coderm_rows_fn coderm_rows_q4_0, coderm_rows_q4_1, coderm_rows_q5_0, coderm_rows_q5_1, coderm_rows_q8_0;

#endif
