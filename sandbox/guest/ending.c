// The end of a program, as far as the program can notice it: what Py_FinalizeEx
// does (Python/pylifecycle.c), in its order. The library is frozen and stays, so
// what hangs on it alone is looked for at the end.
#define Py_BUILD_CORE 1
#include "ending.h"
#include "freeze.h"

#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_pylifecycle.h>
#include <internal/pycore_pystate.h>
#include <stdbool.h>

// unraisable reports an exception that nobody is left to handle, if there is one.
static void unraisable(PyObject *in) {
  if (PyErr_Occurred())
    PyErr_WriteUnraisable(in);
}

static bool flush(PyObject *stream) {
  PyObject *r = PyObject_CallMethod(stream, "flush", NULL);
  Py_XDECREF(r);
  return r != NULL;
}

static bool is_closed(PyObject *stream) {
  PyObject *closed = PyObject_GetAttrString(stream, "closed");
  bool yes = closed && PyObject_IsTrue(closed) == 1;
  Py_XDECREF(closed);
  PyErr_Clear();
  return yes;
}

// flush_streams is false when what was printed does not get out.
static bool flush_streams(void) {
  bool ok = true;
  for (const char **name = (const char *[]){"stdout", "stderr", NULL}; *name; name++) {
    PyObject *stream = Py_XNewRef(PySys_GetObject(*name));
    if (stream && stream != Py_None && !is_closed(stream) && !flush(stream)) {
      unraisable(stream);
      ok = false;
    }
    Py_XDECREF(stream);
  }
  return ok;
}

// join_threads is false when they wait for each other.
static bool join_threads(void) {
  PyObject *threading = PyImport_ImportModule("threading");
  PyObject *r = threading ? PyObject_CallMethod(threading, "_shutdown", NULL) : NULL;
  bool hang = !r && PyErr_ExceptionMatches(PyExc_RuntimeError);
  if (!r)
    unraisable(threading);
  Py_XDECREF(r);
  Py_XDECREF(threading);
  return !hang;
}

// restore_sys drops what the program put into sys and hung up there.
static void restore_sys(PyInterpreterState *interp) {
  PyDict_SetItemString(interp->builtins, "_", Py_None);
  for (const char **name = (const char *[]){"ps1", "ps2", "last_type", "last_value", "last_traceback", NULL}; *name; name++)
    PyDict_SetItemString(interp->sysdict, *name, Py_None);
  for (const char **name = (const char *[]){"stdin", "__stdin__", "stdout", "__stdout__", "stderr", "__stderr__", NULL}; *name; name += 2) {
    PyObject *first = PyDict_GetItemString(interp->sysdict, name[1]);
    PyDict_SetItemString(interp->sysdict, name[0], first ? first : Py_None);
  }
  PyErr_Clear();
}

// A dict that dies takes its mark along.
static PyObject *main_dict; // NULL once it is gone
static void main_gone(PyObject *capsule) { main_dict = NULL; }

// remove_modules lets go of the modules that the program made, __main__ first of
// all, and wipes those that something still holds.
static void remove_modules(PyInterpreterState *interp) {
  PyObject *name, *module, *kept = PyList_New(0), *all = PyDict_Copy(interp->imports.modules);
  Py_ssize_t at = 0;
  while (kept && all && PyDict_Next(all, &at, &name, &module)) {
    if (frozen(module) || !PyModule_Check(module))
      continue; // the library's
    PyObject *ref = PyWeakref_NewRef(module, NULL);
    if (ref)
      PyList_Append(kept, ref);
    Py_XDECREF(ref);
    PyDict_DelItem(interp->imports.modules, name);
  }
  Py_XDECREF(all);
  PyErr_Clear();
  _PyGC_CollectNoFail(_PyThreadState_GET());
  for (Py_ssize_t i = kept ? PyList_GET_SIZE(kept) : 0; i-- > 0;) {
    PyObject *left = Py_NewRef(PyWeakref_GET_OBJECT(PyList_GET_ITEM(kept, i)));
    if (PyModule_Check(left))
      _PyModule_Clear(left);
    Py_DECREF(left);
  }
  Py_XDECREF(kept);
  if (main_dict) { // a signal handler's globals, say
    PyObject *dict = Py_NewRef(main_dict);
    _PyModule_ClearDict(dict);
    Py_DECREF(dict);
  }
}

// flush_rest writes out the files that the frozen library keeps alive.
static void flush_rest(void) {
  PyObject *gc = PyImport_ImportModule("gc"), *io = PyImport_ImportModule("_io");
  PyObject *all = gc ? PyObject_CallMethod(gc, "get_objects", NULL) : NULL;
  PyObject *base = io ? PyObject_GetAttrString(io, "_IOBase") : NULL;
  for (Py_ssize_t i = 0; all && base && i < PyList_GET_SIZE(all); i++) {
    PyObject *o = PyList_GET_ITEM(all, i);
    if (PyType_IsSubtype(Py_TYPE(o), (PyTypeObject *)base) && !is_closed(o) && !flush(o))
      PyErr_Clear();
  }
  PyObject *out = PySys_GetObject("__stdout__");
  if (out && out != Py_None && !flush(out))
    PyErr_Clear();
  Py_XDECREF(all);
  Py_XDECREF(base);
  Py_XDECREF(gc);
  Py_XDECREF(io);
  PyErr_Clear();
}

enum ending ending_run(PyObject *main) {
  PyInterpreterState *interp = _PyInterpreterState_GET();
  bool joined = join_threads();
  _PyAtExit_Call(interp);
  bool ok = flush_streams();
  PyGC_Collect();
  restore_sys(interp);
  main_dict = PyModule_GetDict(main);
  PyObject *mark = PyCapsule_New(&main_dict, NULL, main_gone);
  if (!mark || PyDict_SetItemString(main_dict, "__coderm__", mark) < 0)
    main_dict = NULL;
  Py_XDECREF(mark);
  Py_DECREF(main);
  remove_modules(interp);
  flush_rest();
  return !joined ? ENDED_WAITING : !ok ? ENDED_UNWRITTEN : ENDED;
}
