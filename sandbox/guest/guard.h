// What the solution may see and change.
#ifndef CODERM_GUARD_H
#define CODERM_GUARD_H

#include <Python.h>
#include <stdbool.h>

// guard_library ends the boot: code made so far is the library's, and its
// modules and classes are guarded from here on. solution is the one module that
// is not. -1 with an exception.
int guard_library(PyObject *solution);
// guard_test marks the code, and the code within it, as the test's.
void guard_test(PyObject *code);
// guard_dict guards one dict, guard_type a class.
void guard_dict(PyObject *dict);
void guard_type(PyTypeObject *type);
// guard_alone is for a program that no test shares the interpreter with: it may
// change what it likes. What could reach around the interpreter stays refused.
void guard_alone(void);
// guard_watch is for a test apart from its solution: what it changes of the library
// is told to apart_change.
void guard_watch(void);
bool guard_is_library(PyObject *code);
// guard_pair makes the two dicts the globals of one module in two parts.
void guard_pair(PyObject *solution, PyObject *test);

#endif
