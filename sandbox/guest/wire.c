// Values are told by their exact type, each by a tag. Containers that can change
// have a number, the same on both sides, and so have tuples and NaNs, whose
// identity shows: what came back once is the same object when it comes back again.
// What is no plain value goes through apart.py, which makes plain values of it.
#include "wire.h"
#include "apart.h"
#include "remote.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 20000, GROWN = 64 };

// ---- bytes

void out_raw(struct out *o, const void *data, uint32_t len) {
  if (o->cap - o->len < len) {
    uint64_t need = (uint64_t)o->len + len, cap = need < 256 ? 512 : need < 1 << 20 ? need * 2 : need + need / 4;
    uint8_t *p = cap < INT32_MAX ? realloc(o->p, cap) : NULL;
    if (!p)
      wire_refuse("no memory for a message", true);
    o->p = p;
    o->cap = cap;
  }
  memcpy(o->p + o->len, data, len);
  o->len += len;
}

void out_byte(struct out *o, uint8_t b) {
  if (o->len < o->cap)
    o->p[o->len++] = b;
  else
    out_raw(o, &b, 1);
}

void out_int(struct out *o, uint64_t n) {
  for (; n >= 0x80; n >>= 7)
    out_byte(o, n | 0x80);
  out_byte(o, n);
}

void out_free(struct out *o) {
  free(o->p);
  *o = (struct out){};
}

uint8_t in_byte(struct in *in) {
  if (in->p == in->end)
    wire_refuse("a message ends early", false);
  return *in->p++;
}

uint64_t in_int(struct in *in) {
  uint64_t n = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t b = in_byte(in);
    n |= (uint64_t)(b & 0x7f) << shift;
    if (b < 0x80)
      return n;
  }
  wire_refuse("a number is too long", false);
}

uint32_t in_count(struct in *in) {
  uint64_t n = in_int(in);
  if (n > (uint64_t)(in->end - in->p))
    wire_refuse("a count is larger than its message", false);
  return n;
}

const uint8_t *in_raw(struct in *in, uint32_t len) {
  if (len > (uint64_t)(in->end - in->p))
    wire_refuse("a message ends early", false);
  in->p += len;
  return in->p - len;
}

// ---- maps

static uint32_t slot(const struct map *m, uint32_t key) {
  uint32_t i = key * 2654435761u >> 7;
  for (;; i++)
    if (m->keys[i &= m->cap - 1] == key || m->keys[i] == 0)
      return i;
}

uint32_t map_get(const struct map *m, uint32_t key) { return m->cap ? m->values[slot(m, key)] : 0; }

void map_set(struct map *m, uint32_t key, uint32_t value) {
  if (m->filled * 2 >= m->cap) {
    struct map old = *m;
    m->cap = old.used * 4 < 32 ? 32 : 32u << (32 - __builtin_clz(old.used * 4 / 32));
    m->keys = calloc(m->cap, sizeof *m->keys);
    m->values = calloc(m->cap, sizeof *m->values);
    if (!m->keys || !m->values)
      wire_refuse("no memory for handles", true);
    m->used = m->filled = 0;
    for (uint32_t i = 0; i < old.cap; i++)
      if (old.values[i])
        map_set(m, old.keys[i], old.values[i]);
    free(old.keys);
    free(old.values);
  }
  uint32_t i = slot(m, key);
  m->filled += m->keys[i] == 0;
  m->used += m->values[i] == 0;
  m->keys[i] = key;
  m->values[i] = value;
}

// A removed key keeps its place, without a value, until the map is made anew.
void map_remove(struct map *m, uint32_t key) {
  uint32_t i = m->cap ? slot(m, key) : 0;
  if (m->cap && m->values[i]) {
    m->values[i] = 0;
    m->used--;
  }
}

// ---- shared containers

enum family : uint8_t { LIST, DEQUE, SET, BYTES, DICT, ORDERED, DEFAULT, COUNTER, TUPLE, FROZENSET, NAN_, VALUE, FAMILIES };
static const char tags[FAMILIES + 1] = "lqSBdo?Ctznv";

struct shared {
  PyObject *object;
  uint32_t id, at; // at: place in all
  enum family family;
  bool marked;
  bool reading; // in the middle of it, when a message of ours may go out
  Py_ssize_t count;
  PyObject **content; // as last sent or received; of a map keys and values in turn
  uint64_t version;   // of a dict
};
static struct shared **all;
static uint32_t all_count, all_cap, next_id, prune_at = GROWN;
static struct map by_object, by_id;
static uint32_t *dropped, dropped_count, dropped_cap;

static PyTypeObject *deque_type, *ordered_type, *default_type, *counter_type;
static PyObject *put_other, *get_other, *not_a_number;

static bool is_map(enum family f) { return f >= DICT && f <= COUNTER; }

// fast says whether a dict's own iteration is in order.
static bool fast(enum family f) { return f != ORDERED; }

static int family_of(PyObject *x) {
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
                               : -1;
}

static struct shared *add(PyObject *x, enum family f, uint32_t id) {
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

static void drop(struct shared *s) {
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

// remember keeps the present content to compare with.
static int remember(struct shared *s) {
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

static bool changed(struct shared *s) {
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

// ---- the order of sets
//
// A set shows in which order its table has its elements, which depends on its
// history. Where adding them in that order makes another table, the places go too.

static setentry *next_entry(PySetObject *s, Py_ssize_t *at) {
  for (; *at <= s->mask; (*at)++) {
    setentry *e = &s->table[*at];
    if (e->key && e->hash != -1) {
      (*at)++;
      return e;
    }
  }
  return NULL;
}

static bool simple(PyObject *x) { return PyUnicode_CheckExact(x) || PyLong_CheckExact(x) || PyFloat_CheckExact(x) || PyBytes_CheckExact(x); }

// as_added says whether adding the elements in order gives this order.
static bool as_added(PySetObject *s) {
  PyObject *made = PySet_New(NULL);
  bool same = made != NULL;
  Py_ssize_t at = 0, other = 0;
  for (setentry *e; same && (e = next_entry(s, &at));) {
    if (!simple(e->key)) {
      Py_DECREF(made);
      return true; // hashing it may run code
    }
    same = PySet_Add(made, e->key) == 0;
  }
  at = 0;
  for (setentry *e, *m; same && (e = next_entry(s, &at));)
    same = (m = next_entry((PySetObject *)made, &other)) && m->key == e->key;
  PyErr_Clear();
  Py_XDECREF(made);
  return same;
}

static void put_places(struct out *o, PyObject *x) {
  PySetObject *s = (PySetObject *)x;
  if (s->used < 2 || s->mask > 16 * s->used + 64 || as_added(s)) {
    out_int(o, 0);
    return;
  }
  out_int(o, s->mask);
  Py_ssize_t at = 0;
  while (next_entry(s, &at))
    out_int(o, at - 1);
}

// arrange gives a set with these elements the table that they had, if it is one
// that lookups work on.
static void arrange(struct in *in, PyObject *x, PyObject *elements) {
  PySetObject *s = (PySetObject *)x;
  uint64_t mask = in_int(in);
  if (!mask)
    return;
  Py_ssize_t n = PyList_GET_SIZE(elements), last = -1;
  bool ok = (mask & (mask + 1)) == 0 && mask >= 7 && mask <= 16 * (uint64_t)n + 64 && (uint64_t)n * 5 <= mask * 3 && s->used == n;
  setentry *table = ok ? calloc(mask + 1, sizeof *table) : NULL;
  for (Py_ssize_t i = 0; i < n; i++) {
    uint64_t at = in_int(in);
    PyObject *key = PyList_GET_ITEM(elements, i);
    ok = ok && table && at <= mask && (Py_ssize_t)at > last && simple(key);
    if (ok) {
      table[at] = (setentry){key, PyObject_Hash(key)};
      last = at;
    }
  }
  if (!ok) {
    free(table);
    return;
  }
  PyObject *made = PySet_New(NULL);
  if (!made) {
    PyErr_Clear();
    free(table);
    return;
  }
  PySetObject *m = (PySetObject *)made;
  setentry *small = m->table;
  m->table = table;
  m->mask = mask;
  m->used = m->fill = n;
  for (Py_ssize_t i = 0; i < n && ok; i++)
    ok = PySet_Contains(made, PyList_GET_ITEM(elements, i)) == 1;
  m->table = small;
  m->mask = 7;
  m->used = m->fill = 0;
  Py_DECREF(made);
  if (ok) { // the elements are those that s has, each once
    setentry *own = mask == 7 ? s->smalltable : PyMem_Calloc(mask + 1, sizeof *own);
    setentry *old = s->table;
    if (own) {
      memcpy(own, table, (mask + 1) * sizeof *own);
      s->table = own;
      s->mask = mask;
      s->fill = s->used;
      s->finger = 0;
      if (old != s->smalltable)
        PyMem_Free(old);
    }
  }
  free(table);
}

// ---- writing

static int put_content(struct out *o, struct shared *s) {
  if (s->family == BYTES) {
    out_int(o, PyByteArray_GET_SIZE(s->object));
    out_raw(o, PyByteArray_AS_STRING(s->object), PyByteArray_GET_SIZE(s->object));
    return remember(s);
  }
  if (s->family == TUPLE) {
    out_int(o, PyTuple_GET_SIZE(s->object));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(s->object); i++)
      if (wire_put(o, PyTuple_GET_ITEM(s->object, i)) < 0)
        return -1;
    return 0;
  }
  if (s->family == FROZENSET) {
    PyObject *list = PySequence_List(s->object);
    int err = list ? 0 : -1;
    out_int(o, list ? PyList_GET_SIZE(list) : 0);
    for (Py_ssize_t i = 0; !err && i < PyList_GET_SIZE(list); i++)
      err = wire_put(o, PyList_GET_ITEM(list, i));
    put_places(o, s->object);
    Py_XDECREF(list);
    return err;
  }
  if (s->family > FROZENSET)
    return 0;
  // What is remembered is what is written, whatever writing it sets going.
  if (remember(s) < 0)
    return -1;
  Py_ssize_t n = s->count;
  PyObject *list = PyList_New(n);
  if (!list)
    return -1;
  for (Py_ssize_t i = 0; i < n; i++)
    PyList_SET_ITEM(list, i, Py_NewRef(s->content[i]));
  out_int(o, is_map(s->family) ? n / 2 : n);
  int err = 0;
  for (Py_ssize_t i = 0; !err && i < n; i++)
    err = wire_put(o, PyList_GET_ITEM(list, i));
  if (s->family == SET)
    put_places(o, s->object);
  Py_DECREF(list);
  return err;
}

static int put_shared(struct out *o, PyObject *x, enum family f) {
  struct shared *s = (struct shared *)(uintptr_t)map_get(&by_object, (uintptr_t)x);
  if (s) {
    out_byte(o, '&');
    out_int(o, s->id);
    return 0;
  }
  next_id += next_id ? 2 : is_judge ? 2 : 1;
  s = add(x, f, next_id);
  out_byte(o, tags[f]);
  out_int(o, s->id);
  if (f == DEQUE || f == DEFAULT) {
    PyObject *arg = PyObject_GetAttrString(x, f == DEQUE ? "maxlen" : "default_factory");
    int err = arg ? wire_put(o, arg) : -1;
    Py_XDECREF(arg);
    if (err)
      return -1;
  }
  return put_content(o, s);
}

static int put_int(struct out *o, PyObject *x) {
  int overflow;
  long long n = PyLong_AsLongLongAndOverflow(x, &overflow);
  if (!overflow) {
    out_byte(o, 'i');
    out_int(o, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
    return 0;
  }
  size_t size = _PyLong_NumBits(x) / 8 + 1;
  uint8_t *bytes = malloc(size);
  if (!bytes || _PyLong_AsByteArray((PyLongObject *)x, bytes, size, true, true) < 0) {
    free(bytes);
    return -1;
  }
  out_byte(o, 'J');
  out_int(o, size);
  out_raw(o, bytes, size);
  free(bytes);
  return 0;
}

static int put_str(struct out *o, PyObject *x) {
  if (PyUnicode_IS_COMPACT_ASCII(x)) {
    out_byte(o, PyUnicode_CHECK_INTERNED(x) ? 'k' : 's');
    out_int(o, PyUnicode_GET_LENGTH(x));
    out_raw(o, PyUnicode_DATA(x), PyUnicode_GET_LENGTH(x));
    return 0;
  }
  PyObject *b = PyUnicode_AsEncodedString(x, "utf-8", "surrogatepass");
  if (!b)
    return -1;
  out_byte(o, 'u');
  out_int(o, PyBytes_GET_SIZE(b));
  out_raw(o, PyBytes_AS_STRING(b), PyBytes_GET_SIZE(b));
  Py_DECREF(b);
  return 0;
}

static int put_three(struct out *o, PyObject *x) {
  out_byte(o, PyRange_Check(x) ? 'r' : '/');
  for (const char **name = (const char *[]){"start", "stop", "step", NULL}; *name; name++) {
    PyObject *v = PyObject_GetAttrString(x, *name);
    int err = v ? wire_put(o, v) : -1;
    Py_XDECREF(v);
    if (err)
      return -1;
  }
  return 0;
}

static int depth;

static int put_plain(struct out *o, PyObject *x) {
  PyTypeObject *t = Py_TYPE(x);
  if (x == Py_None)
    return out_byte(o, 'N'), 0;
  if (t == &PyLong_Type)
    return put_int(o, x);
  if (t == &PyUnicode_Type)
    return put_str(o, x);
  if (t == &PyBool_Type)
    return out_byte(o, x == Py_True ? 'T' : 'F'), 0;
  if (t == &PyFloat_Type) {
    double d = PyFloat_AS_DOUBLE(x);
    if (d != d && x != not_a_number)
      return put_shared(o, x, NAN_);
    out_byte(o, d != d ? 'm' : 'f');
    if (d == d)
      out_raw(o, &d, sizeof d);
    return 0;
  }
  if (t == &PyTuple_Type && PyTuple_GET_SIZE(x) == 0)
    return out_byte(o, '('), 0;
  if (is_judge && x == apart_namespace())
    return out_byte(o, 'N'), 0; // the test's names are not for the solution
  int f = family_of(x);
  if (f >= 0)
    return put_shared(o, x, f);
  if (t == &PyBytes_Type) {
    out_byte(o, 'b');
    out_int(o, PyBytes_GET_SIZE(x));
    out_raw(o, PyBytes_AS_STRING(x), PyBytes_GET_SIZE(x));
    return 0;
  }
  if (t == &PyComplex_Type) {
    Py_complex c = PyComplex_AsCComplex(x);
    out_byte(o, 'j');
    out_raw(o, &c, sizeof c);
    return 0;
  }
  if (t == &PyRange_Type || t == &PySlice_Type)
    return put_three(o, x);
  if (x == Py_Ellipsis || x == Py_NotImplemented)
    return out_byte(o, x == Py_Ellipsis ? 'E' : 'I'), 0;
  return 1;
}

// own_value: two of them that are equal may be two objects, natively too.
static bool own_value(PyObject *x) {
  PyTypeObject *t = Py_TYPE(x);
  if (t == &PyUnicode_Type)
    return PyUnicode_GET_LENGTH(x) > 1 && !PyUnicode_CHECK_INTERNED(x);
  if (t == &PyLong_Type) {
    int overflow;
    long n = PyLong_AsLongAndOverflow(x, &overflow);
    return overflow || n < -5 || n > 256;
  }
  return (t == &PyFloat_Type && PyFloat_AS_DOUBLE(x) == PyFloat_AS_DOUBLE(x)) || (t == &PyBytes_Type && PyBytes_GET_SIZE(x) > 1) || t == &PyComplex_Type || t == &PyRange_Type || t == &PySlice_Type;
}

int wire_put_same(struct out *o, PyObject *x) {
  if (!own_value(x))
    return wire_put(o, x);
  struct shared *s = (struct shared *)(uintptr_t)map_get(&by_object, (uintptr_t)x);
  if (s) {
    out_byte(o, '&');
    out_int(o, s->id);
    return 0;
  }
  if (!is_judge || Py_REFCNT(x) < 2) // only the test asks whether it is the same
    return wire_put(o, x);
  next_id += 2;
  add(x, VALUE, next_id);
  out_byte(o, 'v');
  out_int(o, next_id);
  return wire_put(o, x);
}

// other asks apart.py: (kind, plain value), or an int, the class whose instance
// goes as a handle.
static int put_any_other(struct out *o, PyObject *x) {
  PyObject *pair = PyObject_CallOneArg(put_other, x);
  if (!pair)
    return -1;
  int err = -1;
  if (PyLong_CheckExact(pair)) {
    remote_put_object(o, x, PyLong_AsUnsignedLong(pair));
    err = 0;
  } else if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 3) { // a subclass of a container
    out_byte(o, 'U');
    out_int(o, PyLong_AsUnsignedLong(PyTuple_GET_ITEM(pair, 1)));
    err = wire_put(o, PyTuple_GET_ITEM(pair, 0));
    struct shared *s = (struct shared *)(uintptr_t)map_get(&by_object, (uintptr_t)x);
    if (!err && s) {
      out_byte(o, '&');
      out_int(o, s->id);
    } else if (!err) {
      err = put_shared(o, x, PyLong_AsLong(PyTuple_GET_ITEM(pair, 2)));
    }
  } else {
    out_byte(o, 'X');
    out_int(o, PyLong_AsUnsignedLong(PyTuple_GET_ITEM(pair, 0)));
    err = wire_put(o, PyTuple_GET_ITEM(pair, 1));
  }
  Py_DECREF(pair);
  return err;
}

int wire_put(struct out *o, PyObject *x) {
  if (depth >= DEPTH) {
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded between the test and the solution");
    return -1;
  }
  depth++;
  int r = put_plain(o, x);
  if (r > 0)
    r = remote_put(o, x);
  if (r > 0)
    r = put_any_other(o, x);
  depth--;
  return r;
}

// ---- reading

static PyObject *must(PyObject *x) {
  if (x)
    return x;
  bool memory = PyErr_ExceptionMatches(PyExc_MemoryError);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *text = PyUnicode_FromFormat("a message could not be read: %S: %S", type ? type : Py_None, value ? value : Py_None);
  const char *why = text ? PyUnicode_AsUTF8(text) : NULL;
  wire_refuse(why ? why : "a message could not be read", memory);
}

static void check(int err) {
  if (err < 0)
    must(NULL);
}

static struct shared *add_theirs(PyObject *x, enum family f, uint64_t id) {
  if (id > INT32_MAX || id == 0 || (id & 1) != (is_judge ? 1u : 0u) || map_get(&by_id, id))
    wire_refuse("a container has a number that it may not have", false);
  return add(x, f, id);
}

static void clear(struct shared *s) {
  PyObject *x = s->object, *r = NULL;
  switch (s->family) {
  case LIST: check(PyList_SetSlice(x, 0, PY_SSIZE_T_MAX, NULL)); return;
  case SET: check(PySet_Clear(x)); return;
  case DEQUE: r = must(PyObject_CallMethod((PyObject *)deque_type, "clear", "O", x)); break;
  case ORDERED: r = must(PyObject_CallMethod((PyObject *)ordered_type, "clear", "O", x)); break;
  default: PyDict_Clear(x); return;
  }
  Py_DECREF(r);
}

static void insert(struct shared *s, PyObject *x) {
  switch (s->family) {
  case LIST: check(PyList_Append(s->object, x)); return;
  case SET: check(PySet_Add(s->object, x)); return;
  default: Py_DECREF(must(PyObject_CallMethod((PyObject *)deque_type, "append", "OO", s->object, x)));
  }
}

static void set_item(struct shared *s, PyObject *key, PyObject *value) {
  if (s->family == ORDERED)
    Py_DECREF(must(PyObject_CallMethod((PyObject *)ordered_type, "__setitem__", "OOO", s->object, key, value)));
  else
    check(PyDict_SetItem(s->object, key, value));
}

static void get_content(struct in *in, struct shared *s) {
  uint32_t n = in_count(in);
  if (s->family == BYTES) {
    check(PyByteArray_Resize(s->object, n));
    memcpy(PyByteArray_AS_STRING(s->object), in_raw(in, n), n);
    check(remember(s));
    return;
  }
  s->reading = true;
  clear(s);
  PyObject *elements = s->family == SET ? must(PyList_New(0)) : NULL;
  for (uint32_t i = 0; i < n; i++) {
    PyObject *a = wire_get(in), *b = is_map(s->family) ? wire_get(in) : NULL;
    if (b)
      set_item(s, a, b);
    else
      insert(s, a);
    if (elements)
      check(PyList_Append(elements, a));
    Py_DECREF(a);
    Py_XDECREF(b);
  }
  if (elements)
    arrange(in, s->object, elements);
  Py_XDECREF(elements);
  s->reading = false;
  check(remember(s));
}

static PyObject *get_container(struct in *in, enum family f, PyTypeObject *as) {
  uint64_t id = in_int(in);
  PyTypeObject *const types[] = {&PyList_Type, deque_type, &PySet_Type, &PyByteArray_Type, &PyDict_Type, ordered_type, default_type, counter_type};
  PyObject *arg = f == DEQUE || f == DEFAULT ? wire_get(in) : NULL, *x;
  if (as) {
    if (!PyType_IsSubtype(as, types[f]))
      wire_refuse("a container of a class that is none", false);
    PyObject *none = must(PyTuple_New(0));
    x = must(as->tp_new(as, none, NULL));
    Py_DECREF(none);
  } else if (f == DEQUE) {
    x = must(PyObject_CallFunction((PyObject *)deque_type, "()O", arg));
  } else if (f == DEFAULT) {
    x = must(PyObject_CallFunction((PyObject *)default_type, "O", PyCallable_Check(arg) ? arg : Py_None));
  } else {
    x = must(PyObject_CallNoArgs((PyObject *)types[f]));
  }
  Py_XDECREF(arg);
  get_content(in, add_theirs(x, f, id));
  return x;
}

static PyObject *get_tuple(struct in *in) {
  uint64_t id = in_int(in);
  uint32_t n = in_count(in);
  PyObject *t = must(PyTuple_New(n));
  for (uint32_t i = 0; i < n; i++) // a part may refer to it before it is whole
    PyTuple_SET_ITEM(t, i, Py_NewRef(Py_None));
  add_theirs(t, TUPLE, id);
  for (uint32_t i = 0; i < n; i++) {
    PyObject *x = wire_get(in), *old = PyTuple_GET_ITEM(t, i);
    PyTuple_SET_ITEM(t, i, x);
    Py_DECREF(old);
  }
  return t;
}

static PyObject *get_frozenset(struct in *in) {
  uint64_t id = in_int(in);
  uint32_t n = in_count(in);
  PyObject *list = must(PyList_New(0));
  for (uint32_t i = 0; i < n; i++) {
    PyObject *x = wire_get(in);
    check(PyList_Append(list, x));
    Py_DECREF(x);
  }
  PyObject *set = must(PyFrozenSet_New(list));
  arrange(in, set, list);
  Py_DECREF(list);
  if (n && !map_get(&by_object, (uintptr_t)set))
    add_theirs(set, FROZENSET, id);
  return set;
}

// get_str interns what was interned: 'yes' is 'yes' wherever it was written.
static PyObject *get_str(struct in *in, bool interned) {
  uint32_t n = in_count(in);
  const uint8_t *p = in_raw(in, n);
  uint8_t all_bits = 0;
  for (uint32_t i = 0; i < n; i++)
    all_bits |= p[i];
  if (all_bits & 0x80)
    wire_refuse("text that is no ASCII", false);
  PyObject *s = must(n == 1 ? PyUnicode_FromOrdinal(*p) : n ? PyUnicode_New(n, 127) : PyUnicode_FromString(""));
  if (n > 1)
    memcpy(PyUnicode_DATA(s), p, n);
  if (interned || n < 2)
    PyUnicode_InternInPlace(&s);
  return s;
}

static PyObject *get_three(struct in *in, bool range) {
  PyObject *a = wire_get(in), *b = wire_get(in), *c = wire_get(in), *r;
  if (range && !(PyLong_CheckExact(a) && PyLong_CheckExact(b) && PyLong_CheckExact(c)))
    wire_refuse("a range of no integers", false);
  r = must(range ? PyObject_CallFunctionObjArgs((PyObject *)&PyRange_Type, a, b, c, NULL) : PySlice_New(a, b, c));
  Py_DECREF(a);
  Py_DECREF(b);
  Py_DECREF(c);
  return r;
}

static PyObject *get_mutable(struct in *in) {
  uint64_t k = in_int(in);
  PyObject *cls = wire_get(in);
  if (!PyType_Check(cls))
    wire_refuse("a class that is none", false);
  uint8_t tag = in_byte(in);
  PyObject *x;
  if (tag == '&') {
    struct shared *s = (struct shared *)(uintptr_t)map_get(&by_id, in_int(in));
    if (!s)
      wire_refuse("a container that is not known", false);
    x = Py_NewRef(s->object);
  } else {
    const char *f = strchr("lqSBdo?C", tag);
    if (!f || !tag || !remote_is_stand_in((PyTypeObject *)cls))
      wire_refuse("a container of no kind", false);
    x = get_container(in, f - "lqSBdo?C", (PyTypeObject *)cls);
    remote_mark(x, k);
  }
  Py_DECREF(cls);
  return x;
}

static PyObject *get_extra(struct in *in) {
  uint64_t kind = in_int(in);
  PyObject *payload = wire_get(in), *number = must(PyLong_FromUnsignedLongLong(kind));
  PyObject *x = must(PyObject_CallFunctionObjArgs(get_other, number, payload, NULL));
  Py_DECREF(number);
  Py_DECREF(payload);
  return x;
}

static PyObject *get(struct in *in) {
  uint8_t tag = in_byte(in);
  switch (tag) {
  case 'N': return Py_NewRef(Py_None);
  case 'T': return Py_NewRef(Py_True);
  case 'F': return Py_NewRef(Py_False);
  case 'E': return Py_NewRef(Py_Ellipsis);
  case 'I': return Py_NewRef(Py_NotImplemented);
  case '(': return must(PyTuple_New(0));
  case 'm': return Py_NewRef(not_a_number);
  case 'i': {
    uint64_t z = in_int(in);
    return must(PyLong_FromLongLong((int64_t)(z >> 1 ^ -(z & 1))));
  }
  case 'J': {
    uint32_t n = in_count(in);
    return must(_PyLong_FromByteArray(in_raw(in, n), n, true, true));
  }
  case 'f': {
    double d;
    memcpy(&d, in_raw(in, sizeof d), sizeof d);
    return must(PyFloat_FromDouble(d));
  }
  case 'j': {
    Py_complex c;
    memcpy(&c, in_raw(in, sizeof c), sizeof c);
    return must(PyComplex_FromCComplex(c));
  }
  case 'k': return get_str(in, true);
  case 's': return get_str(in, false);
  case 'u': {
    uint32_t n = in_count(in);
    return must(PyUnicode_DecodeUTF8((const char *)in_raw(in, n), n, "surrogatepass"));
  }
  case 'b': {
    uint32_t n = in_count(in);
    return must(PyBytes_FromStringAndSize((const char *)in_raw(in, n), n));
  }
  case 't': return get_tuple(in);
  case 'l': return get_container(in, LIST, NULL);
  case 'q': return get_container(in, DEQUE, NULL);
  case 'S': return get_container(in, SET, NULL);
  case 'B': return get_container(in, BYTES, NULL);
  case 'd': return get_container(in, DICT, NULL);
  case 'o': return get_container(in, ORDERED, NULL);
  case '?': return get_container(in, DEFAULT, NULL);
  case 'C': return get_container(in, COUNTER, NULL);
  case 'z': return get_frozenset(in);
  case 'n': {
    PyObject *x = must(PyFloat_FromDouble(Py_NAN));
    add_theirs(x, NAN_, in_int(in));
    return x;
  }
  case 'v': {
    uint64_t id = in_int(in);
    PyObject *x = wire_get(in);
    if (!map_get(&by_object, (uintptr_t)x))
      add_theirs(x, VALUE, id);
    return x;
  }
  case 'r': return get_three(in, true);
  case '/': return get_three(in, false);
  case '&': {
    uint64_t id = in_int(in);
    struct shared *s = id <= INT32_MAX ? (struct shared *)(uintptr_t)map_get(&by_id, id) : NULL;
    if (!s)
      wire_refuse("a container that is not known", false);
    return Py_NewRef(s->object);
  }
  case 'U': return get_mutable(in);
  case 'X': return get_extra(in);
  default: {
    PyObject *x = remote_get(in, tag);
    if (!x)
      wire_refuse("a value of no kind", false);
    return x;
  }
  }
}

PyObject *wire_get(struct in *in) {
  if (++in->depth > DEPTH)
    wire_refuse("nested too deeply to cross", false);
  PyObject *x = get(in);
  in->depth--;
  return x;
}

// ---- what changed

static void mark(struct shared *s);

static void mark_object(PyObject *x) {
  struct shared *s = (struct shared *)(uintptr_t)map_get(&by_object, (uintptr_t)x);
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
  if (!is_judge || all_count < prune_at)
    return;
  struct map held = {};
#define HOLD(x, n)                                                                                                                         \
  do {                                                                                                                                     \
    if (map_get(&by_object, (uintptr_t)(x)))                                                                                               \
      map_set(&held, (uintptr_t)(x), map_get(&held, (uintptr_t)(x)) + (n));                                                                \
  } while (0)
  for (uint32_t i = 0; i < all_count; i++) {
    struct shared *s = all[i];
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
  for (uint32_t i = 0; i < all_count; i++)
    if (!all[i]->marked && Py_REFCNT(all[i]->object) > 1 + (Py_ssize_t)map_get(&held, (uintptr_t)all[i]->object))
      mark(all[i]);
  free(held.keys);
  free(held.values);
  for (uint32_t i = 0; i < all_count;) {
    if (all[i]->marked) {
      i++;
      continue;
    }
    if (dropped_count == dropped_cap) {
      dropped_cap = dropped_cap ? dropped_cap * 2 : 64;
      dropped = realloc(dropped, dropped_cap * sizeof *dropped);
      if (!dropped)
        wire_refuse("no memory for containers", true);
    }
    dropped[dropped_count++] = all[i]->id;
    drop(all[i]);
  }
  prune_at = all_count * 2 < GROWN ? GROWN : all_count * 2;
}

int wire_put_changes(struct out *o) {
  uint32_t n = all_count, count = 0;
  struct shared **list = NULL;
  for (uint32_t i = 0; i < n; i++)
    if (changed(all[i])) {
      if (!list && !(list = malloc(n * sizeof *list)))
        wire_refuse("no memory for containers", true);
      list[count++] = all[i];
    }
  out_int(o, count);
  int err = 0;
  for (uint32_t i = 0; i < count && !err; i++) {
    out_int(o, list[i]->id);
    err = put_content(o, list[i]);
  }
  free(list);
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
    struct shared *s = (struct shared *)(uintptr_t)map_get(&by_id, in_int(in));
    if (!s || s->family >= TUPLE)
      wire_refuse("a change of what is not known", false);
    changes_read++;
    PyObject *kept = Py_NewRef(s->object); // whatever reading sets going
    get_content(in, s);
    Py_DECREF(kept);
  }
  for (uint32_t n = in_count(in); n > 0; n--) {
    struct shared *s = (struct shared *)(uintptr_t)map_get(&by_id, in_int(in));
    if (s && !is_judge)
      drop(s);
  }
}

void wire_share(PyObject *x, uint32_t id) {
  int f = family_of(x);
  if (f >= 0 && remember(add(x, f, id)) < 0)
    PyErr_Clear();
}

uint32_t wire_mark(void) { return next_id; }

void wire_forget(uint32_t mark) {
  for (uint32_t i = 0; i < all_count;)
    if (all[i]->id > mark && (all[i]->id & 1) != (is_judge ? 1u : 0u))
      drop(all[i]);
    else
      i++;
  next_id = mark;
}

int wire_init(PyObject *helper) {
  PyObject *collections = PyImport_ImportModule("collections"), *math = PyImport_ImportModule("math");
  if (!collections || !math)
    return -1;
  deque_type = (PyTypeObject *)PyObject_GetAttrString(collections, "deque");
  ordered_type = (PyTypeObject *)PyObject_GetAttrString(collections, "OrderedDict");
  default_type = (PyTypeObject *)PyObject_GetAttrString(collections, "defaultdict");
  counter_type = (PyTypeObject *)PyObject_GetAttrString(collections, "Counter");
  not_a_number = PyObject_GetAttrString(math, "nan");
  put_other = PyObject_GetAttrString(helper, "put_other");
  get_other = PyObject_GetAttrString(helper, "get_other");
  return deque_type && ordered_type && default_type && counter_type && not_a_number && put_other && get_other ? 0 : -1;
}
