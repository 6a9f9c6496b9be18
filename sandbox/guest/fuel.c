// A limit on a part of a test: a check that runs a solution on a thousand inputs
// gives each its own, so that one endless loop does not cost the fuel of all.
#include "fuel.h"
#include "remote.h"

#include <internal/pycore_coderm.h>
#include <stdint.h>

// allow bounds what may be used until the next allow and says what was used
// since the last one. The call's own limit holds beside it.
__attribute__((import_module("coderm"), import_name("allow"))) uint64_t host_allow(uint64_t fuel);

static PyObject *allow(PyObject *module, PyObject *arg) {
  if (!is_judge && coderm_solution_runs()) { // apart, the test is alone
    PyErr_SetString(PyExc_PermissionError, "the solution cannot set its own limit");
    return NULL;
  }
  uint64_t fuel = PyLong_AsUnsignedLongLong(arg);
  if (fuel == UINT64_MAX && PyErr_Occurred())
    return NULL;
  return PyLong_FromUnsignedLongLong(host_allow(fuel));
}

static PyMethodDef methods[] = {{"allow", allow, METH_O, "allow(n): at most n instructions until the next call; returns those since the last."}, {}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_fuel", .m_size = -1, .m_methods = methods};

static PyObject *make(void) { return PyModule_Create(&definition); }

int fuel_register(void) { return PyImport_AppendInittab("_fuel", make); }
