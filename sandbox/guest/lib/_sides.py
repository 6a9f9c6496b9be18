"""Judge and contestant in two instances: what an object of one is in the other.

Plain values cross in C (wire.c). Here is the rest: values of the library, classes,
exceptions, handles, and what either side may ask of the other. Both run this code;
`judging` says which this is. What the judge reads is hostile: `refuse` ends the pair.
"""

import _apart
import abc, array, asyncio, builtins, collections, collections.abc, contextlib, copy, dataclasses, datetime, decimal, doctest, enum, fractions
import functools, gc, inspect, io, ipaddress, itertools, linecache, logging, operator, os, pathlib, pickle, random, re, sys, time, types, typing
import unittest, unittest.mock, uuid, warnings, weakref, zoneinfo
from _apart import Function, Method, Remote, ask, refuse

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})
MISSING = object()
MRO, DICT = type.__dict__["__mro__"].__get__, type.__dict__["__dict__"].__get__
judging = False

# ---- the library, which both sides have: a thing of it is named by its place in LIBRARY


def library():
    """All functions and classes of the modules loaded at boot, and methods of the
    builtin types: where a thing says that it lives comes before where else it is found."""
    found, place = [], {}

    def add(key, v):
        if id(v) not in place:
            place[id(v)] = len(found)
            found.append((key, v))

    modules = [(n, m) for n, m in sorted(sys.modules.items()) if n.split(".")[0] in sys.stdlib_module_names and n != "__main__"]
    for own in (True, False):
        for n, m in modules:
            for k, v in list(vars(m).items()):
                if callable(v) and (not own or n == "builtins" or (getattr(v, "__module__", None) == n and getattr(v, "__qualname__", None) == k)):
                    add((n, k), v)
    for t in (str, bytes, int, float, list, dict, set, tuple, frozenset, complex):
        for k, v in vars(t).items():
            if callable(v):
                add(("builtins", f"{t.__name__}.{k}"), v)
    for t in (type(None), type(...), type(NotImplemented), type({}.keys()), type({}.values()), type({}.items()), type(iter([])), type(iter({})), type(iter(())),
              type(iter("")), type(iter(set())), type(iter(range(1))), types.MappingProxyType, type(re.compile("")), type(re.match("", "")), functools._lru_cache_wrapper):
        add(("types", t.__name__), t)
    return found, place, dict(modules)


LIBRARY, PLACE, MODULES = library()
MODULE_OF = {id(vars(m)): n for n, m in MODULES.items()}

# What the judge takes its own object for: classes that it only looks at, exceptions, pure functions.
PURE = frozenset(("builtins", n) for n in "abs all any ascii bin callable chr divmod format hash hex isinstance issubclass len max min oct ord pow repr round sorted sum".split())
VALUES_IN = frozenset("builtins types collections collections.abc _collections_abc numbers datetime decimal fractions enum uuid pathlib typing itertools re time abc"
                      " dataclasses array ipaddress zoneinfo _decimal _collections functools string".split())
UNSAFE = {types.FunctionType, types.CodeType, types.CellType, types.MethodType, types.FrameType, types.TracebackType, types.ModuleType, functools.partial, functools.partialmethod}


def safe(place):
    (module, name), v = LIBRARY[place]
    if isinstance(v, type):
        if v is unittest.TestCase or v is unittest.IsolatedAsyncioTestCase:
            return True
        return issubclass(v, enum.Enum) or (issubclass(v, BaseException) and not module.startswith("unittest")) or ((module in VALUES_IN or v.__module__ in VALUES_IN) and v not in UNSAFE)
    return (module, name) in PURE or module in ("math", "operator", "_operator", "statistics", "string", "cmath") or (module == "builtins" and "." in name) or (
        module == "typing" and not isinstance(v, types.FunctionType))


SAFE = bytes(safe(k) for k in range(len(LIBRARY)))
FORBIDDEN = (types.FrameType, types.TracebackType, types.CodeType, types.CellType, unittest.TestResult)

# ---- special methods

ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor".split()
SPECIAL = frozenset(f"__{n}__" for n in ("call len bool iter next contains getitem setitem delitem reversed missing length_hint enter exit aenter aexit"
    " aiter anext await repr str format bytes int float complex index round trunc floor ceil abs neg pos invert eq ne lt le gt ge hash fspath"
    " init get set delete set_name instancecheck subclasscheck").split() + [p + n for n in ARITHMETIC for p in ("", "r", "i")])
OPPOSITE = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__"}
ANSWERS = frozenset("__eq__ __ne__ __contains__ __lt__ __le__ __gt__ __ge__ __sub__ __rsub__".split())


def special(owner, name):
    """The method of a stand-in class that has the special method done over there."""
    if name == "__call__":
        return lambda self, /, *a, **k: _apart.call(self, *a, **k)
    if name == "__await__":
        return lambda self: drive(self).__await__()

    def method(self, /, *a, **k):
        if judging and name in ANSWERS and len(a) == 1:
            return answer(owner[0], name, self, a[0])
        try:
            return ask("special", owner[0], name, self, a, k)
        except StopIteration:
            if judging and name != "__next__" and not _apart.stop_is_known():
                raise RuntimeError(f"{name} of the solution's raised StopIteration") from None
            raise

    method.__name__ = name
    return method


def do_special(owner, name, x, a, k):
    if name == "abs":
        return abs(do_special(owner, "__sub__", x, a, k))
    for c in MRO(owner):
        if name in DICT(c):
            d = DICT(c)[name]
            bind = getattr(type(d), "__get__", None)
            return (bind(d, x, type(x)) if bind else d)(*a, **k)
    raise AttributeError(name)


# ---- an object that agrees with everything is no answer

PLAIN = (int, float, str, bool, bytes, list, tuple, dict, set, frozenset, type(None), complex, decimal.Decimal, fractions.Fraction)


def shifted(c):
    if c.isascii() and c.isalnum():
        return chr(ord(c) + 1) if c not in "9Zz" else {"9": "0", "Z": "A", "z": "a"}[c]
    return c


def far_from(v):
    """A value of the same type that is in no honest collection."""
    t = type(v)
    return v + t(10**12 + 7) if t in (int, float) else v + "\0no such value" if t is str else other_than(v)


def other_than(v):
    """A value of the same type that an honest object equal to v is not equal to."""
    t = type(v)
    if t is bool:
        return not v
    if t in (int, float, complex, decimal.Decimal, fractions.Fraction):
        return v + t(1) + abs(v) / 2 if t in (float, complex) else v + t(1)
    if t is str:
        return "".join(map(shifted, v)) if any(c.isalnum() for c in v) else v + "a"
    if t is bytes:
        return v[:-1] + (b"a" if v[-1:] != b"a" else b"b")
    if t in (list, tuple):
        return t([*v[:-1], other_than(v[-1])]) if v and type(v[-1]) in PLAIN else t([*v, 0])
    if t is dict:
        return {**v, "another": 0}
    if t in (set, frozenset):
        return t([*v, "another"])
    return 0 if v is None else v


def answer(owner, name, x, v):
    """x of the contestant's own class answers to a value of the test. It is asked first, in a
    copy of its instance, about another value: one that agrees with both is no answer."""
    if type(v) not in PLAIN:
        return ask("special", owner, name, x, (v,), {})
    if name in OPPOSITE:
        r = _apart.aside(owner, OPPOSITE[name], x, (v,), {})
    else:
        r = _apart.aside(owner, name, x, (far_from(v) if name == "__contains__" else other_than(v),), {})
    real = ask("special", owner, name, x, (v,), {})
    if "sub" in name and type(real) not in PLAIN:
        r, real_size = _apart.aside(owner, "abs", x, (other_than(v),), {}), _apart.aside(owner, "abs", x, (v,), {})
        agrees = r is not None and r == real_size
    elif "sub" in name:
        agrees = real == r and type(real) is type(r)
    elif name == "__ne__":
        agrees = real is False and r is False
    else:
        agrees = real is True and r is True
    if agrees:
        _apart.agreed()
    return real


# ---- values of the library: class, to plain arguments, what these must be, from them


def exactly(*kinds):
    def check(args):
        return len(args) == len(kinds) and all(type(a) in (k if type(k) is tuple else (k,)) for a, k in zip(args, kinds))

    return check


def zone(t):
    return t if t is None or type(t) is datetime.timezone else t.key if type(t) is zoneinfo.ZoneInfo else None


def unzone(z):
    return zoneinfo.ZoneInfo(z) if type(z) is str else z


EMPTY = inspect.Signature.empty


def given_or_not(v):
    return () if v is EMPTY else (v,)


def parameters(s):
    return tuple((p.name, int(p.kind), given_or_not(p.default), given_or_not(p.annotation)) for p in s.parameters.values()), given_or_not(s.return_annotation)


def signature(params, returns):
    of = lambda v: v[0] if v else EMPTY
    return inspect.Signature([inspect.Parameter(n, inspect._ParameterKind(k), default=of(d), annotation=of(a)) for n, k, d, a in params], return_annotation=of(returns))


def alias(origin, args):
    if id(origin) in PLACE:
        return origin[args]
    return typing._GenericAlias(origin, args if type(args) is tuple else (args,))


def module_name(x):
    return next((n for n, m in MODULES.items() if m is x), None)


DICTS = (dict, collections.defaultdict, collections.Counter)
ZONE = (type(None), datetime.timezone, str)
VALUES = [
    (decimal.Decimal, lambda x: (str(x),), exactly(str), decimal.Decimal),
    (fractions.Fraction, lambda x: (x.numerator, x.denominator), exactly(int, int), fractions.Fraction),
    (datetime.date, lambda x: (x.year, x.month, x.day), exactly(int, int, int), datetime.date),
    (datetime.datetime, lambda x: (x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond, x.fold, zone(x.tzinfo)), exactly(*[int] * 8, ZONE),
     lambda *a: datetime.datetime(*a[:7], unzone(a[8]), fold=a[7])),
    (datetime.time, lambda x: (x.hour, x.minute, x.second, x.microsecond, x.fold, zone(x.tzinfo)), exactly(*[int] * 5, ZONE),
     lambda *a: datetime.time(*a[:4], unzone(a[5]), fold=a[4])),
    (datetime.timedelta, lambda x: (x.days, x.seconds, x.microseconds), exactly(int, int, int), datetime.timedelta),
    (datetime.timezone, lambda x: (x.utcoffset(None), x.tzname(None)), exactly(datetime.timedelta, str),
     lambda o, n: datetime.timezone.utc if not o else datetime.timezone(o) if n == datetime.timezone(o).tzname(None) else datetime.timezone(o, n)),
    (zoneinfo.ZoneInfo, lambda x: (str(x.key),), exactly(str), zoneinfo.ZoneInfo),
    (uuid.UUID, lambda x: (x.int,), exactly(int), lambda i: uuid.UUID(int=i)),
    (pathlib.PosixPath, lambda x: (str(x),), exactly(str), pathlib.PosixPath),
    (pathlib.PurePosixPath, lambda x: (str(x),), exactly(str), pathlib.PurePosixPath),
    (re.Pattern, lambda x: (x.pattern, x.flags), exactly((str, bytes), int), lambda p, f: re.compile(p, f & ~32 if type(p) is str else f)),
    (time.struct_time, lambda x: (tuple(x),), exactly(tuple), time.struct_time),
    (type({}.keys()), lambda x: (gc.get_referents(x)[0],), exactly(DICTS), lambda d: d.keys()),
    (type({}.values()), lambda x: (gc.get_referents(x)[0],), exactly(DICTS), lambda d: d.values()),
    (type({}.items()), lambda x: (gc.get_referents(x)[0],), exactly(DICTS), lambda d: d.items()),
    (array.array, lambda x: (x.typecode, x.tobytes()), exactly(str, bytes), array.array),
    (memoryview, lambda x: (x.obj if type(x.obj) is bytearray and x.nbytes == len(x.obj) and x.format == "B" else x.tobytes(),), exactly((bytes, bytearray)), memoryview),
    (types.GenericAlias, lambda x: (x.__origin__, x.__args__), lambda a: len(a) == 2, types.GenericAlias),
    *[(t, lambda x: x.__reduce__()[1], lambda a: len(a) == 2 and (id(a[0]) in PLACE or isinstance(a[0], type)), alias) for t in (typing._GenericAlias, typing._UnionGenericAlias)],
    (types.UnionType, lambda x: (x.__args__,), exactly(tuple), lambda a: functools.reduce(operator.or_, a)),
    (inspect.Signature, parameters, lambda a: len(a) == 2, signature),
    (ipaddress.IPv4Address, lambda x: (int(x),), exactly(int), ipaddress.IPv4Address),
]
# What the test hands over and the solution runs by itself: it never walks attributes in the judge.
CARRIED = len(VALUES)
VALUES += [(t, lambda x: x.__reduce__()[1], lambda a: True, t) for t in (operator.attrgetter, operator.itemgetter, operator.methodcaller)]
VALUES += [(functools.partial, lambda x: (x.func, x.args, x.keywords), lambda a: True, lambda f, a, k: functools.partial(f, *a, **k))]
VALUES += [(logging.Logger, lambda x: (x.name,), lambda a: len(a) == 1 and type(a[0]) is str, lambda n: logging.getLogger(n)),
           (logging.RootLogger, lambda x: ("root",), lambda a: True, lambda n: logging.getLogger())]
VALUE = {v[0]: i for i, v in enumerate(VALUES) if v[1]}
HANDED_ON = range(CARRIED, CARRIED + 4)

# ---- writing what is no plain value

NOTHING, LIB, MODULE, CLASS, MEMBER, EXCEPTION, VALUE_, BOUND, BUILTIN, WRAPPED, RUNNING, DERIVED = range(12)
FAMILIES = [list, collections.deque, set, bytearray, dict, collections.OrderedDict, collections.defaultdict, collections.Counter]
MUTABLE = (collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter, set, dict, list, bytearray)
IMMUTABLE = {tuple: lambda x: tuple.__getitem__(x, slice(None)), str: str.__str__, int: int.__int__, float: float.__float__,
             bytes: lambda x: bytes.__getitem__(x, slice(None)), frozenset: lambda x: frozenset(frozenset.__iter__(x))}
NUMBER = {}  # exported classes: class to number
recent = collections.deque(maxlen=256)  # exceptions of late, which must stay the same when they come back


def base_of(t):
    """The builtin type whose content an instance of t has; None: it goes as a handle."""
    for b in MUTABLE:
        if b in MRO(t):
            return b
    b = next((b for b in IMMUTABLE if b in MRO(t)), None)
    return None if b is tuple and id(t) in PLACE and not hasattr(t, "_fields") else b


def put_class(c):
    """A class as a value."""
    h = _apart.handle(c)
    if h is not None:
        return c
    return Wrap(CLASS, number_of(c))


class Wrap:
    """Goes through put_other as it says."""

    __slots__ = ("pair",)

    def __init__(self, kind, payload):
        self.pair = kind, payload


def number_of(c):
    k = NUMBER.get(c)
    if k is None:
        k = NUMBER[c] = _apart.export(c)
    return k


def put_other(x):
    t = type(x)
    if t is Wrap:
        return x.pair
    if isinstance(x, type) and issubclass(t, type):
        if id(x) in PLACE and (judging or SAFE[PLACE[id(x)]]):
            return LIB, PLACE[id(x)]
        if judging and issubclass(x, (unittest.TestCase, *FORBIDDEN)):
            return NOTHING, None
        return CLASS, number_of(x)
    if isinstance(t, enum.EnumMeta):
        name = x._name_ if type(x._name_) is str and x._name_ in t.__members__ else None
        return MEMBER, (t, name if name is not None else int.__int__(x._value_) if isinstance(x._value_, int) else None)
    if issubclass(t, BaseException):
        return EXCEPTION, put_exception(x, t)
    if t in VALUE and (judging or VALUE[t] not in HANDED_ON):
        return VALUE_, (VALUE[t], VALUES[VALUE[t]][1](x))
    if id(x) in PLACE and (judging or SAFE[PLACE[id(x)]]):
        return LIB, PLACE[id(x)]
    if issubclass(t, types.ModuleType):
        name = module_name(x)
        if name:
            return MODULE, name
        if judging and (x.__spec__ is not None or x is solution()):
            return (NOTHING, None) if x is not solution() else (MODULE, "solution")
        if not judging and x is solution():
            return MODULE, "solution"
    if t is Method:
        return put_other(Wrap(BOUND, (None, replaced.get(x) or _apart.attribute(x.__objclass__, x.__name__))))
    if t is types.MethodType:
        if type(x.__func__) is Method:
            return BOUND, (None, _apart.attribute(x.__self__, x.__func__.__name__))
        n = getattr(x.__func__, "__name__", None)
        if not judging and type(n) is str and any(DICT(b).get(n) is x.__func__ for b in MRO(type(x.__self__)) if id(b) not in PLACE):
            return BOUND, (x.__self__, n)
        return BOUND, (x.__self__, x.__func__)
    if t is types.BuiltinMethodType and type(x.__self__) in FAMILIES + [*IMMUTABLE] and type(x.__self__) is not str:
        return BUILTIN, (x.__self__, x.__name__)
    if t in (staticmethod, classmethod):
        return WRAPPED, ("s" if t is staticmethod else "c", x.__func__)
    if t is property:
        return WRAPPED, ("p", (x.fget, x.fset, x.fdel))
    if t in RUNNERS:
        return RUNNING, (RUNNERS.index(t), _apart.export(x), x.__name__, x.__qualname__)
    if t in STEPPED:
        return RUNNING, (3 + STEPPED.index(t), _apart.export(x), "", "")
    if isinstance(x, FORBIDDEN if judging else FORBIDDEN[:2]):
        return NOTHING, None
    base = base_of(t)
    if base in IMMUTABLE:
        return DERIVED, (t, None if plain_tuple(t) or _apart.handle(t) is not None else _apart.export(x), IMMUTABLE[base](x))
    if base is not None:
        return t, _apart.export(x), FAMILIES.index(base)
    return object_class(t)


def object_class(t):
    """The number of the class that instances of t are shown as, once and for all."""
    c = t
    if issubclass(t, unittest.mock.NonCallableMock) and len(t.__bases__) and id(t) not in PLACE:
        c = MOCKS.setdefault((MRO(t)[1], frozenset(specials(t))), t)  # each mock has a class of its own
    k = number_of(c)
    _apart.export_class(t, k)
    return k


MOCKS = {}


def plain_tuple(t):
    """A named tuple without anything of its own."""
    return t.__bases__ == (tuple,) and hasattr(t, "_fields") and not any(
        isinstance(v, (types.FunctionType, property)) and n not in NAMED for n, v in DICT(t).items() if not n.startswith("__") or n in SPECIAL)


NAMED = frozenset(DICT(collections.namedtuple("N", "x")))


def put_exception(x, t):
    if id(t) in PLACE and not SAFE[PLACE[id(t)]]:
        t = next(b for b in MRO(t) if id(b) in PLACE and SAFE[PLACE[id(b)]])
    args = x.args
    if isinstance(x, OSError) and x.filename is not None and len(args) == 2:
        args = (*args, x.filename)
    state = tuple((n, v) for n, v in x.__dict__.items() if type(n) is str and n != "_h") if id(t) in PLACE else (
        (("__notes__", x.__notes__),) if hasattr(x, "__notes__") else ())
    if isinstance(x, (ImportError, NameError, AttributeError)):
        state += tuple((n, getattr(x, n)) for n in ("name", "path") if type(getattr(x, n, None)) is str)
        obj = getattr(x, "obj", None)
        if obj is not None and not isinstance(obj, type) and (own_class(type(obj)) if judging else type(obj).__module__ == "solution"):
            state += (("obj", obj),)
    remember(x)
    near = lambda e: e if isinstance(e, BaseException) and e is not x else None
    if isinstance(x, StopIteration) and not args and x.value is not None:
        args = (x.value,)
    return t, args, _apart.export(x), near(x.__cause__), near(x.__context__) if not loops(x) else None, x.__suppress_context__, state


def remember(e):
    if len(recent) == recent.maxlen:
        old = recent.popleft()
        k = _apart.handle(old)
        if k is not None:
            _apart.forget(id(old), k)
            _apart.release(k)
    recent.append(e)


def loops(x):
    seen = set()
    while x is not None:
        if id(x) in seen or len(seen) > 20:
            return True
        seen.add(id(x))
        x = x.__context__
    return False


# ---- reading it


def get_other(kind, p):
    return GET[kind](p) if kind < len(GET) else refuse("a value of no kind")


def check(ok):
    if not ok:
        refuse(f"what makes no sense to {sys._getframe(1).f_code.co_name}")


def get_library(p):
    check(type(p) is int and 0 <= p < len(LIBRARY) and (not judging or SAFE[p]))
    return LIBRARY[p][1]


def get_module(p):
    check(type(p) is str)
    if p == "solution":
        return sys.modules["solution"]
    check(p in MODULES)
    return MODULES[p]


def get_class(p):
    check(type(p) is int and p >= 0)
    return _apart.known_class(p) or class_for(p)


def get_member(p):
    check(type(p) is tuple and len(p) == 2 and isinstance(p[0], enum.EnumMeta) and type(p[1]) in (str, int))
    return p[0][p[1]] if type(p[1]) is str else p[0](p[1])


def get_value(p):
    check(type(p) is tuple and len(p) == 2 and type(p[0]) is int and 0 <= p[0] < len(VALUES) and type(p[1]) is tuple)
    _, put, fits, make = VALUES[p[0]]
    check(fits(p[1]) and not (judging and p[0] in HANDED_ON))
    return make(*p[1])


def get_bound(p):
    check(type(p) is tuple and len(p) == 2)
    x, f = p
    if type(f) is str:
        check(isinstance(x, Remote) or _apart.handle(x) is not None or _apart.is_exported(x))
        stub = next((DICT(b)[f] for b in MRO(type(x)) if f in DICT(b)), None)
        return types.MethodType(stub, x) if isinstance(stub, Method) else _apart.attribute(x, f)
    check(callable(f))
    if judging:
        check(_apart.handle(f) is not None or isinstance(f, Method) or _apart.is_exported(f) or id(f) in PLACE)
    return types.MethodType(f, x) if x is not None else f


def get_builtin(p):
    check(type(p) is tuple and len(p) == 2 and type(p[1]) is str and (type(p[0]) in FAMILIES or type(p[0]) in IMMUTABLE) and type(p[0]) is not str)
    check(p[1] in DICT(type(p[0])) and not p[1].startswith("__") or p[1] in SPECIAL)
    return getattr(p[0], p[1])


def get_wrapped(p):
    check(type(p) is tuple and len(p) == 2 and p[0] in ("s", "c", "p"))
    if p[0] == "p":
        check(type(p[1]) is tuple and len(p[1]) == 3)
        return property(*p[1])
    return staticmethod(p[1]) if p[0] == "s" else classmethod(p[1])


def get_derived(p):
    check(type(p) is tuple and len(p) == 3 and isinstance(p[0], type))
    c, k, v = p
    base = type(v)
    check(base in IMMUTABLE and issubclass(c, base) and (_apart.handle(c) is not None or hasattr(c, "_fields")))
    x = base.__new__(c, v)
    if k is not None:
        check(type(k) is int and k >= 0 and hasattr(x, "__dict__"))
        object.__getattribute__(x, "__dict__")["_h"] = k
    return x


def get_exception(p):
    check(type(p) is tuple and len(p) == 7)
    c, args, k, cause, context, suppress, state = p
    check(isinstance(c, type) and issubclass(c, BaseException) and type(args) is tuple and type(k) is int and k >= 0 and type(state) is tuple)
    if judging:
        check(not issubclass(c, unittest.SkipTest))
    for e in recent:
        if _apart.handle(e) == k and type(e) is c:
            return e
    try:
        e = c.__new__(c, *args)
        if issubclass(c, (OSError, SyntaxError, UnicodeError, StopIteration, SystemExit, ImportError)):
            next(b for b in MRO(c) if id(b) in PLACE).__init__(e, *args)
    except Exception:
        e = c.__new__(c)
    e.args = args[:2] if isinstance(e, OSError) and len(args) > 2 else args
    own = id(c) not in PLACE
    for entry in state:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        if entry[0] == "__notes__" or not entry[0].startswith("__"):
            try:
                e.__dict__[entry[0]] = entry[1] if entry[0] not in ("name", "path", "obj") else setattr(e, *entry) or entry[1]
            except Exception:
                pass
    if own:
        e.__dict__["_h"] = k
    if isinstance(cause, BaseException):
        e.__cause__ = cause
    if isinstance(context, BaseException):
        e.__context__ = context
    e.__suppress_context__ = suppress is True
    remember(e)
    _apart.foreign(e, k)
    weakly(e, k)
    return e


def weakly(x, k):
    """x is forgotten when it dies; an exception of the library, which cannot say when, as it is no longer recent."""
    try:
        weakref.finalize(x, _apart.forget, id(x), k).atexit = False
    except TypeError:
        pass


# ---- generators, coroutines and asynchronous generators run over there, a step at a time

RUNNERS = [types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType]
running = weakref.WeakValueDictionary()


class Held:
    """The number of what runs over there, given back with the last frame that has it."""

    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k

    def __del__(self):
        x = running.pop(self.k, None)
        if x is not None:
            _apart.forget(id(x), self.k)
        _apart.release(self.k)


def get_running(p):
    check(type(p) is tuple and len(p) == 4 and type(p[0]) is int and 0 <= p[0] < len(RUNNING_AS) and type(p[1]) is int and p[1] >= 0 and type(p[2]) is str and type(p[3]) is str)
    x = running.get(p[1])
    if x is None:
        x = RUNNING_AS[p[0]](Held(p[1]))
        if p[0] > 2:
            return x
        x.__name__, x.__qualname__ = p[2:]
        running[p[1]] = x
        _apart.foreign(x, p[1])
        weakly(x, p[1])
    return x


def generator(held):
    k = held.k
    r = ask("step", k, "send", None)
    while r[0] == "yield":
        try:
            got = yield r[1]
        except GeneratorExit:
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
    loop = asyncio.get_running_loop()
    while True:
        turn = not state.turned  # the other side's loop takes a turn when this one does
        if turn:
            state.turned = True
            loop.call_soon(turn_over)
        done, value = ask("poll", n, cancel, turn)
        cancel = False
        if done:
            return value
        waited = waited + 1 if value is None else 0
        if waited > 1000:
            raise RuntimeError("deadlock: the solution waits for what never comes")
        state.idle = True
        try:
            await asyncio.sleep(value or 0)
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
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = state.loop = state.loop or asyncio.new_event_loop()

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
    loop.call_soon(loop.stop)
    loop.run_forever()


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


GET = [lambda p: None, get_library, get_module, get_class, get_member, get_exception, get_value, get_bound, get_builtin, get_wrapped, get_running, get_derived]

# ---- classes: described on demand, and made here as classes of the same shape


class Meta(type):
    """The class of stand-in classes. A class statement with one as its base makes a class on both sides."""

    def __new__(m, name, bases, ns, /, _remote=False, **kw):
        cls = super().__new__(m, name, bases, ns if _remote else {**ns, "__slots__": ()} if not any(hasattr(b, "__dictoffset__") and b.__dictoffset__ for b in bases) else ns)
        if not _remote:
            twin(cls, name, bases, ns, kw)
        return cls

    def __init__(cls, name, bases, ns, /, **kw):
        type.__init__(cls, name, bases, ns)

    def __call__(cls, *a, **k):
        return _apart.call(cls, *a, **k)

    def __getattr__(cls, n):
        return _apart.attribute(cls, n)

    def __setattr__(cls, n, v):
        if n == "__abstractmethods__":
            return type.__setattr__(cls, n, v)
        here = DICT(cls).get(n)
        if isinstance(here, Method) and here not in replaced:
            replaced[here] = _apart.attribute(cls, n)
        _apart.assign(cls, n, replaced.get(v, v) if isinstance(v, Method) else v)
        if isinstance(v, Method) or cls in twins:
            type.__setattr__(cls, n, v)
        elif here is not None and n not in SPECIAL:
            type.__delattr__(cls, n)

    def __delattr__(cls, n):
        _apart.assign(cls, n)
        if n in DICT(cls):
            type.__delattr__(cls, n)

    def __dir__(cls):
        return ask("listed", cls)

    def __repr__(cls):
        return ask("text", "repr", cls)

    def __instancecheck__(cls, x):
        return type.__instancecheck__(cls, x) or cls in asks and ask("isinstance", x, cls) is True

    def __subclasscheck__(cls, c):
        return type.__subclasscheck__(cls, c) or cls in asks and _apart.handle(c) is not None and ask("issubclass", c, cls) is True

    __dict__ = property(lambda cls: DICT(cls) if cls in twins or _apart.handle(cls) is None else _apart.attribute(cls, "__dict__"))

    def __subclasses__(cls):
        return _apart.attribute(cls, "__subclasses__")()

    __mro__ = property(lambda cls: tuple(c for c in MRO(cls) if c not in HIDDEN))
    __bases__ = property(lambda cls: tuple(c for c in type.__dict__["__bases__"].__get__(cls) if c not in HIDDEN) or (object,))


class Stand(Remote, metaclass=Meta, _remote=True):
    __slots__ = ()


class StandValue(metaclass=Meta, _remote=True):
    """A value of a builtin type that has methods and attributes over there."""

    def __getattr__(self, n):
        if n in ("_h", "__wrapped__", "__isabstractmethod__"):
            raise AttributeError(n)
        return _apart.attribute(self, n)

    def __setattr__(self, n, v):
        if n == "_h":
            return object.__setattr__(self, n, v)
        _apart.assign(self, n, v)

    __copy__ = lambda self: copied(self)
    __deepcopy__ = lambda self, memo: deepcopied(self)
    __reduce_ex__ = lambda self, protocol: reduced(self)


class StandException(metaclass=Meta, _remote=True):
    def __getattr__(self, n):
        if n.startswith("__") or n == "_h":
            raise AttributeError(n)
        return _apart.attribute(self, n)


HIDDEN = (Stand, StandValue, StandException, Remote)
asks, twins = set(), set()
_apart.show_as(Meta, Meta)
replaced = {}  # methods that the test has put something else in the place of: the functions themselves


def died(self):
    """What it stands for may die with it, and says something when it does."""
    _apart.let_go(self)
    try:
        ask("nothing")
    except RuntimeError:
        pass


def copied(x): return ask("copy", x)
def deepcopied(x): return ask("deepcopy", x)
def reduced(x): return unpickled, (ask("pickle", x),)
def listed(x): return ask("listed", x)
def unpickled(data): return ask("unpickle", data)


def specials(c):
    return {d for b in MRO(c)[:-1] for d in DICT(b) if d in SPECIAL}


def do_describe(k):
    c = _apart.own(k)
    check(isinstance(c, type))
    mro = MRO(c)
    own = [b for b in mro if id(b) not in PLACE]
    owned = lambda: {d for b in own for d in DICT(b) if d in SPECIAL}
    place = PLACE.get(id(c))
    kind, extra, base = "object", None, base_of(c)
    if issubclass(c, BaseException):
        kind, dunders = "exception", owned()
    elif isinstance(c, enum.EnumMeta) and place is None:
        kind = "enum"
        mixin = next(b for b in mro if id(b) in PLACE and isinstance(b, enum.EnumMeta))
        extra = mixin.__name__, tuple(b.__name__ for b in mro if b in (str, int, float, bytes)), tuple((n, m._value_) for n, m in c.__members__.items()), tuple(
            n for b in own for n, v in DICT(b).items() if type(v) is types.FunctionType and n not in SPECIAL and not n.startswith("_"))
        dunders = {d for b in own for d in DICT(b) if d in SPECIAL and d not in ("__init__", "__new__") and getattr(DICT(b)[d], "__module__", None) != "enum"
                   and DICT(b)[d] not in [getattr(m, d, None) for m in (mixin, *mro) if m not in own]}
    elif issubclass(c, type):
        kind, dunders = "meta", owned() - {"__call__", "__init__", "__instancecheck__", "__subclasscheck__"}
    elif base is not None:
        fields = getattr(c, "_fields", None)
        kind, extra = "value", (base.__name__, fields if type(fields) is tuple else None)
        dunders = owned() - ({"__repr__"} if fields and not any("__repr__" in DICT(b) and hasattr(DICT(b)["__repr__"], "__code__") and DICT(b)["__repr__"].__code__.co_filename == "/solution.py" for b in own) else set())
    else:
        dunders = specials(c)
    bases = tuple(b for b in type.__dict__["__bases__"].__get__(c) if b is not object and (id(b) not in PLACE or kind == "exception" and SAFE[PLACE[id(b)]] or type(b) is abc.ABCMeta and SAFE[PLACE[id(b)]]))
    if issubclass(c, unittest.mock.NonCallableMock):
        bases = ()
        place = next(PLACE[id(b)] for b in mro if id(b) in PLACE)
    methods = () if place is not None or kind in ("enum",) else tuple(
        n for n, v in DICT(c).items() if type(v) is types.FunctionType and n not in SPECIAL and not n.startswith("__"))
    if kind == "value" and extra[1]:
        methods = tuple(n for n in methods if n not in NAMED)
    checks = type(c) is not type and any("__instancecheck__" in DICT(b) for b in MRO(type(c))[:-2])
    text = lambda v: str.__str__(v) if isinstance(v, str) else ""
    doc = c.__doc__ if place is None and type(c.__doc__) is str else None
    notes = DICT(c).get("__annotations__") if place is None else None
    if kind == "object" and place is None and any("__del__" in DICT(b) for b in mro[:-1]):
        dunders = dunders | {"__del__"}
    return (text(c.__name__), text(c.__qualname__), text(c.__module__), doc, kind, bases, tuple(sorted(dunders)), methods, extra, c.__hash__ is None, checks, place,
            dict(notes) if type(notes) is dict else None, type(c) if id(type(c)) not in PLACE and _apart.handle(type(c)) is None and not isinstance(c, enum.EnumMeta) else None)


def class_for(k):
    c = _apart.known_class(k)
    if c is not None:
        return c
    d = ask("describe", k)
    check(type(d) is tuple and len(d) == 14 and all(type(s) is str for s in d[:3] + d[4:5]) and all(type(t) is tuple for t in d[5:8]) and "\0" not in d[0])
    name, qualname, module, doc, kind, bases, dunders, methods, extra, unhashable, checks, place, notes, meta = d
    meta = meta if isinstance(meta, type) and issubclass(meta, Meta) else Meta
    check(all(isinstance(b, type) for b in bases))
    if judging:
        check(not any(issubclass(b, (unittest.TestCase, unittest.TestResult)) for b in bases))
    c = _apart.known_class(k)  # made meanwhile, by what describes it
    if c is not None:
        return c
    owner = []
    body = {"__module__": "__main__" if module == "solution" else module, "__qualname__": qualname, "__doc__": doc}
    if type(notes) is dict:
        body["__annotations__"] = notes
    if "__del__" in dunders:
        body["__del__"] = died
    for n in dunders:
        if n in SPECIAL:
            body[n] = special(owner, n)
    if unhashable is True:
        body["__hash__"] = None
    elif "__eq__" in body and "__hash__" not in body and kind == "value":
        body["__hash__"] = None
    elif "__eq__" in body and "__hash__" not in body and kind == "object":
        body["__hash__"] = object.__hash__
    abstract = [b for b in bases if type(b) is abc.ABCMeta]
    parents = [b for b in bases if b not in abstract and b is not typing.Generic]
    if kind == "enum":
        c = make_enum(name, body, extra)
    elif kind == "meta":
        c = type(name, tuple(b for b in parents if issubclass(b, Meta)) or (Meta,), body)
    elif kind == "exception":
        parents = [b for b in parents if issubclass(b, BaseException)] or [Exception]
        c = meta(name, tuple(parents) if any(issubclass(b, StandException) for b in parents) else (StandException, *parents), body, _remote=True)
    elif kind == "value":
        check(type(extra) is tuple and len(extra) == 2)
        base = next((b for b in (*FAMILIES, *IMMUTABLE) if b.__name__ == extra[0]), None)
        check(base is not None)
        parents = [b for b in parents if issubclass(b, StandValue)]
        fields = extra[1]
        if fields and not parents and all(type(f) is str and f.isidentifier() for f in fields):
            base = collections.namedtuple(name, fields)
        c = meta(name, tuple(parents) or (StandValue, base), body, _remote=True)
    else:
        parents = [b for b in parents if issubclass(b, Stand)]
        body["__slots__"] = ()
        c = meta(name, tuple(parents) or (Stand,), body, _remote=True)
    _apart.set_class(c, k)
    owner.append(c)
    if type(place) is int and 0 <= place < len(LIBRARY) and isinstance(LIBRARY[place][1], type):
        _apart.show_as(c, LIBRARY[place][1])
    for n in methods:
        if type(n) is str and not n.startswith("__"):
            type.__setattr__(c, n, Method(c, n))
    if checks is True or abstract:
        asks.add(c)
    for b in abstract:
        b.register(c)
    return c


def make_enum(name, body, extra):
    check(type(extra) is tuple and len(extra) == 4 and all(type(e) is tuple for e in extra[1:]))
    mixin, mixed, members, methods = extra
    base = {c.__name__: c for c in (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)}.get(mixin, enum.Enum)
    first = [b for b in (str, int, float, bytes) if b.__name__ in mixed and not issubclass(base, b)]
    bases = (*first[:1], base)
    d = type(base).__prepare__(name, bases)
    for entry in members:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        d[entry[0]] = entry[1]
    for n, v in body.items():
        if n not in ("__annotations__", "__hash__"):
            d[n] = v
    for n in methods:
        if type(n) is str and n.isidentifier() and not n.startswith("_"):
            d[n] = forwarded(n)
    d["__getattr__"] = lambda s, n: ask("attribute", s, n) if not n.startswith("_") else object.__getattribute__(s, n)
    return EnumMeta(name, bases, d)


class EnumMeta(enum.EnumMeta):
    def __getattr__(cls, n):
        if n.startswith("_") or _apart.handle(cls) is None:
            raise AttributeError(n)
        return ask("attribute", cls, n)


def forwarded(n):
    def method(self, /, *a, **k):
        return ask("attribute", self, n)(*a, **k)

    method.__name__ = n
    return method


def do_attribute(x, n):
    return getattr(x, n)


def twin(cls, name, bases, ns, kw):
    """The class exists on both sides, its methods here; its instances are over there."""
    check(not judging or not issubclass(cls, unittest.TestCase))
    items = {}
    for b in reversed(MRO(cls)[1:]):
        if _apart.handle(b) is None and b not in HIDDEN and b is not object:  # a class of this side's text only
            items |= DICT(b)
    items |= ns
    items = tuple((n, v) for n, v in items.items() if n not in ("__qualname__", "__classcell__", "__dict__", "__weakref__", "__slots__", "__module__"))
    k = ask("subclass", name, tuple(b for b in bases if _apart.handle(b) is not None), items, kw)
    check(type(k) is int and k >= 0 and _apart.known_class(k) is None)
    _apart.set_class(cls, k)
    twins.add(cls)


def do_subclass(name, bases, items, kw):
    c = types.new_class(name, bases, kw, lambda d: d.update(dict(items), __module__="__main__"))
    return number_of(c)


# ---- attributes

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
        ok = ok and not INSTRUMENT.match(n) and not (write and n.startswith(("call", "method_calls", "return_value", "await")))
    elif isinstance(x, type):
        ok = own_class(x) and not write and (ok or n in LIVE)
    elif t in CALLABLES:
        ok = n in LIVE and not write or ok and t is types.FunctionType
    elif own_class(t):
        ok = ok or n in ("__dict__", "__doc__", "__module__") and not write
    else:  # an object of the library
        ok = ok and not n.startswith("_") and not write or t in SIMPLE and (ok or n == "__dict__" and not write)
    if not ok:
        raise AttributeError(f"{t.__name__!r} object has no attribute {n!r}")


def ask_nobody(t, n):
    raise AttributeError(f"{t.__name__!r} object has no attribute {n!r}")


SIMPLE = (types.SimpleNamespace,)


def shape(f):
    """What may be known of a function's code."""
    c = f.__code__
    return types.SimpleNamespace(co_argcount=c.co_argcount, co_kwonlyargcount=c.co_kwonlyargcount, co_posonlyargcount=c.co_posonlyargcount, co_name=c.co_name,
                                 co_flags=c.co_flags, co_varnames=c.co_varnames[:c.co_argcount + c.co_kwonlyargcount])


def serve_get(x, n):
    if judging:
        if type(x) is types.FunctionType and _apart.is_exported(x):
            if n == "__code__":
                return shape(x)
            if n == "__signature__":
                return inspect.signature(x)
            if n in ("__defaults__", "__kwdefaults__", "__annotations__"):
                return getattr(x, n)
        may(x, n)
    elif n == "__signature__" and isinstance(x, types.FunctionType):
        return inspect.signature(x)
    return getattr(x, n)


def serve_set(x, n, *v):
    if judging:
        may(x, n, True)
    setattr(x, n, *v) if v else delattr(x, n)


def serve_call(f, a, k):
    if judging:
        handed(f)
        if isinstance(f, type) and not own_class(f):
            raise TypeError("not callable from here")
    return f(*a, **(k or {}))


# ---- requests by name

def do_text(how, x):
    if judging:
        handed(x)
    return repr(x) if how == "repr" else str(x)


def do_listed(x):
    if judging:
        handed(x)
        return [n for n in dir(x) if not n.startswith("__")]
    return dir(x)


def do_copy(x): return copy.copy(own(x))
def do_deepcopy(x): return copy.deepcopy(own(x))


def own(x):
    if judging:
        handed(x)
        if not own_class(type(x)):
            raise TypeError("not to be copied")
    return x


def do_judge_special(owner, n, x, a, k):
    handed(x)
    check(type(a) is tuple and type(k) is dict and type(n) is str)
    if n not in SPECIAL or n in ("__init__", "__set_name__", "__get__", "__set__", "__delete__") and not own_class(type(x)) and not isinstance(x, unittest.mock.PropertyMock):
        raise AttributeError(n)
    return do_special(type(x), n, x, a, k)


def do_isinstance(x, c): return isinstance(x, c)
def do_issubclass(x, c): return issubclass(x, c)


def do_judge_isinstance(x, c):
    handed(c)
    return isinstance(x, c)


def do_judge_issubclass(x, c):
    handed(c)
    return isinstance(x, type) and issubclass(x, c)


def do_judge_attribute(x, n):
    """Of a member of an enumeration of the test's, or of the enumeration."""
    t = x if isinstance(x, enum.EnumMeta) else type(x)
    check(isinstance(t, enum.EnumMeta) and type(n) is str)
    if INSIDE.match(n) or n.startswith("_") or not own_class(t):
        raise AttributeError(n)
    return getattr(x, n)


SUBCLASSED = (types.FunctionType, types.MethodType, Function, property, staticmethod, classmethod, int, float, str, bool, bytes, type(None), list, dict, set, tuple)


def do_judge_subclass(name, bases, items, kw):
    """A class of the solution's that has one of the test's as its base. What it answers to
    comparisons with is not taken: nothing would ask it twice."""
    check(type(name) is str and type(bases) is tuple and bases and type(items) is tuple and type(kw) is dict)
    for b in bases:
        handed(b)
        if not own_class(b):
            raise TypeError("not a class to be extended")
    body = {}
    for entry in items:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        n, v = entry
        if (type(v) in SUBCLASSED or isinstance(v, Function)) and n not in ANSWERS and (not n.startswith("__") or n in SPECIAL or n == "__doc__"):
            body[n] = v
    return number_of(types.new_class(name, bases, {}, lambda d: d.update(body, __module__="__main__")))


def do_pull(names):
    check(type(names) is tuple and all(type(n) is str for n in names))
    found = []
    for n in names:
        v = space.names.get(n, MISSING)
        if v is not MISSING and n in space.announced and crosses(n, v):
            space.given.add(n)
            found.append((n, v))
    return tuple(found)


def do_stdin(n, a):
    check(n in ("read", "readline", "readlines") and type(a) is tuple and all(type(v) is int for v in a))
    return getattr(sys.stdin, n)(*a)


def do_warn(text, category, line):
    check(type(text) is str and isinstance(category, type) and issubclass(category, Warning) and type(line) is int)
    warnings.warn_explicit(text, category, "/solution.py", line)


def do_log(name, level, text, args, error, line, function):
    check(type(name) is str and type(level) is int and type(args) in (tuple, dict) and type(line) is int and type(function) is str)
    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        error = (type(error), error, error.__traceback__) if isinstance(error, BaseException) else None
        logger.handle(logger.makeRecord(name, level, "/solution.py", line, text, args, error, function))


def do_names(names, lines=False, logs=False):
    G = space.names
    if logs:
        logging.root.handlers[:] = [Forward()]
        logging.root.setLevel(1)
    if lines:
        _apart.tell_lines()
    if names is None:
        names = tuple(n for n in G if not (n.startswith("__") and n.endswith("__")))
    out = tuple((n, G[n]) for n in names if n in G and n not in SKIPPED)
    space.watched.update(out)
    return out


def do_all():
    G = space.names
    return tuple(G["__all__"]) if "__all__" in G else tuple(n for n in G if not n.startswith("_"))


def do_library(module, name, a, k):
    return getattr(MODULES[module], name)(*a, **k)


SKIPPED = frozenset("__builtins__ __name__ __doc__ __package__ __loader__ __spec__ __file__ __path__ __cached__ __annotations__".split())
CONTESTANT = {n[3:]: f for n, f in list(globals().items()) if n.startswith("do_") and not n.startswith("do_judge_") and n not in ("do_pull", "do_stdin", "do_warn", "do_log")}
CONTESTANT |= {"nothing": lambda: None, "source": lambda: do_source(), "example": lambda source: do_example(source), "pickle": lambda x: pickle.dumps(x), "unpickle": lambda data: pickle.loads(data)}
JUDGE = {"nothing": lambda: None, "special": do_judge_special, "isinstance": do_judge_isinstance, "issubclass": do_judge_issubclass, "attribute": do_judge_attribute, "subclass": do_judge_subclass, "text": do_text, "listed": do_listed, "copy": do_copy, "deepcopy": do_deepcopy, "pull": do_pull,
         "stdin": do_stdin, "warn": do_warn, "log": do_log, "describe": do_describe, "step": do_step, "task": do_task, "poll": do_poll}


def serve(name, a):
    f = (JUDGE if judging else CONTESTANT).get(name)
    if f is None:
        refuse("a request of no kind")
    return f(*a)


# ---- one namespace


class Space:
    """The names of this side's text, and what the other side knows of them."""

    names = {}
    seen = {}  # as the other side knows them
    given = set()  # names of the solution's, or that it has asked for
    announced = set()
    bound = frozenset()  # by the test's own top level: the solution cannot change these
    modules = {}  # that the test has put into sys.modules
    watched = {}  # of the solution: what the test has asked for


space = Space()


def crosses(n, v):
    """Whether the solution may see what the test binds at its top level: functions and classes,
    modules, objects of its own classes, constants; never its data."""
    if n not in space.bound:
        return True
    t = type(v)
    if isinstance(v, type):
        return not issubclass(v, unittest.TestCase)
    if t in (int, float, bool, str):
        return n.isupper()
    return t in CALLABLES or isinstance(v, types.ModuleType) or own_class(t) or isinstance(v, unittest.mock.NonCallableMock)


def put_extras(changes):
    return judge_extras(changes) if judging else contestant_extras()


def judge_extras(changes):
    new, binds, patches = [], [], []
    gone = [n for n in space.seen if n not in space.names]
    for n in gone:
        del space.seen[n]
        space.given.discard(n)
        space.announced.discard(n)
    for n, v in list(space.names.items()):
        if space.seen.get(n, MISSING) is v or n in SKIPPED or type(n) is not str:
            continue
        space.seen[n] = v
        if n in space.given:
            if crosses(n, v):
                binds.append((n, v))
        elif n not in space.announced:
            space.announced.add(n)
            new.append(n)
    if changes:
        if any(d is sys.modules for d in changes[::2]):
            patches += changed_modules()
        for dict_, n in zip(changes[::2], changes[1::2]):
            module = MODULE_OF.get(id(dict_))
            if module is None or type(n) is not str or module.startswith("unittest") or (module, n) in OURS:
                continue
            v = dict_.get(n, MISSING)
            patches.append((module, n) if v is MISSING else (module, n, v))
    return (tuple(new), tuple(binds), tuple(patches), tuple(gone)) if new or binds or patches or gone else None


def changed_modules():
    """What the test has put into sys.modules, or taken out of it."""
    fake = {n: v for n, v in sys.modules.items() if MODULES.get(n) is not v and v is not solution() and (getattr(v, "__spec__", None) is None or type(v) is not types.ModuleType)}
    told, space.modules = space.modules, fake
    return [("sys.modules", n, v) for n, v in fake.items() if told.get(n, MISSING) is not v] + [("sys.modules", n) for n in told if n not in fake]


OURS = {("sys", "stdin"), ("sys", "stdout"), ("sys", "stderr"), ("builtins", "_"), ("sys", "last_type"), ("sys", "last_value"), ("sys", "last_traceback")}


def solution():
    return sys.modules.get("solution")


def contestant_extras():
    changed = tuple((n, space.names[n]) for n, v in space.watched.items() if n in space.names and space.names[n] is not v)
    space.watched.update(changed)
    return changed or None


def apply_extras(extras):
    if not judging:
        new, binds, patches, gone = extras
        for n in gone:
            space.names.pop(n, None)
        for n, v in binds:
            space.names[n] = v
            if n in space.watched:
                space.watched[n] = v
        wanted = tuple(n for n in new if n in space.used or n in space.names)
        if wanted:
            for n, v in ask("pull", wanted):
                space.names[n] = v
                if n in space.watched:
                    space.watched[n] = v
        for module, n, *v in patches:
            if module == "sys.modules":
                if v or n in MODULES:
                    sys.modules[n] = v[0] if v else MODULES[n]
                else:
                    sys.modules.pop(n, None)
            elif v:
                setattr(MODULES[module], n, v[0])
            elif n in vars(MODULES[module]):
                delattr(MODULES[module], n)
        return
    check(type(extras) is tuple)
    for entry in extras:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        n, v = entry
        if n in space.given and n not in space.bound and space.names.get(n, MISSING) is space.seen.get(n, MISSING):
            space.names[n] = space.seen[n] = v


class Main(types.ModuleType):
    """The module that test and solution are, as the test sees it."""

    def __getattr__(self, n):
        if n == "__all__":
            return list(ask("all"))
        if not (n.startswith("__") and n.endswith("__")) and type(n) is str:
            for _, v in take(ask("names", (n,))):
                return v
        raise AttributeError(f"module {space.names.get('__name__')!r} has no attribute {n!r}")


def take(found):
    check(type(found) is tuple)
    for entry in found:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        n, v = entry
        space.given.add(n)
        if n not in space.names:
            space.names[n] = space.seen[n] = v
    return found


REMOTELY = [("dataclasses", n) for n in ("asdict", "astuple", "fields", "replace", "is_dataclass")] + [
    ("typing", "get_type_hints"), ("inspect", "getsource"), ("inspect", "getsourcelines"), ("inspect", "isabstract"), ("inspect", "getdoc"), ("inspect", "getmembers"), ("inspect", "signature")]


def remotely(module, name):
    f = getattr(MODULES[module], name)

    @functools.wraps(f)
    def wrapper(*a, **k):
        if judging and name == "getsource" and a and a[0] is solution():
            return ask("source")
        if judging and a and (isinstance(a[0], (Remote, Method)) or _apart.handle(a[0]) is not None):
            return ask("library", module, name, a, k)
        return f(*a, **k)

    return wrapper


update_cache = linecache.updatecache


def updatecache(name, module_globals=None):
    """The text of the other side's file, for tracebacks and inspect."""
    if judging and name == "/solution.py":
        text = ask("source")
        check(type(text) is str)
        linecache.cache[name] = len(text), None, [line + "\n" for line in text.split("\n")], name
        return linecache.cache[name][2]
    return update_cache(name, module_globals)


def do_example(source):
    exec(compile(source, "<doctest>", "single", dont_inherit=True), space.names)


def do_source():
    with open("/solution.py", encoding="utf-8") as f:
        return f.read()


def told(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        _apart.reseeded()
        return f(*a, **k)

    return wrapper


# These are made before the snapshot, and put in place in the judge.
WRAPPERS = [(vars(MODULES[m]), n, remotely(m, n)) for m, n in REMOTELY] + [(vars(linecache), "updatecache", updatecache)]
# The examples in the solution's texts run over there.
WRAPPERS += [(vars(doctest), "compile", lambda source, *a, **k: source), (vars(doctest), "exec", lambda source, names: ask("example", source))]
WRAPPERS += [(vars(random), n, told(getattr(random, n))) for n in ("seed", "setstate")]


def begin(names, used, bound, early, mentioned):
    """The test's text is about to run in names."""
    space.names, space.bound = names, frozenset(bound)
    sys.modules["solution"].__class__ = Main
    SolutionFinder.armed = True
    everything = None in used or not mentioned.isdisjoint(REFLECTIVE)
    lines, logs = not mentioned.isdisjoint(TRACING), not mentioned.isdisjoint(LOGGING)
    if "StopIteration" in mentioned:
        _apart.let_stop()
    wanted = None if everything else tuple(sorted((used - bound | early) - SKIPPED))
    if wanted is None or wanted or lines or logs:
        take(ask("names", wanted, lines, logs))
    space.seen.update(names)
    space.given.intersection_update(names)


def known(what):
    return environ if what == "environment" else getattr(space, what)


environ = os.environ._data


TRACING = frozenset("traceback __traceback__ tb_lineno tb_frame tb_next exc_info linecache".split())
LOGGING = frozenset("logging getLogger assertLogs assertNoLogs basicConfig StreamHandler".split())
REFLECTIVE = frozenset("doctest globals vars locals eval exec dir __dict__ __main__".split())


def loaded(names, used):
    space.names, space.used = names, used


class Input(io.TextIOBase):
    """The contestant's standard input is the test's."""

    encoding, errors, name = "utf-8", "strict", "<stdin>"

    def readline(self, n=-1):
        return self.ask("readline", n)

    def read(self, n=-1):
        return self.ask("read", n)

    def readable(self):
        return True

    def fileno(self):
        return 0

    @staticmethod
    def ask(what, n):
        try:
            return ask("stdin", what, () if n is None or n < 0 else (n,))
        except RuntimeError:
            return ""


class Forward(logging.Handler):
    def emit(self, record):
        if not self.busy:
            self.busy = True
            try:
                ask("log", record.name, record.levelno, record.msg, record.args, record.exc_info[1] if record.exc_info else None, record.lineno, record.funcName)
            finally:
                self.busy = False

    busy = False


def stream(fd, name):
    raw = io.FileIO(fd, "w", closefd=False)
    raw.name = name
    return io.TextIOWrapper(raw, "utf-8", "strict" if fd == 1 else "backslashreplace", write_through=True)


STREAMS = stream(1, "<stdout>"), stream(2, "<stderr>"), Input()


def show_warning(message, category, filename, lineno, file=None, line=None):
    ask("warn", str(message), category, lineno)


def contestant():
    sys.stdout, sys.stderr, sys.stdin = sys.__stdout__, sys.__stderr__, sys.__stdin__ = STREAMS
    warnings.showwarning = show_warning
    warnings.simplefilter("always")
    for d, n, f in WRAPPERS:
        if d is not vars(doctest):
            d[n] = f


def judge():
    global judging
    judging = True
    for d, n, f in WRAPPERS:
        d[n] = f
