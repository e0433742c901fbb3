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
    module = _module(name)
    if module is None or not hasattr(module, name):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Kept, so that this runs once a name: to come here takes longer than to take a packet apart.
    return globals().setdefault(name, getattr(module, name))


def _module(name):
    """The module that has the name, if any has."""
    if name == "create_connection":
        from berkeley import _connect

        return _connect
    if name in _CAPTURE:
        from berkeley import _capture

        return _capture
    if name in _FUNCTIONS or name == "__version__" or name.isupper():
        from berkeley import _extra

        return _extra
    return None


def __dir__():
    try:
        names = _names()
    except ImportError:
        # No compiled module for this interpreter.
        names = []
    return sorted({*globals(), *names})
