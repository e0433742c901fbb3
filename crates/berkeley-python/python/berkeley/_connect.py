"""create_connection: Happy Eyeballs, and a timeout that covers the lookup."""

import _socket
import errno
import os
import select
import socket as _standard
import time

from berkeley import _extra, socket

# That no timeout is given, in either module's words.
_DEFAULT = vars(socket)["_GLOBAL_DEFAULT_TIMEOUT"]
_WORDS = (_DEFAULT, vars(_standard)["_GLOBAL_DEFAULT_TIMEOUT"])
# The pauses, in seconds, where poll(2) says "writable" and a connection is still under way.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
# The longest wait of one poll(2).
_LONGEST_MILLISECONDS = 2**31 - 1


def create_connection(address, timeout=_DEFAULT, source_address=None, *, all_errors=False):
    """Connects to `(host, port)` and gives the socket, with this timeout.

    Takes, gives and raises what `socket.create_connection` does. But the addresses of the host race: the families take
    turns, a further address is tried after 250 ms, and the first connection wins (Happy Eyeballs, RFC 8305). And the
    timeout, in seconds, covers the lookup of the name and all attempts together.

    `None` waits as long as it takes. Where no timeout is given, it is `socket.getdefaulttimeout()`. With 0 a connection
    that is not there at once raises BlockingIOError. Where every address has failed, one failure is raised, a refusal
    before an unreachable network; with `all_errors` an ExceptionGroup of all.

    The socket is a `socket.socket` of the module that runs on Rust: the standard one where that has been replaced,
    otherwise that of `berkeley.socket`.
    """
    host, port = address
    if any(timeout is word for word in _WORDS):
        timeout = _default()
    limit = _extra.nanoseconds(timeout)
    # With 0 the lookup takes its time, as the standard function's does.
    end = time.monotonic() + limit / 1e9 if limit else None
    failures = []
    try:
        run = _Run(_answers(host, port, end), source_address, failures, (host, port))
        with run:
            sock = run.connect(end, patient=limit != 0)
        if sock is None:
            raise _failure(failures, run.timed_out, all_errors)
        sock.settimeout(timeout)
        return sock
    finally:
        # The failures remember this frame: no cycle is left.
        failures.clear()


def _default():
    """The default timeout of the module that runs on Rust; where it has none, the standard one's."""
    timeout = socket.getdefaulttimeout()
    return _socket.getdefaulttimeout() if timeout is None else timeout


def _answers(host, port, end):
    """The addresses of the host, as getaddrinfo gives them, in the order in which they are tried."""
    lookup = _extra.Lookup(host, port)
    while (answers := lookup.answers()) is None:
        if end is not None and time.monotonic() >= end:
            raise _timed_out(host, port)
        _ready([lookup.fileno()], select.POLLIN, end)
    if not answers:
        raise OSError("getaddrinfo returns an empty list")
    return answers


def _failure(failures, timed_out, all_errors):
    if all_errors:
        return ExceptionGroup("create_connection failed", failures)
    if timed_out:
        return failures[-1]
    # What has no errno is a hook's own exception.
    return failures[_extra.Race.most_useful([failure.errno or 0 for failure in failures])]


def _timed_out(host, port):
    return _noted(TimeoutError("timed out"), host, port)


def _noted(failure, host, port):
    """The failure with a note of the address, in the shape of the compiled module's notes."""
    host, port = (part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in (host, port))
    failure.add_note(f"address: [{host}]:{port}" if ":" in host else f"address: {host}:{port}")
    return failure


def _shown(address):
    """The host, with its scope where it has one, and the port."""
    host, port, *rest = address
    return (f"{host}%{rest[1]}" if any(rest[1:]) and "%" not in host else host), port


def _ready(descriptors, events, end):
    """Those that are ready, waiting for one until `end`. Signal handlers run meanwhile."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, events)
    milliseconds = None
    if end is not None:
        left = max(0.0, end - time.monotonic())
        milliseconds = min(left * 1000, _LONGEST_MILLISECONDS)
    return [descriptor for descriptor, _ in poll.poll(milliseconds)]


class _Run:
    """The attempts to connect to one of some addresses. What goes wrong is added to `failures`."""

    def __init__(self, answers, source, failures, name):
        self.answers = answers
        self.source = source
        self.failures = failures
        # The host and the port that were asked for.
        self.name = name
        self.timed_out = False
        self.pause = _SHORTEST_PAUSE
        # The sockets under way, by their descriptors.
        self.running = {}
        # The addresses that they connect to.
        self.addresses = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.running.values():
            sock.close()

    def connect(self, end, patient):
        """The socket that is connected first, or None. With no patience each address is tried once."""
        began = time.monotonic()
        limit = None if end is None else end - began
        self.race = _extra.Race(len(self.answers), limit if patient else 0)
        won = None
        while won is None:
            step, value = self.race.next(time.monotonic() - began)
            if step == "start":
                won = self.attempt(self.answers[value], patient)
            elif step == "wait":
                won = self.first_ready(None if value is None else began + value)
            else:
                self.timed_out = value
                if value:
                    self.failures.append(_timed_out(*self.name))
                break
        return won

    def attempt(self, answer, patient):
        """Begins to connect to an address; gives the socket where that is all it takes."""
        family, kind, protocol, _, address = answer
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as failure:
            return self.failed(failure)
        self.running[sock.fileno()] = sock
        self.addresses[sock.fileno()] = address
        try:
            sock.setblocking(False)
            if self.source:
                self.bind(sock)
            error = sock.connect_ex(address)
        except OSError as failure:
            self.close(sock)
            return self.failed(failure)
        return None if error == errno.EINPROGRESS and patient else self.settled(sock, error)

    def bind(self, sock):
        if len(self.answers) > 1 and not self.source[1:2] == (0,):
            # Sockets that race share the port that they are to have.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(self.source)

    def first_ready(self, end):
        """Waits for the attempts under way until `end`; gives the first that is connected."""
        misled = False
        for descriptor in _ready(self.running, select.POLLOUT, end):
            error = _extra.finish_connect(descriptor)
            if error == errno.EINPROGRESS:
                misled = True
            elif sock := self.settled(self.running[descriptor], error):
                return sock
        if misled:
            self.rest(end)
        else:
            self.pause = _SHORTEST_PAUSE
        return None

    def rest(self, end):
        """A pause, where poll(2) does not tell the truth: each is longer than the one before."""
        left = self.pause if end is None else max(0.0, end - time.monotonic())
        time.sleep(min(self.pause, left))
        self.pause = min(2 * self.pause, _LONGEST_PAUSE)

    def settled(self, sock, error):
        """The socket, where it is connected; it is closed where it is not."""
        if error == 0:
            del self.running[sock.fileno()]
            return sock
        failure = _noted(OSError(error, os.strerror(error)), *_shown(self.addresses[sock.fileno()]))
        self.close(sock)
        return self.failed(failure)

    def close(self, sock):
        del self.running[sock.fileno()]
        sock.close()

    def failed(self, failure):
        self.failures.append(failure)
        self.race.failed()
