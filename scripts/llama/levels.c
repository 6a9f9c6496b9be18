// Chooses between the levels that ggml's code for the processor was compiled for, when
// the program is loaded: the dynamic linker asks a resolver for each function once.
#include "levels.h" // LEVELS(X, name): X(name, level) for each, the best first

#include <stdio.h>
#include <stdlib.h>

// What else calls by name: ggml's registry of backends, and coderm, which puts kernels of
// its own before them. build-llama.sh gives each level's the level's name.
#define FUNCTIONS(X) \
    X(ggml_backend_cpu_reg) \
    X(ggml_compute_forward_flash_attn_ext) \
    X(llamafile_sgemm) \
    X(ggml_gemm_q4_0_8x8_q8_0) \
    X(ggml_gemm_iq4_nl_8x8_q8_0) \
    X(ggml_gemm_q4_K_8x8_q8_K) \
    X(ggml_gemv_q4_0_8x8_q8_0) \
    X(ggml_gemv_iq4_nl_8x8_q8_0) \
    X(ggml_gemv_q4_K_8x8_q8_K)

// Whether this processor, and the system's saving of its registers, has what a level
// takes; what a level is compiled with is in build-llama.sh.
static int has_v2(void) { return __builtin_cpu_supports("x86-64-v2"); }
static int has_v3(void) { return __builtin_cpu_supports("x86-64-v3"); }
static int has_v4(void) { return __builtin_cpu_supports("x86-64-v4"); }
static int has_vnni(void) { return has_v4() && __builtin_cpu_supports("avx512vnni"); }
static int has_bf16(void) { return has_vnni() && __builtin_cpu_supports("avx512bf16"); }

#define SPELL(name, level) " " #level

// The names of the levels there are, the best first, each after a space.
const char *coderm_cpu_levels(void) { return LEVELS(SPELL, ); }

// The best of them that this processor can run, or NULL.
#define NAME(name, level) \
    if (has_##level()) return #level;
const char *coderm_cpu_level(void) {
    __builtin_cpu_init();
    LEVELS(NAME, )
    return NULL;
}

static void none(void) {
    fprintf(stderr, "coderm: this build is for processors of level%s, and this one is of none (x86-64-v2 is the least)\n", coderm_cpu_levels());
    exit(1);
}

#define DECLARE(name, level) void name##_##level(void);
#define CHOOSE(name, level) \
    if (has_##level()) return name##_##level;
#define DISPATCH(name) \
    LEVELS(DECLARE, name) \
    static void (*resolve_##name(void))(void) { \
        __builtin_cpu_init(); \
        LEVELS(CHOOSE, name) \
        return none; \
    } \
    void name(void) __attribute__((ifunc("resolve_" #name)));
FUNCTIONS(DISPATCH)
