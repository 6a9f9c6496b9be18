// Handles: how an object without a value is named across, and what stands for it
// on the other side. The object stays where it is: the other side names it by a
// number, which it was given when the object was handed over, and gives back when
// its stand-in dies.
#ifndef CODERM_REMOTE_H
#define CODERM_REMOTE_H

#include "bytes.h"

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

extern bool is_judge; // this instance runs the test, not the solution

// ---- objects here that the other side may name

// export gives x's number, give also counts that it is sent, for the releases.
uint32_t remote_export(PyObject *x);
uint32_t remote_give(PyObject *x);
bool remote_is_exported(PyObject *x);
// reclassed gives a list of the objects that have had their class changed since they
// were last handed over, or since this was asked.
PyObject *remote_reclassed(void);
// is_held_by_handle says whether nothing but its number holds object k, or there is none.
bool remote_is_held_by_handle(uint32_t k);
// exported is the object with a number that came in a message; borrowed, never NULL.
PyObject *remote_exported(uint64_t k);
// export_class: instances of this class go as handles, with this number of theirs.
void remote_export_class(PyObject *cls, uint32_t k);
bool remote_class_is_exported(PyTypeObject *cls);

// ---- stand-ins

enum { DOUBTED_DIFFERENCE = 2 }; // of which it is no lie that it is true
typedef struct {
  PyObject_HEAD
  uint32_t handle, received; // received 0: it stands for nothing
  PyObject *weak;
  vectorcallfunc call;
  uint8_t doubted; // what made it has seen a value of the test: as what, DOUBTED_DIFFERENCE or another
  bool died;       // what it stands for: weak references do not keep it
} Remote;

// stand_in gives what stands for the other side's object k, made if there is none.
PyObject *remote_stand_in(PyTypeObject *type, uint32_t k);
// let_go: it stands for nothing from here on; the other side may forget the object.
void remote_let_go(Remote *r);
// release gives back one time of the other side's k.
void remote_release(uint32_t k);
bool remote_is(PyObject *x);
bool remote_is_stand_in(PyTypeObject *cls);
// handle_of is the other side's number of x, or -1.
int64_t remote_handle_of(PyObject *x);
// mark notes that x, a container here, is the other side's object k too; foreign,
// that any object is, until forget.
void remote_mark(PyObject *x, uint32_t k);
void remote_foreign(PyObject *x, uint32_t k);
void remote_forget(uintptr_t x, uint32_t k);
// set_class: the other side's class k is cls here; known_class is borrowed, or NULL.
void remote_set_class(PyObject *cls, uint32_t k);
PyObject *remote_known_class(uint32_t k);

// ---- in messages

// put writes an object that the other side owns, or one that goes as a handle
// without more ado; 1 if x is neither.
int remote_put(struct out *o, PyObject *x);
// put_object writes an instance of a class that was exported as number cls.
void remote_put_object(struct out *o, PyObject *x, uint32_t cls);
// get reads what put wrote; NULL for another tag.
PyObject *remote_get(struct in *in, uint8_t tag);
// put_released and get_released: numbers that the sender no longer needs.
void remote_put_released(struct out *o);
void remote_get_released(struct in *in);

int remote_init(PyObject *helper); // helper: the module _sides

#endif
