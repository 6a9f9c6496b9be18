"""Test and solution are one namespace, as far as honest texts see."""

import _apart, _virtual_loop
import builtins, dataclasses, decimal, doctest, functools, importlib.machinery, inspect, io, linecache, logging, os, random, sys, types, typing, unittest, unittest.mock, warnings
from _apart import Method, Remote, ask
from _side_common import DICT, MISSING, MRO, check, role, solution
from _side_library import CLASS_OF, LIBRARY, MODULES, MODULE_OF, signature
from _side_agreeing import same_sets
from _side_classes import asks, dataclass, made_by
from _side_policy import CALLABLES, may, own_class
from _side_running import Other

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

class Space:
    """The names of this side's text, and what the other side knows of them."""

    names = {}
    seen = {}  # as the other side knows them
    given = set()  # names of the solution's, or that it has asked for
    announced = set()
    bound = frozenset()  # by the test's own top level: the solution cannot change these
    modules = {}  # that the test has put into sys.modules
    watched = {}  # of the solution: what the test has asked for
    originals = {}  # what was at first where the test has changed the library
    decimals = None  # the decimal context as the solution knows it, if the test knows of such


space = Space()


def crosses(n, v):
    """Whether the solution may see what the test binds at its top level: functions and classes,
    modules, objects of its own classes, constants; never its data."""
    if n not in space.bound:
        return True
    t = type(v)
    if isinstance(v, type):
        return not issubclass(v, unittest.TestCase)
    if t in (int, float, bool, str):
        return n.isupper()
    return t in CALLABLES or isinstance(v, types.ModuleType) or own_class(t) or isinstance(v, unittest.mock.NonCallableMock)


def put_extras(changes):
    return judge_extras(changes) if role.judging else contestant_extras()


def judge_extras(changes):
    new, binds, patches = [], [], []
    gone = [n for n in space.seen if n not in space.names]
    for n in gone:
        del space.seen[n]
        space.given.discard(n)
        space.announced.discard(n)
    for n, v in list(space.names.items()):
        if space.seen.get(n, MISSING) is v or n in SKIPPED or type(n) is not str:
            continue
        space.seen[n] = v
        if n in space.given:
            if crosses(n, v):
                binds.append((n, v))
        elif n not in space.announced:
            space.announced.add(n)
            new.append(n)
    if changes:
        if any(d is sys.modules for d in changes[::3]):
            patches += changed_modules()
        for dict_, n, was in zip(changes[::3], changes[1::3], changes[2::3]):
            place = MODULE_OF.get(id(dict_), CLASS_OF.get(id(dict_)))
            if place is None or type(n) is not str or type(place) is str and place.startswith("unittest") or (place, n) in OURS:
                continue
            first = space.originals.setdefault((place, n), was)
            v = dict_.get(n, ...)
            patches.append((place, n) if v is first else (place, n, None if v is ... else (v,)))
    if space.decimals and space.decimals != decimal_context():
        space.decimals = decimal_context()
        patches.append((CONTEXT, space.decimals))
    return (tuple(new), tuple(binds), tuple(patches), tuple(gone)) if new or binds or patches or gone else None


def changed_modules():
    """What the test has put into sys.modules, or taken out of it."""
    fake = {n: v for n, v in sys.modules.items() if MODULES.get(n) is not v and v is not solution() and (getattr(v, "__spec__", None) is None or type(v) is not types.ModuleType)}
    told, space.modules = space.modules, fake
    return [("sys.modules", n, (v,)) for n, v in fake.items() if told.get(n, MISSING) is not v] + [("sys.modules", n) for n in told if n not in fake]


def patch(place, n, *now):
    """What the test has changed in the library: n is what it was at first, or now a value or nothing."""
    if place == CONTEXT:
        setcontext(Context(*n[:-1], traps=list(n[-1])))
        return
    if place == "sys.modules":
        if now or n in MODULES:
            sys.modules[n] = now[0][0] if now else MODULES[n]
        else:
            sys.modules.pop(n, None)
        return
    owner = MODULES[place] if type(place) is str else LIBRARY[place][1]
    first = space.originals.setdefault((place, n), vars(owner).get(n, MISSING))
    value = first if not now else now[0][0] if now[0] else MISSING
    if value is not MISSING:
        setattr(owner, n, value)
    elif n in vars(owner):
        delattr(owner, n)


CONTEXT = "the decimal context"
getcontext, setcontext, Context = decimal.getcontext, decimal.setcontext, decimal.Context


def decimal_context():
    c = getcontext()
    return c.prec, c.rounding, c.Emin, c.Emax, c.capitals, c.clamp, tuple(s for s, on in c.traps.items() if on)


OURS = {("sys", "stdin"), ("sys", "stdout"), ("sys", "stderr"), ("builtins", "_"), ("sys", "last_type"), ("sys", "last_value"), ("sys", "last_traceback")}


def contestant_extras():
    changed = tuple((n, space.names[n]) for n, v in space.watched.items() if n in space.names and space.names[n] is not v)
    space.watched.update(changed)
    return changed + tuple(("", x) for x in _apart.reclassed()) or None


def apply_extras(extras):
    if not role.judging:
        new, binds, patches, gone = extras
        for n in gone:
            space.names.pop(n, None)
        for n, v in binds:
            space.names[n] = v
            if n in space.watched:
                space.watched[n] = v
        wanted = tuple(n for n in new if n in space.used or n in space.names)
        if wanted:
            for n, v in ask("pull", wanted):
                space.names[n] = v
                if n in space.watched:
                    space.watched[n] = v
        for p in patches:
            patch(*p)
        return
    check(type(extras) is tuple)
    for entry in extras:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        n, v = entry
        if n in space.given and n not in space.bound and space.names.get(n, MISSING) is space.seen.get(n, MISSING):
            space.names[n] = space.seen[n] = v


class Main(types.ModuleType):
    """The module that test and solution are, as the test sees it."""

    def __getattr__(self, n):
        if n == "__all__":
            return [n for n, _ in meant([(n, None) for n in ask("all")])]
        if not (n.startswith("__") and n.endswith("__")) and type(n) is str:
            for _, v in take(ask("names", (n,)), (n,)):
                return v
        raise AttributeError(f"module {space.names.get('__name__')!r} has no attribute {n!r}")


def meant(found):
    """Of names of the solution's those that the test means. A solution may have its own abs beside what is
    tested: it is the test's only where nothing else of the solution's is."""
    return [(n, v) for n, v in found if n not in BUILTINS] or found


BUILTINS = frozenset(vars(builtins))


def take(found, wanted=None):
    """Names of the solution's come into the test's: those that were asked for, by default all."""
    check(type(found) is tuple)
    for entry in found:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str and (wanted is None or entry[0] in wanted))
    for n, v in meant(found):
        space.given.add(n)
        if n not in space.names:
            space.names[n] = space.seen[n] = v
    return found


REMOTELY = [("dataclasses", n) for n in ("asdict", "astuple", "fields", "replace", "is_dataclass")] + [
    ("typing", "get_type_hints"), ("inspect", "getsource"), ("inspect", "getsourcelines"), ("inspect", "isabstract"), ("inspect", "getdoc"), ("inspect", "getmembers"), ("inspect", "signature"), ("inspect", "getfullargspec")]


def remotely(module, name):
    f = getattr(MODULES[module], name)

    @functools.wraps(f)
    def wrapper(*a, **k):
        if role.judging and name == "getsource" and a and a[0] is solution():
            return ask("source")
        if name in ("signature", "getfullargspec") and len(a) == 1:
            a = asked_for(a[0]),
        if role.judging and a and (isinstance(a[0], (Remote, Method)) or _apart.handle(a[0]) is not None):
            return ask("library", module, name, a, k)
        return f(*a, **k)

    return wrapper


def asked_for(x):
    """What the signature of x is that of, where x is a special method of a stand-in class, or on
    the solution's side a class of the test's: its constructor."""
    f = x
    if type(x) is functools.partial:
        return functools.partial(asked_for(x.func), *x.args, **x.keywords)
    if isinstance(x, type) and not role.judging:
        f = next((DICT(c)["__init__"] for c in MRO(x) if "__init__" in DICT(c)), None)
    if type(f) is not types.FunctionType or f not in made_by:
        return x
    r = _apart.attribute(made_by[f][0], f.__name__)
    return types.MethodType(r, x) if f is not x else r


update_cache = linecache.updatecache


def updatecache(name, module_globals=None):
    """The text of the other side's file, for tracebacks and inspect."""
    if role.judging and name == "/solution.py":
        text = ask("source")
        check(type(text) is str)
        linecache.cache[name] = len(text), None, [line + "\n" for line in text.split("\n")], name
        return linecache.cache[name][2]
    return update_cache(name, module_globals)


def do_example(source):
    exec(compile(source, "<doctest>", "single", dont_inherit=True), space.names)


def do_source():
    with open("/solution.py", encoding="utf-8") as f:
        return f.read()


def told(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        _apart.reseeded()
        return f(*a, **k)

    return wrapper


def get_data(self, path):
    """What the other side has written to a file is no code here."""
    if role.judging and _apart.written_there(path):
        if path.endswith(".pyc"):
            return b""
        raise ImportError(f"{path} is the solution's")
    return read_data(self, path)


Loader = importlib.machinery.SourceFileLoader.__mro__[1]
read_data = Loader.get_data

def over_there(module, name):
    """The function, done by the solution's side whatever it is called with."""
    @functools.wraps(getattr(MODULES[module], name))
    def wrapper(*a, **k):
        return ask("library", module, name, a, k)

    return wrapper


# There is one tree of loggers, the solution's.
LOGGING = "getLogger basicConfig disable debug info warning error exception critical log".split()

# These are made before the snapshot, and put in place in the judge.
WRAPPERS = [(vars(MODULES[m]), n, remotely(m, n)) for m, n in REMOTELY] + [(vars(linecache), "updatecache", updatecache)]
# The examples in the solution's texts run over there.
WRAPPERS += [(vars(doctest), "compile", lambda source, *a, **k: source), (vars(doctest), "exec", lambda source, names: ask("example", source))]
WRAPPERS += [(vars(dataclasses), "dataclass", dataclass)]
WRAPPERS += [(vars(logging), n, over_there("logging", n)) for n in LOGGING]
WRAPPERS += [(vars(random), n, told(getattr(random, n))) for n in ("seed", "setstate")]


def begin(names, used, bound, early, mentioned):
    """The test's text is about to run in names."""
    space.names, space.bound = names, frozenset(bound)
    everything = None in used or not mentioned.isdisjoint(REFLECTIVE)
    lines = not mentioned.isdisjoint(TRACING)
    if not mentioned.isdisjoint(DECIMAL):
        space.decimals = decimal_context()
        _apart.always_tell()
    if "StopIteration" in mentioned:
        _apart.let_stop()
    wanted = None if everything else tuple(sorted((used - bound | early) - SKIPPED))
    if wanted is None or wanted or lines:
        take(ask("names", wanted, lines), wanted)
    space.seen.update(names)
    space.given.intersection_update(names)


def known(what):
    return environ if what == "environment" else getattr(space, what)


environ = os.environ._data


TRACING = frozenset("traceback __traceback__ tb_lineno tb_frame tb_next exc_info linecache".split())
DECIMAL = frozenset("getcontext setcontext localcontext".split())
REFLECTIVE = frozenset("doctest globals vars locals eval exec dir __dict__ __main__".split())


def loaded(names, used):
    space.names, space.used = names, used


class Input(io.TextIOBase):
    """The contestant's standard input is the test's."""

    encoding, errors, name = "utf-8", "strict", "<stdin>"

    def readline(self, n=-1):
        return self.ask("readline", n)

    def read(self, n=-1):
        return self.ask("read", n)

    def readable(self):
        return True

    def fileno(self):
        return 0

    @staticmethod
    def ask(what, n):
        try:
            return ask("stdin", what, () if n is None or n < 0 else (n,))
        except RuntimeError:
            return ""


def stream(fd, name):
    raw = io.FileIO(fd, "w", closefd=False)
    raw.name = name
    return io.TextIOWrapper(raw, "utf-8", "strict" if fd == 1 else "backslashreplace", write_through=True)


STREAMS = stream(1, "<stdout>"), stream(2, "<stderr>"), Input()


def show_warning(message, category, filename, lineno, file=None, line=None):
    try:
        ask("warn", str(message), category, lineno)
    except RuntimeError:
        pass  # the solution is being loaded: nobody is there


def contestant():
    sys.stdout, sys.stderr, sys.stdin = sys.__stdout__, sys.__stderr__, sys.__stdin__ = STREAMS
    warnings.showwarning = show_warning
    warnings.simplefilter("always")
    for d, n, f in WRAPPERS:
        if d not in (vars(doctest), vars(logging)):
            d[n] = f


def judge():
    role.judging = True
    sys.modules["solution"].__class__ = Main
    SolutionFinder.armed = True
    for d, n, f in WRAPPERS:
        d[n] = f
    unittest.TestCase.assertSetEqual = same_sets
    Loader.get_data = get_data
    _virtual_loop.other = Other()
    sys.path_hooks[:] = sys.path_hooks[-1:]  # no archives


# ---- what the other side asks of names


SKIPPED = frozenset("__builtins__ __name__ __doc__ __package__ __loader__ __spec__ __file__ __path__ __cached__ __annotations__".split())


def do_pull(names):
    check(type(names) is tuple and all(type(n) is str for n in names))
    found = []
    for n in names:
        v = space.names.get(n, MISSING)
        if v is not MISSING and n in space.announced and crosses(n, v):
            space.given.add(n)
            found.append((n, v))
    return tuple(found)


def do_names(names, lines=False):
    G = space.names
    if lines:
        _apart.tell_lines()
    if names is None:
        names = tuple(n for n in G if not (n.startswith("__") and n.endswith("__")))
    out = tuple((n, G[n]) for n in names if n in G and n not in SKIPPED)
    space.watched.update(out)
    return out


def do_all():
    G = space.names
    return tuple(G["__all__"]) if "__all__" in G else tuple(n for n in G if not n.startswith("_"))
