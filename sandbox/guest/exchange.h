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
// put_aside adds a request, as ask's, to those that aside has done in copies of the
// other side. Each begins as the other side is now, cannot tell that it is a copy, and
// is gone afterwards. aside gives a list: the answer where it is a plain value, None
// where it raised, else Ellipsis.
int exchange_put_aside(struct out *all, const char *name, PyObject *args);
PyObject *exchange_aside(struct out *all, Py_ssize_t n);

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
