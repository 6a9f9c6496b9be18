#define Py_BUILD_CORE 1
#include "bytecode.h"
#include "guest.h"

#include <Python.h>
#include <internal/pycore_import.h>
#include <internal/pycore_pystate.h>
#include <stdbool.h>
#include <string.h>

// builtin says whether that is the bytecode of a module that is linked in.
static bool builtin(const struct _frozen *modules, const char *data, Py_ssize_t len) {
  for (const struct _frozen *m = modules; m && m->name; m++)
    if (m->size == len && memcmp(m->code, data, len) == 0)
      return true;
  return false;
}

// library says whether marshal is asked for the bytecode of a library's file.
static bool library(PyObject *args) {
  enum { HEAD = 16 }; // of a .pyc
  PyObject *o = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
  if (!o || !PyBytes_Check(o))
    return false;
  const char *data = PyBytes_AS_STRING(o);
  Py_ssize_t len = PyBytes_GET_SIZE(o);
  return fs_holds(data, len, HEAD) || builtin(_PyImport_FrozenStdlib, data, len) || builtin(_PyImport_FrozenBootstrap, data, len);
}

static int audit(const char *event, PyObject *args, void *unused) {
  if (!_PyThreadState_GET()->current_frame) // first, for library takes long: this is the guest's own doing
    return 0;
  if (strcmp(event, "code.__new__") && (strncmp(event, "marshal.load", 12) || library(args)))
    return 0;
  PyErr_Format(PyExc_PermissionError, "%s is not in the sandbox", event);
  return -1;
}

int bytecode_refuse(void) { return PySys_AddAuditHook(audit, NULL); }
