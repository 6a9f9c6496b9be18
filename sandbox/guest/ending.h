// What runs after a program's last line.
#ifndef CODERM_ENDING_H
#define CODERM_ENDING_H

#include <Python.h>
#include <stdbool.h>

// ending_run ends the program whose module is main, and takes the reference to it:
// threads are joined, atexit functions and finalizers run, buffers are written out.
// false when standard output could not be, which natively is exit status 120.
bool ending_run(PyObject *main);

#endif
