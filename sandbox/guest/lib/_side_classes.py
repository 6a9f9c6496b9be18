"""Classes are described on demand, and made here as classes of the same shape."""

import _apart
import builtins
import abc, asyncio, collections, copy, dataclasses, enum, functools, pickle, types, typing, unittest, unittest.mock
from _apart import Method, Remote, ask
from _side_agreeing import ANSWERS, DIFFERENCE, SIZE, TRUTH, answer, near
from _side_common import ById, DICT, MRO, check, role, solution
from _side_library import FAMILIES, FORBIDDEN, IMMUTABLE, LIBRARY, NAMED, PLACE, SAFE, SPECIAL, VALUE, base_of
from _side_running import RUNNERS, STEPPED, drive

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})



def special(owner, name):
    """The method of a stand-in class that has the special method done over there."""
    if name == "__call__":
        return lambda self, /, *a, **k: _apart.call(self, *a, **k)
    if name == "__await__":
        return lambda self: drive(self).__await__()

    def method(self, /, *a, **k):
        try:
            if role.judging and name in ANSWERS and len(a) == 1:
                return answer(owner[0], name, self, a[0])
            r = ask("special", owner[0], name, self, a, k or None)
        except StopIteration:
            if role.judging and name != "__next__" and not _apart.stop_is_known():
                raise RuntimeError(f"{name} of the solution's raised StopIteration") from None
            raise
        if role.judging and name in SIZES and _apart.doubted(self):
            doubt(self, name, r)
        if role.judging and name in ("__exit__", "__aexit__") and len(a) == 3 and isinstance(a[1], AssertionError):
            return held_back(r) if name == "__aexit__" else swallowed(r)
        return r

    method.__name__ = name
    made_by[method] = owner
    return method


def swallowed(r):
    """An assertion in a with block has failed, and r says whether the block's object makes an end of that."""
    if r:
        _apart.agreed("an assertion failed in a block that the solution's object went on after")
    return r


async def held_back(r):
    return swallowed(await r)


SIZES = frozenset(("__abs__", "__round__", "__float__", "__bool__"))


def doubt(x, name, r):
    """What an object says of its size, or of being true, that was made knowing a value of the test."""
    difference = _apart.doubted(x) != TRUTH
    if difference and isinstance(r, Remote):
        _apart.doubt(r, SIZE)
    elif difference and name != "__bool__" and near(r) or name == "__bool__" and _apart.doubted(x) != DIFFERENCE:
        _apart.agreed()


made_by = {}  # these methods: the class, in a list


def do_special(owner, name, x, a, k):
    if name in ("__eq__", "__ne__") and type(x) is types.SimpleNamespace and a[0].__class__ is types.SimpleNamespace:  # whose own looks at the type
        return (x.__dict__ == a[0].__dict__) is (name == "__eq__")
    for c in MRO(owner):
        if name in DICT(c):
            d = DICT(c)[name]
            bind = getattr(type(d), "__get__", None)
            return (bind(d, x, type(x)) if bind else d)(*a, **(k or {}))
    raise AttributeError(name)


NUMBER = {}  # exported classes, by id: number and class


def number_of(c):
    known = NUMBER.get(id(c))
    if known is None:
        known = NUMBER[id(c)] = _apart.export(c), c
    return known[0]


# ---- stand-ins


class Meta(type):
    """The class of stand-in classes. A class statement with one as its base makes a class on both sides."""

    def __new__(m, name, bases, ns, /, _remote=False, **kw):
        if _remote:
            cls = super().__new__(m, name, bases, ns)
            _apart.no_dict(cls)
            return cls
        if not any(issubclass(b, (Remote, StandValue, BaseException)) for b in bases):
            bases = *(b for b in bases if b is not object), Stand  # only its metaclass is of the other side
        # Its data is over there, where it may be changed.
        here = {n: v for n, v in ns.items() if n.startswith("__") or hasattr(type(v), "__get__")}
        if not any(hasattr(b, "__dictoffset__") and b.__dictoffset__ for b in bases):
            here["__slots__"] = ()
        cls = super().__new__(m, name, bases, here)
        _apart.no_dict(cls)
        if "__slots__" in here and "__slots__" not in ns:
            ask_for_slots(cls)
        twin(cls, name, bases, ns, kw if _apart.handle(m) is None else kw | {"metaclass": m})
        return cls

    def __init__(cls, name, bases, ns, /, **kw):
        type.__init__(cls, name, bases, ns)

    def mro(cls):
        """Last come the classes of the library that it has over there: isinstance knows of them."""
        mro = type.mro(cls)
        behind = [b for c in mro for b in (DICT(c).get("_behind") or ())]
        return [*(c for c in mro[:-1] if c not in behind), *dict.fromkeys(behind), object] if behind else mro

    def __call__(cls, *a, **k):
        return _apart.call(cls, *a, **k)

    def __getattr__(cls, n):
        return _apart.attribute(cls, n)

    def __setattr__(cls, n, v):
        if n == "__abstractmethods__":
            return type.__setattr__(cls, n, v)
        here = DICT(cls).get(n)
        if isinstance(here, Method) and here not in replaced:
            replaced[here] = _apart.attribute(cls, n)
        _apart.assign(cls, n, replaced.get(v, v) if isinstance(v, Method) else v)
        back = next((m for m, f in replaced.items() if f is v and m.__objclass__ is cls and m.__name__ == n), None)
        if isinstance(v, Method) or cls in twins and hasattr(type(v), "__get__") or back:
            type.__setattr__(cls, n, back or v)
        elif here is not None and n not in SPECIAL:
            type.__delattr__(cls, n)

    def __delattr__(cls, n):
        _apart.assign(cls, n)
        if n in DICT(cls):
            type.__delattr__(cls, n)

    def __dir__(cls):
        return ask("listed", cls)

    def __repr__(cls):
        return ask("text", "repr", cls)

    def __instancecheck__(cls, x):
        return type.__instancecheck__(cls, x) or cls in asks and ask("isinstance", x, cls) is True

    def __subclasscheck__(cls, c):
        return type.__subclasscheck__(cls, c) or cls in asks and ask("issubclass", c, cls) is True

    @property
    def __dict__(cls):
        try:
            return DICT(cls) if _apart.handle(cls) is None else _apart.attribute(cls, "__dict__")
        except AttributeError:  # of the test's, not for the solution
            return DICT(cls)

    def __subclasses__(cls):
        return _apart.attribute(cls, "__subclasses__")()

    __mro__ = property(lambda cls: tuple(c for c in MRO(cls) if c not in HIDDEN))
    __bases__ = property(lambda cls: tuple(c for c in type.__dict__["__bases__"].__get__(cls) if c not in HIDDEN) or (object,))


class OfMeta(type):
    """The class of stand-ins for metaclasses."""

    def __getattr__(cls, n):
        if n.startswith("__") or _apart.handle(cls) is None:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {n!r}")
        return _apart.attribute(cls, n)

    def __setattr__(cls, n, v):
        _apart.assign(cls, n, v)


class Stand(Remote, metaclass=Meta, _remote=True):
    __slots__ = ()

    def __new__(cls, *a, **k):
        return ask("new", cls, a, k)

    def __init_subclass__(cls, **k):
        """That of a class behind it runs over there."""

    def __class_getitem__(cls, item):
        try:
            f = _apart.attribute(cls, "__class_getitem__")
        except AttributeError:
            raise TypeError(f"type {cls.__name__!r} is not subscriptable") from None
        return f(item)


def ask_for_slots(cls):
    """It has been made without a dict; what __slots__ says is over there."""
    type.__delattr__(cls, "__slots__")


ask_for_slots(Stand)


class StandValue(metaclass=Meta, _remote=True):
    """A value of a builtin type that has methods and attributes over there."""

    def __getattr__(self, n):
        if n in ("_h", "__wrapped__", "__isabstractmethod__"):
            raise AttributeError(n)
        return _apart.attribute(self, n)

    def __setattr__(self, n, v):
        if n == "_h":
            return object.__setattr__(self, n, v)
        _apart.assign(self, n, v)

    __copy__ = lambda self: copied(self)
    __deepcopy__ = lambda self, memo: deepcopied(self)
    __reduce_ex__ = lambda self, protocol: reduced(self)


class StandException(metaclass=Meta, _remote=True):
    def __getattr__(self, n):
        if n.startswith("__") or n == "_h":
            raise AttributeError(n)
        return _apart.attribute(self, n)

    __copy__ = lambda self: copied(self)
    __deepcopy__ = lambda self, memo: deepcopied(self)
    __reduce_ex__ = lambda self, protocol: reduced(self)


HIDDEN = (Stand, StandValue, StandException, Remote)
asks, twins = ById(), ById()
_apart.show_as(Meta, Meta)
replaced = {}  # methods that the test has put something else in the place of: the functions themselves


def died(self):
    """What it stands for may die with it, and says something when it does."""
    _apart.let_go(self)
    try:
        ask("nothing")
    except RuntimeError:
        pass


def copied(x): return ask("copy", x)
def deepcopied(x): return ask("deepcopy", x)
def reduced(x): return unpickled, (ask("pickle", x),)
def listed(x): return ask("listed", x)
def unpickled(data): return ask("unpickle", data)


def specials(c):
    return {d for b in MRO(c)[:-1] for d in DICT(b) if d in SPECIAL}


def do_describe(k):
    c = _apart.own(k)
    check(isinstance(c, type))
    mro = MRO(c)
    own = [b for b in mro if id(b) not in PLACE]
    owned = lambda: {d for b in own for d in DICT(b) if d in SPECIAL}
    place = PLACE.get(id(c))
    kind, extra, base = "object", None, base_of(c)
    if issubclass(c, BaseException):
        kind, dunders = "exception", owned()
    elif isinstance(c, enum.EnumMeta) and place is None:
        kind = "enum"
        mixin = next(b for b in mro if id(b) in PLACE and isinstance(b, enum.EnumMeta))
        extra = mixin.__name__, tuple(b.__name__ for b in mro if b in (str, int, float, bytes)), tuple((n, m._value_) for n, m in c.__members__.items()), tuple(
            n for b in own for n, v in DICT(b).items() if type(v) is types.FunctionType and n not in SPECIAL and not n.startswith("_"))
        dunders = {d for b in own for d in DICT(b) if d in SPECIAL and d not in ("__init__", "__new__") and getattr(DICT(b)[d], "__module__", None) != "enum"
                   and DICT(b)[d] not in [getattr(m, d, None) for m in (mixin, *mro) if m not in own]}
    elif issubclass(c, type):
        kind, dunders = "meta", owned() - {"__call__", "__init__", "__instancecheck__", "__subclasscheck__"}
    elif base is not None:
        fields = getattr(c, "_fields", None)
        kind, extra = "value", (base.__name__, fields if type(fields) is tuple else None)
        dunders = owned() - ({"__repr__"} if fields and not any("__repr__" in DICT(b) and hasattr(DICT(b)["__repr__"], "__code__") and DICT(b)["__repr__"].__code__.co_filename == "/solution.py" for b in own) else set())
    else:
        dunders = specials(c)
    bases = tuple(b for b in type.__dict__["__bases__"].__get__(c) if b is not object and (id(b) not in PLACE or kind == "exception" and SAFE[PLACE[id(b)]] or type(b) is abc.ABCMeta and SAFE[PLACE[id(b)]]))
    if issubclass(c, unittest.mock.NonCallableMock):
        bases = ()
        place = next(PLACE[id(b)] for b in mro if id(b) in PLACE)
    methods = () if place is not None or kind in ("enum",) else tuple(
        n for n, v in DICT(c).items() if type(v) is types.FunctionType and n not in SPECIAL and not n.startswith("__"))
    if kind == "value" and extra[1]:
        methods = tuple(n for n in methods if n not in NAMED)
    checks = type(c) is not type and any("__instancecheck__" in DICT(b) for b in MRO(type(c))[:-2])
    text = lambda v: str.__str__(v) if isinstance(v, str) else ""
    doc = c.__doc__ if place is None and type(c.__doc__) is str else None
    notes = DICT(c).get("__annotations__") if place is None else None
    if kind == "object" and place is None and any("__del__" in DICT(b) for b in mro[:-1]):
        dunders = dunders | {"__del__"}
    behind = tuple(PLACE[id(b)] for b in mro[:-1] if may_be_behind(b)) if kind == "object" and place is None else ()
    return (text(c.__name__), text(c.__qualname__), text(c.__module__), doc, kind, bases, tuple(sorted(dunders)), methods, extra, c.__hash__ is None, checks, place,
            dict(notes) if type(notes) is dict else None, type(c) if id(type(c)) not in PLACE and _apart.handle(type(c)) is None and not isinstance(c, enum.EnumMeta) else None, behind)


def may_be_behind(b):
    """Whether a class is one of the library in Python that has instances of any layout, and no say in their attributes."""
    return b is typing.Generic or (id(b) in PLACE and not b.__module__.startswith("unittest") and type(b) is type and b.__flags__ & HEAP and not b.__flags__ & FIXED and b.__dictoffset__ != 0 and b.__basicsize__ <= object.__basicsize__ + 2 * POINTER
            and not issubclass(b, (BaseException, *FORBIDDEN))
            and not {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__slots__"} & {n for c in MRO(b)[:-1] for n in DICT(c)})


FIXED, HEAP, POINTER = 1 << 8, 1 << 9, 4
FUTURES = asyncio.Future, asyncio.Task


# What has an object of these before it is none of the other side's: its type is taken for what it is.
BY_VALUE = (*FAMILIES, *IMMUTABLE, complex, bool, type(None), range, slice, type, property, staticmethod, classmethod, BaseException, *(VALUE.keys() - {functools.partial}), *RUNNERS,
            *STEPPED, types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType)


def class_for(k):
    c = _apart.known_class(k)
    if c is not None:
        return c
    d = ask("describe", k)
    check(type(d) is tuple and len(d) == 15 and all(type(s) is str for s in d[:3] + d[4:5]) and all(type(t) is tuple for t in d[5:8]) and "\0" not in d[0])
    name, qualname, module, doc, kind, bases, dunders, methods, extra, unhashable, checks, place, notes, meta, behind = d
    check(type(behind) is tuple and all(type(b) is int and 0 <= b < len(LIBRARY) and may_be_behind(LIBRARY[b][1]) and specials(LIBRARY[b][1]) <= set(dunders) for b in behind))
    meta = meta if isinstance(meta, type) and issubclass(meta, Meta) else Meta
    check(all(isinstance(b, type) for b in bases))
    if role.judging:
        check(not any(issubclass(b, (unittest.TestCase, unittest.TestResult)) for b in bases))
    c = _apart.known_class(k)  # made meanwhile, by what describes it
    if c is not None:
        return c
    owner = []
    body = {"__module__": "__main__" if module == "solution" else module, "__qualname__": qualname, "__doc__": doc}
    if type(notes) is dict:
        body["__annotations__"] = notes
    if "__del__" in dunders:
        body["__del__"] = died
    for n in dunders:
        if n in SPECIAL:
            body[n] = special(owner, n)
    if unhashable is True:
        body["__hash__"] = None
    elif "__eq__" in body and "__hash__" not in body and kind == "value":
        body["__hash__"] = None
    elif "__eq__" in body and "__hash__" not in body and kind == "object":
        body["__hash__"] = object.__hash__
    abstract = [b for b in bases if type(b) is abc.ABCMeta]
    parents = [b for b in bases if b not in abstract and b is not typing.Generic]
    if kind == "enum":
        c = make_enum(name, body, extra)
    elif kind == "meta":
        c = OfMeta(name, tuple(b for b in parents if issubclass(b, Meta)) or (Meta,), body)
    elif kind == "exception":
        parents = of_one_kind([b for b in parents if issubclass(b, BaseException)]) or [Exception]
        c = meta(name, tuple(parents) if any(issubclass(b, StandException) for b in parents) else (StandException, *parents), body, _remote=True)
    elif kind == "value":
        check(type(extra) is tuple and len(extra) == 2)
        base = next((b for b in (*FAMILIES, *IMMUTABLE) if b.__name__ == extra[0]), None)
        check(base is not None)
        parents = [b for b in parents if issubclass(b, StandValue)]
        fields = extra[1]
        if fields and not parents and all(type(f) is str and f.isidentifier() for f in fields):
            base = collections.namedtuple(name, fields)
        c = meta(name, tuple(parents) or (StandValue, base), body, _remote=True)
    else:
        parents = [b for b in parents if issubclass(b, Stand)]
        body["__slots__"] = ()
        if behind:
            body["_behind"] = tuple(LIBRARY[b][1] for b in behind)
        if type(place) is int and 0 <= place < len(LIBRARY) and LIBRARY[place][1] in FUTURES:
            body["get_loop"] = lambda self: asyncio.get_event_loop()  # it is awaited in this side's loop
        c = meta(name, tuple(parents) or (Stand,), body, _remote=True)
        ask_for_slots(c)
    _apart.set_class(c, k)
    owner.append(c)
    if type(place) is int and 0 <= place < len(LIBRARY) and isinstance(LIBRARY[place][1], type) and not issubclass(LIBRARY[place][1], BY_VALUE):
        _apart.show_as(c, LIBRARY[place][1])
    for n in methods:
        if type(n) is str and not n.startswith(("__", "assert_", "_sympy_", "_mpf_", "_mpc_", "_mpi_", "_mpmath_")):  # exchange.c
            type.__setattr__(c, n, Method(c, n))
    if checks is True or abstract:
        asks.add(c)
    for b in abstract:
        b.register(c)
    return c


def of_one_kind(bases):
    """The bases of an exception, but one that is whatever a test may expect is no more than an exception."""
    library = {b for c in bases for b in MRO(c) if id(b) in PLACE}
    kinds = [b for b in library if not any(issubclass(c, b) for c in library if c is not b)]
    return bases if len(kinds) <= 2 else [b for b in bases if id(b) not in PLACE]


def make_enum(name, body, extra):
    check(type(extra) is tuple and len(extra) == 4 and all(type(e) is tuple for e in extra[1:]))
    mixin, mixed, members, methods = extra
    base = {c.__name__: c for c in (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)}.get(mixin, enum.Enum)
    first = [b for b in (str, int, float, bytes) if b.__name__ in mixed and not issubclass(base, b)]
    bases = (*first[:1], base)
    d = type(base).__prepare__(name, bases)
    for entry in members:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str and not (entry[0].startswith("_") and entry[0].endswith("_")))
        d[entry[0]] = entry[1]
    for n, v in body.items():
        if n not in ("__annotations__", "__hash__"):
            d[n] = v
    for n in methods:
        if type(n) is str and n.isidentifier() and not n.startswith("_"):
            d[n] = forwarded(n)
    if not issubclass(base, enum.Flag):
        d["_missing_"] = classmethod(lambda cls, v: _apart.call(cls, v))
    d["__getattr__"] = lambda s, n: ask("attribute", s, n) if not n.startswith("_") else object.__getattribute__(s, n)
    return EnumMeta(name, bases, d)


class EnumMeta(enum.EnumMeta):
    def __getattr__(cls, n):
        if n.startswith("_") or _apart.handle(cls) is None:
            raise AttributeError(n)
        return ask("attribute", cls, n)


def forwarded(n):
    def method(self, /, *a, **k):
        return ask("special", type(self), n, self, a, k or None)

    method.__name__ = n
    return method


def do_attribute(x, n):
    return getattr(x, n)


def twin(cls, name, bases, ns, kw):
    """The class exists on both sides, its methods here; its instances are over there."""
    check(not role.judging or not issubclass(cls, unittest.TestCase))
    items = {}
    for b in reversed(MRO(cls)[1:]):
        if _apart.handle(b) is None and b not in HIDDEN and id(b) not in PLACE:  # a class of this side's text only
            items |= DICT(b)
    items |= ns
    items = tuple((n, v) for n, v in items.items() if n not in ("__qualname__", "__classcell__", "__dict__", "__weakref__", "__slots__", "__module__"))
    k = ask("subclass", name, tuple(b for b in bases if _apart.handle(b) is not None), items, kw)
    check(type(k) is int and k >= 0 and _apart.known_class(k) is None)
    _apart.set_class(cls, k)
    twins.add(cls)


def do_new(cls, a, k):
    """cls.__new__ as the solution defines it, for cls or a class of the test's that extends it."""
    new = (getattr(DICT(c)["__new__"], "__func__", DICT(c)["__new__"]) for c in MRO(cls) if "__new__" in DICT(c))
    return next(f for f in new if _apart.handle(f) is None)(cls, *a, **k)


def dataclass(cls=None, /, **options):
    """dataclasses.dataclass of a class that extends one of the other side's."""
    if cls is None:
        return lambda c: dataclass(c, **options)
    if cls not in twins:
        return made_dataclass(cls, **options)
    ask("library", "dataclasses", "dataclass", (cls,), options)
    for n in ask("describe", _apart.handle(cls))[6]:
        if n in SPECIAL and n not in DICT(cls):
            type.__setattr__(cls, n, special([cls], n))
    return cls


made_dataclass = dataclasses.dataclass


def do_subclass(name, bases, items, kw):
    c = types.new_class(name, bases, kw, lambda d: d.update(dict(items), __module__="__main__"))
    return number_of(c)
