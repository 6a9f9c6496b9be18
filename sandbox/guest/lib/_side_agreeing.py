"""An object that agrees with everything is no answer: it is asked about other values, too."""

import _apart
import builtins
import argparse, array, collections, datetime, decimal, enum, fractions, pathlib, re, types, unittest, uuid
from _apart import Remote, ask
from _pytest.approx import Approx
from _side_common import MISSING, VALUE_, Wrap
from _side_library import NAMESPACES
from _side_policy import own_class

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

NEGATION = {"__lt__": "__ge__", "__ge__": "__lt__", "__le__": "__gt__", "__gt__": "__le__"}
OPPOSITE = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__"}
ANSWERS = frozenset("__eq__ __ne__ __contains__ __lt__ __le__ __gt__ __ge__ __sub__ __rsub__".split())

ORDERED = (int, float, fractions.Fraction)
NUMBERS = (*ORDERED, complex, decimal.Decimal)
MEASURED = set()  # classes of packages whose differences are numbers: _side_packages
PLAIN = (*NUMBERS, str, bool, bytes, list, tuple, dict, set, frozenset, type(None))


def shifted(c):
    if c.isascii() and c.isalnum():
        return chr(ord(c) + 1) if c not in "9Zz" else {"9": "0", "Z": "A", "z": "a"}[c]
    return c


def step_of(v):
    return type(v)(1) + (abs(v) / 2 if type(v) in (float, complex) else 0)


def changed_at(items, i):
    return [*items[:i], other_than(items[i]), *items[i + 1:]]


def changed_map(v):
    """The items of a map with one value changed, or one key."""
    for k, x in v.items():
        if type(x) in PLAIN:
            return {**v, k: other_than(x)}
    k = next(iter(v), MISSING)
    return {0: 0} if k is MISSING else {**{n: x for n, x in v.items() if n is not k}, other_than(k) if type(k) in PLAIN else 0: v[k]}


def changed_sequence(v):
    i = next((i for i in reversed(range(len(v))) if type(v[i]) in PLAIN), None)
    return changed_at(list(v), i) if i is not None else list(v[:-1]) if len(v) else [0]


def changed_set(v):
    x = next((x for x in v if type(x) in PLAIN), MISSING)
    return [0] if not v else [y for y in v if y is not x] + ([] if x is MISSING else [other_than(x)])


def changed_namespace(v):
    twin = type(v)()
    twin.__dict__.update(changed_map(v.__dict__) if v.__dict__ else {"other": 0})
    return twin


def changed_object(v, level=0):
    """An object of a class of the test with other content, if that is plain to see."""
    t = type(v)
    if not own_class(t):
        return 7919
    content = {n: getattr(v, n) for c in t.__mro__ for n in slots_of(c) if hasattr(v, n)} | getattr(v, "__dict__", {})
    other = {n: other_than(x) for n, x in content.items() if type(x) in PLAIN}
    other = other or {n: changed_object(x, level + 1) for n, x in content.items() if own_class(type(x)) and level < 20}
    try:
        twin = object.__new__(t)
        for n, x in (content | other).items():
            object.__setattr__(twin, n, x)
    except (TypeError, AttributeError):
        return 7919
    return twin


def slots_of(c):
    """The names in a class's __slots__."""
    names = vars(c).get("__slots__", ())
    return [n for n in ((names,) if isinstance(names, str) else names) if n not in ("__dict__", "__weakref__")]


DAY = datetime.timedelta(1)
OTHER = {
    bytes: lambda v: v[:-1] + (b"a" if v[-1:] != b"a" else b"b"),
    bool: lambda v: not v,
    type(None): lambda v: 0,
    str: lambda v: "".join(map(shifted, v)) if any(c.isascii() and c.isalnum() for c in v) else v + "a",
    float: lambda v: v + step_of(v) if v - v == 0 else 0.0,
    list: changed_sequence,
    tuple: lambda v: tuple(changed_sequence(v)),
    dict: changed_map,
    set: lambda v: set(changed_set(v)),
    frozenset: lambda v: frozenset(changed_set(v)),
    bytearray: lambda v: bytearray(other_than(bytes(v))),
    range: lambda v: range(v.start, v.start + v.step * (len(v) + 1), v.step),
    collections.deque: lambda v: collections.deque(changed_sequence(list(v))),
    collections.Counter: lambda v: collections.Counter(changed_map(v)),
    collections.OrderedDict: lambda v: collections.OrderedDict(changed_map(v)),
    collections.defaultdict: lambda v: collections.defaultdict(v.default_factory, changed_map(v)),
    datetime.date: lambda v: v + DAY if v.year < 9999 else v - DAY,
    datetime.datetime: lambda v: v + DAY if v.year < 9999 else v - DAY,
    datetime.timedelta: lambda v: v + DAY if v.days < 0 else v - DAY,
    datetime.time: lambda v: v.replace(minute=(v.minute + 7) % 60),
    types.SimpleNamespace: changed_namespace,
    argparse.Namespace: changed_namespace,
    uuid.UUID: lambda v: uuid.UUID(int=v.int ^ 1),
    pathlib.PosixPath: lambda v: pathlib.PosixPath(str(v) + "a"),
    pathlib.PurePosixPath: lambda v: pathlib.PurePosixPath(str(v) + "a"),
    array.array: lambda v: v[1:] if len(v) else array.array(v.typecode, "a" if v.typecode == "u" else [0]),
    memoryview: lambda v: memoryview(other_than(v.tobytes())),
    slice: lambda v: slice(v.stop, 7919, v.start),
    re.Pattern: lambda v: re.compile("a*b" if type(v.pattern) is str else b"a*b", v.flags & ~re.UNICODE),
}


def other_than(v):
    """A value that an honest object equal to v is not equal to, of the same type where one is known."""
    t = type(v)
    if t in OTHER:
        return OTHER[t](v)
    if isinstance(v, type):
        return complex if v is not complex else bytes
    if t in NUMBERS:
        return v + step_of(v)
    if isinstance(t, enum.EnumMeta):
        return next((m for m in t if m is not v), 7919)
    if issubclass(t, tuple) and own_class(t) and hasattr(t, "_fields"):
        return tuple.__new__(t, changed_sequence(tuple(v)))
    return changed_object(v)


def others_than(v):
    """Several such values: a solution may guess what answers have in common, that they are even, say."""
    t, other = type(v), other_than(v)
    if t is int:
        return other, v + 2, v + 5
    if t is float and v - v == 0:
        return other, v + step_of(v) / 4, v - step_of(v) / 8
    if t is str:
        return other, other_than(other), *([v[::-1]] if v[::-1] != v else [])
    if t in (list, tuple) and v:
        return other, v[:-1], v + v[:1], *([v[::-1]] if type(v[0]) in (int, float, str) and type(v[0]) is type(v[-1]) and v[0] != v[-1] else [])
    if t in (dict, set, frozenset):
        return other, {**v, 7919: 0} if t is dict else v | {7919}
    if t in NUMBERS:
        return other, other_than(other)
    if t is type(None):
        return other, "", False
    return other, *([object()] if type(other) is int else [])  # nothing like v is known


def far_from(v):
    """Values of the same type of which an honest collection that has v lacks one."""
    if type(v) in (int, float):
        return v + 3 * abs(v) + 1013, v - 3 * abs(v) - 1013
    other = other_than(v)
    return (other, (other + other_than(other))[::-1], (v + v[:1])[::-1]) if type(v) is str else (other,)


def questions(name, v):
    """What else an object is asked that may have answered to v: by what operator, about which value."""
    if name in ("__lt__", "__gt__"):
        return [(NEGATION[name], v), (OPPOSITE[name], v)]
    if name in NEGATION:
        little = 1 if type(v) is not float else abs(v) * 1e-9 + 1e-9
        return [(NEGATION[name], v)] + ([(OPPOSITE[name], v + little if name == "__le__" else v - little)] if type(v) in ORDERED else [])
    if name == "__contains__":
        return [(name, w) for w in far_from(v)]
    if "sub" in name and type(v) in MEASURED:
        return [(name, v + 1), (name, v - 1)]
    if "sub" in name:
        return [(name, w) for w in (v + step_of(v), v - step_of(v))] if type(v) in NUMBERS else []
    return [(name, w) for w in others_than(v)]


def by_content(v):
    """A namespace as it is sent for a comparison: what is in it goes along."""
    t = type(v)
    if t in NAMESPACES:
        return Wrap(VALUE_, (NAMESPACES[t], (by_content(v.__dict__),)))
    return t(map(by_content, v)) if t in (list, tuple) else {k: by_content(x) for k, x in v.items()} if t is dict else v


def answer(owner, name, x, v):
    """x of the contestant's own class answers to a value of the test: a copy of it does, which
    learns nothing by that, and others are asked about other values. One that agrees with those too
    is no answer. Nor is one whose copy tells us nothing, for it turned to the test or died."""
    if isinstance(v, Approx) and name in ("__eq__", "__ne__"):
        return NotImplemented  # it looks for itself, and asks about plain values
    sent = lambda w: by_content(w) if type(w) in NAMESPACES else w
    if _apart.handle(v) is not None:
        return ask("special", owner, name, x, (v,), None)
    first, *others = _apart.aside(owner, x, tuple((n, sent(w)) for n, w in [(name, v), *questions(name, v)]))
    yes = lambda r: r is ... or r is not None and r is not NotImplemented and bool(r) is not (name == "__ne__")
    before, known = _apart.changes(), first is not ... and first is not None
    r = first if known and name != "__contains__" else ask("special", owner, name, x, (sent(v),), None)
    if isinstance(r, Remote):
        if name != "__contains__" and ("sub" not in name or type(v) in NUMBERS or type(v) in MEASURED):
            _apart.doubt(r, DIFFERENCE if "sub" in name else TRUTH)
    elif "sub" in name:
        if others and r is not NotImplemented and (near(r) if not known else all(no_further(o, r, v) for o in others)):
            _apart.agreed()
    elif yes(r):
        if first is None or known and first is not r or (all if name == "__contains__" else any)(map(yes, others)):
            _apart.agreed()
        if _apart.doubted(x) == SIZE and type(v) in ORDERED and (v == 0 if name not in NEGATION else v > 0 if name in ("__lt__", "__le__") else v < 0):
            _apart.agreed()  # of a difference of which it knew what was taken from it
    if name != "__contains__" and _apart.changes() != before:
        _apart.agreed()  # it has learnt what is wanted, and puts it where the test looks next
    return r


def no_further(o, r, v):
    """Whether a difference to another value than v is the same as r, that to v."""
    if type(v) not in MEASURED:
        return type(o) not in (int, float) or abs(o - r) < abs(step_of(v)) / 2
    same = o == r
    return bool(same.all() if hasattr(same, "all") else same)


# What an object of the solution's may be that was made knowing a value of the test: the truth of a
# comparison, a difference, or how large that is.
TRUTH, DIFFERENCE, SIZE = 1, 2, 3


def near(r):
    """Whether a difference is one that tests take for none."""
    return type(r) in NUMBERS and abs(r) * 100 < 1


def plain_set(s):
    """What a set of the solution's own kind holds, whatever its methods say."""
    base = next((b for b in (set, frozenset) if isinstance(s, b)), None)
    return base(base.__iter__(s)) if base else set(s) if isinstance(s, Remote) else s


def same_sets(self, first, second, msg=None):
    same_of_unittest(self, plain_set(first), plain_set(second), msg)


same_of_unittest = unittest.TestCase.assertSetEqual
