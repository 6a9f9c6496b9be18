"""What the contestant may ask of the judge's objects: what it was handed, and of that no insides."""

import _apart
import builtins
import functools, inspect, re, types, unittest, unittest.mock
from _side_common import ById, DICT, role
from _side_library import FORBIDDEN, NAMESPACES

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

LIVE = frozenset("__name__ __qualname__ __doc__ __module__".split())
# What of a mock the contestant has no business with: a mock is the judge's instrument.
INSTRUMENT = re.compile(r"assert|_|side_effect$|mock_|reset_mock$|configure_mock$|attach_mock$|await_")
INSIDE = re.compile(r"(gi|cr|ag|f|tb|co|func)_|__")
CALLABLES = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)


def own_class(c):
    return isinstance(c, type) and type.__getattribute__(c, "__module__") == "__main__" and not issubclass(c, (unittest.TestCase, *FORBIDDEN))


def handed(x):
    if not _apart.is_exported(x) or isinstance(x, (unittest.TestCase, *FORBIDDEN)) or isinstance(x, type) and issubclass(x, (unittest.TestCase, *FORBIDDEN)):
        raise AttributeError("not handed over")


def may(x, n, write=False):
    """Whether the contestant may see or set x.n: never frames, globals, closures, or what functions and classes are made of."""
    handed(x)
    t = type(x)
    ok = not INSIDE.match(n)
    if t is types.ModuleType:
        return ok or ask_nobody(t, n)
    if isinstance(x, unittest.mock.NonCallableMock):
        ok = ok and not INSTRUMENT.match(n) and not (write and n.startswith(("called", "call_", "method_calls", "await")))
    elif isinstance(x, type):
        ok = own_class(x) and (x in DECORATED and n not in SETTLED if write else ok or n in LIVE or n == "__init__" or n == "__dict__" and x in DECORATED)
    elif t in CALLABLES:
        ok = n in LIVE and not write or ok and t is types.FunctionType
    elif own_class(t):
        # What its class checks with is not replaced in the object.
        ok = not callable(getattr(t, n, None)) and ok if write else ok or n in ("__dict__", "__doc__", "__module__")
    else:  # an object of the library
        ok = ok and not n.startswith("_") and not write or t in NAMESPACES and (not n.startswith("_") or n == "__dict__" and not write) or n in ("_fields", "_attributes") and not write
    if not ok:
        raise AttributeError(f"{t.__name__!r} object has no attribute {n!r}")


DECORATED = ById()  # classes of the test that it has handed to a decorator
# What no decorator may change of them: what the test's comparisons go by, and how attributes are found.
SETTLED = frozenset("__eq__ __ne__ __hash__ __bool__ __len__ __contains__ __class__ __getattribute__ __del__ __instancecheck__ __subclasscheck__ __subclasshook__".split())


def decorated(c):
    if own_class(c):
        DECORATED.add(c)


def ask_nobody(t, n):
    raise AttributeError(f"{t.__name__!r} object has no attribute {n!r}")




def shape(f):
    """What may be known of a function's code."""
    c = f.__code__
    return types.SimpleNamespace(co_argcount=c.co_argcount, co_kwonlyargcount=c.co_kwonlyargcount, co_posonlyargcount=c.co_posonlyargcount, co_name=c.co_name,
                                 co_flags=c.co_flags, co_varnames=c.co_varnames[:c.co_argcount + c.co_kwonlyargcount])


def serve_get(x, n):
    if role.judging:
        if type(x) is types.FunctionType and _apart.is_exported(x):
            if n == "__code__":
                return shape(x)
            if n == "__signature__":
                return inspect.signature(x)
            if n in ("__defaults__", "__kwdefaults__", "__annotations__"):
                return getattr(x, n)
        may(x, n)
        if n == "__dict__" and isinstance(x, type):
            return {k: v for k, v in DICT(x).items() if k not in ("__dict__", "__weakref__")}
    elif n == "__signature__" and isinstance(x, types.FunctionType):
        return inspect.signature(x)
    return getattr(x, n)


def serve_set(x, n, *v):
    if role.judging:
        may(x, n, True)
    setattr(x, n, *v) if v else delattr(x, n)


def serve_call(f, a, k):
    if role.judging:
        handed(f)
        if isinstance(f, type) and not own_class(f):
            raise TypeError("not callable from here")
    return f(*a, **(k or {}))
