#include "exchange.h"
#include "apart.h"
#include "message.h"
#include "raised.h"
#include "remote.h"
#include "shared.h"
#include "wire.h"

#include <string.h>

__attribute__((import_module("coderm"), import_name("call"))) uint32_t host_call(const uint8_t *message, uint32_t len);

// aside is call on a copy of the other side, which is gone when it returns; 0: no answer.
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

int exchange_aside(struct out *o) {
  uint32_t len = host_aside(o->p, o->len), cap;
  shared_forget(o->mark);
  out_free(o);
  busy = nesting > 0;
  if (!len)
    return -2;
  uint8_t *p = inbox_take(&cap);
  int answer = *p == 'T' ? 1 : *p == 'F' ? 0 : -1;
  inbox_give_back(p, cap);
  return answer;
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

PyObject *ask(const char *name, PyObject *args) {
  struct out o;
  if (!exchange_begin(&o, 'P'))
    return NULL;
  out_int(&o, strlen(name));
  out_raw(&o, name, strlen(name));
  out_int(&o, PyTuple_GET_SIZE(args));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
    if (wire_put_parts(&o, PyTuple_GET_ITEM(args, i)) < 0)
      return exchange_failed(&o);
  return exchange(&o);
}

PyObject *ask_attribute(uint32_t handle, PyObject *name) {
  struct out o;
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
