"""raises, and what it tells of the exception."""

import re, traceback
from _pytest.outcomes import fail


class ExceptionInfo:
    """Filled in when the block is left."""

    _value = None

    def __class_getitem__(cls, item):
        return cls

    @property
    def value(self):
        assert self._value is not None, ".value can only be used after the context manager exits"
        return self._value

    @property
    def type(self):
        return type(self.value)

    @property
    def typename(self):
        return self.type.__name__

    @property
    def tb(self):
        return self.value.__traceback__

    @property
    def traceback(self):
        return traceback.extract_tb(self.tb)

    def exconly(self, tryshort=False):
        return "".join(traceback.format_exception_only(self.type, self.value)).rstrip()

    def errisinstance(self, exc):
        return isinstance(self.value, exc)

    def match(self, regexp):
        __tracebackhide__ = True
        matching(regexp, self.value)
        return True

    def __str__(self):
        return repr(self)

    def __repr__(self):
        return "<ExceptionInfo for raises contextmanager>" if self._value is None else f"<ExceptionInfo {self._value!r} tblen={len(self.traceback)}>"


def matching(regexp, e):
    text = "\n".join([str(e), *getattr(e, "__notes__", ())])
    assert re.search(regexp, text), f"Regex pattern did not match.\n  Expected regex: {getattr(regexp, 'pattern', regexp)!r}\n  Actual message: {text!r}"


class Raises:
    def __init__(self, expected, match=None, check=None):
        self.expected, self.match, self.check = expected, match, check

    def __enter__(self):
        self.info = ExceptionInfo()
        return self.info

    def __exit__(self, kind, e, traceback):
        if kind is None:
            fail(f"DID NOT RAISE {name(self.expected)}")
        if not issubclass(kind, self.expected):
            return False
        self.info._value = e
        if self.match is not None:
            matching(self.match, e)
        if self.check is not None:
            assert self.check(e), f"check did not return True on {e!r}"
        return True


def name(expected):
    return " or ".join(e.__name__ for e in (expected if isinstance(expected, tuple) else (expected,)))


def exceptions(expected, base=BaseException):
    for e in expected if isinstance(expected, tuple) else (expected,):
        if not (isinstance(e, type) and issubclass(e, base)):
            raise TypeError(f"expected exception must be a {base.__name__} type, not {type(e).__name__ if not isinstance(e, type) else e.__name__}")
    if expected == ():
        raise ValueError("expected exception types: an empty tuple matches nothing")
    return expected


def raises(expected_exception=BaseException, *args, **kwargs):
    exceptions(expected_exception)
    if args:
        with Raises(expected_exception) as info:
            args[0](*args[1:], **kwargs)
        return info
    if kwargs.keys() - {"match", "check"}:
        raise TypeError(f"Unexpected keyword arguments passed to pytest.raises: {', '.join(sorted(kwargs.keys() - {'match', 'check'}))}")
    return Raises(expected_exception, **kwargs)
