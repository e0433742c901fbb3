"""What the tests share: child processes with a limit, with C's module or with ours, and skips in sight of all.

Every test file imports it, and so every test has a limit of time, and whatever skips it is named.
"""

import faulthandler
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# Longer than anything here takes, on a slow and busy machine too.
LIMIT_SECONDS = 120
# What a thread or a peer is waited for at most.
WAIT_SECONDS = 20
# A test may start several processes.
TEST_SECONDS = int(os.environ.get("BERKELEY_TEST_SECONDS", 300))

WHOSE = """\
import _socket
from berkeley import _library
print("ours" if _library.is_ours(_socket) else "C's")
"""


def environment(ours):
    """This process's environment, with C's module or with ours."""
    changed = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    changed.pop("BERKELEY_SOCKET", None)
    return {**changed, "BERKELEY_SOCKET": "1"} if ours else changed


def run(*arguments, ours=True, directory=None, input=None, **more):
    """Runs this interpreter; gives its status, its output and what it wrote to standard error."""
    more.setdefault("env", environment(ours))
    command = [sys.executable, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as scratch:
        # A folder of its own: what is bound to a path leaves a file.
        ended = subprocess.run(
            command, cwd=directory or scratch, input=input, timeout=LIMIT_SECONDS,
            capture_output=True, text=True, errors="backslashreplace", **more,
        )
    return ended.returncode, ended.stdout, ended.stderr


def run_code(code, *arguments, **more):
    """Runs a piece of source that may be indented as its surroundings are."""
    return run("-c", textwrap.dedent(code), *arguments, **more)


class Unlisted(AssertionError):
    """A test was skipped that continuous integration may not skip."""


def skip(test, what):
    """Notes that `test` is skipped for want of `what`; fails where continuous integration does not list it.

    What skips itself as unittest knows it, by `skipTest` or a decorator, is noted without asking for it.
    """
    line = f"skipped: python::{test}: needs {what}"
    print(line, file=sys.stderr)
    if os.environ.get("BERKELEY_SKIPS"):
        with open(os.environ["BERKELEY_SKIPS"], "a") as file:
            file.write(line + "\n")
    if os.environ.get("BERKELEY_CI") == "1" and f"python::{test}" not in listed():
        raise Unlisted(f"{test} was skipped for want of {what}, and .ci/skips does not list it")


def listed():
    """The tests that continuous integration may skip."""
    lines = (HERE.parents[2] / ".ci" / "skips").read_text().splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def run_limited(self, result=None):
    """A test that hangs ends the process, with every thread's place on standard error."""
    faulthandler.dump_traceback_later(TEST_SECONDS, exit=True)
    try:
        return run_unlimited(self, result)
    finally:
        faulthandler.cancel_dump_traceback_later()


def add_named_skip(self, test, reason):
    try:
        skip(test.id(), reason)
    except Unlisted:
        self.addFailure(test, sys.exc_info())
    else:
        add_skip(self, test, reason)


run_unlimited, unittest.TestCase.run = unittest.TestCase.run, run_limited
add_skip, unittest.TestResult.addSkip = unittest.TestResult.addSkip, add_named_skip
