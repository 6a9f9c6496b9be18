#!/usr/bin/env python3
"""Measures coderm's engine against llama.cpp's own tools, side by side.

    make && benchmarks/engine/compare.py --model MODEL.gguf --threads 2

The others are built by build-baselines.sh on the first run. All get the same
model, prompt length, sample length, threads and, where they sample at all,
the same sampling (temperature 0.8, top-p 0.95). They take turns within every
repetition, each in a fresh process. Two tables come out:

  generation   tokens a second after the prompt is done. coderm draws and
               detokenises every token; llama-batched-bench only decodes.
  end to end   from the prompt's text to the samples' texts.

--by cpu divides by processor seconds instead of the clock's: for one thread on
a machine that is busy with other things. Generation is then what the tokens
beyond a short run cost, so that loading and the prompt cancel out.
"""

import argparse
import concurrent.futures
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHORT = 16  # tokens a sample in the short run of --by cpu
PASSAGE = (HERE / "prompt.txt").read_text()
SAMPLING = {"temperature": 0.8, "top_p": 0.95, "top_k": 0, "min_p": 0.0}


class Tool:
    """One contestant. run(n, gen) draws n samples of gen tokens of one prompt
    and returns seconds: gen (generation only), e2e, cpu; those it can tell."""

    generates = ends = True  # which tables it is in
    least = 1  # the smallest n that is a case of its own

    def __init__(self, args, base):
        self.args, self.base, self.calls = args, base, 0

    def cells(self, n, gen):  # a context for n sequences, padded as llama.cpp does
        return n * -(-(self.args.prompt + gen + 64) // 256) * 256

    def text(self):  # never the same twice: a prompt seen before is not computed
        self.calls += 1
        return f"Problem {os.getpid()}.{self.calls}.\n" + PASSAGE * (1 + self.args.prompt // 150)


class Coderm(Tool):
    name = "coderm"

    def run(self, n, gen):
        a = self.args
        out = subprocess.run(
            [a.coderm, "bench", "-m", a.model, "-p", str(a.prompt), "-n", str(gen), "--samples", str(n),
             "--tests", "tg,e2e", "-r", "1", "-t", str(a.threads), "-o", "json"],
            check=True, capture_output=True, text=True).stdout
        tg, e2e = json.loads(out)
        return {"gen": tg["avg_ns"] / 1e9, "e2e": e2e["avg_ns"] / 1e9, "cpu": e2e["cpu_seconds"]}


class BatchedBench(Tool):
    ends = False

    def __init__(self, args, base, unified):
        super().__init__(args, base)
        self.flag = "-kvu" if unified else "-no-kvu"
        self.name = "llama-batched-bench, " + ("unified KV" if unified else "a stream each")

    def run(self, n, gen):
        a = self.args
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run(
            [self.base / "build/bin/llama-batched-bench", "-m", a.model, "-c", str(self.cells(n, gen)), "-b", "2048",
             "-ub", "512", "-npp", str(a.prompt), "-ntg", str(gen), "-npl", str(n), "-pps", self.flag,
             "-t", str(a.threads), "--output-format", "jsonl"],
            check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = next(json.loads(line) for line in out.splitlines() if line.startswith("{"))
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"gen": row["t_tg"], "cpu": cpu}


class IkBatchedBench(Tool):
    """ik_llama.cpp's of the same name, which prints a table alone."""

    ends = False
    name = "ik_llama.cpp's llama-batched-bench, -rtr -fa on"

    def run(self, n, gen):
        a = self.args
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run(
            [Path(a.ik).resolve() / "bin/llama-batched-bench", "-m", Path(a.model).resolve(), "-c", str(self.cells(n, gen)), "-b", "2048",
             "-ub", "512", "-npp", str(a.prompt), "-ntg", str(gen), "-npl", str(n), "-pps", "-rtr", "-fa", "on",
             "-t", str(a.threads)],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=a.ik).stdout  # writes a log
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = next(line for line in out.splitlines() if re.match(r"\|\s+\d", line))
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"gen": float(row.split("|")[7]), "cpu": cpu}


class Server(Tool):
    generates = False

    def __init__(self, args, base, unified, parallel):
        super().__init__(args, base)
        self.flag = "-kvu" if unified else "-no-kvu"
        self.parallel, self.least = parallel, 2 if parallel else 1
        how = "parallel requests" if parallel else "n_cmpl=N"
        self.name = f"llama-server, {how}, " + ("unified KV" if unified else "a stream each")

    def run(self, n, gen):
        a = self.args
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        server = subprocess.Popen(
            [self.base / "build/bin/llama-server", "-m", a.model, "--host", "127.0.0.1", "--port", str(port), "-np", str(n),
             "-c", str(self.cells(n, gen)), "-b", "2048", "-ub", "512", self.flag, "-t", str(a.threads), "--cache-ram", "0",
             "--no-webui"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.url = f"http://127.0.0.1:{port}"
            self.wait(server)
            prompt = self.post("/tokenize", {"content": self.text(), "add_special": True})["tokens"][:a.prompt]
            self.complete(prompt[::-1], 1, 2)  # warms up on another prompt
            cpu, begin = cpu_of(server.pid), time.monotonic()
            if self.parallel:
                with concurrent.futures.ThreadPoolExecutor(n) as pool:
                    tokens = sum(pool.map(lambda _: self.complete(prompt, 1, gen), range(n)))
            else:
                tokens = self.complete(prompt, n, gen)
            took = {"e2e": time.monotonic() - begin, "cpu": cpu_of(server.pid) - cpu}
        finally:
            server.terminate()
            server.wait()
        if tokens != n * gen:
            sys.exit(f"{self.name}: {tokens} tokens instead of {n * gen}")
        return took

    def wait(self, server):
        while server.poll() is None:
            try:
                with urllib.request.urlopen(self.url + "/health") as r:
                    if r.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.name}: the server ended with {server.returncode}")

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as r:
            return json.load(r)

    def complete(self, prompt, n, gen):
        """Returns the number of tokens generated."""
        answer = self.post("/completion", {
            "prompt": prompt, "n_predict": gen, "n_cmpl": n, "ignore_eos": True, "seed": self.calls,
            "samplers": ["temperature", "top_p"], **SAMPLING})
        answers = answer if isinstance(answer, list) else [answer]
        return sum(x["tokens_predicted"] for x in answers)


class Python(Tool):
    """Sequential: the rate does not depend on n, so four samples will do."""

    generates = False
    name = "llama-cpp-python, sequential"

    def run(self, n, gen):
        a, few = self.args, min(n, 4)
        job = {"model": a.model, "threads": a.threads, "prompt": a.prompt, "text": self.text(), "n": few, "gen": gen, **SAMPLING}
        env = os.environ | {"LLAMA_CPP_LIB_PATH": str(self.base / "build/bin"), "PYTHONPATH": str(self.base)}
        out = subprocess.run([self.base / "venv/bin/python", HERE / "sequential.py"], input=json.dumps(job), env=env,
                             check=True, capture_output=True, text=True).stdout
        took = json.loads(out.splitlines()[-1])
        # The prompt is computed once; only the samples scale.
        return {k: took["prompt_" + k] + took["samples_" + k] * n / few for k in ("e2e", "cpu")}


def baselines():
    """Builds what is missing; returns its folder and the default model."""
    base = Path(subprocess.run([HERE / "build-baselines.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    return base, base.parent / "models/SmolLM2-135M-Instruct.Q4_0.gguf"


def cpu_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(tools, args):
    """rates[table][tool][n] = a list of tokens a second, one a repetition."""
    rates = {table: {t.name: {n: [] for n in args.samples} for t in tools} for table in ("generation", "end to end")}
    for rep in range(args.repeat):
        for n in args.samples:
            for t in tools:
                if n < t.least:
                    continue
                seconds = t.run(n, args.gen)
                found = {}
                if t.generates and args.by == "cpu":
                    found["generation"] = n * (args.gen - SHORT) / (seconds["cpu"] - t.run(n, SHORT)["cpu"])
                elif t.generates:
                    found["generation"] = n * args.gen / seconds["gen"]
                if t.ends:
                    found["end to end"] = n * args.gen / seconds["cpu" if args.by == "cpu" else "e2e"]
                for name, rate in found.items():
                    rates[name][t.name][n].append(rate)
                said = ", ".join(f"{name} {rate:.1f}" for name, rate in found.items())
                print(f"{rep + 1}/{args.repeat} N={n} {t.name}: {said}", file=sys.stderr)
    return rates


def table(title, rates, samples):
    print(f"\n{title} (tokens/s, mean ± sd; in brackets coderm's rate divided by this one, median of the repetitions)\n")
    print("| | " + " | ".join(f"N={n}" for n in samples) + " |")
    print("|---|" + "---|" * len(samples))
    ours = rates["coderm"]
    for name, by_n in rates.items():
        cells = []
        for n in samples:
            r = by_n[n]
            if not r:
                cells.append("–")
                continue
            sd = statistics.stdev(r) if len(r) > 1 else 0
            ratio = "" if name == "coderm" else f" ({statistics.median(o / x for o, x in zip(ours[n], r)):.2f})"
            cells.append(f"{statistics.mean(r):.1f} ± {sd:.1f}{ratio}")
        if any(by_n.values()):
            print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", help="GGUF file (default: SmolLM2-135M-Instruct at Q4_0, made by build-baselines.sh)")
    p.add_argument("--coderm", default=HERE.parent.parent / "bin/coderm", help="the binary to measure")
    p.add_argument("--prompt", type=int, default=302, help="tokens of the prompt")
    p.add_argument("--gen", type=int, default=128, help="tokens of each sample")
    p.add_argument("--samples", type=lambda s: [int(x) for x in s.split(",")], default=[1, 16, 64], help="values of N")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--by", choices=["wall", "cpu"], default="wall")
    p.add_argument("--ik", metavar="BUILD", help="measure the llama-batched-bench of this build of ik_llama.cpp, too")
    p.add_argument("--only", help="comma-separated: batched,server,python,ik (default: all)")
    args = p.parse_args()
    if args.by == "cpu" and args.gen <= SHORT:
        p.error(f"--gen must be above {SHORT} with --by cpu")

    base, model = baselines()
    args.model = str(args.model or model)
    groups = {
        "batched": [BatchedBench(args, base, True), BatchedBench(args, base, False)],
        "server": [Server(args, base, u, par) for par in (False, True) for u in (True, False)],
        "python": [Python(args, base)],
    }
    if args.ik:
        groups["ik"] = [IkBatchedBench(args, base)]
    chosen = args.only.split(",") if args.only else list(groups)
    tools = [Coderm(args, base)] + [t for g in chosen for t in groups[g]]
    rates = measure(tools, args)
    print(f"{Path(args.model).name}, prompt {args.prompt}, {args.gen} tokens a sample, {args.threads} threads, "
          f"{args.repeat} repetitions, by {args.by} time")
    table("Generation", rates["generation"], args.samples)
    table("End to end", rates["end to end"], args.samples)


if __name__ == "__main__":
    main()
