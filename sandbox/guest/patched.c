#define Py_BUILD_CORE 1
#include "patched.h"
#include "freeze.h"

#include <internal/pycore_frame.h>
#include <internal/pycore_pystate.h>

static PyObject *changes; // NULL: nobody watches
static uint64_t modules_version;

// by_itself: library code changes its own module, or a name that its own class has
// already.
static bool by_itself(PyObject *dict, PyObject *key) {
  _PyInterpreterFrame *f = _PyThreadState_GET()->current_frame;
  while (f && _PyFrame_IsIncomplete(f))
    f = f->previous;
  if (!f || !frozen((PyObject *)_PyFrame_GetCode(f)))
    return false;
  if (f->f_globals == dict)
    return true;
  PyObject *of = PyDict_GetItemString(dict, "__module__"), *in = PyDict_GetItemString(f->f_globals, "__name__");
  return of && in && PyUnicode_Check(of) && PyUnicode_Check(in) && PyUnicode_Compare(of, in) == 0 && PyDict_Contains(dict, key) == 1;
}

static void note(PyObject *dict, PyObject *key, PyObject *was) {
  if (PyList_Append(changes, dict) < 0 || PyList_Append(changes, key) < 0 || PyList_Append(changes, was ? was : Py_Ellipsis) < 0)
    PyErr_Clear();
}

// changed is called before a key of a dict that is watched gets another value, or none.
static int changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value) {
  if (!changes || !key || !PyUnicode_CheckExact(key))
    return 0;
  PyObject *type, *was, *traceback; // a caller may hold an exception
  PyErr_Fetch(&type, &was, &traceback);
  if (!by_itself(dict, key))
    note(dict, key, PyDict_GetItemWithError(dict, key));
  PyErr_Restore(type, was, traceback);
  return 0;
}

static uint64_t version(void) { return ((PyDictObject *)PyImport_GetModuleDict())->ma_version_tag; }

int patched_watch(void) {
  modules_version = version();
  changes = PyList_New(0);
  return changes ? 0 : -1;
}

bool patched_any(void) {
  if (changes && modules_version != version()) {
    modules_version = version();
    note(PyImport_GetModuleDict(), Py_None, NULL);
  }
  return changes && PyList_GET_SIZE(changes);
}

PyObject *patched_take(void) {
  PyObject *list = changes;
  changes = PyList_New(0);
  return list;
}

int patched_init(void) {
  static int watcher = -1;
  if (watcher < 0 && (watcher = PyDict_AddWatcher(changed)) < 0)
    return -1;
  PyObject *library = PyImport_ImportModule("_side_library");
  for (const char **name = (const char *[]){"MODULE_OF", "CLASS_OF", NULL}; *name; name++) {
    PyObject *dict = library ? PyObject_GetAttrString(library, *name) : NULL, *address, *place;
    if (!dict)
      return -1;
    for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &address, &place);)
      if (PyDict_Watch(watcher, PyLong_AsVoidPtr(address)) < 0)
        return -1;
    Py_DECREF(dict);
  }
  Py_DECREF(library);
  return PyErr_Occurred() ? -1 : 0;
}
