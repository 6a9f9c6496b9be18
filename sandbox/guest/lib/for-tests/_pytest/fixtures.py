"""Fixtures: what they are, and their values while a case runs."""

import functools, inspect, sys, types
from unittest.mock import DEFAULT
from _pytest.outcomes import Failed, absent

SCOPES = ["session", "package", "module", "class", "function"]


class Fixture:
    """What the decorator leaves in a function's place."""

    def __init__(self, func, scope="function", params=None, autouse=False, ids=None, name=None):
        self.func, self.scope, self.autouse, self.ids = func, scope, autouse, ids
        self.params = None if params is None else list(params)
        self.name = name or getattr(func, "__name__", None)
        if scope not in SCOPES:
            absent(f"fixture of scope {scope!r}")
        plain = func.__func__ if isinstance(func, (staticmethod, classmethod)) else func
        functools.update_wrapper(self, plain)
        self.argnames = argument_names(plain)

    def __get__(self, instance, owner=None):
        return self

    def __call__(self, *args, **kwargs):
        raise Failed(f'Fixture "{self.name}" called directly. Fixtures are not meant to be called directly')


def fixture(fixture_function=None, *, scope="function", params=None, autouse=False, ids=None, name=None):
    make = lambda f: Fixture(f, scope, params, autouse, ids, name)
    return make if fixture_function is None else make(fixture_function)


def argument_names(f, bound=False):
    """The arguments that have no default, without those that mock.patch passes and, bound, self."""
    if type(f) is types.FunctionType and not hasattr(f, "__wrapped__"):
        code, n = f.__code__, f.__code__.co_argcount
        names = [*code.co_varnames[:n - len(f.__defaults__ or ())], *(k for k in code.co_varnames[n:n + code.co_kwonlyargcount] if k not in (f.__kwdefaults__ or ()))]
        return names[int(bound):]
    patched = sum(p.new is DEFAULT and not p.attribute_name for p in getattr(f, "patchings", ()))
    params = inspect.signature(f).parameters.values()
    names = [p.name for p in params if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.default is p.empty]
    return names[int(bound):][patched:]


class Scope:
    """The values that live as long as a function, a class or the module, and what ends them."""

    def __init__(self):
        self.values, self.finalizers = {}, []

    def close(self):
        """Runs the finalizers, last first, whatever fails; the first failure is what is raised."""
        first = None
        while self.finalizers:
            try:
                self.finalizers.pop()()
            except BaseException as e:
                first = first or e
        self.values.clear()
        if first:
            raise first


class Node:
    """What request.node tells."""

    def __init__(self, case):
        self.name, self.nodeid, self.originalname, self.case = case.name, f"test.py::{case.name}", case.function.__name__, case

    def iter_markers(self, name=None):
        return iter([m for m in self.case.marks if name in (None, m.name)])

    def get_closest_marker(self, name, default=None):
        return next(self.iter_markers(name), default)

    def __getattr__(self, name):
        absent(f"request.node.{name}")


class FixtureRequest:
    """A fixture that is being made for a case, or the case itself."""

    def __init__(self, case, fixture=None, level=0):
        self.case, self.fixture, self.level = case, fixture, level
        self.scope = fixture.scope if fixture else "function"
        self.fixturename = fixture.name if fixture else None
        self.fixturenames, self.cls = list(case.needed), case.cls
        self.function = case.function if self.scope == "function" else None
        self.node = Node(case)
        if fixture and (fixture.name, level) in case.params:
            self.param = case.params[fixture.name, level]

    instance = property(lambda self: self.case.instance)
    module = property(lambda self: sys.modules["__main__"])

    def __getattr__(self, name):
        if name == "param" or name.startswith("_"):
            raise AttributeError(name)
        absent(f"request.{name}")

    def addfinalizer(self, finalizer):
        self.case.scope_of(self.scope).finalizers.append(finalizer)

    def getfixturevalue(self, name):
        return self.value(name)

    def value(self, name):
        """The value of a fixture: made, or made before for the scope. One that asks for its own
        name means what it stands in front of."""
        if name == "request":
            return self
        level = self.level + 1 if self.fixture and name == self.fixture.name else 0
        if level == 0 and name in self.case.direct:
            return self.case.direct[name]
        found = self.case.module.lookup(name, self.case.cls)[level:]
        if not found:
            raise LookupError(f"fixture {name!r} not found")
        fixture = found[0]
        scope, key = self.case.scope_of(fixture.scope), (name, level)
        if fixture.params is not None and key not in self.case.params:
            absent("getfixturevalue of a fixture with params")
        if self.fixture and SCOPES.index(fixture.scope) > SCOPES.index(self.scope):
            raise Failed(f"ScopeMismatch: you tried to access the {fixture.scope} scoped fixture {name} with a {self.scope} scoped request object")
        known = scope.values.get(key)
        if known is None or known[0] != self.case.indices.get(key):
            known = (self.case.indices.get(key), *FixtureRequest(self.case, fixture, level).made())
            scope.values[key] = known
        if known[2] is not None:
            raise known[2]
        return known[1]

    def made(self):
        """The value, or the exception: a fixture that failed fails for all that need it."""
        try:
            args = {n: self.value(n) for n in argument_names(self.plain(), self.of_class())}
            f = self.bound()
            if inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f):
                absent("fixture that is async")
            if not inspect.isgeneratorfunction(f):
                return f(**args), None
            g = f(**args)
            value = next(g, self)
            if value is self:
                raise ValueError(f"{self.fixture.name} did not yield a value")
            self.addfinalizer(lambda: finish(g, self.fixture.name))
            return value, None
        except BaseException as e:
            return None, e

    def plain(self):
        f = self.fixture.func
        return f.__func__ if isinstance(f, (staticmethod, classmethod)) else f

    def of_class(self):
        """Whether the function has self or cls before what it asks for."""
        return self.fixture.in_class and not isinstance(self.fixture.func, staticmethod)

    def bound(self):
        if not self.fixture.in_class:
            return self.fixture.func
        instance = self.case.instance if self.scope == "function" else self.case.cls()
        return self.fixture.func.__get__(instance, self.case.cls)


def finish(g, name):
    for _ in g:
        raise Failed(f"fixture function has more than one 'yield': {name}")
