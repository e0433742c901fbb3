"""Puts the compiled module in the place of C's `_socket`."""

import os
import sys

from berkeley import _library

VARIABLE = "BERKELEY_SOCKET"


class Finder:
    """Finds `_socket`, and nothing else: also where C's is built into the interpreter.

    Loads it at once. Where that fails, it says so, once, and the interpreter finds C's.
    """

    has_failed = False

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "_socket" or cls.has_failed:
            return None
        try:
            return _library.load(name)
        except ImportError as error:
            cls.has_failed = True
            warn(f"{error}; this process goes on with C's _socket")
            return None


def warn(text):
    """Writes a line to standard error, where there is one. No warning of Python's, which a filter may make an error."""
    try:
        sys.stderr.write(f"berkeley: {text}\n")
    except (AttributeError, OSError, ValueError):
        pass


def put_first():
    """Puts the finder before all others, once."""
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)


def install(*, children=True):
    """Runs the sockets of this process, and of the Python processes that it starts, on Rust.

    Call it before anything imports `socket`. A second call changes nothing but what child processes are told, by the
    variable BERKELEY_SOCKET in their environment. With `children=False` the variable is taken out: they keep C's
    module, unless they install by themselves. A process that is forked shares the module that is loaded.

    Raises ImportError where `socket` was imported before, where the package was built for another interpreter, and
    where its file is damaged.
    """
    problem = _library.problem()
    if problem is not None:
        raise ImportError(problem)
    _library.load("_socket")
    if children:
        os.environ[VARIABLE] = "1"
    else:
        os.environ.pop(VARIABLE, None)
    put_first()
