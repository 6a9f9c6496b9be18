"""From a test's functions and classes to its cases: parameters are expanded and fixtures found
here, and cases.c runs what is listed, one after another, and counts."""

import inspect, itertools, sys
from _pytest.builtin import BUILTIN
from _pytest.fixtures import SCOPES, Fixture, FixtureRequest, Scope, argument_names
from _pytest.mark import applies, ids_of, marks, parameter_sets, skips
from _pytest.outcomes import fail


class Case:
    """A test function with its parameters. The runner calls set_up, call and tear_down, and reads
    name, owner (the class, by its name), function, xfail (None, or which exceptions are expected)
    and strict."""

    instance = None

    def __init__(self, module, owner, cls, function, attribute, name, needed, direct, params, indices, case_marks):
        self.module, self.owner, self.cls, self.function, self.attribute, self.name = module, owner, cls, function, attribute, name
        self.needed, self.direct, self.params, self.indices, self.marks = needed, direct, params, indices, case_marks
        self.own, self.ends = Scope(), []  # ends: the scopes that end with it, the inner first
        m = next((m for m in case_marks if m.name == "xfail" and applies(m, function)), None)
        self.xfail = m and (m.kwargs.get("raises") or BaseException)
        self.strict = bool(m and m.kwargs.get("strict"))

    def scope_of(self, scope):
        if scope == "function":
            return self.own
        return self.module.class_scope(self.cls) if scope == "class" and self.cls else self.module.scope

    def set_up(self):
        request = FixtureRequest(self)
        once(self.module.scope, ("setup_module",), lambda: self.module.around("setup_module", "teardown_module", self.module.scope, sys.modules["__main__"]))
        if self.cls:
            scope = self.module.class_scope(self.cls)
            once(scope, ("setup_class",), lambda: around(self.cls, "setup_class", "teardown_class", scope, None))
            self.instance = self.cls()
            around(self.instance, "setup_method", "teardown_method", self.own, getattr(self.instance, self.attribute))
        else:
            self.module.around("setup_function", "teardown_function", self.own, self.function)
        wanted = argument_names(self.function, is_bound(self.cls, self.attribute))
        for n in self.needed:
            if n not in wanted:
                request.value(n)
        self.arguments = {n: request.value(n) for n in wanted}

    def call(self):
        f = getattr(self.instance, self.attribute) if self.cls else self.function
        return f(**self.arguments)

    def tear_down(self):
        first = None
        for scope in (self.own, *self.ends):
            try:
                scope.close()
            except BaseException as e:
                first = first or e
        if first:
            raise first


def once(scope, key, f):
    """What f raises, it raises for every case of the scope."""
    if key not in scope.values:
        scope.values[key] = None
        try:
            f()
        except BaseException as e:
            scope.values[key] = e
    if scope.values[key] is not None:
        raise scope.values[key]


def around(o, before, after, scope, argument):
    """Calls the method before, and leaves the one after to the scope's end."""
    if last := getattr(o, after, None):
        scope.finalizers.append(lambda: optional(last, argument))
    if first := getattr(o, before, None):
        optional(first, argument)


def optional(f, argument):
    return f(argument) if argument is not None and argument_names(f) else f()


class Module:
    """The test's text: its fixtures, and the scopes that are longer than a case."""

    def __init__(self, names):
        self.names, self.scope, self.classes, self.met = names, Scope(), {}, False
        self.fixtures = {f.name or n: f for n, f in names.items() if type(f) is Fixture}
        for f in self.fixtures.values():
            f.in_class = False
        self.marks = marks(names["pytestmark"]) if "pytestmark" in names else []

    def class_scope(self, cls):
        return self.classes.setdefault(cls, (Scope(), class_fixtures(cls)))[0]

    def class_fixtures(self, cls):
        self.class_scope(cls)
        return self.classes[cls][1]

    def around(self, before, after, scope, argument):
        names = self.names

        class Functions:
            pass

        for n in (before, after):
            if callable(names.get(n)) and type(names[n]) is not type:
                setattr(Functions, n, staticmethod(names[n]))
        around(Functions, before, after, scope, argument)

    def lookup(self, name, cls):
        """The fixtures of a name, the nearest first."""
        levels = [self.class_fixtures(cls)] if cls else []
        return [level[name] for level in (*levels, self.fixtures, BUILTIN) if name in level]

    def needed(self, function, bound, cls, all_marks, direct):
        """The names of the fixtures that a case needs, in the order in which they are made."""
        own = {**self.fixtures, **(self.class_fixtures(cls) if cls else {})}
        asked = [n for n, f in own.items() if f.autouse]
        asked += [n for m in all_marks if m.name == "usefixtures" for n in m.args]
        asked += argument_names(function, bound)
        seen = {}

        def add(name, level):
            if (name, level) in seen or name == "request" or (level == 0 and name in direct):
                return
            found = self.lookup(name, cls)[level:]
            if not found:
                seen[name, level] = None
                return
            f = found[0]
            seen[name, level] = f
            plain = f.func.__func__ if isinstance(f.func, (staticmethod, classmethod)) else f.func
            for n in argument_names(plain, f.in_class and not isinstance(f.func, staticmethod)):
                add(n, level + 1 if n == name else 0)

        for n in asked:
            add(n, 0)
        rank = lambda f: SCOPES.index(f.scope) if f else len(SCOPES)
        return dict(sorted(seen.items(), key=lambda item: rank(item[1])))


def class_fixtures(cls):
    out = {}
    for c in reversed(cls.__mro__):
        for n, f in vars(c).items():
            if type(f) is Fixture:
                f.in_class = True
                out[f.name or n] = f
    return out


def own_marks(o):
    if not isinstance(o, type):
        return marks(getattr(o, "pytestmark", []))
    return [m for c in o.__mro__ for m in marks(vars(c).get("pytestmark", []))]


def expand(module, owner, cls, name, function):
    """The cases of a function, but for those that their author skips."""
    module.met = True
    bound = is_bound(cls, name)
    all_marks = [*own_marks(function), *(own_marks(cls) if cls else []), *module.marks]
    if getattr(function, "__unittest_skip__", False) or any(skips(m, function) for m in all_marks):
        return
    # A column: names, pairs of a set and its id, the names that are handed to fixtures, how far
    # behind others of their name these stand. The first column changes slowest.
    columns = [parametrize(*m.args, **m.kwargs) for m in all_marks if m.name == "parametrize"]
    direct = {n for names, _, indirect, _ in columns for n in names if n not in indirect}
    named = {n for names, *_ in columns for n in names}
    needed = module.needed(function, bound, cls, all_marks, direct)
    used = {*argument_names(function, bound), *(n for n, _ in needed), *(n for f in needed.values() if f for n in f.argnames)}
    for n in named:
        if n not in used:
            fail(f"In {name}: function uses no argument {n!r}")
    columns[:0] = [parametrize(n, f.params, True, f.ids, level=level) for (n, level), f in needed.items() if f and f.params is not None and n not in named]
    for values in itertools.product(*([(c, s, id) for s, id in c[1]] for c in columns)):
        yield one(module, owner, cls, name, function, [n for n, _ in needed], all_marks, values)


def is_bound(cls, name):
    return cls is not None and not isinstance(inspect.getattr_static(cls, name), staticmethod)


def parametrize(argnames, argvalues, indirect=False, ids=None, scope=None, level=0):
    names, sets = parameter_sets(argnames, argvalues)
    return names, list(zip(sets, ids_of(names, sets, ids))), set(names) if indirect is True else set(indirect or ()), level


def one(module, owner, cls, name, function, needed, all_marks, values):
    direct, params, indices, extra, ids = {}, {}, {}, [], []
    for (names, _, indirect, level), s, id in values:
        for n, v in zip(names, s.values):
            if n in indirect:
                params[n, level] = v
                indices[n, level] = id
            else:
                direct[n] = v
        extra += s.marks
        ids.append(id)
    full = f"{name}[{'-'.join(ids)}]" if ids else name
    if any(skips(m, function) for m in extra):
        return None
    c = Case(module, owner, cls, function, name, full, needed, direct, params, indices, extra + all_marks)
    return None if any(m.name == "xfail" and m.kwargs.get("run") is False for m in c.marks) else c


def collectable(cls):
    """pytest makes instances without arguments."""
    return cls.__init__ is object.__init__ and cls.__new__ is object.__new__ and getattr(cls, "__test__", True)


def of_class(module, owner, cls):
    if not collectable(cls) or getattr(cls, "__unittest_skip__", False):
        return
    found = {}
    for c in reversed(cls.__mro__):
        for n in vars(c):
            found.setdefault(n, None)
    for n in found:
        v = inspect.getattr_static(cls, n)
        f = v.__func__ if isinstance(v, (staticmethod, classmethod)) else v
        if n.startswith("test") and inspect.isroutine(f) and type(f) is not Fixture:
            yield from expand(module, owner, cls, n, f)
        elif n.startswith("Test") and isinstance(v, type):
            yield from of_class(module, f"{owner}.{n}", v)


def plan(found, names, imported):
    """The cases of functions and classes, as (name, object), in their order, and whether there was
    any test, skipped ones too. Where the text imports no pytest, a function that needs arguments
    is a test if pytest has a fixture for each, and else a helper."""
    module, cases = Module(names), []
    for n, v in found:
        if isinstance(v, type):
            cases += filter(None, of_class(module, n, v))
        elif imported or all(a in BUILTIN for a in argument_names(v)):
            cases += filter(None, expand(module, None, None, n, v))
    for cls, last in {c.cls: c for c in cases}.items():
        if cls:
            last.ends.append(module.class_scope(cls))
    if cases:
        cases[-1].ends.append(module.scope)
    return cases, module.met
