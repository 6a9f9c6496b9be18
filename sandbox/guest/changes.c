// Before anything else a message tells what its sender has changed in shared
// containers, and which of them it needs no longer.
#define Py_BUILD_CORE 1
#include "wire.h"
#include "freeze.h"
#include "map.h"
#include "remote.h"
#include "shared.h"
#include "weak.h"

#include <internal/pycore_setobject.h>
#include <stdlib.h>

enum { GROWN = 64 };
static uint32_t prune_at = GROWN;
static uint32_t *dropped, dropped_count, dropped_cap; // numbers, for the next message

static void mark(struct shared *s);

static void mark_object(PyObject *x) {
  struct shared *s = shared_of(x);
  if (s && !s->marked)
    mark(s);
}

static void mark(struct shared *s) {
  s->marked = true;
  if (s->family == TUPLE)
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(s->object); i++)
      mark_object(PyTuple_GET_ITEM(s->object, i));
  PyObject *key;
  Py_hash_t hash;
  for (Py_ssize_t at = 0; s->family == FROZENSET && _PySet_NextEntry(s->object, &at, &key, &hash);)
    mark_object(key);
  for (Py_ssize_t i = 0; s->family < TUPLE && s->family != BYTES && i < s->count; i++)
    mark_object(s->content[i]);
}

// prune lets go of containers that only this table and other such containers
// hold. Only the judge does: what it may ask for again is what its test can reach.
static void prune(void) {
  if (!is_judge || (shared_count() < prune_at && !weak_watching()))
    return;
  struct map held = {};
#define HOLD(x, n)                                                                                                                         \
  do {                                                                                                                                     \
    if (shared_of((PyObject *)(x)))                                                                                               \
      map_set(&held, (uintptr_t)(x), map_get(&held, (uintptr_t)(x)) + (n));                                                                \
  } while (0)
  for (uint32_t i = 0; i < shared_count(); i++) {
    struct shared *s = shared_at(i);
    s->marked = false;
    PyObject *key;
    Py_hash_t hash;
    if (s->family == TUPLE)
      for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(s->object); j++)
        HOLD(PyTuple_GET_ITEM(s->object, j), 1);
    for (Py_ssize_t at = 0; s->family == FROZENSET && _PySet_NextEntry(s->object, &at, &key, &hash);)
      HOLD(key, 1);
    for (Py_ssize_t j = 0; s->family < TUPLE && s->family != BYTES && j < s->count; j++)
      HOLD(s->content[j], 2); // here and in the container
  }
#undef HOLD
  for (uint32_t i = 0; i < shared_count(); i++)
    if (!shared_at(i)->marked && (frozen(shared_at(i)->object) || Py_REFCNT(shared_at(i)->object) > 1 + (Py_ssize_t)map_get(&held, (uintptr_t)shared_at(i)->object))) // the library's
      mark(shared_at(i));
  free(held.keys);
  free(held.values);
  for (uint32_t i = 0; i < shared_count();) {
    if (shared_at(i)->marked) {
      i++;
      continue;
    }
    if (dropped_count == dropped_cap) {
      dropped_cap = dropped_cap ? dropped_cap * 2 : 64;
      dropped = realloc(dropped, dropped_cap * sizeof *dropped);
      if (!dropped)
        wire_refuse("no memory for containers", true);
    }
    dropped[dropped_count++] = shared_at(i)->id;
    shared_drop(shared_at(i));
  }
  prune_at = shared_count() * 2 < GROWN ? GROWN : shared_count() * 2;
}

static int writing; // what is written may set another message going, which must not let go of what is yet to be written

int wire_put_changes(struct out *o) {
  uint32_t n = shared_count(), count = 0;
  struct shared **list = NULL;
  for (uint32_t i = 0; i < n; i++)
    if (shared_changed(shared_at(i))) {
      if (!list && !(list = malloc(n * sizeof *list)))
        wire_refuse("no memory for containers", true);
      list[count++] = shared_at(i);
    }
  out_int(o, count);
  int err = 0;
  writing++;
  for (uint32_t i = 0; i < count && !err; i++) {
    out_int(o, list[i]->id);
    err = wire_put_content(o, list[i]);
  }
  free(list);
  if (!--writing)
    prune();
  out_int(o, dropped_count);
  for (uint32_t i = 0; i < dropped_count; i++)
    out_int(o, dropped[i]);
  dropped_count = 0;
  return err;
}

static uint32_t changes_read;

uint32_t wire_changes_read(void) { return changes_read; }

void wire_get_changes(struct in *in) {
  for (uint32_t n = in_count(in); n > 0; n--) {
    struct shared *s = shared_numbered(in_int(in));
    if (!s || s->family >= TUPLE)
      wire_refuse("a change of what is not known", false);
    changes_read++;
    PyObject *kept = Py_NewRef(s->object); // whatever reading sets going
    wire_get_content(in, s);
    Py_DECREF(kept);
  }
  for (uint32_t n = in_count(in); n > 0; n--) {
    struct shared *s = shared_numbered(in_int(in));
    if (s && !is_judge)
      shared_drop(s);
  }
}

void wire_share(PyObject *x, uint32_t id) {
  int f = family_of(x);
  if (f >= 0 && shared_remember(shared_add(x, f, id)) < 0)
    PyErr_Clear();
}
