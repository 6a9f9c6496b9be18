# The ground truth of EvalPlus as one test program: the candidate's output on
# every input is compared with the canonical solution's. The rules are those of
# evalplus 0.3.1 (evalplus/eval, Apache-2.0), its quirks included; all names stay
# inside one function, for the solution's names live in the same module.
#
# Without a candidate it prints the canonical solution's outputs, which it is given as
# known with one. What is not known, or is not what is known by its hash only, is
# computed beside the candidate.
def _coderm_evalplus(candidate, source, entry_point, dataset, task, inputs, atol, known=None):
    import copy
    import itertools
    import json
    import math
    import time

    def deep_tuple(value):
        return tuple(deep_tuple(v) for v in value) if isinstance(value, list) else value

    def rows(value):
        return [tuple(row) for row in value]

    # JSON has no tuples, sets and complex numbers: MBPP's inputs by task.
    conversions = {
        (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596,
         616, 630, 726, 740, 744, 809): lambda args: rows(args),
        (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614,
         780): lambda args: [rows(a) for a in args],
        (75, 413, 444, 753): lambda args: [rows(args[0]), args[1]],
        (106, 750): lambda args: [args[0], tuple(args[1])],
        (115,): lambda args: [[set(a) if isinstance(a, list) and a else {} for a in args[0]]],
        (124,): lambda args: (float(args[0]), complex(args[1])),
        (250, 405, 446, 617, 720, 763, 808): lambda args: [tuple(args[0]), args[1]],
        (259, 401, 445): lambda args: [tuple(rows(a)) for a in args],
        (278,): lambda args: [tuple(tuple(a) if isinstance(a, list) else a for a in args[0])],
        (307,): lambda args: [tuple(args[0]), args[1], args[2]],
        (722,): lambda args: [{k: tuple(v) for k, v in args[0].items()}] + args[1:],
        (252,): lambda args: [complex(args[0])],
        (580, 615, 791): deep_tuple,
    }
    convert = next((f for tasks, f in conversions.items() if task in tasks), lambda args: args)

    def is_floats(value):
        if isinstance(value, (list, tuple)):
            return len(value) > 0 and all(isinstance(v, float) for v in value)
        return isinstance(value, float)

    def array(value):
        """The shape and the numbers of what numpy makes an array of numbers of."""
        if isinstance(value, (list, tuple)):
            parts = [array(v) for v in value]
            shapes = {shape for shape, _ in parts}
            assert len(shapes) <= 1, "rows of different shapes"
            return (len(value), *(shapes.pop() if shapes else ())), [n for _, numbers in parts for n in numbers]
        assert isinstance(value, (int, float, complex)), f"{value!r:.100} is no number"
        return (), [value]

    def broadcast(shape, numbers, to):
        """The numbers at each index of the shape to, by numpy's rules."""
        shape = (1,) * (len(to) - len(shape)) + shape
        steps = [math.prod(shape[k + 1:]) if n > 1 else 0 for k, n in enumerate(shape)]
        return [numbers[sum(i * s for i, s in zip(index, steps))] for index in itertools.product(*map(range, to))]

    def close(out, want):
        """numpy.allclose(out, want, rtol=1e-07, atol=atol)"""
        (a, outs), (b, wants) = array(out), array(want)
        fits = all(-(2**63) <= w < 2**64 for w in wants if isinstance(w, int))
        assert fits or not b, "integers that no array of numbers holds"
        to = []
        for m, n in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1):
            assert m == n or m == 1 or n == 1, f"shapes {a} and {b} do not match"
            to.insert(0, n if m == 1 else m)
        return all(
            o == w or (math.isfinite(abs(w)) and abs(o - w) <= atol + 1e-07 * abs(w))
            for o, w in zip(broadcast(a, outs, to), broadcast(b, wants, to))
        )

    def polynomial(coefficients, x):
        return sum(c * math.pow(x, i) for i, c in enumerate(coefficients))

    def pyramid(base, height):
        slant = math.sqrt((base / 2) ** 2 + height ** 2)
        return round(base ** 2 + 2 * base * slant)

    def digit_distance(a, b):
        a, b = str(a), str(b)
        width = max(len(a), len(b))
        return sum(abs(int(x) - int(y)) for x, y in zip(a.zfill(width), b.zfill(width)))

    not_none = dataset == "mbpp" and entry_point in ("check_str", "text_match_three", "text_starta_endb")

    def equal(out, want, args):
        exact = out == want
        if dataset != "mbpp":
            return exact
        if entry_point == "are_equivalent":
            return True
        if entry_point == "sum_div":
            return exact or out == 0
        if entry_point == "surface_Area":
            return exact or abs(out - pyramid(*args)) <= atol
        if entry_point == "digit_distance_nums":
            return exact or out == digit_distance(*args)
        if entry_point in ("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
                           "larg_nnum", "intersection_array", "find_dissimilar", "Diff"):
            return set(out) == set(want)
        if not_none:
            return exact if isinstance(out, bool) else want == (out is not None)
        return exact

    def text(value):
        kinds = (int, float, str, bool, bytes, complex, type(None), list, tuple, set, frozenset, dict)
        try:
            return f"{value!r:.120}" if type(value) in kinds else f"<{type(value).__name__}>"
        except Exception:  # a number of too many digits, an object in a list
            return f"<{type(value).__name__}>"

    def why(k, want, out):
        """Why a candidate is wrong: the call, what was expected and what came of it."""
        args = ", ".join(map(text, convert(json.loads(inputs)[k])))  # as they were before the calls
        return "\N{SYMBOL FOR UNIT SEPARATOR}".join((f"{entry_point}({args:.200})", want, out))

    canonical = {}

    def reference(args):
        if not canonical:
            exec(source, canonical)
        want = canonical[entry_point](*args)
        return want is not None if not_none else want

    def literal(value):
        """The text that is the value in a program; None where there is none, or a long one."""
        try:
            text = repr(value)
            back = eval(text, {"__builtins__": {}}) if len(text) <= 2000 else None
            return text if type(back) is type(value) and back == value else None
        except Exception:  # of another type, nan, too many digits or parentheses
            return None

    def outputs():
        """Prints the canonical solution's outputs as literals, of long strings the
        hashes, and the time that the longest of its calls takes."""
        known, longest = [], 0
        for args in map(convert, json.loads(inputs)):
            time.sleep(0)  # after which the sandbox's clock counts work as it is
            start = time.perf_counter_ns()
            want = reference(args)
            longest = max(longest, time.perf_counter_ns() - start)
            long = type(want) is str and len(want) > 1000
            known.append(f"#{hash(want)}" if long else literal(want))
        print("\n" + json.dumps({"nanoseconds": longest, "known": known}))

    if candidate is None:
        return outputs()

    later = object()  # in the place of what is known by its hash only
    for k, args in enumerate(json.loads(inputs)):
        args, expected = convert(args), known[k] if known else None
        before = copy.deepcopy(args)
        want = reference(before) if expected is None else later if isinstance(expected, str) else expected[0]
        any_root = dataset == "humaneval" and entry_point == "find_zero"
        # The canonical Newton iteration is chaotic on some inputs: where the last
        # bit of pow makes it miss, a root is not asked for.
        root_known = any_root and abs(polynomial(*args, want)) <= atol
        try:
            out = candidate(*args)
        except BaseException as e:
            want = reference(before) if want is later else want
            said = f": {e!s:.100}" if type(e).__module__ == "builtins" and e.args else ""
            raise AssertionError(why(k, text(want), f"raises {type(e).__name__}{said}")) from None
        if any_root:
            assert not root_known or abs(polynomial(*args, out)) <= atol, why(k, "a root", text(out))
            continue
        if want is later:
            want = out if type(out) is str and f"#{hash(out)}" == expected else reference(before)
        same = equal(out, want, args)
        if atol == 0 and is_floats(want):
            atol = 1e-6
        if not same and atol != 0:
            same = type(out) == type(want)
            if same and isinstance(want, (list, tuple)):
                same = len(out) == len(want)
            same = same and close(out, want)
        assert same, why(k, text(want), text(out))
