"""numpy between the two sides. An array is in both, under one number, and what is in it goes with
the message after it has changed (shared.h); scalars, types and masked arrays cross as values."""

import re

import numpy
from numpy import ma
import _side_classes
from _apart import Remote, agreed, arrays
from _side_common import check
from _side_library import exactly
from _side_packages import below

# What numpy.dtype says of a type in one word, and nothing that it would look up or take apart.
WORD = re.compile(r"[<>|=](?:[biufcSUV][0-9]{1,9}|[mM]8(?:\[[0-9]{0,9}[A-Za-zμ]{1,7}\])?)|\|O", re.A | re.I)
TEXT = numpy.dtypes.StringDType
DEPTH = 20  # of types in types


def described(t):
    """A type as plain values: a word, or a tuple that says what it is made of."""
    if t.names is not None:
        return "of", t.itemsize, tuple((n, described(t.fields[n][0]), t.fields[n][1]) for n in t.names)
    if t.subdtype is not None:
        return "many", described(t.subdtype[0]), t.subdtype[1]
    return ("text",) if type(t) is TEXT else t.str


def type_of(d, depth=0):
    check(depth < DEPTH)
    if type(d) is str:
        check(WORD.fullmatch(d))
        return numpy.dtype(d)
    check(type(d) is tuple and d and d[0] in ("of", "many", "text"))
    if d[0] == "text":
        return TEXT()
    check(len(d) == 3)
    if d[0] == "many":
        check(is_shape(d[2]))
        return numpy.dtype((type_of(d[1], depth + 1), d[2]))
    check(type(d[1]) is int and type(d[2]) is tuple and all(type(f) is tuple and len(f) == 3 and type(f[0]) is str and type(f[2]) is int for f in d[2]))
    names, kinds, offsets = zip(*d[2]) if d[2] else ((), (), ())
    return numpy.dtype({"names": list(names), "formats": [type_of(k, depth + 1) for k in kinds], "offsets": list(offsets), "itemsize": d[1]})


def is_shape(s):
    return type(s) is tuple and len(s) <= 64 and all(type(n) is int and n >= 0 for n in s)


def by_one(t):
    """Whether what is in an array of the type crosses one by one, for its bytes are addresses."""
    return t.hasobject or type(t) is TEXT


def content(x):
    columns = x.flags.f_contiguous and not x.flags.c_contiguous
    what = described(x.dtype), x.shape, columns, x.flags.writeable
    return [what, *x.ravel().tolist()] if by_one(x.dtype) else [what, x.tobytes()]


def taken_apart(what):
    check(type(what) is tuple and len(what) == 4 and is_shape(what[1]) and type(what[2]) is bool and type(what[3]) is bool)
    return type_of(what[0]), *what[1:]


def make(what):
    t, shape, columns, _ = taken_apart(what)
    return numpy.empty(shape, t, order="F" if columns else "C")


def fill(x, what, parts):
    t, shape, _, writeable = taken_apart(what)
    check(x.dtype == t)
    if x.shape != shape:  # never by another size: what shares its memory would be left with none
        x.shape = shape
    if not x.flags.writeable:
        x.flags.writeable = True
    if by_one(t):
        check(len(parts) == x.size)
        row = numpy.empty(len(parts), t)
        for i, v in enumerate(parts):
            row[i] = v
        x[...] = row.reshape(shape)
    else:
        check(len(parts) == 1 and type(parts[0]) is bytes and len(parts[0]) == x.nbytes)
        if x.nbytes:
            x[...] = numpy.frombuffer(parts[0], t).reshape(shape)
    if not writeable:
        x.flags.writeable = False


def scalar(x):
    return described(x.dtype), x.item() if by_one(x.dtype) else x.tobytes()[: x.dtype.itemsize]


def made_scalar(d, data):
    t = type_of(d)
    if by_one(t):
        x = numpy.empty((), t)
        x[()] = data
        return x[()]
    check(type(data) is bytes and len(data) == t.itemsize)
    return numpy.frombuffer(data, t)[0] if data else numpy.zeros((), t)[()]


def masked(x):
    return x.data, ma.getmaskarray(x), x.fill_value if x._fill_value is not None else None


def made_masked(data, mask, filled):
    return ma.array(data, mask=mask, fill_value=filled)


SCALARS = sorted(set(below(numpy.generic)) - {numpy.object_}, key=lambda t: t.__name__)
ARRAY = (numpy.ndarray,)
VALUES = [(t, scalar, lambda a: len(a) == 2, made_scalar) for t in SCALARS]
VALUES += [(t, lambda x: (described(x),), lambda a: len(a) == 1, type_of) for t in {type(numpy.dtype(s)) for s in (*numpy.typecodes["All"], TEXT())}]
VALUES += [
    (numpy.matrix, lambda x: (numpy.asarray(x),), exactly(ARRAY), numpy.asmatrix),
    (numpy.recarray, lambda x: (x.view(numpy.ndarray),), exactly(ARRAY), lambda a: a.view(numpy.recarray)),
    (ma.MaskedArray, masked, lambda a: len(a) == 3 and type(a[0]) is type(a[1]) is numpy.ndarray, made_masked),
    (type(ma.masked), lambda x: (), exactly(), lambda: ma.masked),
]
VALUES.sort(key=lambda v: v[0].__name__)
OPEN = []
# The forms of what is observed (_observe.py): a number's is that of Python's, an array's is of its rows.
NUMBERS = [t for t in SCALARS if issubclass(t, (numpy.number, numpy.bool)) and t is not numpy.timedelta64]
FORMS = [(numpy.ndarray, lambda x: (x.tolist(),))]
plain = numpy.generic.item
# What an object that has answered to one of these is asked about, too.
OTHER = {t: lambda v: v + 1 for t in NUMBERS} | {numpy.bool: lambda v: ~v, numpy.ndarray: lambda a: a + 1 if a.dtype.kind in "iufc" else numpy.full(a.shape, 7919)}
MEASURED = [t for t in NUMBERS if t is not numpy.bool] + [numpy.ndarray]
# Classes that the judge takes for its own when they come from the other side.
CLASSES = SAFE = {numpy.generic, *below(numpy.generic), numpy.ndarray, numpy.dtype, *below(numpy.dtype)}
# What the test seeds, both sides draw from.
SEEDS = [("numpy.random", n) for n in ("seed", "set_state")]

arrays(numpy.ndarray, content, make, fill)


COMPARED = frozenset(f"__{n}__" for n in "eq ne lt le gt ge".split())
LIKE_ARRAYS = "all", "any", "__array__", "__iter__", "__getitem__"


def answered(answer):
    """Arrays answer comparisons element by element, and tests ask `(f(x) == expected).all()`, or how
    large `f(x) - expected` is. An object that came of that and may be asked so knows what is expected:
    it is no answer."""

    def asked(owner, name, x, v):
        r = answer(owner, name, x, v)
        if isinstance(r, Remote) and (name in COMPARED or type(v) is numpy.ndarray) and any(hasattr(r, n) for n in LIKE_ARRAYS):
            agreed()
        if "sub" in name and type(v) is type(r) is numpy.ndarray and small(r):
            agreed()  # whether it was another for another value cannot be seen: an array is not compared with that of a copy
        return r

    return asked


def small(r):
    return r.dtype.kind in "biufc" and bool((numpy.abs(r) * 100 < 1).all())


_side_classes.answer = answered(_side_classes.answer)
