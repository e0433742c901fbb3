"""Python's sockets on Rust.

`python -m berkeley program.py` runs a program with the C module `_socket` replaced; `berkeley.install()` does so from
within. `from berkeley import socket` is the same module beside the standard one, and replaces nothing. What `_socket`
has not stands here: batches of datagrams and their timestamps, connecting with a deadline that covers the lookup,
`tcp_info`, constants.
"""

from berkeley._install import install

__all__ = ["install", "create_connection", "recv_many", "recv_timestamped", "send_many", "tcp_info"]


def __getattr__(name):
    # Not before it is asked for: whoever imports this package may be about to install.
    if name == "create_connection":
        from berkeley._connect import create_connection

        return create_connection
    if name in __all__ or name.isupper():
        from berkeley import _extra

        if hasattr(_extra, name):
            return getattr(_extra, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
