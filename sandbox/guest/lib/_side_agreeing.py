"""An object that agrees with everything is no answer: it is asked again, about another value."""

import _apart
import builtins
import argparse, collections, datetime, decimal, enum, fractions, pathlib, types, uuid
from _apart import Remote, ask
from _pytest.approx import Approx
from _side_common import MISSING, VALUE_, Wrap
from _side_library import NAMESPACES
from _side_policy import own_class

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

NEGATION = {"__lt__": "__ge__", "__ge__": "__lt__", "__le__": "__gt__", "__gt__": "__le__"}
ANSWERS = frozenset("__eq__ __ne__ __contains__ __lt__ __le__ __gt__ __ge__ __sub__ __rsub__".split())

NUMBERS = (int, float, complex, decimal.Decimal, fractions.Fraction)
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


def changed_object(v):
    """An object of a class of the test with other content, if that is plain to see."""
    t = type(v)
    content = v.__dict__ if own_class(t) and hasattr(v, "__dict__") else {}
    if not any(type(x) in PLAIN for x in content.values()):
        return 7919
    twin = object.__new__(t) if t.__new__ is object.__new__ else 7919
    if type(twin) is t:
        twin.__dict__.update({n: other_than(x) if type(x) in PLAIN else x for n, x in content.items()})
    return twin


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
}


def other_than(v):
    """A value that an honest object equal to v is not equal to, of the same type where one is known."""
    t = type(v)
    if t in OTHER:
        return OTHER[t](v)
    if t in NUMBERS:
        return v + step_of(v)
    if isinstance(t, enum.EnumMeta):
        return next((m for m in t if m is not v), 7919)
    if issubclass(t, tuple) and own_class(t) and hasattr(t, "_fields"):
        return tuple.__new__(t, changed_sequence(tuple(v)))
    return changed_object(v)


def far_from(v):
    """Values of the same type of which an honest collection that has v lacks one."""
    if type(v) in (int, float):
        return v + 3 * abs(v) + 1013, v - 3 * abs(v) - 1013
    other = other_than(v)
    return (other, (other + other_than(other))[::-1]) if type(v) is str else (other,)


def by_content(v):
    """A namespace as it is sent for a comparison: what is in it goes along."""
    t = type(v)
    if t in NAMESPACES:
        return Wrap(VALUE_, (NAMESPACES[t], (by_content(v.__dict__),)))
    return t(map(by_content, v)) if t in (list, tuple) else {k: by_content(x) for k, x in v.items()} if t is dict else v


def answer(owner, name, x, v):
    """x of the contestant's own class answers to a value of the test. It is asked first, in a
    copy of its instance, about another value: one that agrees with both is no answer. One
    whose copy tells us nothing, for it turned to the test or died, agrees."""
    if isinstance(v, Approx) and name in ("__eq__", "__ne__"):
        return NotImplemented  # it looks for itself, and asks about plain values
    sent = lambda w: by_content(w) if type(w) in NAMESPACES else w
    asked = lambda n, w, near=False: _apart.aside(near, owner, n, x, (sent(w),), None)
    if _apart.handle(v) is not None:
        return ask("special", owner, name, x, (v,), None)
    yes, no = (True, ...), (False, ...)
    if name in NEGATION:
        other = asked(NEGATION[name], v) in yes
    elif name == "__contains__":
        other = all(asked(name, w) in yes for w in far_from(v))
    elif "sub" in name:
        d = step_of(v) if type(v) in NUMBERS else MISSING
        other = d is not MISSING and all(asked(name, w, True) in yes for w in (v, v + d, v - d))
    else:
        other = asked(name, other_than(v)) in (no if name == "__ne__" else yes)
    before = _apart.changes()
    real = ask("special", owner, name, x, (sent(v),), None)
    if (name in ("__eq__", "__ne__") or name in NEGATION) and _apart.changes() != before:
        _apart.agreed()  # it has learnt what is wanted, and puts it where the test looks next
    if other and "sub" in name:
        _apart.agreed()
    elif other and isinstance(real, Remote):
        _apart.doubt(real)  # until somebody takes it for an answer
    elif other and real is not NotImplemented and bool(real) is not (name == "__ne__"):
        _apart.agreed()
    return real
