# Reads {"code": a program, "seed": a number, "most": a number} and prints a JSON list of
# its mutants, programs that differ from it in one small place, in the order of the
# places: so many at most, drawn by the seed, or all of them where it is 0.
import ast, copy, json, random, sys

COMPARED = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
JOINED = {ast.And: ast.Or, ast.Or: ast.And}
JUMPS = {ast.Break: ast.Continue, ast.Continue: ast.Break}
DELETED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Delete, ast.Raise, ast.Assert, ast.Break, ast.Continue)
# What does not change what a program does, or seldom.
PASSED_OVER = {"annotation", "returns", "decorator_list"}


def with_(node, **fields):
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def number(value):
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def is_number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def is_text(node):
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def negated(node):
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else ast.UnaryOp(ast.Not(), node)


def of_node(node):
    """The changes of a node wherever it stands: rules and what takes its place."""
    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                for other in COMPARED[type(op)]:
                    yield "comparison", with_(node, ops=[*ops[:i], other(), *ops[i + 1:]])
        case ast.BinOp(left=a, op=op, right=b) if type(op) in COMPUTED and not is_text(a) and not is_text(b):
            yield "arithmetic", with_(node, op=COMPUTED[type(op)]())
        case ast.AugAssign(op=op, value=b) if type(op) in COMPUTED and not is_text(b):
            yield "arithmetic", with_(node, op=COMPUTED[type(op)]())
        case ast.BoolOp(op=op):
            yield "boolean", with_(node, op=JOINED[type(op)]())
        case ast.Constant(value=bool(value)):
            yield "boolean", ast.Constant(not value)
        case ast.Constant(value=value) if is_number(node):
            yield "constant", number(value + 1)
            yield "constant", number(value - 1)
        case ast.UnaryOp(op=ast.Not()):
            yield "boolean", negated(node)
        case ast.UnaryOp(op=ast.USub() | ast.Invert(), operand=operand):
            yield "sign", operand
        case ast.Return(value=ast.expr()):
            yield "return", ast.Return()
        case ast.Break() | ast.Continue():
            yield "loop", JUMPS[type(node)]()
    if isinstance(node, DELETED) or isinstance(node, ast.AnnAssign) and node.value:
        yield "statement", ast.Pass()


def of_place(parent, field, node):
    """The changes that a node has for where it stands."""
    if field == "test" or field == "ifs":
        told = isinstance(node, ast.Compare) and len(node.ops) == 1 and len(COMPARED[type(node.ops[0])]) == 1
        if not told and not isinstance(node, ast.Constant):
            yield "boolean", negated(node)
    bound = isinstance(parent, ast.Slice) and field != "step"
    if bound or isinstance(parent, ast.Subscript) and field == "slice":
        signed = isinstance(node, ast.UnaryOp) and is_number(node.operand)
        if not signed and not isinstance(node, (ast.Constant, ast.JoinedStr, ast.Slice, ast.Tuple)):
            for op in (ast.Add(), ast.Sub()):
                yield "index", ast.BinOp(node, op, ast.Constant(1))


def places(parent):
    """Every place of a tree: a list that holds a node, or an object and a name, and the changes there."""
    for field, value in ast.iter_fields(parent):
        if field in PASSED_OVER:
            continue
        nodes = value if isinstance(value, list) else [value]
        for i, node in enumerate(nodes):
            if not isinstance(node, ast.AST) or isinstance(node, ast.pattern):
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            for rule, new in (*of_place(parent, field, node), *of_node(node)):
                yield parent, field, i if value is nodes else None, rule, node, new
            yield from places(node)


def put(parent, field, i, node):
    if i is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[i] = node


def compiles(text):
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def main():
    given = json.load(sys.stdin)
    tree = ast.parse(given["code"])
    found = list(enumerate(places(tree)))
    if given["most"]:
        random.Random(given["seed"]).shuffle(found)
    seen, out = {ast.unparse(tree)}, []
    for at, (parent, field, i, rule, old, new) in found:
        put(parent, field, i, new)
        text = ast.unparse(tree)
        put(parent, field, i, old)
        if text in seen or not compiles(text):
            continue
        seen.add(text)
        out.append((at, {"rule": rule, "line": old.lineno, "was": ast.unparse(old), "now": ast.unparse(new), "code": text + "\n"}))
        if len(out) == given["most"]:
            break
    json.dump([m for _, m in sorted(out, key=lambda m: m[0])], sys.stdout)


main()
