"""The standard library's `socket`, over the compiled module: beside the standard one, which stays as it is.

The source is the standard library's own, read where this interpreter keeps it, and executed here with one import
answered differently. `gaierror`, `herror` and `timeout` are the standard classes. Where the compiled module has C's
place already, this is the standard module itself.
"""

import _socket
import builtins
import sys
from importlib.machinery import PathFinder

from berkeley import _library


def _import_ours(name, *rest):
    """`__import__` for the code below, its functions included."""
    return _ours if name == "_socket" else builtins.__import__(name, *rest)


if _library.is_ours(_socket):
    import socket

    sys.modules[__name__] = socket
else:
    _library.check_interpreter()
    # After C's, from which it takes the classes of its errors.
    _library.load("berkeley._socket")
    sys.modules["berkeley._socket"] = _ours = _library.loaded("berkeley._socket")
    __builtins__ = {**vars(builtins), "__import__": _import_ours}
    exec(PathFinder.find_spec("socket").loader.get_code("socket"))
