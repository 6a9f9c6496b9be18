// Walks the object graph from the garbage collector's list and marks what it
// meets. Objects the collector does not know (strings, numbers, code, bytes) are
// reached through those it does.
#define Py_BUILD_CORE 1
#include "freeze.h"
#include "map.h"

#include <Python.h>
#include <internal/pycore_code.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_object.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_typeobject.h>
#include <stdbool.h>
#include <stdlib.h>

static struct {
  PyObject **items; // marked, not yet walked
  size_t len, cap;
  bool failed;
} todo;

static struct map seen;

static int mark(PyObject *o, void *unused) {
  if (!o || map_get(&seen, (uintptr_t)o))
    return 0;
  if (todo.len == todo.cap) {
    size_t cap = todo.cap ? todo.cap * 2 : 1024;
    PyObject **grown = realloc(todo.items, cap * sizeof *grown);
    if (!grown) {
      todo.failed = true;
      return 0;
    }
    todo.items = grown;
    todo.cap = cap;
  }
  map_set(&seen, (uintptr_t)o, 1);
  if (!frozen(o))
    o->ob_refcnt = _Py_IMMORTAL_REFCNT;
  if (PyUnicode_Check(o) && PyUnicode_CHECK_INTERNED(o) == SSTATE_INTERNED_MORTAL)
    ((PyASCIIObject *)o)->state.interned = SSTATE_INTERNED_IMMORTAL; // or the next code with that name would write it
  todo.items[todo.len++] = o;
  return 0;
}

static void walk(PyObject *o) {
  mark((PyObject *)Py_TYPE(o), NULL);
  if (PyDict_Check(o)) { // its traversal leaves out keys that are strings
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(o, &at, &key, &value)) {
      mark(key, NULL);
      mark(value, NULL);
    }
  } else if (PyCode_Check(o)) {
    PyCodeObject *c = (PyCodeObject *)o;
    for (PyObject **p = (PyObject *[]){c->co_consts, c->co_names, c->co_localsplusnames, c->co_filename, c->co_name, c->co_qualname,
                                       c->co_localspluskinds, c->co_linetable, c->co_exceptiontable, NULL};
         *p; p++)
      mark(*p, NULL);
  } else if (PyType_Check(o) && !(((PyTypeObject *)o)->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
    PyTypeObject *t = (PyTypeObject *)o; // no traversal of static types
    mark(_PyType_GetDict(t), NULL);
    mark(t->tp_bases, NULL);
    mark(t->tp_mro, NULL);
  } else if (Py_TYPE(o)->tp_traverse) {
    Py_TYPE(o)->tp_traverse(o, mark, NULL);
  }
}

int freeze(void) {
  PyObject *gc = PyImport_ImportModule("gc");
  PyObject *all = gc ? PyObject_CallMethod(gc, "get_objects", NULL) : NULL;
  if (!all)
    return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(all); i++)
    if (PyList_GET_ITEM(all, i) != all)
      mark(PyList_GET_ITEM(all, i), NULL);
  PyInterpreterState *interp = _PyInterpreterState_GET();
  mark(interp->imports.modules, NULL);
  mark(interp->sysdict, NULL);
  mark(interp->builtins, NULL);
  mark(interp->codecs.search_path, NULL);
  mark(interp->codecs.search_cache, NULL);
  mark(interp->codecs.error_registry, NULL);
  for (long i = -5; i <= 256; i++) { // small integers, made or not
    PyObject *n = PyLong_FromLong(i);
    mark(n, NULL);
  }
  for (int i = 0; i < 256; i++) { // strings and bytes of one character
    mark(PyUnicode_FromOrdinal(i), NULL);
    mark(PyBytes_FromStringAndSize((char[]){i}, 1), NULL);
  }
  mark(PyUnicode_FromString(""), NULL);
  mark(PyBytes_FromString(""), NULL);
  mark(PyTuple_New(0), NULL);
  mark(Py_None, NULL);
  mark(Py_True, NULL);
  mark(Py_False, NULL);
  mark(Py_Ellipsis, NULL);
  mark(Py_NotImplemented, NULL);
  while (todo.len && !todo.failed)
    walk(todo.items[--todo.len]);
  bool failed = todo.failed;
  free(todo.items);
  todo = (typeof(todo)){};
  free(seen.keys);
  free(seen.values);
  seen = (struct map){};
  Py_DECREF(all);
  Py_DECREF(gc);
  return failed ? -1 : 0;
}

// Sizes go down, so that a hole is taken whole, or by its largest part first.
void fill_holes(void) {
  enum { LARGEST = 64 << 10, STEP = 8 };
  char *end = malloc(16 << 20); // nothing that large is free but at the end
  for (size_t n = LARGEST; end && n >= STEP; n -= STEP) {
    char *p;
    while ((p = malloc(n)) && p < end) {}
    free(p);
  }
  free(end);
}
