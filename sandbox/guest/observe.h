// What a call has given, as a record of its own kind.
#ifndef CODERM_OBSERVE_H
#define CODERM_OBSERVE_H

#include <Python.h>
#include <stdint.h>

enum { OBSERVED = '?' }; // the last byte of a compiled call

int observe_init(void);
// observe sends the record of a call's value, or of the exception that is set
// when value is NULL.
void observe(uint64_t nonce, PyObject *value);

#endif
