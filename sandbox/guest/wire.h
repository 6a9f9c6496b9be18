// Values in bytes: what crosses between judge and contestant.
//
// Containers that can change have a number, the same on both sides, and so have
// tuples and NaNs, whose identity shows: what came back once is the same object when
// it comes back again.
#ifndef CODERM_WIRE_H
#define CODERM_WIRE_H

#include "bytes.h"

#include <Python.h>

struct shared;

enum { WIRE_DEPTH = 20000 }; // of nesting

// put writes a value; -1 with an exception.
int wire_put(struct out *o, PyObject *x);
// put_same keeps the identity of what is passed by itself, as an argument or result.
int wire_put_same(struct out *o, PyObject *x);
// put_parts writes a tuple that was made for the message, and is none that either
// side will ask for again.
int wire_put_parts(struct out *o, PyObject *x);
int wire_put_content(struct out *o, struct shared *s);
// get reads one: a new reference, never NULL.
PyObject *wire_get(struct in *in);
void wire_get_content(struct in *in, struct shared *s);

// The shared containers: each side has its copy, and what the side in progress
// changed goes with its next message. wire_changes is the first part of each.
int wire_put_changes(struct out *o);
void wire_get_changes(struct in *in);
// changes_read is how many containers of ours the other side has changed so far.
uint32_t wire_changes_read(void);

// share makes a container of the library one for both sides, under a number that
// both choose.
enum { SHARED = 1 << 30 };
void wire_share(PyObject *x, uint32_t id);

int put_init(PyObject *helper); // helper: the module _sides
int get_init(PyObject *helper);

#endif
