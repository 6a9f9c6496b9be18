// Finding and running tests, without unittest's own runner and results.
#ifndef CODERM_CASES_H
#define CODERM_CASES_H

#include <Python.h>

// cases_init keeps what it needs of unittest; once, before the snapshot.
int cases_init(void);
// cases_run finds the tests that the test's own code defined, in its globals or
// under a name that the solution's had with another value before, and runs them.
// If there are none the module itself, whose top level has run by now, is the
// one test.
void cases_run(PyObject *code, PyObject *globals, PyObject *solution, PyObject *before);

#endif
