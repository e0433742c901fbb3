"""Where the compiled module is, and how it is loaded under a name.

The same file serves as `_socket`, in C's place, and as `berkeley._socket`, beside C's. What is imported here is what
every interpreter has loaded before the first line of a program.
"""

import _imp
import os
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def path():
    """The compiled module's file, for this interpreter; None where the package was built for another."""
    for suffix in _imp.extension_suffixes():
        candidate = os.path.join(_FOLDER, "_socket" + suffix)
        if os.path.exists(candidate):
            return candidate
    return None


def spec(name):
    """How the import system loads the compiled module under `name`; None where there is none for this interpreter."""
    origin = path()
    if origin is None:
        return None
    found = ModuleSpec(name, ExtensionFileLoader(name, origin), origin=origin)
    # Otherwise the module would have no `__file__`, by which people and tests tell it from C's.
    found.has_location = True
    return found


def is_ours(module):
    """Whether `module` is the compiled module, whatever its name."""
    return getattr(module, "__file__", None) == path() is not None


def in_sub_interpreter():
    """Whether this interpreter is one that the process has made within itself, besides its first."""
    # The one since 3.13, the other before.
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = __import__(name)
        except ImportError:
            continue
        return interpreters.get_current() != interpreters.get_main()
    # Then nobody but an embedding program can have made one, and the module itself refuses it.
    return False


def check_interpreter():
    """Refuses a sub-interpreter; from 3.12 on the import system may refuse it before the compiled module does."""
    if in_sub_interpreter():
        raise ImportError("berkeley does not run in a sub-interpreter of Python: use the standard socket there")


def problem():
    """Why `_socket` cannot be replaced in this process any more, in one line; None where it can be, or is already."""
    if in_sub_interpreter():
        return "a sub-interpreter of Python keeps C's _socket: berkeley runs in the first interpreter of a process"
    loaded = [name for name in ("_socket", "socket") if name in sys.modules]
    if loaded and not is_ours(sys.modules.get("_socket")):
        return (
            f"{loaded[-1]} was imported before: call berkeley.install() first of all, run the program with "
            "'python -m berkeley', or set BERKELEY_SOCKET=1 in its environment"
        )
    if path() is None:
        return (
            f"berkeley was not built for {sys.implementation.name} {sys.version.split()[0]}: install it again with "
            "this interpreter's pip"
        )
    return None
