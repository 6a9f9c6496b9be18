// The shared containers: each side has its copy, under a number that is the same on
// both sides, and knows what of it the other side has last seen.
#ifndef CODERM_SHARED_H
#define CODERM_SHARED_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

// From LIST to ARRAY they can change; of the rest only the identity shows.
enum family : uint8_t { LIST, DEQUE, SET, BYTES, DICT, ORDERED, DEFAULT, COUNTER, ARRAY, TUPLE, FROZENSET, NAN_, VALUE, FAMILIES };

struct shared {
  PyObject *object;
  uint32_t id, at; // at: place in the table
  enum family family;
  bool marked;
  bool reading; // in the middle of it, when a message of ours may go out
  Py_ssize_t count;
  PyObject **content; // as last sent or received; of a map keys and values in turn, of an array as array_content has it
  uint64_t version;   // of a dict
};

// family_of tells by the exact type; -1: none of them.
int family_of(PyObject *x);
// type_of gives the type of a family that can change.
PyTypeObject *type_of(enum family f);
// Arrays are numpy's, where it is. content(x) lists what x is, a tuple of plain values,
// and what is in it: its bytes, or its objects one by one. make(what) gives an array,
// fill(x, what, in) makes one what the other side has; both end the pair for what makes
// no sense.
struct arrays {
  PyObject *type, *content, *make, *fill;
};
extern struct arrays arrays;
static inline bool is_map(enum family f) { return f >= DICT && f <= COUNTER; }

// of and numbered find a container in the table; NULL.
struct shared *shared_of(PyObject *x);
struct shared *shared_numbered(uint64_t id);
struct shared *shared_add(PyObject *x, enum family f, uint32_t id);
// new gives x the next number of ours, theirs one that came in a message.
struct shared *shared_new(PyObject *x, enum family f);
struct shared *shared_theirs(PyObject *x, enum family f, uint64_t id);
void shared_drop(struct shared *s);
// remember keeps the present content to compare with; -1 with an exception.
int shared_remember(struct shared *s);
// changed says whether the content is another than what was remembered.
bool shared_changed(struct shared *s);

// mark and forget: containers that were first written since the mark are unknown again.
uint32_t shared_mark(void);
void shared_forget(uint32_t mark);

// The table, whose places change when one is dropped.
uint32_t shared_count(void);
struct shared *shared_at(uint32_t i);

int shared_init(void);

#endif
