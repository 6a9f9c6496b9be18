// The two roles' entry points, and what must be one for both sides: names, output,
// the clock, random's state, files and the folder they are in.
#define Py_BUILD_CORE 1
#include "apart.h"
#include "cases.h"
#include "freeze.h"
#include "guest.h"
#include "observe.h"
#include "patched.h"
#include "remote.h"
#include "runner.h"
#include "serve.h"
#include "shared.h"
#include "standin.h"
#include "verdict.h"
#include "wire.h"

#include <internal/pycore_code.h>
#include <internal/pycore_intrinsics.h>
#include <opcode.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((import_module("coderm"), import_name("refuse"))) void host_refuse(const char *why, uint32_t len, uint32_t memory);

void wire_refuse(const char *why, bool memory) {
  host_refuse(why, strlen(why), memory);
  __builtin_trap();
}

static PyObject *helper, *put_extras, *apply_extras;
static bool connected, contestant;
static PyObject *namespace; // the solution's names, or the test's
static uint64_t namespace_version;
static bool always_tell; // what put_extras has to say, whatever has changed
static PyObject *seen, *given; // of apart.py: what of it the solution knows, and whose names it has

enum { EXTRAS = 1, TEXT = 2, RANDOM = 4, CLOCK = 8, FILES = 16, FOLDER = 32, DEPTH = 64 };
static int depth_told; // recursion limit

bool apart_connected(void) { return connected; }

void apart_always_tell(void) { always_tell = true; }

PyObject *apart_namespace(void) { return namespace; }

// ---- output

static struct out text;

void apart_text(int fd, const void *data, uint32_t len) {
  if (!contestant)
    return;
  out_byte(&text, fd);
  out_int(&text, len);
  out_raw(&text, data, len);
}

static PyObject *first_out, *first_err;

// show writes what the solution printed to where the test's own output goes.
static void show(struct in in) {
  while (in.p < in.end) {
    int fd = in_byte(&in);
    uint32_t n = in_count(&in);
    const char *p = (const char *)in_raw(&in, n);
    PyObject *stream = PySys_GetObject(fd == 1 ? "stdout" : "stderr");
    if (!stream || stream == Py_None)
      continue;
    if (stream == first_out || stream == first_err) {
      uint64_t *count = fd == 1 ? &streams.out_count : &streams.err_count, limit = fd == 1 ? streams.out_limit : ERR_LIMIT;
      *count += n;
      if (*count > limit)
        guest_output_limit(fd == 1 ? "stdout" : "stderr", limit);
      continue;
    }
    Py_INCREF(stream);
    PyObject *s = PyUnicode_DecodeUTF8(p, n, "replace"), *r = s ? PyObject_CallMethod(stream, "write", "O", s) : NULL;
    Py_XDECREF(r);
    Py_XDECREF(s);
    Py_DECREF(stream);
    PyErr_Clear();
  }
}

// ---- random's state: from the test to the solution

typedef struct {
  PyObject_HEAD
  int index;
  uint32_t state[624];
} Random; // as in _randommodule.c
static Random *generator;
enum { STATE = sizeof(Random) - offsetof(Random, index) };
static uint32_t random_seen[5];

static uint8_t *random_state(void) { return (uint8_t *)&generator->index; }

// random_changed looks at some of the words: no draw and no seed leaves all of them.
static bool random_changed(void) {
  const uint32_t *s = generator->state, now[] = {generator->index, s[0], s[1], s[311], s[623]};
  if (!memcmp(now, random_seen, sizeof now))
    return false;
  memcpy(random_seen, now, sizeof now);
  return true;
}

void apart_reseeded(void) { random_seen[0] = UINT32_MAX; }

// ---- files and folder

static void put_files(struct out *o) {
  struct node *n;
  while ((n = fs_next_change())) {
    out_byte(o, n->gone ? 1 : n->folder ? 2 : 3);
    out_int(o, n->path_len);
    out_raw(o, n->path, n->path_len);
    if (!n->gone && !n->folder) {
      out_int(o, n->size);
      out_raw(o, n->data, n->size);
    }
  }
  out_byte(o, 0);
}

static void get_files(struct in *in) {
  uint8_t what;
  while ((what = in_byte(in))) {
    uint32_t len = in_count(in);
    const char *path = (const char *)in_raw(in, len);
    uint32_t size = what == 3 ? in_count(in) : 0;
    const uint8_t *data = in_raw(in, size);
    struct node *n = fs_find(path, len);
    if (len == 0 || what > 3 || (n && (n->locked || n->device)))
      wire_refuse("a change of a file that is not there to change", false);
    if (!n && what != 1)
      n = fs_add(path, len, what == 2);
    if (n && what == 1)
      n->gone = true;
    else if (n && what == 3 && (!fs_truncate(n, 0) || !fs_write(n, 0, data, size)))
      wire_refuse("no memory for a file", true);
    if (n) {
      n->changed = false;
      n->foreign = true;
    }
  }
}

bool apart_written_there(const char *path) {
  path += *path == '/';
  struct node *n = fs_find(path, strlen(path));
  return n && n->foreign;
}

extern char *__wasilibc_cwd;
static const char *folder;

static void put_folder(struct out *o) {
  folder = __wasilibc_cwd;
  out_int(o, strlen(folder));
  out_raw(o, folder, strlen(folder));
}

static void get_folder(struct in *in) {
  uint32_t len = in_count(in);
  const uint8_t *p = in_raw(in, len);
  char *path = malloc(len + 1);
  if (!path)
    wire_refuse("no memory for a path", true);
  memcpy(path, p, len);
  path[len] = 0;
  (void)chdir(path);
  free(path);
  folder = __wasilibc_cwd;
}

// ---- messages

static PyObject *waiting; // extras that were read, for apply
static uint8_t *shown;
static uint32_t shown_len;

// of_interest says whether names changed that the other side may know of.
static bool of_interest(void) {
  uint64_t version = ((PyDictObject *)namespace)->ma_version_tag;
  if (version == namespace_version)
    return false;
  namespace_version = version;
  if (!is_judge)
    return true;
  PyObject *name, *value;
  if (PyDict_GET_SIZE(namespace) < PyDict_GET_SIZE(seen))
    return true;
  for (Py_ssize_t at = 0; PyDict_Next(namespace, &at, &name, &value);) {
    PyObject *known = PyDict_GetItemWithError(seen, name);
    if (known == value)
      continue;
    if (!known || PySet_Contains(given, name))
      return true;
    if (PyDict_SetItem(seen, name, value) < 0)
      PyErr_Clear();
  }
  return false;
}

int apart_put_extras(struct out *o) {
  PyObject *extras = NULL;
  bool patched = patched_any();
  if (namespace && (of_interest() || always_tell || patched)) {
    PyObject *changes = patched ? patched_take() : Py_NewRef(Py_None);
    extras = changes ? PyObject_CallOneArg(put_extras, changes) : NULL;
    Py_XDECREF(changes);
    if (!extras)
      return -1;
    if (extras == Py_None)
      Py_CLEAR(extras);
  }
  bool random = is_judge && random_changed();
  uint64_t clock;
  bool ticks = clock_share(&clock), moved = folder != __wasilibc_cwd;
  bool deeper = is_judge && Py_GetRecursionLimit() != depth_told;
  struct node *file = fs_next_change();
  if (file)
    file->changed = true;
  struct out printed = text;
  text = (struct out){};
  out_byte(o, (extras ? EXTRAS : 0) | (printed.len ? TEXT : 0) | (random ? RANDOM : 0) | (ticks ? CLOCK : 0) | (file ? FILES : 0) |
                  (moved ? FOLDER : 0) | (deeper ? DEPTH : 0));
  int err = extras ? wire_put(o, extras) : 0;
  Py_XDECREF(extras);
  if (printed.len) {
    out_int(o, printed.len);
    out_raw(o, printed.p, printed.len);
    out_free(&printed);
  }
  if (random)
    out_raw(o, random_state(), STATE);
  if (ticks)
    out_int(o, clock);
  if (file)
    put_files(o);
  if (moved)
    put_folder(o);
  if (deeper)
    out_int(o, depth_told = Py_GetRecursionLimit());
  return err;
}

void apart_get_extras(struct in *in) {
  uint8_t what = in_byte(in);
  if (what & EXTRAS) {
    PyObject *x = wire_get(in);
    Py_XSETREF(waiting, x);
  }
  if (what & TEXT) {
    free(shown);
    shown_len = in_count(in);
    shown = malloc(shown_len + 1);
    if (!shown)
      wire_refuse("no memory for output", true);
    memcpy(shown, in_raw(in, shown_len), shown_len);
  }
  if (what & RANDOM) {
    const uint8_t *p = in_raw(in, STATE);
    if (is_judge)
      wire_refuse("a state of random", false);
    memcpy(random_state(), p, STATE);
  }
  if (what & CLOCK)
    clock_set(in_int(in));
  if (what & FILES)
    get_files(in);
  if (what & FOLDER)
    get_folder(in);
  if (what & DEPTH) {
    if (is_judge)
      wire_refuse("a recursion limit", false);
    Py_SetRecursionLimit((int)in_int(in));
  }
}

bool apart_skip_extras(struct in *in) {
  uint8_t what = in_byte(in);
  if (what & TEXT)
    in_raw(in, in_count(in));
  if (what & CLOCK)
    in_int(in);
  return !(what & ~(TEXT | CLOCK));
}

void apart_apply(void) {
  if (shown) {
    uint8_t *p = shown;
    shown = NULL;
    show((struct in){.p = p, .end = p + shown_len});
    free(p);
  }
  if (waiting) {
    PyObject *extras = waiting;
    waiting = NULL;
    PyObject *r = PyObject_CallOneArg(apply_extras, extras);
    if (!r)
      wire_refuse("assignments that cannot be made", PyErr_ExceptionMatches(PyExc_MemoryError));
    Py_DECREF(r);
    Py_DECREF(extras);
    if (namespace)
      namespace_version = ((PyDictObject *)namespace)->ma_version_tag;
  }
}

// ---- names in a text

// scan collects the names that the code reads of its module, those that its top
// level binds, those that it reads before, and all that the code mentions.
static int scan(PyCodeObject *code, PyObject *used, PyObject *bound, PyObject *early, PyObject *mentioned, bool top) {
  PyObject *bytes = PyCode_GetCode(code);
  if (!bytes)
    return -1;
  const _Py_CODEUNIT *unit = (const _Py_CODEUNIT *)PyBytes_AS_STRING(bytes);
  int err = 0;
  uint32_t arg = 0;
  for (Py_ssize_t i = 0, n = PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof *unit; i < n && !err; i++) {
    int op = _Py_OPCODE(unit[i]);
    arg = arg << 8 | _Py_OPARG(unit[i]);
    if (op == EXTENDED_ARG)
      continue;
    uint32_t at = op == LOAD_GLOBAL ? arg >> 1 : arg;
    bool read = op == LOAD_GLOBAL || op == LOAD_NAME || op == LOAD_FROM_DICT_OR_GLOBALS || op == STORE_GLOBAL || op == DELETE_GLOBAL;
    PyObject *into = read ? used : top && op == STORE_NAME ? bound : NULL;
    if (op == CALL_INTRINSIC_1 && arg == INTRINSIC_IMPORT_STAR)
      err = PySet_Add(used, Py_None);
    if (op == STORE_ATTR && contestant && at < (uint32_t)PyTuple_GET_SIZE(code->co_names) &&
        PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(code->co_names, at), "__class__") == 0)
      always_tell = true; // an object may get another class
    if (into && at < (uint32_t)PyTuple_GET_SIZE(code->co_names)) {
      PyObject *name = PyTuple_GET_ITEM(code->co_names, at);
      err = PySet_Add(into, name);
      if (!err && top && op == LOAD_NAME && PySet_Contains(bound, name) == 0)
        err = PySet_Add(early, name);
    }
    arg = 0;
  }
  Py_DECREF(bytes);
  for (Py_ssize_t i = 0; mentioned && i < PyTuple_GET_SIZE(code->co_names) && !err; i++)
    err = PySet_Add(mentioned, PyTuple_GET_ITEM(code->co_names, i));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts) && !err; i++)
    if (PyCode_Check(PyTuple_GET_ITEM(code->co_consts, i)))
      err = scan((PyCodeObject *)PyTuple_GET_ITEM(code->co_consts, i), used, bound, early, mentioned, false);
  return err;
}

// ---- the roles

// enter makes the instance a contestant's, or a judge's, once and for all: what they
// begin with is prepared like the state after boot.
EXPORT(enter) int enter(int judge) {
  PyObject *r = PyObject_CallMethod(helper, judge ? "judge" : "contestant", NULL);
  PyObject *names = r && judge ? main_names("/test.py") : NULL;
  if (!r || (judge && (!names || PyDict_Update(PyModule_GetDict(solution), names) < 0)))
    return 1;
  Py_DECREF(r);
  Py_XDECREF(names);
  is_judge = judge;
  contestant = !judge;
  first_out = Py_XNewRef(PySys_GetObject("stdout"));
  first_err = Py_XNewRef(PySys_GetObject("stderr"));
  random_changed();
  depth_told = Py_GetRecursionLimit();
  folder = __wasilibc_cwd;
  while (fs_next_change()) {}
  PyObject *environment = PyObject_CallMethod(helper, "known", "s", "environment"), *arguments = PySys_GetObject("argv");
  if (environment)
    wire_share(environment, SHARED);
  if (arguments)
    wire_share(arguments, SHARED + 2);
  if (freeze() < 0)
    return 1;
  fill_holes();
  return 0;
}

// ready tells the contestant, when its solution is loaded, that a judge is there.
// It says nothing to the judge until asked.
EXPORT(ready) int ready(const char *blob, uint32_t len) {
  connected = true;
  namespace = PyModule_GetDict(solution);
  PyObject *code = unmarshal(blob, len), *used = PySet_New(NULL), *bound = PySet_New(NULL), *r = NULL;
  if (code && used && bound && scan((PyCodeObject *)code, used, bound, bound, NULL, true) == 0)
    r = PyObject_CallMethod(helper, "loaded", "OO", namespace, used);
  namespace_version = ((PyDictObject *)namespace)->ma_version_tag;
  int err = r ? 0 : 1;
  Py_XDECREF(r);
  Py_XDECREF(code);
  Py_XDECREF(used);
  Py_XDECREF(bound);
  return err;
}

EXPORT(serve) uint64_t serve_export(uint32_t len) { return serve(len); }

// judge, in an instance that has entered as one, runs a test against the solution on
// the other side.
EXPORT(judge) int judge(uint64_t nonce, const char *blob, uint32_t len) {
  verdict_begin(nonce);
  PyObject *code = unmarshal(blob, len);
  if (!code)
    return 1;
  connected = true;
  PyObject *globals = PyModule_GetDict(solution), *before = NULL;
  PyObject *used = PySet_New(NULL), *bound = PySet_New(NULL), *early = PySet_New(NULL), *mentioned = PySet_New(NULL), *r = NULL;
  if (used && bound && early && mentioned && scan((PyCodeObject *)code, used, bound, early, mentioned, true) == 0)
    r = PyObject_CallMethod(helper, "begin", "OOOOO", globals, used, bound, early, mentioned);
  if (r && patched_watch() == 0)
    before = PyDict_Copy(globals);
  namespace = globals;
  namespace_version = ((PyDictObject *)globals)->ma_version_tag;
  if (before)
    Py_SETREF(r, PyEval_EvalCode(code, globals, globals));
  if (blob[len - 1] == OBSERVED)
    observe(nonce, r);
  else if (!r && !cases_ended())
    verdict_method(NULL, verdict_raised("the test"));
  else
    cases_run(blob[len - 1] == '1', globals, before);
  Py_XDECREF(r);
  flush();
  verdict_send();
  return 0;
}

int apart_init(void) {
  helper = PyImport_ImportModule("_sides");
  PyObject *random = PyImport_ImportModule("random");
  seen = helper ? PyObject_CallMethod(helper, "known", "s", "seen") : NULL;
  given = seen ? PyObject_CallMethod(helper, "known", "s", "given") : NULL;
  generator = random && given ? (Random *)PyObject_GetAttrString(random, "_inst") : NULL;
  put_extras = helper ? PyObject_GetAttrString(helper, "put_extras") : NULL;
  apply_extras = helper ? PyObject_GetAttrString(helper, "apply_extras") : NULL;
  return generator && put_extras && apply_extras && patched_init() == 0 && shared_init() == 0 && put_init(helper) == 0 && get_init(helper) == 0 && remote_init(helper) == 0 &&
                 serve_init(helper) == 0 && standin_init(helper) == 0
             ? 0
             : -1;
}
