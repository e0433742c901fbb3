"""Python's sockets on Rust.

`python -m berkeley program.py` runs a program with the C module `_socket` replaced; `berkeley.install()` does so from
within. `from berkeley import socket` is the same module beside the standard one, and replaces nothing. What `_socket`
does not have stands here: batches of datagrams and their timestamps, connecting with a deadline that covers the lookup,
`tcp_info`, constants; and packets: captured, taken apart, built, read from files.
"""

from berkeley._install import install as install

# What is loaded when it is asked for, and not before: a program that imports this package may be about to install.
_FUNCTIONS = (
    "Layer", "Packet", "Pcap", "TcpInfo", "craft", "create_connection", "decode", "pcap", "recv_many",
    "recv_timestamped", "send_many", "tcp_info",
)
_CAPTURE = ("Capture", "capture")


def _names():
    """Every public name."""
    from berkeley import _extra

    return sorted(["install", *_FUNCTIONS, *_CAPTURE, "__version__", *filter(str.isupper, dir(_extra))])


def __getattr__(name):
    if name == "__all__":
        return _names()
    if name == "create_connection":
        from berkeley._connect import create_connection

        return create_connection
    if name in _CAPTURE:
        from berkeley import _capture

        return getattr(_capture, name)
    if name in _FUNCTIONS or name == "__version__" or name.isupper():
        from berkeley import _extra

        if hasattr(_extra, name):
            return getattr(_extra, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    try:
        names = _names()
    except ImportError:
        # No compiled module for this interpreter.
        names = []
    return sorted({*globals(), *names})
