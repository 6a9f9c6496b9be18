"""Generators, coroutines and asynchronous generators run on the other side, a step at a time."""

import _apart
import builtins
import asyncio, types, weakref
from asyncio import _get_running_loop, _set_running_loop, get_running_loop, new_event_loop, sleep  # themselves, whatever a test puts in their place
from _apart import ask
from _side_common import check, solution, weakly

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

RUNNERS = [types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType]
running = weakref.WeakValueDictionary()


class Held:
    """The number of what runs over there, given back with the last frame that has it."""

    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k

    def give_back(self):
        if self.k is not None:
            x = running.pop(self.k, None)
            if x is not None:
                _apart.forget(id(x), self.k)
            _apart.release(self.k)
            self.k = None

    __del__ = give_back


def get_running(p):
    check(type(p) is tuple and len(p) == 5 and type(p[0]) is int and 0 <= p[0] < len(RUNNING_AS) and type(p[1]) is int and p[1] >= 0 and type(p[2]) is str and type(p[3]) is str and type(p[4]) is bool and not (p[4] and p[0]))
    x = running.get(p[1])
    if x is None:
        x = RUNNING_AS[p[0]](Held(p[1])) if not p[4] else begun(Held(p[1]))
        if p[0] > 2:
            return x
        x.__name__, x.__qualname__ = p[2:4]
        running[p[1]] = x
        _apart.foreign(x, p[1])
        weakly(x, p[1])
    return x


def begun(held):
    """A generator that stands at a yield over there does so here."""
    x = generator(held, ("yield", None))
    next(x)
    return x


def generator(held, r=None):
    k = held.k
    r = r or ask("step", k, "send", None)
    while r[0] == "yield":
        try:
            got = yield r[1]
        except GeneratorExit:
            if running.get(k) is None:  # nobody here has it any more: it is closed if nobody has it there
                held.give_back()
                ask("nothing")
            else:
                ask("step", k, "close", None)
            raise
        except BaseException as e:
            r = ask("step", k, "throw", e)
        else:
            r = ask("step", k, "send", got)
    return r[1]


def do_step(k, op, v):
    g = _apart.own(k)
    check(type(g) in RUNNERS + STEPPED and op in ("send", "throw", "close"))
    try:
        if type(g) in STEPPED:
            return "yield", next(g)
        return "yield", g.send(v) if op == "send" else g.throw(v) if op == "throw" else g.close()
    except StopIteration as e:
        return "return", e.value


async def drive_number(held):
    return await drive(held.k)


async def drive(x):
    """Awaits something of the other side: it is a task on a loop there, which this one steps."""
    n, cancel, waited = ask("task", x), False, 0
    loop = get_running_loop()
    while True:
        turn = not state.turned  # the other side's loop takes a turn when this one does
        if turn:
            state.turned = True
            loop.call_soon(turn_over)
        done, value = ask("poll", n, cancel, turn)
        cancel = False
        if done:
            return value
        check(value is None or type(value) in (int, float) and value >= 0)
        waited = waited + 1 if value is None else 0
        if waited > 1000:
            raise RuntimeError("deadlock: the solution waits for what never comes")
        state.idle = True
        try:
            await sleep(value or 0)
        except asyncio.CancelledError:
            cancel = True


async def drive_all(held):
    while True:
        try:
            v = await drive(held.k)
        except StopAsyncIteration:
            return
        try:
            yield v
        except GeneratorExit:
            await drive((held.k,))
            raise


# A map or filter of the other side's is one here, of the same elements.
STEPPED = [map, filter]
RUNNING_AS = [generator, drive_number, drive_all, lambda k: map(lambda v: v, generator(k)), lambda k: filter(lambda v: True, generator(k))]


class State:
    idle, turned, loop, tasks = False, False, None, []


def turn_over():
    state.turned = False


state = State()


def do_task(x):
    if type(x) is tuple:
        check(len(x) == 1)
        x = _apart.own(x[0])
        check(type(x) is types.AsyncGeneratorType)
        x = x.aclose()
    elif type(x) is int:
        x = _apart.own(x)
    try:
        loop = get_running_loop()
    except RuntimeError:
        loop = state.loop = state.loop or new_event_loop()

    async def run():
        return await (x.__anext__() if isinstance(x, types.AsyncGeneratorType) else x)

    others = list(loop._ready)
    loop._ready.clear()
    state.tasks.append(loop.create_task(x if isinstance(x, types.CoroutineType) else run()))
    if not loop.is_running():  # it runs up to where it first waits, before anything else
        take_turn(loop)
    after = list(loop._ready)
    loop._ready.clear()
    loop._ready.extend(others + after)
    return len(state.tasks) - 1


def take_turn(loop):
    running = _get_running_loop()
    _set_running_loop(None)
    loop.call_soon(loop.stop)
    try:
        loop.run_forever()
    finally:
        _set_running_loop(running)


class Other:
    """The solution's loop, as the test's sees it: it runs when the test's does, so that plain
    functions of the solution find it running, and tasks that they make get their turns."""

    def running(self, is_running):
        ask("loop", is_running)

    def turn(self):
        due = ask("turn", not state.turned)
        check(due is None or type(due) in (int, float) and due >= 0)
        return due


def do_loop(is_running):
    loop = _get_running_loop()
    if loop is None or loop is state.loop and not loop.is_running():
        state.loop = state.loop or new_event_loop()
        _set_running_loop(state.loop if is_running else None)


def do_turn(turn):
    loop = state.loop
    if loop is None or loop.is_running():
        return None
    if turn and (loop._ready or due(loop) == 0):
        take_turn(loop)
    return 0 if loop._ready else due(loop)


def due(loop):
    """How long until the loop's next timer; None: there is none."""
    return max(0.0, loop._scheduled[0]._when - loop.time()) if loop._scheduled else None


def do_poll(n, cancel, turn):
    check(type(n) is int and 0 <= n < len(state.tasks))
    t = state.tasks[n]
    loop = t.get_loop()
    if cancel:
        t.cancel()
    state.idle = False
    if turn and not t.done() and not loop.is_running():
        take_turn(loop)
    if t.done():
        return True, t.result()
    due = loop._scheduled[0]._when - loop.time() if loop._scheduled and not loop._ready and not state.idle and not loop.is_running() else 0
    nothing = not loop._ready and not loop._scheduled and not loop.is_running()
    return False, None if nothing else max(0.0, due)
