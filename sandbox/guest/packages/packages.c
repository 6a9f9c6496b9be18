// What the packages guest has beside the library's: modules in C that are linked in,
// and packages that are imported before the snapshot, so that a program's own import
// of them finds them there.
#define Py_BUILD_CORE 1
#include "freeze.h"
#include "runner.h"
#include "verdict.h"

#include <stdbool.h>
#include <string.h>
#include <wasi/api.h>

#define MODULE(name, init) extern PyObject *init(void);
#include "modules.h"
#undef MODULE

#define MODULE(name, init) {name, init},
static struct _inittab linked[] = {
#include "modules.h"
    {NULL, NULL}};
#undef MODULE

static const char imports[] = {
#embed "imports.txt" suffix(, 0)
};

__attribute__((constructor)) static void add_modules(void) { PyImport_ExtendInittab(linked); }

// What a program draws must not depend on what importing packages has drawn.
static bool importing;

__wasi_errno_t __real___wasi_random_get(uint8_t *buf, __wasi_size_t len);
__wasi_errno_t __wrap___wasi_random_get(uint8_t *buf, __wasi_size_t len) {
  if (!importing)
    return __real___wasi_random_get(buf, len);
  memset(buf, 0x5a, len);
  return 0;
}

// import_all imports the modules of the list, a line each.
static bool import_all(void) {
  for (const char *p = imports, *end; (end = strchr(p, '\n')); p = end + 1) {
    PyObject *name = PyUnicode_FromStringAndSize(p, end - p), *module = name ? PyImport_Import(name) : NULL;
    Py_XDECREF(name);
    if (!module)
      return false;
    Py_DECREF(module);
  }
  return true;
}

// extend tells both sides what the packages add to the library that they share.
static bool extend(void) {
  PyObject *ours = PyImport_ImportModule("_side_packages"), *r = ours ? PyObject_CallMethod(ours, "extend", NULL) : NULL;
  Py_XDECREF(ours);
  Py_XDECREF(r);
  return r;
}

// preload comes after boot and before enter. Not 0: a package cannot be imported, and a
// verdict says why.
EXPORT(preload) int preload(void) {
  importing = true;
  if (!import_all() || !extend()) {
    verdict_begin(0);
    verdict_raised("preload");
    verdict_send();
    return 1;
  }
  importing = false;
  PyGC_Collect();
  PyObject *gc = PyImport_ImportModule("gc"), *r = gc ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
  Py_XDECREF(gc);
  Py_XDECREF(r);
  if (!r || freeze() < 0)
    return 2;
  fill_holes();
  return 0;
}
