// The order of sets.
//
// A set shows in which order its table has its elements, which depends on its
// history. Where adding them in that order makes another table, the places go too.
#ifndef CODERM_SETORDER_H
#define CODERM_SETORDER_H

#include "bytes.h"

#include <Python.h>

// put writes the places of a set's elements, if they need to be told.
void setorder_put(struct out *o, PyObject *set);
// get reads them, and gives a set with these elements the table that they had, if
// it is one that lookups work on.
void setorder_get(struct in *in, PyObject *set, PyObject *elements);

#endif
