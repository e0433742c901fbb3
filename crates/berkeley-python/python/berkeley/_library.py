"""Where the compiled module is, and how it is loaded under a name.

The same file serves as `_socket`, in C's place, and as `berkeley._socket`, beside C's. What is imported here is what
every interpreter has loaded before the first line of a program.
"""

import _imp
import os
import sys
from importlib._bootstrap import module_from_spec
from importlib.machinery import ExtensionFileLoader, ModuleSpec

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def path():
    """The compiled module's file, for this interpreter; None where the package was built for another."""
    for suffix in _imp.extension_suffixes():
        candidate = os.path.join(_FOLDER, "_socket" + suffix)
        if os.path.exists(candidate):
            return candidate
    return None


class Loader(ExtensionFileLoader):
    """Loads the compiled module; what `load` has loaded already, it hands on."""

    def create_module(self, spec):
        return _loaded[spec.name] if spec.name in _loaded else super().create_module(spec)

    def exec_module(self, module):
        if module.__name__ not in _loaded:
            super().exec_module(module)


_loaded: dict = {}


def load(name):
    """Loads the compiled module under `name`, once, and gives how the import system finds it.

    Raises ImportError where it cannot be loaded: there is none for this interpreter, or its file is damaged.
    """
    check_file()
    origin = path()
    spec = ModuleSpec(name, Loader(name, origin), origin=origin)
    # Otherwise the module would have no `__file__`, by which people and tests tell it from C's.
    spec.has_location = True
    if name not in _loaded:
        try:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
        except ImportError as error:
            raise ImportError(f"{origin} cannot be loaded ({error}): install berkeley again", name=name) from None
        _loaded[name] = module
    return spec


def loaded(name):
    """The module that `load` has loaded under `name`."""
    return _loaded[name]


def check_file():
    """Raises ImportError where there is no compiled module for this interpreter, or not all of its file is there."""
    origin = path()
    if origin is None:
        raise ImportError(missing())
    damage = damage_of(origin)
    if damage is not None:
        raise ImportError(f"{origin} is damaged ({damage}): install berkeley again")


def missing():
    """What is said where there is no compiled module for this interpreter."""
    return (
        f"berkeley was not built for {sys.implementation.name} {sys.version.split()[0]}: install it again with "
        "this interpreter's pip"
    )


def damage_of(file):
    """What is wrong with the file of a shared object, in a few words; None where all of it is there.

    The dynamic linker does not ask: where the end of the file is missing, it ends the process with SIGBUS. The table of
    sections stands at the end (elf(5)), with one of type SHT_STRTAB that names them.
    """
    try:
        with open(file, "rb") as opened:
            head = opened.read(64)
            if len(head) < 64 or head[:4] != b"\x7fELF":
                return "no shared object"
            order = "little" if head[5] == 1 else "big"
            # 64 bits, or 32.
            offset, sizes = ((40, 8), 58) if head[4] == 2 else ((32, 4), 46)
            table = int.from_bytes(head[offset[0] : offset[0] + offset[1]], order)
            size, count, names = (int.from_bytes(head[at : at + 2], order) for at in (sizes, sizes + 2, sizes + 4))
            if table + size * count > os.stat(file).st_size:
                return "cut off"
            opened.seek(table + size * names + 4)
            return None if int.from_bytes(opened.read(4), order) == 3 else "not all of it was written"
    except OSError as error:
        return error.strerror


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
    return missing() if path() is None else None
