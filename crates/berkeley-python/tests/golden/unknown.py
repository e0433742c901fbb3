"""Hosts that nobody knows, in a network without anybody: what the lookups raise."""

import ctypes
import itertools
import sys

import _socket

from show import case

# unshare(2)
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# What test_golden takes for a skip.
SKIPPED = 77

NAMES = ["nosuch.invalid", b"nosuch.invalid", "nosuch.invalid.", "a b", "0x7f.1", "1.2.3.4.5", "fe80::1%lo", "::1", ""]
# Not "::" nor "<broadcast>": of those C tells what the lookup before them came to.
ADDRESSES = [
    "192.0.2.1", b"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::ffff:192.0.2.1", "ff02::1", "fe80::1%lo",
    "nosuch.invalid",
]


def alone():
    """Leaves this process in a network of its own, where the resolver reaches no server."""
    unshare = ctypes.CDLL(None).unshare
    return any(unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def names_and_addresses():
    for name in NAMES:
        case("gethostbyname", _socket.gethostbyname, name)
        case("gethostbyname_ex", _socket.gethostbyname_ex, name)
        case("getaddrinfo", _socket.getaddrinfo, name, 80, 0, _socket.SOCK_STREAM)
    for address in ADDRESSES:
        case("gethostbyaddr", _socket.gethostbyaddr, address)
    for address, flags in itertools.product(ADDRESSES, (0, _socket.NI_NAMEREQD, _socket.NI_NUMERICHOST)):
        case("getnameinfo", _socket.getnameinfo, (address, 80), flags)


def methods():
    for family, name in itertools.product((_socket.AF_INET, _socket.AF_INET6), NAMES[:4]):
        socket = _socket.socket(family, _socket.SOCK_DGRAM)
        for method in (socket.bind, socket.connect, socket.connect_ex):
            case(method.__name__, method, (name, 9))
        case("sendto", socket.sendto, b"x", (name, 9))
        socket.close()


if not alone():
    sys.exit(SKIPPED)
names_and_addresses()
methods()
