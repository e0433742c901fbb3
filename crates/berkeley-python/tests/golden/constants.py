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
# C's type is a static one on 3.11, and has no `__module__` in its dictionary; what it answers stands above.
entries = {name: entry for name, entry in vars(_socket.socket).items() if name != "__module__"}
print(sorted(entries))
for name, entry in sorted(entries.items()):
    print(name, type(entry).__name__, getattr(entry, "__objclass__", None), getattr(entry, "__name__", None))
