#!/usr/bin/env python3
"""Compares our ground truth with EvalPlus's own evaluator, solution by solution.

    python3 -m venv venv && venv/bin/pip install evalplus==0.3.1
    venv/bin/python benchmarks/evalplus/compare.py --out build/evalplus [--each FIRST:END | --samples FILE.jsonl]

Without --each and --samples, the 164 solutions are those that `coderm rerank` chooses
among CodeGen-16B's by CodeT's tests and the questions' examples; --each takes some of
each problem's 100, duplicates included. EvalPlus runs with the most patient limits its
command line has: 60 s for one input, and 62 s for a level, which it sets itself; with
--seconds, both have that for an input (EvalPlus's default is 1), and its seconds are of
processor time, as ours. --problems is a part of the data set's file, for samples of
those only. Prints every solution judged otherwise, and exits 1 if there is one, and the
processor time of both, children included.
CODERM and CODERM_DATA are as for the other benchmarks.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODERM = os.environ.get("CODERM", ROOT / "bin/coderm")
DATA = Path(os.environ.get("CODERM_DATA", ROOT / "../shared/data"))
FILES = {"humaneval": DATA / "HumanEvalPlus-NoExtreme.jsonl.gz", "mbpp": DATA / "MbppPlus-NoExtreme.jsonl.gz"}


def coderm(*args):
    return subprocess.run([CODERM, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True).stdout


def choose(out):
    """The samples.jsonl of a run on the recorded solutions and tests."""
    prefix = f"{DATA}/codet-HumanEval_"
    codegen = prefix + "codegen16B_temp0.8_topp0.95_num100_max300_"
    coderm("import", "-q", "--from", "codet", "--problems", prefix + "for_code_generation.jsonl.zst",
           "--solutions", codegen + "code_solution.jsonl.zst", "--tests", codegen + "test_case.jsonl.zst", "--out", out / "in")
    coderm("rerank", "-q", "--problems", DATA / "HumanEval.jsonl.gz", "--solutions", out / "in/solutions.jsonl",
           "--tests", out / "in/tests.jsonl", "--fuel", 500_000_000, "--out", out / "choice")
    return out / "choice/samples.jsonl"


def recorded(out, first, end):
    """Some of each problem's samples by CodeGen-16B, as they were drawn."""
    path = out / "samples.jsonl"
    lines = subprocess.run(["zstd", "-dc", DATA / "humaneval-codegen16b.jsonl.zst"], check=True, stdout=subprocess.PIPE).stdout.splitlines()
    with open(path, "w") as f:
        for p in map(json.loads, lines):
            for row in p["sample_of"][first:end]:
                print(json.dumps({"task_id": p["task_id"], "solution": p["prompt"] + p["solutions"][row]}), file=f)
    return path


def processor_time(work):
    """What a call returns, and the seconds of its child processes."""
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before = spent()
    return work(), spent() - before


def evalplus(dataset, problems, samples, out, seconds):
    """By task: for each sample whether it passes the base inputs, and all inputs."""
    copy = out / "evalplus.jsonl"
    copy.write_bytes(samples.read_bytes())
    results = out / "evalplus_eval_results.json"
    if not results.exists():
        env = {"XDG_CACHE_HOME": str(out), f"{dataset.upper()}_OVERRIDE_PATH": str(problems)}
        if seconds:
            command = [Path(__file__).with_name("processor_clock.py"), dataset, "--min_time_limit", str(seconds)]
        else:
            command = ["-m", "evalplus.evaluate", dataset, "--min_time_limit", "60", "--gt_time_limit_factor", "60"]
        subprocess.run([sys.executable, *command, "--samples", copy], check=True, env=os.environ | env, stdout=sys.stderr)
    return {
        task: [(s["base_status"] == "pass", s["base_status"] == s["plus_status"] == "pass") for s in samples]
        for task, samples in json.loads(results.read_text())["eval"].items()
    }


def ours(problems, samples, out, seconds):
    inputs = ["--problems", problems]
    limits = ["--min-time-limit", seconds] if seconds else []
    coderm("exec", "-q", *inputs, "--solutions", samples, "--out", out / "run")
    levels = []
    for level in "base", "plus":
        coderm("eval", out / "run", "--ground-truth", level, "--save", out / f"{level}.jsonl", *inputs, *limits)
        lines = [json.loads(line) for line in open(out / f"{level}.jsonl")]
        levels.append({p["task_id"]: [p["truth"][row] == "1" for row in p.get("sample_of") or range(len(p["truth"]))] for p in lines})
    base, plus = levels
    return {task: list(zip(base[task], plus[task])) for task in base.keys() & plus.keys()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dataset", choices=FILES, default="humaneval")
    p.add_argument("--problems", type=Path)
    p.add_argument("--samples", type=Path)
    p.add_argument("--each", metavar="FIRST:END")
    p.add_argument("--seconds", type=float)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    a.out = a.out.resolve()
    samples = a.samples or (recorded(a.out, *map(int, a.each.split(":"))) if a.each else choose(a.out))
    problems = (a.problems or FILES[a.dataset]).resolve()
    theirs, their_time = processor_time(lambda: evalplus(a.dataset, problems, samples, a.out, a.seconds))
    mine, our_time = processor_time(lambda: ours(problems, samples, a.out, a.seconds))
    same = total = 0
    for task, verdicts in theirs.items():
        for k, verdict in enumerate(verdicts):
            got = mine[task][k] if task in mine else "not judged"
            total, same = total + 1, same + (got == verdict)
            if got != verdict:
                print(f"{task} sample {k}: (base, plus) is {verdict} by EvalPlus, here {got}")
    right = [sum(v[level] for vs in theirs.values() for v in vs) for level in (0, 1)]
    print(f"{same} of {total} solutions are judged alike; by EvalPlus {right[0]} pass the base inputs, {right[1]} all")
    print(f"processor time: EvalPlus {their_time:.0f} s, ours {our_time:.0f} s, for both levels")
    return same < total


if __name__ == "__main__":
    sys.exit(main())
