// The second kind of test: a whole program that reads standard input, and the
// output that is wanted of it.
#include "guest.h"
#include "runner.h"
#include "verdict.h"

#include <string.h>

struct text {
  const char *data;
  size_t len;
};

static struct text wanted;

// next_line cuts a line off the text, without its trailing blanks; len 0 at the
// end of the text too.
static bool next_line(const char **text, const char *end, const char **line, size_t *len) {
  if (*text == end)
    return false;
  const char *stop = memchr(*text, '\n', end - *text);
  *line = *text;
  *text = stop ? stop + 1 : end;
  const char *last = stop ? stop : end;
  while (last > *line && (last[-1] == ' ' || last[-1] == '\r' || last[-1] == '\t'))
    last--;
  *len = last - *line;
  return true;
}

// shown cuts a line for the detail and gives an empty one a name.
static const char *shown(const char *line, size_t *len) {
  if (*len == 0) {
    *len = 5;
    return "empty";
  }
  *len = *len < 100 ? *len : 100;
  return line;
}

// same_output compares line by line; blanks at the end of a line and empty lines
// at the end of the text do not matter.
static bool same_output(struct text got, struct text want) {
  const char *got_end = got.data + got.len, *want_end = want.data + want.len, *a = "", *b = "";
  for (int line = 1;; line++) {
    size_t an = 0, bn = 0;
    bool more = next_line(&got.data, got_end, &a, &an);
    more = next_line(&want.data, want_end, &b, &bn) || more;
    if (!more)
      return true;
    if (an != bn || memcmp(a, b, an)) {
      a = shown(a, &an);
      b = shown(b, &bn);
      verdict_note(FAIL, "output line %d is %.*s, want %.*s", line, (int)an, a, (int)bn, b);
      return false;
    }
  }
}

static void finish(enum kind kind) {
  if (kind == PASS && !same_output((struct text){(const char *)streams.kept, streams.kept_len}, wanted))
    kind = FAIL;
  verdict_method(NULL, kind);
  verdict_send();
}

EXPORT(stdio)
int stdio(uint64_t nonce, const char *blob, uint32_t len, const uint8_t *source, uint32_t source_len, const uint8_t *in, uint32_t in_len,
          const char *want, uint32_t want_len) {
  verdict_begin(nonce);
  PyObject *code = unmarshal(blob, len);
  if (!code)
    return 1;
  fs_put("solution.py", source, source_len);
  streams.in = in;
  streams.in_len = in_len;
  streams.keep = true;
  wanted = (struct text){want, want_len};
  PyObject *namespace = PyModule_GetDict(solution), *name = PyUnicode_FromString("__main__");
  PyDict_SetItemString(namespace, "__name__", name);
  Py_XDECREF(name);
  PyObject *r = PyEval_EvalCode(code, namespace, namespace);
  Py_DECREF(code);
  enum kind kind = PASS;
  if (r) {
    Py_DECREF(r);
  } else if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
    PyErr_Clear(); // sys.exit() is an ordinary way to end a program: the output decides
  } else {
    kind = verdict_raised("the program");
  }
  flush();
  finish(kind);
  return 0;
}

void stdio_exit(int status) {
  if (streams.keep && status == 0)
    finish(PASS);
}
