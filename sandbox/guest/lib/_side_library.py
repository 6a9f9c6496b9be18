"""The library, which both sides have: how things of it are named, and its values."""

import abc, argparse, array, builtins, collections, dataclasses, datetime, decimal, enum, fractions, functools, gc, inspect, ipaddress, itertools, logging, operator, pathlib, re, sys, time, types, typing, unittest, uuid, zoneinfo
from _side_common import DICT, MRO, solution

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

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


def dict_of(c):
    return gc.get_referents(DICT(c))[0]


# The dicts of classes that a test may change, by id: their places.
CLASS_OF = {id(dict_of(c)): k for k, (_, c) in enumerate(LIBRARY) if isinstance(c, type) and not c.__module__.startswith("unittest")}

# What the judge takes its own object for: classes that it only looks at, exceptions, pure functions.
PURE = frozenset(("builtins", n) for n in "abs all any ascii bin callable chr divmod format hash hex isinstance issubclass len max min oct ord pow print repr round sorted sum".split())
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


SAFE = bytearray(safe(k) for k in range(len(LIBRARY)))  # packages add to it, and to the tables above
FORBIDDEN = (types.FrameType, types.TracebackType, types.CodeType, types.CellType, unittest.TestResult)


ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor".split()
SPECIAL = frozenset(f"__{n}__" for n in ("call len bool iter next contains getitem setitem delitem reversed missing length_hint enter exit aenter aexit"
    " aiter anext await repr str format bytes int float complex index round trunc floor ceil abs neg pos invert eq ne lt le gt ge hash fspath"
    " init get set delete set_name instancecheck subclasscheck").split() + [p + n for n in ARITHMETIC for p in ("", "r", "i")])
FAMILIES = [list, collections.deque, set, bytearray, dict, collections.OrderedDict, collections.defaultdict, collections.Counter]
MUTABLE = (collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter, set, dict, list, bytearray)
IMMUTABLE = {tuple: lambda x: tuple.__getitem__(x, slice(None)), str: str.__str__, int: int.__int__, float: float.__float__,
             bytes: lambda x: bytes.__getitem__(x, slice(None)), frozenset: lambda x: frozenset(frozenset.__iter__(x))}


def plain_tuple(t):
    """A named tuple without anything of its own."""
    return t.__bases__ == (tuple,) and hasattr(t, "_fields") and not any(
        isinstance(v, (types.FunctionType, property)) and n not in NAMED for n, v in DICT(t).items() if not n.startswith("__") or n in SPECIAL)


NAMED = frozenset(DICT(collections.namedtuple("N", "x")))


def base_of(t):
    """The builtin type whose content an instance of t has; None: it goes as a handle."""
    for b in MUTABLE:
        if b in MRO(t):
            return b
    b = next((b for b in IMMUTABLE if b in MRO(t)), None)
    return None if b is tuple and id(t) in PLACE and not hasattr(t, "_fields") else b


# ---- values: class, to plain arguments, what these must be, from them

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
    """The name by which both sides know a module of the library."""
    n = x.__dict__.get("__name__")
    if MODULES.get(n) is x:
        return n
    if type(n) is str and n.split(".")[0] in sys.stdlib_module_names and sys.modules.get(n) is x and getattr(x.__spec__, "origin", "").startswith("/lib/"):
        return n
    return next((n for n, m in MODULES.items() if m is x), None)


FIELD_KINDS = [None, dataclasses._FIELD, dataclasses._FIELD_CLASSVAR, dataclasses._FIELD_INITVAR]
OPTIONAL = "default", "default_factory", "kw_only"


def field_state(f):
    """A dataclass's field: what may be missing, what may not, what else is known of it."""
    return (tuple(() if getattr(f, n) is dataclasses.MISSING else (getattr(f, n),) for n in OPTIONAL),
            (f.init, f.repr, f.hash, f.compare, dict(f.metadata) or None), (f.name, f.type, FIELD_KINDS.index(f._field_type)))


def made_field(optional, options, known):
    given = [v[0] if v else dataclasses.MISSING for v in optional]
    f = dataclasses.Field(*given[:2], *options, given[2])
    f.name, f.type, f._field_type = *known[:2], FIELD_KINDS[known[2]]
    return f


def is_field(a):
    return (len(a) == 3 and all(type(p) is tuple for p in a) and len(a[0]) == 3 and all(type(v) is tuple for v in a[0]) and len(a[1]) == 5 and type(a[1][4]) in (dict, type(None))
            and len(a[2]) == 3 and type(a[2][2]) is int and 0 <= a[2][2] < len(FIELD_KINDS))


def record_state(r):
    """What a log record says; where its exception came from as text."""
    d = dict(r.__dict__)
    if d.get("exc_info"):
        d["exc_text"] = d.get("exc_text") or logging.Formatter().formatException(d["exc_info"])
        d["exc_info"] = d["exc_info"][1]
    return (d,)


def made_record(d):
    e = d.get("exc_info")
    return logging.makeLogRecord(d | {"exc_info": (type(e), e, e.__traceback__)} if isinstance(e, BaseException) else d)


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
    *[(t, lambda x: x.__reduce__()[1], lambda a: len(a) == 2 and (id(a[0]) in PLACE or isinstance(a[0], type)), alias) for t in (typing._GenericAlias, typing._UnionGenericAlias, typing._LiteralGenericAlias, typing._CallableGenericAlias, typing._AnnotatedAlias)],
    (types.UnionType, lambda x: (x.__args__,), exactly(tuple), lambda a: functools.reduce(operator.or_, a)),
    (inspect.Signature, parameters, lambda a: len(a) == 2, signature),
    (dataclasses.Field, field_state, is_field, made_field),
    (ipaddress.IPv4Address, lambda x: (int(x),), exactly(int), ipaddress.IPv4Address),
]
# These have an identity, and cross as values where they are asked whether they are equal.
NAMESPACES = {types.SimpleNamespace: len(VALUES), argparse.Namespace: len(VALUES) + 1}
VALUES += [(t, None, exactly(dict), lambda d, t=t: t(**d)) for t in NAMESPACES]
# What the test hands over and the solution runs by itself: it never walks attributes in the judge.
CARRIED = len(VALUES)
VALUES += [(t, lambda x: x.__reduce__()[1], lambda a: True, t) for t in (operator.attrgetter, operator.itemgetter, operator.methodcaller)]
VALUES += [(functools.partial, lambda x: (x.func, x.args, x.keywords), lambda a: True, lambda f, a, k: functools.partial(f, *a, **k))]
VALUES += [(logging.LogRecord, record_state, lambda a: len(a) == 1 and type(a[0]) is dict and all(type(n) is str for n in a[0]), made_record)]
VALUE = {v[0]: i for i, v in enumerate(VALUES) if v[1]}
HANDED_ON = range(CARRIED, CARRIED + 4)
OPEN = []  # of packages: a base, and the place of the values of all classes under it


def value_of(t):
    """The place of what says how an instance of t crosses by value; None: it does not."""
    k = VALUE.get(t)
    return k if k is not None or not OPEN else next((k for c, k in OPEN if c in MRO(t)), None)

