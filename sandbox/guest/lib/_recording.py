"""Which calls of a function a test makes, as expressions in text, and which of its methods do: the
test runs, and what it asserts does not end it. Only in the judge."""

import _apart
import builtins
import ast, sys, types, unittest
from _pytest.cases import plan
from _pytest.outcomes import OutcomeException

# What a test puts in the place of a builtin is not for this module.
globals().update({n: v for n, v in vars(builtins).items() if not n.startswith("_")})

CALLS, LENGTH, LEVELS = 200, 4000, 20


class Calls:
    """What comes of it, for observe.c."""

    def __init__(self, texts):
        self.texts = texts


def calls(source, entry, names):
    """The test runs in names, where the solution's entry is."""
    found = {}
    at = [""]

    def told(*a, **k):
        try:
            text = f"{entry}({', '.join([*map(literal, a), *(f'{n}={literal(v)}' for n, v in k.items())])})"
        except (ValueError, RecursionError):
            return
        if len(text) <= LENGTH and len(found) < CALLS:
            found[f"{at[0]}\t{text}"] = None

    _apart.watch(names.get(entry), told)
    run(compile(Tolerant().visit(ast.parse(source)), "/test.py", "exec"), names, at)
    return Calls(tuple(found))


class Tolerant(ast.NodeTransformer):
    """Whatever a statement raises, the next one runs."""

    def visit_Assert(self, node):
        return self.tried(ast.copy_location(ast.Expr(node.test), node))

    def visit_With(self, node):
        return self.tried(self.generic_visit(node))

    def visit_Expr(self, node):
        return self.tried(node)

    visit_AsyncWith = visit_With

    @staticmethod
    def tried(node):
        passed = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Pass()])
        return ast.fix_missing_locations(ast.copy_location(ast.Try([node], [passed], [], []), node))


def run(code, names, at):
    """at[0] is the method that runs, as the runner names it."""
    before, others = dict(names), []
    attempt(exec, code, names)
    pytest = "pytest" in sys.modules
    for n, v in list(names.items()):
        if before.get(n) is v:
            continue
        if isinstance(v, type) and issubclass(v, unittest.TestCase):
            attempt(v.setUpClass)
            for method in unittest.defaultTestLoader.getTestCaseNames(v):
                at[0] = f"{n}.{method}"
                attempt(lambda: v(method).debug())
                at[0] = ""
            attempt(v.tearDownClass)
        elif (isinstance(v, type) and n.startswith("Test")) or (pytest and n.startswith("test") and isinstance(v, types.FunctionType)):
            others.append((n, v))
        elif n.startswith("test") and callable(v):
            at[0] = n
            attempt(v)
            at[0] = ""
    for c in (attempt(plan, others, names, pytest) or [()])[0]:
        at[0] = f"{c.owner}.{c.name}" if c.owner else c.name
        attempt(c.set_up)
        attempt(c.call)
        attempt(c.tear_down)
        at[0] = ""


def attempt(f, *a):
    try:
        return f(*a)
    except (Exception, OutcomeException):
        pass


def literal(x, level=0):
    """The text of a plain value, told by its exact type; ValueError where it is none."""
    t = type(x)
    if x is None or t in (bool, int, str, bytes):
        return repr(x)
    if t in (float, complex):
        text = repr(x)
        return text.replace("inf", "1e999") if "nan" not in text else error()
    if level == LEVELS:
        error()
    inner = lambda items: ", ".join(literal(v, level + 1) for v in items)
    if t is list:
        return f"[{inner(x)}]"
    if t is tuple:
        return f"({inner(x)}{',' * (len(x) == 1)})"
    if t is set:
        return f"{{{inner(x)}}}" if x else "set()"
    if t is frozenset:
        return f"frozenset([{inner(x)}])"
    if t is dict:
        return "{" + ", ".join(f"{literal(k, level + 1)}: {literal(v, level + 1)}" for k, v in x.items()) + "}"
    return error()


def error():
    raise ValueError("no plain value")
