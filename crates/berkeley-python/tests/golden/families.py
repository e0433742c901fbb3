"""Families that this kernel may lack, on a socket that is told it is of them; items that misbehave."""

import warnings

import _socket

# Some versions warn of a number that is cut.
warnings.simplefilter("always")
warnings.showwarning = lambda message, category, *_: print(category.__name__, message)


class Index:
    """A number that is no int."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Raising:
    def __index__(self):
        raise OverflowError("mine")


class Closing:
    """An item that closes the socket while its address is read."""

    def __init__(self, socket):
        self.socket = socket

    def __index__(self):
        self.socket.close()
        return 9


class Text(str):
    pass


class Pair(tuple):
    pass


class Numbered(tuple):
    """A tuple that is a number, too."""

    def __index__(self):
        return 7


# By family and protocol, as the kernel numbers them.
ADDRESSES = {
    # CAN: raw, the broadcast manager, J1939, ISO-TP, and a protocol that has none.
    (29, 1): [
        ("lo",), ("",), ("x" * 16,), ("nosuch",), (b"lo",), (1,), ("lo", 1), "lo", ("a\0",),
    ],
    (29, 2): [("lo",)],
    (29, 3): [("lo",)],
    (29, 6): [("lo", 1, 2), ("", 2**40, -1), ("lo", 1), "lo", ("lo", "x", 1), (1, 1, 1)],
    (29, 7): [("lo", 1, 2, 3), ("", 2**64, 2**33, 300), ("lo", 1), ["lo"], ("lo", 1, 2, "x")],
    # The kernel's cryptography.
    (38, 0): [
        ("hash", "sha256"), ("", ""), ("hash", "x", 2**17, 3), ("x" * 14, "a"), ("x", "a" * 64), ("a\0", "b"), (1, 2),
        ["a", "b"], ("hash", "x", 1, 2, 3), ("é", "ü"), ("hash", "x", "y"),
    ],
    # TIPC.
    (30, 0): [
        (1, 2, 3, 4), (2, 1, 1, 1), (3, 1, 1, 1), (1, 2, 3, 4, 5), (9, 9, 9, 9), (1, 2, 3), "x", (1, 2, 3, "x"),
        (1, -1, 2**33, 0, 300),
    ],
    # Qualcomm's router; RDS.
    (42, 0): [(1, 2), (1,), "x", [1, 2], ("a", 2), (-1, 2**40)],
    (21, 0): [("127.0.0.1", 9), ("127.0.0.1",), "x", ("", 0), (1, 2)],
    # Bluetooth: L2CAP, RFCOMM, HCI, SCO, and a protocol that has none.
    (31, 0): [
        ("11:22:33:44:55:66", 1), ("1:2:3:4:5:6", 65537), ("11:22:33:44:55", 1), ("11:22:33:44:55:1ff", 1), "x",
        ("x", 1), (1, 2), (" 1:0x2:+3:4:5:6", 1), ("1:2:3:4:5:6x", 1), ("1:2:3:4:5:6", 1, 2), ("1:2:3:4:5:6", 1, 2, 1),
        ("1:2:3:4:5:6", -1, 65536, 256), ("1:2:3:4:5:6", 1, 2, 1, 0), ("1:2:3:4:5:6",), ("1:2:3:4:5:6", 2**70),
        ("1:2:3:4:5:6", 1, "x"), ("1:2:3:4:5:6", 1, 2, None), ("1:2:3:4:5:6", Index(1), Index(2), Index(1)),
        ("1:2:3:4:5:6", Raising()), (b"1:2:3:4:5:6", 1), ("1:2:3:4:5:6\0", 1), ("\udcff", 1),
        Pair(("1:2:3:4:5:6", 1)), ["1:2:3:4:5:6", 1], ("1:2:3:4:5:6", 1.5), (),
    ],
    (31, 3): [
        ("11:22:33:44:55:66", 1), ("11:22:33:44:55:66", 300), ("x",), 5, ("1:2:3:4:5:6", 2**40), ("1:2:3:4:5:6", -1),
        ("1:2:3:4:5:6", 1, 1), ("1:2:3:4:5:6", Raising()), ("1:2:3:4:5:6", Index(1)),
    ],
    (31, 1): [
        (1,), (2**16 + 1,), 1, (1, 2), "x", -1, 2**16, 2**70, True, 1.5, b"1:2:3:4:5:6", Index(1), Raising(),
        Numbered((1, 2)), (1, 2**16 + 2), (1, 2, 3), (), (2**70,), (-1, -1), (Index(1), Index(2)), (Raising(),),
        (1, "x"), [1], Index,
    ],
    (31, 2): [
        b"11:22:33:44:55:66", "11:22:33:44:55:66", b"x", b"1:2:3:4:5:6\0a", 5, "1:2:3:4:5:6\0a", "x", "\udcff", "é",
        b"\xff", Text("1:2:3:4:5:6"), bytearray(b"1:2:3:4:5:6"), ("1:2:3:4:5:6",), (b"1:2:3:4:5:6",), "", b"",
    ],
    (31, 9): [(1,), 1],
    # None.
    (99, 0): [(1,), "x"],
    # IPv4, IPv6.
    (2, 0): [
        (Text("127.0.0.1"), 9), (Text(""), 9), (Text("localhost"), 9), Pair(("127.0.0.1", 9)), ("127.0.0.1", Index(9)),
        ("127.0.0.1", Raising()), ("x" * 64, 9), ("localhost", 9), ("::1", 9), (b"localhost", 9),
        ("127.0.0.1", Index(70000)),
    ],
    (10, 0): [
        ("localhost", 9), ("<broadcast>", 9), ("255.255.255.255", 9), ("::1%lo", 9), ("fe80::1%lo", 9, 0, 1),
        ("::", 9, Index(7), Index(1)), ("::1", Raising()), ("::1", 9, Raising()), Pair(("::1", 9)), ("127.0.0.1", 9),
    ],
    # Packets, netlink, machines.
    (17, 0): [
        ("lo", 0, 0, 0, b"x"), ("lo", Raising()), ("lo", 0, -1, -1, bytearray(b"12345678")), ("é", 0),
    ],
    (16, 0): [(Raising(), 0), (Index(3), Index(4))],
    (40, 0): [(Index(1), 2)],
}
NAMING = ("bind", "connect", "connect_ex")


def case(label, call, *arguments):
    """Prints what a call gives or raises; what prints its place in memory is left out."""
    try:
        result = repr(call(*arguments))
    except Exception as error:
        result = f"{type(error).__name__} {error.args!r}"
    shown = label if any("object at" in repr(each) for each in arguments) else f"{label} {arguments!r}"
    print(shown[:160], result)


def kind_of_name(label, call):
    """The address's text depends on the kernel: its class does not."""
    try:
        print(label, type(call()).__name__)
    except OSError as error:
        print(label, type(error).__name__, error.args)


base = _socket.socket(2, 2)
for (family, protocol), addresses in ADDRESSES.items():
    told = _socket.socket(family, 2, protocol, fileno=_socket.dup(base.fileno()))
    told.settimeout(0)
    label = f"{family},{protocol}"
    for address in addresses:
        for name in NAMING:
            case(f"{label}.{name}", getattr(told, name), address)
        case(f"{label}.sendto", told.sendto, b"x", address)
    for name in ("getsockname", "getpeername"):
        kind_of_name(f"{label}.{name}", getattr(told, name))
    case(f"{label}.recvfrom", told.recvfrom, 3)
    case(f"{label}._accept", told._accept)
    case(f"{label}.recvfrom_into", told.recvfrom_into, bytearray(3))
    told.close()
base.close()

for name, rows in (
    ("shutdown", [(how,) for how in (3, -1, 2**40, 2**70, "x", None, 1.0, 0, 1, 2)]),
    ("listen", [(), (1,), (-5,), (2**40,), ("x",), (1, 2), (None,), (True,)]),
):
    for row in rows:
        stream = _socket.socket(2, 1)
        case(name, getattr(stream, name), *row)
        stream.close()
        case(f"{name} closed", getattr(stream, name), *row)

for name in NAMING:
    closed = _socket.socket(2, 2)
    case(f"{name} closed meanwhile", getattr(closed, name), ("127.0.0.1", Closing(closed)))
    print(closed.fileno())
closed = _socket.socket(2, 2)
case("sendto closed meanwhile", closed.sendto, b"x", ("127.0.0.1", Closing(closed)))
