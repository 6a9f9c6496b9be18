// The verdict: what is counted while a test runs, and how it leaves.
#ifndef CODERM_VERDICT_H
#define CODERM_VERDICT_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

// kind: the numbers of sandbox.Kind on the Go side.
enum kind : uint8_t { PASS = 1, FAIL, ERROR, TIMEOUT, MEMORY, CRASH };

// verdict_begin forgets the last verdict and takes the nonce of this call.
void verdict_begin(uint64_t nonce);
// verdict_class says of which class the tests recorded from now on are methods;
// NULL: of none, as at first.
void verdict_class(PyObject *name);
// verdict_method records that a test method was started and how it ended.
void verdict_method(PyObject *name, enum kind kind);
// verdict_note keeps the first thing that went wrong; later ones are ignored.
void verdict_note(enum kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));
// verdict_raised takes the exception that is set, notes it and returns its kind.
enum kind verdict_raised(const char *where);
// line_of gives the line of a traceback's entry, which is not counted before it is asked for.
int line_of(PyTracebackObject *t);
// verdict_is changes the kind of the trouble noted.
void verdict_is(enum kind kind);
// verdict_agreed notes that what looks like a pass is none: an object agreed with an
// answer and with another, or as how says. verdict_any_agreed says whether there was
// such a thing since it was last asked.
void verdict_agreed(const char *how);
bool verdict_any_agreed(void);
// verdict_fails names an exception that, like AssertionError, is a failure.
void verdict_fails(PyObject *type);
// verdict_forget drops the trouble noted.
void verdict_forget(void);
// verdict_send hands the record out, once. Without any trouble noted it is a
// pass if at least one test ran, else an error.
void verdict_send(void);

#endif
