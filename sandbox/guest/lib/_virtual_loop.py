"""An asyncio event loop that waits on timers alone: nothing else can happen in
the sandbox, and waiting moves the virtual clock and returns at once."""

import time
from asyncio import base_events, events


other = None  # the loop of the solution's side, in the test's: running(whether), and turn(), which gives what it waits for in seconds


class _Timers:
    """Stands where a selector stands in other loops."""

    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if other:
            due = other.turn()
            if self.loop._ready:  # called back
                return []
            if due is not None:
                timeout = due if timeout is None else min(timeout, due)
        if timeout is None:
            # Nothing is ready and no timer is set. Outside, this waits for ever.
            raise RuntimeError("deadlock: the event loop waits for something that never comes")
        if timeout > 0:
            time.sleep(timeout)
        return []


class Loop(base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = _Timers(self)

    def run_forever(self):
        if other is None:
            return super().run_forever()
        other.running(True)
        try:
            super().run_forever()
        finally:
            other.running(False)

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *args):
        """Calls the function now: there are no threads to call it in."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as e:
            future.set_exception(e)
        return future


class Policy(events.BaseDefaultEventLoopPolicy):
    _loop_factory = Loop
