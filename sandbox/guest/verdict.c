// Everything that decides a verdict lives in these C variables: Python code has
// no name for them, and only verdict_send calls the import.
#include "verdict.h"
#include "guest.h"
#include "runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((import_module("coderm"), import_name("verdict"))) void host_verdict(uint64_t nonce, const uint8_t *record, uint32_t len);

enum { VERSION = 2, HEAD = 20, DETAIL = 600, ENTRIES = UINT16_MAX, NAMES = 768 << 10, NAME = 255 };

static struct {
  uint64_t nonce;
  bool sent;
  enum kind kind; // 0 while nothing went wrong
  uint32_t tests, failures, errors;
  char detail[DETAIL];
  bool full; // no room for another entry
  uint32_t entries, names_len;
  uint8_t record[HEAD + DETAIL + NAMES]; // classes and methods; the rest goes before them at the end
} v;
static uint8_t *const names = v.record + HEAD + DETAIL;

void verdict_begin(uint64_t nonce) {
  v.nonce = nonce;
  v.sent = false;
  v.kind = 0;
  v.full = false;
  v.tests = v.failures = v.errors = v.entries = v.names_len = 0;
  v.detail[0] = 0;
}

// add writes an entry of the record: a method, or with kind 0 the class of those
// that follow. A long name is cut at a character's end; one without UTF-8 shows as
// "?". What finds no room is left out, with all that follows.
static void add(PyObject *name, uint8_t kind) {
  Py_ssize_t len = 0;
  const char *text = name ? PyUnicode_AsUTF8AndSize(name, &len) : "";
  if (!text) {
    PyErr_Clear();
    text = "?";
    len = 1;
  }
  if (len > NAME)
    for (len = NAME; (text[len] & 0xc0) == 0x80;)
      len--;
  v.full = v.full || v.entries == ENTRIES || v.names_len + 4 + len > NAMES;
  if (v.full)
    return;
  uint8_t *p = names + v.names_len;
  p[0] = kind;
  p[1] = 0;
  p[2] = len;
  p[3] = 0;
  memcpy(p + 4, text, len);
  v.names_len += 4 + len;
  v.entries++;
}

void verdict_class(PyObject *name) { add(name, 0); }

void verdict_method(PyObject *name, enum kind kind) {
  v.tests++;
  if (kind == FAIL)
    v.failures++;
  else if (kind != PASS)
    v.errors++;
  add(name, kind); // counted above, with room or without
}

// one_line cuts the text at its first line and makes it printable.
static void one_line(char *text) {
  char *from = text + strspn(text, " \t\r\n"), *to = text;
  while (*from && *from != '\n' && *from != '\r') {
    *to++ = (unsigned char)*from < ' ' ? ' ' : *from;
    from++;
  }
  *to = 0;
}

void verdict_note(enum kind kind, const char *format, ...) {
  if (v.kind)
    return;
  v.kind = kind;
  va_list args;
  va_start(args, format);
  vsnprintf(v.detail, sizeof v.detail, format, args);
  va_end(args);
  one_line(v.detail);
}

void verdict_is(enum kind kind) { v.kind = kind; }

void verdict_forget(void) { v.kind = 0; }

static bool agreed;

void verdict_agreed(const char *how) {
  agreed = true;
  verdict_note(FAIL, "%s", how ? how : "the solution's object agrees with the expected value and with another one");
}

bool verdict_any_agreed(void) {
  bool any = agreed;
  agreed = false;
  return any;
}

static bool is(PyObject *type, PyObject *of) { return PyType_IsSubtype((PyTypeObject *)type, (PyTypeObject *)of); }

static PyObject *failed; // pytest's exception of that name

void verdict_fails(PyObject *type) { failed = type; }

int line_of(PyTracebackObject *t) {
  if (t->tb_lineno >= 0)
    return t->tb_lineno;
  PyCodeObject *code = PyFrame_GetCode(t->tb_frame);
  int line = PyCode_Addr2Line(code, t->tb_lasti);
  Py_DECREF(code);
  return line;
}

// place finds the innermost line of the tested texts in the traceback.
static void place(PyObject *traceback, char *out, size_t size) {
  out[0] = 0;
  for (PyTracebackObject *t = (PyTracebackObject *)traceback; t; t = t->tb_next) {
    PyCodeObject *code = PyFrame_GetCode(t->tb_frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    if (file && (!strcmp(file, "/solution.py") || !strcmp(file, "/test.py")))
      snprintf(out, size, " (%s:%d)", file + 1, line_of(t));
    Py_DECREF(code);
  }
  PyErr_Clear();
}

enum kind verdict_raised(const char *where) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (!type) {
    verdict_note(ERROR, "%s stopped without an exception", where);
    return ERROR;
  }
  enum kind kind = is(type, PyExc_AssertionError) || is(type, failed) ? FAIL
                   : is(type, PyExc_MemoryError)    ? MEMORY
                   : is(type, PyExc_SystemExit)     ? CRASH
                                                    : ERROR;
  if (v.kind == 0) {
    char at[64];
    place(traceback, at, sizeof at);
    const char *name = ((PyTypeObject *)type)->tp_name; // C: a type cannot lie about it here
    const char *dot = strrchr(name, '.');
    char saved[128];
    snprintf(saved, sizeof saved, "%s", dot ? dot + 1 : name);
    // str(value) may run the program's code: what counts is decided by now.
    PyObject *text = PyObject_Str(value);
    const char *message = text ? PyUnicode_AsUTF8(text) : NULL;
    if (!message)
      PyErr_Clear();
    char first[400];
    snprintf(first, sizeof first, "%s", message ? message : "");
    one_line(first);
    verdict_note(kind, "%s%s%s%s", saved, first[0] ? ": " : "", first, at);
    Py_XDECREF(text);
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  PyErr_Clear();
  return kind;
}

static uint8_t *put(uint8_t *p, uint32_t n) {
  memcpy(p, &n, sizeof n);
  return p + sizeof n;
}

void verdict_send(void) {
  if (v.sent)
    return;
  v.sent = true;
  enum kind kind = v.kind ? v.kind : PASS;
  if (kind == PASS && v.tests == 0)
    kind = ERROR, strcpy(v.detail, "no test ran");
  uint32_t detail = strlen(v.detail);
  uint8_t *record = names - detail - HEAD;
  record[0] = kind;
  record[1] = VERSION;
  uint16_t entries = v.entries;
  memcpy(record + 2, &entries, sizeof entries);
  uint8_t *p = put(record + 4, v.tests);
  p = put(p, v.failures);
  p = put(p, v.errors);
  p = put(p, detail);
  memcpy(p, v.detail, detail);
  host_verdict(v.nonce, record, HEAD + detail + v.names_len);
}

[[noreturn]] static void leave(void) {
  verdict_send();
  __builtin_trap();
}

void guest_exit(int status) {
  program_exit(status);
  v.kind = 0; // leaving this way outranks what was noted before
  verdict_note(CRASH, "the program ended itself with status %d", status);
  leave();
}

void guest_output_limit(const char *stream, uint64_t limit) {
  v.kind = 0;
  verdict_note(ERROR, "printed more than %llu bytes to %s", limit, stream);
  leave();
}

void guest_hangs(const char *why) {
  v.kind = 0;
  verdict_note(TIMEOUT, "%s", why);
  leave();
}
