"""Where C's module gives a wrong value: the cases of differences.py, and their neighbours that are right with both."""

import _socket

from show import case

for arguments in [
    ("127.0.0.1", 65535, 0, 1), ("127.0.0.1", 70000, 0, 1), ("127.0.0.1", " +70000", 0, 1),
    ("127.0.0.1", " +80", 0, 1), ("127.0.0.1", b"70000", 0, 1), ("fe80::1%lo", 70000, 0, 1), ("fe80::1%lo", 80, 0, 1),
    (None, 2**31 - 1, 0, 1), (None, 2**31, 0, 1), ("127.0.0.1", 2**32 + 80, 0, 1), ("127.0.0.1", "4294967376", 0, 1),
    ("127.0.0.1", -(2**32) + 80, 0, 1), ("127.0.0.1", -65456, 0, 1), ("127.0.0.1", "-1", 0, 1),
    ("127.0.0.1", "00080", 0, 1), ("127.0.0.1", "-0", 0, 1), ("127.0.0.1", "", 0, 1), ("127.0.0.1", "+", 0, 1),
    ("fe80::1%nosuch", 80, 0, 1),
]:
    case("getaddrinfo", _socket.getaddrinfo, *arguments)
for arguments in [
    (("127.0.0.1", 65616), 3), (("127.0.0.1", 65535), 3), (("127.0.0.1", -65456), 3), (("fe80::1%lo", 80), 3),
    (("fe80::1%1", 80, 0, 0), 3), (("fe80::1", 80, 0, 1), 3), (("fe80::1", 80, 0, 0), 3),
]:
    case("getnameinfo", _socket.getnameinfo, *arguments)


def has_scope(*address):
    """Whether the kernel is given a scope: without one it refuses a link-local peer (EINVAL)."""
    sock = _socket.socket(_socket.AF_INET6, _socket.SOCK_DGRAM)
    try:
        return sock.connect_ex(address) != 22
    finally:
        sock.close()


for address in [
    ("fe80::1%lo", 9), ("fe80::1%lo", 9, 0, 0), (b"fe80::1%lo", 9), ("fe80::1", 9, 0, 1), ("fe80::1%lo", 9, 0, 1),
    ("fe80::1", 9), ("::1", 9), ("fe80::1%nosuch", 9),
]:
    case("has scope", has_scope, *address)
for text in ["1.2.3.4 x", "127.1\n;x", "1.2.3.4\vx", "1.2.3.4 ", "1.2.3.4\n", " 1.2.3.4", "127.1", "1.2.3.4x"]:
    case("inet_aton", _socket.inet_aton, text)
for index in (2**32, 2**32 + 1, 2**63, 1, 0):
    case("if_indextoname", _socket.if_indextoname, index)
