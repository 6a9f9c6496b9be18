"""The native executors that the sandbox is compared with. Reads pairs as JSON
lines on standard input ({"solution", "test"}), runs them one after another, and
prints one JSON object: verdict counts, seconds, and CPU seconds with children.

  process   a new Python process for each pair, as reference implementations do
  fork      one warm server that has imported what tests use; a fork for each pair
  rowfork   the same, but one fork runs all tests of neighbouring pairs that have
            the same solution (no isolation between them)
"""

import collections
import gc
import json
import os
import resource
import subprocess
import sys
import time

PASS, FAIL, ERROR, TIMEOUT, DIED = "pass", "fail", "error", "timeout", "crash"
CPU_LIMIT = 3  # seconds a pair, as a plain harness has it

sys.setrecursionlimit(1000)


def limit_cpu():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))


def warm_up():
    # What the guest of the sandbox has imported before its snapshot, roughly.
    import unittest, io, math, collections, itertools, functools, re, heapq, bisect, string, random, json, copy, typing, operator
    import datetime, decimal, fractions, statistics, types, inspect, asyncio, dataclasses, hashlib
    gc.collect()
    gc.freeze()


def load(solution):
    namespace = {"__name__": "solution", "__builtins__": __builtins__}
    exec(compile(solution, "solution.py", "exec"), namespace)
    return namespace


def run_test(namespace, test):
    import unittest

    before = set(namespace)
    try:
        exec(compile(test, "test.py", "exec"), namespace)
    except AssertionError:
        return FAIL
    except BaseException:
        return ERROR
    classes = [v for k, v in namespace.items() if k not in before and isinstance(v, type) and issubclass(v, unittest.TestCase)]
    if not classes:
        return PASS
    loader, result = unittest.TestLoader(), unittest.TestResult()
    unittest.TestSuite(loader.loadTestsFromTestCase(c) for c in classes).run(result)
    if result.failures:
        return FAIL
    return ERROR if result.errors else PASS


def silence():
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def forked(job):
    """Runs job in a fork and returns its answer, a list of verdicts or None."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        silence()
        limit_cpu()
        try:
            answer = job()
        except BaseException:
            answer = None
        os.write(w, json.dumps(answer).encode())
        os._exit(0)
    os.close(w)
    chunks = []
    while chunk := os.read(r, 1 << 16):
        chunks.append(chunk)
    os.close(r)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return [TIMEOUT if os.WTERMSIG(status) in (9, 24) else DIED]
    return json.loads(b"".join(chunks) or b"null") or [ERROR]


def by_fork(pairs):
    for p in pairs:
        yield forked(lambda: [run_test(load(p["solution"]), p["test"])])[0]


def by_row(pairs):
    start = 0
    while start < len(pairs):
        end = start
        while end < len(pairs) and pairs[end]["solution"] == pairs[start]["solution"]:
            end += 1

        def job():
            namespace = load(pairs[start]["solution"])
            return [run_test(dict(namespace), p["test"]) for p in pairs[start:end]]

        verdicts = forked(job)
        yield from verdicts + [ERROR] * (end - start - len(verdicts))
        start = end


def by_process(pairs):
    for p in pairs:
        program = p["solution"] + "\n\n" + p["test"]
        if "unittest.TestCase" in program and "unittest.main()" not in program:
            program += "\nunittest.main()\n"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, stdin=subprocess.DEVNULL, preexec_fn=limit_cpu)
        if done.returncode == 0:
            yield PASS
        elif done.returncode < 0:
            yield TIMEOUT if -done.returncode in (9, 24) else DIED
        elif b"AssertionError" in done.stderr.splitlines()[-1] or b"FAILED (failures=" in done.stderr.splitlines()[-1]:
            yield FAIL
        else:
            yield ERROR


def cpu():
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        u = resource.getrusage(who)
        total += u.ru_utime + u.ru_stime
    return total


def main():
    how = {"process": by_process, "fork": by_fork, "rowfork": by_row}[sys.argv[1]]
    pairs = [json.loads(line) for line in sys.stdin]
    warm_up()
    began, used = time.perf_counter(), cpu()
    verdicts = list(how(pairs))
    print(json.dumps({
        "how": sys.argv[1],
        "pairs": len(pairs),
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu() - used,
        "verdicts": collections.Counter(verdicts),
    }))


main()
