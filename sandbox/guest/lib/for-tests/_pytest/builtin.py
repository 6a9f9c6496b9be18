"""The fixtures that pytest itself has."""

import contextlib, importlib, io, logging, os, pathlib, re, sys, tempfile
from collections import namedtuple
from _pytest.fixtures import Fixture, fixture
from _pytest.outcomes import absent
from _pytest.warned import WarningsRecorder

NOTSET = object()


class MonkeyPatch:
    """Changes that are undone."""

    def __init__(self):
        self.undoing = []

    @classmethod
    @contextlib.contextmanager
    def context(cls):
        m = cls()
        try:
            yield m
        finally:
            m.undo()

    def setattr(self, target, name, value=NOTSET, raising=True):
        if value is NOTSET:
            value, (target, name) = name, derived(target)
        old = attribute(target, name)
        if raising and old is NOTSET:
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        self.undoing.append(lambda: delattr(target, name) if old is NOTSET else setattr(target, name, old))
        setattr(target, name, value)

    def delattr(self, target, name=NOTSET, raising=True):
        if name is NOTSET:
            target, name = derived(target)
        old = attribute(target, name)
        if old is NOTSET:
            if raising:
                raise AttributeError(name)
            return
        self.undoing.append(lambda: setattr(target, name, old))
        delattr(target, name)

    def setitem(self, dic, name, value):
        old = dic.get(name, NOTSET)
        self.undoing.append(lambda: dic.pop(name, None) if old is NOTSET else dic.__setitem__(name, old))
        dic[name] = value

    def delitem(self, dic, name, raising=True):
        if name not in dic:
            if raising:
                raise KeyError(name)
            return
        old = dic[name]
        self.undoing.append(lambda: dic.__setitem__(name, old))
        del dic[name]

    def setenv(self, name, value, prepend=None):
        if prepend and name in os.environ:
            value = value + prepend + os.environ[name]
        self.setitem(os.environ, name, str(value))

    def delenv(self, name, raising=True):
        self.delitem(os.environ, name, raising)

    def syspath_prepend(self, path):
        old = list(sys.path)
        self.undoing.append(lambda: sys.path.__setitem__(slice(None), old))
        sys.path.insert(0, str(path))
        importlib.invalidate_caches()

    def chdir(self, path):
        old = os.getcwd()
        self.undoing.append(lambda: os.chdir(old))
        os.chdir(path)

    def undo(self):
        while self.undoing:
            self.undoing.pop()()


def attribute(target, name):
    """What an attribute is, of a class as it stands in its dict."""
    old = getattr(target, name, NOTSET)
    return old if old is NOTSET or not isinstance(target, type) else target.__dict__.get(name, NOTSET)


def derived(path):
    """The object and the attribute that a dotted path names."""
    if not isinstance(path, str) or "." not in path:
        raise TypeError(f"must be absolute import path string, not {path!r}")
    parts, name = path.split(".")[:-1], path.rpartition(".")[2]
    target = importlib.import_module(parts[0])
    for i, part in enumerate(parts[1:], 2):
        if not hasattr(target, part):
            importlib.import_module(".".join(parts[:i]))
        target = getattr(target, part)
    return target, name


Captured = namedtuple("CaptureResult", "out err")


class CaptureFixture:
    """What is printed, since the last look."""

    def __class_getitem__(cls, item):
        return cls

    def start(self):
        self.before = sys.stdout, sys.stderr
        self.streams = sys.stdout, sys.stderr = io.StringIO(), io.StringIO()

    def stop(self):
        sys.stdout, sys.stderr = self.before

    def readouterr(self):
        return Captured(*map(taken, self.streams))

    @contextlib.contextmanager
    def disabled(self):
        sys.stdout, sys.stderr = self.before
        try:
            yield
        finally:
            sys.stdout, sys.stderr = self.streams


def taken(stream):
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


class LogCaptureFixture(logging.Handler):
    def __init__(self):
        super().__init__(0)
        self.setFormatter(logging.Formatter("%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s"))
        self.records, self.levels = [], []

    def emit(self, record):
        self.records.append(record)

    handler = property(lambda self: self)
    messages = property(lambda self: [r.getMessage() for r in self.records])
    record_tuples = property(lambda self: [(r.name, r.levelno, r.getMessage()) for r in self.records])
    text = property(lambda self: "".join(self.format(r) + "\n" for r in self.records))

    def clear(self):
        self.records.clear()

    def set_level(self, level, logger=None):
        log = logging.getLogger(logger)
        self.levels.append((log, log.level))
        log.setLevel(level)

    @contextlib.contextmanager
    def at_level(self, level, logger=None):
        log = logging.getLogger(logger)
        old = log.level
        log.setLevel(level)
        try:
            yield
        finally:
            log.setLevel(old)

    def stop(self):
        for log, level in reversed(self.levels):
            log.setLevel(level)
        logging.getLogger().removeHandler(self)


class TempPathFactory:
    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="pytest-"))

    def getbasetemp(self):
        return self.base

    def mktemp(self, basename, numbered=True):
        path = next(p for i in range(1 << 20) if not (p := self.base / f"{basename}{i if numbered else ''}").exists() or not numbered)
        path.mkdir()
        return path


@fixture
def monkeypatch():
    m = MonkeyPatch()
    yield m
    m.undo()


@fixture
def capsys():
    c = CaptureFixture()
    c.start()
    yield c
    c.stop()


@fixture
def caplog():
    c = LogCaptureFixture()
    logging.getLogger().addHandler(c)
    yield c
    c.stop()


@fixture
def recwarn():
    with WarningsRecorder() as w:
        yield w


@fixture(scope="session")
def tmp_path_factory():
    return TempPathFactory()


@fixture
def tmp_path(request, tmp_path_factory):
    return tmp_path_factory.mktemp(re.sub(r"\W", "_", request.node.name)[:30])


BUILTIN = {n: f for n, f in list(globals().items()) if type(f) is Fixture} | {"capfd": capsys}
ABSENT = "tmpdir tmpdir_factory testdir pytester pytestconfig cache capsysbinary capfdbinary doctest_namespace record_property record_xml_attribute record_testsuite_property subtests".split()


def missing(name):
    """A fixture that pytest has and the sandbox has not."""
    return Fixture(lambda: absent(f"fixture {name}"), name=name)


BUILTIN |= {n: missing(n) for n in ABSENT}
for f in BUILTIN.values():
    f.in_class = False
