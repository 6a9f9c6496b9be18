"""warns and its kin."""

import re, warnings
from _pytest.outcomes import fail
from _pytest.raises import exceptions


class WarningsRecorder(warnings.catch_warnings):
    """A list of the warnings in its block, which all show."""

    def __init__(self):
        super().__init__(record=True)
        self.list = []

    def __enter__(self):
        self.list = super().__enter__()
        warnings.simplefilter("always")
        return self

    def __getitem__(self, i):
        return self.list[i]

    def __iter__(self):
        return iter(self.list)

    def __len__(self):
        return len(self.list)

    def pop(self, cls=Warning):
        for i, w in enumerate(self.list):
            if issubclass(w.category, cls):
                return self.list.pop(i)
        raise AssertionError(f"{cls!r} not found in warning list")

    def clear(self):
        self.list[:] = []


class Warns(WarningsRecorder):
    def __init__(self, expected, match=None):
        super().__init__()
        self.expected, self.match = expected, match

    def __exit__(self, kind, e, traceback):
        super().__exit__(kind, e, traceback)
        if kind is not None:
            return
        kinds = [w for w in self if issubclass(w.category, self.expected)]
        found = [w for w in kinds if self.match is None or re.search(self.match, str(w.message))]
        for w in self:
            if w not in found:
                warnings.warn_explicit(w.message, w.category, w.filename, w.lineno, source=w.source)
        if not found:
            said = [str(w.message) for w in self]
            fail(f"DID NOT WARN. No warnings of type {self.expected} matching {self.match!r} were emitted: {said}")


def warns(expected_warning=Warning, *args, match=None, **kwargs):
    exceptions(expected_warning, Warning)
    if not args:
        return Warns(expected_warning, match)
    with Warns(expected_warning):
        return args[0](*args[1:], **kwargs)


def deprecated_call(func=None, *args, **kwargs):
    if func is not None:
        args = (func, *args)
    return warns((DeprecationWarning, PendingDeprecationWarning, FutureWarning), *args, **kwargs)
