// The state of floating point, which WebAssembly has not: what is raised is remembered
// for numpy to ask for. lp64_status.h raises what the machine would have.
#ifndef _FENV_H
#define _FENV_H

#ifdef __cplusplus
extern "C" {
#endif

#define FE_INVALID 1
#define FE_DIVBYZERO 4
#define FE_OVERFLOW 8
#define FE_UNDERFLOW 16
#define FE_INEXACT 32
#define FE_ALL_EXCEPT 61
#define FE_TONEAREST 0
#define FE_DFL_ENV ((const fenv_t *)-1)

typedef unsigned fexcept_t;
typedef unsigned fenv_t;

__attribute__((weak)) unsigned lp64_raised;

static inline int feclearexcept(int what) { return lp64_raised &= ~(unsigned)what, 0; }
static inline int feraiseexcept(int what) { return lp64_raised |= (unsigned)what, 0; }
static inline int fetestexcept(int what) { return (int)(lp64_raised & (unsigned)what); }
static inline int fegetexceptflag(fexcept_t *to, int what) { return *to = lp64_raised & (unsigned)what, 0; }
static inline int fesetexceptflag(const fexcept_t *from, int what) { return lp64_raised = (lp64_raised & ~(unsigned)what) | (*from & (unsigned)what), 0; }
static inline int fegetround(void) { return FE_TONEAREST; }
static inline int fesetround(int to) { return to; }
static inline int fegetenv(fenv_t *to) { return *to = lp64_raised, 0; }
static inline int fesetenv(const fenv_t *from) { return lp64_raised = from == FE_DFL_ENV ? 0 : *from, 0; }
static inline int feholdexcept(fenv_t *to) { return *to = lp64_raised, lp64_raised = 0, 0; }
static inline int feupdateenv(const fenv_t *from) { return lp64_raised |= from == FE_DFL_ENV ? 0 : *from, 0; }

#ifdef __cplusplus
}
#endif
#endif
