"""Runs once in the guest before the snapshot: imports what tests commonly use
and sets up what the sandbox offers."""

import sys

LIBRARY = f"/lib/python{sys.version_info.major}.{sys.version_info.minor}"
sys.path[:] = [LIBRARY]

import abc, argparse, array, ast, asyncio, base64, binascii, bisect, builtins, calendar, cmath, collections, collections.abc
import contextlib, contextvars, copy, csv, dataclasses, datetime, decimal, difflib, enum, errno, fnmatch, fractions, functools
import gc, glob, hashlib, heapq, hmac, html, inspect, io, itertools, json, keyword, linecache, locale, logging, math, numbers
import operator, os, os.path, pathlib, pickle, pprint, queue, random, re, reprlib, secrets, shutil, signal, stat, statistics
import string, struct, tempfile, textwrap, threading, time, timeit, tokenize, traceback, types, typing, unicodedata, unittest
import unittest._log, unittest.mock, uuid, warnings, weakref, zlib
import cmd, code, codeop, colorsys, concurrent.futures, configparser, doctest, email.message, email.parser, getpass, gettext, graphlib
import gzip, html.parser, http.client, importlib.abc, importlib.util, ipaddress, mimetypes, optparse, platform, plistlib, quopri, sched
import selectors, shelve, shlex, socket, subprocess, symtable, trace, tracemalloc, urllib.parse, urllib.request, xml.etree.ElementTree
import zipfile, zoneinfo
import concurrent.futures.thread, email.mime.multipart, email.mime.text, email.utils, fileinput, ftplib, http.cookies, http.server, imaplib
import importlib.metadata, logging.config, logging.handlers, smtplib, socketserver, tarfile, tomllib, urllib.error, webbrowser, xml.dom.minidom, xmlrpc.client
import _strptime, encodings.ascii, encodings.latin_1, encodings.idna, encodings.unicode_escape, encodings.utf_8_sig, encodings.utf_16

from importlib.machinery import ModuleSpec

sys.path.append(f"{LIBRARY}/for-tests")
import pytest, _pytest.cases

sys.path.pop()

import _sitebuiltins, _virtual_loop

builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")  # site is not imported: no paths to set up
builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
builtins.help = _sitebuiltins._Helper()

asyncio.set_event_loop_policy(_virtual_loop.Policy())


def absent(what):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOTSUP, f"{what} are not in the sandbox")

    return refuse


# The one in C waits in C, where a thread cannot leave its loop (threads.c).
queue.SimpleQueue = queue._PySimpleQueue
queue.SimpleQueue.__name__ = queue.SimpleQueue.__qualname__ = "SimpleQueue"
for name in ("fork", "forkpty", "system", "posix_spawn", "wait", "waitpid", "pipe", "execv", "execve"):
    setattr(os, name, absent("processes"))


for name in ("getuid", "geteuid", "getgid", "getegid"):
    setattr(os, name, lambda: 1000)


def kill(pid, sig):
    if pid not in (0, os.getpid()):
        absent("processes")()
    if sig:
        signal.raise_signal(sig)


def get_terminal_size(fd=1):
    raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")


os.kill, os.get_terminal_size = kill, get_terminal_size

time.thread_time, time.thread_time_ns = time.process_time, time.process_time_ns  # there is one processor
signal.signal(signal.SIGINT, signal.default_int_handler)

solution = types.ModuleType("solution")
solution.__path__ = []  # so that any dotted name can be imported too
solution.__file__ = "/solution.py"
solution.__builtins__ = vars(builtins)  # C code imports through it: re, datetime, pickle, codecs
sys.modules["solution"] = sys.modules["__main__"] = solution

# What the globals of __main__ begin with: the module builtins, where any other module has its dict.
MAIN_NAMES = dict.fromkeys(["__name__", "__doc__", "__package__", "__loader__", "__spec__", "__annotations__", "__builtins__", "__file__", "__cached__"])
MAIN_NAMES |= {"__name__": "__main__", "__builtins__": builtins}

# Names that are packages elsewhere, or that the library itself looks for: never taken for the solution.
ABSENT = frozenset(sys.stdlib_module_names) | frozenset(
    "attr attrs bs4 cv2 django flask hypothesis keras lxml matplotlib mock mpmath networkx nltk numba numpy pandas parameterized PIL"
    " pkg_resources psutil pydantic pytest _pytest pytest_asyncio pytest_mock pytz requests scipy seaborn setuptools six sklearn sortedcontainers sqlalchemy sympy"
    " tensorflow torch tqdm transformers yaml tzdata sitecustomize usercustomize win32evtlogutil".split()
)


LOOKING = importlib.util.find_spec


class SolutionFinder:
    """Says that a module is not in the sandbox; once armed, for the test, gives the
    solution for any name that nothing else is known by."""

    armed = False

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        root = name.partition(".")[0]
        if name in PYTEST and cls.armed:
            return ModuleSpec(name, cls, is_package=name == "_pytest")
        if root in ABSENT:
            if sys._getframe(2).f_code is LOOKING.__code__:
                return None
            raise ModuleNotFoundError(f"No module named {name!r}: not in the sandbox", name=name)
        if not cls.armed or ("." in name and hasattr(solution, name.rpartition(".")[2])):
            return None
        return ModuleSpec(name, cls, is_package=True)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        sys.modules[module.__name__] = PYTEST.get(module.__name__, solution)


PYTEST = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("pytest", "_pytest")}


def hide_pytest():
    """Called last: tests alone get it, by SolutionFinder; to a solution it is not there."""
    for name in PYTEST:
        del sys.modules[name]


def alone():
    """Called before a program on standard input: its unittest.main() is its own affair."""
    unittest.main = unittest.TestProgram = TestProgram


def has_assert(source):
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))


def setup_runner(self):
    self._asyncioRunner = asyncio.Runner()  # not debug=True: it would format a stack for every callback


unittest.IsolatedAsyncioTestCase._setupAsyncioRunner = setup_runner
TestProgram = unittest.TestProgram
unittest.main = unittest.TestProgram = lambda *args, **kwargs: None
sys.meta_path.append(SolutionFinder)

import _side_names, _sides

_side_names.SolutionFinder = SolutionFinder
sys.argv = ["solution.py"]
gc.set_threshold(10000, 10, 10)
gc.unfreeze = lambda: None  # it would walk what is frozen for good

__name__ = "boot"
WARM_UP = compile(
    """
import unittest
class Test(unittest.TestCase):
    def test_one(self):
        self.assertEqual(1, 1)
        self.assertEqual([1], [1])
        self.assertEqual("a", "a")
        self.assertTrue(True)
        self.assertFalse(False)
        self.assertIsNone(None)
        self.assertAlmostEqual(1.0, 1.0)
        with self.assertRaises(ValueError):
            int("x")
    def test_two(self):
        self.assertEqual((1,), (1,))
        self.assertEqual({1: 2}, {1: 2})
        self.assertEqual({1}, {1})
        self.assertIn(1, [1])
        self.assertNotEqual(1, 2)
        self.assertGreater(2, 1)
""",
    "/boot.py",
    "exec",
)
