# Runs one module of CPython's own tests, and prints a line for what comes of each test. It is no
# test of a solution's: the program that runs it is told by its standard input which tests to leave out.
import os, sys, traceback, types, unittest

import test.support
from test.support import threading_helper

test.support.use_resources = []  # no network, no large memory, no sound
test.support.verbose = 0
# Whole modules would be left out for a test in them that starts a process.
test.support.has_subprocess_support = test.support.has_socket_support = threading_helper.can_start_thread = True
for name in "_testinternalcapi", "_testlimitedcapi", "_testsinglephase":
    sys.modules[name] = types.ModuleType(name)
out, left_out = sys.stdout, set(sys.stdin.read().split("\n"))
sys.stdout = open(os.devnull, "w")


def say(*parts):
    out.write("\t".join(str(p).replace("\t", " ").replace("\n", " ")[:200] for p in parts) + "\n")
    out.flush()


def why(kind, value):
    first, *rest = traceback.format_exception_only(kind, value)[-1].strip().split("\n")
    return f"{first} {rest[-1].strip()}" if rest and "Failed to import" in first else first


class Told(unittest.TestResult):
    bad = None

    def startTest(self, t):
        super().startTest(t)
        self.bad = None
        say("begin", t.id())

    def addError(self, t, err):
        self.bad = self.bad or why(*err[:2])
        if isinstance(t, unittest.suite._ErrorHolder):
            say("fail", t.id(), why(*err[:2]))

    addFailure = addError

    def addSubTest(self, t, sub, err):
        if err:
            self.bad = self.bad or why(*err[:2])

    def addUnexpectedSuccess(self, t):
        self.bad = self.bad or "passes, and is expected to fail"

    def addSkip(self, t, reason):
        self.bad = self.bad or ("skip", reason)
        if isinstance(t, unittest.suite._ErrorHolder):
            say("skip", t.id(), reason)

    def stopTest(self, t):
        super().stopTest(t)
        if isinstance(self.bad, tuple):
            say("skip", t.id(), self.bad[1])
        else:
            say("fail" if self.bad else "pass", t.id(), self.bad or "")


def kept(suite):
    if not isinstance(suite, unittest.TestSuite):
        return suite if suite.id() not in left_out else None
    return unittest.TestSuite(t for t in map(kept, suite) if t is not None)


try:
    module = __import__("test." + MODULE, fromlist=["x"])
    loaded = unittest.defaultTestLoader.loadTestsFromModule(module)
except unittest.SkipTest as e:
    say("module", "skip", e)
except BaseException as e:
    say("module", "fail", why(type(e), e))
else:
    kept(loaded).run(Told())
    say("module", "end", "")
