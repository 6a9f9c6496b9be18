"""Checks programs by verl's own client of SandboxFusion, as a trainer does: 16 samples
at a time with 8 cases each, 128 requests at once. Fails on any result but the right one.
Arguments: folder of sandbox_fusion, URL, number of samples."""

import collections
import concurrent.futures
import logging
import sys
import time

sys.path.insert(0, sys.argv[1])
from sandbox_fusion import compute_score  # noqa: E402
from sandbox_fusion.utils import check_correctness  # noqa: E402

logging.disable(logging.ERROR)
url, samples = sys.argv[2], int(sys.argv[3])
CASES = 8
RIGHT = "a, b = map(int, input().split())\nprint(a + b)\n"

# What a sample does, and what verl makes of it: True, False, -2 (ended with an error),
# -3 (out of time). One in 256 never ends.
KINDS = [
    (RIGHT, True),
    ("a, b = map(int, input().split())\nprint(a - b)\n", False),
    ("a, b = map(int, input().split())\nprint(a + b + undefined)\n", -2),
    ("import sys\nprint(sum(int(w) for w in sys.stdin.read().split()))\n", True),
    ("def add(a, b):\n    return a + b\n", "call"),
    ("print(\n", -2),
    ("print('no', end='')\nraise SystemExit(1)\n", -2),
    ("class Solution:\n    def add(self, a, b):\n        return a + b\n", "call"),
]
ENDLESS = ("while True:\n    pass\n", -3)


def check(i):
    code, want = ENDLESS if i % 256 == 255 else KINDS[i % len(KINDS)]
    code += f"# sample {i}\n"
    numbers = [(i + k, k + 1) for k in range(CASES)]
    cases = {"inputs": [f"{a} {b}\n" for a, b in numbers], "outputs": [f"{a + b}\n" for a, b in numbers]}
    if want == "call":
        cases["inputs"] = [f"{a}\n{b}" for a, b in numbers]
        cases["fn_name"], want = "add", True
    timeout = 1 if want == -3 else 10
    got, about = check_correctness(url, cases, code, timeout=timeout)
    if got != [want] * CASES:
        raise SystemExit(f"sample {i}: {got}, want {want}: {about}")
    return want


began = time.time()
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    counts = collections.Counter(pool.map(check, range(samples)))
took = time.time() - began
score, about = compute_score(url, None, 1024, f"Here it is:\n```python\n{RIGHT}```\n", {"inputs": ["1 2", "3 4"], "outputs": ["3", "8"]})
if score != 0.5:
    raise SystemExit(f"score {score}: {about}")
print(f"{samples * CASES} requests in {took:.1f} s: {dict(counts)}")
