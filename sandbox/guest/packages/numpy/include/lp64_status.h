// What the loops and scalars of floats raise, told from what went in and came out, for
// WebAssembly has no flags that say it: np.errstate and RuntimeWarning go by these.
// Not told: underflow, inexact, and what complex numbers raise.
#ifndef LP64_STATUS_H
#define LP64_STATUS_H

#include <fenv.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool lp64_is(const char *name, const char *a, const char *b, const char *c) {
  return !strcmp(name, a) || !strcmp(name, b) || !strcmp(name, c);
}

// lp64_told raises what an operation does whose result, of finite operands, is not. Of
// one operand, y is that; one that the result has taken the place of is taken for 0, for
// a pole is the likelier.
static inline void lp64_told(const char *name, double x, double y, double out) {
  if (isnan(x) || isnan(y))
    return;
  if (isnan(out)) {
    feraiseexcept(FE_INVALID);
    return;
  }
  if (isinf(x) || isinf(y))
    return;
  bool pole = lp64_is(name, "divide", "floor_divide", "divmod") ? y == 0
              : lp64_is(name, "power", "float_power", "")       ? x == 0 && y < 0
              : lp64_is(name, "log", "log2", "log10") || lp64_is(name, "log1p", "arctanh", "reciprocal");
  feraiseexcept(pole ? FE_DIVBYZERO : FE_OVERFLOW);
}

// The operands of a loop are of one of these kinds, by numpy's letters e, f, d and g.
static inline double lp64_load(char kind, const char *p) {
  switch (kind) {
  case 'e':
    return npy_half_to_double(*(const npy_half *)p);
  case 'f':
    return *(const float *)p;
  case 'd':
    return *(const double *)p;
  default:
    return isfinite(*(const long double *)p) && !isfinite((double)*(const long double *)p) ? 1 : (double)*(const long double *)p;
  }
}

// lp64_odd is the first of n values from i on that is infinite or no number.
static inline int64_t lp64_odd(char kind, const char *p, int64_t stride, int64_t i, int64_t n) {
  if (kind == 'd') {
    for (; i < n; i++)
      if ((*(const uint64_t *)(p + i * stride) & 0x7ff0000000000000) == 0x7ff0000000000000)
        break;
  } else {
    for (; i < n; i++)
      if (!isfinite(lp64_load(kind, p + i * stride)))
        break;
  }
  return i;
}

struct lp64_loop {
  bool watched, over[2]; // over: the operand is where the result comes
  char kinds[3];         // of one or two operands and the result
  int in;
};

static inline bool lp64_float(char kind) { return kind == 'e' || kind == 'f' || kind == 'd' || kind == 'g'; }

// lp64_before notes what cannot be told afterwards: whether operands that are
// overwritten were finite.
static inline void lp64_before(struct lp64_loop *l, int in, int out, PyArray_Descr *const *types, char *const *data, const npy_intp *n, const npy_intp *strides) {
  l->watched = false;
  if (in < 1 || in > 2 || out < 1 || !lp64_float(types[in]->type))
    return;
  l->in = in;
  for (int i = 0; i <= in; i++)
    l->kinds[i] = types[i]->type;
  for (int i = 0; i < in; i++) {
    l->over[i] = data[i] == data[in];
    if (!lp64_float(l->kinds[i]))
      l->kinds[i] = 0; // ldexp's exponents
    else if (l->over[i]) {
      int64_t count = strides[i] ? *n : 1;
      if (lp64_odd(l->kinds[i], data[i], strides[i], 0, count) < count)
        return;
    }
  }
  l->watched = true;
}

static inline double lp64_operand(const struct lp64_loop *l, int i, char *const *data, const npy_intp *strides, int64_t at) {
  return l->over[i] || !l->kinds[i] ? 0 : lp64_load(l->kinds[i], data[i] + at * strides[i]);
}

static inline void lp64_after(const struct lp64_loop *l, const char *name, char *const *data, const npy_intp *n, const npy_intp *strides) {
  if (!l->watched)
    return;
  int in = l->in;
  char kind = l->kinds[in];
  if (!strides[in] && *n > 1 && in == 2) { // a reduction
    double out = lp64_load(kind, data[in]);
    if (isfinite(out))
      return;
    bool infinite = false;
    for (int64_t i = 0; i < *n; i++) {
      double y = lp64_operand(l, 1, data, strides, i);
      if (isnan(y))
        return;
      infinite |= isinf(y);
    }
    if (isnan(out))
      feraiseexcept(FE_INVALID);
    else if (!infinite)
      feraiseexcept(FE_OVERFLOW);
    return;
  }
  for (int64_t i = 0; (i = lp64_odd(kind, data[in], strides[in], i, *n)) < *n; i++)
    lp64_told(name, in == 2 ? lp64_operand(l, 0, data, strides, i) : 1, lp64_operand(l, in - 1, data, strides, i), lp64_load(kind, data[in] + i * strides[in]));
}

static inline void lp64_scalar_double(const char *name, double x, double y, double out) {
  if (!isfinite(out))
    lp64_told(name, x, y, out);
}
static inline void lp64_scalar_longdouble(const char *name, long double x, long double y, long double out) {
  if (!isfinite(out))
    lp64_told(name, isfinite(x) && x ? 1 : (double)x, isfinite(y) && y ? 1 : (double)y, (double)out);
}
static inline void lp64_scalar_half(const char *name, npy_half x, npy_half y, npy_half out) {
  lp64_scalar_double(name, npy_half_to_double(x), npy_half_to_double(y), npy_half_to_double(out));
}
#define lp64_scalar_float lp64_scalar_double
#define lp64_scalar_cfloat(name, x, y, out)
#define lp64_scalar_cdouble(name, x, y, out)
#define lp64_scalar_clongdouble(name, x, y, out)

// Floats that become integers do so as on x86-64: what does not fit is the lowest, of
// 64 bits for 32 unsigned ones, and of 32 for less.
#define LP64_CASTS(kind, type)                                                                                                              \
  static inline int64_t kind##_to_int64(type x) {                                                                                           \
    if (x >= -0x1p63 && x < 0x1p63)                                                                                                         \
      return (int64_t)x;                                                                                                                    \
    feraiseexcept(FE_INVALID);                                                                                                              \
    return INT64_MIN;                                                                                                                       \
  }                                                                                                                                         \
  static inline int32_t kind##_to_int32(type x) {                                                                                           \
    if (x > -0x1.00000002p31 && x < 0x1p31)                                                                                                 \
      return (int32_t)x;                                                                                                                    \
    feraiseexcept(FE_INVALID);                                                                                                              \
    return INT32_MIN;                                                                                                                       \
  }                                                                                                                                         \
  static inline uint64_t kind##_to_uint64(type x) {                                                                                         \
    return x >= 0x1p63 ? (uint64_t)kind##_to_int64(x - (type)0x1p63) ^ 0x8000000000000000 : (uint64_t)kind##_to_int64(x);                   \
  }
LP64_CASTS(lp64_double, double)
LP64_CASTS(lp64_longdouble, long double)
#undef LP64_CASTS

#define LP64_CAST(x, to) _Generic((x), long double: lp64_longdouble_to_##to, default: lp64_double_to_##to)(x)
#define lp64_to_byte(x) ((npy_byte)LP64_CAST(x, int32))
#define lp64_to_ubyte(x) ((npy_ubyte)LP64_CAST(x, int32))
#define lp64_to_short(x) ((npy_short)LP64_CAST(x, int32))
#define lp64_to_ushort(x) ((npy_ushort)LP64_CAST(x, int32))
#define lp64_to_int(x) ((npy_int)LP64_CAST(x, int32))
#define lp64_to_uint(x) ((npy_uint)LP64_CAST(x, int64))
#define lp64_to_long(x) ((npy_long)LP64_CAST(x, int64))
#define lp64_to_ulong(x) ((npy_ulong)LP64_CAST(x, uint64))
#define lp64_to_longlong(x) ((npy_longlong)LP64_CAST(x, int64))
#define lp64_to_ulonglong(x) ((npy_ulonglong)LP64_CAST(x, uint64))

// A double that is too large for a float.
static inline float lp64_narrow(double x) {
  float y = (float)x;
  if (isinf(y) && !isinf(x))
    feraiseexcept(FE_OVERFLOW);
  return y;
}
#endif
