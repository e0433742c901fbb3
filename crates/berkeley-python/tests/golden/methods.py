"""Every method of the socket, with good and bad arguments, open, closed and never initialised."""

import _socket

from show import case

ODD = [
    (), (None,), ("x",), (b"x",), (1.5,), (-1,), (2**31,), (2**63,), (2**64,), (1, 2, 3, 4, 5, 6, 7), (object,),
    ([],), ([b"x"], "x"), (b"a", "x"), (bytearray(4), 5), (bytearray(4), -1), (bytearray(4), 2, "x"), ("x", 1, 2),
    (1, 2, None), (1, 2, 3), (1, 2, b"xx"), (1, 2, None, "x"), (1, 2, None, -1), (1, 2, "x"), (1, 2, 1.5), (1, 2, 1025),
    (1, 2, -1), ([b"x"], [(1,)]), ([b"x"], [(1, 2, 3)]), ([b"x"], [(1, 2, b"")], 0, ("x",)), ([b"x"], []),
    (b"x", (1, 2)),
    (0,), (1,), (1, 2**20), ([bytearray(1)],), ([b"ro"],), ([bytearray(1)], -1), (10, -1), (10, 0, "x"), (10, 2**40),
    (10, 0, 2**40), ([1],), (iter([b"x"]),), ([b"x"], 5), ([b"x"], iter([])), (memoryview(bytes(8))[::2],),
    (bytearray(0),),
    (bytearray(4), 2**63), (b"x", 2**40), (1, 2, None, 2**40), (2**40, 2, 3), (1, 2**40, 3), (1, 2, 2**40),
]
# These end the socket or change what the next case finds: they have their own cases, or none is needed.
APART = {"close", "detach", "settimeout", "setblocking", "shutdown", "listen", "_accept"}
PLAIN = ("fileno", "getsockname", "_accept", "gettimeout", "getblocking", "detach", "close", "getpeername")
MADE = [
    ((), {}), ((-1,), {}), ((99,), {}), ((2, 99), {}), ((2, 1, 99), {}), (("x",), {}), ((2.0,), {}), ((2**31,), {}),
    ((), {"fileno": "x"}), ((), {"fileno": -1}), ((), {"fileno": -2}), ((), {"fileno": 2.5}), ((), {"fileno": 10**6}),
    ((), {"fileno": 2**40}), ((), {"fileno": 2**70}), ((), {"fileno": 0}), ((), {"fileno": None}), ((), {"foo": 1}),
    ((1, 2, 3, 4, 5), {}), ((2,), {"family": 2}), ((), {"type": 2, "proto": 17, "family": 2}),
    ((1, 1 | 2048 | 524288), {}),
    ((2, 2, 6), {}), ((1, 5), {}), ((), {"family": None}), ((2, 1, 0, 10**6), {}), ((16, 3, 0), {}), ((10, 2), {}),
]
SECONDS = (None, 0, 1, 1.5, -1, -0.0, float("nan"), float("inf"), "x", 2**63, 1e10, 1e-10, True, b"", 9223372036.0,
    9223372037.0)
TRUTHS = (True, False, 0, 1, 2, -1, "x", None, 2**31, 2**40, 1.0, [])


def methods():
    return [name for name in sorted(dir(_socket.socket)) if not name.startswith("__")]


def state(socket):
    print("   ", socket.timeout, socket.gettimeout(), socket.getblocking(), socket.family, socket.type, socket.proto)


for arguments, named in MADE:
    case("socket", _socket.socket, *arguments, **named)
case("__new__", _socket.socket.__new__)

bare = _socket.socket.__new__(_socket.socket)
# As a call is written: CPython hands a bound method that was fetched before to C otherwise, and says less of it.
for name in methods():
    if callable(getattr(bare, name)):
        case(f"{name} by name", lambda name=name: getattr(_socket.socket, name)(bare, no_such_name=1))
case("recvmsg_into by name", lambda: bare.recvmsg_into(buffers=[]))
case("sendmsg by name", lambda: bare.sendmsg([b"x"], flags=0))
state(bare)
for name in methods():
    if callable(getattr(bare, name)) and name not in ("_accept", "setblocking"):
        case(f"bare {name}", getattr(bare, name))
        case(f"bare {name}", getattr(bare, name), b"")

one, other = _socket.socketpair()
for socket in (one, other):
    socket.settimeout(0)
for name in methods():
    if name not in APART and callable(getattr(one, name)):
        for arguments in ODD:
            case(name, getattr(one, name), *arguments)
for name in PLAIN:
    case(name, getattr(one, name), 1)
for value in SECONDS:
    case("settimeout", one.settimeout, value)
    state(one)
for value in TRUTHS:
    case("setblocking", one.setblocking, value)
    state(one)
for name, values in (("listen", (0, -1, 2**31, "x", None)), ("shutdown", (0, 9, "x", 2**31, None))):
    case(name, getattr(one, name))
    for value in values:
        case(name, getattr(one, name), value)
for name in ("family", "type", "proto", "timeout", "foo", "__dict__", "__weakref__"):
    case("setattr", setattr, one, name, 1)
    case("delattr", delattr, one, name)
    case("getattr", getattr, one, name)
for name, named in [
    ("recv_into", {"buffer": bytearray(1), "nbytes": 0, "flags": 0}), ("recvfrom_into", {"buffer": bytearray(1)}),
    ("recv_into", {"buf": 1}), ("send", {"data": b""}), ("recvmsg", {"bufsize": 1}), ("recv", {"bufsize": 1}),
    ("sendmsg_afalg", {"op": 1}), ("sendmsg_afalg", {"op": -1}), ("sendmsg_afalg", {}), ("sendmsg_afalg", {"foo": 1}),
    ("recvfrom_into", {"nbytes": 1}), ("listen", {"backlog": 1}), ("connect", {"address": 1}),
]:
    # By the class's method, as a call that is written on the object goes.
    case(f"{name}{named}", lambda name=name, named=named: getattr(_socket.socket, name)(other, **named))
for wanted in ((1, 3), (1, 3, 4), (1, 3, 0), (1, 3, -1), (1, 3, 1024), (1, 3, 1025), (1, 9999), (1, 3, 2), (1, 39)):
    case("getsockopt", other.getsockopt, *wanted)
for wanted in [
    (1, 2, 1), (1, 2, b"\1\0\0\0"), (1, 2, None, 4), (1, 9999, 1), (1, 2, bytearray(4)), (1, 2, None), (1, 2, True),
]:
    case("setsockopt", other.setsockopt, *wanted)


class Asked:
    def __index__(self):
        print("asked")
        return 4


# Which arguments are asked for their value, and when.
for wanted in ((1, 2, b"", Asked()), (1, Asked(), 5, Asked()), (1, 2, None, Asked()), (Asked(), 2, Asked())):
    case("setsockopt asks", lambda wanted=wanted: other.setsockopt(*wanted))
for socket in (one, other):
    case("close", socket.close)
    case("close again", socket.close)
for name in methods():
    if callable(getattr(one, name)):
        for arguments in [
            (), (b"x",), (1,), (bytearray(1),), ([b"x"],), (b"x", ("127.0.0.1", 1)), ("x",), (1, 2), (1, 2, 3),
        ]:
            case(f"closed {name}", getattr(one, name), *arguments)
print(repr(one), one.family, one.type, one.proto, one.timeout)
