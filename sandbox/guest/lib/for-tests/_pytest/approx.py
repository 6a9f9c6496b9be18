"""approx: equal up to a tolerance. The tolerances and what falls back to strict equality are pytest's."""

import datetime, math
from collections.abc import Collection, Mapping, Sized
from decimal import Decimal
from numbers import Complex


class Approx:
    __hash__ = None

    def __init__(self, expected, rel, abs, nan_ok):
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __ne__(self, actual):
        return not self == actual

    def __bool__(self):
        raise AssertionError("approx() is not supported in a boolean context.\nDid you mean: `assert a == approx(b)`?")

    def element(self, expected):
        if isinstance(expected, Approx):
            return expected
        cls = ApproxDecimal if isinstance(expected, Decimal) else ApproxScalar
        return cls(expected, self.rel, self.abs, self.nan_ok)

    def __repr__(self):
        return f"approx({self.expected!r})"


class ApproxScalar(Approx):
    ABSOLUTE, RELATIVE = 1e-12, 1e-6

    def __eq__(self, actual):
        expected = self.expected
        if isinstance(expected, bool) and not isinstance(actual, bool):
            return False
        if actual == expected:
            return True
        if isinstance(expected, bool) or not (isinstance(expected, (Complex, Decimal)) and isinstance(actual, (Complex, Decimal))):
            return False
        if is_nan(abs(expected)):
            return self.nan_ok and is_nan(abs(actual))
        if is_inf(abs(expected)):
            return False
        return abs(expected - actual) <= self.tolerance

    __hash__ = None

    @property
    def tolerance(self):
        absolute = tolerance("absolute", self.ABSOLUTE if self.abs is None else self.abs)
        if self.rel is None and self.abs is not None:
            return absolute
        relative = tolerance("relative", (self.RELATIVE if self.rel is None else self.rel) * abs(self.expected))
        return max(relative, absolute)

    def __repr__(self):
        if isinstance(self.expected, bool) or not isinstance(self.expected, (Complex, Decimal)) or is_inf(abs(self.expected)):
            return str(self.expected)
        try:
            t = self.tolerance
        except ValueError:
            return f"{self.expected} ± ???"
        return f"{self.expected} ± {t:n}" if not isinstance(t, Decimal) and 1e-3 <= t < 1e3 else f"{self.expected} ± {t:.1e}"


class ApproxDecimal(ApproxScalar):
    ABSOLUTE, RELATIVE = Decimal("1e-12"), Decimal("1e-6")


class ApproxSequence(Approx):
    def __eq__(self, actual):
        try:
            if len(actual) != len(self.expected):
                return False
        except TypeError:
            return False
        return all(a == self.element(e) for a, e in zip(actual, self.expected, strict=True))

    __hash__ = None


class ApproxMapping(Approx):
    def __eq__(self, actual):
        try:
            if set(actual.keys()) != set(self.expected.keys()):
                return False
        except AttributeError:
            return False
        return all(actual[k] == self.element(e) for k, e in self.expected.items())

    __hash__ = None


def is_nan(x):
    return x.is_nan() if isinstance(x, Decimal) else math.isnan(x)


def is_inf(x):
    return x.is_infinite() if isinstance(x, Decimal) else math.isinf(x)


def tolerance(what, t):
    if is_nan(t):
        raise ValueError(f"{what} tolerance can't be NaN.")
    if t < 0:
        raise ValueError(f"{what} tolerance can't be negative: {t}")
    return t


def flat(expected, values):
    for v in values:
        if isinstance(v, Collection) and not isinstance(v, (str, bytes, bytearray)) and not isinstance(v, Approx):
            raise TypeError(f"pytest.approx() does not support nested data structures: {v!r}\n  full {type(expected).__name__}: {expected!r}")


def approx(expected, rel=None, abs=None, nan_ok=False):
    if isinstance(expected, (datetime.datetime, datetime.timedelta)):
        raise NotImplementedError("pytest's approx of times is not in the sandbox")
    if isinstance(expected, Mapping):
        flat(expected, expected.values())
        return ApproxMapping(expected, rel, abs, nan_ok)
    if hasattr(expected, "__getitem__") and isinstance(expected, Sized) and not isinstance(expected, (str, bytes)):
        flat(expected, expected)
        return ApproxSequence(expected, rel, abs, nan_ok)
    if isinstance(expected, Collection) and not isinstance(expected, (str, bytes)):
        raise TypeError(f"pytest.approx() only supports ordered sequences, but got: {expected!r}")
    return Approx.element(Approx(None, rel, abs, nan_ok), expected)
