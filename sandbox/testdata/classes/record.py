"""Writes what native CPython says of this folder's pairs into their headers.

    PYTHONHASHSEED=0 python3.13 record.py *.txtar

Each pair is one file, solution and then test, in a process of its own; README.md
describes the archives. Any names after the archives are the pairs to talk about:
their failures are printed.
"""

import inspect
import io
import linecache
import os
import pathlib
import re
import resource
import signal
import sys
import tempfile
import traceback
import types
import unittest

HEADER = re.compile(r"^-- (.+) --$", re.M)


def read(text):
    """The comment, and [name, verdict, body] for each part of an archive."""
    pieces = HEADER.split(text)
    parts = []
    for name, body in zip(pieces[1::2], pieces[2::2]):
        name, _, verdict = name.partition(": ")
        parts.append([name, verdict, body.removeprefix("\n")])
    return pieces[0], parts


def edited(solution, edit):
    """The solution with lines replaced: those with - by those with + after them."""
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", edit, re.M):
        old, new = (re.sub(r"^.", "", s, flags=re.M) for s in (old, new))
        if solution.count(old) != 1:
            raise SystemExit(f"{old!r} is {solution.count(old)} times in\n{solution}")
        solution = solution.replace(old, new)
    return solution


def methods(names):
    """What runs: test methods, else test functions, each by name, as unittest orders them."""
    found = []
    for value in dict.fromkeys(v for v in names.values() if isinstance(v, type) and issubclass(v, unittest.TestCase)):
        if value.__module__ == "__main__":
            found.extend(unittest.defaultTestLoader.loadTestsFromTestCase(value))
    return found, [v for k, v in names.items() if k.startswith("test") and inspect.isfunction(v)]


class First(unittest.TestResult):
    """The kind of the first method that did not pass."""

    kind = ""

    def addError(self, test, err):
        super().addError(test, err)
        self.kind = self.kind or "error"

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.kind = self.kind or "fail"

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.kind = self.kind or ("fail" if issubclass(err[0], AssertionError) else "error")

    def addUnexpectedSuccess(self, test):
        self.kind = self.kind or "fail"

    def addSkip(self, test, reason):
        if not any(getattr(x, "__unittest_skip__", False) for x in (type(test), getattr(test, test._testMethodName))):
            self.kind = self.kind or "error"


def verdict(solution, test, show=False):
    folder = pathlib.Path(tempfile.mkdtemp())
    os.chdir(folder)
    text, file = solution + "\n" + test, str(folder / "main.py")
    pathlib.Path(file).write_text(text)
    module = types.ModuleType("__main__")
    module.__file__ = file
    sys.modules["__main__"] = sys.modules["solution"] = module
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
    unittest.main = lambda *a, **k: None
    kind = "pass"
    try:
        exec(compile(text, file, "exec"), module.__dict__)
        cases, functions = methods(module.__dict__)
        if cases:
            result = First()
            unittest.TestSuite(cases).run(result)
            kind = result.kind or kind
            if show:
                sys.__stdout__.write("\n".join(m for _, m in result.errors + result.failures))
        else:
            for function in functions:
                function()
    except AssertionError:
        kind = "fail"
    except BaseException:
        kind = "error"
    if show and kind != "pass":
        traceback.print_exc(file=sys.__stdout__)
    sys.__stdout__.flush()
    return kind


def alone(*args):
    """verdict in a process of its own."""
    r, w = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(10)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        os.write(w, verdict(*args).encode())
        os._exit(0)
    os.close(w)
    os.waitpid(child, 0)
    said = os.read(r, 100).decode()
    os.close(r)
    return said or "timeout"


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 13) and os.environ.get("PYTHONHASHSEED") == "0"
    archives = [pathlib.Path(a).resolve() for a in sys.argv[1:] if a.endswith(".txtar")]
    chosen = [a for a in sys.argv[1:] if not a.endswith(".txtar")]
    for archive in archives:
        comment, parts = read(archive.read_text())
        name = solution = test = ""
        for i, part in enumerate(parts):
            show = part[0] in chosen or name in chosen
            if part[0] == "test":
                continue
            if part[0].startswith("wrong"):
                part[1] = alone(edited(solution, part[2]), test, show)
                good = part[1] != "pass"
            else:
                name, solution, test = part[0], part[2], parts[i + 1][2]
                part[1] = alone(solution, test, show)
                good = part[1] == "pass"
            if not good:
                print(f"{archive.name}: {name} {part[0]}: {part[1]}")
        out = comment + "".join(f"-- {n}{': ' if v else ''}{v} --\n{b}" for n, v, b in parts)
        archive.write_text(out)
