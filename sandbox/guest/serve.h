// Requests of the other side, and what is done for them.
#ifndef CODERM_SERVE_H
#define CODERM_SERVE_H

#include <Python.h>
#include <stdint.h>

// serve answers the request in the inbox; the answer's address and length.
uint64_t serve(uint32_t len);

int serve_init(PyObject *helper); // helper: the module _sides

#endif
