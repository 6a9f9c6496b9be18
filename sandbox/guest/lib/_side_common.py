"""What the modules of the two sides share."""

import _apart
import builtins
import sys, weakref
from _apart import refuse

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

MISSING = object()
MRO, DICT = type.__dict__["__mro__"].__get__, type.__dict__["__dict__"].__get__


class ById:
    """A set of classes, which say nothing of it."""

    def __init__(self):
        self.held = {}

    def add(self, x):
        self.held[id(x)] = x

    def __contains__(self, x):
        return id(x) in self.held


# The kinds of what is no plain value.
NOTHING, LIB, MODULE, CLASS, MEMBER, EXCEPTION, VALUE_, BOUND, BUILTIN, WRAPPED, RUNNING, DERIVED, TRACE = range(13)


class Wrap:
    """Goes through put_other as it says."""

    __slots__ = ("pair",)

    def __init__(self, kind, payload):
        self.pair = kind, payload


class Role:
    """Which side this is."""

    judging = False


role = Role()


def check(ok):
    if not ok:
        refuse(f"what makes no sense to {sys._getframe(1).f_code.co_name}")


def solution():
    return sys.modules.get("solution")


def weakly(x, k):
    """x is forgotten when it dies; an exception of the library, which cannot say when, as it is no longer recent."""
    try:
        weakref.finalize(x, _apart.forget, id(x), k).atexit = False
    except TypeError:
        pass
