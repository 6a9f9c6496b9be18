// The record of a call: no verdict, so it has a version of its own. After it comes
// V, a digest and a text, or C and calls (lib/_observe.py), or E and the name of an
// exception's type.
#include "observe.h"
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

__attribute__((import_module("coderm"), import_name("verdict"))) void host_verdict(uint64_t nonce, const uint8_t *record, uint32_t len);

enum { VERSION = 3, HEAD = 2, NAME = 256, MOST = 512 << 10 };

static PyObject *see;

int observe_init(void) {
  PyObject *module = PyImport_ImportModule("_observe");
  see = module ? PyObject_GetAttrString(module, "see") : NULL;
  Py_XDECREF(module);
  return see ? 0 : -1;
}

static void send(uint64_t nonce, const char *data, size_t len) {
  len = len < MOST ? len : MOST;
  uint8_t *record = malloc(HEAD + len);
  if (!record) {
    PyErr_NoMemory();
    verdict_raised("the call");
    verdict_send();
    return;
  }
  record[0] = PASS;
  record[1] = VERSION;
  memcpy(record + HEAD, data, len);
  host_verdict(nonce, record, HEAD + len);
  free(record);
}

void observe(uint64_t nonce, PyObject *value) {
  PyObject *seen = value ? PyObject_CallOneArg(see, value) : NULL;
  if (seen) {
    send(nonce, PyBytes_AS_STRING(seen), PyBytes_GET_SIZE(seen));
    Py_DECREF(seen);
    return;
  }
  if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
    verdict_raised("the call");
    verdict_send();
    return;
  }
  PyObject *type, *raised, *traceback;
  PyErr_Fetch(&type, &raised, &traceback);
  const char *name = type ? ((PyTypeObject *)type)->tp_name : "", *dot = strrchr(name, '.'); // C: a type cannot lie about it here
  char text[NAME] = "E";
  strncpy(text + 1, dot ? dot + 1 : name, NAME - 2);
  send(nonce, text, strlen(text));
  Py_XDECREF(type);
  Py_XDECREF(raised);
  Py_XDECREF(traceback);
}
