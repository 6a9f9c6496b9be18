// The types of what stands for objects of the other side: Remote for instances, with
// a class of its own for each of their classes, functions, and methods of classes.
#ifndef CODERM_STANDIN_H
#define CODERM_STANDIN_H

#include <Python.h>

extern PyTypeObject remote_type, function_type, method_type;

// show_as: instances of the stand-in class say that they are of this class;
// metaclass, that classes of this type are of type.
void standin_show_as(PyTypeObject *cls, PyTypeObject *as);
void standin_metaclass(PyTypeObject *cls);
// watch has told called with the arguments of each call of the function.
void standin_watch(PyObject *function, PyObject *told);

int standin_init(PyObject *helper); // helper: the module _sides

#endif
