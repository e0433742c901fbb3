"""Daemon threads that the interpreter leaves behind inside one of our calls: the process ends as it would with C's."""

import sys
import unittest

import support

# What every scene begins with. `spin` is the Python code inside the call: it never ends, and lets the main thread
# in, which then ends the interpreter. Up to 3.13 that ends the spinning thread in the middle of the call.
BEGIN = """
import sys, threading, warnings
from berkeley import socket
import berkeley
sys.setswitchinterval(0.0005)
inside = threading.Event()
def spin(*arguments, **named):
    inside.set()
    while True:
        pass
class Index:
    __index__ = spin
def buffers():
    yield b"x"
    spin()
class Socket:
    fileno = gettimeout = spin
def hook(event, arguments):
    if armed and event.startswith("socket."):
        spin()
armed = False
sys.addaudithook(hook)
here, there = socket.socketpair()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
"""

# And what it ends with.
END = """
thread = threading.Thread(target=scene, daemon=True)
thread.start()
if not inside.wait(20):
    sys.exit("the call has run no Python code")
"""

INDEX = """
def scene():
    {}
"""

AUDIT = """
def scene():
    global armed
    armed = True
    {}
"""

CALLS_WITH_INDEX = [
    "here.recv(Index())",
    "here.recv(1, Index())",
    "here.recv_into(bytearray(1), Index())",
    "here.recvfrom(Index())",
    "here.recvfrom_into(bytearray(1), Index())",
    "here.recvmsg(Index())",
    "here.recvmsg_into([bytearray(1)], Index())",
    "here.send(b'', Index())",
    "here.sendall(b'', Index())",
    "here.sendto(b'', Index(), '')",
    "here.sendmsg([b''], [], Index())",
    "here.getsockopt(Index(), 1)",
    "here.setsockopt(1, Index(), 1)",
    "here.settimeout(Index())",
    "here.listen(Index())",
    "here.shutdown(Index())",
    "datagrams.bind(('127.0.0.1', Index()))",
    "datagrams.connect_ex(('127.0.0.1', Index()))",
    "socket.socket(Index())",
    "socket.socketpair(Index())",
    "socket.dup(Index())",
    "socket.close(Index())",
    "socket.htons(Index())",
    "socket.inet_ntop(Index(), b'')",
    "socket.getservbyport(Index())",
    "socket.CMSG_LEN(Index())",
    "socket.getaddrinfo('127.0.0.1', 1, Index())",
]

CALLS_WITH_AUDIT = [
    "socket.socket()",
    "datagrams.bind(('127.0.0.1', 0))",
    "datagrams.connect(('127.0.0.1', 9))",
    "datagrams.sendto(b'', ('127.0.0.1', 9))",
    "datagrams.sendmsg([b''])",
    "socket.getaddrinfo('127.0.0.1', 1)",
    "socket.getnameinfo(('127.0.0.1', 1), 3)",
    "socket.gethostname()",
    "socket.gethostbyname('127.0.0.1')",
    "socket.getservbyname('http')",
    "socket.getservbyport(80)",
]

OTHER_SCENES = {
    "an iterable of buffers": INDEX.format("here.sendmsg(buffers())"),
    "control messages": INDEX.format("here.sendmsg([b''], buffers())"),
    "the codec of names": """
import encodings.idna
encodings.idna.ToASCII = spin
def scene():
    socket.getaddrinfo("b\\xfccher.example", 1)
""",
    "the codec of hosts": """
import encodings.idna
encodings.idna.ToASCII = spin
def scene():
    socket.gethostbyname("b\\xfccher.example")
""",
    "the warning of a socket that nobody has closed": """
warnings.simplefilter("always")
warnings.showwarning = spin
def scene():
    socket.socket()
""",
    "a path": """
class Path:
    __fspath__ = spin
def scene():
    socket.if_nametoindex(Path())
""",
    "many datagrams": INDEX.format("berkeley.send_many(here, buffers())"),
    "a socket of another class that sends": INDEX.format("berkeley.send_many(Socket(), [b''])"),
    "a socket of another class that receives": INDEX.format("berkeley.recv_many(Socket())"),
    "the number of datagrams": INDEX.format("berkeley.recv_many(here, Index())"),
    "the seconds of a timeout": INDEX.format("berkeley.create_connection(('127.0.0.1', 1), Index())"),
    "the codec of a host that is connected to": """
import encodings.idna
encodings.idna.ToASCII = spin
from berkeley import _extra
def scene():
    _extra.Lookup("b\\xfccher.example", 1)
""",
    "the flags of datagrams": INDEX.format("berkeley.recv_many(here, flags=Index())"),
}


class Daemons(unittest.TestCase):
    def check(self, name, scene):
        with self.subTest(name, scene=scene):
            status, out, err = support.run_code(BEGIN + scene + END)
            self.assertEqual((status, out, err), (0, "", ""))

    def test_code_of_an_index(self):
        for call in CALLS_WITH_INDEX:
            self.check(call, INDEX.format(call))

    def test_code_of_an_audit_hook(self):
        for call in CALLS_WITH_AUDIT:
            self.check(call, AUDIT.format(call))

    def test_code_of_anything_else(self):
        for name, scene in OTHER_SCENES.items():
            self.check(name, scene)

    def test_code_of_a_buffer(self):
        begin = "class Buffer:\n    __buffer__ = spin\n"
        calls = ["here.send(Buffer())", "here.recv_into(Buffer())", "here.sendmsg([Buffer()])"]
        # Before, no class of Python's had a buffer.
        for call in calls if sys.version_info >= (3, 12) else []:
            self.check(call, begin + INDEX.format(call))

    def test_threads_that_end_while_others_go_on_are_gone(self):
        code = """
            import os, threading
            from berkeley import socket
            def use():
                here, there = socket.socketpair()
                with here, there:
                    here.send(b"x")
                    there.recv(1)
            for _ in range(200):
                thread = threading.Thread(target=use)
                thread.start()
                thread.join(20)
                assert not thread.is_alive()
            for _ in range(2000):
                if len(os.listdir("/proc/self/task")) == 1:
                    break
                threading.Event().wait(0.01)
            print(len(os.listdir("/proc/self/task")))
        """
        self.assertEqual(support.run_code(code), (0, "1\n", ""))


if __name__ == "__main__":
    unittest.main()
