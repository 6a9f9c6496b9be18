// Values in bytes: what crosses between judge and contestant.
#ifndef CODERM_WIRE_H
#define CODERM_WIRE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

// A message being written.
struct out {
  uint8_t *p;
  uint32_t len, cap;
  uint32_t head, mark; // where a request begins, and the containers known before it
};
void out_byte(struct out *o, uint8_t b);
void out_int(struct out *o, uint64_t n); // LEB128
void out_raw(struct out *o, const void *data, uint32_t len);
void out_free(struct out *o);

// A message being read. It may be hostile: what is malformed ends the instance
// by wire_refuse, so that readers have no error to handle.
struct in {
  const uint8_t *p, *end;
  int depth;
};
uint8_t in_byte(struct in *in);
uint64_t in_int(struct in *in);
uint32_t in_count(struct in *in); // of things that take a byte or more each
const uint8_t *in_raw(struct in *in, uint32_t len);

// wire_refuse ends the pair: the other side sent what it may not. memory: it sent
// more than there is room for.
[[noreturn]] void wire_refuse(const char *why, bool memory);

// put writes a value; -1 with an exception.
int wire_put(struct out *o, PyObject *x);
// put_same keeps the identity of what is passed by itself, as an argument or result.
int wire_put_same(struct out *o, PyObject *x);
// get reads one: a new reference, never NULL.
PyObject *wire_get(struct in *in);

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
// mark and forget: containers that were first written since the mark are unknown again.
uint32_t wire_mark(void);
void wire_forget(uint32_t mark);

int wire_init(PyObject *helper); // helper: the module of apart.py

// A map of words; keys are not 0, nor are values.
struct map {
  uint32_t *keys, *values;
  uint32_t used, filled, cap;
};
uint32_t map_get(const struct map *m, uint32_t key);
void map_set(struct map *m, uint32_t key, uint32_t value);
void map_remove(struct map *m, uint32_t key);

#endif
