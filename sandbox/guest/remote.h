// Handles: how an object without a value is named across, and what stands for it
// on the other side.
#ifndef CODERM_REMOTE_H
#define CODERM_REMOTE_H

#include "wire.h"

extern bool is_judge; // this instance runs the test, not the solution

int remote_init(PyObject *helper);
int remote_register(void);

// put writes an object that the other side owns, or one that goes as a handle
// without more ado; 1 if x is neither.
int remote_put(struct out *o, PyObject *x);
// put_object writes an instance of a class that was exported as number cls.
void remote_put_object(struct out *o, PyObject *x, uint32_t cls);
// get reads what put wrote; NULL for another tag.
PyObject *remote_get(struct in *in, uint8_t tag);
// mark notes that x, a container here, is the other side's object k too.
void remote_mark(PyObject *x, uint32_t k);
bool remote_is(PyObject *x);
bool remote_is_stand_in(PyTypeObject *cls);

// serve answers the request in the inbox; the answer's address and length.
uint64_t remote_serve(uint32_t len);
// ask sends a request of apart.py's: name and arguments.
PyObject *remote_ask(const char *name, PyObject *args);

#endif
