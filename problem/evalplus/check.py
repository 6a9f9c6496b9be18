# The ground truth of EvalPlus as one test program: the candidate's output on
# every input is compared with the canonical solution's. The rules are those of
# evalplus 0.3 (evalplus/eval, Apache-2.0); all names stay inside one function,
# for the solution's names live in the same module.
def _coderm_evalplus(candidate, source, entry_point, task, inputs, atol):
    import copy
    import json
    import math

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

    def close(out, want):
        if isinstance(want, (list, tuple)):
            return len(out) == len(want) and all(close(o, w) for o, w in zip(out, want))
        return out == want or abs(out - want) <= atol + 1e-07 * abs(want)

    def polynomial(coefficients, x):
        return sum(c * math.pow(x, i) for i, c in enumerate(coefficients))

    def pyramid(base, height):
        slant = math.sqrt((base / 2) ** 2 + height ** 2)
        return round(base ** 2 + 2 * base * slant)

    def digit_distance(a, b):
        a, b = str(a), str(b)
        width = max(len(a), len(b))
        return sum(abs(int(x) - int(y)) for x, y in zip(a.zfill(width), b.zfill(width)))

    def equal(out, want, args):
        if entry_point == "are_equivalent":
            return True
        if entry_point == "sum_div":
            return out == want or out == 0
        if entry_point == "surface_Area":
            return out == want or abs(out - pyramid(*args)) <= atol
        if entry_point == "digit_distance_nums":
            return out == want or out == digit_distance(*args)
        if entry_point in ("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
                           "larg_nnum", "intersection_array", "find_dissimilar", "Diff"):
            return set(out) == set(want)
        if entry_point in ("check_str", "text_match_three", "text_starta_endb"):
            return out == want if isinstance(out, bool) else bool(want) == (out is not None)
        return out == want

    canonical = {}
    exec(source, canonical)
    reference = canonical[entry_point]
    for args in json.loads(inputs):
        args = convert(args)
        want = reference(*copy.deepcopy(args))
        if entry_point == "find_zero":
            # Any root will do. The canonical solution's Newton iteration is chaotic
            # on some inputs: where the last bit of pow makes it miss, skip them.
            if abs(polynomial(*args, want)) > atol:
                continue
            out = candidate(*copy.deepcopy(args))
            assert abs(polynomial(*args, out)) <= atol, f"{out} is not a root of {args[0]}"
            continue
        out = candidate(*args)
        if atol == 0 and is_floats(want):
            atol = 1e-6
        same = equal(out, want, args)
        if not same and atol != 0:
            same = type(out) is type(want) and close(out, want)
        assert same, f"{entry_point}{tuple(args)!r:.200} gives {out!r:.200}, not {want!r:.200}"
