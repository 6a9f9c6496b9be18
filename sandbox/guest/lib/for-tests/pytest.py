"""What of pytest is in the sandbox: what tests of functions and classes use, with the
meaning that pytest 9 gives it. Tests alone can import it. What is not here says so."""

from _pytest.approx import approx
from _pytest.builtin import CaptureFixture, LogCaptureFixture, MonkeyPatch, TempPathFactory
from _pytest.fixtures import FixtureRequest, fixture
from _pytest.mark import Mark, MarkDecorator, mark, param
from _pytest.outcomes import ExitCode, exit, fail, importorskip, main, skip, xfail
from _pytest.raises import ExceptionInfo, raises
from _pytest.warned import WarningsRecorder, deprecated_call, warns

__version__ = "9.2.0"


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(f"module 'pytest' has no attribute {name!r}")
    raise NotImplementedError(f"pytest's {name} is not in the sandbox")
