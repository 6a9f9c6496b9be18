"""The canonical form as docs/evaluation.md describes it, for native CPython: reads a JSON list of programs
that define f, and writes what their digests have to be."""

import collections, datetime, decimal, enum, fractions, hashlib, json, math, sys, types


def number(x):
    if isinstance(x, float) and (math.isnan(x) or math.isinf(x)):
        return str(x)
    if isinstance(x, decimal.Decimal):
        if not x.is_finite():
            return "nan" if x.is_nan() else "inf" if x > 0 else "-inf"
        x = fractions.Fraction(x)
    if x == int(x):
        return str(int(x))
    n = round(fractions.Fraction(x) * 10**6)
    text = f"{abs(n) // 10**6}.{abs(n) % 10**6:06d}".rstrip("0").rstrip(".")
    return "-" * (n < 0) + text if text != "0" else "0"


def form(v, above=()):
    inner = lambda w: form(w, (*above, id(v)))
    if v is None:
        return b"N"
    if isinstance(v, enum.Enum) and not isinstance(v, (int, str)):
        return b"o%b(%b)" % (type(v).__name__.encode(), form(v.name))
    if isinstance(v, (bool, int, float, decimal.Decimal, fractions.Fraction)):
        return b"n" + number(int.__int__(v) if isinstance(v, int) else v).encode()
    if isinstance(v, complex):
        return f"c{number(v.real)},{number(v.imag)}".encode()
    if isinstance(v, (bytes, bytearray, memoryview)):
        return b"b%d:%b" % (len(v), bytes(v))
    if isinstance(v, str):
        data = str.encode(v, "utf-8", "surrogatepass")
        return b"s%d:%b" % (len(data), data)
    if id(v) in above:
        return b"^%d" % (len(above) - above.index(id(v)))
    if len(above) >= 50:
        return "…".encode()
    if isinstance(v, list):
        return b"[" + b",".join(map(inner, list.__iter__(v))) + b"]"
    if isinstance(v, tuple):
        return b"(" + b",".join(map(inner, v)) + b")"
    if isinstance(v, (set, frozenset, type({}.keys()), type({}.items()))):
        return b"{" + b",".join(sorted({*map(inner, v)})) + b"}"
    if isinstance(v, dict):
        return b"d{" + b",".join(sorted(k + b":" + w for k, w in {inner(k): inner(w) for k, w in dict.items(v)}.items())) + b"}"
    if hasattr(type(v), "__next__") and type(v).__module__ != "solution":
        return b"i[" + b",".join(inner(w) for _, w in zip(range(1000), v)) + b"]"
    name = type(v).__name__.encode()
    parts = lambda *p: b"o%b(%b)" % (name, b",".join(map(inner, p)))
    if isinstance(v, range):
        return parts(len(v), v[0] if v else None, v.step if len(v) > 1 else None)
    if isinstance(v, slice):
        return parts(v.start, v.stop, v.step)
    if isinstance(v, collections.deque):
        return parts(list(v))
    if isinstance(v, datetime.date) and not isinstance(v, datetime.datetime):
        return parts(v.year, v.month, v.day)
    if isinstance(v, datetime.timedelta):
        return parts(v.days, v.seconds, v.microseconds)
    if isinstance(v, BaseException):
        return parts(*v.args)
    if isinstance(v, type):
        return b"otype(%b)" % form(v.__name__)
    if isinstance(v, (types.FunctionType, types.ModuleType, types.BuiltinFunctionType, types.MethodType)):
        return b"o" + name
    slots = {n: getattr(v, n) for b in type(v).__mro__ for n in getattr(b, "__slots__", ()) if hasattr(v, n)}
    if hasattr(v, "__dict__") or slots:
        return parts({**getattr(v, "__dict__", {}), **slots})
    return b"o" + name


out = []
for program in json.load(sys.stdin):
    space = {"__name__": "solution"}
    exec(program, space)
    try:
        out.append(hashlib.sha256(form(space["f"]())[: 1 << 20]).hexdigest()[:32])
    except Exception as e:
        out.append(hashlib.sha256(type(e).__name__.encode()).hexdigest()[:32])
print(json.dumps(out))
