// A whole program that reads standard input. It has the interpreter to itself, and ends
// as it would outside; what it prints is shown to the host, which knows what is wanted.
#define Py_BUILD_CORE 1
#include "ending.h"
#include "guest.h"
#include "runner.h"
#include "verdict.h"

#include <internal/pycore_pylifecycle.h>
#include <string.h>

__attribute__((import_module("coderm"), import_name("show"))) void host_show(uint32_t what, const void *data, uint32_t len);

void show_host(enum shown what, const void *data, uint32_t len) {
  if (streams.show)
    host_show(what, data, len);
}

// file adds one that the program finds; the data is the file's from now on. Folders
// on its way are made. Not 0: there is no memory, or the place is taken.
EXPORT(file) int file(const char *path, uint32_t len, uint8_t *data, uint32_t size) {
  for (uint32_t i = 0; i <= len; i++) {
    if (i < len && path[i] != '/')
      continue;
    struct node *n = fs_find(path, i);
    if (n ? i == len || !n->folder : !(n = fs_add(path, i, i < len)))
      return 1;
    if (i == len)
      n->data = data, n->size = n->cap = size;
  }
  return 0;
}

// finish gives the verdict on a program that ended with a status; trouble is the
// kind of one that is not 0.
static void finish(int status, enum kind trouble) {
  show_host(EXIT_STATUS, NULL, status);
  enum kind kind = PASS;
  if (status != 0) {
    kind = trouble;
    verdict_note(kind, "the program ended with exit status %d", status);
  }
  verdict_method(NULL, kind);
  verdict_send();
}

void program_exit(int status) {
  if (!streams.show)
    return;
  verdict_forget();
  finish(status & 0xff, ERROR);
}

// main_module makes the module that a script runs in.
static PyObject *main_module(void) {
  PyObject *module = PyModule_New("__main__"), *names = main_names("/solution.py");
  bool ok = module && names && PyDict_Update(PyModule_GetDict(module), names) == 0 &&
            PyDict_SetItemString(PyImport_GetModuleDict(), "__main__", module) == 0;
  Py_XDECREF(names);
  if (!ok)
    Py_CLEAR(module);
  return module;
}

// hook calls sys.excepthook with the exception, if it is the program's own. true
// when it raised SystemExit, which then takes the exception's place.
static bool hook(PyObject *type, PyObject *value, PyObject *traceback) {
  PyObject *hook = PySys_GetObject("excepthook");
  if (!hook || PyCFunction_Check(hook))
    return false;
  Py_INCREF(hook);
  PyObject *r = PyObject_CallFunctionObjArgs(hook, type, value, traceback ? traceback : Py_None, NULL);
  Py_DECREF(hook);
  Py_XDECREF(r);
  if (!r && PyErr_ExceptionMatches(PyExc_SystemExit))
    return true;
  PyErr_Clear();
  return false;
}

// uncaught gives the exit status that the exception means. One that is not
// SystemExit is noted, and its kind is the trouble.
static int uncaught(enum kind *trouble) {
  int status;
  if (_Py_HandleSystemExit(&status))
    return status & 0xff;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback)
    PyException_SetTraceback(value, traceback);
  if (hook(type, value, traceback) && _Py_HandleSystemExit(&status)) {
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return status & 0xff;
  }
  PyErr_Display(type, value, traceback);
  PyErr_Restore(type, value, traceback);
  *trouble = verdict_raised("the program");
  if (*trouble == FAIL)
    verdict_is(*trouble = ERROR); // an assertion of its own is no comparison of outputs
  return 1;
}

EXPORT(program)
int program(uint64_t nonce, const char *blob, uint32_t len, const uint8_t *source, uint32_t source_len, const uint8_t *in, uint32_t in_len) {
  verdict_begin(nonce);
  PyObject *code = unmarshal(blob, len);
  if (!code)
    return 1;
  fs_put("solution.py", source, source_len);
  streams.in = in;
  streams.in_len = in_len;
  streams.show = true;
  PyObject *r = PyObject_CallNoArgs(alone), *module = r ? main_module() : NULL;
  Py_CLEAR(r);
  if (module)
    r = PyEval_EvalCode(code, PyModule_GetDict(module), PyModule_GetDict(module));
  Py_DECREF(code);
  enum kind trouble = ERROR;
  int status = r ? 0 : uncaught(&trouble);
  Py_XDECREF(r);
  enum ending ending = module ? ending_run(module) : ENDED;
  if (status == 0 && ending == ENDED_WAITING)
    guest_hangs("deadlock: the program has ended, and its threads wait for each other");
  if (status == 0 && ending == ENDED_UNWRITTEN)
    status = 120;
  finish(status, trouble);
  return 0;
}
