#include "serve.h"
#include "cases.h"
#include "message.h"
#include "raised.h"
#include "remote.h"
#include "shared.h"
#include "wire.h"

#include <string.h>

static PyObject *serve_other, *serve_get, *serve_set, *serve_call; // of _sides.py

static PyObject *get_args(struct in *in, PyObject **kwargs) {
  uint32_t n = in_count(in);
  PyObject *args = PyTuple_New(n);
  *kwargs = NULL;
  if (!args)
    wire_refuse("no memory for arguments", true);
  for (uint32_t i = 0; i < n; i++)
    PyTuple_SET_ITEM(args, i, wire_get(in));
  for (uint32_t named = in_count(in); named > 0; named--) {
    PyObject *name = wire_get(in), *value = wire_get(in);
    if (!*kwargs)
      *kwargs = PyDict_New();
    if (!*kwargs || !PyUnicode_CheckExact(name) || PyDict_SetItem(*kwargs, name, value) < 0)
      wire_refuse("a keyword that is none", false);
    Py_DECREF(name);
    Py_DECREF(value);
  }
  return args;
}

// own_get reads an object that must have been handed over.
static PyObject *own_get(struct in *in) {
  if (is_judge && (in->p == in->end || *in->p != 'y'))
    wire_refuse("a request to what was not handed over", false);
  return wire_get(in);
}

static bool plain_function(PyObject *f) {
  if (PyMethod_Check(f))
    f = PyMethod_GET_FUNCTION(f);
  return PyFunction_Check(f);
}

// method finds what o.name(...) calls, looked up from the class owner on, or in
// the instance itself if it was put there.
static PyObject *method(PyObject *owner, PyObject *o, PyObject *name) {
  PyObject **dict = _PyObject_GetDictPtr(o), *f = dict && *dict ? PyDict_GetItemWithError(*dict, name) : NULL;
  if (f && !remote_is(f)) // what the test puts there is found when the method is looked up
    return Py_NewRef(f);
  if (!PyType_Check(owner) || !PyType_IsSubtype(Py_TYPE(o), (PyTypeObject *)owner))
    return PyObject_GetAttr(PyType_Check(owner) ? owner : o, name);
  if (!f && (PyObject *)Py_TYPE(o) == owner)
    return PyObject_GetAttr(o, name);
  f = _PyType_Lookup((PyTypeObject *)owner, name);
  if (!f) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  descrgetfunc bind = Py_TYPE(f)->tp_descr_get;
  return bind ? bind(f, o, (PyObject *)Py_TYPE(o)) : Py_NewRef(f);
}

static PyObject *done(struct in *in) {
  uint8_t op = in_byte(in);
  PyObject *x = NULL, *name = NULL, *args = NULL, *kwargs = NULL, *r = NULL;
  switch (op) {
  case 'C':
    x = own_get(in);
    args = get_args(in, &kwargs);
    if (!is_judge || plain_function(x))
      r = PyObject_Call(x, args, kwargs);
    else
      r = PyObject_CallFunctionObjArgs(serve_call, x, args, kwargs ? kwargs : Py_None, NULL);
    break;
  case 'M': {
    PyObject *owner = own_get(in), *self = own_get(in);
    name = wire_get(in);
    args = get_args(in, &kwargs);
    if (!PyUnicode_CheckExact(name))
      wire_refuse("a name that is none", false);
    if (is_judge) {
      x = PyObject_CallFunctionObjArgs(serve_get, self, name, NULL);
      bool ok = x && (plain_function(x) || PyCFunction_Check(x) || remote_is(x));
      if (x && !ok)
        PyErr_SetObject(PyExc_AttributeError, name);
      r = ok ? PyObject_Call(x, args, kwargs) : NULL;
    } else {
      x = method(owner, self, name);
      if (x && !PyType_IsSubtype(Py_TYPE(self), (PyTypeObject *)owner)) { // A.f(something else)
        PyObject *all = PyTuple_New(PyTuple_GET_SIZE(args) + 1);
        if (all) {
          PyTuple_SET_ITEM(all, 0, Py_NewRef(self));
          for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
            PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
          Py_SETREF(args, all);
        }
      }
      r = x ? PyObject_Call(x, args, kwargs) : NULL;
    }
    Py_DECREF(owner);
    Py_DECREF(self);
    break;
  }
  case 'G':
    x = own_get(in);
    name = wire_get(in);
    if (!PyUnicode_CheckExact(name))
      wire_refuse("a name that is none", false);
    r = PyObject_CallFunctionObjArgs(serve_get, x, name, NULL);
    break;
  case 'S':
    x = own_get(in);
    name = wire_get(in);
    args = in_byte(in) ? wire_get(in) : NULL;
    if (!PyUnicode_CheckExact(name))
      wire_refuse("a name that is none", false);
    r = PyObject_CallFunctionObjArgs(serve_set, x, name, args, NULL);
    break;
  case 'P': {
    uint32_t len = in_count(in);
    const char *what = (const char *)in_raw(in, len);
    name = PyUnicode_DecodeASCII(what, len, NULL);
    uint32_t n = in_count(in);
    args = PyTuple_New(n);
    if (!name || !args)
      wire_refuse("a request of no kind", false);
    for (uint32_t i = 0; i < n; i++)
      PyTuple_SET_ITEM(args, i, wire_get(in));
    r = PyObject_CallFunctionObjArgs(serve_other, name, args, NULL);
    break;
  }
  default:
    wire_refuse("a request of no kind", false);
  }
  if (in->p != in->end)
    wire_refuse("a message is too long", false);
  if (op == 'C' && r && is_judge)
    cases_ran(x, args, kwargs);
  Py_XDECREF(x);
  Py_XDECREF(name);
  Py_XDECREF(args);
  Py_XDECREF(kwargs);
  return r;
}

static struct out answer; // until the next

uint64_t serve(uint32_t len) {
  uint32_t cap;
  uint8_t *p = inbox_take(&cap);
  struct in in = {.p = p, .end = p + len};
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback); // of a call that this one is within
  message_get_head(&in);
  PyObject *r = done(&in);
  inbox_give_back(p, cap);
  struct out o = {};
  PyObject *raised[3];
  if (!r)
    PyErr_Fetch(&raised[0], &raised[1], &raised[2]);
  if (message_put_head(&o) < 0)
    wire_refuse("an answer that cannot cross", PyErr_ExceptionMatches(PyExc_MemoryError));
  out_byte(&o, r ? 'R' : 'E');
  if (!r)
    PyErr_Restore(raised[0], raised[1], raised[2]);
  uint32_t mark = o.len, known = shared_mark();
  if (r && wire_put_same(&o, r) < 0) {
    if (PyErr_ExceptionMatches(PyExc_MemoryError))
      wire_refuse("no memory for an answer", true);
    o.len = mark - 1;
    shared_forget(known);
    out_byte(&o, 'E');
    Py_CLEAR(r);
  }
  if (!r)
    raised_put(&o);
  Py_XDECREF(r);
  PyErr_Restore(type, value, traceback);
  out_free(&answer);
  answer = o;
  return (uint64_t)(uintptr_t)o.p << 32 | o.len;
}

int serve_init(PyObject *helper) {
  serve_other = PyObject_GetAttrString(helper, "serve");
  serve_get = PyObject_GetAttrString(helper, "serve_get");
  serve_set = PyObject_GetAttrString(helper, "serve_set");
  serve_call = PyObject_GetAttrString(helper, "serve_call");
  return serve_other && serve_get && serve_set && serve_call ? 0 : -1;
}
