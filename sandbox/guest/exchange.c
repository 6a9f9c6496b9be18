#include "exchange.h"
#include "apart.h"
#include "message.h"
#include "raised.h"
#include "remote.h"
#include "shared.h"
#include "wire.h"

#include <string.h>

__attribute__((import_module("coderm"), import_name("call"))) uint32_t host_call(const uint8_t *message, uint32_t len);

// aside is call with many messages, each with its length in four bytes before it, for
// a copy each of the other side; so are the answers, and where there is none, it is empty.
__attribute__((import_module("coderm"), import_name("aside"))) uint32_t host_aside(const uint8_t *message, uint32_t len);

enum { NESTED = 180 };
static int nesting;
static bool busy; // a message is being written, or its answer read

bool exchange_busy(void) { return busy; }

// A call that raises StopIteration would end the iteration that it is a part of,
// all(map(check, cases)) say: only next does that, unless the test knows of it.
static bool stop_known;

void exchange_let_stop(void) { stop_known = true; }

bool exchange_stop_is_known(void) { return stop_known; }

PyObject *exchange(struct out *o) {
  nesting++;
  uint32_t len = host_call(o->p, o->len);
  nesting--;
  out_free(o);
  uint32_t cap;
  uint8_t *p = inbox_take(&cap);
  struct in in = {.p = p, .end = p + len};
  message_get_head(&in);
  PyObject *value = NULL;
  uint8_t kind = in_byte(&in);
  if (kind == 'R')
    value = wire_get(&in);
  else if (kind == 'E')
    raised_get(&in);
  else
    wire_refuse("an answer of no kind", false);
  if (in.p != in.end)
    wire_refuse("a message is too long", false);
  inbox_give_back(p, cap);
  busy = nesting > 0;
  return value;
}

PyObject *exchange_called(struct out *o) {
  PyObject *r = exchange(o);
  if (r || !is_judge || stop_known || !PyErr_ExceptionMatches(PyExc_StopIteration))
    return r;
  PyErr_Clear();
  PyErr_SetString(PyExc_RuntimeError, "a call of the solution's raised StopIteration");
  return NULL;
}

// plain_answer is the value of an answer that has nothing else in it that matters.
static PyObject *plain_answer(struct in *in) {
  if (in->p == in->end || !message_skip_head(in))
    return Py_NewRef(Py_Ellipsis);
  switch (in_byte(in) == 'R' && in->p < in->end ? *in->p : 0) {
  case 0: return Py_NewRef(Py_None);
  case 'N': return Py_NewRef(Py_False);
  case 'T': case 'F': case 'I': case 'i': case 'f': return wire_get(in);
  default: return Py_NewRef(Py_Ellipsis);
  }
}

PyObject *exchange_aside(struct out *all, Py_ssize_t n) {
  uint32_t len = host_aside(all->p, all->len), cap;
  out_free(all);
  uint8_t *p = inbox_take(&cap);
  PyObject *answers = PyList_New(n);
  struct in in = {.p = p, .end = p + len};
  for (Py_ssize_t i = 0; answers && i < n; i++) {
    uint32_t size;
    memcpy(&size, in_raw(&in, sizeof size), sizeof size);
    const uint8_t *at = in_raw(&in, size);
    PyList_SET_ITEM(answers, i, plain_answer(&(struct in){.p = at, .end = at + size}));
  }
  inbox_give_back(p, cap);
  return answers;
}

bool exchange_begin(struct out *o, uint8_t op) {
  *o = (struct out){};
  if (!apart_connected()) {
    PyErr_SetString(PyExc_RuntimeError, "nobody is there to answer");
    return false;
  }
  if (nesting >= NESTED) {
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded between the test and the solution");
    return false;
  }
  busy = true;
  if (message_put_head(o) < 0)
    raised_refuse("a message that cannot be written");
  o->head = o->len;
  o->mark = shared_mark();
  out_byte(o, op);
  return true;
}

PyObject *exchange_failed(struct out *o) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  shared_forget(o->mark);
  o->len = o->head;
  static const char nothing[] = "P\7nothing";
  out_raw(o, nothing, sizeof nothing); // with no arguments
  PyObject *r = exchange(o);
  Py_XDECREF(r);
  PyErr_Restore(type, value, traceback);
  return NULL;
}

int exchange_put_call(struct out *o, PyObject *const *args, Py_ssize_t n, PyObject *names) {
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

static bool put_ask(struct out *o, const char *name, PyObject *args) {
  if (!exchange_begin(o, 'P'))
    return false;
  out_int(o, strlen(name));
  out_raw(o, name, strlen(name));
  out_int(o, PyTuple_GET_SIZE(args));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
    if (wire_put_parts(o, PyTuple_GET_ITEM(args, i)) < 0)
      return exchange_failed(o) != NULL;
  return true;
}

PyObject *ask(const char *name, PyObject *args) {
  struct out o;
  return put_ask(&o, name, args) ? exchange(&o) : NULL;
}

int exchange_put_aside(struct out *all, const char *name, PyObject *args) {
  struct out o;
  if (!put_ask(&o, name, args))
    return -1;
  out_raw(all, &o.len, sizeof o.len);
  out_raw(all, o.p, o.len);
  shared_forget(o.mark);
  out_free(&o);
  busy = nesting > 0;
  return 0;
}

// instrument: a name by which what compares in the test would be told what to find. What
// a mock says of its calls is for the test's own mocks to say, not for what the solution
// puts in their place.
static bool instrument(PyObject *name) {
  const char *text = PyUnicode_AsUTF8(name);
  static const char *const of_mocks[] = {"called", "called_once", "called_with", "called_once_with", "any_call", "has_calls", "not_called",
                                         "awaited", "awaited_once", "awaited_with", "awaited_once_with", "any_await", "has_awaits", "not_awaited"};
  // By these numpy would be given an address, or have the solution compute what the test compares; it may
  // be told what array an object is. By the others sympy and mpmath take an object for another.
  if (text && !strncmp(text, "__array_", 8) && strcmp(text, "__array__"))
    return true;
  static const char *const taken_for[] = {"_sympy_", "__sympy__", "_mpf_", "_mpc_", "_mpi_", "_mpmath_"};
  for (size_t i = 0; text && i < sizeof taken_for / sizeof *taken_for; i++)
    if (!strcmp(text, taken_for[i]))
      return true;
  if (text && !strncmp(text, "assert_", 7))
    for (size_t i = 0; i < sizeof of_mocks / sizeof *of_mocks; i++)
      if (!strcmp(text + 7, of_mocks[i]))
        return true;
  return false;
}

PyObject *ask_attribute(uint32_t handle, PyObject *name) {
  struct out o;
  if (is_judge && instrument(name)) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  if (!exchange_begin(&o, 'G'))
    return NULL;
  out_byte(&o, 'y');
  out_int(&o, handle);
  if (wire_put(&o, name) < 0)
    return exchange_failed(&o);
  return exchange_called(&o);
}

int ask_set(uint32_t handle, PyObject *name, PyObject *value) {
  struct out o;
  if (!exchange_begin(&o, 'S'))
    return -1;
  out_byte(&o, 'y');
  out_int(&o, handle);
  if (wire_put(&o, name) < 0)
    return exchange_failed(&o), -1;
  out_byte(&o, value != NULL);
  if (value && wire_put(&o, value) < 0)
    return exchange_failed(&o), -1;
  PyObject *r = exchange(&o);
  Py_XDECREF(r);
  return r ? 0 : -1;
}
