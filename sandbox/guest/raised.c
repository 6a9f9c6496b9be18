#include "raised.h"
#include "message.h"
#include "remote.h"
#include "verdict.h"
#include "wire.h"

#include <Python.h>
#include <frameobject.h>
#include <string.h>

// Where an exception came from is left out of the message, unless the test asks for
// tracebacks: other solutions raise the same one elsewhere. The line that a verdict
// names is a number from here on, by which the host finds it in the contestant.
enum { LINES = 24, UNKNOWN = 1000000000 };
static bool tell_lines;

void raised_tell_lines(void) { tell_lines = true; }

void raised_refuse(const char *what) {
  bool memory = PyErr_ExceptionMatches(PyExc_MemoryError);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyObject *text = PyUnicode_FromFormat("%s: %R", what, value ? value : Py_None);
  const char *why = text ? PyUnicode_AsUTF8(text) : NULL;
  wire_refuse(why ? why : what, memory);
}

// An assertion of unittest's that has failed in a call from the solution, until it
// is back: a solution may not try until one holds.
static PyObject *failed;
static bool lost;

bool raised_lost(void) {
  bool was = lost || failed;
  lost = false;
  Py_CLEAR(failed);
  return was;
}

static bool of_unittest(PyTracebackObject *t) {
  while (t && t->tb_next)
    t = t->tb_next;
  PyCodeObject *code = t ? PyFrame_GetCode(t->tb_frame) : NULL;
  const char *file = code ? PyUnicode_AsUTF8(code->co_filename) : NULL;
  bool is = file && strstr(file, "/unittest/");
  Py_XDECREF(code);
  PyErr_Clear();
  return is;
}

static void note_failed(PyObject *value, PyObject *traceback) {
  if (!is_judge || !value || !PyObject_TypeCheck(value, (PyTypeObject *)PyExc_AssertionError) || !of_unittest((PyTracebackObject *)traceback))
    return;
  lost = lost || (failed && failed != value);
  Py_XSETREF(failed, Py_NewRef(value));
}

// note_back looks for it in what the solution raised, and in what that was raised for.
static void note_back(PyObject *value) {
  PyObject *e = Py_NewRef(value);
  for (int i = 0; failed && e && i < 20; i++) {
    if (e == failed)
      Py_CLEAR(failed);
    PyObject *cause = PyException_GetCause(e);
    Py_SETREF(e, cause ? cause : PyException_GetContext(e));
  }
  Py_XDECREF(e);
}

void raised_put(struct out *o) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback && PyExceptionInstance_Check(value))
    PyException_SetTraceback(value, traceback);
  note_failed(value, traceback);
  struct out whole = *o;
  if (wire_put(&whole, value) < 0)
    raised_refuse("an exception that cannot cross");
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
  if (wire_put(o, context && remote_handle_of(value) >= 0 ? context : Py_None) < 0) // of its own, it had when it was handed over
    wire_refuse("an exception that cannot cross", false);
  Py_XDECREF(context);
  if (!is_judge)
    inbox_keep_line(n ? line_of(at[n - 1]) : 0);
  if (!is_judge && !tell_lines)
    n = 0;
  out_int(o, n);
  while (n-- > 0) { // the innermost first
    PyCodeObject *code = PyFrame_GetCode(at[n]->tb_frame);
    wire_put(o, code->co_name);
    out_int(o, line_of(at[n]));
    Py_DECREF(code);
  }
  PyErr_Clear();
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
}

void _PyTraceback_Add(const char *, const char *, int);

void raised_get(struct in *in) {
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
  note_back(value);
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
