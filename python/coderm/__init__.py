"""Pick the right program among candidates, by the coderm on this machine.

    import coderm

    best = coderm.rerank("Write add(a, b), the sum.", candidates)[0]
    print(best.code, best.score)

With ``server`` (or the variable CODERM_URL) a running ``coderm serve`` is
asked, whose model is loaded already; else the program ``coderm`` is run.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence, Union

__all__ = ["CodermError", "Ranked", "rerank"]

_TASK = "query"  # the server's name for it: what is drawn by lot depends on that

# A test's program, or an object with the fields of a test, as in files of them.
Test = Union[str, Mapping[str, Any]]


class CodermError(Exception):
    """What coderm says that it could not do."""


@dataclass(frozen=True)
class Ranked:
    """A candidate's standing."""

    index: int  # among the candidates
    score: float  # 0 to 1, of the selector
    code: str


def rerank(
    problem: str,
    candidates: Sequence[str],
    *,
    tests: Sequence[Test] = (),
    entry_point: str = "",
    tests_per_problem: int | None = None,
    selector: str = "",
    seed: int | None = None,
    model: str = "",
    server: str | None = None,
    binary: str = "coderm",
    timeout: float | None = None,
) -> list[Ranked]:
    """Rank whole programs that answer a question, the chosen one first.

    The tests to choose by are those given, beside the examples in the question;
    without any, the local model writes some. ``entry_point`` names the function
    asked for. ``timeout`` is in seconds. Raises CodermError.
    """
    if not isinstance(problem, str):
        raise TypeError(f"problem is the text of the question, not a {type(problem).__name__}")
    if not candidates:
        return []
    url = os.environ.get("CODERM_URL", "") if server is None else server
    if url:
        standing = _ask(url, timeout, _without_nothing({
            "query": problem, "documents": list(candidates), "tests": [_fields(t) for t in tests],
            "entry_point": entry_point, "tests_per_problem": tests_per_problem, "selector": selector,
            "seed": seed, "model": model,
        }))
    else:
        options = _without_nothing({
            "tests-per-problem": tests_per_problem, "selector": selector, "seed": seed, "model": model})
        standing = _run(binary, timeout, problem, candidates, tests, entry_point, options)
    return [Ranked(index, score, candidates[index]) for index, score in standing]


def _without_nothing(options: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in options.items() if v is not None and v != "" and v != []}


def _fields(test: Test) -> Mapping[str, Any]:
    return {"test": test} if isinstance(test, str) else test


def _ask(url: str, timeout: float | None, body: dict[str, Any]) -> list[tuple[int, float]]:
    request = urllib.request.Request(
        url.rstrip("/") + "/v1/rerank", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            results = json.load(answer)["results"]
    except urllib.error.HTTPError as e:
        raise CodermError(_said(e)) from e
    except OSError as e:
        raise CodermError(f"{url}: {e}") from e
    return [(r["index"], r["relevance_score"]) for r in results]


def _said(e: urllib.error.HTTPError) -> str:
    text = e.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text or str(e)


def _run(
    binary: str, timeout: float | None, problem: str, candidates: Sequence[str],
    tests: Sequence[Test], entry_point: str, options: dict[str, Any],
) -> list[tuple[int, float]]:
    with tempfile.TemporaryDirectory(prefix="coderm-") as folder:
        def write(name: str, lines: list[Mapping[str, Any]]) -> str:
            path = Path(folder, name)
            path.write_text("".join(json.dumps({"task_id": _TASK, **x}) + "\n" for x in lines))
            return str(path)

        asked: dict[str, Any] = {"question": problem}
        if entry_point:
            asked["entry_point"] = entry_point
        command = [
            binary, "rerank", "--quiet", "--out", str(Path(folder, "run")),
            "--problems", write("problems.jsonl", [asked]),
            "--solutions", write("solutions.jsonl", [{"solution": c} for c in candidates]),
        ]
        if tests:
            command += ["--tests", write("tests.jsonl", [_fields(t) for t in tests])]
        command += [f"--{name}={value}" for name, value in options.items()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise CodermError(str(e)) from e
        if done.returncode not in (0, 3):  # 3: there is a choice, and something is missing
            raise CodermError(done.stderr.strip() or f"{binary} ended with {done.returncode}")
        return _standing(json.loads(Path(folder, "run", "scores.jsonl").read_text()), len(candidates))


def _standing(line: dict[str, Any], candidates: int) -> list[tuple[int, float]]:
    """The order in a line of scores.jsonl, as the server gives it."""
    score = {s["solution"]: float(s["score"]) for s in line["solutions"]}
    most = max(score.values(), default=0.0)

    def relevance(i: int) -> float:
        if i not in score:
            return 0.0  # the examples rule it out
        if min(score.values()) < 0:  # logarithms: how likely beside the best
            return math.exp(min(0.0, score[i] - most))
        return min(1.0, score[i] / max(1.0, most))

    order = [s["solution"] for s in sorted(line["solutions"], key=lambda s: (s["rank"], s["solution"]))]
    order += [i for i in range(candidates) if i not in score]
    order.sort(key=lambda i: i != line.get("chosen"))
    return [(i, relevance(i)) for i in order]
