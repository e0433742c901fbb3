"""python calls.py ROUNDS [NAME]...: each call with C's module and with ours, in this one process, in turn.

Prints a line of JSON for each case: [its name, its goal, C's nanoseconds a call round by round, ours]. The time is the
thread's CPU time, but for the cases with two threads or processes, whose time is the clock's. A round in which others
took the processor away is played again, at most as often as there are rounds.
"""

import atexit
import fnmatch
import json
import mmap
import os
import pathlib
import resource
import statistics
import sys
import threading
import time

import _socket as by_c

# After C's: it takes the classes of its errors from there.
from berkeley import _socket as by_us

CASES = {}
STAT = pathlib.Path("/proc/stat")


def case(name, goal, **settings):
    """A case: a function of a module and its settings, which gives the call to be timed and how it is prepared."""

    def add(make):
        CASES[name] = (goal, lambda module: make(module, **settings))
        return make

    return add


def connected(module, kind, timeout=None):
    if kind == "pair":
        ends = module.socketpair()
    else:
        server = module.socket(module.AF_INET, module.SOCK_STREAM)
        server.bind(("127.0.0.1", 0))
        server.listen()
        client = module.socket(module.AF_INET, module.SOCK_STREAM)
        client.connect(server.getsockname())
        ends = client, module.socket(module.AF_INET, module.SOCK_STREAM, 0, server._accept()[0])
        server.close()
        for end in ends:
            end.setsockopt(module.IPPROTO_TCP, module.TCP_NODELAY, 1)
            # BBR would have its timers measured.
            end.setsockopt(module.IPPROTO_TCP, module.TCP_CONGESTION, b"reno")
    for end in ends:
        end.settimeout(timeout)
    return ends


class Timed:
    """What is timed, `act(count)`, and what comes before and after each turn, which is not."""

    # The most calls that one turn's preparation has room for; None where there is no such bound.
    most = None
    threads = 1
    # How long one turn of one module is.
    seconds = 0.004

    def prepare(self, count):
        pass

    def act(self, count):
        raise NotImplementedError

    def restore(self, count):
        pass

    def figure(self, count):
        """What is compared instead of the time, where that is not None."""
        return None


class Repeat(Timed):
    """One call, again and again."""

    def __init__(self, call, *arguments):
        self.call = call
        self.arguments = arguments

    def act(self, count):
        call, arguments = self.call, self.arguments
        for _ in range(count):
            call(*arguments)


class SendReceive(Timed):
    """A send and the recv of what it sent."""

    def __init__(self, module, kind, size, timeout):
        self.one, self.other = connected(module, kind, timeout)
        self.data = bytes(size)

    def act(self, count):
        send, recv, data = self.one.send, self.other.recv, self.data
        for _ in range(count):
            send(data)
            recv(4096)


def send_receive_cases():
    for kind, timeout, goals in [
        ("pair", None, (0.80, 0.90)), ("TCP", None, (0.92, 0.97)), ("pair", 5, (0.50, 0.50)), ("TCP", 5, (0.72, 0.72)),
    ]:
        for size, goal in zip((1, 1024), goals):
            words = f"send + recv, {kind}, {size} B" + (", settimeout(5)" if timeout else "")
            case(words, goal, kind=kind, size=size, timeout=timeout)(SendReceive)


send_receive_cases()


class Receive(Timed):
    """recv alone, of messages that lie there already."""

    def __init__(self, module, size, most, into=None):
        self.one, self.other = module.socketpair(module.AF_UNIX, module.SOCK_SEQPACKET)
        for option in (module.SO_SNDBUF, module.SO_RCVBUF):
            self.one.setsockopt(module.SOL_SOCKET, option, 1 << 22)
        self.data = bytes(size)
        self.most = most
        self.call, self.argument = self.other.recv, 262144
        if into is not None:
            self.call, self.argument = self.other.recv_into, bytearray(into)

    def prepare(self, count):
        for _ in range(count):
            self.one.send(self.data)

    def act(self, count):
        call, argument = self.call, self.argument
        for _ in range(count):
            call(argument)


for size, most, goal in ((64, 20, 0.10), (4096, 20, 0.10), (65536, 3, 0.25)):
    case(f"recv(262144) of {size} B", goal, size=size, most=most)(Receive)
for size, most in ((16384, 8), (65536, 3)):
    case(f"recv_into of {size} B", 1.00, size=size, most=most, into=size)(Receive)
case("recv_into of 64 B", 1.03, size=64, most=20, into=4096)(Receive)


class Send(Timed):
    """send alone, of a large piece; it is received between the turns."""

    def __init__(self, module, size, most):
        self.one, self.other = connected(module, "pair")
        self.one.setsockopt(module.SOL_SOCKET, module.SO_SNDBUF, 1 << 22)
        self.data = bytes(size)
        self.most = most

    def act(self, count):
        send, data = self.one.send, self.data
        for _ in range(count):
            send(data)

    def restore(self, count):
        left = count * len(self.data)
        while left > 0:
            left -= len(self.other.recv(left))


for size, most in ((16384, 8), (65536, 3)):
    case(f"send of {size} B", 1.00, size=size, most=most)(Send)


@case("accept + close", 0.85)
class Accept(Timed):
    """_accept and close of connections that wait."""

    most = 50

    def __init__(self, module):
        self.module = module
        self.server = module.socket(module.AF_INET, module.SOCK_STREAM)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(self.most)
        self.place = self.server.getsockname()

    def prepare(self, count):
        self.clients = [by_c.socket(by_c.AF_INET, by_c.SOCK_STREAM) for _ in range(count)]
        for client in self.clients:
            client.connect(self.place)

    def act(self, count):
        accept, close = self.server._accept, self.module.close
        for _ in range(count):
            close(accept()[0])

    def restore(self, count):
        for client in self.clients:
            client.close()


@case("sendto + recvfrom, UDP", 0.85)
class Datagrams(Timed):
    """A datagram to itself over loopback."""

    def __init__(self, module):
        self.one = module.socket(module.AF_INET, module.SOCK_DGRAM)
        self.one.bind(("127.0.0.1", 0))
        self.place = self.one.getsockname()

    def act(self, count):
        sendto, recvfrom, place = self.one.sendto, self.one.recvfrom, self.place
        for _ in range(count):
            sendto(b"x", place)
            recvfrom(1024)


class Threads(Timed):
    """Two threads, each with a pair of its own; both have ended when the time is taken."""

    threads = 2
    # Many times the interpreter's switch interval, after which a thread has to let the other run.
    seconds = 0.1

    def __init__(self, module, kind):
        self.each = [SendReceive(module, kind, 1, None) for _ in range(self.threads)]

    def act(self, count):
        workers = [threading.Thread(target=each.act, args=(count,)) for each in self.each]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


# Times as often is 1 / the ratio of the times.
case("two threads, pair", 0.50, kind="pair")(Threads)
case("two threads, TCP", 0.67, kind="TCP")(Threads)


@case("sends until a thread with new work is let in", 1.25)
class Handed(Timed):
    """A thread is handed work, and the next call is a send, after a pause: in how many such sends it gets in.

    Its figure is a number of sends for each that lets it in, not nanoseconds.
    """

    threads = 2
    most = 100
    # What a busy program does between two calls is longer than this.
    PAUSE_SECONDS = 0.0005

    def __init__(self, module):
        self.one, self.other = module.socketpair()
        self.work, self.done = threading.Lock(), threading.Lock()

    def prepare(self, count):
        self.interval = sys.getswitchinterval()
        # Else the interpreter lets the other in by itself.
        sys.setswitchinterval(1000)
        self.served, self.let_in = 0, 0
        self.work.acquire()
        self.done.acquire()
        self.worker = threading.Thread(target=self.serve, args=(count,))
        self.worker.start()

    def serve(self, count):
        for _ in range(count):
            self.work.acquire()
            self.served += 1
            self.done.release()

    def act(self, count):
        for _ in range(count):
            time.sleep(self.PAUSE_SECONDS)
            before = self.served
            self.work.release()
            self.one.send(b"x")
            self.let_in += self.served != before
            self.other.recv(1)
            self.done.acquire()

    def restore(self, count):
        self.worker.join()
        self.work.release()
        self.done.release()
        sys.setswitchinterval(self.interval)

    def figure(self, count):
        return count / max(self.let_in, 1)


class Flood(Timed):
    """1,200 bytes a datagram over loopback UDP, delivered: a process that sends without end, on a processor of its own.

    Batches of ours against one call each of C's. What the receiver cannot take is lost, and does not count.
    """

    most = 20_000
    threads = 2
    size = 1200
    REST, FLOOD, END = range(3)

    def __init__(self, module):
        self.one, self.other = (module.socket(module.AF_INET, module.SOCK_DGRAM) for _ in range(2))
        for end in (self.one, self.other):
            end.bind(("127.0.0.1", 0))
        # A child that has ended for whatever reason is not waited for.
        self.other.settimeout(5)
        self.other.setsockopt(module.SOL_SOCKET, module.SO_RCVBUF, 1 << 22)
        self.place = self.other.getsockname()
        self.batched = module is by_us
        self.wish = mmap.mmap(-1, 1)
        self.child = os.fork()
        if self.child == 0:
            try:
                self.send()
            finally:
                os._exit(0)
        atexit.register(self.end)

    def end(self):
        self.wish[0] = self.END
        os.waitpid(self.child, 0)

    def send(self):
        parent, (_, *others) = os.getppid(), processors()
        os.sched_setaffinity(0, others[-1:] or {0})
        flood = self.send_batches if self.batched else self.send_each
        while self.wish[0] != self.END and os.getppid() == parent:
            if self.wish[0] == self.FLOOD:
                flood(64)
            else:
                time.sleep(0.0005)

    def send_each(self, count):
        sendto, place, data = self.one.sendto, self.place, bytes(self.size)
        for _ in range(count):
            sendto(data, place)

    def send_batches(self, count):
        import berkeley

        berkeley.send_many(self.one, [bytes(self.size)] * count, self.place)

    def prepare(self, count):
        self.allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, processors()[:1])
        self.wish[0] = self.FLOOD
        self.act(1)

    def act(self, count):
        if self.batched:
            self.receive_batches(count)
            return
        recvfrom = self.other.recvfrom
        for _ in range(count):
            recvfrom(2048)

    def receive_batches(self, count):
        import berkeley

        while count > 0:
            # More at once than the C library's malloc keeps is taken from the system, and given back, each time.
            count -= len(berkeley.recv_many(self.other, 8, gro=True))

    def restore(self, count):
        self.wish[0] = self.REST
        os.sched_setaffinity(0, self.allowed)


def processors():
    return sorted(os.sched_getaffinity(0))


@case("getaddrinfo of a numeric address", 0.40)
def numeric(module):
    return Repeat(module.getaddrinfo, "127.0.0.1", 80)


# No other method may cost more than this; the calls are as short as can be, so that what is ours shows.
OTHER = 1.03


def pair_method(name, *arguments):
    return lambda module: Repeat(getattr(connected(module, "pair")[0], name), *arguments)


def tcp_method(name, *arguments):
    return lambda module: Repeat(getattr(connected(module, "TCP")[0], name), *arguments)


def function(name, *arguments):
    return lambda module: Repeat(getattr(module, name), *arguments)


def message(module):
    one, other = connected(module, "pair")

    def both(data, size):
        one.sendmsg(data)
        other.recvmsg(size)

    return Repeat(both, [b"x", b"y"], 100)


def message_into(module):
    one, other = connected(module, "pair")
    parts = [bytearray(10)]

    def both(data):
        one.sendmsg(data)
        other.recvmsg_into(parts)

    return Repeat(both, [b"x"])


def all_sent(module):
    one, other = connected(module, "pair")

    def both(data):
        one.sendall(data)
        other.recvfrom(100)

    return Repeat(both, b"x")


def made(module):
    return Repeat(lambda: module.socket(1, 1).close())


def pairs(module):
    def both():
        for end in module.socketpair():
            end.close()

    return Repeat(both)


def bound(module):
    def all_of_it():
        one = module.socket(2, 1)
        one.bind(("127.0.0.1", 0))
        one.listen()
        one.close()

    return Repeat(all_of_it)


def connecting(module):
    one = module.socket(2, 2)
    return Repeat(one.connect, ("127.0.0.1", 9))


def duplicate(module):
    number = connected(module, "pair")[0].detach()
    return Repeat(lambda: module.close(module.dup(number)))


for name, make in {
    "sendmsg + recvmsg": message,
    "sendmsg + recvmsg_into": message_into,
    "sendall + recvfrom": all_sent,
    "socket + close": made,
    "socketpair + close": pairs,
    "bind + listen": bound,
    "connect, UDP": connecting,
    "dup + close": duplicate,
    "fileno": pair_method("fileno"),
    "gettimeout": pair_method("gettimeout"),
    "getblocking": pair_method("getblocking"),
    "settimeout(5)": pair_method("settimeout", 5),
    "setblocking": pair_method("setblocking", True),
    "getsockopt": pair_method("getsockopt", 1, 3),
    "getsockopt, bytes": pair_method("getsockopt", 1, 3, 4),
    "setsockopt": pair_method("setsockopt", 1, 2, 1),
    "getsockname, Unix": pair_method("getsockname"),
    "getsockname, TCP": tcp_method("getsockname"),
    "getpeername, TCP": tcp_method("getpeername"),
    "__repr__": pair_method("__repr__"),
    "htons": function("htons", 80),
    "ntohl": function("ntohl", 80),
    "inet_aton": function("inet_aton", "127.0.0.1"),
    "inet_ntoa": function("inet_ntoa", b"\x7f\0\0\1"),
    "inet_pton": function("inet_pton", 10, "::1"),
    "inet_ntop": function("inet_ntop", 10, bytes(16)),
    "if_nametoindex": function("if_nametoindex", "lo"),
    "if_indextoname": function("if_indextoname", 1),
    "if_nameindex": function("if_nameindex"),
    "getnameinfo, numeric": function("getnameinfo", ("127.0.0.1", 80), 3),
    "gethostbyname, numeric": function("gethostbyname", "127.0.0.1"),
    "gethostname": function("gethostname"),
    "getservbyname": function("getservbyname", "http", "tcp"),
    "getservbyport": function("getservbyport", 80, "tcp"),
    "getprotobyname": function("getprotobyname", "tcp"),
    "CMSG_LEN": function("CMSG_LEN", 4),
    "CMSG_SPACE": function("CMSG_SPACE", 4),
    "getdefaulttimeout": function("getdefaulttimeout"),
}.items():
    case(name, OTHER)(make)

case("send_many to recv_many, 1,200 B", 0.10)(Flood)


def turn(timed, count):
    """Nanoseconds a call, or the case's own figure."""
    timed.prepare(count)
    clock = time.thread_time_ns if timed.threads == 1 else time.perf_counter_ns
    began = clock()
    timed.act(count)
    took = clock() - began
    timed.restore(count)
    figure = timed.figure(count)
    return took / count if figure is None else figure


def measure(make, rounds):
    """The rounds of a case; the modules take turns, and take turns at being first."""
    each = [make(by_c), make(by_us)]
    if each[0].most is None:
        # What warms up also tells how many calls a turn has.
        count = max(1, round(each[0].seconds * 1e9 / max(turn(timed, 200) for timed in each)))
        turns = 1
    else:
        count = each[0].most
        taken = max(turn(timed, count) for timed in each)
        turns = 1 if each[0].threads == 2 else max(1, round(each[0].seconds * 1e9 / count / taken))
    found, noisy = ([], []), rounds
    while len(found[0]) < rounds:
        number, sums, before = len(found[0]), [0, 0], disturbances()
        for again in range(turns):
            for which in ((0, 1), (1, 0))[(number + again) % 2]:
                sums[which] += turn(each[which], count)
        # A case with threads hands the GIL over by itself: there no round can be told from another.
        if noisy > 0 and each[0].threads == 1 and disturbances() != before:
            noisy -= 1
            continue
        for which in (0, 1):
            found[which].append(round(sums[which] / turns, 1))
    return found


def disturbances():
    """How often this thread has lost its processor to others, and how long the machine has lost its own."""
    stolen = sum(int(line.split()[8]) for line in STAT.read_text().splitlines() if line.startswith("cpu"))
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw, stolen


def main():
    rounds, *patterns = int(sys.argv[1]), *sys.argv[2:]
    for name, (goal, make) in CASES.items():
        if patterns and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            continue
        c, ours = measure(make, rounds)
        print(json.dumps([name, goal, c, ours]), flush=True)
        ratio = statistics.median(mine / its for mine, its in zip(ours, c))
        print(f"{name}: {ratio:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
