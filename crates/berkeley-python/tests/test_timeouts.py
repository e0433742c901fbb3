"""A call keeps the timeout that it began with, whatever is set meanwhile; MSG_DONTWAIT and a full backlog.

Each case is a process of its own, for a call that waits for ever ends by no other means.
"""

import concurrent.futures
import textwrap
import unittest

import support

BEGIN = """
import os, select, signal, socket, subprocess, sys, tempfile, threading, time
import _socket
from berkeley import _library
OURS = _library.is_ours(_socket)
if OURS:
    import berkeley
SHORT, LONG = 0.2, 60
folder = tempfile.mkdtemp(dir=".")
handled = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: handled.set())
MAIN = threading.main_thread().native_id

def once_waiting():
    # The kernel's own word: asleep in a call of the socket's, not in the futex of the interpreter's lock.
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        state = open(f"/proc/self/task/{MAIN}/stat").read().rpartition(")")[2].split()[0]
        call = open(f"/proc/self/task/{MAIN}/syscall").read().split()[0]
        # poll, connect, accept, sendto, recvfrom, sendmsg, recvmsg, clock_nanosleep, ppoll, accept4: of x86-64 and
        # of arm64.
        if state == "S" and call in ("7", "42", "43", "44", "45", "46", "47", "230", "271", "288", "73", "115", "202",
                                     "203", "206", "207", "211", "212", "242"):
            return
        time.sleep(0.001)
    os._exit(3)

def pair(kind=socket.SOCK_STREAM):
    return socket.socketpair(socket.AF_UNIX, kind)

def filled(sock):
    sock.settimeout(0)
    try:
        while True: sock.send(bytes(1000))
    except BlockingIOError: sock.settimeout(None)
    return sock

done = threading.Event()

def drain(sock):
    sock.settimeout(0.01)
    while not done.is_set():
        try: sock.recv(1_000_000)
        except TimeoutError: pass

def backlog():
    # A Unix listener that has no room, and who stands in its queue.
    server = socket.socket(socket.AF_UNIX)
    server.bind(tempfile.mktemp(dir=folder))
    server.listen(0)
    queue = []
    while True:
        queue.append(socket.socket(socket.AF_UNIX))
        queue[-1].settimeout(0)
        try: queue[-1].connect(server.getsockname())
        except BlockingIOError: return server, queue

def outcome(call):
    try: return call()
    except Exception as error: return type(error).__name__

# What is called, on what; how the peer ends it; what it gives.
def receiving(call):
    def make():
        sock, peer = pair()
        return sock, lambda: call(sock), lambda: peer.send(b"data")
    return make

def sending(call, fill=filled):
    def make():
        sock, peer = pair()
        return fill(sock), lambda: call(sock), lambda: drain(peer)
    return make

def accepting():
    server = socket.create_server(("127.0.0.1", 0))
    return server, lambda: server.accept() and "done", lambda: socket.create_connection(server.getsockname())

def connecting():
    server, queue = backlog()
    sock = socket.socket(socket.AF_UNIX)
    return sock, lambda: sock.connect(server.getsockname()) or (queue, "done")[1], server.accept

def full_peer(call):
    def make():
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(tempfile.mktemp(dir=folder))
        place = server.getsockname()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.settimeout(0)
        while outcome(lambda: sock.sendto(b"x", place)) == 1: pass
        sock.settimeout(None)
        return sock, lambda: call(sock, place), lambda: server.recv(1)
    return make

def room(sock):
    memory = bytearray(10)
    count = sock.recv_into(memory)
    return bytes(memory[:count])

CALLS = {
    "recv": receiving(lambda sock: sock.recv(10)),
    "recv, large": receiving(lambda sock: sock.recv(300_000)),
    "recv_into": receiving(room),
    "recvfrom": receiving(lambda sock: sock.recvfrom(10)[0]),
    "recvfrom_into": receiving(lambda sock: sock.recvfrom_into(bytearray(10))[0]),
    "recvmsg": receiving(lambda sock: sock.recvmsg(10)[0]),
    "recvmsg_into": receiving(lambda sock: sock.recvmsg_into([bytearray(10)])[0]),
    "send": sending(lambda sock: sock.send(b"x")),
    "sendall": sending(lambda sock: sock.sendall(bytes(3_000_000)) or "done"),
    "sendall, begun": sending(lambda sock: sock.sendall(bytes(3_000_000)) or "done", lambda sock: sock),
    "sendall, few": sending(lambda sock: sock.sendall(bytes(10_000)) or "done"),
    "sendmsg": sending(lambda sock: sock.sendmsg([b"x"])),
    "sendto": full_peer(lambda sock, place: sock.sendto(b"x", place)),
    "sendmsg, an address": full_peer(lambda sock, place: sock.sendmsg([b"x"], [], 0, place)),
    "accept": accepting,
    "connect": connecting,
}
if OURS:
    CALLS["send_many"] = full_peer(lambda sock, place: berkeley.send_many(sock, [b"x"], place))

def by_a_child(sock):
    code = "import os, sys; os.set_blocking(int(sys.argv[1]), False)"
    subprocess.run([sys.executable, "-c", code, str(sock.fileno())], pass_fds=[sock.fileno()], check=True)

CHANGES = {
    "settimeout(5)": lambda sock: sock.settimeout(5),
    "settimeout(0)": lambda sock: sock.settimeout(0),
    "setblocking(False)": lambda sock: sock.setblocking(False),
    "a clone": lambda sock: sock.dup().setblocking(False),
    "another process": by_a_child,
}

def interrupt(change):
    # A signal while the call waits, once the mode is another.
    def interrupted(sock, finish):
        once_waiting()
        change(sock)
        handled.clear()
        os.kill(os.getpid(), signal.SIGUSR1)
        if not handled.wait(LONG): os._exit(4)
        once_waiting()
        spent = time.process_time()
        time.sleep(0.1)
        spent = time.process_time() - spent
        if OURS and spent > 0.05: os._exit(5)
        finish()
    return interrupted
"""

KEPT = """
for name, make in CALLS.items():
    for said, change in CHANGES.items():
        sock, call, finish = make()
        other = threading.Thread(target=interrupt(change), args=(sock, finish), daemon=True)
        other.start()
        done.clear()
        print(name, said, outcome(call), flush=True)
        done.set()
        other.join(LONG)
"""
DATA = dict.fromkeys(["recv", "recv, large", "recv_into", "recvfrom", "recvmsg"], b"data")
GIVEN = DATA | {"recvfrom_into": 4, "recvmsg_into": 4} | dict.fromkeys(
    ["send", "sendmsg", "sendto", "sendmsg, an address", "send_many"], 1
)
DONE = dict.fromkeys(["sendall", "sendall, begun", "sendall, few", "accept", "connect"], "done")
HOW = ["settimeout(5)", "settimeout(0)", "setblocking(False)", "a clone", "another process"]

# A timeout that is taken away again: the call that began with one still has it.
CUT = """
def endless(sock):
    once_waiting()
    sock.settimeout(None)

def hold(name, sock, call):
    sock.settimeout(SHORT)
    other = threading.Thread(target=endless, args=(sock,), daemon=True)
    other.start()
    print(name, outcome(call))
    other.join(LONG)

one, other = pair()
for name in ("recv", "recvfrom", "recvmsg"):
    hold(name, one, lambda: getattr(one, name)(1))
filled(one)
for name in ("send", "sendall"):
    hold(name, one, lambda: getattr(one, name)(b"x"))
server = socket.create_server(("127.0.0.1", 0))
hold("accept", server, server.accept)
"""

DONTWAIT = """
flag = socket.MSG_DONTWAIT
here, there = pair()
filled(here)
empty, other = pair()
for timeout in (None, 0, SHORT):
    calls = {
        "recv": lambda: empty.recv(1, flag),
        "recv, large": lambda: empty.recv(300_000, flag),
        "recv, all": lambda: empty.recv(10, flag | socket.MSG_WAITALL),
        "recv_into": lambda: empty.recv_into(bytearray(1), 0, flag),
        "recvfrom": lambda: empty.recvfrom(1, flag),
        "recvfrom_into": lambda: empty.recvfrom_into(bytearray(1), 0, flag),
        "recvmsg": lambda: empty.recvmsg(1, 0, flag),
        "recvmsg_into": lambda: empty.recvmsg_into([bytearray(1)], 0, flag),
        "send": lambda: here.send(b"x", flag),
        "send, large": lambda: here.send(bytes(300_000), flag),
        "sendall": lambda: here.sendall(b"x", flag),
        "sendmsg": lambda: here.sendmsg([b"x"], [], flag),
    }
    if OURS and sys.argv[1:]:
        calls = {
            "recv_many": lambda: berkeley.recv_many(empty, flags=flag),
            "recv_timestamped": lambda: berkeley.recv_timestamped(empty, flags=flag),
            "send_many": lambda: berkeley.send_many(here, [b"x"], flags=flag),
        }
    for name, call in calls.items():
        for sock in (empty, here):
            sock.settimeout(timeout)
        began = time.monotonic()
        ended = outcome(call)
        print(name, timeout, ended, "waited" if time.monotonic() - began >= SHORT else "at once")
"""

# What goes in part: all of it, or an error, or what there was room for.
PARTS = """
for timeout in (None, 0, SHORT):
    for flags in (0, socket.MSG_DONTWAIT):
        for name in ("send", "sendall"):
            if timeout is None and not flags:
                continue
            one, other = pair()
            one.settimeout(timeout)
            sent = outcome(lambda: getattr(one, name)(bytes(3_000_000), flags))
            print(name, timeout, flags, "a part" if isinstance(sent, int) and 0 < sent < 3_000_000 else sent)
"""

# O_NONBLOCK that was set before the call began is as in C, whatever set it.
BEFORE = """
for name, make in CALLS.items():
    if name != "send_many":
        sock, call, _ = make()
        os.set_blocking(sock.fileno(), False)
        print(name, outcome(call))
"""

CONNECT = """
for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    server = socket.socket(socket.AF_UNIX, kind)
    server.bind(tempfile.mktemp(dir=folder))
    server.listen(0)
    place = server.getsockname()
    queue = []
    def client(timeout):
        queue.append(socket.socket(socket.AF_UNIX, kind))
        queue[-1].settimeout(timeout)
        return queue[-1]
    while client(0).connect_ex(place) == 0: pass
    for method in ("connect", "connect_ex"):
        print(method, 0, outcome(lambda: getattr(client(0), method)(place)))
        began, spent = time.monotonic(), time.process_time()
        ended = outcome(lambda: getattr(client(SHORT), method)(place))
        spent = time.process_time() - spent
        print(method, SHORT, ended, "in time" if time.monotonic() - began >= SHORT else "early")
        assert spent < SHORT / 2, spent
        # A place becomes free.
        later = threading.Timer(SHORT / 4, lambda: server.accept()[0].close())
        later.start()
        sock = client(LONG)
        print(method, LONG, outcome(lambda: getattr(sock, method)(place)), sock.getpeername() == place)
        later.join(10)
        assert not later.is_alive()
        class Enough(Exception): pass
        def enough(*_): raise Enough
        signal.signal(signal.SIGALRM, enough)
        signal.setitimer(signal.ITIMER_REAL, SHORT / 4)
        print(method, LONG, outcome(lambda: getattr(client(LONG), method)(place)))
"""


def run_case(code, ours, *arguments):
    status, output, errors = support.run("-c", BEGIN + textwrap.dedent(code), *arguments, ours=ours)
    assert status == 0, f"status {status}, {output}{errors}"
    return output.splitlines()


def both(code):
    """The lines with ours, and with C's module."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours, c = (pool.submit(run_case, code, each) for each in (True, False))
        return ours.result(support.TEST_SECONDS), c.result(support.TEST_SECONDS)


class Kept(unittest.TestCase):
    maxDiff = None

    def test_a_call_that_is_interrupted_goes_on_as_it_began(self):
        wanted = [f"{name} {how} {given}" for name, given in (GIVEN | DONE).items() for how in HOW]
        self.assertEqual(sorted(run_case(KEPT, True)), sorted(wanted))

    def test_a_timeout_that_is_taken_away_holds_for_the_call_that_has_it(self):
        names = ["recv", "recvfrom", "recvmsg", "send", "sendall", "accept"]
        self.assertEqual(run_case(CUT, True), [f"{name} TimeoutError" for name in names])

    def test_a_flag_that_was_set_before_is_as_in_c(self):
        ours, c = both(BEFORE)
        self.assertEqual(ours, c)
        self.assertEqual({line.rpartition(" ")[2] for line in ours}, {"BlockingIOError"})

    def test_what_goes_in_part_is_as_in_c(self):
        ours, c = both(PARTS)
        self.assertEqual(ours, c)


class SharedListener(unittest.TestCase):
    def test_one_of_several_threads_gets_it_and_the_others_time_out(self):
        code = """
        server = socket.create_server(("127.0.0.1", 0))
        ended = []
        def take():
            ended.append(outcome(lambda: server.accept() and "accepted"))
        threads = [threading.Thread(target=take) for _ in range(8)]
        server.settimeout(5 * SHORT)
        for thread in threads: thread.start()
        clients = [socket.create_connection(server.getsockname()) for _ in range(3)]
        for thread in threads: thread.join(LONG)
        print(*sorted(ended))
        """
        self.assertEqual(run_case(code, True), [" ".join(["TimeoutError"] * 5 + ["accepted"] * 3)])


class DontWait(unittest.TestCase):
    def test_it_is_as_in_c(self):
        ours, c = both(DONTWAIT)
        self.assertEqual(ours, c)
        for line in ours:
            waited = "TimeoutError waited" if " 0.2 " in line else "BlockingIOError at once"
            self.assertTrue(line.endswith(waited), line)

    def test_what_c_has_not_does_alike(self):
        for line in run_case(DONTWAIT.replace("pair()", "pair(socket.SOCK_DGRAM)"), True, "more"):
            waited = "TimeoutError waited" if " 0.2 " in line else "BlockingIOError at once"
            self.assertTrue(line.endswith(waited), line)


class FullBacklog(unittest.TestCase):
    def test_connect_waits_for_a_place(self):
        each = {
            "connect": ["0 BlockingIOError", "0.2 TimeoutError in time", "60 None True", "60 Enough"],
            "connect_ex": ["0 11", "0.2 11 in time", "60 0 True", "60 Enough"],
        }
        wanted = [f"{method} {line}" for method, lines in each.items() for line in lines]
        self.assertEqual(run_case(CONNECT, True), wanted * 2)


class Urgent(unittest.TestCase):
    """recv with MSG_OOB and a timeout waits for urgent data, as with C's module."""

    SCENE = """
        import socket, threading
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        accepted.settimeout(0.2)
        try:
            accepted.recv(1, socket.MSG_OOB)
        except TimeoutError as error:
            print(error)
        accepted.settimeout(30)
        timer = threading.Timer(0.2, client.send, (b"abc", socket.MSG_OOB))
        timer.start()
        print(accepted.recv(1, socket.MSG_OOB))
        accepted.settimeout(0)
        try:
            accepted.recv(1, socket.MSG_OOB)
        except OSError as error:
            print(error.errno)
        timer.join()
    """

    def test_it_waits_and_times_out(self):
        by_c, by_us = (support.run_code(self.SCENE, ours=ours) for ours in (False, True))
        self.assertEqual(by_c, (0, "timed out\nb'c'\n22\n", ""))
        self.assertEqual(by_us, by_c)


if __name__ == "__main__":
    unittest.main()
