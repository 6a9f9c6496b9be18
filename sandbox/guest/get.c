// What is read may be hostile: each tag's content is checked before it is used, and
// the sender never chooses what runs here.
#include "wire.h"
#include "remote.h"
#include "setorder.h"
#include "shared.h"

#include <string.h>

static PyObject *get_other, *not_a_number;

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

static void clear(struct shared *s) {
  PyObject *x = s->object, *r = NULL;
  switch (s->family) {
  case LIST: check(PyList_SetSlice(x, 0, PY_SSIZE_T_MAX, NULL)); return;
  case SET: check(PySet_Clear(x)); return;
  case DEQUE: r = must(PyObject_CallMethod((PyObject *)type_of(DEQUE), "clear", "O", x)); break;
  case ORDERED: r = must(PyObject_CallMethod((PyObject *)type_of(ORDERED), "clear", "O", x)); break;
  default: PyDict_Clear(x); return;
  }
  Py_DECREF(r);
}

static void insert(struct shared *s, PyObject *x) {
  switch (s->family) {
  case LIST: check(PyList_Append(s->object, x)); return;
  case SET: check(PySet_Add(s->object, x)); return;
  default: Py_DECREF(must(PyObject_CallMethod((PyObject *)type_of(DEQUE), "append", "OO", s->object, x)));
  }
}

static void set_item(struct shared *s, PyObject *key, PyObject *value) {
  if (s->family == ORDERED)
    Py_DECREF(must(PyObject_CallMethod((PyObject *)type_of(ORDERED), "__setitem__", "OOO", s->object, key, value)));
  else
    check(PyDict_SetItem(s->object, key, value));
}

// get_array reads an array, a new reference, or what is in one that is here.
static PyObject *get_array(struct in *in, struct shared *s) {
  if (!arrays.type)
    wire_refuse("an array where there are none", false);
  uint64_t id = s ? s->id : in_int(in);
  uint32_t n = in_count(in);
  PyObject *what = wire_get(in), *parts = must(PyList_New(0));
  PyObject *x = s ? Py_NewRef(s->object) : must(PyObject_CallOneArg(arrays.make, what));
  if (!s)
    s = shared_theirs(x, ARRAY, id);
  s->reading = true;
  for (uint32_t i = 1; i < n; i++) {
    PyObject *part = wire_get(in);
    check(PyList_Append(parts, part));
    Py_DECREF(part);
  }
  Py_DECREF(must(PyObject_CallFunctionObjArgs(arrays.fill, x, what, parts, NULL)));
  Py_DECREF(what);
  Py_DECREF(parts);
  s->reading = false;
  check(shared_remember(s));
  return x;
}

void wire_get_content(struct in *in, struct shared *s) {
  if (s->family == ARRAY) {
    Py_DECREF(get_array(in, s));
    return;
  }
  uint32_t n = in_count(in);
  if (s->family == BYTES) {
    check(PyByteArray_Resize(s->object, n));
    memcpy(PyByteArray_AS_STRING(s->object), in_raw(in, n), n);
    check(shared_remember(s));
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
    setorder_get(in, s->object, elements);
  Py_XDECREF(elements);
  s->reading = false;
  check(shared_remember(s));
}

static PyObject *get_container(struct in *in, enum family f, PyTypeObject *as) {
  uint64_t id = in_int(in);
  PyObject *arg = f == DEQUE || f == DEFAULT ? wire_get(in) : NULL, *x;
  if (as) {
    if (!PyType_IsSubtype(as, type_of(f)))
      wire_refuse("a container of a class that is none", false);
    PyObject *none = must(PyTuple_New(0));
    x = must(as->tp_new(as, none, NULL));
    Py_DECREF(none);
    if (f == DEQUE) // these alone have something that is no content
      Py_DECREF(must(PyObject_CallMethod((PyObject *)type_of(DEQUE), "__init__", "O()O", x, arg)));
    if (f == DEFAULT)
      Py_DECREF(must(PyObject_CallMethod((PyObject *)type_of(DEFAULT), "__init__", "OO", x, PyCallable_Check(arg) ? arg : Py_None)));
  } else if (f == DEQUE) {
    x = must(PyObject_CallFunction((PyObject *)type_of(DEQUE), "()O", arg));
  } else if (f == DEFAULT) {
    x = must(PyObject_CallFunction((PyObject *)type_of(DEFAULT), "O", PyCallable_Check(arg) ? arg : Py_None));
  } else {
    x = must(PyObject_CallNoArgs((PyObject *)type_of(f)));
  }
  Py_XDECREF(arg);
  wire_get_content(in, shared_theirs(x, f, id));
  return x;
}

static PyObject *get_tuple(struct in *in) {
  uint64_t id = in_int(in);
  uint32_t n = in_count(in);
  PyObject *t = must(PyTuple_New(n));
  for (uint32_t i = 0; i < n; i++) // a part may refer to it before it is whole
    PyTuple_SET_ITEM(t, i, Py_NewRef(Py_None));
  shared_theirs(t, TUPLE, id);
  for (uint32_t i = 0; i < n; i++) {
    PyObject *x = wire_get(in), *old = PyTuple_GET_ITEM(t, i);
    PyTuple_SET_ITEM(t, i, x);
    Py_DECREF(old);
  }
  return t;
}

static PyObject *get_parts(struct in *in) {
  uint32_t n = in_count(in);
  PyObject *t = must(PyTuple_New(n));
  for (uint32_t i = 0; i < n; i++)
    PyTuple_SET_ITEM(t, i, wire_get(in));
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
  setorder_get(in, set, list);
  Py_DECREF(list);
  if (n && !shared_of(set))
    shared_theirs(set, FROZENSET, id);
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
    struct shared *s = shared_numbered(in_int(in));
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
  case 'p': return get_parts(in);
  case 'l': return get_container(in, LIST, NULL);
  case 'q': return get_container(in, DEQUE, NULL);
  case 'S': return get_container(in, SET, NULL);
  case 'B': return get_container(in, BYTES, NULL);
  case 'd': return get_container(in, DICT, NULL);
  case 'o': return get_container(in, ORDERED, NULL);
  case '?': return get_container(in, DEFAULT, NULL);
  case 'C': return get_container(in, COUNTER, NULL);
  case 'a': return get_array(in, NULL);
  case 'z': return get_frozenset(in);
  case 'n': {
    PyObject *x = must(PyFloat_FromDouble(Py_NAN));
    shared_theirs(x, NAN_, in_int(in));
    return x;
  }
  case 'v': {
    uint64_t id = in_int(in);
    PyObject *x = wire_get(in);
    if (!shared_of(x))
      shared_theirs(x, VALUE, id);
    return x;
  }
  case 'r': return get_three(in, true);
  case '/': return get_three(in, false);
  case '&': {
    struct shared *s = shared_numbered(in_int(in));
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
  if (++in->depth > WIRE_DEPTH)
    wire_refuse("nested too deeply to cross", false);
  PyObject *x = get(in);
  in->depth--;
  return x;
}

int get_init(PyObject *helper) {
  PyObject *math = PyImport_ImportModule("math");
  not_a_number = math ? PyObject_GetAttrString(math, "nan") : NULL;
  Py_XDECREF(math);
  get_other = PyObject_GetAttrString(helper, "get_other");
  return not_a_number && get_other ? 0 : -1;
}
