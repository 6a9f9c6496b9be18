// Chooses between the levels that ggml's code for the processor was compiled for, when
// the program is loaded: the dynamic linker asks a resolver for each function once.
#include "levels.h" // LEVELS(X, name): X(name, level) for each, the best first

#include <stdio.h>
#include <stdlib.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

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
#define HAS(level, condition) \
    static int has_##level(unsigned long word) { return (void)word, (condition); }
#if defined(__x86_64__)
#define START() __builtin_cpu_init()
#define WORD 0
HAS(v2, __builtin_cpu_supports("x86-64-v2"))
HAS(v3, __builtin_cpu_supports("x86-64-v3"))
HAS(v4, __builtin_cpu_supports("x86-64-v4"))
HAS(vnni, has_v4(word) && __builtin_cpu_supports("avx512vnni"))
HAS(bf16, has_vnni(word) && __builtin_cpu_supports("avx512bf16"))
#elif defined(__aarch64__)
// The kernel's word on the processor, which resolvers are called with: they must not call
// another library, of which nothing may have been linked yet. glibc before 2.30 does not
// hand them the second word, so I8MM is read from the register that it comes from.
#define START()
#define WORD getauxval(AT_HWCAP)
static int isar1_i8mm(void) {
    unsigned long isar1;
    __asm__("mrs %0, ID_AA64ISAR1_EL1" : "=r"(isar1));
    return isar1 >> 52 & 15;
}
HAS(v8, 1)
HAS(dotprod, (word & HWCAP_ASIMDDP) && (word & HWCAP_ASIMDHP))
HAS(i8mm, has_dotprod(word) && (word & HWCAP_CPUID) && isar1_i8mm())
#endif

#define SPELL(name, level) " " #level

// The names of the levels there are, the best first, each after a space.
const char *coderm_cpu_levels(void) { return LEVELS(SPELL, ); }

// The best of them that this processor can run, or NULL.
#define NAME(name, level) \
    if (has_##level(word)) return #level;
const char *coderm_cpu_level(void) {
    const unsigned long word = WORD;
    START();
    LEVELS(NAME, )
    return NULL;
}

static void none(void) {
    fprintf(stderr, "coderm: this build is for processors of level%s, and this one is of none of them\n", coderm_cpu_levels());
    exit(1);
}

#define DECLARE(name, level) void name##_##level(void);
#define CHOOSE(name, level) \
    if (has_##level(word)) return name##_##level;
#define DISPATCH(name) \
    LEVELS(DECLARE, name) \
    static void (*resolve_##name(unsigned long word))(void) { \
        START(); \
        LEVELS(CHOOSE, name) \
        return none; \
    } \
    void name(void) __attribute__((ifunc("resolve_" #name)));
FUNCTIONS(DISPATCH)
