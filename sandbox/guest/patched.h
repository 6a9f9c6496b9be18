// What the test changes of the library, by mock.patch say: the solution, which has a
// library of its own, must see it.
#ifndef CODERM_PATCHED_H
#define CODERM_PATCHED_H

#include <Python.h>
#include <stdbool.h>

int patched_init(void);
// watch has changes noted from now on; -1 with an exception.
int patched_watch(void);
// any says whether some have been noted that nobody has taken.
bool patched_any(void);
// take gives them: a list of dict, key and what was there (... for nothing) in turn.
// sys.modules stands there without its keys. NULL with an exception.
PyObject *patched_take(void);

#endif
