"""Every name of the module, with its value where it is plain."""

import _socket

from show import masked

PLAIN = (int, str, bool, bytes)
# Where the module came from: that is what differs.
OF_THE_IMPORT = {"__file__", "__loader__", "__spec__", "__doc__"}

for name in sorted(set(dir(_socket)) - OF_THE_IMPORT):
    value = getattr(_socket, name)
    said = repr(value) if isinstance(value, PLAIN) else masked(getattr(value, "__name__", ""))
    print(name, type(value).__name__, said)

for kind in (_socket.error, _socket.timeout, _socket.herror, _socket.gaierror, _socket.socket):
    print(kind.__module__, kind.__qualname__, kind.__mro__, kind.__flags__ & (1 << 8 | 1 << 10 | 1 << 14))
print(_socket.SocketType is _socket.socket, _socket.error is OSError, _socket.timeout is TimeoutError)
print(sorted(vars(_socket.socket)))
for name, entry in sorted(vars(_socket.socket).items()):
    print(name, type(entry).__name__, getattr(entry, "__objclass__", None), getattr(entry, "__name__", None))
