"""Python's sockets on Rust.

`python -m berkeley program.py` runs a program with the C module `_socket` replaced; `berkeley.install()` does so from
within. `from berkeley import socket` is the same module beside the standard one, and replaces nothing. What `_socket`
has not stands here: batches of datagrams, connecting with a deadline that covers the lookup, `tcp_info`, the
constants that are missing there.
"""

from berkeley._install import install

_EXTRA = ("create_connection", "recv_many", "send_many", "tcp_info")

__all__ = ["install", *_EXTRA]


def __getattr__(name):
    # Not before it is asked for: whoever imports this package may be about to install.
    if not name.startswith("_"):
        from berkeley import _library

        extra = _library.load("berkeley._extra")
        if hasattr(extra, name):
            return getattr(extra, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
