// A call goes out by one import and comes back as bytes. The object called stays
// where it is: the other side names it by a number, which it was given when the
// object was handed over, and gives back when its stand-in dies.
#define Py_BUILD_CORE 1
#include "remote.h"
#include "apart.h"
#include "cases.h"
#include "guard.h"
#include "runner.h"
#include "verdict.h"

#include <frameobject.h>
#include <internal/pycore_coderm.h>
#include <stdlib.h>
#include <string.h>
#include <structmember.h>

__attribute__((import_module("coderm"), import_name("call"))) uint32_t host_call(const uint8_t *message, uint32_t len);

// aside is call on a copy of the other side, which is gone when it returns; 0: no answer.
__attribute__((import_module("coderm"), import_name("aside"))) uint32_t host_aside(const uint8_t *message, uint32_t len);

enum { NESTED = 180, LINES = 24 };

bool is_judge;
static PyObject *helper;              // apart.py
static PyObject *serve_other, *serve_get, *serve_set, *serve_call; // of it
static PyObject *class_attribute; // object's __class__
static int nesting;

// ---- what the other side may name

struct export {
  PyObject *object;
  uint32_t sent; // how often; it counts in the other side's releases
};
static struct export *exports;
static uint32_t export_count, export_cap, free_export; // free_export: chained through sent
static struct map export_of; // by object: number + 1

static uint32_t export(PyObject *x) {
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
  exports[k] = (struct export){Py_NewRef(x), 0};
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
  exports[k] = (struct export){NULL, free_export};
  free_export = k + 1;
  Py_DECREF(x);
}

static PyObject *exported(uint64_t k) {
  if (k >= export_count || !exports[k].object)
    wire_refuse("a handle that was not given", false);
  return exports[k].object;
}

// ---- stand-ins

typedef struct {
  PyObject_HEAD
  uint32_t handle, received;
  PyObject *weak;
  vectorcallfunc call;
  bool doubted; // an answer that says yes to everything, if it is taken for one
} Remote;

static struct map stand_ins;  // by the other side's number + 1
static struct map foreign;    // stand-ins that are no Remote, by object: number + 1
static struct map class_of;   // exported classes, by class: number + 1
static struct map classes;    // stand-in classes, by the other side's number + 1
static uint32_t *gone, gone_count, gone_cap; // pairs to release

static PyTypeObject remote_type, function_type, method_type;
static struct map shown_as; // stand-in classes of library classes
static PyTypeObject *metaclass;

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

static void remote_dealloc(PyObject *self) {
  Remote *r = (Remote *)self;
  if (r->weak)
    PyObject_ClearWeakRefs(self);
  if (r->received) {
    map_remove(&stand_ins, r->handle + 1);
    let_go(r->handle, r->received);
  }
  Py_TYPE(self)->tp_free(self);
}

static PyObject *stand_in(PyTypeObject *type, uint32_t k) {
  Remote *r = (Remote *)(uintptr_t)map_get(&stand_ins, k + 1);
  if (r) {
    r->received++;
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

// handle_of is the other side's number of x, or -1.
static int64_t handle_of(PyObject *x) {
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

// ---- values

int remote_put(struct out *o, PyObject *x) {
  int64_t h = handle_of(x);
  if (h >= 0) {
    out_byte(o, 'y');
    out_int(o, h);
    return 0;
  }
  if (PyFunction_Check(x) && !guard_is_library(PyFunction_GET_CODE(x))) {
    uint32_t k = export(x);
    exports[k].sent++;
    out_byte(o, 'h');
    out_int(o, k);
    return 0;
  }
  uint32_t cls = map_get(&class_of, (uintptr_t)Py_TYPE(x));
  if (!cls)
    return 1;
  remote_put_object(o, x, cls - 1);
  return 0;
}

void remote_put_object(struct out *o, PyObject *x, uint32_t cls) {
  uint32_t k = export(x);
  exports[k].sent++;
  out_byte(o, 'O');
  out_int(o, cls);
  out_int(o, k);
}

static PyObject *helper_call(const char *name, PyObject *arg) {
  PyObject *r = PyObject_CallMethod(helper, name, "O", arg);
  return r;
}

// class_for gives the stand-in of the other side's class k, made when first met.
static PyTypeObject *class_for(uint64_t k) {
  if (k > INT32_MAX)
    wire_refuse("a class with a number that it may not have", false);
  PyTypeObject *c = (PyTypeObject *)(uintptr_t)map_get(&classes, k + 1);
  if (c)
    return c;
  PyObject *number = PyLong_FromUnsignedLong(k), *r = number ? helper_call("class_for", number) : NULL;
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
    return Py_NewRef(exported(in_int(in)));
  if (tag == 'h') {
    uint64_t k = in_int(in);
    if (k > INT32_MAX)
      wire_refuse("a handle with a number that it may not have", false);
    return stand_in(&function_type, k);
  }
  if (tag != 'O')
    return NULL;
  PyTypeObject *c = class_for(in_int(in));
  uint64_t k = in_int(in);
  if (k > INT32_MAX)
    wire_refuse("a handle with a number that it may not have", false);
  return stand_in(c, k);
}

// ---- messages

static struct {
  uint8_t *p;
  uint32_t cap; // where the host puts what comes next
  uint32_t *lines, raised;
} inbox;

// Where an exception came from is left out of the message, unless the test asks for
// tracebacks: other solutions raise the same one elsewhere. The line that a verdict
// names is a number from here on, by which the host finds it in the contestant.
enum { RAISED = 4096, UNKNOWN = 1000000000 };
static bool tell_lines;

static void keep_line(PyTracebackObject *at) {
  if (!inbox.lines)
    inbox.lines = calloc(RAISED, sizeof *inbox.lines);
  if (inbox.lines && inbox.raised < RAISED)
    inbox.lines[inbox.raised] = at ? at->tb_lineno : 0;
  inbox.raised++;
}

EXPORT(inbox) void *inbox_at(void) { return &inbox; }

EXPORT(room) void *room(uint32_t len) {
  free(inbox.p);
  inbox.cap = len < 4096 ? 4096 : len;
  inbox.p = malloc(inbox.cap);
  if (!inbox.p)
    inbox.cap = 0;
  return inbox.p;
}

// take hands over the inbox, for what is read may set other messages going.
static uint8_t *take(void) {
  uint8_t *p = inbox.p;
  inbox.p = NULL;
  inbox.cap = 0;
  return p;
}

static void give_back(uint8_t *p, uint32_t cap) {
  if (!inbox.p && cap <= 4096) {
    inbox.p = p;
    inbox.cap = 4096;
  } else {
    free(p);
  }
}

static int put_head(struct out *o) {
  // First what may run code or make changes.
  if (apart_put_extras(o) < 0 || wire_put_changes(o) < 0)
    return -1;
  out_int(o, gone_count / 2);
  for (uint32_t i = 0; i < gone_count; i++)
    out_int(o, gone[i]);
  gone_count = 0;
  return 0;
}

// Reading a message must not fail where the call that it belongs to would not.
enum { HEADROOM = 400 };

static void get_head(struct in *in) {
  apart_get_extras(in);
  wire_get_changes(in);
  for (uint32_t n = in_count(in); n > 0; n--) {
    uint64_t k = in_int(in), times = in_int(in);
    release(k > UINT32_MAX ? UINT32_MAX : k, times > UINT32_MAX ? UINT32_MAX : times);
  }
  apart_apply();
}

// refuse_raised ends the pair and says what was raised.
[[noreturn]] static void refuse_raised(const char *what) {
  bool memory = PyErr_ExceptionMatches(PyExc_MemoryError);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyObject *text = PyUnicode_FromFormat("%s: %R", what, value ? value : Py_None);
  const char *why = text ? PyUnicode_AsUTF8(text) : NULL;
  wire_refuse(why ? why : what, memory);
}

// put_raised writes the exception that is set, and where in the text it came from.
static void put_raised(struct out *o) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback && PyExceptionInstance_Check(value))
    PyException_SetTraceback(value, traceback);
  struct out whole = *o;
  if (wire_put(&whole, value) < 0)
    refuse_raised("an exception that cannot cross");
  *o = whole;
  PyTracebackObject *at[LINES];
  uint32_t n = 0;
  const char *own = is_judge ? "/test.py" : "/solution.py";
  for (PyTracebackObject *t = (PyTracebackObject *)traceback; t && n < LINES; t = t->tb_next) {
    PyCodeObject *code = PyFrame_GetCode(t->tb_frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    if (file && !strcmp(file, own))
      at[n++] = t;
    Py_DECREF(code);
  }
  PyErr_Clear();
  PyObject *context = value && PyExceptionInstance_Check(value) ? PyException_GetContext(value) : NULL;
  if (wire_put(o, context && handle_of(value) >= 0 ? context : Py_None) < 0) // of its own, it had when it was handed over
    wire_refuse("an exception that cannot cross", false);
  Py_XDECREF(context);
  if (!is_judge)
    keep_line(n ? at[n - 1] : NULL);
  if (!is_judge && !tell_lines)
    n = 0;
  out_int(o, n);
  while (n-- > 0) { // the innermost first
    PyCodeObject *code = PyFrame_GetCode(at[n]->tb_frame);
    wire_put(o, code->co_name);
    out_int(o, at[n]->tb_lineno);
    Py_DECREF(code);
  }
  PyErr_Clear();
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
}

void _PyTraceback_Add(const char *, const char *, int);

static void raise_got(struct in *in) {
  PyObject *value = wire_get(in);
  if (!PyExceptionInstance_Check(value))
    wire_refuse("an exception that is none", false);
  PyObject *context = wire_get(in), *had = PyException_GetContext(value);
  if (!had && context != value && PyExceptionInstance_Check(context))
    PyException_SetContext(value, Py_NewRef(context));
  Py_DECREF(context);
  Py_XDECREF(had);
  uint32_t n = in_count(in);
  if (n > LINES)
    wire_refuse("a traceback that is too long", false);
  PyObject *names[LINES];
  int lines[LINES];
  for (uint32_t i = 0; i < n; i++) {
    names[i] = wire_get(in);
    if (!PyUnicode_CheckExact(names[i]))
      wire_refuse("a traceback without names", false);
    lines[i] = (int)(in_int(in) & 0xffffff);
  }
  PyException_SetTraceback(value, Py_None);
  PyErr_SetObject((PyObject *)Py_TYPE(value), value);
  if (is_judge) {
    static int raised;
    if (!n)
      _PyTraceback_Add("?", "/solution.py", UNKNOWN + raised);
    raised++;
  }
  for (uint32_t i = 0; i < n; i++) {
    const char *name = PyUnicode_AsUTF8(names[i]);
    _PyTraceback_Add(name ? name : "?", is_judge ? "/solution.py" : "/test.py", lines[i]);
    Py_DECREF(names[i]);
  }
  Py_DECREF(value);
}

// A call that raises StopIteration would end the iteration that it is a part of,
// all(map(check, cases)) say: only next does that, unless the test knows of it.
static bool stop_known;

static PyObject *called(PyObject *r) {
  if (r || !is_judge || stop_known || !PyErr_ExceptionMatches(PyExc_StopIteration))
    return r;
  PyErr_Clear();
  PyErr_SetString(PyExc_RuntimeError, "a call of the solution's raised StopIteration");
  return NULL;
}

// exchange sends a request and gives what came back: a value, or NULL with the
// exception that was raised there.
static PyObject *exchange(struct out *o) {
  nesting++;
  uint32_t len = host_call(o->p, o->len);
  nesting--;
  out_free(o);
  uint32_t cap = inbox.cap;
  uint8_t *p = take();
  struct in in = {.p = p, .end = p + len};
  get_head(&in);
  PyObject *value = NULL;
  uint8_t kind = in_byte(&in);
  if (kind == 'R')
    value = wire_get(&in);
  else if (kind == 'E')
    raise_got(&in);
  else
    wire_refuse("an answer of no kind", false);
  if (in.p != in.end)
    wire_refuse("a message is too long", false);
  give_back(p, cap);
  return value;
}

static bool begin(struct out *o, uint8_t op) {
  *o = (struct out){};
  if (!apart_connected()) {
    PyErr_SetString(PyExc_RuntimeError, "nobody is there to answer");
    return false;
  }
  if (nesting >= NESTED) {
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded between the test and the solution");
    return false;
  }
  if (put_head(o) < 0)
    refuse_raised("a message that cannot be written");
  o->head = o->len;
  o->mark = wire_mark();
  out_byte(o, op);
  return true;
}

// failed is for a request that could not be written to its end: what stands before
// it is sent all the same, for nothing here remembers it.
static PyObject *failed(struct out *o) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  wire_forget(o->mark);
  o->len = o->head;
  static const char nothing[] = "P\7nothing";
  out_raw(o, nothing, sizeof nothing); // with no arguments
  PyObject *r = exchange(o);
  Py_XDECREF(r);
  PyErr_Restore(type, value, traceback);
  return NULL;
}

static int put_call(struct out *o, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  out_int(o, n);
  for (Py_ssize_t i = 0; i < n; i++)
    if (wire_put_same(o, args[i]) < 0)
      return -1;
  Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
  out_int(o, named);
  for (Py_ssize_t i = 0; i < named; i++)
    if (wire_put(o, PyTuple_GET_ITEM(names, i)) < 0 || wire_put(o, args[n + i]) < 0)
      return -1;
  return 0;
}

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
  if (!begin(&o, 'C'))
    return NULL;
  out_byte(&o, 'y');
  out_int(&o, ((Remote *)f)->handle);
  if (put_call(&o, args, PyVectorcall_NARGS(nargsf), names) < 0)
    return failed(&o);
  return called(exchange(&o));
}

PyObject *remote_ask(const char *name, PyObject *args) {
  struct out o;
  if (!begin(&o, 'P'))
    return NULL;
  out_int(&o, strlen(name));
  out_raw(&o, name, strlen(name));
  out_int(&o, PyTuple_GET_SIZE(args));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
    if (wire_put(&o, PyTuple_GET_ITEM(args, i)) < 0)
      return failed(&o);
  return exchange(&o);
}

// ---- serving

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

static PyObject *serve(struct in *in) {
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
  case 'A': // as P: a copy must not know that it is one
    if (is_judge)
      wire_refuse("a request of no kind", false);
    in_byte(in);
    [[fallthrough]];
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

// special_of has a special method done as a request for it would.
static PyObject *special_of(PyObject *x, const char *name, PyObject *arg) {
  if (PyNumber_Check(x) && !map_get(&class_of, (uintptr_t)Py_TYPE(x)) && !PyType_HasFeature(Py_TYPE(x), Py_TPFLAGS_HEAPTYPE))
    return arg ? PyObject_CallMethod(x, name, "O", arg) : PyObject_CallMethod(x, name, NULL);
  PyObject *args = Py_BuildValue(arg ? "OsO(O){}" : "OsO(){}", Py_TYPE(x), name, x, arg), *what = PyUnicode_FromString("special");
  PyObject *r = args && what ? PyObject_CallFunctionObjArgs(serve_other, what, args, NULL) : NULL;
  Py_XDECREF(args);
  Py_XDECREF(what);
  return r;
}

// truth_of says whether an answer of a copy is true, or with near no larger than
// what the test takes for nothing: 1 or 0, or -1.
static int truth_of(PyObject *r, bool near) {
  if (r == Py_NotImplemented)
    return -1;
  if (!near)
    return PyObject_IsTrue(r);
  PyObject *digits = PyLong_FromLong(7), *little = PyFloat_FromDouble(1e-6), *zero = PyLong_FromLong(0);
  PyObject *size = special_of(r, "__abs__", NULL), *rounded = size ? special_of(size, "__round__", digits) : NULL;
  int is = rounded ? PyObject_RichCompareBool(rounded, zero, Py_EQ) : -1;
  for (const char **name = (const char *[]){"__lt__", "__le__", NULL}; size && is != 1 && *name; name++) {
    PyErr_Clear();
    PyObject *less = special_of(size, *name, little);
    is = less && less != Py_NotImplemented ? PyObject_IsTrue(less) : is;
  }
  return is;
}

static struct out answer; // until the next

uint64_t remote_serve(uint32_t len) {
  uint32_t cap = inbox.cap;
  uint8_t *p = take();
  struct in in = {.p = p, .end = p + len};
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback); // of a call that this one is within
  get_head(&in);
  bool aside = in.p < in.end && *in.p == 'A', near = aside && in.end - in.p > 1 && in.p[1];
  PyObject *r = serve(&in);
  give_back(p, cap);
  struct out o = {};
  if (aside) { // this instance is a copy that nobody asks again
    int is = r ? truth_of(r, near) : -1;
    out_byte(&o, is == 1 ? 'T' : is == 0 ? 'F' : 'N');
    return (uint64_t)(uintptr_t)o.p << 32 | o.len;
  }
  PyObject *raised[3];
  if (!r)
    PyErr_Fetch(&raised[0], &raised[1], &raised[2]);
  if (put_head(&o) < 0)
    wire_refuse("an answer that cannot cross", PyErr_ExceptionMatches(PyExc_MemoryError));
  out_byte(&o, r ? 'R' : 'E');
  if (!r)
    PyErr_Restore(raised[0], raised[1], raised[2]);
  uint32_t mark = o.len, known = wire_mark();
  if (r && wire_put_same(&o, r) < 0) {
    if (PyErr_ExceptionMatches(PyExc_MemoryError))
      wire_refuse("no memory for an answer", true);
    o.len = mark - 1;
    wire_forget(known);
    out_byte(&o, 'E');
    Py_CLEAR(r);
  }
  if (!r)
    put_raised(&o);
  Py_XDECREF(r);
  PyErr_Restore(type, value, traceback);
  out_free(&answer);
  answer = o;
  return (uint64_t)(uintptr_t)o.p << 32 | o.len;
}

// ---- attributes

static PyObject *remote_getattro(PyObject *self, PyObject *name);

static PyObject *ask_attribute(uint32_t handle, PyObject *name) {
  struct out o;
  if (!begin(&o, 'G'))
    return NULL;
  out_byte(&o, 'y');
  out_int(&o, handle);
  if (wire_put(&o, name) < 0)
    return failed(&o);
  return called(exchange(&o));
}

static int ask_set(uint32_t handle, PyObject *name, PyObject *value) {
  struct out o;
  if (!begin(&o, 'S'))
    return -1;
  out_byte(&o, 'y');
  out_int(&o, handle);
  if (wire_put(&o, name) < 0)
    return failed(&o), -1;
  out_byte(&o, value != NULL);
  if (value && wire_put(&o, value) < 0)
    return failed(&o), -1;
  PyObject *r = exchange(&o);
  Py_XDECREF(r);
  return r ? 0 : -1;
}

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

// A class of the other side may have attributes here: its special methods, its
// methods' stubs, and what a subclass in this text defines. All else is asked for.
static PyObject *remote_getattro(PyObject *self, PyObject *name) {
  if (!((Remote *)self)->received) // of a class that both sides have a part in, and ours
    return PyObject_GenericGetAttr(self, name);
  PyObject *here = _PyType_Lookup(Py_TYPE(self), name);
  if (here) {
    if (here == class_attribute)
      return Py_NewRef(coderm_type(self));
    if (Py_TYPE(here) == &method_type && overlaid && PySet_Contains(overlaid, name))
      return ask_attribute(((Remote *)self)->handle, name);
    if (here != _PyType_Lookup(&remote_type, name) || PyDict_GetItemWithError(remote_type.tp_dict, name) == here)
      return PyObject_GenericGetAttr(self, name);
  }
  return ask_attribute(((Remote *)self)->handle, name);
}

static int remote_setattro(PyObject *self, PyObject *name, PyObject *value) {
  PyObject *here = _PyType_Lookup(Py_TYPE(self), name);
  if (!((Remote *)self)->received || (here && here != _PyType_Lookup(&remote_type, name) && Py_TYPE(here)->tp_descr_set))
    return PyObject_GenericSetAttr(self, name, value);
  if (here && Py_TYPE(here) == &method_type && (overlaid || (overlaid = PySet_New(NULL))) && PySet_Add(overlaid, name) < 0)
    return -1;
  return ask_set(((Remote *)self)->handle, name, value);
}

static PyObject *ask_text(PyObject *self, const char *how) {
  PyObject *args = Py_BuildValue("sO", how, self), *r = args ? remote_ask("text", args) : NULL;
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
  if (n > 0 && ((Remote *)self)->doubted)
    verdict_agreed();
  return n < 0 ? -1 : n > 0;
}

static PyNumberMethods remote_number = {.nb_bool = remote_bool};

static PyTypeObject remote_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "coderm.Remote",
    .tp_basicsize = sizeof(Remote),
    .tp_weaklistoffset = offsetof(Remote, weak),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_dealloc = remote_dealloc,
    .tp_getattro = remote_getattro,
    .tp_setattro = remote_setattro,
    .tp_repr = remote_repr,
    .tp_as_number = &remote_number,
    .tp_methods = remote_methods,
};

// ---- functions

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

static PyTypeObject function_type = {
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
  if (!begin(&o, 'M'))
    return NULL;
  if (wire_put(&o, m->owner) < 0 || wire_put(&o, args[0]) < 0 || wire_put(&o, m->name) < 0 || put_call(&o, args + 1, n - 1, names) < 0)
    return failed(&o);
  return called(exchange(&o));
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
  int64_t h = handle_of(m->owner);
  PyObject *f = h >= 0 ? ask_attribute(h, m->name) : NULL, *r = f ? PyObject_GetAttr(f, name) : NULL;
  Py_XDECREF(f);
  return r;
}

// Of the class it is the function itself, whatever takes its place there later.
static PyObject *method_get(PyObject *self, PyObject *object, PyObject *type) {
  Method *m = (Method *)self;
  if (object && object != Py_None)
    return PyMethod_New(self, object);
  int64_t h = handle_of(m->owner);
  return h >= 0 ? ask_attribute(h, m->name) : Py_NewRef(self);
}

static PyTypeObject method_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "function",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Method, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = method_new,
    .tp_descr_get = method_get,
    .tp_getattro = method_getattro,
};

// ---- what apart.py uses

static PyObject *m_ask(PyObject *module, PyObject *args) {
  PyObject *name = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
  const char *text = name && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
  if (!text) {
    PyErr_SetString(PyExc_TypeError, "a name");
    return NULL;
  }
  PyObject *rest = PyTuple_GetSlice(args, 1, PY_SSIZE_T_MAX), *r = rest ? remote_ask(text, rest) : NULL;
  Py_XDECREF(rest);
  return r;
}

static PyObject *m_call(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  struct out o;
  if (!begin(&o, 'C'))
    return NULL;
  if (wire_put(&o, args[0]) < 0 || put_call(&o, args + 1, n - 1, names) < 0)
    return failed(&o);
  return called(exchange(&o));
}

// aside asks a special method in a copy of the other side and says whether the
// answer was true; None where it raised, ... where nothing came back. The copy is
// gone afterwards, and nothing here may remember it.
static PyObject *m_aside(PyObject *module, PyObject *args) {
  PyObject *none = PyTuple_New(0), *r = none ? remote_ask("nothing", none) : NULL; // nothing is pending now
  Py_XDECREF(none);
  struct out o;
  if (!r || !begin(&o, 'A'))
    return NULL;
  Py_DECREF(r);
  uint32_t mark = wire_mark();
  Py_ssize_t n = PyTuple_GET_SIZE(args);
  out_byte(&o, PyTuple_GET_ITEM(args, 0) == Py_True);
  out_int(&o, strlen("special"));
  out_raw(&o, "special", strlen("special"));
  out_int(&o, n - 1);
  for (Py_ssize_t i = 1; i < n; i++)
    if (wire_put(&o, PyTuple_GET_ITEM(args, i)) < 0)
      return failed(&o);
  uint32_t len = host_aside(o.p, o.len), cap = inbox.cap;
  out_free(&o);
  wire_forget(mark);
  if (!len)
    return Py_NewRef(Py_Ellipsis);
  uint8_t *p = take();
  PyObject *answer = Py_NewRef(*p == 'T' ? Py_True : *p == 'F' ? Py_False : Py_None);
  give_back(p, cap);
  return answer;
}

// doubt: if x is taken for true, the solution's object agrees with everything.
static PyObject *m_doubt(PyObject *module, PyObject *x) {
  if (remote_is(x))
    ((Remote *)x)->doubted = true;
  return Py_NewRef(Py_None);
}

static PyObject *m_doubted(PyObject *module, PyObject *x) { return PyBool_FromLong(remote_is(x) && ((Remote *)x)->doubted); }

static PyObject *m_changes(PyObject *module, PyObject *ignored) { return PyLong_FromUnsignedLong(wire_changes_read()); }

static PyObject *m_written_there(PyObject *module, PyObject *path) {
  const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : NULL;
  PyErr_Clear();
  return PyBool_FromLong(text && apart_written_there(text));
}

static PyObject *m_agreed(PyObject *module, PyObject *ignored) {
  verdict_agreed();
  return Py_NewRef(Py_None);
}

static PyObject *m_attribute(PyObject *module, PyObject *args) {
  PyObject *x, *name;
  if (!PyArg_ParseTuple(args, "OU", &x, &name))
    return NULL;
  int64_t h = handle_of(x);
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
  int64_t h = handle_of(x);
  if (h < 0) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  return ask_set(h, name, value) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *m_export(PyObject *module, PyObject *x) {
  uint32_t k = export(x);
  exports[k].sent++;
  return PyLong_FromUnsignedLong(k);
}

static PyObject *m_is_exported(PyObject *module, PyObject *x) { return PyBool_FromLong(map_get(&export_of, (uintptr_t)x) != 0); }

static PyObject *m_own(PyObject *module, PyObject *number) {
  unsigned long k = PyLong_AsUnsignedLong(number);
  if (k == (unsigned long)-1 && PyErr_Occurred())
    return NULL;
  return Py_NewRef(exported(k));
}

static PyObject *m_handle(PyObject *module, PyObject *x) {
  int64_t h = handle_of(x);
  return h < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(h);
}

// export_class: instances of this class go as handles.
static PyObject *m_export_class(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  map_set(&class_of, (uintptr_t)cls, k + 1);
  Py_INCREF(cls);
  return Py_NewRef(Py_None);
}

// set_class: the other side's class k is cls here.
static PyObject *m_set_class(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  Py_INCREF(cls);
  map_set(&classes, k + 1, (uintptr_t)cls);
  map_set(&foreign, (uintptr_t)cls, k + 1);
  return Py_NewRef(Py_None);
}

static PyObject *m_known_class(PyObject *module, PyObject *number) {
  unsigned long k = PyLong_AsUnsignedLong(number);
  PyObject *c = (PyObject *)(uintptr_t)map_get(&classes, k + 1);
  PyErr_Clear();
  return Py_NewRef(c ? c : Py_None);
}

// foreign: x is the other side's object k, until forget.
static PyObject *m_foreign(PyObject *module, PyObject *args) {
  PyObject *x;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &x, &k))
    return NULL;
  map_set(&foreign, (uintptr_t)x, k + 1);
  return Py_NewRef(Py_None);
}

static PyObject *m_forget(PyObject *module, PyObject *args) {
  unsigned long id, k;
  if (!PyArg_ParseTuple(args, "kk", &id, &k))
    return NULL;
  if (map_get(&foreign, id) == k + 1)
    map_remove(&foreign, id);
  return Py_NewRef(Py_None);
}

static PyObject *m_let_go(PyObject *module, PyObject *x) {
  Remote *r = (Remote *)x;
  if (remote_is(x) && r->received) {
    map_remove(&stand_ins, r->handle + 1);
    let_go(r->handle, r->received);
    r->received = 0;
  }
  return Py_NewRef(Py_None);
}

static PyObject *m_reseeded(PyObject *module, PyObject *ignored) {
  apart_reseeded();
  return Py_NewRef(Py_None);
}

static PyObject *m_release(PyObject *module, PyObject *number) {
  let_go(PyLong_AsUnsignedLong(number), 1);
  return Py_NewRef(Py_None);
}

// show_as: instances of the stand-in class say that they are of this class.
static PyObject *m_show_as(PyObject *module, PyObject *args) {
  PyObject *cls, *as;
  if (!PyArg_ParseTuple(args, "OO", &cls, &as))
    return NULL;
  if (cls == as)
    metaclass = (PyTypeObject *)cls;
  else
    map_set(&shown_as, (uintptr_t)cls, (uintptr_t)as);
  return Py_NewRef(Py_None);
}

static PyObject *m_stand_in(PyObject *module, PyObject *args) {
  PyObject *cls;
  unsigned k;
  if (!PyArg_ParseTuple(args, "OI", &cls, &k))
    return NULL;
  return stand_in((PyTypeObject *)cls, k);
}

static PyObject *m_judging(PyObject *module, PyObject *ignored) { return PyBool_FromLong(is_judge); }

static PyObject *m_let_stop(PyObject *module, PyObject *ignored) {
  stop_known = true;
  return Py_NewRef(Py_None);
}

static PyObject *m_stop_is_known(PyObject *module, PyObject *ignored) { return PyBool_FromLong(stop_known); }

static PyObject *m_tell_lines(PyObject *module, PyObject *ignored) {
  tell_lines = true;
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
  watched = Py_NewRef(f);
  watcher = Py_NewRef(told);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"ask", m_ask, METH_VARARGS, NULL},
    {"call", (PyCFunction)(void *)m_call, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"aside", m_aside, METH_VARARGS, NULL},
    {"doubt", m_doubt, METH_O, NULL},
    {"doubted", m_doubted, METH_O, NULL},
    {"changes", m_changes, METH_NOARGS, NULL},
    {"written_there", m_written_there, METH_O, NULL},
    {"agreed", m_agreed, METH_NOARGS, NULL},
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
    {"release", m_release, METH_O, NULL},
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

int remote_register(void) { return PyImport_AppendInittab("_apart", make); }

int remote_init(PyObject *module) {
  helper = module;
  serve_other = PyObject_GetAttrString(helper, "serve");
  serve_get = PyObject_GetAttrString(helper, "serve_get");
  serve_set = PyObject_GetAttrString(helper, "serve_set");
  serve_call = PyObject_GetAttrString(helper, "serve_call");
  class_attribute = PyDict_GetItemString(PyBaseObject_Type.tp_dict, "__class__");
  return serve_other && serve_get && serve_set && serve_call && wire_init(helper) == 0 ? 0 : -1;
}
