"""Numbers of mpmath cross as values, by what they are made of and with the precision of their side."""

from mpmath import libmp, mp
from _side_common import role

MOST = 1 << 20  # bits
NAMED = libmp.fzero, libmp.finf, libmp.fninf, libmp.fnan


def parts(n):
    return tuple(int(v) for v in n)


def is_number(p):
    """Whether it is one as mpmath makes them: an odd number of so many bits, or one that has a name."""
    return type(p) is tuple and len(p) == 4 and all(type(v) is int for v in p) and (p in NAMED or p[0] in (0, 1) and p[1] > 0 and p[1] & 1 and p[3] == p[1].bit_length())


def fits(n):
    return lambda a: len(a) == 1 + n and type(a[0]) is int and 0 < a[0] <= MOST and all(map(is_number, a[1:]))


def precise(prec):
    """The test's precision is the solution's. That of a solution only ever adds to the test's: with less
    of it numbers are equal that are not."""
    mp.prec = max(mp.prec, prec) if role.judging else prec


def real(prec, n):
    precise(prec)
    return mp.make_mpf(n)


def both(prec, *n):
    precise(prec)
    return mp.make_mpc(n)


def plain(x):
    return float(x) if type(x) is mp.mpf else complex(x)


VALUES = [(mp.mpf, lambda x: (mp.prec, parts(x._mpf_)), fits(1), real), (mp.mpc, lambda x: (mp.prec, *map(parts, x._mpc_)), fits(2), both)]
NUMBERS = CLASSES = MEASURED = [mp.mpf, mp.mpc]
OTHER = {t: lambda v: v + 1 for t in MEASURED}
OPEN, FORMS, SEEDS, SAFE = [], [], [], []
