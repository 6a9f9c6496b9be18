// The solution runs in the interpreter that judges it, so whatever it can reach
// it can bend: TestCase.assertEqual, math.isclose, the test's own code through a
// frame. The hooks here, called by our patch of CPython, close that. All turn on
// one question: is a frame of the solution on the stack? If so, the library and
// the test cannot be changed and the test cannot be seen; without one (the test
// patches something for itself) everything is as usual.
//
// Code is the solution's unless it carries a mark that only C can give: library
// (it existed before the snapshot) or test.
#define Py_BUILD_CORE 1
#include "apart.h"
#include "guard.h"
#include "guest.h"

#include <internal/pycore_code.h>
#include <internal/pycore_coderm.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#include <stdbool.h>
#include <string.h>

int coderm_booting = 1;
PyObject *coderm_test_globals, *coderm_solution_globals;

static bool alone; // nothing to guard but memory
static bool watching; // changes of the library are noted: the solution must see them
static PyObject *first_modules; // names in sys.modules at boot
static PyObject *re_cache, *re_globals; // compiled patterns, which assertRegex relies on
static PyObject *sealed;        // unittest's and pytest's module dicts, by id: no new names either

// ---- whose code

extern unsigned char __heap_base;

static bool is_library(const PyCodeObject *code) {
  return (code->co_flags & CODERM_LIBRARY) || (uintptr_t)code < (uintptr_t)&__heap_base; // frozen modules are static data
}

static _PyInterpreterFrame *innermost(void) {
  _PyInterpreterFrame *f = _PyThreadState_GET()->cframe->current_frame;
  while (f && _PyFrame_IsIncomplete(f))
    f = f->previous;
  return f;
}

int coderm_solution_runs(void) {
  if (coderm_booting)
    return 0;
  for (_PyInterpreterFrame *f = innermost(); f; f = f->previous)
    if (!(f->f_code->co_flags & CODERM_TEST) && !is_library(f->f_code))
      return 1;
  return 0;
}

int coderm_hidden(PyCodeObject *code) { return (code->co_flags & CODERM_TEST) && coderm_solution_runs(); }

void guard_test(PyObject *code) {
  PyCodeObject *co = (PyCodeObject *)code;
  co->co_flags |= CODERM_TEST;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(co->co_consts); i++)
    if (PyCode_Check(PyTuple_GET_ITEM(co->co_consts, i)))
      guard_test(PyTuple_GET_ITEM(co->co_consts, i));
}

// coderm_redacted keeps what a signature needs and blanks the constants, where
// the expected answers are.
static bool redacting;

PyObject *coderm_redacted(PyCodeObject *code) {
  PyObject *consts = PyTuple_New(PyTuple_GET_SIZE(code->co_consts));
  PyObject *replace = consts ? PyObject_GetAttrString((PyObject *)code, "replace") : NULL;
  PyObject *none = PyTuple_New(0), *kwargs = PyDict_New(), *copy = NULL;
  if (replace && none && kwargs) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(consts); i++)
      PyTuple_SET_ITEM(consts, i, Py_NewRef(Py_None));
    if (PyDict_SetItemString(kwargs, "co_consts", consts) == 0) {
      redacting = true; // our own call: no audit
      copy = PyObject_Call(replace, none, kwargs);
      redacting = false;
    }
  }
  Py_XDECREF(consts);
  Py_XDECREF(replace);
  Py_XDECREF(none);
  Py_XDECREF(kwargs);
  return copy;
}

// ---- one module in two parts
//
// The test's globals are a dict of their own, so that the solution's globals()
// does not show them. Names read across: the test sees the solution's as if it
// stood in the same file; the solution sees what the test imported.

void guard_pair(PyObject *solution, PyObject *test) {
  coderm_solution_globals = solution;
  coderm_test_globals = test;
}

static bool guarded(PyObject *dict) { return ((PyDictObject *)dict)->ma_version_tag & CODERM_GUARDED; }

// imported says whether the value is a thing of the library, not of the test.
static bool imported(PyObject *v) {
  if (PyModule_Check(v) || PyCFunction_Check(v))
    return true;
  if (PyFunction_Check(v))
    return is_library((PyCodeObject *)PyFunction_GET_CODE(v));
  if (!PyType_Check(v))
    return PyObject_HasAttrString(v, "__origin__"); // typing.List and the like
  PyTypeObject *type = (PyTypeObject *)v;
  return !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || guarded(type->tp_dict);
}

PyObject *coderm_other_global(PyObject *globals, PyObject *name) {
  if (globals == coderm_test_globals)
    return PyDict_GetItemWithError(coderm_solution_globals, name);
  if (globals != coderm_solution_globals || !coderm_test_globals)
    return NULL;
  PyObject *v = PyDict_GetItemWithError(coderm_test_globals, name);
  return v && imported(v) ? v : NULL;
}

// The test finds its own classes in sys.modules["__main__"], as pickle does.
// Nothing else: a property made of C callables would ask with no frame of the
// solution on the stack.
PyObject *coderm_main_attribute(PyObject *dict, PyObject *name) {
  if (dict != coderm_solution_globals || !coderm_test_globals || coderm_solution_runs())
    return NULL;
  PyObject *v = PyDict_GetItemWithError(coderm_test_globals, name);
  return v && PyType_Check(v) ? v : NULL;
}

// A name the solution has is stored there, so that both see the new value.
PyObject *coderm_store(PyObject *globals, PyObject *name) {
  if (globals != coderm_test_globals || !globals)
    return globals;
  const char *text = PyUnicode_AsUTF8(name);
  if (text && strncmp(text, "__", 2) && !PyDict_Contains(globals, name) && PyDict_Contains(coderm_solution_globals, name) == 1)
    return coderm_solution_globals;
  return globals;
}

// ---- guarded dicts

static bool among(PyObject *name, const char *const *names) {
  const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
  for (; text && *names; names++)
    if (!strcmp(text, *names))
      return true;
  return false;
}

// Names that programs ordinarily replace.
static const char *const free_in_sys[] = {"stdin", "stdout", "stderr", "path", "argv", "excepthook", "displayhook", "tracebacklimit", NULL};
static const char *const free_in_builtins[] = {"input", "print", "open", "exit", "quit", "_", NULL};

// by_itself: library code changes its own module, or a name that its own class
// has already.
static bool by_itself(PyObject *dict, PyObject *key) {
  _PyInterpreterFrame *f = innermost();
  if (!f || !is_library(f->f_code) || !guarded(f->f_globals))
    return false;
  if (f->f_globals == (dict == re_cache ? re_globals : dict))
    return true;
  if (!key || PyDict_Contains(dict, key) != 1)
    return false;
  PyObject *of = PyDict_GetItemString(dict, "__module__"), *in = PyDict_GetItemString(f->f_globals, "__name__");
  return of && in && PyUnicode_Check(of) && PyUnicode_Check(in) && PyUnicode_Compare(of, in) == 0;
}

// importing: importlib itself is at work, putting a module into its package.
static bool importing(void) {
  _PyInterpreterFrame *f = innermost();
  PyObject *name = f && is_library(f->f_code) && guarded(f->f_globals) ? PyDict_GetItemString(f->f_globals, "__name__") : NULL;
  return name && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "importlib._bootstrap") == 0;
}

static bool allowed(PyObject *dict, PyObject *key) {
  PyInterpreterState *interp = _PyInterpreterState_GET();
  if (by_itself(dict, key))
    return true;
  if (!key)
    return false;
  if (dict == interp->modules)
    return PySet_Contains(first_modules, key) == 0;
  if (dict == interp->sysdict && among(key, free_in_sys))
    return true;
  if (dict == interp->builtins && among(key, free_in_builtins))
    return true;
  // Other modules may get new names, but none that hides a builtin from them.
  PyObject *id = PyLong_FromVoidPtr(dict);
  bool module = PyDict_GetItemString(dict, "__spec__") && PySet_Contains(sealed, id) == 0;
  Py_XDECREF(id);
  if (!module || PyDict_Contains(dict, key) != 0)
    return false;
  return PyDict_Contains(interp->builtins, key) == 0 || importing(); // encodings.ascii, say
}

void guard_alone(void) { alone = true; }

void guard_watch(void) { alone = watching = true; }

bool guard_is_library(PyObject *code) { return is_library((PyCodeObject *)code); }

int coderm_change(PyObject *dict, PyObject *key) {
  if (watching && !by_itself(dict, key))
    apart_change(dict, key);
  if (alone || !coderm_solution_runs())
    return 0;
  PyObject *type, *value, *traceback; // a caller may hold an exception
  PyErr_Fetch(&type, &value, &traceback);
  bool ok = allowed(dict, key);
  PyErr_Restore(type, value, traceback);
  if (ok)
    return 0;
  PyErr_Format(PyExc_PermissionError, "the solution may not change %R: the library and the test are protected in the sandbox",
               key ? key : Py_None);
  return -1;
}

void guard_dict(PyObject *dict) {
  if (dict && PyDict_CheckExact(dict))
    ((PyDictObject *)dict)->ma_version_tag |= CODERM_GUARDED;
}

void guard_type(PyTypeObject *type) { guard_dict(type->tp_dict); }

static int guard_subclasses(PyTypeObject *type) {
  guard_type(type);
  PyObject *list = type == &PyType_Type ? PyList_New(0) : PyObject_CallMethod((PyObject *)&PyType_Type, "__subclasses__", "O", type);
  if (!list)
    return -1;
  int err = 0;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list) && !err; i++) {
    PyTypeObject *sub = (PyTypeObject *)PyList_GET_ITEM(list, i);
    if (!guarded(sub->tp_dict))
      err = guard_subclasses(sub);
  }
  Py_DECREF(list);
  return err;
}

// ---- events

// The audit hook refuses the solution what reaches around names: the heap,
// tracing, the inside of functions, and hand-made bytecode, which could write
// anywhere in memory.
static int audit(const char *event, PyObject *args, void *data) {
  if (coderm_booting || redacting)
    return 0;
  static const char *const refused[] = {"code.__new__", // first what a program alone may not do either
                                        "gc.get_objects", "gc.get_referrers", "sys.settrace", "sys.setprofile", "sys.addaudithook", NULL};
  bool refuse = false;
  for (const char *const *name = refused; *name && !refuse && (!alone || name == refused); name++)
    refuse = !strcmp(event, *name);
  if (!refuse && !strncmp(event, "marshal.load", 12)) {
    // Bytecode is as dangerous as a code object; importing the library reads its own.
    PyObject *data = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
    refuse = coderm_solution_runs() && // first: looking through all files takes longer
             (!data || !PyBytes_Check(data) || !fs_holds(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), 16)); // 16: the head of a .pyc
  } else if (alone) {
    // The library's code is as good as its own.
  } else if (!refuse && !strcmp(event, "gc.get_referents")) {
    // Sizing an object is fine; going through code, frames or classes is not.
    PyObject *objs = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
    for (Py_ssize_t i = 0; objs && PyTuple_Check(objs) && i < PyTuple_GET_SIZE(objs); i++) {
      PyObject *o = PyTuple_GET_ITEM(objs, i);
      refuse = refuse || !(PyList_Check(o) || PyTuple_Check(o) || PySet_Check(o) || PyDict_Check(o) || PyUnicode_Check(o) || PyLong_Check(o));
    }
  } else if (!refuse && !strcmp(event, "function.__new__")) {
    // The library's code over other globals would pass for the library.
    PyObject *code = PyTuple_GET_ITEM(args, 0);
    refuse = PyCode_Check(code) && is_library((PyCodeObject *)code);
  } else if (!refuse && !strcmp(event, "object.__setattr__") && PyTuple_GET_SIZE(args) > 0 && PyFunction_Check(PyTuple_GET_ITEM(args, 0))) {
    PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(PyTuple_GET_ITEM(args, 0));
    refuse = is_library(code) || (code->co_flags & CODERM_TEST);
  } else if (!refuse && !strcmp(event, "object.__getattr__") && PyTuple_GET_SIZE(args) > 0) {
    PyObject *o = PyTuple_GET_ITEM(args, 0); // a generator or coroutine: gi_code, cr_code, ag_code
    refuse = (PyGen_CheckExact(o) || PyCoro_CheckExact(o) || PyAsyncGen_CheckExact(o)) && ((PyGenObject *)o)->gi_code &&
             (((PyGenObject *)o)->gi_code->co_flags & CODERM_TEST);
  }
  if (!refuse || !coderm_solution_runs())
    return 0;
  PyErr_Format(PyExc_PermissionError, "%s is not in the sandbox", event);
  return -1;
}

int guard_library(PyObject *solution) {
  PyInterpreterState *interp = _PyInterpreterState_GET();
  first_modules = PySet_New(interp->modules);
  sealed = PySet_New(NULL);
  if (!first_modules || !sealed || PySys_AddAuditHook(audit, NULL) < 0 || guard_subclasses(&PyBaseObject_Type) < 0)
    return -1;
  PyObject *name, *module;
  Py_ssize_t at = 0;
  while (PyDict_Next(interp->modules, &at, &name, &module)) {
    if (module == solution || !PyModule_Check(module))
      continue;
    guard_dict(PyModule_GetDict(module));
    const char *text = PyUnicode_AsUTF8(name);
    if (text && (!strncmp(text, "unittest", 8) || !strncmp(text, "pytest", 6) || !strncmp(text, "_pytest", 7))) {
      PyObject *id = PyLong_FromVoidPtr(PyModule_GetDict(module));
      if (!id || PySet_Add(sealed, id) < 0)
        return -1;
      Py_DECREF(id);
    }
  }
  guard_dict(interp->modules);
  PyObject *re = PyImport_ImportModule("re");
  re_cache = re ? PyObject_GetAttrString(re, "_cache") : NULL;
  if (!re_cache)
    return -1;
  re_globals = PyModule_GetDict(re);
  guard_dict(re_cache);
  coderm_booting = 0;
  return 0;
}
