#include "weak.h"
#include "apart.h"
#include "exchange.h"
#include "remote.h"
#include "wire.h"

#include <stdlib.h>

struct list {
  uint32_t *at, count, cap;
};

static void add(struct list *l, uint32_t v) {
  if (l->count == l->cap) {
    l->cap = l->cap ? l->cap * 2 : 64;
    l->at = realloc(l->at, l->cap * sizeof *l->at);
    if (!l->at)
      wire_refuse("no memory for weak references", true);
  }
  l->at[l->count++] = v;
}

static struct list kept;    // stand-ins, each with a reference
static struct list told;    // numbers for the other side to watch, with the next message
static struct list watched; // numbers of ours that the other side has weak references to
static struct list died;    // numbers, until apply

void weak_finalize(PyObject *x) {
  Remote *r = (Remote *)x;
  if (!r->received || !r->weak || r->died || !apart_connected())
    return;
  add(&kept, (uint32_t)(uintptr_t)Py_NewRef(x));
  add(&told, r->handle);
  if (!is_judge || exchange_busy())
    return;
  // The test may look at once whether it is gone.
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *none = PyTuple_New(0), *answer = none ? ask("nothing", none) : NULL;
  Py_XDECREF(answer);
  Py_XDECREF(none);
  PyErr_Restore(type, value, traceback);
}

bool weak_watching(void) { return watched.count; }

void weak_put(struct out *o) {
  out_int(o, told.count);
  for (uint32_t i = 0; i < told.count; i++)
    out_int(o, told.at[i]);
  told.count = 0;
  uint32_t count = 0, gone = 0;
  for (uint32_t i = 0; i < watched.count; i++)
    gone += remote_is_held_by_handle(watched.at[i]);
  out_int(o, gone);
  for (uint32_t i = 0; i < watched.count; i++)
    if (remote_is_held_by_handle(watched.at[i]))
      out_int(o, watched.at[i]);
    else
      watched.at[count++] = watched.at[i];
  watched.count = count;
}

void weak_get(struct in *in) {
  for (uint32_t n = in_count(in); n > 0; n--) {
    uint64_t k = in_int(in);
    bool known = false;
    for (uint32_t i = 0; i < watched.count && !known; i++)
      known = watched.at[i] == k;
    if (!known && k <= INT32_MAX)
      add(&watched, k);
  }
  for (uint32_t n = in_count(in); n > 0; n--) {
    uint64_t k = in_int(in);
    if (k <= INT32_MAX)
      add(&died, k);
  }
}

void weak_apply(void) {
  while (died.count) {
    uint32_t k = died.at[--died.count];
    for (uint32_t i = 0; i < kept.count; i++) {
      Remote *r = (Remote *)(uintptr_t)kept.at[i];
      if (r->handle != k)
        continue;
      kept.at[i] = kept.at[--kept.count];
      r->died = Py_REFCNT(r) == 1; // else somebody holds it again, and it may be kept again
      Py_DECREF(r);
      break;
    }
  }
}
