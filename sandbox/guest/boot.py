"""Runs once in the guest before the snapshot: imports what tests commonly use
and sets up what the sandbox offers. Its namespace is thrown away afterwards."""

import sys

sys.path[:] = ["/", "/lib/python3.11"]

import abc, argparse, array, ast, asyncio, base64, binascii, bisect, builtins, calendar, cmath, collections, collections.abc
import contextlib, contextvars, copy, csv, dataclasses, datetime, decimal, difflib, enum, errno, fnmatch, fractions, functools
import gc, glob, hashlib, heapq, hmac, html, inspect, io, itertools, json, keyword, linecache, locale, logging, math, numbers
import operator, os, os.path, pathlib, pickle, pprint, queue, random, re, reprlib, secrets, shutil, signal, stat, statistics
import string, struct, tempfile, textwrap, threading, time, timeit, tokenize, traceback, types, typing, unicodedata, unittest
import unittest.mock, uuid, warnings, weakref, zlib

from importlib.machinery import ModuleSpec

import _thread, _virtual_loop

asyncio.set_event_loop_policy(_virtual_loop.Policy())


def absent(what):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOTSUP, f"{what} are not in the sandbox")

    return refuse


threading._start_new_thread = _thread.start_new_thread = _thread.start_new = absent("threads")
for name in ("fork", "forkpty", "system", "posix_spawn", "kill", "wait", "waitpid", "pipe", "execv", "execve"):
    setattr(os, name, absent("processes"))

solution = types.ModuleType("solution")
solution.__path__ = []  # so that any dotted name can be imported too
solution.__file__ = "/solution.py"
sys.modules["solution"] = sys.modules["__main__"] = solution

# Names that are packages elsewhere: never taken for the solution.
ABSENT = frozenset(sys.stdlib_module_names) | frozenset(
    "attr attrs bs4 cv2 django flask hypothesis keras lxml matplotlib mock mpmath networkx nltk numba numpy pandas parameterized PIL"
    " pkg_resources psutil pydantic pytest pytz requests scipy seaborn setuptools six sklearn sortedcontainers sqlalchemy sympy"
    " tensorflow torch tqdm transformers yaml".split()
)


class SolutionFinder:
    """Says that a module is not in the sandbox; once armed, gives the solution
    for any name that nothing else is known by."""

    armed = False

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        root = name.partition(".")[0]
        if root in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}: not in the sandbox", name=name)
        if not cls.armed:
            return None
        return ModuleSpec(name, cls, is_package=True)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        sys.modules[module.__name__] = solution


def arm_imports():
    SolutionFinder.armed = True


sys.meta_path.append(SolutionFinder)
unittest.main = unittest.TestProgram = lambda *args, **kwargs: None
sys.argv = ["solution.py"]
gc.set_threshold(10000, 10, 10)
