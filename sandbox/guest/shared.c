#define Py_BUILD_CORE 1
#include "shared.h"
#include "map.h"
#include "remote.h"

#include <internal/pycore_setobject.h>
#include <stdlib.h>
#include <string.h>

enum { GROWN = 64 };

static struct shared **all;
static uint32_t all_count, all_cap, next_id;
static struct map by_object, by_id;

struct arrays arrays;

static PyTypeObject *deque_type, *ordered_type, *default_type, *counter_type;

PyTypeObject *type_of(enum family f) {
  PyTypeObject *const types[] = {&PyList_Type, deque_type, &PySet_Type, &PyByteArray_Type, &PyDict_Type, ordered_type, default_type, counter_type, (PyTypeObject *)arrays.type};
  return types[f];
}

// fast says whether a dict's own iteration is in order.
static bool fast(enum family f) { return f != ORDERED; }

int family_of(PyObject *x) {
  PyTypeObject *t = Py_TYPE(x);
  return t == &PyList_Type     ? LIST
         : t == &PyDict_Type   ? DICT
         : t == &PyTuple_Type  ? TUPLE
         : t == &PySet_Type    ? SET
         : t == deque_type     ? DEQUE
         : t == &PyByteArray_Type ? BYTES
         : t == default_type   ? DEFAULT
         : t == counter_type   ? COUNTER
         : t == ordered_type   ? ORDERED
         : t == &PyFrozenSet_Type ? FROZENSET
         : t == (PyTypeObject *)arrays.type ? ARRAY
                               : -1;
}

struct shared *shared_of(PyObject *x) { return (struct shared *)(uintptr_t)map_get(&by_object, (uintptr_t)x); }

struct shared *shared_numbered(uint64_t id) { return id <= INT32_MAX ? (struct shared *)(uintptr_t)map_get(&by_id, id) : NULL; }

uint32_t shared_count(void) { return all_count; }

struct shared *shared_at(uint32_t i) { return all[i]; }

struct shared *shared_add(PyObject *x, enum family f, uint32_t id) {
  if (all_count == all_cap) {
    all_cap = all_cap ? all_cap * 2 : GROWN;
    all = realloc(all, all_cap * sizeof *all);
  }
  struct shared *s = calloc(1, sizeof *s);
  if (!all || !s)
    wire_refuse("no memory for containers", true);
  *s = (struct shared){.object = Py_NewRef(x), .id = id, .at = all_count, .family = f};
  all[all_count++] = s;
  map_set(&by_object, (uintptr_t)x, (uintptr_t)s);
  map_set(&by_id, id, (uintptr_t)s);
  return s;
}

struct shared *shared_new(PyObject *x, enum family f) {
  next_id += next_id ? 2 : is_judge ? 2 : 1;
  return shared_add(x, f, next_id);
}

struct shared *shared_theirs(PyObject *x, enum family f, uint64_t id) {
  if (id > INT32_MAX || id == 0 || (id & 1) != (is_judge ? 1u : 0u) || map_get(&by_id, id))
    wire_refuse("a container has a number that it may not have", false);
  return shared_add(x, f, id);
}

static void forget_content(struct shared *s) {
  PyObject **content = s->content;
  Py_ssize_t n = s->count;
  s->content = NULL;
  s->count = 0;
  if (s->family == BYTES) {
    free(content);
    return;
  }
  for (Py_ssize_t i = 0; content && i < n; i++)
    Py_XDECREF(content[i]);
  free(content);
}

void shared_drop(struct shared *s) {
  map_remove(&by_object, (uintptr_t)s->object);
  map_remove(&by_id, s->id);
  all[s->at] = all[--all_count];
  all[s->at]->at = s->at;
  forget_content(s);
  Py_DECREF(s->object);
  free(s);
}

// items gives a map's items as a list of keys and values in turn, or the elements
// of another container: a new list, or NULL with an exception.
static PyObject *items(struct shared *s) {
  if (s->family == ARRAY)
    return PyObject_CallOneArg(arrays.content, s->object);
  if (!is_map(s->family))
    return PySequence_List(s->object);
  PyObject *flat = PyList_New(0), *key, *value;
  if (fast(s->family)) {
    for (Py_ssize_t at = 0; flat && PyDict_Next(s->object, &at, &key, &value);)
      if (PyList_Append(flat, key) < 0 || PyList_Append(flat, value) < 0)
        Py_CLEAR(flat);
    return flat;
  }
  PyObject *keys = flat ? PySequence_List(s->object) : NULL;
  for (Py_ssize_t i = 0; keys && flat && i < PyList_GET_SIZE(keys); i++) {
    key = PyList_GET_ITEM(keys, i);
    value = PyDict_GetItemWithError(s->object, key);
    if (!value || PyList_Append(flat, key) < 0 || PyList_Append(flat, value) < 0)
      Py_CLEAR(flat);
  }
  if (!keys)
    Py_CLEAR(flat);
  Py_XDECREF(keys);
  return flat;
}

int shared_remember(struct shared *s) {
  if (s->family >= TUPLE)
    return 0;
  forget_content(s);
  if (s->family == BYTES) {
    s->count = PyByteArray_GET_SIZE(s->object);
    s->content = malloc(s->count + 1);
    if (!s->content)
      wire_refuse("no memory for containers", true);
    memcpy(s->content, PyByteArray_AS_STRING(s->object), s->count);
    return 0;
  }
  PyObject *list = s->family == LIST ? Py_NewRef(s->object) : items(s);
  if (!list)
    return -1;
  Py_ssize_t n = PyList_GET_SIZE(list);
  s->content = malloc((n + 1) * sizeof *s->content);
  if (!s->content)
    wire_refuse("no memory for containers", true);
  for (Py_ssize_t i = 0; i < n; i++)
    s->content[i] = Py_NewRef(PyList_GET_ITEM(list, i));
  s->count = n;
  if (is_map(s->family))
    s->version = ((PyDictObject *)s->object)->ma_version_tag;
  Py_DECREF(list);
  return 0;
}

// made: of an array, and not one of its objects.
static bool made(PyObject *x) { return PyTuple_CheckExact(x) || PyBytes_CheckExact(x); }

bool shared_changed(struct shared *s) {
  if (s->reading)
    return false;
  switch (s->family) {
  case BYTES:
    return PyByteArray_GET_SIZE(s->object) != s->count || memcmp(PyByteArray_AS_STRING(s->object), s->content, s->count);
  case LIST:
    if (PyList_GET_SIZE(s->object) != s->count)
      return true;
    for (Py_ssize_t i = 0; i < s->count; i++)
      if (PyList_GET_ITEM(s->object, i) != s->content[i])
        return true;
    return false;
  case SET: {
    PyObject *key;
    Py_hash_t hash;
    Py_ssize_t at = 0, i = 0;
    if (PySet_GET_SIZE(s->object) != s->count)
      return true;
    while (_PySet_NextEntry(s->object, &at, &key, &hash))
      if (key != s->content[i++])
        return true;
    return false;
  }
  case ARRAY: {
    PyObject *list = items(s);
    bool differs = !list || PyList_GET_SIZE(list) != s->count;
    for (Py_ssize_t i = 0; !differs && i < s->count; i++) {
      PyObject *a = PyList_GET_ITEM(list, i), *b = s->content[i];
      differs = a != b && !(made(a) && made(b) && PyObject_RichCompareBool(a, b, Py_EQ) == 1);
    }
    Py_XDECREF(list);
    PyErr_Clear();
    return differs;
  }
  case DICT: case DEFAULT: case COUNTER: case ORDERED:
    if (s->version == ((PyDictObject *)s->object)->ma_version_tag && s->family != ORDERED)
      return false;
    [[fallthrough]];
  case DEQUE: {
    PyObject *list = items(s);
    bool differs = !list || PyList_GET_SIZE(list) != s->count;
    for (Py_ssize_t i = 0; !differs && i < s->count; i++)
      differs = PyList_GET_ITEM(list, i) != s->content[i];
    Py_XDECREF(list);
    PyErr_Clear();
    if (!differs && is_map(s->family))
      s->version = ((PyDictObject *)s->object)->ma_version_tag;
    return differs;
  }
  default:
    return false;
  }
}

uint32_t shared_mark(void) { return next_id; }

void shared_forget(uint32_t mark) {
  for (uint32_t i = 0; i < all_count;)
    if (all[i]->id > mark && (all[i]->id & 1) != (is_judge ? 1u : 0u))
      shared_drop(all[i]);
    else
      i++;
  next_id = mark;
}

int shared_init(void) {
  PyObject *collections = PyImport_ImportModule("collections");
  if (!collections)
    return -1;
  deque_type = (PyTypeObject *)PyObject_GetAttrString(collections, "deque");
  ordered_type = (PyTypeObject *)PyObject_GetAttrString(collections, "OrderedDict");
  default_type = (PyTypeObject *)PyObject_GetAttrString(collections, "defaultdict");
  counter_type = (PyTypeObject *)PyObject_GetAttrString(collections, "Counter");
  Py_DECREF(collections);
  return deque_type && ordered_type && default_type && counter_type ? 0 : -1;
}
