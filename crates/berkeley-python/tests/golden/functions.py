"""Every function of the module, with good and bad arguments."""

import itertools

import _socket

from show import case

# Each function takes none of these, or only some.
ODD = [(), (None,), ("x",), (b"x",), (1.5,), (-1,), (2**31,), (2**63,), (2**64,), (1, 2, 3, 4, 5, 6, 7), (object,)]
# Those that touch the machine, or ask a resolver, get arguments of their own.
CHOSEN = {
    "close": [(), (None,), ("x",), (1.5,), (2**64,), (-1,), (1, 2)],
    "dup": [(), (None,), ("x",), (1.5,), (2**64,), (-1,), (1, 2)],
    "setdefaulttimeout": [(), ("x",), (-1,), (float("nan"),), (2**64,), (1, 2), (2.5,), (0,), (None,)],
    "socketpair": [("x",), (None,), (1.5,), (2**64,), (1, 2, 3, 4), (99,), (2, 1), (1, 99), ()],
    "gethostbyname": [(), (None,), (1,), ("127.0.0.1",), ("127.1",), ("",), ("<broadcast>",), ("1.2.3",),
        (b"127.0.0.1",)],
    "gethostbyname_ex": [(), (None,), (1,), ("127.0.0.1",), ("127.1",), ("",), ("localhost",)],
    "gethostbyaddr": [(), (None,), (1,), ("127.0.0.1",), ("",), ("::1",)],
    "sethostname": [(), (None,), (1.5,), (2**64,), (1, 2)],
    "gethostname": [(1,), ()],
    "if_nameindex": [(1,), ()],
    "getaddrinfo": [(), (None,), (1, 2, 3, 4, 5, 6, 7)],
}
TIMEOUTS = (None, 0, 1, 2.5, 1e-9, 0.1, -1, float("nan"), float("inf"), 1e10, True, "x", 2**62)
RESOLVED = [
    (("127.0.0.1", 80), {}), (("127.1", "80"), {}), (("0x7f.1", b"80"), {}), ((b"::1", None), {}), ((None, 80), {}),
    (("localhost", "http"), {}), (("::1", 80, 2), {}), (("x y", 80), {}), ((1, 80), {}), (("127.0.0.1", 1.5), {}),
    (("127.0.0.1", object()), {}), (("127.0.0.1", 2**70), {}), (("127.0.0.1", -1), {}), (("127.0.0.1", 65536), {}),
    (("127.0.0.1", "65536"), {}), (("a\0b", 80), {}), (("127.0.0.1", "a\0b"), {}), (("é" * 70, 80), {}),
    ((".a", 80), {}),
    (("a" * 64, 80), {}), (("127.0.0.1", 80, 0, 1, 6, 4), {}), (("127.0.0.1", 80), {"flags": 2**31}),
    (("127.0.0.1",), {"port": 80, "family": 2}), (("127.0.0.1", 80, 99), {}), (("127.0.0.1", "nosuch"), {}),
    (("127.0.0.1", ""), {}), (("", 80), {}), ((b"", 80), {}), ((bytearray(b"127.0.0.1"), 80), {}), ((None, None), {}),
    (("127.0.0.1", 80), {"foo": 1}), (("fe80::1%lo", 80), {}), (("127.0.0.1", True), {}), (("127.0.0.1", "\ud800"), {}),
    (("\ud800", 80), {}), (("127.0.0.1", 80, "x"), {}), (("127.0.0.1", 80, 0, 2**40), {}), (("127.0.0.1\0", 80), {}),
    (("127.0.0.1", "http", 0, 2), {}), (("127.0.0.1", "domain", 0, 0, 17), {}), (("::ffff:127.0.0.1", 1, 10), {}),
    (("127.0.0.1", 80, 10, 1, 0, 8), {}), (("0", 0), {}), (("255.255.255.255", 65535, 0, 1), {}),
    (("017700000001", 1), {}),
    (("1.2.3.4.5", 1, 0, 1, 0, 4), {}), (("::1%1", 1, 10, 1), {}), (("127.0.0.1", "+80", 0, 1), {}),
    (("127.0.0.1", " 80", 0, 1), {}),
    (("127.0.0.1", "0x50", 0, 1), {}), (("127.0.0.1", 80, 0, 3), {}), (("127.0.0.1", 80, 0, 5), {}),
    (("127.0.0.1", "80", 0, 3), {}),
    (("127.0.0.1", "http", 0, 3), {}), (("::", 0, 0, 1, 0, 1), {}), ((None, 80, 0, 1, 0, 1), {}),
    ((None, "80", 2, 2, 0, 0), {}),
]
BACK = [
    (("127.0.0.1", 80), 0), (("127.0.0.1", 80), 3), (("::1", 80, 0, 0), 3), (("::1", 80, -1, 0), 3), (("x", 80), 3),
    (("::1", 80, 2**20, 0), 3), ((1, 2), 0), ("x", 0), (("127.0.0.1",), 0), (("127.0.0.1", "x"), 0),
    (("127.0.0.1", 65536), 3),
    (("127.0.0.1", -1), 3), (("127.0.0.1", 80, 0), 3), (["127.0.0.1", 80], 0), (("::1", 80, 0, 2**32), 3),
    (("::1", 80, 0, 0, 0), 3),
    (("127.0.0.1", 80), "x"), (("127.0.0.1", 80), 2**40), ((b"127.0.0.1", 80), 3), (("127.0.0.1\0", 80), 3),
]


def each_function():
    for name in sorted(dir(_socket)):
        call = getattr(_socket, name)
        if callable(call) and not isinstance(call, type) and not name.startswith("_"):
            yield name, call


for name, call in each_function():
    for arguments in CHOSEN.get(name, ODD):
        case(name, call, *arguments)
for value in TIMEOUTS:
    case("setdefaulttimeout", _socket.setdefaulttimeout, value)
    case("getdefaulttimeout", _socket.getdefaulttimeout)
_socket.setdefaulttimeout(None)

for text in [
    "1.2.3", "1.2.3.4", "", "256.1.1.1", "x", "1.2.3.4\0", "255.255.255.255", "0x7f.1", " 1.2.3.4", "1.2.3.4 ", "é",
]:
    case("inet_aton", _socket.inet_aton, text)
WRITTEN = ("1.2.3.4", "::1", "", "::1%lo", b"x", "1.2.3.4\0", "1.2.3", "01.2.3.4")
for family, text in itertools.product((2, 10, 99, -1), WRITTEN):
    case("inet_pton", _socket.inet_pton, family, text)
PACKED = (b"\0" * 4, b"\0" * 16, b"", "x", bytearray(4), memoryview(bytes(32))[::2], bytes(3), bytes(17),
    bytes(range(16)))
for family, packed in itertools.product((2, 10, 99), PACKED):
    case("inet_ntop", _socket.inet_ntop, family, packed)
for packed in PACKED:
    case("inet_ntoa", _socket.inet_ntoa, packed)
for name in ("htons", "ntohs", "htonl", "ntohl"):
    for value in (0, 1, 65535, 65536, 2**32 - 1, 2**32, -1, -(2**40), True, 1.0, None):
        case(name, getattr(_socket, name), value)
for value in (0, 1, 100, 0x7FFFFFFF - 20, 0x7FFFFFFF, 2**40, -1, 2**63):
    case("CMSG_LEN", _socket.CMSG_LEN, value)
    case("CMSG_SPACE", _socket.CMSG_SPACE, value)
for arguments, named in RESOLVED:
    case("getaddrinfo", _socket.getaddrinfo, *arguments, **named)
for arguments in BACK:
    case("getnameinfo", _socket.getnameinfo, *arguments)
for name in ("if_indextoname", "if_nametoindex"):
    for value in (0, 1, "lo", b"lo", "nosuch", "x" * 40, 2**32, 2**31, -5, "lo\0"):
        case(name, getattr(_socket, name), value)
for arguments in (("http",), ("http", "tcp"), ("http", "x"), ("nosuch",), ("domain", "udp"), ("http\0",), ("http", 1)):
    case("getservbyname", _socket.getservbyname, *arguments)
for arguments in ((80,), (80, "tcp"), (80, "x"), (-1,), (65536,), (2**40,), ("80",), (9,)):
    case("getservbyport", _socket.getservbyport, *arguments)
for name in ("tcp", "udp", "icmp", "nosuch", "", "TCP", "tcp\0"):
    case("getprotobyname", _socket.getprotobyname, name)
for name in ("x\0", "é", "a" * 300, "localhost."):
    case("gethostbyname", _socket.gethostbyname, name)
    case("gethostbyname_ex", _socket.gethostbyname_ex, name)
    case("gethostbyaddr", _socket.gethostbyaddr, name)
for name in sorted(dir(_socket)):
    value = getattr(_socket, name)
    if type(value).__name__ == "builtin_function_or_method":
        print(name, value.__text_signature__, value.__module__, value.__qualname__, type(value.__self__).__name__)
