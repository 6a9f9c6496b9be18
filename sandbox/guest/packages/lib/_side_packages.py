"""What packages add to the library that both sides have. It is made after they were imported, before
the snapshot: the same on both sides."""

import functools, importlib, sys

import _apart, _observe, _side_absent, _side_agreeing, _side_classes, _side_library, _side_names
from _side_common import DICT, role
from _side_library import CLASS_OF, IMMUTABLE, LIBRARY, MODULE_OF, MODULES, MUTABLE, OPEN, PLACE, SAFE, VALUE, VALUES

# What crosses of a package by a module of ours, where it is here.
OURS = {"mpmath": "_side_mpmath", "numpy": "_side_arrays", "sympy": "_side_sympy"}


def own_modules():
    new = {n: m for n, m in sorted(sys.modules.items()) if n not in MODULES and getattr(m, "__spec__", None) is not None and not n.startswith(("_side", "_observe", "pytest", "_pytest"))}
    return {n: m for n, m in new.items() if n not in ("__main__", "solution")}


def add(key, v, safe):
    if id(v) not in PLACE:
        PLACE[id(v)] = len(LIBRARY)
        LIBRARY.append((key, v))
        SAFE.append(safe)


def below(c):
    """The classes under one, at any depth."""
    for b in type.__subclasses__(c):
        yield b
        yield from below(b)


def shared(v):
    """Functions and classes, but those that are containers: what these do besides is asked of their side."""
    return callable(v) and not (isinstance(v, type) and issubclass(v, (*MUTABLE, *IMMUTABLE)))


def extend():
    modules = own_modules()
    MODULES.update(modules)
    MODULE_OF.update((id(vars(m)), n) for n, m in modules.items())
    ours = [importlib.import_module(OURS[n]) for n in OURS if n in modules]
    safe = {id(c) for m in ours for c in m.SAFE}
    first = len(LIBRARY)
    for own in (True, False):
        for n, m in modules.items():
            for k, v in list(vars(m).items()):
                if shared(v) and (not own or (getattr(v, "__module__", None) == n and getattr(v, "__qualname__", None) == k)):
                    add((n, k), v, id(v) in safe or isinstance(v, type) and issubclass(v, Exception))
    for m in ours:
        for c in sorted(m.CLASSES, key=lambda c: (c.__module__, c.__qualname__)):
            add((c.__module__, c.__qualname__), c, id(c) in safe)
        for v in m.VALUES:
            VALUE[v[0]] = len(VALUES)
            VALUES.append(v)
            _observe.VALUE_AT[id(v[0])] = VALUE[v[0]]
        for v in m.OPEN:
            OPEN.append((v[0], len(VALUES)))
            VALUES.append(v)
        for t in m.NUMBERS:
            _observe.LEAVES[id(t)] = lambda x, plain=m.plain: _observe.LEAVES[id(type(plain(x)))](plain(x))
        _side_agreeing.OTHER |= m.OTHER
        _side_agreeing.MEASURED.update(m.MEASURED)
        for t, state in m.FORMS:
            _observe.VALUE_AT[id(t)] = len(VALUES)
            VALUES.append((t, state, lambda a: False, None))
        _side_names.WRAPPERS.extend((vars(MODULES[n]), k, both(n, k)) for n, k in m.SEEDS)
    for place, (_, c) in enumerate(LIBRARY[first:], first):
        if isinstance(c, type):
            CLASS_OF[id(_side_library.dict_of(c))] = place
    _side_classes.BY_VALUE += tuple(v[0] for m in ours for v in m.VALUES + m.OPEN)
    last = sys.meta_path.index(_side_names.SolutionFinder)
    sys.meta_path[last:last] = [m.DISTUTILS_FINDER for n, m in modules.items() if n == "_distutils_hack"] + [_side_absent.Finder]
    _apart.watch_library()


def both(module, name):
    """The function of the test's side, which the solution's side does after it."""
    f = getattr(MODULES[module], name)

    @functools.wraps(f)
    def wrapper(*a, **k):
        r = f(*a, **k)
        if role.judging:
            _apart.ask("library", module, name, a, k)
        return r

    return wrapper
