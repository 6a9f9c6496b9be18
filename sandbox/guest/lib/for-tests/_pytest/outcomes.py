"""How a test says what comes of it."""

import enum, importlib


class OutcomeException(BaseException):
    """No Exception, so that a test's own except clauses let it through."""

    def __init__(self, msg=None, pytrace=True):
        super().__init__(msg)
        self.msg = msg

    def __str__(self):
        return str(self.msg or type(self).__name__)


class Skipped(OutcomeException):
    pass


class Failed(OutcomeException):
    """The runner counts it as it counts AssertionError."""


class XFailed(Failed):
    pass


class Exit(Exception):
    pass


def absent(what):
    raise NotImplementedError(f"pytest's {what} is not in the sandbox")


def fail(reason="", pytrace=True):
    raise Failed(reason)


# A test that ends itself this way is an error, as with unittest: the solution could have done it.


def skip(reason="", *, allow_module_level=False):
    raise Skipped(reason)


def xfail(reason=""):
    raise XFailed(reason)


def exit(reason="", returncode=None):
    raise Exit(reason)


fail.Exception, skip.Exception, xfail.Exception, exit.Exception = Failed, Skipped, XFailed, Exit


def importorskip(modname, minversion=None, reason=None, *, exc_type=None):
    try:
        return importlib.import_module(modname)
    except exc_type or ImportError as e:
        raise Skipped(reason or f"could not import {modname!r}: {e}") from None


class ExitCode(enum.IntEnum):
    OK = 0
    TESTS_FAILED = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    USAGE_ERROR = 4
    NO_TESTS_COLLECTED = 5


def main(args=None, plugins=None):
    """Does nothing: the runner runs the tests. sys.exit() of what it returns ends the text, and
    nothing else (see cases.c)."""
    return ExitCode.OK
