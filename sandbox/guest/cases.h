// Finding and running tests, without unittest's own runner and results.
#ifndef CODERM_CASES_H
#define CODERM_CASES_H

#include <Python.h>
#include <stdbool.h>

// cases_init keeps what it needs of unittest; once, before the snapshot.
int cases_init(void);
// cases_can_fail says whether the code can be a test by itself: whether it has an
// assert or a raise anywhere, or a call at its top level.
bool cases_can_fail(PyObject *code);
// cases_run finds the tests in the test's globals that were not there before, with
// the same value, and runs them.
// If there are none, the module itself, whose top level has run by now, is the
// one test if alone is set.
void cases_run(bool alone, PyObject *globals, PyObject *before);

// cases_ended says whether the exception that has ended the test's top level, and
// which is then cleared, is sys.exit(pytest.main()): the tests are there by then.
bool cases_ended(void);

// cases_ran is told that the solution has called a function of the test's with
// these arguments, and that it returned: one that a decorator of the solution's
// wraps counts as run only then.
void cases_ran(PyObject *function, PyObject *args, PyObject *kwargs);

#endif
