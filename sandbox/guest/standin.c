#define Py_BUILD_CORE 1
#include "standin.h"
#include "apart.h"
#include "exchange.h"
#include "map.h"
#include "remote.h"
#include "verdict.h"
#include "weak.h"
#include "wire.h"

#include <internal/pycore_coderm.h>
#include <internal/pycore_typeobject.h>
#include <string.h>
#include <structmember.h>

static PyObject *helper;
static PyObject *class_attribute; // object's __class__
static struct map shown_as;       // by stand-in class
static PyTypeObject *metaclass;

void standin_show_as(PyTypeObject *cls, PyTypeObject *as) { map_set(&shown_as, (uintptr_t)cls, (uintptr_t)as); }

void standin_metaclass(PyTypeObject *cls) { metaclass = cls; }

static void remote_dealloc(PyObject *self) {
  Remote *r = (Remote *)self;
  if (Py_TYPE(self) == &function_type && PyObject_CallFinalizerFromDealloc(self) < 0) // for classes of the heap that is done
    return;
  if (r->weak)
    PyObject_ClearWeakRefs(self);
  remote_let_go(r);
  Py_TYPE(self)->tp_free(self);
}

// ---- attributes

static PyObject *remote_getattro(PyObject *self, PyObject *name);

static PyObject *overlaid; // names of methods that some instance was given something else for

PyObject *coderm_type(PyObject *x) {
  PyTypeObject *t = Py_TYPE(x);
  if (t == &function_type || t == &method_type)
    return (PyObject *)&PyFunction_Type;
  if (t == metaclass && x != (PyObject *)metaclass)
    return (PyObject *)&PyType_Type;
  PyObject *as = t->tp_getattro == remote_getattro ? (PyObject *)(uintptr_t)map_get(&shown_as, (uintptr_t)t) : NULL;
  return as ? as : (PyObject *)t;
}

// of_library says whether a class of the library that a stand-in's class has behind
// Remote, for isinstance alone, is where the attribute was found.
static bool of_library(PyTypeObject *type, PyObject *name) {
  PyObject *mro = type->tp_mro;
  Py_ssize_t n = mro ? PyTuple_GET_SIZE(mro) : 0;
  if (n < 2 || PyTuple_GET_ITEM(mro, n - 2) == (PyObject *)&remote_type)
    return false;
  for (Py_ssize_t i = 0; i < n && PyTuple_GET_ITEM(mro, i) != (PyObject *)&remote_type; i++)
    if (PyDict_GetItemWithError(_PyType_GetDict((PyTypeObject *)PyTuple_GET_ITEM(mro, i)), name))
      return false;
  return PyDict_GetItemWithError(remote_type.tp_dict, name) == NULL && PyDict_GetItemWithError(_PyType_GetDict(&PyBaseObject_Type), name) == NULL;
}

// A class of the other side may have attributes here: its special methods, its
// methods' stubs, and what a subclass in this text defines. All else is asked for.
static PyObject *remote_getattro(PyObject *self, PyObject *name) {
  if (!((Remote *)self)->received) // of a class that both sides have a part in, and ours
    return PyObject_GenericGetAttr(self, name);
  PyObject *here = _PyType_Lookup(Py_TYPE(self), name);
  if (here) {
    if (here == class_attribute)
      return Py_NewRef(coderm_type(self));
    if ((Py_TYPE(here) == &method_type && overlaid && PySet_Contains(overlaid, name)) || PyUnicode_CompareWithASCIIString(name, "__doc__") == 0)
      return ask_attribute(((Remote *)self)->handle, name);
    if ((here != _PyType_Lookup(&remote_type, name) || PyDict_GetItemWithError(remote_type.tp_dict, name) == here) && !of_library(Py_TYPE(self), name))
      return PyObject_GenericGetAttr(self, name);
  }
  return ask_attribute(((Remote *)self)->handle, name);
}

static int remote_setattro(PyObject *self, PyObject *name, PyObject *value) {
  PyObject *here = _PyType_Lookup(Py_TYPE(self), name);
  if (!((Remote *)self)->received || (here && here != _PyType_Lookup(&remote_type, name) && Py_TYPE(here)->tp_descr_set && !of_library(Py_TYPE(self), name)))
    return PyObject_GenericSetAttr(self, name, value);
  if (here && Py_TYPE(here) == &method_type && (overlaid || (overlaid = PySet_New(NULL))) && PySet_Add(overlaid, name) < 0)
    return -1;
  return ask_set(((Remote *)self)->handle, name, value);
}

static PyObject *ask_text(PyObject *self, const char *how) {
  PyObject *args = Py_BuildValue("sO", how, self), *r = args ? ask("text", args) : NULL;
  Py_XDECREF(args);
  if (r && !PyUnicode_CheckExact(r)) {
    Py_DECREF(r);
    PyErr_SetString(PyExc_TypeError, "__repr__ returned non-string");
    return NULL;
  }
  return r;
}
static PyObject *remote_repr(PyObject *self) { return ask_text(self, "repr"); }

static PyObject *remote_copy(PyObject *self, PyObject *ignored) { return PyObject_CallMethod(helper, "copied", "O", self); }
static PyObject *remote_deepcopy(PyObject *self, PyObject *memo) { return PyObject_CallMethod(helper, "deepcopied", "O", self); }
static PyObject *remote_reduce(PyObject *self, PyObject *protocol) { return PyObject_CallMethod(helper, "reduced", "O", self); }
static PyObject *remote_dir(PyObject *self, PyObject *ignored) { return PyObject_CallMethod(helper, "listed", "O", self); }

static PyMethodDef remote_methods[] = {{"__copy__", remote_copy, METH_NOARGS, NULL},
                                       {"__deepcopy__", remote_deepcopy, METH_O, NULL},
                                       {"__reduce_ex__", remote_reduce, METH_O, NULL},
                                       {"__dir__", remote_dir, METH_NOARGS, NULL},
                                       {}};

static int remote_bool(PyObject *self) {
  PyTypeObject *t = Py_TYPE(self);
  lenfunc size = t->tp_as_mapping && t->tp_as_mapping->mp_length ? t->tp_as_mapping->mp_length : t->tp_as_sequence ? t->tp_as_sequence->sq_length : NULL;
  Py_ssize_t n = size ? size(self) : 1;
  if (((Remote *)self)->doubted && ((Remote *)self)->doubted != DOUBTED_DIFFERENCE)
    verdict_agreed(NULL);
  return n < 0 ? -1 : n > 0;
}

static PyNumberMethods remote_number = {.nb_bool = remote_bool};

PyTypeObject remote_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "coderm.Remote",
    .tp_basicsize = sizeof(Remote),
    .tp_weaklistoffset = offsetof(Remote, weak),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_dealloc = remote_dealloc,
    .tp_finalize = weak_finalize,
    .tp_getattro = remote_getattro,
    .tp_setattro = remote_setattro,
    .tp_repr = remote_repr,
    .tp_as_number = &remote_number,
    .tp_methods = remote_methods,
};

// ---- functions

static PyObject *watched, *watcher; // a function, and what is told of its calls

static void tell(PyObject *const *args, size_t nargsf, PyObject *names) {
  PyObject *r = PyObject_Vectorcall(watcher, args, PyVectorcall_NARGS(nargsf), names);
  Py_XDECREF(r);
  PyErr_Clear();
}

static PyObject *call_function(PyObject *f, PyObject *const *args, size_t nargsf, PyObject *names) {
  struct out o;
  if (f == watched)
    tell(args, nargsf, names);
  if (is_judge && PyVectorcall_NARGS(nargsf) == 1 && PyType_Check(args[0]) && !names)
    Py_XDECREF(PyObject_CallMethod(helper, "decorated", "O", args[0]));
  if (!exchange_begin(&o, 'C'))
    return NULL;
  out_byte(&o, 'y');
  out_int(&o, ((Remote *)f)->handle);
  if (exchange_put_call(&o, args, PyVectorcall_NARGS(nargsf), names) < 0)
    return exchange_failed(&o);
  return exchange_called(&o);
}

void standin_watch(PyObject *function, PyObject *told) {
  watched = Py_NewRef(function);
  watcher = Py_NewRef(told);
}

static PyObject *function_alloc(PyTypeObject *type, Py_ssize_t n) {
  Remote *r = (Remote *)PyType_GenericAlloc(type, n);
  if (r)
    r->call = call_function;
  return (PyObject *)r;
}

static PyObject *function_get(PyObject *self, PyObject *object, PyObject *type) {
  return object && object != Py_None ? PyMethod_New(self, object) : Py_NewRef(self);
}

static PyObject *function_getattro(PyObject *self, PyObject *name) {
  const char *text = PyUnicode_AsUTF8(name);
  if (text && !strcmp(text, "__class__"))
    return Py_NewRef((PyObject *)&PyFunction_Type);
  if (text && (!strcmp(text, "__call__") || !strcmp(text, "__get__")))
    return PyObject_GenericGetAttr(self, name);
  if (text && is_judge && !strcmp(text, "__globals__")) // one module, as far as the test sees
    return Py_NewRef(apart_namespace() ? apart_namespace() : Py_None);
  if (PyDict_GetItemWithError(remote_type.tp_dict, name) && strcmp(text ? text : "", "__doc__"))
    return PyObject_GenericGetAttr(self, name);
  return ask_attribute(((Remote *)self)->handle, name);
}

PyTypeObject function_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "function",
    .tp_basicsize = sizeof(Remote),
    .tp_base = &remote_type,
    .tp_alloc = function_alloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Remote, call),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = function_get,
    .tp_getattro = function_getattro,
    .tp_setattro = remote_setattro,
};

// ---- methods

typedef struct {
  PyObject_HEAD
  PyObject *owner, *name; // a stand-in class
  vectorcallfunc call;
} Method;

static PyObject *call_method(PyObject *f, PyObject *const *args, size_t nargsf, PyObject *names) {
  Method *m = (Method *)f;
  Py_ssize_t n = PyVectorcall_NARGS(nargsf);
  if (n == 0) {
    PyErr_Format(PyExc_TypeError, "%U() missing 1 required positional argument: 'self'", m->name);
    return NULL;
  }
  struct out o;
  if (!exchange_begin(&o, 'M'))
    return NULL;
  if (wire_put(&o, m->owner) < 0 || wire_put(&o, args[0]) < 0 || wire_put(&o, m->name) < 0 || exchange_put_call(&o, args + 1, n - 1, names) < 0)
    return exchange_failed(&o);
  return exchange_called(&o);
}

static PyObject *method_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *owner, *name;
  if (!PyArg_ParseTuple(args, "OU", &owner, &name))
    return NULL;
  Method *m = (Method *)type->tp_alloc(type, 0);
  if (m)
    *m = (Method){.ob_base = m->ob_base, .owner = Py_NewRef(owner), .name = Py_NewRef(name), .call = call_method};
  return (PyObject *)m;
}

static PyObject *method_getattro(PyObject *self, PyObject *name) {
  Method *m = (Method *)self;
  const char *text = PyUnicode_AsUTF8(name);
  if (text && !strcmp(text, "__class__"))
    return Py_NewRef((PyObject *)&PyFunction_Type);
  if (text && (!strcmp(text, "__call__") || !strcmp(text, "__get__")))
    return PyObject_GenericGetAttr(self, name);
  if (text && !strcmp(text, "__name__"))
    return Py_NewRef(m->name);
  if (text && !strcmp(text, "__objclass__"))
    return Py_NewRef(m->owner);
  int64_t h = remote_handle_of(m->owner);
  PyObject *f = h >= 0 ? ask_attribute(h, m->name) : NULL, *r = f ? PyObject_GetAttr(f, name) : NULL;
  Py_XDECREF(f);
  return r;
}

// Of the class it is the function itself, whatever takes its place there later.
static PyObject *method_get(PyObject *self, PyObject *object, PyObject *type) {
  Method *m = (Method *)self;
  if (object && object != Py_None)
    return PyMethod_New(self, object);
  int64_t h = remote_handle_of(m->owner);
  return h >= 0 ? ask_attribute(h, m->name) : Py_NewRef(self);
}

PyTypeObject method_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "function",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Method, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = method_new,
    .tp_descr_get = method_get,
    .tp_getattro = method_getattro,
};

int standin_init(PyObject *module) {
  helper = module;
  class_attribute = PyDict_GetItemString(_PyType_GetDict(&PyBaseObject_Type), "__class__");
  return class_attribute ? 0 : -1;
}
