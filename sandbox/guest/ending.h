// What runs after a program's last line.
#ifndef CODERM_ENDING_H
#define CODERM_ENDING_H

#include <Python.h>

enum ending {
  ENDED,
  ENDED_UNWRITTEN, // standard output could not be: natively exit status 120
  ENDED_WAITING,   // threads wait for each other: natively it does not end
};

// ending_run ends the program whose module is main, and takes the reference to it:
// threads are joined, atexit functions and finalizers run, buffers are written out.
enum ending ending_run(PyObject *main);

#endif
