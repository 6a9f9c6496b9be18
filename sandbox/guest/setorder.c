#define Py_BUILD_CORE 1
#include "setorder.h"

#include <internal/pycore_setobject.h>
#include <stdlib.h>
#include <string.h>

static setentry *next_entry(PySetObject *s, Py_ssize_t *at) {
  for (; *at <= s->mask; (*at)++) {
    setentry *e = &s->table[*at];
    if (e->key && e->hash != -1) {
      (*at)++;
      return e;
    }
  }
  return NULL;
}

static bool simple(PyObject *x) { return PyUnicode_CheckExact(x) || PyLong_CheckExact(x) || PyFloat_CheckExact(x) || PyBytes_CheckExact(x); }

// as_added says whether adding the elements in order gives this table: another with
// the same order may have another when elements come or go.
static bool as_added(PySetObject *s) {
  PyObject *made = PySet_New(NULL);
  bool same = made != NULL;
  Py_ssize_t at = 0, other = 0;
  for (setentry *e; same && (e = next_entry(s, &at));) {
    if (!simple(e->key)) {
      Py_DECREF(made);
      return true; // hashing it may run code
    }
    same = PySet_Add(made, e->key) == 0;
  }
  at = 0;
  same = same && ((PySetObject *)made)->mask == s->mask;
  for (setentry *e, *m; same && (e = next_entry(s, &at));)
    same = (m = next_entry((PySetObject *)made, &other)) && m->key == e->key && at == other;
  PyErr_Clear();
  Py_XDECREF(made);
  return same;
}

void setorder_put(struct out *o, PyObject *x) {
  PySetObject *s = (PySetObject *)x;
  if (s->used < 2 || s->mask > 16 * s->used + 64 || (s->fill == s->used && as_added(s))) {
    out_int(o, 0);
    return;
  }
  out_int(o, s->mask);
  Py_ssize_t at = 0;
  while (next_entry(s, &at))
    out_int(o, at - 1);
  out_int(o, s->fill - s->used); // where elements were: lookups go on there
  for (at = 0; at <= s->mask; at++)
    if (s->table[at].key == _PySet_Dummy)
      out_int(o, at);
}

void setorder_get(struct in *in, PyObject *x, PyObject *elements) {
  PySetObject *s = (PySetObject *)x;
  uint64_t mask = in_int(in);
  if (!mask)
    return;
  Py_ssize_t n = PyList_GET_SIZE(elements), last = -1;
  bool ok = (mask & (mask + 1)) == 0 && mask >= 7 && mask <= 16 * (uint64_t)n + 64 && (uint64_t)n * 5 <= mask * 3 && s->used == n;
  setentry *table = ok ? calloc(mask + 1, sizeof *table) : NULL;
  for (Py_ssize_t i = 0; i < n; i++) {
    uint64_t at = in_int(in);
    PyObject *key = PyList_GET_ITEM(elements, i);
    ok = ok && table && at <= mask && (Py_ssize_t)at > last && simple(key);
    if (ok) {
      table[at] = (setentry){key, PyObject_Hash(key)};
      last = at;
    }
  }
  uint32_t gone = in_count(in);
  ok = ok && ((uint64_t)n + gone) * 5 <= mask * 3;
  for (uint32_t i = 0; i < gone; i++) {
    uint64_t at = in_int(in);
    ok = ok && table && at <= mask && !table[at].key;
    if (ok)
      table[at] = (setentry){_PySet_Dummy, -1};
  }
  if (!ok) {
    free(table);
    return;
  }
  PyObject *made = PySet_New(NULL);
  if (!made) {
    PyErr_Clear();
    free(table);
    return;
  }
  PySetObject *m = (PySetObject *)made;
  setentry *small = m->table;
  m->table = table;
  m->mask = mask;
  m->used = m->fill = n;
  for (Py_ssize_t i = 0; i < n && ok; i++)
    ok = PySet_Contains(made, PyList_GET_ITEM(elements, i)) == 1;
  m->table = small;
  m->mask = 7;
  m->used = m->fill = 0;
  Py_DECREF(made);
  if (ok) { // the elements are those that s has, each once
    setentry *own = mask == 7 ? s->smalltable : PyMem_Calloc(mask + 1, sizeof *own);
    setentry *old = s->table;
    if (own) {
      memcpy(own, table, (mask + 1) * sizeof *own);
      s->table = own;
      s->mask = mask;
      s->fill = s->used + gone;
      s->finger = 0;
      if (old != s->smalltable)
        PyMem_Free(old);
    }
  }
  free(table);
}
