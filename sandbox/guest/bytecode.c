#define Py_BUILD_CORE 1
#include "bytecode.h"
#include "guest.h"

#include <Python.h>
#include <internal/pycore_pystate.h>
#include <stdbool.h>
#include <string.h>

// library says whether marshal is asked for the bytecode of a library's file.
static bool library(PyObject *args) {
  enum { HEAD = 16 }; // of a .pyc
  PyObject *data = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
  return data && PyBytes_Check(data) && fs_holds(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), HEAD);
}

static int audit(const char *event, PyObject *args, void *unused) {
  if (!_PyThreadState_GET()->cframe->current_frame) // first, for library takes long: this is the guest's own doing
    return 0;
  if (strcmp(event, "code.__new__") && (strncmp(event, "marshal.load", 12) || library(args)))
    return 0;
  PyErr_Format(PyExc_PermissionError, "%s is not in the sandbox", event);
  return -1;
}

int bytecode_refuse(void) { return PySys_AddAuditHook(audit, NULL); }
