"""SO_RCVLOWAT: a receive waits for as many bytes as with C's module, however the object came to know of the mark."""

import concurrent.futures
import textwrap
import unittest

import support

BEGIN = """
import os, socket, struct, sys, tempfile, threading, time
RCVLOWAT = socket.SO_RCVLOWAT
SHORT, LONG = 0.1, 60
MARK = 10
kept = []

def tcp(mark_of_listener=None):
    server = socket.create_server(("127.0.0.1", 0))
    if mark_of_listener is not None:
        server.setsockopt(socket.SOL_SOCKET, RCVLOWAT, mark_of_listener)
    client = socket.create_connection(server.getsockname())
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server.accept()[0], client

def unix():
    return socket.socketpair()

def seqpacket():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

def marked(sock, mark=MARK):
    sock.setsockopt(socket.SOL_SOCKET, RCVLOWAT, mark)
    return sock

def warm_up():
    # After calls in a row that never wait, the first try no longer releases the interpreter's lock.
    one, other = socket.socketpair()
    for _ in range(40):
        one.send(b".")
        other.recv(1)

def outcome(call):
    try: return call()
    except OSError as error: return type(error).__name__

def receive(sock, peer, timeout, call, first=b"12345", rest=b"6789012345"):
    # What is received where a part is there, and the rest comes while the call waits, or after it has timed out.
    sock.settimeout(timeout)
    peer.send(first)
    later = threading.Timer(SHORT, peer.send, (rest,))
    if timeout is None or timeout > SHORT:
        later.start()
    try: return outcome(lambda: call(sock))
    finally:
        if later.is_alive():
            later.join(10)
            assert not later.is_alive()

CALLS = {
    "recv": lambda sock: len(sock.recv(100)),
    "recv, few": lambda sock: len(sock.recv(7)),
    "recv, large": lambda sock: len(sock.recv(300_000)),
    "recv, peeking": lambda sock: len(sock.recv(100, socket.MSG_PEEK)),
    "recv, not waiting": lambda sock: len(sock.recv(100, socket.MSG_DONTWAIT)),
    "recv, all": lambda sock: len(sock.recv(12, socket.MSG_WAITALL)),
    "recv_into": lambda sock: sock.recv_into(bytearray(100)),
    "recv_into, large": lambda sock: sock.recv_into(bytearray(300_000)),
    "recvfrom": lambda sock: len(sock.recvfrom(100)[0]),
    "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(100))[0],
    "recvmsg": lambda sock: len(sock.recvmsg(100)[0]),
    "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(60), bytearray(40)])[0],
}
"""

EACH = """
for warm in (False, True):
    for make in (tcp, unix, seqpacket):
        for timeout in (None, LONG, SHORT / 2, 0):
            for name, call in CALLS.items():
                if warm:
                    warm_up()
                sock, peer = make()
                print(make.__name__, timeout, name, receive(marked(sock), peer, timeout, call))
"""

# How an object comes to know, and that it comes to know when the mark is taken away.
KNOWN = """
def adopted(sock):
    kept.append(sock)
    return socket.socket(fileno=os.dup(sock.fileno()))

def told(sock):
    kept.append(sock)
    return socket.socket(sock.family, sock.type, sock.proto, os.dup(sock.fileno()))

def again(sock):
    sock.__init__(sock.family, sock.type, sock.proto, os.dup(sock.fileno()))
    return sock

ways = {
    "as an integer": marked,
    "as bytes": lambda sock: marked(sock, struct.pack("i", MARK)),
    "as longer bytes": lambda sock: marked(sock, bytearray(struct.pack("iq", MARK, 0))),
    "negative": lambda sock: marked(sock, -1),
    "a duplicate": lambda sock: (kept.append(sock), marked(sock).dup())[1],
    "fromfd": lambda sock: (kept.append(sock), socket.fromfd(marked(sock).fileno(), sock.family, sock.type))[1],
    "fileno": lambda sock: adopted(marked(sock)),
    "fileno, with its kinds": lambda sock: told(marked(sock)),
    "initialised again": lambda sock: again(marked(sock)),
    "1": lambda sock: marked(marked(sock), 1),
    "0": lambda sock: marked(marked(sock), 0),
    "bytes of 1": lambda sock: marked(marked(sock), struct.pack("i", 1)),
    "refused": lambda sock: (outcome(lambda: marked(sock, b"1")), sock)[1],
    "another level": lambda sock: (outcome(lambda: sock.setsockopt(0, RCVLOWAT, 1)), sock)[1],
}
for make in (tcp, unix):
    for timeout in (None, LONG, SHORT / 2):
        for name, way in ways.items():
            if name == "negative" and timeout != SHORT / 2:
                # As many as there can be: it waits until the end.
                continue
            sock, peer = make()
            print(make.__name__, timeout, name, receive(way(sock), peer, timeout, CALLS["recv"]))
for timeout in (None, LONG, SHORT / 2):
    print("a listener's", timeout, receive(*tcp(MARK), timeout, CALLS["recv"]))
    kept.append(tempfile.mktemp(dir="."))
    server = socket.socket(socket.AF_UNIX)
    server.bind(kept[-1])
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(kept[-1])
    print("a Unix listener's", timeout, receive(marked(server).accept()[0], client, timeout, CALLS["recv"]))
"""

# What C's call answers at once, or when the kernel's own timeout says so: the receive has no timeout of Python's.
NO_WAIT = """
def datagrams():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
    return sock, None

def limited(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50_000))

def from_outside(sock):
    os.set_blocking(sock.fileno(), False)

def as_it_is(sock):
    pass

def told(call):
    try: return len(call())
    except OSError as error: return error.errno

ERRQUEUE = 0x2000
for size in (100, 300_000):
    calls = {
        "the error queue": (datagrams, as_it_is, lambda sock: sock.recvmsg(size, 100, ERRQUEUE)),
        "the error queue, recv": (datagrams, as_it_is, lambda sock: sock.recv(size, ERRQUEUE)),
        "urgent data": (tcp, as_it_is, lambda sock: sock.recv(size, socket.MSG_OOB)),
        "the kernel's timeout": (tcp, limited, lambda sock: sock.recv(size)),
        "set by a descriptor": (tcp, from_outside, lambda sock: sock.recv(size)),
        "set by a descriptor, into": (tcp, from_outside, lambda sock: sock.recvmsg_into([bytearray(size)])),
    }
    for name, (make, prepare, call) in calls.items():
        kept.extend(make())
        sock = marked(kept[-2])
        prepare(sock)
        print(size, name, told(lambda: call(sock)))
"""

# What ends a wait before the mark is reached.
ENDS = """
for make in (tcp, unix):
    for timeout in (None, LONG):
        for name in ("recv", "recv, large", "recv_into"):
            sock, peer = make()
            marked(sock).settimeout(timeout)
            peer.send(b"12345")
            peer.close()
            print(make.__name__, timeout, name, CALLS[name](sock), CALLS[name](sock))
"""


def lines(code, ours):
    status, output, errors = support.run("-c", BEGIN + textwrap.dedent(code), ours=ours)
    assert status == 0, f"status {status}, {output}{errors}"
    return output.splitlines()


def both(code):
    """The lines with ours, and with C's module."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours, c = (pool.submit(lines, code, each) for each in (True, False))
        return ours.result(support.TEST_SECONDS), c.result(support.TEST_SECONDS)


class Mark(unittest.TestCase):
    maxDiff = None

    def test_each_receive_waits_for_it(self):
        ours, c = both(EACH)
        self.assertEqual(ours, c)
        self.assertIn("tcp None recv 15", ours)
        self.assertIn("tcp 60 recv 15", ours)
        self.assertIn("tcp 0.05 recv TimeoutError", ours)
        self.assertIn("tcp 0 recv 5", ours)
        self.assertIn("unix None recv 15", ours)
        self.assertIn("unix 60 recv 5", ours)

    def test_the_object_knows_of_it(self):
        ours, c = both(KNOWN)
        self.assertEqual(ours, c)
        self.assertIn("a listener's 60 15", ours)

    def test_the_end_of_the_data_ends_the_wait(self):
        ours, c = both(ENDS)
        self.assertEqual(ours, c)

    def test_what_does_not_wait_does_not(self):
        ours, c = both(NO_WAIT)
        self.assertEqual(ours, c)
        self.assertEqual(sum(line.endswith(" 11") for line in ours), 10)
        self.assertIn("100 urgent data 22", ours)

    def test_parts_reach_it_together(self):
        # C's recv waits on: the kernel does not wake it before ten more bytes have come behind the first five.
        code = """
        for name in ("recv", "recv, large", "recv_into", "recvfrom", "recvmsg", "recvmsg_into"):
            sock, peer = tcp()
            print(name, receive(marked(sock), peer, None, CALLS[name], rest=b"67890"))
        """
        names = ("recv", "recv, large", "recv_into", "recvfrom", "recvmsg", "recvmsg_into")
        self.assertEqual(lines(code, True), [f"{name} 10" for name in names])

    def test_recv_timestamped_waits_for_it(self):
        code = """
        import berkeley
        for timeout in (None, LONG, SHORT / 2, 0):
            sock, peer = tcp()
            print(timeout, receive(marked(sock), peer, timeout, lambda sock: len(berkeley.recv_timestamped(sock)[0])))
        """
        self.assertEqual(lines(code, True), ["None 15", "60 15", "0.05 TimeoutError", "0 5"])


if __name__ == "__main__":
    unittest.main()
