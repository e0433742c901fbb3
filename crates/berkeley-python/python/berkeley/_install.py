"""Puts the compiled module in the place of C's `_socket`."""

import os
import sys

from berkeley import _library

VARIABLE = "BERKELEY_SOCKET"


class Finder:
    """Finds `_socket`, and nothing else: also where C's is built into the interpreter."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return _library.spec(name) if name == "_socket" else None


def put_first():
    """Puts the finder before all others, once."""
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)


def install():
    """Runs the sockets of this process, and of the Python processes that it starts, on Rust.

    Call it before anything imports `socket`. A second call does nothing. Child processes are told by the variable
    BERKELEY_SOCKET in their environment.

    Raises ImportError where `socket` was imported before, or where the package was built for another interpreter.
    """
    problem = _library.problem()
    if problem is not None:
        raise ImportError(problem)
    os.environ[VARIABLE] = "1"
    put_first()
