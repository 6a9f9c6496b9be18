#!/usr/bin/env python3
"""Checks and measures coderm on a GPU; scripts/gpu-check.sh builds what it needs.

Everything is run in turn on a machine that should be otherwise idle: 'coderm doctor
--gpu' compares the GPU with the CPU, 'coderm bench' measures, and then those that
are there of llama-batched-bench, llama-server, vLLM, SGLang, and torch with
transformers. What fails is said on the page, and costs nothing else.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import frameworks  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPERATURE, TOP_P = 0.8, 0.95

# Bytes a second of the GPU's memory by NVIDIA's data sheets: nvidia-smi does not tell.
BANDWIDTH = {
    "H200": 4.8e12, "H100 NVL": 3.94e12, "H100 PCIe": 2.04e12, "H100": 3.35e12, "B200": 8e12, "GH200": 4e12,
    "A100-SXM4-80GB": 2.04e12, "A100 80GB PCIe": 1.94e12, "A100": 1.56e12, "L40S": 0.864e12, "L4": 0.3e12,
    "A10": 0.6e12, "T4": 0.32e12, "V100": 0.9e12, "RTX 5090": 1.79e12, "RTX 4090": 1.01e12, "RTX 3090": 0.936e12,
}


def run(command, seconds, **env):
    """Runs a command and returns what it printed, or raises with the end of what it said."""
    try:
        p = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=seconds, env=os.environ | env)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"not done after {seconds} s") from None
    if p.returncode != 0:
        raise RuntimeError(" ".join((p.stderr or p.stdout).strip().splitlines()[-1:]) or f"exit code {p.returncode}")
    return p.stdout


class Power:
    """Watches the GPU's power while a measurement runs: watts, on average."""

    def __enter__(self):
        self.watts, self.stop = [], threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.stop.wait(0.2):
            try:
                out = run(["nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits"], 5)
                self.watts.append(sum(float(x) for x in out.split()))
            except (OSError, RuntimeError, ValueError):
                return

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def mean(self):
        # The first and last look may be of before and after.
        inner = self.watts[1:-1] or self.watts
        return sum(inner) / len(inner) if inner else None


def measure(what, fn, failures):
    """A row {n: (tokens a second, watts)}; what fails is noted."""
    print(f"gpu-check: {what}", file=sys.stderr)
    try:
        return fn()
    except (OSError, RuntimeError, ValueError, KeyError, ImportError) as e:
        failures[what] = str(e) or type(e).__name__
        return {}


def coderm(args, model):
    def tests():
        rates = {}
        for n in args.samples:
            with Power() as power:
                out = run([args.coderm, "bench", "-m", model, "-p", args.prompt, "-n", args.gen, "--samples", n, "--tests", "tg",
                           "-r", args.repeat, "-o", "json", "--gpu-layers", args.gpu_layers], args.seconds)
            row = json.loads(out)[0]
            rates[n] = (row["avg_ts"], power.mean())
            args.device = row["gpu_info"] or args.device
            (args.out / f"bench-{n}.json").write_text(out)
        return rates
    return tests


def batched_bench(args, model):
    def tests():
        rates = {}
        for n in args.samples:
            cells = n * -(-(args.prompt + args.gen + 64) // 256) * 256
            with Power() as power:
                out = run([args.baselines / "llama-batched-bench", "-m", model, "-c", cells, "-b", 2048, "-ub", 512, "-npp", args.prompt,
                           "-ntg", args.gen, "-npl", n, "-pps", "-no-kvu", "-ngl", 999, "--output-format", "jsonl"], args.seconds)
            row = next(json.loads(line) for line in out.splitlines() if line.startswith("{"))
            rates[n] = (n * args.gen / row["t_tg"], power.mean())
        return rates
    return tests


def server(args, model, extra):
    """llama-server, N completions of one prompt in a request; end to end."""
    def tests():
        rates = {}
        for n in args.samples:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            cells = n * -(-(args.prompt + args.gen + 64) // 256) * 256
            log = open(args.out / "server.log", "w")
            p = subprocess.Popen([str(c) for c in [
                args.baselines / "llama-server", "-m", model, "--host", "127.0.0.1", "--port", port, "-np", n, "-c", cells, "-b", 2048,
                "-ub", 512, "-no-kvu", "-ngl", 999, "--cache-ram", 0, "--no-webui", *extra]], stdout=log, stderr=log)
            try:
                rates[n] = ask(f"http://127.0.0.1:{port}", p, args, n)
            finally:
                p.send_signal(signal.SIGTERM)
                p.wait()
                log.close()
        return rates
    return tests


def ask(url, process, args, n):
    def post(path, body):
        request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=args.seconds) as r:
            return json.load(r)

    for _ in range(10 * args.seconds):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}; see server.log")
        try:
            urllib.request.urlopen(url + "/health", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    prompt = post("/tokenize", {"content": "def add(a, b):\n    return a + b\n" * (1 + args.prompt // 8)})["tokens"][:args.prompt]

    def complete(tokens, count, gen):
        answer = post("/completion", {"prompt": tokens, "n_predict": gen, "n_cmpl": count, "ignore_eos": True, "seed": 1,
                                      "samplers": ["temperature", "top_p"], "temperature": TEMPERATURE, "top_p": TOP_P, "min_p": 0, "top_k": 0})
        return sum(x["tokens_predicted"] for x in (answer if isinstance(answer, list) else [answer]))

    complete(prompt[::-1], 1, 2)  # warms up on another prompt
    with Power() as power:
        begin = time.monotonic()
        tokens = complete(prompt, n, args.gen)
        took = time.monotonic() - begin
    return tokens / took, power.mean()


def usable(args, model):
    """Tests a second that the sandbox could use, of the bundled problems."""
    examples, folder = args.out / "examples", args.out / "run"
    if not examples.exists():
        run([args.coderm, "example", examples, "-q"], 60)
    problems = (examples / "problems.jsonl").read_text().splitlines(keepends=True)[:args.problems]
    names = {json.loads(line)["task_id"] for line in problems}
    solutions = [line for line in (examples / "solutions.jsonl").read_text().splitlines(keepends=True) if json.loads(line)["task_id"] in names]
    (args.out / "problems.jsonl").write_text("".join(problems))
    (args.out / "solutions.jsonl").write_text("".join(solutions))
    begin = time.monotonic()
    p = subprocess.run([str(c) for c in [
        args.coderm, "rerank", "-q", "--json", "--problems", args.out / "problems.jsonl", "--solutions", args.out / "solutions.jsonl",
        "--model", model, "--tests-per-problem", args.tests, "--gpu-layers", args.gpu_layers, "--out", folder]],
        capture_output=True, text=True, timeout=args.seconds)
    took = time.monotonic() - begin
    if p.returncode not in (0, 3):
        raise RuntimeError(p.stderr.strip().splitlines()[-1])
    outcomes = json.loads(p.stdout)["problems"]
    ran = sum(o["tests_ran"] for o in outcomes)
    drawn = sum(o["completions"] for o in outcomes)
    return f"{ran} usable tests of {drawn} completions in {took:.1f} s, the sandbox included: {ran / took:.1f} a second"


def token_bytes(args, model):
    """Bytes of weights that a token reads: all but the embedding table, unless it is the output, too."""
    tensors = {t["name"]: t["bytes"] for t in json.loads(run([args.coderm, "model", "inspect", model, "--json"], 60))["tensors"]}
    total = sum(tensors.values())
    return total - tensors["token_embd.weight"] if "output.weight" in tensors else total


def machine(args):
    """What the measurements were made on."""
    facts = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["processor"] = f"{line.split(':')[1].strip()}, {len(os.sched_getaffinity(0))} cores"
            break
    try:
        facts["GPU"] = run(["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.memory,power.limit", "--format=csv,noheader"], 20).strip()
    except (OSError, RuntimeError):
        facts["GPU"] = args.device
    try:
        facts["compiler"] = run(["nvcc", "--version"], 20).strip().splitlines()[-1]
    except (OSError, RuntimeError):
        pass
    facts["coderm"] = "; ".join(run([args.coderm, "--version"], 20).splitlines())
    facts["load before"] = args.load
    return facts


def cell(rates, n, ours):
    if n not in rates:
        return "–"
    rate = rates[n][0]
    ratio = f" ({ours[n][0] / rate:.2f})" if n in ours and rates is not ours else ""
    return f"{rate:.1f}{ratio}"


def page(args, checks, rows, facts, failures, weights, took):
    name = facts["GPU"] if facts["GPU"] == args.device else facts["GPU"].split(",")[0]  # nvidia-smi's line has more
    ours = rows["coderm"]
    lines = [f"# {name}", "", f"By `scripts/gpu-check.sh`, backend {args.backend}, in {took / 60:.1f} minutes.", ""]
    lines += [f"- {what}: {text}" for what, text in facts.items() if text]
    lines += [f"- model: {args.model_name}, {weights / 1e6:.0f} MB read for a token", "", "## Checks", "", "| | | |", "|---|---|---|"]
    lines += [f"| {c['what']} | {c['state']} | {c['detail'].replace('|', '/')} |" for c in checks]
    lines += ["", "## Speed", "",
              f"Tokens a second of N completions of {args.gen} tokens of one prompt of {args.prompt}; in brackets coderm's rate divided by that one. "
              "coderm draws and detokenizes every token, as servers and frameworks do; llama-batched-bench only decodes. Servers and frameworks "
              "are measured from prompt to text, the others after the prompt.", "",
              "| | " + " | ".join(f"N={n}" for n in args.samples) + " |", "|---|" + "---|" * len(args.samples)]
    lines += [f"| {what} | " + " | ".join(cell(r, n, ours) for n in args.samples) + " |" for what, r in rows.items() if r]
    bandwidth = args.bandwidth * 1e9 or next((b for part, b in BANDWIDTH.items() if part in name), 0)
    if 1 in ours and bandwidth:
        lines += ["", f"At N=1 the weights are read at {ours[1][0] * weights / 1e9:.0f} GB/s, {100 * ours[1][0] * weights / bandwidth:.0f} % of the "
                  f"memory's {bandwidth / 1e9:.0f} GB/s."]
    joules = [f"{n}: {rate / watts:.2f}" for n, (rate, watts) in ours.items() if watts]
    lines += ["", "Tokens a joule, by N: " + ", ".join(joules) + "." if joules else "No power was measured: nvidia-smi tells none."]
    lines += ["", args.usable]
    if failures:
        lines += ["", "## What did not run", ""] + [f"- {what}: {why}" for what, why in failures.items()]
    return "\n".join(lines) + "\n"


def arguments():
    p = argparse.ArgumentParser(prog="scripts/gpu-check.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--backend", default="cuda", choices=["cuda", "vulkan"])
    p.add_argument("--out", default="gpu-check", type=Path, help="folder of the page and what it was made of")
    p.add_argument("--no-baselines", action="store_true", help="build neither llama-batched-bench nor llama-server")
    p.add_argument("--model", help="GGUF file or name in the model store (default: the synthetic one)")
    p.add_argument("--synthetic", default="llama-8b", help="shape of the synthetic model")
    p.add_argument("--quant", default="Q4_K_M", help="its quantization")
    p.add_argument("--samples", default="1,16,64,256", type=lambda s: [int(x) for x in s.split(",")], help="values of N")
    p.add_argument("--prompt", default=512, type=int, help="tokens of the prompt")
    p.add_argument("--gen", default=128, type=int, help="tokens of a completion")
    p.add_argument("--repeat", default=2, type=int)
    p.add_argument("--tokens", default=24, type=int, help="length of the texts that GPU and CPU are compared by")
    p.add_argument("--tests", default=20, type=int, help="tests a problem, with --model")
    p.add_argument("--problems", default=12, type=int, help="of the bundled ones, likewise")
    p.add_argument("--gpu-layers", default="auto")
    p.add_argument("--bandwidth", default=0, type=float, help="GB/s of the GPU's memory (default: NVIDIA's data sheet)")
    p.add_argument("--seconds", default=240, type=int, help="longest that one measurement may take")
    for hidden in ("--baselines", "--coderm"):
        p.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    p.add_argument("--build-seconds", default=0, type=int, help=argparse.SUPPRESS)
    args = p.parse_args()
    args.coderm = args.coderm or ROOT / "bin/coderm"
    args.load, args.device, args.usable = " ".join(map(str, os.getloadavg())), "", ""
    args.out.mkdir(exist_ok=True)
    return args


def main():
    args, begin, failures = arguments(), time.monotonic(), {}
    model = args.model
    if not model:
        print(f"gpu-check: making the synthetic {args.synthetic}", file=sys.stderr)
        # bench makes it; the shortest one there is.
        out = run([args.coderm, "bench", "--synthetic", args.synthetic, "--quant", args.quant, "-p", 16, "-n", 1, "--samples", 1,
                   "--tests", "tg", "-r", 1, "-o", "json"], 900)
        model = json.loads(out)[0]["model_filename"]
    args.model_name = args.model or f"synthetic {args.synthetic}, {args.quant}"

    print("gpu-check: comparing the GPU with the CPU", file=sys.stderr)
    checks = subprocess.run([str(c) for c in [args.coderm, "doctor", "--gpu", "--json", "--model", model, "--tokens", args.tokens,
                                              "--gpu-layers", args.gpu_layers]], capture_output=True, text=True)
    (args.out / "doctor.json").write_text(checks.stdout)
    if not checks.stdout.strip():
        sys.exit(f"gpu-check: {checks.stderr.strip()}")
    findings = json.loads(checks.stdout)

    rows = {"coderm": measure("coderm", coderm(args, model), failures)}
    if args.baselines:
        for name, fn in {
            "llama-batched-bench": batched_bench(args, model),
            "llama-server, sampling on the GPU": server(args, model, ["--backend-sampling"]),
            "llama-server": server(args, model, []),
        }.items():
            rows[name] = measure(name, fn, failures)
    for name, fn in frameworks.there(args).items():
        rows[name] = measure(name, fn, failures)
    args.usable = "Usable tests a second need a model that writes tests: run it again with `--model`."
    if args.model:
        try:
            args.usable = usable(args, model)
        except (OSError, RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
            failures["usable tests"] = str(e)
    text = page(args, findings, rows, machine(args), failures, token_bytes(args, model), time.monotonic() - begin + args.build_seconds)
    (args.out / "page.md").write_text(text)
    print(text)
    print(f"gpu-check: the page is {args.out}/page.md", file=sys.stderr)
    if checks.returncode or "coderm" in failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
