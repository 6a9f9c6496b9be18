def put(x, y):
    if isinstance(x, list): x.append(y)
    elif isinstance(x, dict): x[len(x)] = y
    elif isinstance(x, deque): x.appendleft(y)
    elif isinstance(x, set): x.add(len(x))
    elif isinstance(x, bytearray): x.append(len(x) % 256)
    elif hasattr(x, "v"): x.v = y

def take(x, i):
    if isinstance(x, (list, tuple, deque)) and x: return x[i % len(x)]
    if isinstance(x, dict) and x: return list(x.values())[i % len(x)]
    return getattr(x, "v", x)

def drop(x, i):
    if isinstance(x, (list, deque)) and x: del x[i % len(x)]
    elif isinstance(x, (dict, set)) and x: x.pop(i % len(x), None) if isinstance(x, dict) else x.discard(i)
    elif isinstance(x, bytearray): del x[:i]
    elif hasattr(x, "v"): x.v = i

def turn(x):
    if isinstance(x, list): x.reverse()
    elif isinstance(x, deque): x.rotate(1)
    elif isinstance(x, dict) and x: x[next(iter(x))] = x.pop(next(iter(x)))
    elif isinstance(x, bytearray): x.reverse()
