// Requests to the other side, which goes on until it has answered.
#ifndef CODERM_EXCHANGE_H
#define CODERM_EXCHANGE_H

#include "bytes.h"

#include <Python.h>
#include <stdbool.h>

// begin writes what a request begins with; false with an exception.
bool exchange_begin(struct out *o, uint8_t op);
int exchange_put_call(struct out *o, PyObject *const *args, Py_ssize_t n, PyObject *names);
// exchange sends a request and gives what came back: a value, or NULL with the
// exception that was raised there.
PyObject *exchange(struct out *o);
// called is exchange for a call, or what stands for one: a StopIteration of it is
// none of the iteration that the call is a part of.
PyObject *exchange_called(struct out *o);
// failed is for a request that could not be written to its end: what stands before
// it is sent all the same, for nothing here remembers it. NULL.
PyObject *exchange_failed(struct out *o);
// aside sends a request to a copy of the other side that is gone when it returns:
// whether the answer was true, 1 or 0; -1: it raised; -2: no answer.
int exchange_aside(struct out *o);

// ask sends a request of _sides.py's: name and arguments.
PyObject *ask(const char *name, PyObject *args);
PyObject *ask_attribute(uint32_t handle, PyObject *name);
int ask_set(uint32_t handle, PyObject *name, PyObject *value); // value NULL: delete

// busy: a request is being written, or made.
bool exchange_busy(void);

// let_stop: the test names StopIteration, and so knows of calls that raise it.
void exchange_let_stop(void);
bool exchange_stop_is_known(void);

#endif
