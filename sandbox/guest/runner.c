// The guest's exports: boot once, then compile and load; those of a test and of a
// whole program are in apart.c and program.c. docs/sandbox.md describes the calls;
// everything that decides a verdict is in verdict.c.
#include "apart.h"
#include "bytecode.h"
#include "cases.h"
#include "freeze.h"
#include "guest.h"
#include "observe.h"
#include "remote.h"
#include "runner.h"
#include "verdict.h"

#include <marshal.h>
#include <stdlib.h>
#include <string.h>

static const char boot_py[] = {
#embed "boot.py" suffix(, 0)
};

PyObject *solution, *alone;
static PyObject *names;      // boot.py's: what the globals of __main__ begin with
static PyObject *has_assert; // boot.py's: a text has an assert statement

static int boot_python(void) {
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  before.utf8_mode = 1; // the one locale here is C; files are UTF-8 all the same
  if (PyStatus_Exception(Py_PreInitialize(&before)))
    return 1;
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  config.use_hash_seed = 1; // hash_seed 0: the same order in every run
  config.write_bytecode = 0;
  config.install_signal_handlers = 0;
  config.pathconfig_warnings = 0;
  PyConfig_SetString(&config, &config.home, L"/");
  PyConfig_SetString(&config, &config.program_name, L"/bin/python3");
  PyConfig_SetString(&config, &config.executable, L"/bin/python3");
  PyConfig_SetString(&config, &config.stdio_encoding, L"utf-8");
  PyConfig_SetString(&config, &config.filesystem_encoding, L"utf-8");
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return PyStatus_Exception(status);
}

// warm_up runs a small test class some times, so that the snapshot holds
// unittest's code as the interpreter has specialised it.
static int warm_up(PyObject *globals) {
  PyObject *code = PyDict_GetItemString(globals, "WARM_UP"), *none = PyDict_New();
  for (int i = 0; i < 20; i++) {
    PyObject *own = PyDict_New(), *r = NULL;
    if (code && none && own && PyDict_SetItemString(own, "__builtins__", PyEval_GetBuiltins()) == 0 &&
        PyDict_SetItemString(own, "__name__", PyDict_GetItemString(globals, "__name__")) == 0)
      r = PyEval_EvalCode(code, own, own);
    if (!r)
      return -1;
    verdict_begin(0);
    cases_run(false, own, none);
    Py_DECREF(r);
    Py_DECREF(own);
  }
  Py_XDECREF(none);
  return 0;
}

EXPORT(boot) int boot(void) {
  streams.out_limit = 1 << 20;
  if (apart_register() < 0 || boot_python())
    return 1;
  PyObject *globals = PyDict_New();
  if (!globals || PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) < 0)
    return 2;
  PyObject *code = Py_CompileString(boot_py, "/boot.py", Py_file_input);
  PyObject *r = code ? PyEval_EvalCode(code, globals, globals) : NULL;
  Py_XDECREF(code);
  if (!r) { // a mistake of ours: the verdict says where
    verdict_begin(0);
    verdict_raised("boot.py");
    verdict_send();
    return 3;
  }
  Py_DECREF(r);
  solution = Py_XNewRef(PyDict_GetItemString(globals, "solution"));
  names = Py_XNewRef(PyDict_GetItemString(globals, "MAIN_NAMES"));
  has_assert = Py_XNewRef(PyDict_GetItemString(globals, "has_assert"));
  alone = Py_XNewRef(PyDict_GetItemString(globals, "alone"));
  PyObject *hide_pytest = PyDict_GetItemString(globals, "hide_pytest");
  if (!solution || !names || !alone || !has_assert || !hide_pytest || cases_init() < 0 || apart_init() < 0 || observe_init() < 0 || warm_up(globals) < 0)
    return 4;
  PyGC_Collect();
  PyObject *gc = PyImport_ImportModule("gc");
  r = gc ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
  Py_XDECREF(r);
  Py_XDECREF(gc);
  clock_start();
  if (!r)
    return 5;
  r = PyObject_CallNoArgs(hide_pytest);
  Py_XDECREF(r);
  if (!r || bytecode_refuse() < 0 || freeze() < 0)
    return 6;
  fill_holes();
  return 0;
}

EXPORT(alloc) void *alloc(uint32_t n) { return malloc(n); }

EXPORT(limit) void limit(uint64_t output) { streams.out_limit = output; }

PyObject *main_names(const char *file) {
  PyObject *d = PyDict_Copy(names), *annotations = PyDict_New(), *path = PyUnicode_FromString(file);
  bool ok = d && annotations && path && PyDict_SetItemString(d, "__annotations__", annotations) == 0 && PyDict_SetItemString(d, "__file__", path) == 0;
  Py_XDECREF(annotations);
  Py_XDECREF(path);
  if (!ok)
    Py_CLEAR(d);
  return d;
}

static bool in_name(char c) { return Py_ISALNUM(c) || c == '_'; }

// has_assert_statement looks for one in the source: the compiler drops those
// whose condition is a constant, and "assert True" is a test all the same.
static bool has_assert_statement(const char *text) {
  const char *p = text;
  while ((p = strstr(p, "assert")) && ((p > text && in_name(p[-1])) || in_name(p[6]))) // self.assertEqual
    p += 6;
  if (!p)
    return false;
  PyObject *r = PyObject_CallFunction(has_assert, "s", text);
  bool found = r == Py_True;
  Py_XDECREF(r);
  PyErr_Clear();
  return found;
}

// add_flag appends a byte to the blob: 1 if the text can be a test by itself, or
// that it is a call to be observed.
static void add_flag(PyObject **blob, char what) {
  PyObject *flag = PyBytes_FromStringAndSize(&what, 1);
  PyBytes_ConcatAndDel(blob, flag);
}

enum { CALL = 3 }; // a kind of source: an expression

EXPORT(compile) uint64_t compile(uint64_t nonce, const char *source, uint32_t len, int kind) {
  verdict_begin(nonce);
  if (len >= 3 && !memcmp(source, "\xef\xbb\xbf", 3)) // a byte order mark
    source += 3, len -= 3;
  char *text = malloc(len + 1); // the parser wants a terminating zero
  if (!text) {
    verdict_note(MEMORY, "no memory for the source");
    verdict_send();
    return 0;
  }
  memcpy(text, source, len);
  text[len] = 0;
  PyObject *code = NULL, *blob = NULL;
  if (memchr(text, 0, len)) {
    PyErr_SetString(PyExc_SyntaxError, "source code cannot contain null bytes");
  } else {
    // The text is UTF-8 whatever a coding line says, as for exec() of a str.
    PyCompilerFlags flags = {.cf_flags = PyCF_IGNORE_COOKIE, .cf_feature_version = PY_MINOR_VERSION};
    code = Py_CompileStringExFlags(text, kind == 1 || kind == CALL ? "/test.py" : "/solution.py", kind == CALL ? Py_eval_input : Py_file_input, &flags, 0);
  }
  // Version 5 is ours: sets keep their order (see patches/04-hash64.patch).
  if (code && (blob = PyMarshal_WriteObjectToString(code, 5)))
    add_flag(&blob, kind == CALL ? OBSERVED : cases_can_fail(code) || has_assert_statement(text) ? '1' : '0');
  free(text);
  Py_XDECREF(code);
  if (!blob) {
    // The compiler's own limits raise MemoryError and RecursionError.
    if (verdict_raised("compiling") == MEMORY) {
      verdict_begin(nonce);
      verdict_note(ERROR, "SyntaxError: nested too deeply for the parser");
    }
    verdict_send();
    return 0;
  }
  return (uint64_t)(uintptr_t)PyBytes_AS_STRING(blob) << 32 | (uint32_t)PyBytes_GET_SIZE(blob);
}

PyObject *unmarshal(const char *blob, uint32_t len) {
  PyObject *code = len ? PyMarshal_ReadObjectFromString(blob, len - 1) : NULL; // without the flag
  if (code && !PyCode_Check(code)) {
    Py_CLEAR(code);
    PyErr_SetString(PyExc_TypeError, "not a code object");
  }
  if (!code) {
    verdict_raised("unmarshalling");
    verdict_send();
  }
  return code;
}

void flush(void) {
  for (const char **name = (const char *[]){"stdout", "stderr", NULL}; *name; name++) {
    PyObject *stream = PySys_GetObject(*name);
    PyObject *r = stream && stream != Py_None ? PyObject_CallMethod(stream, "flush", NULL) : NULL;
    Py_XDECREF(r);
    PyErr_Clear();
  }
}

EXPORT(load) int load(uint64_t nonce, const char *blob, uint32_t len, const uint8_t *source, uint32_t source_len) {
  verdict_begin(nonce);
  PyObject *code = unmarshal(blob, len);
  if (!code)
    return 1;
  fs_put("solution.py", source, source_len);
  PyObject *namespace = PyModule_GetDict(solution);
  PyObject *r = PyEval_EvalCode(code, namespace, namespace);
  Py_DECREF(code);
  if (r) {
    Py_DECREF(r);
    return 0;
  }
  // An assertion of the solution's own is no failed test: no test ran.
  if (verdict_raised("the solution") == FAIL)
    verdict_is(ERROR);
  flush();
  verdict_send();
  return 1;
}
