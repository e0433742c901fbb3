"""What a socket is besides its calls: text, pickling, warnings, events, subclasses, references, the collector."""

import copy
import gc
import pickle
import socket
import sys
import warnings
import weakref

import _socket

from show import case, masked

warnings.simplefilter("always")
# Warnings go to the same stream as the rest, in order.
warnings.showwarning = lambda message, kind, *rest, **named: print("warning", kind.__name__, masked(str(message)))
sys.unraisablehook = lambda fault: print("unraisable", masked(str(fault.exc_value)), masked(str(fault.object))[:120])
watched = []


def hook(event, arguments):
    if event.startswith("socket.") and watched:
        print("event", event, masked(repr(arguments)))


sys.addaudithook(hook)


def drop(make):
    """Makes a socket and lets it go, still open."""
    print("drop", make.__name__)
    made = make()
    del made
    gc.collect()


class Child(_socket.socket):
    """A subclass in Python."""


class Slotted(_socket.socket):
    __slots__ = ("note",)


class Final(_socket.socket):
    def __del__(self):
        print("__del__", self.fileno() >= 0)
        self.close()


def plain():
    return _socket.socket(2, 1)


def child():
    return Child(2, 1)


def slotted():
    return Slotted(2, 1)


def final():
    return Final(2, 1)


def whole():
    return socket.socket()


def from_pair():
    return _socket.socketpair()[0]


def in_a_cycle():
    made = Child(2, 1)
    made.itself = made
    return made


def with_warnings_as_errors():
    warnings.simplefilter("error")
    made = _socket.socket(2, 1)
    del made
    warnings.simplefilter("always")


for make in (plain, child, slotted, final, whole, from_pair, in_a_cycle, with_warnings_as_errors):
    drop(make)

made = _socket.socket(2, 1)
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    case("pickle", pickle.dumps, made, protocol)
case("copy", copy.copy, made)
case("deepcopy", copy.deepcopy, made)
case("weakref", weakref.ref, made)
case("weakref", lambda: weakref.ref(Child(2, 1)) is not None)
case("hash", lambda: hash(made) == hash(made))
case("equal", lambda: made == made)
case("less", lambda: made < made)
case("bool", bool, made)
case("with", lambda: made.__enter__())
case("tracked", gc.is_tracked, made)
case("tracked CAPI", gc.is_tracked, _socket.CAPI)
case("references", sys.getrefcount, made)
case("type tracked", gc.is_tracked, _socket.socket)
# One flag says whether the type has been looked into, which is nobody's business.
print("type", _socket.socket.__flags__ & ~(1 << 19), _socket.socket.__basicsize__, _socket.socket.__mro__)
for name, value in sorted(vars(_socket.socket).items()):
    print("   ", name, type(value).__name__, getattr(value, "__text_signature__", None))
print(repr(_socket.CAPI).split(" at ")[0].split(" 0x")[0])
made.close()

whole_one = socket.socket()
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    case("pickle whole", pickle.dumps, whole_one, protocol)
print(masked(repr(whole_one)))
whole_one.close()
print(masked(repr(whole_one)))

for change in (lambda: setattr(_socket.socket, "x", 1), lambda: delattr(_socket.socket, "send")):
    case("change the type", change)

watched.append(True)
server = _socket.socket(2, 1)
server.bind(("127.0.0.1", 0))
server.listen()
client = _socket.socket(2, 1, 0)
print("connect", "event")
watched.clear()
place = server.getsockname()
watched.append(True)
for name, arguments in [
    ("gethostname", ()), ("getaddrinfo", ("127.0.0.1", 80)), ("getnameinfo", (("127.0.0.1", 80), 3)),
    ("gethostbyname", ("127.0.0.1",)), ("gethostbyname_ex", ("127.0.0.1",)), ("gethostbyaddr", ("127.0.0.1",)),
    ("getservbyname", ("http",)), ("getservbyport", (80,)), ("socketpair", ()), ("if_nameindex", ()),
    ("getprotobyname", ("tcp",)),
    ("getservbyname", ("http", "tcp")), ("getaddrinfo", (b"127.0.0.1", "80", 2, 1, 6, 4)),
    ("sethostname", (b"x" * 65,)),
]:
    try:
        getattr(_socket, name)(*arguments)
    except OSError as error:
        print(name, type(error).__name__)
watched.clear()

seen = []


def remember(event, arguments):
    if event.startswith("socket.") and seen is not None:
        seen.append((event, [type(argument).__name__ for argument in arguments]))


sys.addaudithook(remember)
client.connect(place)
accepted = server._accept()
datagram = _socket.socket(2, 2)
datagram.sendto(b"x", place)
datagram.sendmsg([b"x"], [], 0, place)
datagram.connect_ex(place)
bound = _socket.socket(fileno=accepted[0])
_socket.dup(bound.fileno())
print(type(accepted).__name__, len(accepted), type(accepted[0]).__name__)
for event, kinds in seen:
    print(event, kinds)
seen = None
for each in (server, client, datagram, bound):
    each.close()


class Refused(Exception):
    pass


def refuse(event, arguments):
    if event == "socket.connect":
        raise Refused(event)


sys.addaudithook(refuse)
refused = _socket.socket(2, 1)
case("refused by a hook", refused.connect, ("127.0.0.1", 9))
refused.close()

for arguments in ((2**40,), (2**70, 1), (2, -2**70), (2, 1, 2**70), (2, 1, 0, 2**70)):
    case("numbers too large", _socket.socket, *arguments)
