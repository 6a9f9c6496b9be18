#!/usr/bin/env python3
"""Measures what the sandbox takes from generation when both work at once.

    make && benchmarks/engine/busy.py

Generation has half of the cores, as in a run, the sandbox the others. Each
repetition measures generation alone and beside the sandbox, in turns, and once
more with a thread on every core, where the two get into each other's way.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from compare import HERE, baselines


def generation(args, n, threads):
    out = subprocess.run(
        [args.coderm, "bench", "-m", args.model, "-p", "302", "-n", str(args.gen), "--samples", str(n), "--tests", "tg",
         "-r", "1", "-t", str(threads), "-o", "json"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)[0]["avg_ts"]


class Sandbox:
    """Pairs without end on that many workers."""

    def __init__(self, args, workers):
        self.command = f'while "{args.coderm}" exec --bench --quiet --workers {workers} >/dev/null; do :; done'

    def __enter__(self):
        self.shell = subprocess.Popen(["bash", "-c", self.command], start_new_session=True)
        return self

    def __exit__(self, *_):
        if self.shell.poll() is not None:
            sys.exit("the sandbox stopped by itself: nothing was busy")
        os.killpg(self.shell.pid, 15)
        self.shell.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", help="GGUF file (default: SmolLM2-135M-Instruct at Q4_0, made by build-baselines.sh)")
    p.add_argument("--coderm", default=HERE.parent.parent / "bin/coderm", help="the binary to measure")
    p.add_argument("--gen", type=int, default=64, help="tokens of each sample")
    p.add_argument("--samples", type=lambda s: [int(x) for x in s.split(",")], default=[1, 16], help="values of N")
    p.add_argument("--repeat", type=int, default=5)
    args = p.parse_args()
    args.model = args.model or baselines()[1]

    cores = len(os.sched_getaffinity(0))
    half = max(1, cores // 2)
    workers = cores - half or 1
    print(f"{cores} cores, sandbox on {workers}; tokens/s alone, beside the sandbox, and the median of their ratios\n")
    print("| threads | N | alone | busy | ratio |\n|--:|--:|--:|--:|--:|")
    for threads in (half, cores):
        for n in args.samples:
            alone, busy = [], []
            for _ in range(args.repeat):
                alone.append(generation(args, n, threads))
                with Sandbox(args, workers):
                    busy.append(generation(args, n, threads))
            ratio = statistics.median(b / a for a, b in zip(alone, busy))
            print(f"| {threads} | {n} | {statistics.median(alone):.0f} | {statistics.median(busy):.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
