from collections import deque

class Crate:
    def __init__(self, v): self.v = v

held = []

def hand(x):
    """A callback: takes what it gets, changes it, and gives something older."""
    held.append(x)
    if isinstance(x, list): x.append(len(x))
    elif isinstance(x, dict): x["held"] = len(held)
    elif hasattr(x, "v"): x.v = [x.v]
    return held[len(held) // 2]

def show(*roots):
    """The roots as text, in which an object that was there before is its number."""
    seen, alive, out, todo = {}, [], [], list(reversed(roots))
    while todo:
        x = todo.pop()
        if type(x) is str and x[:1] == " ":
            out.append(x)
            continue
        kind = type(x).__name__
        if kind in ("int", "str", "NoneType", "bool", "float"):
            out.append(repr(x))
        elif id(x) in seen:
            out.append("#%d" % seen[id(x)])
        else:
            seen[id(x)] = len(seen)
            alive.append(x)  # a number is an object's only while it lives, and a stand-in may not
            if kind in ("list", "tuple", "deque"): parts = list(x)
            elif kind == "dict": parts = [p for kv in x.items() for p in kv]
            elif kind in ("set", "frozenset"): parts = list(x)
            elif kind == "bytearray": parts = [bytes(x).hex()]
            else: parts = [x.v]
            out.append("%s(" % kind)
            todo.append(" )")
            todo.extend(reversed(parts))
    return " ".join(out)
