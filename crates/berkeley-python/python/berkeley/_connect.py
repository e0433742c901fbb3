"""create_connection: Happy Eyeballs, and a timeout that covers the lookup."""

from berkeley import _extra, socket

_DEFAULT = object()


def create_connection(address, timeout=_DEFAULT, source_address=None):
    """Connects to `(host, port)` and gives the socket, with this timeout.

    The host's addresses race, families in turn, a further one every 250 ms: the first connection wins (RFC 8305).
    The timeout, in seconds, covers the lookup of the name and all attempts together; None waits as long as it takes.
    Without one it is socket.getdefaulttimeout(). `source_address`, `(host, port)` in digits, is bound before.

    The socket is a `socket.socket` of the module that runs on Rust: the standard one where that has been replaced, else
    `berkeley.socket`'s. Raises what socket.create_connection raises.
    """
    host, port = address
    if timeout is _DEFAULT:
        timeout = socket.getdefaulttimeout()
    number = _extra.connect(host, port, timeout, source_address)
    try:
        made = socket.socket(fileno=number)
    except BaseException:
        socket.close(number)
        raise
    made.settimeout(timeout)
    return made
