// Threads. There is one stack and nothing runs at the same time, so a thread runs
// until it has to wait, or has run for 5 ms and another can go on. Then it leaves its eval loop and its frames stay in the heap,
// part of the memory as all else; or, where C code is between its frames (a sort's key,
// a generator), the others run on top of it until it can go on. The first thread never
// leaves: the others run where it waits.
#define Py_BUILD_CORE 1
#include "guest.h"

#include <coderm_threads.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#include <stdlib.h>

struct thread {
  struct thread *next;
  unsigned long id;
  int (*run)(void *arg, PyObject *waited, bool late);
  void *arg;
  bool running; // it is on the stack
  struct coderm_wait wait;
  uint64_t since; // when it began to wait
};

// A wait on the stack: the others run on top of it.
struct below {
  struct below *next;
  coderm_take *take;
  void *what;
  uint64_t until;
};
static struct below *waits;

enum : uint64_t { SLICE = 5'000'000 }; // ns: CPython's switch interval
static uint64_t turn_ends;

// In the order in which they began to wait.
static struct thread *threads;
static struct thread *current; // NULL: the first
static unsigned long last_id = 1;

static void append(struct thread *t) {
  struct thread **p = &threads;
  while (*p)
    p = &(*p)->next;
  t->next = NULL;
  *p = t;
}

static void take_out(struct thread *t) {
  struct thread **p = &threads;
  while (*p != t)
    p = &(*p)->next;
  *p = t->next;
}

// watch has the eval loop look whether a thread's turn is over, if any other could go
// on by itself.
static void watch(void) {
  bool on = false;
  for (struct below *w = waits; w && !on; w = w->next)
    on = w->until != UINT64_MAX || (w->take && w->take(w->what, false));
  for (struct thread *t = threads; t && !on; t = t->next)
    on = !t->running && (!t->wait.take || t->wait.until != UINT64_MAX || t->wait.take(t->wait.what, false));
  if (on != coderm_turns) {
    coderm_turns = on;
    coderm_check_soon();
  }
}

unsigned long coderm_thread_self(void) { return current ? current->id : 1; }

unsigned long coderm_thread_start(int (*run)(void *, PyObject *, bool), void *arg) {
  struct thread *t = malloc(sizeof *t);
  if (!t)
    return 0;
  *t = (struct thread){.id = ++last_id, .run = run, .arg = arg, .since = clock_now()};
  append(t);
  watch();
  return t->id;
}

bool coderm_leave(const struct coderm_wait *wait, PyObject *const *args, PyObject *self, void *function) {
  PyThreadState *tstate = _PyThreadState_GET();
  if (!current || !coderm_called_by_loop(tstate, args, self, function))
    return false;
  current->wait = *wait;
  Py_XINCREF(wait->object);
  coderm_leaving = tstate;
  coderm_check_soon();
  return true;
}

uint64_t coderm_after(long long microseconds) {
  uint64_t now = clock_now(), wait = microseconds > 0 ? microseconds : 0;
  return wait < (UINT64_MAX - now) / 1000 ? now + wait * 1000 : UINT64_MAX - 1;
}

// next is the thread that has been able to go on for longest, as far as that is known:
// one that waits for a lock, from when it began to; one that sleeps, from its end on.
// *due is when the first of the others need not wait any longer.
static struct thread *next(uint64_t now, uint64_t *due) {
  struct thread *best = NULL;
  uint64_t since = 0;
  for (struct thread *t = threads; t; t = t->next) {
    if (t->running)
      continue;
    uint64_t from = t->since;
    if (t->wait.take ? !t->wait.take(t->wait.what, false) : t->wait.until > t->since) {
      from = t->wait.until;
      if (from < *due)
        *due = from;
      if (from > now)
        continue;
    }
    if (!best || from < since)
      best = t, since = from;
  }
  return best;
}

// go_on runs a thread until it leaves or is over. No thread has the interpreter.
static void go_on(struct thread *t) {
  struct coderm_wait wait = t->wait;
  bool late = false;
  if (wait.take) {
    late = !wait.take(wait.what, true);
    if (!late && wait.got)
      wait.got(&wait);
  }
  t->wait = (struct coderm_wait){};
  t->running = true;
  struct thread *below = current;
  current = t;
  turn_ends = clock_now() + SLICE;
  watch();
  bool left = t->run(t->arg, wait.object, late);
  turn_ends = clock_now() + SLICE;
  current = below;
  t->running = false;
  take_out(t);
  if (!left) {
    free(t);
    return;
  }
  t->since = clock_now();
  append(t);
}

void coderm_released(void *what) {
  bool waited = false;
  for (struct below *w = waits; w && !waited; w = w->next)
    waited = w->what == what;
  for (struct thread *t = threads; t && !waited; t = t->next)
    waited = !t->running && t->wait.what == what;
  if (waited && !coderm_turns) {
    coderm_turns = true;
    coderm_check_soon();
  }
}

void coderm_turn(PyThreadState *tstate) {
  static unsigned checks; // asking for the time at each would cost more than a turn
  if (++checks % 64)
    return;
  uint64_t now = clock_now(), due = UINT64_MAX;
  if (now < turn_ends)
    return;
  turn_ends = now + SLICE;
  watch();
  if (!coderm_turns)
    return;
  if (current && coderm_only_loop(tstate)) {
    current->wait = (struct coderm_wait){};
    coderm_leaving = tstate;
    return;
  }
  struct thread *t = next(now, &due);
  if (!t)
    return;
  PyEval_SaveThread();
  go_on(t);
  PyEval_RestoreThread(tstate);
  watch();
}

static bool signalled(void) { return !current && _Py_eval_breaker_bit_is_set(_PyRuntime.main_tstate, _PY_SIGNALS_PENDING_BIT); }

PyLockStatus coderm_run_others(coderm_take *take, void *what, uint64_t until, bool interruptible) {
  PyThreadState *holder = _PyThreadState_GET();
  if (holder)
    PyEval_SaveThread();
  PyLockStatus status = PY_LOCK_FAILURE;
  struct below own = {waits, take, what, until};
  waits = &own;
  for (;;) {
    if (take && take(what, true)) {
      status = PY_LOCK_ACQUIRED;
      break;
    }
    uint64_t now = clock_now(), due = until;
    if (interruptible && signalled()) {
      status = PY_LOCK_INTR;
      break;
    }
    if (until <= now)
      break;
    struct thread *t = threads ? next(now, &due) : NULL;
    if (t)
      go_on(t);
    else if (!clock_pass(due) && due == UINT64_MAX)
      break; // no thread can go on, now or later
  }
  waits = own.next;
  watch();
  if (holder)
    PyEval_RestoreThread(holder);
  if (status == PY_LOCK_FAILURE && until == UINT64_MAX && !interruptible)
    guest_hangs("deadlock: every thread waits for another");
  return status;
}
