// The module _apart: what _sides.py needs of C.
#include "apart.h"
#include "exchange.h"
#include "patched.h"
#include "raised.h"
#include "remote.h"
#include "shared.h"
#include "standin.h"
#include "verdict.h"
#include "wire.h"

#include <string.h>

static PyObject *m_ask(PyObject *module, PyObject *args) {
  PyObject *name = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
  const char *text = name && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
  if (!text) {
    PyErr_SetString(PyExc_TypeError, "a name");
    return NULL;
  }
  PyObject *rest = PyTuple_GetSlice(args, 1, PY_SSIZE_T_MAX), *r = rest ? ask(text, rest) : NULL;
  Py_XDECREF(rest);
  return r;
}

static PyObject *m_call(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  struct out o;
  if (!exchange_begin(&o, 'C'))
    return NULL;
  if (wire_put(&o, args[0]) < 0 || exchange_put_call(&o, args + 1, n - 1, names) < 0)
    return exchange_failed(&o);
  return exchange_called(&o);
}

// aside asks special methods of x, (name, argument) each, in copies of the other
// side. Of each what came back, if it is a plain value; None where it raised, ...
// where it is anything else. Nothing here may remember the copies.
static PyObject *m_aside(PyObject *module, PyObject *args) {
  PyObject *owner, *x, *questions;
  if (!PyArg_ParseTuple(args, "OOO!", &owner, &x, &PyTuple_Type, &questions))
    return NULL;
  PyObject *none = PyTuple_New(0), *r = none ? ask("nothing", none) : NULL; // nothing is pending now
  Py_XDECREF(none);
  if (!r)
    return NULL;
  Py_DECREF(r);
  struct out all = {};
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(questions); i++) {
    PyObject *name, *value, *what = NULL;
    if (PyArg_ParseTuple(PyTuple_GET_ITEM(questions, i), "OO", &name, &value))
      what = Py_BuildValue("(OOO(O)O)", owner, name, x, value, Py_None);
    int err = what ? exchange_put_aside(&all, "special", what) : -1;
    Py_XDECREF(what);
    if (err) {
      out_free(&all);
      return NULL;
    }
  }
  return exchange_aside(&all, PyTuple_GET_SIZE(questions));
}

// doubt: what made x has seen a value of the test; as what, _side_agreeing.py says.
static PyObject *m_doubt(PyObject *module, PyObject *args) {
  PyObject *x;
  unsigned char as;
  if (!PyArg_ParseTuple(args, "Ob", &x, &as))
    return NULL;
  if (remote_is(x))
    ((Remote *)x)->doubted = as;
  return Py_NewRef(Py_None);
}

static PyObject *m_doubted(PyObject *module, PyObject *x) { return PyLong_FromLong(remote_is(x) ? ((Remote *)x)->doubted : 0); }

// arrays has objects of this type cross as arrays (shared.h).
static PyObject *m_arrays(PyObject *module, PyObject *args) {
  struct arrays a;
  if (!PyArg_ParseTuple(args, "O!OOO", &PyType_Type, &a.type, &a.content, &a.make, &a.fill))
    return NULL;
  for (PyObject **p = &a.type; p <= &a.fill; p++)
    Py_INCREF(*p);
  arrays = a;
  return Py_NewRef(Py_None);
}

// watch_library: the library is more than it was at boot.
static PyObject *m_watch_library(PyObject *module, PyObject *ignored) { return patched_init() < 0 ? NULL : Py_NewRef(Py_None); }

static PyObject *m_changes(PyObject *module, PyObject *ignored) { return PyLong_FromUnsignedLong(wire_changes_read()); }

static PyObject *m_written_there(PyObject *module, PyObject *path) {
  const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : NULL;
  PyErr_Clear();
  return PyBool_FromLong(text && apart_written_there(text));
}

static PyObject *m_agreed(PyObject *module, PyObject *args) {
  const char *how = NULL;
  if (!PyArg_ParseTuple(args, "|s", &how))
    return NULL;
  verdict_agreed(how);
  return Py_NewRef(Py_None);
}

static PyObject *m_attribute(PyObject *module, PyObject *args) {
  PyObject *x, *name;
  if (!PyArg_ParseTuple(args, "OU", &x, &name))
    return NULL;
  int64_t h = remote_handle_of(x);
  if (h < 0) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  return ask_attribute(h, name);
}

static PyObject *m_assign(PyObject *module, PyObject *args) {
  PyObject *x, *name, *value = NULL;
  if (!PyArg_ParseTuple(args, "OU|O", &x, &name, &value))
    return NULL;
  int64_t h = remote_handle_of(x);
  if (h < 0) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  return ask_set(h, name, value) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *m_export(PyObject *module, PyObject *x) {
  return PyLong_FromUnsignedLong(remote_give(x));
}

static PyObject *m_is_exported(PyObject *module, PyObject *x) { return PyBool_FromLong(remote_is_exported(x)); }

static PyObject *m_own(PyObject *module, PyObject *number) {
  unsigned long k = PyLong_AsUnsignedLong(number);
  if (k == (unsigned long)-1 && PyErr_Occurred())
    return NULL;
  return Py_NewRef(remote_exported(k));
}

static PyObject *m_handle(PyObject *module, PyObject *x) {
  int64_t h = remote_handle_of(x);
  return h < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(h);
}

// export_class: instances of this class go as handles.
static PyObject *m_export_class(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  remote_export_class(cls, k);
  return Py_NewRef(Py_None);
}

// set_class: the other side's class k is cls here.
static PyObject *m_set_class(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  remote_set_class(cls, k);
  return Py_NewRef(Py_None);
}

static PyObject *m_known_class(PyObject *module, PyObject *number) {
  unsigned long k = PyLong_AsUnsignedLong(number);
  PyObject *c = remote_known_class(k);
  PyErr_Clear();
  return Py_NewRef(c ? c : Py_None);
}

// foreign: x is the other side's object k, until forget.
static PyObject *m_foreign(PyObject *module, PyObject *args) {
  PyObject *x;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &x, &k))
    return NULL;
  remote_foreign(x, k);
  return Py_NewRef(Py_None);
}

static PyObject *m_forget(PyObject *module, PyObject *args) {
  unsigned long id, k;
  if (!PyArg_ParseTuple(args, "kk", &id, &k))
    return NULL;
  remote_forget(id, k);
  return Py_NewRef(Py_None);
}

static PyObject *m_let_go(PyObject *module, PyObject *x) {
  if (remote_is(x))
    remote_let_go((Remote *)x);
  return Py_NewRef(Py_None);
}

static PyObject *m_reseeded(PyObject *module, PyObject *ignored) {
  apart_reseeded();
  return Py_NewRef(Py_None);
}

static PyObject *m_always_tell(PyObject *module, PyObject *ignored) {
  apart_always_tell();
  return Py_NewRef(Py_None);
}

static PyObject *m_reclassed(PyObject *module, PyObject *ignored) { return remote_reclassed(); }

static PyObject *m_release(PyObject *module, PyObject *number) {
  remote_release(PyLong_AsUnsignedLong(number));
  return Py_NewRef(Py_None);
}

// no_dict: instances of a stand-in class have none, whatever the classes that it has
// last in its mro have.
static PyObject *m_no_dict(PyObject *module, PyObject *x) {
  PyTypeObject *cls = (PyTypeObject *)x;
  if (PyType_Check(x) && PyType_IsSubtype(cls, &remote_type) && cls->tp_dictoffset < 0 && !PyType_HasFeature(cls, Py_TPFLAGS_MANAGED_DICT))
    cls->tp_dictoffset = 0;
  return Py_NewRef(Py_None);
}

// show_as: instances of the stand-in class say that they are of this class.
static PyObject *m_show_as(PyObject *module, PyObject *args) {
  PyObject *cls, *as;
  if (!PyArg_ParseTuple(args, "OO", &cls, &as))
    return NULL;
  if (cls == as)
    standin_metaclass((PyTypeObject *)cls);
  else
    standin_show_as((PyTypeObject *)cls, (PyTypeObject *)as);
  return Py_NewRef(Py_None);
}

static PyObject *m_stand_in(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  return remote_stand_in((PyTypeObject *)cls, k);
}

static PyObject *m_judging(PyObject *module, PyObject *ignored) { return PyBool_FromLong(is_judge); }

static PyObject *m_let_stop(PyObject *module, PyObject *ignored) {
  exchange_let_stop();
  return Py_NewRef(Py_None);
}

static PyObject *m_stop_is_known(PyObject *module, PyObject *ignored) { return PyBool_FromLong(exchange_stop_is_known()); }

static PyObject *m_tell_lines(PyObject *module, PyObject *ignored) {
  raised_tell_lines();
  return Py_NewRef(Py_None);
}

static PyObject *m_refuse(PyObject *module, PyObject *why) {
  const char *text = PyUnicode_AsUTF8(why);
  wire_refuse(text ? text : "a message that makes no sense", false);
}

static PyObject *m_watch(PyObject *m, PyObject *args) {
  PyObject *f, *told;
  if (!PyArg_ParseTuple(args, "OO", &f, &told))
    return NULL;
  standin_watch(f, told);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"ask", m_ask, METH_VARARGS, NULL},
    {"call", (PyCFunction)(void *)m_call, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"aside", m_aside, METH_VARARGS, NULL},
    {"doubt", m_doubt, METH_VARARGS, NULL},
    {"doubted", m_doubted, METH_O, NULL},
    {"arrays", m_arrays, METH_VARARGS, NULL},
    {"watch_library", m_watch_library, METH_NOARGS, NULL},
    {"changes", m_changes, METH_NOARGS, NULL},
    {"written_there", m_written_there, METH_O, NULL},
    {"agreed", m_agreed, METH_VARARGS, NULL},
    {"attribute", m_attribute, METH_VARARGS, NULL},
    {"assign", m_assign, METH_VARARGS, NULL},
    {"export", m_export, METH_O, NULL},
    {"is_exported", m_is_exported, METH_O, NULL},
    {"own", m_own, METH_O, NULL},
    {"handle", m_handle, METH_O, NULL},
    {"export_class", m_export_class, METH_VARARGS, NULL},
    {"set_class", m_set_class, METH_VARARGS, NULL},
    {"known_class", m_known_class, METH_O, NULL},
    {"foreign", m_foreign, METH_VARARGS, NULL},
    {"forget", m_forget, METH_VARARGS, NULL},
    {"let_go", m_let_go, METH_O, NULL},
    {"reseeded", m_reseeded, METH_NOARGS, NULL},
    {"always_tell", m_always_tell, METH_NOARGS, NULL},
    {"reclassed", m_reclassed, METH_NOARGS, NULL},
    {"release", m_release, METH_O, NULL},
    {"no_dict", m_no_dict, METH_O, NULL},
    {"show_as", m_show_as, METH_VARARGS, NULL},
    {"stand_in", m_stand_in, METH_VARARGS, NULL},
    {"judging", m_judging, METH_NOARGS, NULL},
    {"let_stop", m_let_stop, METH_NOARGS, NULL},
    {"stop_is_known", m_stop_is_known, METH_NOARGS, NULL},
    {"tell_lines", m_tell_lines, METH_NOARGS, NULL},
    {"refuse", m_refuse, METH_O, NULL},
    {"watch", m_watch, METH_VARARGS, NULL},
    {},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_apart", .m_size = -1, .m_methods = methods};

static PyObject *make(void) {
  PyObject *m = PyModule_Create(&definition);
  if (!m || PyType_Ready(&remote_type) < 0 || PyType_Ready(&function_type) < 0 || PyType_Ready(&method_type) < 0 ||
      PyModule_AddObjectRef(m, "Remote", (PyObject *)&remote_type) < 0 || PyModule_AddObjectRef(m, "Function", (PyObject *)&function_type) < 0 ||
      PyModule_AddObjectRef(m, "Method", (PyObject *)&method_type) < 0)
    return NULL;
  return m;
}

int apart_register(void) { return PyImport_AppendInittab("_apart", make); }
