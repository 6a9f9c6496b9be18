"""sympy between the two sides. An expression crosses as its class and its arguments, and is made again
of them; that takes no text apart, for a text may be anything."""

import fractions

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.parameters import evaluate
from sympy.core.singleton import Singleton
from sympy.core.symbol import Str
from sympy.matrices.matrixbase import MatrixBase
from sympy.matrices.repmatrix import MutableRepMatrix
from _side_common import check
from _side_library import LIBRARY, PLACE
from _side_packages import below

Basic = sympy.Basic
DIGITS = 1 << 20  # of a precision


def assumed(x):
    return tuple(sorted((n, v) for n, v in x._assumptions_orig.items() if type(n) is str))


def is_assumed(a):
    return type(a) is tuple and all(type(e) is tuple and len(e) == 2 and type(e[0]) is str and e[0].isidentifier() and type(e[1]) is bool for e in a)


def put(x):
    t = type(x)
    if t is sympy.Symbol:
        return "symbol", x.name, assumed(x)
    if t is sympy.Dummy:
        return "dummy", x.name, x.dummy_index, assumed(x)
    if isinstance(t, Singleton):
        return ("one", PLACE[id(t)])
    if t is sympy.Integer:
        return "whole", x.p
    if t is sympy.Rational:
        return "ratio", x.p, x.q
    if t is sympy.Float:
        return "float", tuple(int(v) for v in x._mpf_), x._prec
    if t is Str:
        return "str", x.name
    return ("of", PLACE[id(t)], x.args)


def applied(x):
    return "applied", type(x).__name__, tuple(sorted(type(x)._kwargs.items())), x.args


def class_at(place):
    check(type(place) is int and 0 <= place < len(LIBRARY))
    c = LIBRARY[place][1]
    check(isinstance(c, type) and issubclass(c, Basic) and not issubclass(c, AppliedUndef))
    return c


def made(*a):
    check(a and type(a[0]) is str and a[0] in MAKE)
    fits, make = MAKE[a[0]]
    check(fits(a[1:]))
    return make(*a[1:])


def again(place, args):
    c = class_at(place)
    check(type(args) is tuple and all(isinstance(v, Basic) for v in args))
    try:
        with evaluate(False):
            x = c(*args)
        if type(x) is c and x.args == args:
            return x
    except Exception:  # some do not do without
        pass
    return c(*args)


def function(name, assumptions, args):
    check(all(isinstance(v, Basic) for v in args))
    return UndefinedFunction(name, **dict(assumptions))(*args, evaluate=False)


def one(place):
    c = class_at(place)
    check(isinstance(c, Singleton))
    return c()


def is_float(a):
    return (len(a) == 2 and type(a[0]) is tuple and len(a[0]) == 4 and all(type(v) is int for v in (*a[0], a[1])) and 0 < a[1] < DIGITS and a[0][0] in (0, 1) and a[0][1] >= 0
            and a[0][3] == a[0][1].bit_length())


MAKE = {
    "symbol": (lambda a: len(a) == 2 and type(a[0]) is str and is_assumed(a[1]), lambda n, s: sympy.Symbol(n, **dict(s))),
    "dummy": (lambda a: len(a) == 3 and type(a[0]) is str and type(a[1]) is int and is_assumed(a[2]), lambda n, k, s: sympy.Dummy(n, dummy_index=k, **dict(s))),
    "one": (lambda a: len(a) == 1, one),
    "whole": (lambda a: len(a) == 1 and type(a[0]) is int, sympy.Integer),
    "ratio": (lambda a: len(a) == 2 and type(a[0]) is type(a[1]) is int and a[1] > 1, sympy.Rational),
    "float": (is_float, lambda m, p: sympy.Float._new(m, p, zero=False)),
    "str": (lambda a: len(a) == 1 and type(a[0]) is str, Str),
    "of": (lambda a: len(a) == 2, again),
    "applied": (lambda a: len(a) == 3 and type(a[0]) is str and is_assumed(a[1]) and type(a[2]) is tuple, function),
}


def matrix(x):
    return x.rows, x.cols, tuple(x.flat())


def is_matrix(a):
    return len(a) == 3 and type(a[0]) is type(a[1]) is int and type(a[2]) is tuple and a[0] >= 0 <= a[1] and len(a[2]) == a[0] * a[1] and all(isinstance(v, Basic) for v in a[2])


def plain(x):
    return x.p if isinstance(x, sympy.Integer) else fractions.Fraction(x.p, x.q) if isinstance(x, sympy.Rational) else float(x)


ANY = lambda a: len(a) > 0
CLASSES = {c for c in below(Basic) if not issubclass(c, (AppliedUndef, sympy.Poly))}
VALUES = [(c, put, ANY, made) for c in sorted(CLASSES, key=lambda c: (c.__module__, c.__qualname__))]
VALUES += [(c, matrix, is_matrix, c) for c in sorted({c for c in below(MatrixBase) if issubclass(c, MutableRepMatrix)}, key=lambda c: c.__name__)]
NUMBERS = [c for c in CLASSES if issubclass(c, (sympy.Rational, sympy.Float))]
FORMS, SEEDS = [], []
# What an object that has answered to one of these is asked about, too.
MEASURED = [c for c in CLASSES if issubclass(c, sympy.Expr)]
OTHER = {c: lambda v: v + 1 for c in MEASURED}
OPEN = [(AppliedUndef, applied, ANY, made)]  # f(x) of a function without a definition is of a class of its own
SAFE = []  # what the test may call takes texts apart
