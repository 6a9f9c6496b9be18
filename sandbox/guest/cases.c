// The runner. A test counts as passed only if this file saw its setUp, method,
// tearDown and cleanups return. unittest's TestResult, TestSuite and
// TestCase.run have no part in it, so patching them changes nothing.
#define Py_BUILD_CORE 1
#include "cases.h"
#include "raised.h"
#include "remote.h"
#include "verdict.h"

#include <internal/pycore_code.h>
#include <internal/pycore_typeobject.h>
#include <opcode.h>
#include <stdbool.h>
#include <string.h>

static PyTypeObject *test_case, *async_case;
static PyObject *skip_test;
static PyObject *run_coroutine; // asyncio.run, for async test functions
static PyObject *plan;          // _pytest.cases's: the cases of functions and classes
static PyObject *exit_ok;       // what pytest.main returns

int cases_init(void) {
  PyObject *unittest = PyImport_ImportModule("unittest");
  PyObject *asyncio = PyImport_ImportModule("asyncio");
  if (!unittest || !asyncio)
    return -1;
  test_case = (PyTypeObject *)PyObject_GetAttrString(unittest, "TestCase");
  async_case = (PyTypeObject *)PyObject_GetAttrString(unittest, "IsolatedAsyncioTestCase");
  skip_test = PyObject_GetAttrString(unittest, "SkipTest");
  run_coroutine = PyObject_GetAttrString(asyncio, "run");
  PyObject *cases = PyImport_ImportModule("_pytest.cases"), *outcomes = PyImport_ImportModule("_pytest.outcomes");
  PyObject *failed = outcomes ? PyObject_GetAttrString(outcomes, "Failed") : NULL;
  if (!cases || !failed)
    return -1;
  verdict_fails(failed);
  plan = PyObject_GetAttrString(cases, "plan");
  exit_ok = PyObject_CallMethod(outcomes, "main", NULL);
  return test_case && async_case && skip_test && run_coroutine && plan && exit_ok ? 0 : -1;
}

// The test in progress, and whether its own code has run to its end.
static PyObject *current, *current_name;
static bool ran;

void cases_ran(PyObject *function, PyObject *args, PyObject *kwargs) {
  if (PyMethod_Check(function))
    return;
  PyCodeObject *code = PyFunction_Check(function) ? (PyCodeObject *)PyFunction_GET_CODE(function) : NULL;
  Py_ssize_t n = PyTuple_GET_SIZE(args);
  if (code && current_name && !kwargs && (current ? n == 1 && PyTuple_GET_ITEM(args, 0) == current : n == 0) &&
      PyUnicode_Compare(code->co_name, current_name) == 0)
    ran = true;
}

// wrapped says whether the test is a function of the solution's.
static bool wrapped(PyObject *f) { return remote_is(PyMethod_Check(f) ? PyMethod_GET_FUNCTION(f) : f); }

// begin_test and end_test stand around a test: of one that the solution wraps, its
// own code must have run.
static void begin_test(PyObject *test, PyObject *name) {
  current = test;
  current_name = name;
  ran = false;
}

// no_pass says whether something came of the solution by which a pass would be none.
static bool no_pass(void) {
  if (raised_lost())
    verdict_agreed("an assertion failed in a call from the solution, and the test never heard of it");
  return verdict_any_agreed();
}

static enum kind end_test(PyObject *f, enum kind kind) {
  current_name = NULL;
  if (no_pass() && kind == PASS)
    kind = FAIL;
  if (kind == PASS && wrapped(f) && !ran) {
    verdict_note(ERROR, "the solution's decorator did not run the test");
    kind = ERROR;
  }
  return kind;
}

// flag reads a marker that a decorator leaves on a test.
static bool flag(PyObject *o, const char *name) {
  if (wrapped(o))
    return false; // the solution would say
  PyObject *value = NULL, *key = PyUnicode_FromString(name);
  bool set = key && PyObject_GetOptionalAttr(o, key, &value) > 0 && PyObject_IsTrue(value) == 1;
  Py_XDECREF(key);
  Py_XDECREF(value);
  PyErr_Clear();
  return set;
}

// marked reads such a marker from a test class or its bases before TestCase.
static bool marked(PyObject *cls, const char *name) {
  PyObject *mro = ((PyTypeObject *)cls)->tp_mro;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
    PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
    if (base == test_case)
      break;
    PyObject *value = PyDict_GetItemString(_PyType_GetDict(base), name);
    if (value)
      return PyObject_IsTrue(value) == 1;
  }
  return false;
}

// step calls o.name() and notes what it raises.
static enum kind step(PyObject *o, const char *name) {
  PyObject *r = PyObject_CallMethod(o, name, NULL);
  if (!r)
    return verdict_raised(name);
  Py_DECREF(r);
  return PASS;
}

// cleanups runs what addCleanup registered, last first, whatever fails.
static enum kind cleanups(PyObject *test) {
  enum kind kind = PASS;
  for (;;) {
    PyObject *list = PyObject_GetAttrString(test, "_cleanups");
    if (!list || !PyList_Check(list) || PyList_GET_SIZE(list) == 0) {
      Py_XDECREF(list);
      PyErr_Clear();
      return kind;
    }
    PyObject *item = PyObject_CallMethod(list, "pop", NULL), *function, *args, *kwargs;
    Py_DECREF(list);
    PyObject *r = NULL;
    if (item && PyArg_ParseTuple(item, "OOO", &function, &args, &kwargs)) {
      PyObject *call = PyObject_GetAttrString(test, "_callCleanup");
      PyObject *all = call ? PyTuple_New(1 + PyTuple_GET_SIZE(args)) : NULL;
      if (all) {
        PyTuple_SET_ITEM(all, 0, Py_NewRef(function));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
          PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
        r = PyObject_Call(call, all, kwargs);
      }
      Py_XDECREF(call);
      Py_XDECREF(all);
    }
    Py_XDECREF(item);
    if (!r) {
      enum kind k = verdict_raised("cleanup");
      kind = kind == PASS ? k : kind;
    }
    Py_XDECREF(r);
  }
}

// unfinished says whether a test's return value shows that its body has not run.
static bool unfinished(PyObject *r) { return PyCoro_CheckExact(r) || PyGen_CheckExact(r) || PyAsyncGen_CheckExact(r); }

static enum kind method(PyObject *test, PyObject *bound, bool expect_failure) {
  bool is_async = PyObject_TypeCheck(test, async_case);
  PyObject *r;
  if (is_async) {
    PyObject *name = PyUnicode_FromString("_callTestMethod");
    r = name ? PyObject_CallMethodOneArg(test, name, bound) : NULL;
    Py_XDECREF(name);
  } else {
    r = PyObject_CallNoArgs(bound);
  }
  if (r && unfinished(r)) {
    Py_DECREF(r);
    verdict_note(ERROR, "the test is a coroutine or generator that nothing ran");
    return ERROR;
  }
  if (r) {
    Py_DECREF(r);
    if (!expect_failure)
      return PASS;
    verdict_note(FAIL, "the test was expected to fail and did not");
    return FAIL;
  }
  if (expect_failure && PyErr_ExceptionMatches(PyExc_Exception) && !PyErr_ExceptionMatches(skip_test)) {
    PyErr_Clear();
    return PASS;
  }
  return verdict_raised("test");
}

// run_one runs one method in an instance of its own.
static void run_one(PyObject *cls, PyObject *name) {
  enum kind kind = PASS;
  PyObject *test = PyObject_CallOneArg(cls, name);
  PyObject *bound = test ? PyObject_GetAttr(test, name) : NULL;
  if (!bound) {
    kind = verdict_raised("test");
  } else {
    bool expect_failure = flag(bound, "__unittest_expecting_failure__") || marked(cls, "__unittest_expecting_failure__");
    bool is_async = PyObject_TypeCheck(test, async_case);
    if (is_async)
      kind = step(test, "_setupAsyncioRunner");
    if (kind == PASS) {
      kind = step(test, "_callSetUp");
      if (kind == PASS) {
        begin_test(test, name);
        kind = end_test(bound, method(test, bound, expect_failure));
        enum kind after = step(test, "_callTearDown");
        kind = kind == PASS ? after : kind;
      }
      enum kind after = cleanups(test);
      kind = kind == PASS ? after : kind;
      if (is_async) {
        after = step(test, "_tearDownAsyncioRunner");
        kind = kind == PASS ? after : kind;
      }
    }
  }
  verdict_method(name, kind);
  Py_XDECREF(bound);
  Py_XDECREF(test);
}

static void run_class(PyObject *cls, PyObject *name, PyObject *names) {
  verdict_class(name);
  if (step(cls, "setUpClass") == PASS)
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++)
      run_one(cls, PyList_GET_ITEM(names, i));
  step(cls, "tearDownClass");
  step(cls, "doClassCleanups");
}

static bool starts_with_test(PyObject *name) {
  if (!PyUnicode_Check(name) || PyUnicode_GET_LENGTH(name) < 4)
    return false;
  for (int i = 0; i < 4; i++)
    if (PyUnicode_READ_CHAR(name, i) != (Py_UCS4) "test"[i])
      return false;
  return true;
}

// test_names lists the class's test methods as unittest's loader does: every
// callable attribute whose name starts with "test", sorted, or runTest where there
// is none. The base classes from TestCase on have none and are left out: they are
// large.
static PyObject *test_names(PyObject *cls) {
  PyObject *run_test = NULL;
  PyObject *names = PyList_New(0), *seen = PySet_New(NULL), *mro = ((PyTypeObject *)cls)->tp_mro;
  for (Py_ssize_t i = 0; names && seen && i < PyTuple_GET_SIZE(mro); i++) {
    PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
    if (base == test_case || base == async_case || !_PyType_GetDict(base))
      continue;
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(_PyType_GetDict(base), &at, &name, &value)) {
      if (starts_with_test(name))
        PySet_Add(seen, name);
      else if (PyUnicode_CompareWithASCIIString(name, "runTest") == 0)
        run_test = name;
    }
  }
  if (seen && run_test && PySet_GET_SIZE(seen) == 0)
    PySet_Add(seen, run_test);
  PyObject *all = seen ? PySequence_List(seen) : NULL;
  if (all)
    PyList_Sort(all);
  for (Py_ssize_t i = 0; all && i < PyList_GET_SIZE(all); i++) {
    PyObject *name = PyList_GET_ITEM(all, i), *value = PyObject_GetAttr(cls, name);
    if (value && PyCallable_Check(value) && !flag(value, "__unittest_skip__"))
      PyList_Append(names, name);
    Py_XDECREF(value);
  }
  PyErr_Clear();
  Py_XDECREF(all);
  Py_XDECREF(seen);
  return names;
}

// needs_arguments: such a function is a helper that the test calls itself.
static bool needs_arguments(PyObject *function) {
  PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(function);
  PyObject *defaults = PyFunction_GET_DEFAULTS(function), *kw = PyFunction_GET_KW_DEFAULTS(function);
  return code->co_argcount > (defaults ? PyTuple_GET_SIZE(defaults) : 0) || code->co_kwonlyargcount > (kw ? PyDict_GET_SIZE(kw) : 0);
}

static void run_function(PyObject *name, PyObject *function) {
  begin_test(NULL, name);
  PyObject *r = PyObject_CallNoArgs(function);
  if (r && PyCoro_CheckExact(r))
    Py_SETREF(r, PyObject_CallOneArg(run_coroutine, r));
  enum kind kind = PASS;
  if (!r) {
    kind = verdict_raised("test");
  } else if (unfinished(r)) {
    verdict_note(ERROR, "the test is a generator that nothing ran");
    kind = ERROR;
  }
  Py_XDECREF(r);
  verdict_method(name, end_test(function, kind));
}

// ---- tests as pytest knows them

// truth reads an attribute of a case.
static bool truth(PyObject *o, const char *name) {
  PyObject *value = PyObject_GetAttrString(o, name);
  bool yes = value && PyObject_IsTrue(value) == 1;
  Py_XDECREF(value);
  PyErr_Clear();
  return yes;
}

// expected says whether a case that its author expects to fail has raised what it may.
static bool expected(PyObject *kinds) { return kinds != Py_None && PyErr_Occurred() && PyErr_ExceptionMatches(kinds) && !PyErr_ExceptionMatches(PyExc_SystemExit); }

// body calls what stands between a case's set_up and tear_down.
static enum kind body(PyObject *c, PyObject *kinds) {
  PyObject *r = PyObject_CallMethod(c, "call", NULL);
  if (r && PyCoro_CheckExact(r))
    Py_SETREF(r, PyObject_CallOneArg(run_coroutine, r));
  if (!r && expected(kinds)) {
    PyErr_Clear();
    return PASS;
  }
  if (!r)
    return verdict_raised("test");
  bool stopped = unfinished(r);
  Py_DECREF(r);
  if (stopped) {
    verdict_note(ERROR, "the test is a generator that nothing ran");
    return ERROR;
  }
  if (!truth(c, "strict"))
    return PASS;
  verdict_note(FAIL, "the test was expected to fail and did not");
  return FAIL;
}

static void run_case(PyObject *c, PyObject *name) {
  PyObject *kinds = PyObject_GetAttrString(c, "xfail"), *function = PyObject_GetAttrString(c, "function");
  PyObject *attribute = PyObject_GetAttrString(c, "attribute"), *r = NULL, *instance = NULL;
  enum kind kind = PASS;
  if (kinds && function && attribute)
    r = PyObject_CallMethod(c, "set_up", NULL);
  if (r) {
    instance = PyObject_GetAttrString(c, "instance");
    begin_test(instance == Py_None ? NULL : instance, attribute);
    kind = end_test(function, body(c, kinds));
  } else if (kinds && expected(kinds)) {
    PyErr_Clear();
  } else {
    kind = verdict_raised("test");
  }
  enum kind after = step(c, "tear_down");
  verdict_method(name, kind == PASS ? after : kind);
  Py_XDECREF(instance);
  Py_XDECREF(r);
  Py_XDECREF(attribute);
  Py_XDECREF(function);
  Py_XDECREF(kinds);
}

static void run_cases(PyObject *cases) {
  PyObject *in = Py_NewRef(Py_None);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(cases); i++) {
    PyObject *c = PyList_GET_ITEM(cases, i), *owner = PyObject_GetAttrString(c, "owner"), *name = PyObject_GetAttrString(c, "name");
    if (owner && owner != in && (owner == Py_None || in == Py_None || PyUnicode_Compare(owner, in)))
      verdict_class(owner == Py_None ? NULL : owner);
    if (owner)
      Py_SETREF(in, Py_NewRef(owner));
    run_case(c, name);
    Py_XDECREF(owner);
    Py_XDECREF(name);
  }
  Py_DECREF(in);
}

bool cases_ended(void) {
  PyObject *type, *value, *traceback, *code = NULL;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  bool by_test = traceback && !((PyTracebackObject *)traceback)->tb_next;
  if (by_test && type && PyErr_GivenExceptionMatches(type, PyExc_SystemExit))
    code = PyObject_GetAttrString(value, "code");
  bool ended = code == exit_ok;
  Py_XDECREF(code);
  if (ended) {
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
  } else {
    PyErr_Restore(type, value, traceback);
  }
  return ended;
}

// ---- the text

// called says whether a call ends in such a code unit; most end in their caches.
static bool called(int op) { return op == CACHE || op == CALL_KW; }

static bool can_fail(PyCodeObject *code, bool top) {
  PyObject *bytes = PyCode_GetCode(code);
  if (!bytes)
    return false;
  const _Py_CODEUNIT *unit = (const _Py_CODEUNIT *)PyBytes_AS_STRING(bytes);
  bool found = false;
  for (Py_ssize_t i = 0, n = PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof *unit; i < n && !found; i++) {
    int op = _Py_OPCODE(unit[i]);
    found = op == LOAD_ASSERTION_ERROR || op == RAISE_VARARGS || (top && op == POP_TOP && i > 0 && called(_Py_OPCODE(unit[i - 1])));
  }
  Py_DECREF(bytes);
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts) && !found; i++) {
    PyObject *inner = PyTuple_GET_ITEM(code->co_consts, i);
    found = PyCode_Check(inner) && can_fail((PyCodeObject *)inner, false);
  }
  return found;
}

bool cases_can_fail(PyObject *code) { return can_fail((PyCodeObject *)code, true); }

// fixture calls setUpModule or tearDownModule if the test has it.
static enum kind fixture(PyObject *namespace, const char *name) {
  PyObject *function = PyDict_GetItemString(namespace, name);
  if (!function)
    return PASS;
  PyObject *r = PyObject_CallNoArgs(function);
  if (!r)
    return verdict_raised(name);
  Py_DECREF(r);
  return PASS;
}

// pytest_class says whether pytest would look for tests in a class of this name.
static bool pytest_class(PyObject *name, PyObject *value) {
  const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
  return text && !strncmp(text, "Test", 4) && !wrapped(value) && !remote_is(value);
}

// found is what a test defined: classes, as (class, name, method names), functions,
// as (name, function), and what pytest would find besides, as (name, object).
struct found {
  PyObject *classes, *functions, *others;
  bool pytest;  // the text imports it
  bool skipped; // a test class offers nothing to run
};

static void keep(PyObject *list, PyObject *tuple) {
  if (tuple)
    PyList_Append(list, tuple);
  Py_XDECREF(tuple);
}

// collect sorts what the test defined under these names. A class goes by the name
// it was found under, which no other has, unlike its __name__.
static int collect(PyObject *globals, PyObject *before, struct found *found) {
  PyObject *names = PyDict_Keys(globals);
  if (!names || (!found->pytest && PyList_Sort(names) < 0)) {
    Py_XDECREF(names);
    return -1;
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
    PyObject *name = PyList_GET_ITEM(names, i), *value = PyDict_GetItem(globals, name);
    if (!value || PyDict_GetItem(before, name) == value)
      continue;
    if (PyType_Check(value) && PyType_IsSubtype((PyTypeObject *)value, test_case)) {
      if ((PyTypeObject *)value == test_case || (PyTypeObject *)value == async_case)
        continue; // imported by name
      PyObject *methods = marked(value, "__unittest_skip__") ? NULL : test_names(value);
      if (methods && PyList_GET_SIZE(methods))
        keep(found->classes, PyTuple_Pack(3, value, name, methods));
      else
        found->skipped = true;
      Py_XDECREF(methods);
    } else if (PyType_Check(value)) {
      if (pytest_class(name, value))
        keep(found->others, PyTuple_Pack(2, name, value));
    } else if (starts_with_test(name)) {
      if (PyFunction_Check(value) && (found->pytest || needs_arguments(value)))
        keep(found->others, PyTuple_Pack(2, name, value));
      else if (PyFunction_Check(value) || (wrapped(value) && PyCallable_Check(value)))
        keep(found->functions, PyTuple_Pack(2, name, value));
    }
  }
  Py_DECREF(names);
  return PyErr_Occurred() ? -1 : 0;
}

// cases_of makes cases of what pytest would find besides classes of unittest; in a
// text that has such and does not import pytest, that is nothing.
static int cases_of(struct found *found, PyObject *globals, PyObject **cases) {
  *cases = PyList_New(0);
  if (!*cases || PyList_GET_SIZE(found->others) == 0 || (!found->pytest && PyList_GET_SIZE(found->classes)))
    return *cases ? 0 : -1;
  PyObject *r = PyObject_CallFunction(plan, "OOO", found->others, globals, found->pytest ? Py_True : Py_False);
  if (!r)
    return -1;
  Py_SETREF(*cases, Py_NewRef(PyTuple_GET_ITEM(r, 0)));
  if (PyTuple_GET_ITEM(r, 1) == Py_True)
    found->skipped = true;
  Py_DECREF(r);
  return 0;
}

static void run_all(struct found *found, PyObject *cases) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(found->classes); i++) {
    PyObject *c = PyList_GET_ITEM(found->classes, i);
    run_class(PyTuple_GET_ITEM(c, 0), PyTuple_GET_ITEM(c, 1), PyTuple_GET_ITEM(c, 2));
  }
  verdict_class(NULL);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(found->functions); i++) {
    PyObject *pair = PyList_GET_ITEM(found->functions, i);
    run_function(PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
  }
  run_cases(cases);
}

void cases_run(bool alone, PyObject *globals, PyObject *before) {
  struct found found = {PyList_New(0), PyList_New(0), PyList_New(0), .pytest = PyDict_GetItemString(PyImport_GetModuleDict(), "pytest") != NULL};
  PyObject *cases = NULL;
  // Everything is collected before anything runs.
  if (!found.classes || !found.functions || !found.others || collect(globals, before, &found) < 0 || cases_of(&found, globals, &cases) < 0) {
    if (verdict_raised("collecting tests") == FAIL)
      verdict_is(ERROR); // pytest's word for marks that do not fit
  } else if (PyList_GET_SIZE(found.classes) + PyList_GET_SIZE(found.functions) + PyList_GET_SIZE(cases) > 0) {
    if (fixture(globals, "setUpModule") == PASS)
      run_all(&found, cases);
    fixture(globals, "tearDownModule");
  } else if (!found.skipped && alone) {
    verdict_method(NULL, no_pass() ? FAIL : PASS);
  }
  Py_XDECREF(cases);
  Py_XDECREF(found.others);
  Py_XDECREF(found.classes);
  Py_XDECREF(found.functions);
}
