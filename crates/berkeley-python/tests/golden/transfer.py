"""Bytes, messages, control messages and ends, over real sockets."""

import array
import os

import _socket

from show import case, shown


def pair(kind=1, family=1):
    one, other = _socket.socketpair(family, kind)
    for socket in (one, other):
        socket.settimeout(10)
    return one, other


def tcp():
    server = _socket.socket(2, 1)
    server.bind(("127.0.0.1", 0))
    server.listen()
    client = _socket.socket(2, 1)
    client.settimeout(10)
    client.connect(server.getsockname())
    number, address = server._accept()
    accepted = _socket.socket(2, 1, 0, number)
    print("accepted", address == client.getsockname(), accepted.family, accepted.type, accepted.proto, accepted.timeout)
    server.close()
    return client, accepted


for make in (pair, tcp):
    one, other = make()
    for size in (0, 1, 1000, 4096, 65536):
        case("sendall", one.sendall, bytes(size))
        got = b""
        while len(got) < size:
            got += other.recv(262144)
        print(size, len(got))
    words = memoryview(bytes(64)).cast("Q")
    for data in (b"12345", bytearray(b"12345"), memoryview(b"12345"), array.array("i", [1, 2]), words):
        case("send", one.send, data)
        case("recv", other.recv, 100)
    case("sendmsg", one.sendmsg, [b"ab", bytearray(b"cd"), memoryview(b"ef")])
    case("recv 1", other.recv, 1)
    case("peek", other.recv, 100, 2)
    case("recv", other.recv, 100)
    one.sendall(b"0123456789")
    into = bytearray(20)
    for arguments in ((into, 3), (into, 0, 2), (memoryview(into)[5:], 2), (array.array("B", bytes(3)),), (into,)):
        case("recv_into", other.recv_into, *arguments)
    print(into)
    one.sendall(b"0123456789")
    case("recvfrom", other.recvfrom, 2)
    case("recvfrom_into", other.recvfrom_into, into, 2)
    parts = [bytearray(2), bytearray(1), memoryview(bytearray(1))]
    case("recvmsg_into", other.recvmsg_into, parts)
    print([bytes(part) for part in parts])
    case("recvmsg", other.recvmsg, 100)
    case("recv waitall", lambda: (one.sendall(b"abcd"), other.recv(4, 0x100))[1])
    case("shutdown", one.shutdown, 1)
    case("the end", other.recv, 10)
    case("the end", other.recv_into, into)
    case("the end", other.recvmsg, 10)
    case("send after shutdown", one.send, b"x", 0x4000)
    case("names", lambda: [type(one.getsockname()).__name__, type(other.getpeername()).__name__])
    one.close()
    other.settimeout(0)
    case("send to nobody", lambda: [other.send(b"x", 0x4000), other.send(b"x", 0x4000)][0] if make is pair else None)
    other.close()

one, other = pair()
other.settimeout(0)
case("nothing to receive", other.recv, 1)
case("nothing to receive", other.recv_into, bytearray(1))
case("nothing to receive", other.recvmsg, 1)
case("nothing to receive", other.recvfrom, 1)
other.settimeout(0.01)
case("timed out", other.recv, 1)
case("timed out", other.recv_into, bytearray(1))
case("timed out", other.recvmsg, 1)
case("timed out", other.recvmsg_into, [bytearray(1)])
one.settimeout(0.01)
case("timed out", one.sendall, bytes(2**24))
one.settimeout(0)
case("full", one.send, bytes(2**20))
case("full", one.sendmsg, [bytes(2**20)])
for socket in (one, other):
    socket.close()

one, other = pair()
reading, writing = os.pipe()
CONTROL = [(1, 1, array.array("i", [reading, writing]))]
case("descriptors", one.sendmsg, [b"x"], CONTROL)
data, control, flags, address = other.recvmsg(10, _socket.CMSG_SPACE(8))
got = array.array("i", control[0][2])
print(data, len(control), control[0][:2], len(got), flags, address, [os.get_inheritable(each) for each in got])
for each in got:
    os.close(each)
case("descriptors", one.sendmsg, [b"x"], CONTROL)
data, control, flags, address = other.recvmsg(10, _socket.CMSG_LEN(4))
print(data, [(level, kind, len(part)) for level, kind, part in control], flags)
for level, kind, part in control:
    os.close(array.array("i", part[:4])[0])
case("descriptors, no room", lambda: (one.sendmsg([b"x"], CONTROL), other.recvmsg(10))[1])
for control in [
    [(1, 1, b"")], [(1, 99, b"x")], [(1, 1, "x")], [("x", 1, b"")], [(1, 1)], [(1, 1, b"", 1)], [None],
    [(1, 2, b"x" * 12)],
]:
    case("control", one.sendmsg, [b"x"], control)
for each in (reading, writing):
    os.close(each)
for socket in (one, other):
    socket.close()

for family, place in ((2, ("127.0.0.1", 0)), (10, ("::1", 0))):
    first, second = _socket.socket(family, 2), _socket.socket(family, 2)
    for socket in (first, second):
        socket.bind(place)
        socket.settimeout(10)
    case("sendto", lambda: first.sendto(b"hello", second.getsockname()))
    data, address = second.recvfrom(100)
    print(data, address == first.getsockname(), len(address))
    case("sendto", lambda: first.sendto(b"", 0, second.getsockname()))
    case("empty", lambda: second.recv(100))
    case("cut off", lambda: (first.sendto(b"hello", second.getsockname()), second.recvmsg(2))[1][:3])
    case("too long", lambda: first.sendto(bytes(70000), second.getsockname()))
    first.sendto(b"hello", second.getsockname())
    case("recvfrom_into", lambda: second.recvfrom_into(bytearray(9), 3)[0])
    for socket in (first, second):
        socket.close()

one, other = pair(kind=2)
case("datagrams", lambda: (one.send(b"a"), one.send(b""), one.send(b"b"), [other.recv(9) for _ in range(3)])[-1])
case("recvfrom", lambda: (one.send(b"a"), other.recvfrom(9))[1])
number = one.detach()
print(shown(one.fileno()), repr(one).split("fd=")[1].split(",")[0])
os.close(number)
other.close()

server = _socket.socket(1, 1)
server.bind(b"\0golden-%d" % os.getpid())
print(type(server.getsockname()).__name__)
server.settimeout(0)
case("accept before listen", server._accept)
server.listen()
case("nobody to accept", server._accept)
server.settimeout(0.01)
case("nobody to accept", server._accept)
# A clone has the descriptor block: the timeout stands.
clone = _socket.socket(1, 1, 0, _socket.dup(server.fileno()))
clone.setblocking(True)
case("nobody to accept", server._accept)
for socket in (clone, server):
    socket.close()

server = _socket.socket(2, 1)
server.bind(("127.0.0.1", 0))
server.listen()
for size in (1, 100000):
    # Connects and sends in one call, however long it takes.
    for call in ("sendto", "sendmsg"):
        client = _socket.socket(2, 1)
        data, place = bytes(size), server.getsockname()
        arguments = (data, 0x20000000, place) if call == "sendto" else ([data], [], 0x20000000, place)
        case("fast open", lambda: getattr(client, call)(*arguments))
        client.close()
server.close()
