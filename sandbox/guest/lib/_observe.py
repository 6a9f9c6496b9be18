"""What a call has returned, made canonical: equal forms are equal values. docs/evaluation.md describes
the form. It is made in the judge, of what has crossed: values by their exact type, an object of the
solution's by its state. Types are told by identity, for a class of the solution's may answer to
anything else, and nothing here runs code of the value's own but a generator's."""

import _apart
import builtins
import collections, decimal, enum, fractions, hashlib, math
from _apart import Function, Remote, ask
from _recording import Calls
from _side_common import DICT, MRO, check, role
from _side_library import PLACE, VALUE, VALUES

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

LEVELS = 50  # of containers in each other
ROOM = 1 << 20  # bytes of a form that count
ITEMS = 1000  # of an iterator
SHOWN = 200  # characters for people
DIGITS = 4300  # of a number in decimal: what int() and str() allow
LIMIT, SMALL = 10**DIGITS, 1 << 60
NAME = type.__dict__["__name__"].__get__


def see(x):
    """The record of a returned value: V, its digest, and its beginning for people; or C and calls, a line each."""
    if type(x) is Calls:
        return b"C" + "\n".join(x.texts).encode("utf-8", "replace")
    f = Form()
    form = f.of(x, ROOM)[:ROOM]
    return b"V" + hashlib.sha256(form).digest()[:16] + "".join(f.shown(x, SHOWN, 0))[:SHOWN].encode("utf-8", "replace")


# ---- leaves


def number(x):
    if not float.__eq__(x, x) or math.isinf(x):
        return float.__repr__(x)
    if float.is_integer(x):
        return int.__repr__(float.__int__(x))
    return trimmed(float.__format__(x, ".6f"))


def trimmed(text):
    text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def whole(x):
    return int.__repr__(x) if -LIMIT < x < LIMIT else int.__format__(x, "#x")


def ratio(x):
    """A Fraction as if it were a float of any precision."""
    if x.denominator == 1:
        return whole(x.numerator)
    n = round(x * 10**6)
    if not -LIMIT < n < LIMIT:
        return whole(n) + "e-6"
    return trimmed(f"{'-' * (n < 0)}{abs(n) // 10**6}.{abs(n) % 10**6:06}")


def decimals(x):
    if not decimal.Decimal.is_finite(x):
        return {"Infinity": "inf", "-Infinity": "-inf"}.get(str(x), "nan")
    if not -DIGITS < x.adjusted() < DIGITS:
        return "0" if x.adjusted() < 0 or not x else str(x.normalize())
    return ratio(fractions.Fraction(x))


def text(x):
    data = str.encode(x, "utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def data(x):
    x = bytes(memoryview(x))
    return b"b%d:%b" % (len(x), x)


LEAVES = {
    type(None): lambda x: b"N",
    bool: lambda x: b"n1" if x is True else b"n0",
    int: lambda x: b"n" + whole(int.__int__(x)).encode(),
    float: lambda x: b"n" + number(float.__float__(x)).encode(),
    complex: lambda x: f"c{number(complex.__dict__['real'].__get__(x))},{number(complex.__dict__['imag'].__get__(x))}".encode(),
    str: text,
    bytes: data,
    bytearray: data,
    memoryview: lambda x: data(x.tobytes()),
    decimal.Decimal: lambda x: b"n" + decimals(x).encode(),
    fractions.Fraction: lambda x: b"n" + ratio(x).encode(),
}
LEAVES = {id(t): f for t, f in LEAVES.items()}
KEYS, DICT_VALUES, PAIRS = type({}.keys()), type({}.values()), type({}.items())
BASES = {id(t): t for t in (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict)}
VALUE_AT = {id(t): i for t, i in VALUE.items()}
SEQUENCES = {list: ("[", "]"), tuple: ("(", ")")}


def base_of(t):
    """The builtin type whose content an instance of t has."""
    for b in MRO(t):
        if id(b) in BASES:
            return b
    return None


def iterates(t):
    """An iterator of the library, whatever it iterates over; one of the solution's own is an object like others."""
    return not (is_remote(t) and DICT(t).get("__module__") == "__main__") and any("__next__" in DICT(b) for b in MRO(t))


def is_remote(t):
    return any(b is Remote for b in MRO(t))


class Form:
    """The form of one value. What is asked for or used up is kept, for it is there once."""

    def __init__(self):
        self.above = {}  # containers that are being written: how many were above them
        self.parts = {}  # by id: an object, and its state or its elements

    def of(self, x, room):
        """The form, of which the first room bytes count."""
        t = type(x)
        if t is int and -SMALL < x < SMALL:  # most of what is long
            return b"n%d" % x
        if id(t) in LEAVES:
            return LEAVES[id(t)](x)
        base = base_of(t)
        if base is not None and id(base) in LEAVES:
            return LEAVES[id(base)](x)
        if id(x) in self.above:
            return b"^%d" % (len(self.above) - self.above[id(x)])
        if len(self.above) >= LEVELS:
            return "…".encode()
        self.above[id(x)] = len(self.above)
        try:
            return self.container(x, t, base, room)
        finally:
            del self.above[id(x)]

    def container(self, x, t, base, room):
        if base is list or base is tuple:
            return self.row("[" if base is list else "(", base.__iter__(x), "]" if base is list else ")", room)
        if base is set or base is frozenset:
            return self.unordered(base.__iter__(x))
        if base is dict:
            return self.pairs(dict.items(x))
        if t is KEYS or t is PAIRS:
            return self.unordered(iter(x))
        name = NAME(t)
        if iterates(t):
            return self.row("i[", self.elements(x), "]", room)
        head = "o" + name + "("
        state = self.state(x, t)
        if state is None:
            return head[:-1].encode("utf-8", "surrogatepass")
        if type(state) is tuple:
            return self.row(head, state, ")", room)
        return self.row(head, (state,), ")", room)

    def row(self, head, items, tail, room):
        parts, size = [], 0
        for v in items:
            part = self.of(v, room - size)
            parts.append(part)
            size += len(part) + 1
            if size > room:
                break
        return head.encode("utf-8", "surrogatepass") + b",".join(parts) + tail.encode()

    def unordered(self, items):
        return b"{" + b",".join(sorted({self.of(v, ROOM) for v in items})) + b"}"

    def pairs(self, items):
        return b"d{" + b",".join(sorted(k + b":" + v for k, v in {self.of(k, ROOM): self.of(v, ROOM) for k, v in items}.items())) + b"}"

    def elements(self, x):
        """The first elements of an iterator."""
        if id(x) not in self.parts:
            kept = []
            self.parts[id(x)] = x, kept
            while len(kept) < ITEMS:
                try:
                    kept.append(next(x))
                except StopIteration:
                    break
        return self.parts[id(x)][1]

    def state(self, x, t):
        """What an object that is no plain value is made of: a tuple, a dict of its attributes, or None."""
        if id(x) not in self.parts:
            self.parts[id(x)] = x, state_of(x, t)
        return self.parts[id(x)][1]

    # ---- for people

    def shown(self, x, room, level):
        """Pieces of text, somewhat like repr's, about room characters in all."""
        t, base = type(x), base_of(type(x))
        if base is str or base is bytes or base is bytearray:
            yield base.__repr__(base.__getitem__(x, slice(room)))
        elif base is not None and id(base) in LEAVES:
            yield whole(int.__int__(x))[:room] if base is int else base.__repr__(x)
        elif id(t) in LEAVES:
            yield repr(x)
        elif level > 8:
            yield "…"
        elif base is dict:
            yield from self.listed("{", ((k, Bare(": "), v) for k, v in dict.items(x)), "}", room, level)
        elif base is not None:
            first, last = {list: "[]", tuple: "()"}.get(base, "{}")
            one = base is tuple and tuple.__len__(x) == 1
            if base in (set, frozenset) and not base.__len__(x):
                yield "set()"
            else:
                yield from self.listed(first, ((v,) for v in base.__iter__(x)), "," * one + last, room, level)
        elif t is KEYS or t is PAIRS:
            yield from self.listed(NAME(t) + "([", ((v,) for v in x), "])", room, level)
        elif iterates(t):
            yield from self.listed(f"<{NAME(t)} ", ((v,) for v in self.elements(x)), ">", room, level)
        else:
            state = self.state(x, t)
            if state is None:
                yield f"<{NAME(t)}>"
            elif type(state) is dict:
                yield from self.listed(NAME(t) + "(", ((Bare(k + "="), v) for k, v in state.items()), ")", room, level)
            else:
                yield from self.listed(NAME(t) + "(", ((v,) for v in state), ")", room, level)

    def listed(self, first, rows, last, room, level):
        yield first
        room -= len(first)
        comma = ""
        for row in rows:
            yield comma
            room -= len(comma)
            for v in row:
                for p in (v.text,) if type(v) is Bare else self.shown(v, room, level + 1):
                    yield p
                    room -= len(p)
                    if room < 0:
                        return
            comma = ", "
        yield last


class Bare:
    """Shown as it is."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text


def state_of(x, t):
    if id(t) in VALUE_AT:
        return VALUES[VALUE_AT[id(t)]][1](x)
    if t is range:
        return len(x), *(x[:1] or (None,)), x.step if len(x) > 1 else None
    if t is slice:
        return x.start, x.stop, x.step
    if t is collections.deque or any(b is collections.deque for b in MRO(t)):
        return (list(collections.deque.__iter__(x)),)
    if any(b is BaseException for b in MRO(t)):
        return BaseException.__dict__["args"].__get__(x)
    if issubclass(type(t), enum.EnumMeta):
        return (object.__getattribute__(x, "_name_"),)
    if any(b is type for b in MRO(t)):
        return (NAME(x),)
    if not is_remote(t) or any(b is Function for b in MRO(t)):
        return None
    state = ask("state", x)
    if state is None:
        return None
    check(type(state) is tuple and all(type(e) is tuple and len(e) == 2 and type(e[0]) is str for e in state))
    return dict(state)


SLOT = type(DICT(Bare)["text"])


def do_state(x):
    """The attributes that an object has of its own; None for one that can have none."""
    try:
        state = dict(object.__getattribute__(x, "__dict__"))
    except AttributeError:
        state = None
    for b in MRO(type(x)):
        if id(b) not in PLACE:
            for n, v in DICT(b).items():
                if type(v) is SLOT:
                    state = state or {}
                    try:
                        state.setdefault(n, v.__get__(x))
                    except AttributeError:
                        pass
    return state if state is None else tuple((n, v) for n, v in state.items() if type(n) is str)
