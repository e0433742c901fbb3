"""Addresses of every family that this kernel has, good and bad, with each method that takes one."""

import _socket

from show import case

DATAGRAM, RAW, STREAM = 2, 3, 1
ADDRESSES = {
    2: (DATAGRAM, [
        (), ("127.0.0.1",), ("127.0.0.1", 0), ("127.0.0.1", -1), ("127.0.0.1", 65536), ("127.0.0.1", "x"),
        ("127.0.0.1", 1.5), ("127.0.0.1", 2**70), ("127.0.0.1", True), (1, 2), (None, 0), ("", 9), ("<broadcast>", 9),
        (b"127.0.0.1", 9), (bytearray(b"127.0.0.1"), 9), ("a\0", 0), ("127.0.0.1", 0, 0), ["127.0.0.1", 0], "x", None,
        5,
        b"x", ("256.1.1.1", 9), ("127.1", 9), ("é" * 80, 9), ("\ud800", 9), (b"\xff", 9), ("1.2.3", 9),
    ]),
    10: (DATAGRAM, [
        ("::1",), ("::1", 0), ("::1", 9, 0, 0), ("::1", 9, 2**20), ("::1", 9, -1), ("::1", 0, 0, 0, 0), ("::1", 0, "x"),
        ("127.0.0.1", 0), "x", ("::1", 65536), ("fe80::1%nosuch", 0), ["::1", 0], ("::1", 9, 0, 2**32),
        ("::1", 9, 2**40),
        ("::1", 9, 0, -1), ("::ffff:127.0.0.1", 9), ("::1", 9, 0, 1), (b"::1", 9), ("", 9), (1, 9),
    ]),
    1: (DATAGRAM, [
        "", "x" * 108, "x" * 109, b"\0abc" + b"x" * 110, b"a\0b", "a\0b", 5, None, ("x",), bytearray(b"\0golden"),
        "\ud800" * 40, "\udcff", "nosuch/place", memoryview(b"\0golden-view"), "é" * 54, "é" * 55, b"",
    ]),
    16: (RAW, [(0, 0), (0,), "x", ("x", 0), (-1, 0), (2**32, 0), [0, 0], (0, 0, 0), (0, 2**31), ()]),
    17: (RAW, [
        ("lo",), ("lo", 0), ("nosuch", 0), ("x" * 20, 0), ("lo", 65536), ("lo", -1), ("lo", 0, 300),
        ("lo", 0, 0, 0, b"x" * 9),
        ("lo", 0, 0, 0, "x"), (1, 0), "lo", ("lo", 0, 0, 0, b"", 1), ("lo", 0, 0, 0, b"123456"), ("lo\0", 0),
        ("lo", 0, 2**40),
    ]),
    40: (STREAM, [(1, 2), (1,), "x", (-1, 2), (2**32, 2), ("x", 2), [1, 2], (1, 2**32), (1, 2, 3)]),
    29: (RAW, [("lo",), ("nosuch",), (1,), "lo", ("x" * 20,), ("lo", 1), ()]),
    38: (5, [("hash", "sha256"), ("hash",), ("x" * 20, "sha256"), ("hash", "x" * 70), (1, 2), "x",
        ("hash", "sha256", 0, 0)]),
    30: (DATAGRAM, [(1, 2, 3, 4), (1, 2, 3), "x", (9, 2, 3, 4), (1, 2, 3, 4, 5), (1, 2, 3, 4, 99)]),
    42: (DATAGRAM, [(1, 2), (1,), "x", ("x", 2), (2**32, 2)]),
    21: (5, [("127.0.0.1", 9), ("127.0.0.1",), "x"]),
}


def made(family, kind):
    socket = _socket.socket(family, kind)
    socket.settimeout(0)
    return socket


def is_steady(family, name):
    """Whether the name is the same in every run: the kernel chooses ports, and six bytes where a path is empty."""
    return family == 17 or family == 1 and len(name) != 6


for family, (kind, addresses) in ADDRESSES.items():
    try:
        made(family, kind).close()
    except OSError as error:
        print("family", family, "absent", error.errno)
        continue
    for method in ("connect_ex", "connect", "bind"):
        for address in addresses:
            socket = made(family, kind)
            case(f"{family}.{method}", getattr(socket, method), address)
            name = socket.getsockname()
            print("   ", type(name).__name__, name if is_steady(family, name) else len(name))
            socket.close()
    for address in addresses:
        socket = made(family, kind)
        case(f"{family}.sendto", socket.sendto, b"", address)
        case(f"{family}.sendto", socket.sendto, b"", 0, address)
        case(f"{family}.sendmsg", socket.sendmsg, [b""], [], 0, address)
        socket.close()
    socket = made(family, kind)
    for arguments in [
        (), (b"x",), (b"x", 1, 2, 3), (b"x", None), ("x", ("127.0.0.1", 9)), (b"x", "x", ("127.0.0.1", 9)), (1, 2),
    ]:
        case(f"{family}.sendto", socket.sendto, *arguments)
    socket.close()

# The same digits, as the same object and as another, other digits, and those before again.
for digits in ["127.0.0.{}".format(number) for number in (1, 2, 1, 1, 3, 2)] * 2:
    socket, peer = made(2, DATAGRAM), made(2, DATAGRAM)
    peer.bind((digits, 0))
    socket.bind(("127.0.0.4", 0))
    socket.sendto(b"x", peer.getsockname())
    # Over loopback it is there at once.
    print(digits, peer.getsockname()[0], peer.recvfrom(1)[1][0], socket.getsockname()[0])
    socket.close()
    peer.close()
