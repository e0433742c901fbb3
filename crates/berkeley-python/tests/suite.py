"""python suite.py SUITE OUT [PATTERN]...: one of CPython's own suites, a line of JSON for each test.

A line is [the test's name, its state, a note]. Tests whose name fits a PATTERN are left out. BERKELEY_EXPECT=ours
or =C's: fails at once where `_socket` is not that one.
"""

import faulthandler
import fnmatch
import json
import os
import sys
import unittest

import _socket
from test import support

# A suite that hangs shows where.
PATIENCE_SECONDS = 1700


class Result(unittest.TextTestResult):
    """Writes each test's line when it is known: what hangs or crashes later leaves the lines before it."""

    def __init__(self, *rest):
        super().__init__(*rest)
        self.out = open(sys.argv[2], "w", buffering=1)
        self.state = ("pass", "")

    def line(self, name, state, note=""):
        print(json.dumps([name, state, str(note)[:300]]), file=self.out)

    def startTest(self, test):
        self.state = ("pass", "")
        super().startTest(test)

    def stopTest(self, test):
        self.line(test.id(), *self.state)
        self.state = ("pass", "")
        super().stopTest(test)

    def note(self, test, state, note):
        # What fails before its tests, a module's or a class's setting up, is never stopped.
        if isinstance(test, unittest.TestCase):
            self.state = (state, note)
        else:
            self.line(str(test), state, note)

    def addSkip(self, test, reason):
        self.note(test, "skip", reason)
        super().addSkip(test, reason)

    def addFailure(self, test, fault):
        self.note(test, "fail", fault[1])
        super().addFailure(test, fault)

    def addError(self, test, fault):
        self.note(test, "error", fault[1])
        super().addError(test, fault)

    def addSubTest(self, test, part, fault):
        if fault is not None:
            self.note(test, "fail", fault[1])
        super().addSubTest(test, part, fault)

    def addExpectedFailure(self, test, fault):
        self.note(test, "expected", fault[1])
        super().addExpectedFailure(test, fault)


def flat(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def whose():
    from berkeley import _library

    return "ours" if _library.is_ours(_socket) else "C's"


def main():
    suite, _, *left_out = sys.argv[1:]
    assert whose() == os.environ["BERKELEY_EXPECT"], _socket
    faulthandler.enable()
    faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True)
    support.use_resources = ["network", "walltime"]
    support.verbose = False
    try:
        tests = unittest.TestLoader().loadTestsFromName(f"test.{suite}")
    except unittest.SkipTest:
        # As a module for another system skips all that it has.
        tests = []
    kept = unittest.TestSuite(
        test for test in flat(tests) if not any(fnmatch.fnmatchcase(test.id(), pattern) for pattern in left_out)
    )
    unittest.TextTestRunner(verbosity=0, resultclass=Result).run(kept)


if __name__ == "__main__":
    main()
