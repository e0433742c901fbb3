"""Where poll(2) says "ready" and the call says EAGAIN: the timeout holds, it costs no CPU, and signal handlers run.

Each scene is a process of its own, for a call that ignores its timeout ends by no other means. With C's module too the
calls end with the same exceptions; what they cost there, and whether handlers run, is not compared.
"""

import concurrent.futures
import textwrap
import unittest

import support

BEGIN = """
import ctypes, os, select, signal, socket, sys, tempfile, threading, time
import _socket
from berkeley import _library
OURS = _library.is_ours(_socket)
if OURS:
    import berkeley
SHORT, LONG, SOON = 0.2, 60, 0.05
RECVERR, TIMESTAMPING, PEEK_OFF, ZEROCOPY = 11, 37, 42, 60
PEEK, ERRQUEUE, MSG_ZEROCOPY = 0x2, 0x2000, 0x4000000
folder = tempfile.mkdtemp(dir=".")
kept = []

class Enough(Exception):
    pass

def enough(*_):
    raise Enough

signal.signal(signal.SIGALRM, enough)

def bound(family=socket.AF_INET, kind=socket.SOCK_DGRAM):
    sock = socket.socket(family, kind)
    sock.bind(("127.0.0.1", 0) if family == socket.AF_INET else tempfile.mktemp(dir=folder))
    kept.append(sock)
    return sock

def connection():
    # Two ends over TCP, with little room.
    with bound(kind=socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.listen()
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client.connect(server.getsockname())
        kept.append(server.accept()[0])
    return client, kept[-1]

def has_error(sock):
    # An error queue that holds something, and is not read, makes every poll say so.
    poll = select.poll()
    poll.register(sock, 0)
    assert poll.poll(20_000) == [(sock.fileno(), select.POLLERR)]
    return sock

def outcome(call):
    try: return call() and "done"
    except Exception as error: return type(error).__name__

def hold(name, make, call):
    sock = make()
    sock.settimeout(SHORT)
    began, spent = time.monotonic(), time.process_time()
    ended = outcome(lambda: call(sock))
    took, spent = time.monotonic() - began, time.process_time() - spent
    print(name, ended, "in time" if took >= SHORT else took)
    if not OURS:
        return
    assert spent < SHORT / 2, f"{name} took {spent} s of CPU"
    sock.settimeout(LONG)
    signal.setitimer(signal.ITIMER_REAL, SOON)
    ended = outcome(lambda: call(sock))
    assert ended == "Enough", f"{name} {ended}: the handler did not end it"

def receive(make, flags=0, datagrams=True):
    calls = {
        "recv": lambda sock: sock.recv(10, flags),
        "recv, large": lambda sock: sock.recv(300_000, flags),
        "recv_into": lambda sock: sock.recv_into(bytearray(10), 0, flags),
        "recvfrom": lambda sock: sock.recvfrom(10, flags),
        "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(10), 0, flags),
        "recvmsg": lambda sock: sock.recvmsg(10, 0, flags),
        "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(10)], 0, flags),
    }
    for name, call in calls.items():
        hold(name, make, call)
    if OURS:
        hold("recv_timestamped", make, lambda sock: berkeley.recv_timestamped(sock, flags=flags))
    if OURS and datagrams:
        hold("recv_many", make, lambda sock: berkeley.recv_many(sock, flags=flags))

def send(make, *address, datagrams=True):
    names = ("sendto", "sendmsg") if address else ("send", "sendall", "sendmsg")
    for name in names:
        data = [[b"x"], [], 0] if name == "sendmsg" else [b"x"]
        hold(name, make, lambda sock: getattr(sock, name)(*data, *address))
    if OURS and datagrams:
        hold("send_many", make, lambda sock: berkeley.send_many(sock, [b"x"], *address))
"""

RECEIVES = ["recv", "recv, large", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into"]
MANY = ["recv_timestamped", "recv_many"]
# The code, the calls that are made, and those of ours alone.
SCENES = {
    "a_refusal_in_the_error_queue": (
        """
        def make():
            sock, dead = bound(), bound()
            sock.setsockopt(socket.IPPROTO_IP, RECVERR, 1)
            sock.connect(dead.getsockname())
            dead.close()
            sock.send(b"x")
            has_error(sock)
            # SO_ERROR alone is taken by this.
            assert outcome(lambda: sock.send(b"x")) == "ConnectionRefusedError"
            return has_error(sock)
        receive(make)
        """, RECEIVES, MANY,
    ),
    "a_time_of_sending_in_the_error_queue": (
        """
        def make():
            sock = bound()
            sock.setsockopt(socket.SOL_SOCKET, TIMESTAMPING, 2 | 8 | 16)
            sock.sendto(b"x", bound().getsockname())
            return has_error(sock)
        receive(make)
        """, RECEIVES, MANY,
    ),
    "a_notice_of_zero_copy": (
        """
        def make():
            sock, peer = connection()
            sock.setsockopt(socket.SOL_SOCKET, ZEROCOPY, 1)
            assert ctypes.CDLL(None).send(sock.fileno(), bytes(5), 5, MSG_ZEROCOPY) == 5
            peer.recv(5)
            return has_error(sock)
        receive(make, datagrams=False)
        """, RECEIVES, MANY[:1],
    ),
    "a_full_stream_with_an_error_queue": (
        """
        def make():
            sock, peer = connection()
            sock.setsockopt(socket.SOL_SOCKET, TIMESTAMPING, 2 | 8 | 16)
            sock.send(b"x")
            has_error(sock)
            sock.settimeout(0)
            # Until nothing more has gone for a while: what is on its way still makes room.
            quiet = 0
            while quiet < 100:
                try:
                    sock.send(bytes(1000))
                    quiet = 0
                except BlockingIOError:
                    quiet += 1
                    time.sleep(0.005)
            return sock
        send(make, datagrams=False)
        """, ["send", "sendall", "sendmsg"], [],
    ),
    "udp_shut_for_reading": (
        """
        def make():
            sock = bound()
            sock.connect(bound().getsockname())
            sock.shutdown(socket.SHUT_RD)
            return sock
        receive(make)
        """, RECEIVES, MANY,
    ),
    "unix_datagrams_shut_for_reading": (
        """
        def make():
            sock, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            kept.append(other)
            sock.shutdown(socket.SHUT_RD)
            return sock
        receive(make)
        """, RECEIVES, MANY,
    ),
    "a_peek_behind_what_is_there": (
        """
        def make():
            sock, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            kept.append(other)
            other.send(b"abc")
            sock.setsockopt(socket.SOL_SOCKET, PEEK_OFF, 5)
            return sock
        receive(make, PEEK)
        """, RECEIVES, MANY,
    ),
    "data_beside_an_empty_error_queue": (
        """
        def make():
            sock = bound()
            bound().sendto(b"data", sock.getsockname())
            return sock
        receive(make, ERRQUEUE)
        """, RECEIVES, MANY,
    ),
    "a_stream_s_data_beside_an_empty_error_queue": (
        """
        def make():
            sock, peer = connection()
            peer.send(b"data")
            return sock
        receive(make, ERRQUEUE, datagrams=False)
        """, RECEIVES, MANY[:1],
    ),
    "a_full_datagram_peer": (
        """
        place = bound(socket.AF_UNIX).getsockname()
        filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        filler.settimeout(0)
        while outcome(lambda: filler.sendto(b"x", place)) == "done": pass
        def make():
            return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        send(make, place)
        def make():
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sock.connect(place)
            return sock
        send(make)
        """, ["sendto", "sendmsg", "send", "sendall", "sendmsg"], ["send_many", "send_many"],
    ),
}


def run_scene(code, ours):
    """What the scene prints; whose module it runs on is in no line."""
    status, output, errors = support.run("-c", BEGIN + textwrap.dedent(code), ours=ours)
    assert status == 0, f"status {status}, {output}{errors}"
    return output.splitlines()


class Misled(unittest.TestCase):
    def test_the_timeout_holds(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = {
                (name, ours): pool.submit(run_scene, SCENES[name][0], ours) for name in SCENES for ours in (True, False)
            }
            for (name, ours), ended in running.items():
                with self.subTest(name, ours=ours):
                    _, calls, more = SCENES[name]
                    wanted = [f"{call} TimeoutError in time" for call in calls + more * ours]
                    self.assertEqual(sorted(ended.result(support.TEST_SECONDS)), sorted(wanted))


if __name__ == "__main__":
    unittest.main()
