// Included before all else of numpy's sources (lp64.py): what the headers of the C library
// and of Python say about `long` and Py_ssize_t, for a `long` and an npy_intp of 64 bits.
#ifndef LP64_H
#define LP64_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#ifdef __cplusplus
#define restrict __restrict // Python.h says it where WASI has no threads
#include <Python.h>
#undef restrict
#else
#include <Python.h>
#endif

#undef PY_SSIZE_T_MAX // which is a LONG_MAX
#define PY_SSIZE_T_MAX ((Py_ssize_t)0x7fffffff)

// What a 64-bit CPython's conversions of a C long do, with their messages.
static inline long lp64_as_long(PyObject *o) {
  int overflow;
  long v = PyLong_AsLongLongAndOverflow(o, &overflow);
  if (overflow)
    PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C long");
  return v;
}

static inline unsigned long lp64_as_unsigned_long(PyObject *o) {
  unsigned long v = PyLong_AsUnsignedLongLong(o);
  if (v == (unsigned long)-1 && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OverflowError)) {
    int negative = PyLong_Check(o) && _PyLong_Sign(o) < 0;
    PyErr_SetString(PyExc_OverflowError, negative ? "can't convert negative value to unsigned int" : "Python int too large to convert to C unsigned long");
  }
  return v;
}

static inline long lp64_as_ssize(PyObject *o) {
  int overflow = 0;
  if (!PyLong_Check(o)) {
    PyErr_SetString(PyExc_TypeError, "an integer is required");
    return -1;
  }
  long v = PyLong_AsLongLongAndOverflow(o, &overflow);
  if (overflow)
    PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C ssize_t");
  return v;
}

#define PyLong_AsLong lp64_as_long
#define PyLong_AsUnsignedLong lp64_as_unsigned_long
#define PyLong_AsUnsignedLongMask PyLong_AsUnsignedLongLongMask
#define PyLong_AsLongAndOverflow PyLong_AsLongLongAndOverflow
#define PyLong_FromLong PyLong_FromLongLong
#define PyLong_FromUnsignedLong PyLong_FromUnsignedLongLong
#define PyLong_AsSsize_t lp64_as_ssize
#define PyLong_FromSsize_t PyLong_FromLongLong
#define PyLong_FromSize_t PyLong_FromUnsignedLongLong
#define PyOS_strtol strtoll
#define PyOS_strtoul strtoull

// PySlice_AdjustIndices and PySlice_GetIndicesEx for sizes of 64 bits.
static inline long lp64_slice_adjust(long length, long *start, long *stop, long step) {
  long low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
  for (int i = 0; i < 2; i++) {
    long *p = i ? stop : start;
    if (*p < 0)
      *p = *p + length < 0 ? low : *p + length;
    else if (*p >= length)
      *p = high;
  }
  if (step < 0)
    return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
  return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

static inline int lp64_slice_indices(PyObject *slice, long length, long *start, long *stop, long *step, long *count) {
  Py_ssize_t narrow[3];
  if (PySlice_Unpack(slice, &narrow[0], &narrow[1], &narrow[2]) < 0)
    return -1;
  for (int i = 0; i < 2; i++) // clipped, or left out
    *(i ? stop : start) = narrow[i] == PY_SSIZE_T_MAX ? LONG_MAX : narrow[i] == PY_SSIZE_T_MIN ? LONG_MIN / 2 : narrow[i];
  *step = narrow[2];
  *count = lp64_slice_adjust(length, start, stop, *step);
  return 0;
}

// A size of 64 bits is not to wrap around on its way to a size_t.
static inline void *lp64_mem_malloc(unsigned long n) { return n > PTRDIFF_MAX ? NULL : PyMem_Malloc(n); }
static inline void *lp64_mem_realloc(void *p, unsigned long n) { return n > PTRDIFF_MAX ? NULL : PyMem_Realloc(p, n); }
static inline void *lp64_mem_calloc(unsigned long n, unsigned long size) { return n > PTRDIFF_MAX || size > PTRDIFF_MAX ? NULL : PyMem_Calloc(n, size); }
static inline void *lp64_raw_malloc(unsigned long n) { return n > PTRDIFF_MAX ? NULL : PyMem_RawMalloc(n); }
static inline void *lp64_object_malloc(unsigned long n) { return n > PTRDIFF_MAX ? NULL : PyObject_Malloc(n); }

#undef PyMem_MALLOC
#undef PyMem_REALLOC
#undef PyObject_MALLOC
#define PyMem_MALLOC(n) lp64_mem_malloc(n)
#define PyMem_REALLOC(p, n) lp64_mem_realloc(p, n)
#define PyObject_MALLOC(n) lp64_object_malloc(n)
#define PyMem_Malloc(n) lp64_mem_malloc(n)
#define PyMem_Realloc(p, n) lp64_mem_realloc(p, n)
#define PyMem_Calloc(n, size) lp64_mem_calloc(n, size)
#define PyMem_RawMalloc(n) lp64_raw_malloc(n)
#define PyObject_Malloc(n) lp64_object_malloc(n)

#ifdef LP64_CHECK // has the compiler say which arguments have another size than their format
#ifdef __cplusplus
extern "C" {
#endif
PyObject *PyErr_Format(PyObject *, const char *, ...) __attribute__((format(printf, 2, 3)));
PyObject *PyUnicode_FromFormat(const char *, ...) __attribute__((format(printf, 1, 2)));
int PyErr_WarnFormat(PyObject *, Py_ssize_t, const char *, ...) __attribute__((format(printf, 3, 4)));
#ifdef __cplusplus
}
#endif
#endif

#endif
