// The second kind of test: a whole program that reads standard input, and the
// output that is wanted of it.
#include "compare.h"
#include "guest.h"
#include "runner.h"
#include "verdict.h"

static struct text wanted;

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
  PyObject *globals = main_globals();
  PyObject *r = globals ? PyEval_EvalCode(code, globals, globals) : NULL;
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
