"""Judge and contestant in two instances: what an object of one is in the other.

Plain values cross in C (wire.c). Here is the rest: values of the library, classes,
exceptions, handles, and what either side may ask of the other. Both run this code;
`judging` says which this is. What the judge reads is hostile: `refuse` ends the pair.
"""

import _apart
import builtins
import collections, copy, enum, importlib, pickle, sys, types, unittest, unittest.mock, warnings
from _apart import Function, Method, Remote, ask, refuse
from _side_common import DICT, MRO, Wrap, check, role, solution, weakly
from _side_common import NOTHING, LIB, MODULE, CLASS, MEMBER, EXCEPTION, VALUE_, BOUND, BUILTIN, WRAPPED, RUNNING, DERIVED, TRACE
from _side_library import FAMILIES, FORBIDDEN, HANDED_ON, IMMUTABLE, LIBRARY, MODULES, PLACE, SAFE, SPECIAL, VALUES, base_of, module_name, plain_tuple, value_of
from _side_running import RUNNERS, STEPPED, do_loop, do_poll, do_step, do_task, do_turn, get_running, state
from _side_classes import ANSWERS, class_for, copied, do_describe, do_special, forwarded, listed, number_of, replaced, special, specials
from _side_policy import INSIDE, handed, own_class
from _side_names import do_example, do_pull, do_source
# What the other side may ask for, and what C calls.
from _side_classes import class_for, copied, deepcopied, do_attribute, do_describe, do_new, do_special, do_subclass, listed, reduced
from _side_names import apply_extras, begin, contestant, do_all, do_names, judge, known, loaded, put_extras
from _side_policy import decorated, serve_call, serve_get, serve_set
from _side_running import do_poll, do_step, do_task
from _observe import do_state

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

# ---- writing what is no plain value

recent = collections.deque(maxlen=256)  # exceptions of late, which must stay the same when they come back


def put_class(c):
    """A class as a value."""
    h = _apart.handle(c)
    if h is not None:
        return c
    return Wrap(CLASS, number_of(c))


def put_other(x):
    t = type(x)
    if t is Wrap:
        return x.pair
    if isinstance(x, type) and issubclass(t, type):
        if id(x) in PLACE and (role.judging or SAFE[PLACE[id(x)]]):
            return LIB, PLACE[id(x)]
        if role.judging and issubclass(x, (unittest.TestCase, *FORBIDDEN)):
            return NOTHING, None
        return CLASS, number_of(x)
    if isinstance(t, enum.EnumMeta):
        name = x._name_ if type(x._name_) is str and x._name_ in t.__members__ else None
        return MEMBER, (t, name if name is not None else int.__int__(x._value_) if isinstance(x._value_, int) else None)
    if issubclass(t, BaseException):
        return EXCEPTION, put_exception(x, t)
    k = value_of(t)
    if k is not None and (role.judging or k not in HANDED_ON):
        return VALUE_, (k, VALUES[k][1](x))
    if id(x) in PLACE and (role.judging or SAFE[PLACE[id(x)]]):
        return LIB, PLACE[id(x)]
    if issubclass(t, types.ModuleType):
        name = module_name(x)
        if name:
            return MODULE, name
        if role.judging and (x.__spec__ is not None or x is solution()):
            return (NOTHING, None) if x is not solution() else (MODULE, "solution")
        if not role.judging and x is solution():
            return MODULE, "solution"
    if t is Method:
        return put_other(Wrap(BOUND, (None, replaced.get(x) or _apart.attribute(x.__objclass__, x.__name__))))
    if t is types.MethodType:
        if type(x.__func__) is Method:
            return BOUND, (None, _apart.attribute(x.__self__, x.__func__.__name__))
        n = getattr(x.__func__, "__name__", None)
        if not role.judging and type(n) is str and any(DICT(b).get(n) is x.__func__ for b in MRO(type(x.__self__)) if id(b) not in PLACE):
            return BOUND, (x.__self__, n)
        return BOUND, (x.__self__, x.__func__)
    if t is types.BuiltinMethodType and type(x.__self__) in FAMILIES + [*IMMUTABLE] and type(x.__self__) is not str:
        return BUILTIN, (x.__self__, x.__name__)
    if t in (staticmethod, classmethod):
        return WRAPPED, ("s" if t is staticmethod else "c", x.__func__)
    if t is property:
        return WRAPPED, ("p", (x.fget, x.fset, x.fdel))
    if t in RUNNERS:
        return RUNNING, (RUNNERS.index(t), _apart.export(x), x.__name__, x.__qualname__, t is types.GeneratorType and x.gi_suspended)
    if t in STEPPED:
        return RUNNING, (3 + STEPPED.index(t), _apart.export(x), "", "", False)
    if t is types.TracebackType:
        return TRACE, x.tb_lineno
    if isinstance(x, FORBIDDEN if role.judging else FORBIDDEN[:2]):
        return NOTHING, None
    base = base_of(t)
    if base in IMMUTABLE:
        return DERIVED, (t, None if plain_tuple(t) or _apart.handle(t) is not None else _apart.export(x), IMMUTABLE[base](x))
    if base is not None:
        return t, _apart.export(x), FAMILIES.index(base)
    return object_class(t)


def object_class(t):
    """The number of the class that instances of t are shown as, once and for all."""
    c = t
    if issubclass(t, unittest.mock.NonCallableMock) and len(t.__bases__) and id(t) not in PLACE:
        c = MOCKS.setdefault((MRO(t)[1], frozenset(specials(t))), t)  # each mock has a class of its own
    k = number_of(c)
    _apart.export_class(t, k)
    return k


MOCKS = {}


def put_exception(x, t):
    if id(t) in PLACE and not SAFE[PLACE[id(t)]]:
        t = next(b for b in MRO(t) if id(b) in PLACE and SAFE[PLACE[id(b)]])
    args = x.args
    if isinstance(x, OSError) and x.filename is not None and len(args) == 2:
        args = (*args, x.filename)
    state = tuple((n, v) for n, v in x.__dict__.items() if type(n) is str and n != "_h") if id(t) in PLACE else (
        (("__notes__", x.__notes__),) if hasattr(x, "__notes__") else ())
    if isinstance(x, (ImportError, NameError, AttributeError)):
        state += tuple((n, getattr(x, n)) for n in ("name", "path") if type(getattr(x, n, None)) is str)
        obj = getattr(x, "obj", None)
        if obj is not None and not isinstance(obj, type) and (own_class(type(obj)) if role.judging else type(obj).__module__ == "solution"):
            state += (("obj", obj),)
    remember(x)
    near = lambda e: e if isinstance(e, BaseException) and e is not x else None
    if isinstance(x, StopIteration) and not args and x.value is not None:
        args = (x.value,)
    return t, args, _apart.export(x), near(x.__cause__), near(x.__context__) if not loops(x) else None, x.__suppress_context__, state, x.__traceback__ is not None


def remember(e):
    if len(recent) == recent.maxlen:
        old = recent.popleft()
        k = _apart.handle(old)
        if k is not None:
            _apart.forget(id(old), k)
            _apart.release(k)
    recent.append(e)


def loops(x):
    seen = set()
    while x is not None:
        if id(x) in seen or len(seen) > 20:
            return True
        seen.add(id(x))
        x = x.__context__
    return False


# ---- reading it


def get_other(kind, p):
    return GET[kind](p) if kind < len(GET) else refuse("a value of no kind")


def get_library(p):
    check(type(p) is int and 0 <= p < len(LIBRARY) and (not role.judging or SAFE[p]))
    return LIBRARY[p][1]


def get_module(p):
    check(type(p) is str)
    if p == "solution":
        return sys.modules["solution"]
    if p in MODULES:
        return MODULES[p]
    check(p.split(".")[0] in sys.stdlib_module_names and (not role.judging or p in sys.modules))
    return importlib.import_module(p)


def get_class(p):
    check(type(p) is int and p >= 0)
    return _apart.known_class(p) or class_for(p)


def get_member(p):
    check(type(p) is tuple and len(p) == 2 and isinstance(p[0], enum.EnumMeta) and type(p[1]) in (str, int))
    return p[0][p[1]] if type(p[1]) is str else p[0](p[1])


def get_value(p):
    check(type(p) is tuple and len(p) == 2 and type(p[0]) is int and 0 <= p[0] < len(VALUES) and type(p[1]) is tuple)
    _, put, fits, make = VALUES[p[0]]
    check(fits(p[1]) and not (role.judging and p[0] in HANDED_ON))
    return make(*p[1])


def get_bound(p):
    check(type(p) is tuple and len(p) == 2)
    x, f = p
    if type(f) is str:
        c = type(x)
        theirs = _apart.handle(c) is not None
        check(isinstance(x, Remote) or _apart.handle(x) is not None or _apart.is_exported(x) or theirs and isinstance(c, enum.EnumMeta))
        stub = next((DICT(b)[f] for b in MRO(c) if f in DICT(b)), None)
        if role.judging and not theirs and _apart.handle(x) is None:
            return serve_get(x, f)
        if theirs and not isinstance(stub, Method):
            stub = forwarded(f) if isinstance(c, enum.EnumMeta) else Method(c, f)
        return types.MethodType(stub, x) if isinstance(stub, Method) or theirs else _apart.attribute(x, f)
    check(callable(f))
    if role.judging:
        check(_apart.handle(f) is not None or isinstance(f, Method) or _apart.is_exported(f) or id(f) in PLACE)
    return types.MethodType(f, x) if x is not None else f


def get_builtin(p):
    check(type(p) is tuple and len(p) == 2 and type(p[1]) is str and (type(p[0]) in FAMILIES or type(p[0]) in IMMUTABLE) and type(p[0]) is not str)
    check(p[1] in DICT(type(p[0])) and not p[1].startswith("__") or p[1] in SPECIAL)
    return getattr(p[0], p[1])


def get_wrapped(p):
    check(type(p) is tuple and len(p) == 2 and p[0] in ("s", "c", "p"))
    if p[0] == "p":
        check(type(p[1]) is tuple and len(p[1]) == 3)
        return property(*p[1])
    return staticmethod(p[1]) if p[0] == "s" else classmethod(p[1])


def get_derived(p):
    check(type(p) is tuple and len(p) == 3 and isinstance(p[0], type))
    c, k, v = p
    base = type(v)
    check(base in IMMUTABLE and issubclass(c, base) and (_apart.handle(c) is not None or hasattr(c, "_fields")))
    x = base.__new__(c, v)
    if k is not None:
        check(type(k) is int and k >= 0 and hasattr(x, "__dict__"))
        object.__getattribute__(x, "__dict__")["_h"] = k
    return x


def get_exception(p):
    check(type(p) is tuple and len(p) == 8)
    c, args, k, cause, context, suppress, state, traced = p
    check(isinstance(c, type) and issubclass(c, BaseException) and type(args) is tuple and type(k) is int and k >= 0 and type(state) is tuple)
    if role.judging:
        check(not issubclass(c, unittest.SkipTest))
    for e in recent:
        if _apart.handle(e) == k and type(e) is c:
            return e
    try:
        e = c.__new__(c, *args)
        if issubclass(c, (OSError, SyntaxError, UnicodeError, StopIteration, SystemExit, ImportError)):
            next(b for b in MRO(c) if id(b) in PLACE).__init__(e, *args)
    except Exception:
        e = c.__new__(c)
    e.args = args[:2] if isinstance(e, OSError) and len(args) > 2 else args
    own = id(c) not in PLACE
    for entry in state:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        if entry[0] == "__notes__" or not entry[0].startswith("__"):
            try:
                e.__dict__[entry[0]] = entry[1] if entry[0] not in ("name", "path", "obj") else setattr(e, *entry) or entry[1]
            except Exception:
                pass
    if own:
        e.__dict__["_h"] = k
    if isinstance(cause, BaseException):
        e.__cause__ = cause
    if isinstance(context, BaseException):
        e.__context__ = context
    e.__suppress_context__ = suppress is True
    if traced is True:
        e.__traceback__ = get_trace(0)
    remember(e)
    _apart.foreign(e, k)
    weakly(e, k)
    return e


def get_trace(line):
    """A traceback of the other side's is one of nothing here: it is there, and names a line."""
    check(type(line) is int and 0 <= line < 1 << 24)
    return types.TracebackType(None, THEIRS.tb_frame, THEIRS.tb_lasti, line)


def their_frame():
    try:
        exec(compile("raise Exception", "<the other side>", "exec"), {})
    except Exception as e:
        return e.__traceback__.tb_next


THEIRS = their_frame()


GET = [lambda p: None, get_library, get_module, get_class, get_member, get_exception, get_value, get_bound, get_builtin, get_wrapped, get_running, get_derived, get_trace]

# ---- requests by name

def do_text(how, x):
    if role.judging:
        handed(x)
    return repr(x) if how == "repr" else str(x)


def do_listed(x):
    if role.judging:
        handed(x)
        return [n for n in dir(x) if not n.startswith("__")]
    return dir(x)


def do_copy(x): return copy.copy(own(x))
def do_deepcopy(x): return copy.deepcopy(own(x))


def own(x):
    if role.judging:
        handed(x)
        if not own_class(type(x)):
            raise TypeError("not to be copied")
    return x


def do_judge_special(owner, n, x, a, k):
    handed(x)
    check(type(a) is tuple and type(k) in (dict, type(None)) and type(n) is str)
    if n not in SPECIAL or n in ("__init__", "__set_name__", "__get__", "__set__", "__delete__") and not own_class(type(x)) and not isinstance(x, unittest.mock.PropertyMock):
        raise AttributeError(n)
    return do_special(type(x), n, x, a, k)


def do_isinstance(x, c): return isinstance(x, c)
def do_issubclass(x, c): return issubclass(x, c)


def do_judge_isinstance(x, c):
    handed(c)
    return isinstance(x, c)


def do_judge_issubclass(x, c):
    handed(c)
    return isinstance(x, type) and issubclass(x, c)


def do_judge_attribute(x, n):
    """Of a member of an enumeration of the test's, or of the enumeration."""
    t = x if isinstance(x, enum.EnumMeta) else type(x)
    check(isinstance(t, enum.EnumMeta) and type(n) is str)
    if INSIDE.match(n) or n.startswith("_") or not own_class(t):
        raise AttributeError(n)
    return getattr(x, n)


SUBCLASSED = (types.FunctionType, types.MethodType, Function, property, staticmethod, classmethod, int, float, str, bool, bytes, type(None), list, dict, set, tuple)


def do_judge_subclass(name, bases, items, kw):
    """A class of the solution's that has one of the test's as its base. What it answers to
    comparisons with is not taken: nothing would ask it twice."""
    check(type(name) is str and type(bases) is tuple and bases and type(items) is tuple and type(kw) is dict)
    for b in bases:
        handed(b)
        if not own_class(b):
            raise TypeError("not a class to be extended")
    body = {}
    for entry in items:
        check(type(entry) is tuple and len(entry) == 2 and type(entry[0]) is str)
        n, v = entry
        if (type(v) in SUBCLASSED or isinstance(v, Function)) and n not in ANSWERS and (not n.startswith("__") or n in SPECIAL or n == "__doc__"):
            body[n] = v
    return number_of(types.new_class(name, bases, {}, lambda d: d.update(body, __module__="__main__")))


def do_stdin(n, a):
    check(n in ("read", "readline", "readlines") and type(a) is tuple and all(type(v) is int for v in a))
    return getattr(sys.stdin, n)(*a)


def do_warn(text, category, line):
    check(type(text) is str and isinstance(category, type) and issubclass(category, Warning) and type(line) is int)
    warnings.warn_explicit(text, category, "/solution.py", line)


def do_library(module, name, a, k):
    return getattr(MODULES[module], name)(*a, **k)


CONTESTANT = {n[3:]: f for n, f in list(globals().items()) if n.startswith("do_") and not n.startswith("do_judge_") and n not in ("do_pull", "do_stdin", "do_warn")}
CONTESTANT |= {"nothing": lambda: None, "source": lambda: do_source(), "example": lambda source: do_example(source), "pickle": lambda x: pickle.dumps(x), "unpickle": lambda data: pickle.loads(data)}
JUDGE = {"nothing": lambda: None, "special": do_judge_special, "isinstance": do_judge_isinstance, "issubclass": do_judge_issubclass, "attribute": do_judge_attribute, "subclass": do_judge_subclass, "text": do_text, "listed": do_listed, "copy": do_copy, "deepcopy": do_deepcopy, "pull": do_pull,
         "stdin": do_stdin, "warn": do_warn, "describe": do_describe, "step": do_step, "task": do_task, "poll": do_poll}


def serve(name, a):
    f = (JUDGE if role.judging else CONTESTANT).get(name)
    if f is None:
        refuse("a request of no kind")
    return f(*a)
