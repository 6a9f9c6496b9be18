"""Runs EvalPlus's evaluator with limits of processor time in the place of wall time.

Its limits are alarms of the clock on the wall, so on a machine that does other work
they end programs that a quiet one would not. Here a second is one of the program's
own. Nothing else is changed: the arguments are those of evalplus.evaluate.
"""
import multiprocessing.process
import signal
import time
import types

import evalplus.gen.util
from evalplus.evaluate import main

PATIENCE = 30  # how much longer than its limit a process may take on the wall


def by_processor_time():
    set_timer, set_handler, join = signal.setitimer, signal.signal, multiprocessing.process.BaseProcess.join
    signal.setitimer = lambda which, *times: set_timer(signal.ITIMER_PROF if which == signal.ITIMER_REAL else which, *times)
    signal.signal = lambda number, handler: set_handler(signal.SIGPROF if number == signal.SIGALRM else number, handler)
    multiprocessing.process.BaseProcess.join = lambda self, timeout=None: join(self, timeout and PATIENCE * timeout)
    evalplus.gen.util.time = types.SimpleNamespace(time=time.process_time)  # of the canonical solution


if __name__ == "__main__":
    by_processor_time()
    main()
