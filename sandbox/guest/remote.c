#include "remote.h"
#include "freeze.h"
#include "map.h"
#include "standin.h"
#include "wire.h"

#include <stdlib.h>

bool is_judge;
static PyObject *helper;

// ---- objects here that the other side may name

struct export {
  PyObject *object;
  uint32_t sent; // how often; it counts in the other side's releases
  PyTypeObject *type; // that it had; borrowed, for comparison alone
};
static struct export *exports;
static uint32_t export_count, export_cap, free_export; // free_export: chained through sent
static struct map export_of; // by object: number + 1

uint32_t remote_export(PyObject *x) {
  uint32_t k = map_get(&export_of, (uintptr_t)x);
  if (k)
    return k - 1;
  if (free_export) {
    k = free_export - 1;
    free_export = exports[k].sent;
  } else {
    if (export_count == export_cap) {
      export_cap = export_cap ? export_cap * 2 : 64;
      exports = realloc(exports, export_cap * sizeof *exports);
      if (!exports)
        wire_refuse("no memory for handles", true);
    }
    k = export_count++;
  }
  exports[k] = (struct export){Py_NewRef(x), 0, Py_TYPE(x)};
  map_set(&export_of, (uintptr_t)x, k + 1);
  return k;
}

static void release(uint32_t k, uint32_t times) {
  if (k >= export_count || !exports[k].object)
    return;
  if (exports[k].sent > times) {
    exports[k].sent -= times;
    return;
  }
  PyObject *x = exports[k].object;
  map_remove(&export_of, (uintptr_t)x);
  exports[k] = (struct export){NULL, free_export, NULL};
  free_export = k + 1;
  Py_DECREF(x);
}

PyObject *remote_exported(uint64_t k) {
  if (k >= export_count || !exports[k].object)
    wire_refuse("a handle that was not given", false);
  return exports[k].object;
}

uint32_t remote_give(PyObject *x) {
  uint32_t k = remote_export(x);
  exports[k].sent++;
  return k;
}

bool remote_is_held_by_handle(uint32_t k) { return k >= export_count || !exports[k].object || Py_REFCNT(exports[k].object) == 1; }

bool remote_is_exported(PyObject *x) { return map_get(&export_of, (uintptr_t)x) != 0; }

PyObject *remote_reclassed(void) {
  PyObject *list = PyList_New(0);
  for (uint32_t k = 0; list && k < export_count; k++)
    if (exports[k].object && exports[k].type != Py_TYPE(exports[k].object)) {
      exports[k].type = Py_TYPE(exports[k].object);
      if (PyList_Append(list, exports[k].object) < 0)
        Py_CLEAR(list);
    }
  return list;
}

// ---- stand-ins

static struct map stand_ins;  // by the other side's number + 1
static struct map foreign;    // stand-ins that are no Remote, by object: number + 1
static struct map class_of;   // exported classes, by class: number + 1
static struct map classes;    // stand-in classes, by the other side's number + 1
static uint32_t *gone, gone_count, gone_cap; // pairs to release

void remote_export_class(PyObject *cls, uint32_t k) {
  map_set(&class_of, (uintptr_t)Py_NewRef(cls), k + 1);
}

bool remote_class_is_exported(PyTypeObject *cls) { return map_get(&class_of, (uintptr_t)cls) != 0; }

static void let_go(uint32_t handle, uint32_t received) {
  if (gone_count + 2 > gone_cap) {
    gone_cap = gone_cap ? gone_cap * 2 : 64;
    gone = realloc(gone, gone_cap * sizeof *gone);
    if (!gone)
      wire_refuse("no memory for handles", true);
  }
  gone[gone_count++] = handle;
  gone[gone_count++] = received;
}

void remote_let_go(Remote *r) {
  if (!r->received)
    return;
  map_remove(&stand_ins, r->handle + 1);
  let_go(r->handle, r->received);
  r->received = 0;
}

void remote_release(uint32_t k) { let_go(k, 1); }

// reclass: what it stands for may have been given another class.
static void reclass(Remote *r, PyTypeObject *type) {
  PyTypeObject *was = Py_TYPE(r);
  if (was == type || !PyType_HasFeature(was, Py_TPFLAGS_HEAPTYPE) || !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ||
      !PyType_IsSubtype(type, &remote_type) || was->tp_basicsize != type->tp_basicsize || was->tp_dictoffset != type->tp_dictoffset)
    return;
  Py_INCREF(type);
  Py_SET_TYPE(r, type);
  Py_DECREF(was);
}

PyObject *remote_stand_in(PyTypeObject *type, uint32_t k) {
  Remote *r = (Remote *)(uintptr_t)map_get(&stand_ins, k + 1);
  if (r) {
    r->received++;
    reclass(r, type);
    return Py_NewRef((PyObject *)r);
  }
  if (!PyType_IsSubtype(type, &remote_type))
    wire_refuse("an object of a class that has none", false);
  r = (Remote *)type->tp_alloc(type, 0);
  if (!r)
    wire_refuse("no memory for handles", true);
  r->handle = k;
  r->received = 1;
  map_set(&stand_ins, k + 1, (uintptr_t)r);
  return (PyObject *)r;
}

bool remote_is(PyObject *x) { return PyType_IsSubtype(Py_TYPE(x), &remote_type); }

bool remote_is_stand_in(PyTypeObject *cls) { return map_get(&foreign, (uintptr_t)cls) != 0; }

void remote_mark(PyObject *x, uint32_t k) {
  PyObject *number = PyLong_FromUnsignedLong(k);
  if (!number || PyObject_SetAttrString(x, "_h", number) < 0)
    PyErr_Clear();
  Py_XDECREF(number);
}

int64_t remote_handle_of(PyObject *x) {
  if (remote_is(x))
    return ((Remote *)x)->received ? ((Remote *)x)->handle : -1;
  uint32_t k = map_get(&foreign, (uintptr_t)x);
  if (k)
    return (int64_t)k - 1;
  PyObject **dict = remote_is_stand_in(Py_TYPE(x)) ? _PyObject_GetDictPtr(x) : NULL, *h = NULL;
  if (remote_is_stand_in(Py_TYPE(x))) {
    PyObject *d = dict && *dict ? Py_NewRef(*dict) : PyObject_GenericGetDict(x, NULL);
    h = d ? PyDict_GetItemString(d, "_h") : NULL;
    int64_t n = h && PyLong_CheckExact(h) ? PyLong_AsLongLong(h) : -1;
    Py_XDECREF(d);
    PyErr_Clear();
    return n;
  }
  return -1;
}

void remote_foreign(PyObject *x, uint32_t k) { map_set(&foreign, (uintptr_t)x, k + 1); }

void remote_forget(uintptr_t x, uint32_t k) {
  if (map_get(&foreign, x) == k + 1)
    map_remove(&foreign, x);
}

void remote_set_class(PyObject *cls, uint32_t k) {
  map_set(&classes, k + 1, (uintptr_t)Py_NewRef(cls));
  remote_foreign(cls, k);
}

PyObject *remote_known_class(uint32_t k) { return (PyObject *)(uintptr_t)map_get(&classes, k + 1); }

// ---- in messages

int remote_put(struct out *o, PyObject *x) {
  int64_t h = remote_handle_of(x);
  if (h >= 0) {
    out_byte(o, 'y');
    out_int(o, h);
    return 0;
  }
  if (PyFunction_Check(x) && !frozen(PyFunction_GET_CODE(x))) { // the library's is frozen
    out_byte(o, 'h');
    out_int(o, remote_give(x));
    return 0;
  }
  uint32_t cls = map_get(&class_of, (uintptr_t)Py_TYPE(x));
  if (!cls)
    return 1;
  remote_put_object(o, x, cls - 1);
  return 0;
}

void remote_put_object(struct out *o, PyObject *x, uint32_t cls) {
  out_byte(o, 'O');
  out_int(o, cls);
  out_int(o, remote_give(x));
}

// class_for gives the stand-in of the other side's class k, made when first met.
static PyTypeObject *class_for(uint64_t k) {
  if (k > INT32_MAX)
    wire_refuse("a class with a number that it may not have", false);
  PyTypeObject *c = (PyTypeObject *)(uintptr_t)map_get(&classes, k + 1);
  if (c)
    return c;
  PyObject *number = PyLong_FromUnsignedLong(k), *r = number ? PyObject_CallMethod(helper, "class_for", "O", number) : NULL;
  Py_XDECREF(number);
  Py_XDECREF(r);
  PyErr_Clear();
  c = (PyTypeObject *)(uintptr_t)map_get(&classes, k + 1);
  if (!c)
    wire_refuse("a class that cannot be made", false);
  return c;
}

PyObject *remote_get(struct in *in, uint8_t tag) {
  if (tag == 'y')
    return Py_NewRef(remote_exported(in_int(in)));
  if (tag == 'h') {
    uint64_t k = in_int(in);
    if (k > INT32_MAX)
      wire_refuse("a handle with a number that it may not have", false);
    return remote_stand_in(&function_type, k);
  }
  if (tag != 'O')
    return NULL;
  PyTypeObject *c = class_for(in_int(in));
  uint64_t k = in_int(in);
  if (k > INT32_MAX)
    wire_refuse("a handle with a number that it may not have", false);
  return remote_stand_in(c, k);
}

void remote_put_released(struct out *o) {
  out_int(o, gone_count / 2);
  for (uint32_t i = 0; i < gone_count; i++)
    out_int(o, gone[i]);
  gone_count = 0;
}

void remote_get_released(struct in *in) {
  for (uint32_t n = in_count(in); n > 0; n--) {
    uint64_t k = in_int(in), times = in_int(in);
    release(k > UINT32_MAX ? UINT32_MAX : k, times > UINT32_MAX ? UINT32_MAX : times);
  }
}

int remote_init(PyObject *module) {
  helper = module;
  return 0;
}
