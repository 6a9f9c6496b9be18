"""Marks, and the parameters of a test."""

import enum, os, platform, re, sys
from collections import Counter, defaultdict
from _pytest.outcomes import absent, fail


class Mark:
    def __init__(self, name, args, kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs


class MarkDecorator:
    def __init__(self, mark):
        self.mark = mark

    name = property(lambda self: self.mark.name)
    args = property(lambda self: self.mark.args)
    kwargs = property(lambda self: self.mark.kwargs)

    def with_args(self, *args, **kwargs):
        m = self.mark
        return MarkDecorator(Mark(m.name, m.args + args, {**m.kwargs, **kwargs}))

    def __call__(self, *args, **kwargs):
        f = args[0] if len(args) == 1 and not kwargs else None
        if isinstance(f, type) or (callable(f) and getattr(f, "__name__", "") != "<lambda>"):
            own = vars(f).get("pytestmark", []) if isinstance(f, type) else getattr(f, "pytestmark", [])
            f.pytestmark = [*marks(own), self.mark]
            of_unittest(f, self.mark)
            return f
        return self.with_args(*args, **kwargs)


def of_unittest(f, mark):
    """unittest's runner knows its own marks."""
    if skips(mark, f):
        f.__unittest_skip__ = True
    elif mark.name == "xfail" and applies(mark, f):
        f.__unittest_expecting_failure__ = True


class Marks:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "filterwarnings":
            absent("mark.filterwarnings")
        return MarkDecorator(Mark(name, (), {}))


mark = Marks()


def marks(given):
    """The marks in a pytestmark: one, or a list."""
    return [getattr(m, "mark", m) for m in (given if isinstance(given, (list, tuple)) else [given])]


def applies(m, f):
    """Whether one of the mark's conditions holds; texts are evaluated where the test stands."""
    conditions = m.args if "condition" not in m.kwargs else (m.kwargs["condition"],)
    names = {"os": os, "sys": sys, "platform": platform, **getattr(f, "__globals__", {})}
    return not conditions or any(eval(c, names) if isinstance(c, str) else c for c in conditions)


def skips(m, f):
    return m.name == "skip" or (m.name == "skipif" and applies(m, f))


class ParameterSet:
    def __init__(self, values, marks=(), id=None):
        self.values, self.marks, self.id = values, marks, id


def param(*values, marks=(), id=None):
    return ParameterSet(values, globals()["marks"](marks), id)


def parameter_sets(argnames, argvalues):
    """The names, and a set for each value."""
    single = False
    if isinstance(argnames, str):
        comma = argnames.rstrip().endswith(",")
        argnames = [n.strip() for n in argnames.split(",") if n.strip()]
        single = len(argnames) == 1 and not comma
    sets = [v if isinstance(v, ParameterSet) else ParameterSet((v,) if single else v) for v in argvalues]
    for s in sets:
        try:
            n = len(s.values)
        except TypeError:
            fail(f'in "parametrize" expected a sequence of values, got {s.values!r}')
        if n != len(argnames):
            fail(f'in "parametrize" the number of names ({len(argnames)}): {list(argnames)} must be equal to the number of values ({n}): {s.values!r}')
    return list(argnames), sets


LONG = 100  # characters of a text that is its own id


UNPRINTABLE = {i: f"\\x{i:02x}" for i in (*range(32), 127)} | {9: "\\t", 10: "\\n", 13: "\\r"}


def id_of(v):
    """What stands for a value in the name of a case; None: nothing does."""
    if isinstance(v, (str, bytes)):
        text = v.encode("unicode_escape").decode() if isinstance(v, str) else v.decode("ascii", "backslashreplace")
        return text.translate(UNPRINTABLE)
    if v is None or isinstance(v, (float, int, bool, complex)):
        return str(v)
    if isinstance(v, re.Pattern):
        return id_of(v.pattern)
    if isinstance(v, enum.Enum):
        return str(v)
    name = getattr(v, "__name__", None)
    return name if isinstance(name, str) else None


def ids_of(argnames, sets, ids):
    """An id for each set, unlike the others."""
    call = ids if callable(ids) else None
    listed = None if call or ids is None else list(ids)
    if listed is not None and len(listed) != len(sets):
        fail(f"{len(sets)} parameter sets specified, with different number of ids: {len(listed)}")

    def one(v, name, i):
        if call and (said := call(v)) is not None:
            return id_of(said) or f"{name}{i}"
        if isinstance(v, (str, bytes)) and len(v) > LONG:
            return f"{name}{i}"
        text = id_of(v)
        return f"{name}{i}" if text is None else text

    out = []
    for i, s in enumerate(sets):
        if s.id is not None:
            out.append(id_of(s.id))
        elif listed and listed[i] is not None:
            out.append(id_of(listed[i]) or fail(f"ids contains unsupported value {listed[i]!r} at index {i}"))
        else:
            out.append("-".join(one(v, n, i) for v, n in zip(s.values, argnames)))
    count, next_of = Counter(out), defaultdict(int)
    for i, id in enumerate(out):
        if count[id] > 1:
            while (new := f"{id}{'_' if id and id[-1].isdigit() else ''}{next_of[id]}") in out:
                next_of[id] += 1
            out[i] = new
            next_of[id] += 1
    return out
