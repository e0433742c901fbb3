"""No memory left: a call raises MemoryError, and neither ends the process nor loses what has arrived."""

import importlib.util
import unittest

import support

# What every scene begins with.
BEGIN = """
import os, sys, warnings
warnings.simplefilter("ignore")
from berkeley import socket
import berkeley
berkeley.send_many, berkeley.recv_many, berkeley.create_connection
import berkeley._extra
def pair(kind=socket.SOCK_DGRAM):
    ends = socket.socketpair(socket.AF_UNIX, kind)
    for end in ends:
        end.settimeout(20)
    return ends
here, there = pair()
flood, reader = pair()
flood.setblocking(False)
inet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inet.bind(("127.0.0.1", 0))
inet.settimeout(20)
place = inet.getsockname()
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
big = bytes(200_000)
small = bytearray(100)
"""

# Each allocation of Python's in turn fails, alone and with all that follow it, until the call needs no more.
EACH = """
import _testcapi
def call():
    return {call}
def fails(first, last):
    try:
        _testcapi.set_nomemory(first, last)
        call()
    except MemoryError:
        return True
    except {allowed}:
        return False
    except SystemError as error:
        # The interpreter's own, of an exception that it had no memory to keep, whatever raised it.
        if "without" not in str(error):
            raise
    finally:
        _testcapi.remove_mem_hooks()
    return False
for _ in range(3):
    try:
        call()
    except {allowed}:
        pass
for first in range(400):
    alone, all_of_them = fails(first, first + 1), fails(first, 0)
"""

CALLS = [
    "socket.socket().close()",
    "[end.close() for end in socket.socketpair()]",
    "os.close(socket.dup(here.fileno()))",
    "flood.send(b'x')",
    "flood.sendmsg([b'x', small])",
    "inet.sendto(b'x', place)",
    "inet.sendto(small, 0, place)",
    "here.getsockname()",
    "inet.getsockname()",
    "inet.getsockopt(1, 3)",
    "inet.getsockopt(1, 3, 4)",
    "inet.setsockopt(1, 2, 1)",
    "inet.setsockopt(1, 2, b'1234')",
    "inet.setsockopt(1, 2, small)",
    "inet.settimeout(5.5)",
    "inet.gettimeout()",
    "inet.timeout",
    "repr(inet)",
    "inet.fileno()",
    "inet.connect_ex(place)",
    "inet.getpeername()",
    "listener.getpeername()",
    "listener.recv(1)",
    "listener.recvfrom(100000)",
    "inet.bind(('127.0.0.1', 'x'))",
    "inet.bind(('127.0.0.1', 70000))",
    "socket.socket(99, 99)",
    "socket.socket(fileno=10 ** 6)",
    "socket.getaddrinfo('127.0.0.1', 80)",
    "socket.getaddrinfo('::1', '80')",
    "socket.getaddrinfo('999.', 80, flags=4)",
    "socket.getnameinfo(('127.0.0.1', 80), 3)",
    "socket.gethostbyname('127.0.0.1')",
    "socket.gethostname()",
    "socket.getservbyname('http', 'tcp')",
    "socket.getservbyport(80)",
    "socket.getprotobyname('tcp')",
    "socket.inet_aton('127.0.0.1')",
    "socket.inet_ntoa(b'1234')",
    "socket.inet_pton(socket.AF_INET6, '::1')",
    "socket.inet_ntop(socket.AF_INET6, bytes(16))",
    "socket.if_nameindex()",
    "socket.if_nametoindex('lo')",
    "socket.if_indextoname(1)",
    "socket.htonl(2 ** 31)",
    "socket.CMSG_SPACE(100000)",
    "socket.getdefaulttimeout()",
    "berkeley.tcp_info(listener)",
    "berkeley.send_many(inet, [b'x', small], place)",
    "berkeley.send_many(inet, [b'x'], 'x')",
    "berkeley.recv_many(inet, messages=0)",
    "berkeley.recv_many(listener)",
    "berkeley.recv_timestamped(inet, size=10 ** 6)",
    "berkeley._extra.Lookup('127.0.0.1', 80).answers()",
    "berkeley._extra.Lookup('127.0.0.1', 80).fileno()",
    "berkeley._extra.Race(3, 1000000.0).next(0.001)",
    "berkeley._extra.Race(0, None).next(0.001)",
    "berkeley._extra.Race.most_useful([111, 1000])",
    "berkeley._extra.nanoseconds(5.5)",
    "berkeley._extra.finish_connect(listener.fileno())",
]

# One message arrives, and is asked for until it comes: with less memory than it takes, then with enough.
RECEIVE = """
import _testcapi
{prepare}
def call():
    return {call}
lost = []
for size in {sizes}:
    for first in range({most}):
        for last in (first + 1, 0):
            there.send(big[:size])
            for again in range(2):
                try:
                    if not again:
                        _testcapi.set_nomemory(first, last)
                    got = call()
                    break
                except MemoryError:
                    pass
                finally:
                    _testcapi.remove_mem_hooks()
            {check}
"""

RECEIVES = [
    "here.recv(10)",
    "here.recv(4096)",
    "here.recv(70000)",
    "here.recv(200000)",
    "here.recv(2000000)",
    "here.recv_into(room)",
]

# The same of datagrams with their addresses and times, of which there are more objects to make.
WHOLE_RECEIVES = {
    "berkeley.recv_many(here, 4)": "[(big[:size], None)]",
    "berkeley.recv_many(inet, 4)": "[(big[:size], place)]",
    "berkeley.recv_timestamped(here)[:2]": "(big[:size], None)",
    "berkeley.recv_timestamped(inet)[:2]": "(big[:size], place)",
}

# The memory that a process may have is used up but for what is less than a page.
HOG = """
import resource
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000,) * 2)
def hog():
    global kept
    kept, size = [], 1 << 24
    while size >= 512:
        try:
            kept.append(bytearray(size))
        except MemoryError:
            size //= 2
there.send(b"12345")
try:
    hog()
    {call}
except MemoryError:
    pass
except OSError as error:
    # The call's own failure, of what it asks for; but not that there is no memory.
    assert error.errno not in (12, socket.EAI_MEMORY), error
finally:
    kept = None
"""

HUNGRY = [
    "here.recv(1000)",
    "here.recv(100000)",
    "here.recv(900000)",
    "here.recvmsg(5, 1 << 20)",
    "here.recvmsg(5, 1 << 29)",
    "here.recvmsg_into([small] * 1000, 4096)",
    "here.sendmsg([small] * 1000)",
    "here.sendmsg([b'x'], [(1, 99, bytes(10))] * 1000)",
    "here.setsockopt(1, 99, small)",
    "socket.socket().connect(('999.', 1))",
    "socket.getaddrinfo('127.0.0.1', 1)",
    "socket.getaddrinfo('999.', 1, flags=4)",
    "socket.getservbyname('nothing at all')",
    "berkeley.send_many(here, [small] * 1000)",
    "berkeley.recv_many(here, 1024)",
    "berkeley.recv_timestamped(inet)",
    "berkeley.tcp_info(listener)",
]


class Memory(unittest.TestCase):
    def check(self, name, code, **more):
        with self.subTest(name):
            status, out, err = support.run_code(BEGIN + code, **more)
            self.assertEqual((status, out), (0, ""), err[-2000:])

    def test_a_call_without_memory_raises(self):
        if importlib.util.find_spec("_testcapi") is None:
            self.skipTest("CPython's module _testcapi")
        for call in CALLS:
            self.check(call, EACH.format(call=call, allowed="(OSError, TypeError, ValueError, OverflowError)"))

    def test_nothing_that_has_arrived_is_lost(self):
        if importlib.util.find_spec("_testcapi") is None:
            self.skipTest("CPython's module _testcapi")
        check = (
            "came = len(got if isinstance(got, bytes) else room[:got])\n"
            "            lost += [] if came == min(size, {most}) else [(size, first)]"
        )
        for call in RECEIVES:
            most = int(call.removeprefix("here.recv(").removesuffix(")")) if "into" not in call else 100
            code = RECEIVE.format(
                prepare="room = bytearray(100)", call=call, sizes=(1, 1000, 65000), most=12,
                check=check.format(most=most),
            )
            self.check(call, code + "\nassert not lost, lost\n")

    def test_no_datagram_is_lost_that_could_not_be_handed_over(self):
        if importlib.util.find_spec("_testcapi") is None:
            self.skipTest("CPython's module _testcapi")
        for call, wanted in WHOLE_RECEIVES.items():
            code = RECEIVE.format(
                prepare="", call=call, sizes=(1, 1000, 65000), most=20,
                check=f"lost += [] if got == {wanted} else [(size, first, got)]",
            )
            if "inet" in call:
                code = code.replace("there.send(big[:size])", "inet.sendto(big[:size], place)")
            # Otherwise what is lost is waited for.
            code = "for end in (here, inet):\n    end.settimeout(5)\n" + code
            self.check(call, code + "\nassert not lost, lost\n")

    def test_a_call_in_a_process_without_memory_raises(self):
        for call in HUNGRY:
            code = HOG.replace("{call}", call)
            self.check(call, code)

    def test_what_was_received_is_there_when_all_memory_is_used_up(self):
        code = """
here, there = pair(socket.SOCK_STREAM)
there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
for _ in range(3):
    there.send(b"x")
    here.recv(900_000)
there.send(bytes(150_000))
""" + HOG.replace('there.send(b"12345")', "").replace("{call}", "got = here.recv(900_000)").replace(
            "finally:", "else:\n    assert len(got) == 150_000\nfinally:")
        self.check("recv", code)

    def test_a_receive_touches_no_more_memory_than_comes(self):
        code = """
import resource
SIZE = 1 << 30
with socket.create_server(("127.0.0.1", 0)) as server:
    client = socket.create_connection(server.getsockname())
    stream = server.accept()[0], client
for here, there in (stream, pair(socket.SOCK_DGRAM), pair(socket.SOCK_SEQPACKET)):
    for flags in (0, socket.MSG_TRUNC, socket.MSG_TRUNC | socket.MSG_NOSIGNAL, socket.MSG_CMSG_CLOEXEC):
        for receive in (
            lambda: here.recv(SIZE, flags), lambda: here.recvfrom(SIZE, flags)[0],
            lambda: here.recvmsg(SIZE, 0, flags)[0],
        ):
            there.send(b"12345")
            got = receive()
            assert len(got) == 5, (here, flags, got)
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert most < SIZE // 1024 // 4, most
"""
        # Python's debug allocator would touch all of it.
        environment = support.environment(True)
        environment.pop("PYTHONMALLOC", None)
        self.check("recv", code, env=environment)


if __name__ == "__main__":
    unittest.main()
