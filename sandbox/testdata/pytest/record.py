"""Writes what real pytest says of this folder's pairs into their headers, and their cases into cases.txt.

    python3.13 -m venv V && V/bin/pip install pytest==9.2.0
    PYTHONHASHSEED=0 V/bin/python record.py

Each pair is one file, solution and then test, in a process of its own; README.md describes the
archives. Any arguments are the pairs to talk about: their failures are printed.
"""

import importlib.machinery
import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "classes"))
from record import edited, read


class Watch:
    """The outcome of each case: by what it raised, where pytest only knows failed and passed."""

    def __init__(self):
        self.cases = {}
        self.broken = False

    def note(self, name, kind):
        if self.cases.get(name) in (None, "pass"):
            self.cases[name] = kind

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        name = item.nodeid.partition("::")[2].replace("::", ".")
        if report.skipped and not hasattr(report, "wasxfail"):
            by_author = call.when == "setup" and any(item.iter_markers(m) for m in ("skip", "skipif"))
            if not (by_author and item._store_skipped_by_mark):
                self.note(name, "error")
        elif report.failed:
            e = call.excinfo
            failure = e is None or issubclass(e.type, (AssertionError, pytest.fail.Exception))
            self.note(name, "fail" if failure else "error")
        elif getattr(report, "wasxfail", "").startswith("[NOTRUN]"):
            pass
        elif call.when == "call" or hasattr(report, "wasxfail"):
            self.note(name, "pass")
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        from _pytest.skipping import evaluate_skip_marks

        item._store_skipped_by_mark = evaluate_skip_marks(item) is not None

    def pytest_collectreport(self, report):
        self.broken = self.broken or report.failed or report.skipped


class Solution:
    """Any name that nothing else is known by is the file that is being imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if "test_main" not in sys.modules else importlib.machinery.ModuleSpec(name, Solution)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        sys.modules[module.__name__] = sys.modules["test_main"]


def verdict(solution, test, show=False):
    sys.meta_path.append(Solution)
    folder = pathlib.Path(tempfile.mkdtemp())
    os.chdir(folder)
    pathlib.Path("test_main.py").write_text(solution + "\n" + test)
    watch = Watch()
    if not show:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "test_main.py"], plugins=[watch])
    kind = next((k for k in watch.cases.values() if k != "pass"), "pass" if watch.cases else "error")
    return "error" if watch.broken else kind, watch.cases


def alone(*args):
    """verdict in a process of its own."""
    r, w = os.pipe()
    child = os.fork()
    if not child:
        kind, cases = verdict(*args)
        os.write(w, "\n".join([kind, *(f"{k} {n}" for n, k in cases.items())]).encode())
        os._exit(0)
    os.close(w)
    said = b""
    while piece := os.read(r, 1 << 16):
        said += piece
    os.close(r)
    os.waitpid(child, 0)
    kind, *cases = said.decode().split("\n")
    return kind, cases


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 13) and os.environ.get("PYTHONHASHSEED") == "0"
    here = pathlib.Path(__file__).parent.resolve()
    listing = []
    for archive in sorted(here.glob("*.txtar")):
        comment, parts = read(archive.read_text())
        name = solution = test = ""
        for i, part in enumerate(parts):
            if part[0] == "test":
                continue
            wrong = part[0].startswith("wrong")
            if not wrong:
                name, solution, test = part[0], part[2], parts[i + 1][2]
            show = name in sys.argv[1:]
            part[1], cases = alone(edited(solution, part[2]) if wrong else solution, test, show)
            if (part[1] == "pass") == wrong:
                print(f"{archive.name}: {name} {part[0]}: {part[1]}")
            if not wrong:
                listing.append(f"{archive.stem}/{name}\n" + "".join(f"    {c}\n" for c in cases))
        out = comment + "".join(f"-- {n}{': ' if v else ''}{v} --\n{b}" for n, v, b in parts)
        archive.write_text(out)
    (here / "cases.txt").write_text("".join(listing))
