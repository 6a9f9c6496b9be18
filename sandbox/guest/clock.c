// Virtual time, in place of what wasi-libc would ask a host for. The clock moves
// with the work done, so that a program that searches "for 1.5 seconds" ends, and
// by what is slept. Both are the same in every run.
#include "guest.h"

#include <coderm_threads.h>
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <wasi/api.h>

__attribute__((import_module("coderm"), import_name("fuel"))) uint64_t host_fuel(void);

enum : uint64_t {
  SECOND = 1000000000,
  LOOK = 10000, // asking costs 10 µs
  RATE = 24,    // fuel for a nanosecond: native CPython's pace
};

// A program that asks again and again waits for a time to pass, and has less fuel
// than a native run has processor time. Its clock runs faster with every look, up
// to HURRY times, and with a timer; one that measures a call sees plain time.
enum : uint32_t { PATIENCE = 8, HURRY = 32 };

static uint64_t elapsed; // virtual nanoseconds since boot
static uint64_t seen;    // fuel of the present call that elapsed contains
static uint32_t looks;   // at the clock since the last sleep
static bool running;

static bool told; // the other side knows the time

void clock_start(void) { running = told = true; }

static struct timer {
  uint64_t at, every; // 0: not set, not repeated
} timers[] = {[ITIMER_REAL] = {}, [ITIMER_VIRTUAL] = {}, [ITIMER_PROF] = {}};
enum { TIMERS = sizeof timers / sizeof *timers };
static const int signals[TIMERS] = {[ITIMER_REAL] = SIGALRM, [ITIMER_VIRTUAL] = SIGVTALRM, [ITIMER_PROF] = SIGPROF};

// next is when the first timer is due; UINT64_MAX without one.
static uint64_t next(void) {
  uint64_t at = UINT64_MAX;
  for (int i = 0; i < TIMERS; i++)
    if (timers[i].at && timers[i].at < at)
      at = timers[i].at;
  return at;
}

// work adds what the program has computed since the last time.
static void work(void) {
  if (!running)
    return;
  uint64_t now = host_fuel(), haste = 1 + looks / PATIENCE + (next() != UINT64_MAX);
  if (now < seen)
    seen = 0; // another call, which counts from zero
  elapsed += (now - seen) / RATE * (haste < HURRY ? haste : HURRY);
  seen = now;
}

uint64_t clock_now(void) {
  work();
  return elapsed;
}

bool clock_share(uint64_t *now) {
  if (told)
    return false;
  work();
  *now = elapsed;
  return told = true;
}

void clock_set(uint64_t now) {
  work();
  if (now > elapsed)
    elapsed = now;
}

// ---- timers

// fire raises the signals that are due.
static void fire(void) {
  if (elapsed < next())
    return;
  for (int i = 0; i < TIMERS; i++) {
    struct timer *t = &timers[i];
    if (!t->at || t->at > elapsed)
      continue;
    t->at = t->every ? elapsed - (elapsed - t->at) % t->every + t->every : 0;
    raise(signals[i]);
  }
  coderm_watch_timers(next() != UINT64_MAX);
}

void coderm_timers(void) {
  static unsigned checks; // asking for the fuel each time would cost more than it tells
  if (++checks % 16)
    return;
  work();
  fire();
}

static struct timeval timeval(uint64_t ns) {
  return (struct timeval){.tv_sec = ns / SECOND, .tv_usec = ns % SECOND / 1000};
}

static uint64_t nanoseconds(struct timeval t) { return t.tv_sec * SECOND + t.tv_usec * 1000; }

int getitimer(int which, struct itimerval *now) {
  if (which < 0 || which >= TIMERS) {
    errno = EINVAL;
    return -1;
  }
  work();
  const struct timer *t = &timers[which];
  uint64_t left = !t->at ? 0 : t->at > elapsed ? t->at - elapsed : 1000;
  *now = (struct itimerval){timeval(t->every), timeval(left)};
  return 0;
}

int setitimer(int which, const struct itimerval *to, struct itimerval *old) {
  struct itimerval before;
  if (getitimer(which, &before) < 0)
    return -1;
  if (old)
    *old = before;
  uint64_t wait = nanoseconds(to->it_value);
  timers[which] = (struct timer){wait ? elapsed + wait : 0, nanoseconds(to->it_interval)};
  coderm_watch_timers(next() != UINT64_MAX);
  return 0;
}

unsigned alarm(unsigned seconds) {
  struct itimerval old, to = {.it_value = {.tv_sec = seconds}};
  setitimer(ITIMER_REAL, &to, &old);
  return old.it_value.tv_sec + (old.it_value.tv_usec > 0);
}

// ---- asking and waiting

__wasi_errno_t __wasi_clock_res_get(__wasi_clockid_t id, __wasi_timestamp_t *out) {
  *out = 1;
  return 0;
}

__wasi_errno_t __wasi_clock_time_get(__wasi_clockid_t id, __wasi_timestamp_t precision, __wasi_timestamp_t *out) {
  work();
  elapsed += LOOK;
  told = false;
  looks += looks < PATIENCE * HURRY;
  fire();
  *out = id == __WASI_CLOCKID_REALTIME ? START + elapsed : elapsed;
  return 0;
}

bool clock_pass(uint64_t until) {
  uint64_t timer = next();
  if (timer == UINT64_MAX && until == UINT64_MAX)
    return false;
  looks = 0;
  told = false;
  if (until > elapsed)
    elapsed = timer < until ? timer : until;
  fire();
  return true;
}

// wait lets other threads run until a time, or only until a timer that is due before.
static int wait(uint64_t until) {
  clock_pass(elapsed); // it is known, if nobody waits
  return coderm_run_others(NULL, NULL, until, true) == PY_LOCK_INTR ? EINTR : 0;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left) {
  work();
  uint64_t until = t->tv_sec * SECOND + t->tv_nsec;
  if (!(flags & TIMER_ABSTIME))
    until += elapsed;
  else if (id == CLOCK_REALTIME)
    until = until > START ? until - START : 0;
  return wait(until);
}

int pause(void) {
  if (next() == UINT64_MAX)
    guest_hangs("pause: no timer is set that would raise a signal");
  errno = wait(UINT64_MAX);
  return -1;
}

// The streams are always ready; with clocks alone this is a sleep.
__wasi_errno_t __wasi_poll_oneoff(const __wasi_subscription_t *in, __wasi_event_t *out, __wasi_size_t count, __wasi_size_t *events) {
  work();
  uint64_t until = UINT64_MAX;
  __wasi_size_t n = 0;
  for (__wasi_size_t i = 0; i < count; i++) {
    const __wasi_subscription_t *s = &in[i];
    if (s->u.tag != __WASI_EVENTTYPE_CLOCK) {
      out[n++] = (__wasi_event_t){.userdata = s->userdata, .type = s->u.tag, .fd_readwrite = {.nbytes = 1}};
      continue;
    }
    const __wasi_subscription_clock_t *c = &s->u.u.clock;
    uint64_t at = c->timeout;
    if (!(c->flags & __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME))
      at += elapsed;
    else if (c->id == __WASI_CLOCKID_REALTIME)
      at = at > START ? at - START : 0;
    if (at < until)
      until = at;
  }
  if (n == 0 && until != UINT64_MAX) {
    if (wait(until) == EINTR)
      return __WASI_ERRNO_INTR;
    for (__wasi_size_t i = 0; i < count; i++) // simultaneous timers of one call all fire
      out[n++] = (__wasi_event_t){.userdata = in[i].userdata, .type = __WASI_EVENTTYPE_CLOCK};
  }
  *events = n;
  return 0;
}
