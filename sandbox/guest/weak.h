// Weak references to stand-ins. One that only they hold does not die with its last
// strong reference here, but with the object that it stands for: the other side is
// asked to watch that, and says when nothing there but its handle holds it.
#ifndef CODERM_WEAK_H
#define CODERM_WEAK_H

#include "bytes.h"

#include <Python.h>
#include <stdbool.h>

// finalize is the tp_finalize of stand-ins.
void weak_finalize(PyObject *stand_in);
// watching says whether the other side has weak references to objects here.
bool weak_watching(void);
// put and get are a part of each message's head: what to watch, and what has died.
void weak_put(struct out *o);
void weak_get(struct in *in);
// apply lets go of what has died; it may run weak references' callbacks.
void weak_apply(void);

#endif
