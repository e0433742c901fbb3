"""berkeley.create_connection: it takes and refuses what socket.create_connection does, and its addresses race."""

import errno
import gc
import os
import signal
import socket as standard
import threading
import time
import unittest
import unittest.mock

import berkeley
import support
from berkeley import _connect, socket

SECONDS = 20


class Integer(int):
    pass


def outcome(call, *arguments, **named):
    """What came of it, so that it can be compared: of a connection what it has, of an exception its class and text."""
    try:
        with call(*arguments, **named) as sock:
            return "connected", sock.getpeername(), sock.gettimeout(), sock.family, sock.type, sock.proto
    except ExceptionGroup as group:
        return str(group), [(type(each), each.args) for each in group.exceptions]
    except Exception as error:
        return type(error), str(error)


class Serve:
    """Two servers on one port, over IPv4 and IPv6, that take whatever comes; and a port where nothing listens."""

    def __enter__(self):
        self.servers = [standard.create_server(("127.0.0.1", 0))]
        self.port = self.servers[0].getsockname()[1]
        self.servers.append(standard.create_server(("::1", 0), family=standard.AF_INET6))
        self.port6 = self.servers[1].getsockname()[1]
        self.bound = standard.socket()
        self.bound.bind(("127.0.0.1", 0))
        self.dead = self.bound.getsockname()[1]
        for server in self.servers:
            threading.Thread(target=self.serve, args=(server,), daemon=True).start()
        return self

    @staticmethod
    def serve(server):
        try:
            while True:
                server.accept()[0].close()
        except OSError:
            return

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown(standard.SHUT_RDWR)
            server.close()
        self.bound.close()


class AsTheStandardOne(unittest.TestCase):
    maxDiff = None

    def compare(self, rows, **named):
        for arguments, more in rows:
            wanted = outcome(standard.create_connection, *arguments, **more, **named)
            found = outcome(berkeley.create_connection, *arguments, **more, **named)
            self.assertEqual(found, wanted, (arguments, more))

    def test_hosts_and_ports(self):
        with Serve() as at:
            port = at.port
            hosts = [
                "127.0.0.1", "localhost", b"127.0.0.1", b"localhost", None, "", b"", "127.1", "0x7f.1", "::1%lo",
                "[::1]", "\uff11\uff12\uff17.0.0.1", "loc\u0430lhost", "b\u00fccher.invalid", "a..b", ".a",
                "x" * 64, "x" * 64 + ".com", "x" * 300, "a\0b", b"a\0b", "\ud800", b"\xff", "nosuch.invalid", 5, 1.5,
                bytearray(b"127.0.0.1"), ("127.0.0.1",), "127.0.0.1 ", " ",
            ]
            ports = [
                port, str(port), str(port).encode(), Integer(port), f"+{port}", f" {port}", "http", b"http", "nosuch",
                "", None, True, 0, -1, 1.5, object, "\ud800", "a\0b", at.dead, str(at.dead),
            ]
            self.compare([(((host, port),), {}) for host in hosts])
            self.compare([(((host, each),), {}) for host in ("127.0.0.1", "localhost") for each in ports])
            self.compare([((("::1", at.port6),), {}), ((("::1", str(at.port6)),), {}), (((b"::1", at.port6),), {})])

    def test_addresses_that_are_none(self):
        rows = ["127.0.0.1", "xy", ("127.0.0.1",), ("127.0.0.1", 1, 2), [], None, 5, b"ab", ()]
        self.compare([((row,), {}) for row in rows])
        with Serve() as at:
            self.compare([((["127.0.0.1", at.port],), {})])

    def test_timeouts(self):
        values = [
            5, 0.5, True, 1e-9, None, 0, 0.0, -0.0, -1, -1e-12, float("nan"), float("inf"), -float("inf"), 1e10, 2**62,
            2**70, "5", b"5", [], 9e9, standard._GLOBAL_DEFAULT_TIMEOUT,
        ]
        with Serve() as at:
            place = ("127.0.0.1", at.port)
            # So short a timeout may be over before a connection is there: with either.
            certain = [value for value in values if value != 1e-9]
            self.compare([((place,), {"timeout": value}) for value in certain])
            self.compare([((place, value), {}) for value in certain])
            dead = ("127.0.0.1", at.dead)
            self.compare([((dead,), {"timeout": value}) for value in certain if value != 0 or value is None])

    def test_the_default_timeout(self):
        with Serve() as at:
            place = ("127.0.0.1", at.port)
            for module in (standard, socket):
                module.setdefaulttimeout(7)
                try:
                    for arguments in ((place,), (place, module._GLOBAL_DEFAULT_TIMEOUT)):
                        with berkeley.create_connection(*arguments) as sock:
                            self.assertEqual(sock.gettimeout(), 7)
                finally:
                    module.setdefaulttimeout(None)

    def test_sources(self):
        with Serve() as at:
            sources = [
                ("127.0.0.2", 0), ("localhost", 0), ("", 0), ("::1", 0), ("192.0.2.77", 0), ("127.0.0.1", at.dead), "x",
                ("127.0.0.1",), ("127.0.0.1", "x"), ("127.0.0.1", 70000), ["127.0.0.1", 0], 5, None, (), "", 0,
                ("nosuch.invalid", 0),
            ]
            rows = [((("127.0.0.1", at.port),), {"source_address": source}) for source in sources]
            self.compare(rows)
            self.compare([((*arguments, SECONDS, more["source_address"]), {}) for arguments, more in rows])
            self.compare([((("localhost", at.port),), {"source_address": ("127.0.0.1", 0)})])
            with berkeley.create_connection(("127.0.0.1", at.port), SECONDS, ("127.0.0.2", 0)) as client:
                self.assertEqual(client.getsockname()[0], "127.0.0.2")

    def test_all_errors(self):
        with Serve() as at:
            for flag in (True, False, 1, 0, None):
                self.compare([((("127.0.0.1", port),), {"all_errors": flag}) for port in (at.port, at.dead)])
            self.compare([((("127.0.0.1", at.dead),), {"all_errors": True, "timeout": 0})])

    def test_every_address_s_failure_is_in_the_group(self):
        answers = [(2, 1, 6, "", ("127.0.0.1", 1)), (2, 1, 6, "", ("127.0.0.2", 1)), (10, 1, 6, "", ("::1", 1))]
        with answering(answers), self.assertRaises(ExceptionGroup) as caught:
            berkeley.create_connection(("name", 1), SECONDS, all_errors=True)
        self.assertEqual([type(each) for each in caught.exception.exceptions], [ConnectionRefusedError] * 3)


def answering(answers, ready=False):
    """Has every lookup give these answers: None for none yet. Where `ready`, its descriptor is readable."""
    class Lookup:
        def __init__(self, host, port):
            self.ends = standard.socketpair()
            if ready:
                self.ends[1].send(b".")

        def fileno(self):
            return self.ends[0].fileno()

        def answers(self):
            return answers

        def __del__(self):
            for end in self.ends:
                end.close()

    return unittest.mock.patch.object(_connect._extra, "Lookup", Lookup)


def interrupted(call):
    """The seconds until `call` ends, after a signal whose handler raises."""
    class Enough(Exception):
        pass

    struck = []

    def handler(*_):
        struck.append(time.monotonic())
        raise Enough

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            call()
        except Enough:
            return time.monotonic() - struck[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    raise AssertionError("it ended without the handler")


class Waiting(unittest.TestCase):
    def full(self):
        """The address of a server that answers nobody."""
        server = socket.socket()
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            client = socket.socket()
            self.addCleanup(client.close)
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        return server.getsockname()

    def test_a_signal_handler_that_raises_ends_it(self):
        place = self.full()
        descriptors = len(os.listdir("/proc/self/fd"))
        for timeout in (None, 60):
            self.assertLess(interrupted(lambda: berkeley.create_connection(place, timeout)), 5)
        with answering(None):
            for timeout in (None, 60, 0):
                self.assertLess(interrupted(lambda: berkeley.create_connection(("name", 1), timeout)), 5)
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)

    def test_the_timeout_covers_the_lookup(self):
        with answering(None):
            with self.assertRaises(TimeoutError) as caught:
                berkeley.create_connection(("name", 1), 0.05)
        self.assertEqual((str(caught.exception), caught.exception.__notes__), ("timed out", ["address: name:1"]))

    def test_what_may_have_to_be_waited_for_is_asked_by_a_thread(self):
        extra = _connect._extra
        rows = [
            ("localhost", 80), ("localhost", "9pfs"), ("localhost", b"\xff"), (b"\xff", 80), (b"\xff", "http"),
            ("127.0.0.1", "9pfs"), (None, "9pfs"), ("localhost", "+80"),
        ]
        for host, port in rows:
            self.assertNotEqual(extra.Lookup(host, port).fileno(), -1, (host, port))
        for host, port in (("127.0.0.1", 80), ("::1", "80")):
            self.assertEqual(extra.Lookup(host, port).fileno(), -1, (host, port))

    def test_a_lookup_that_wakes_without_an_answer_does_not_outlast_the_timeout(self):
        with answering(None, ready=True), self.assertRaises(TimeoutError):
            berkeley.create_connection((b"name", 1), 0.05)

    def test_a_connection_that_poll_misleads_about_is_asked_for_with_pauses(self):
        asked = []

        def finish(descriptor):
            asked.append(descriptor)
            return errno.EINPROGRESS

        with Serve() as at, unittest.mock.patch.object(_connect._extra, "finish_connect", finish):
            with self.assertRaises(TimeoutError) as caught:
                berkeley.create_connection(("127.0.0.1", at.port), 0.3)
        self.assertEqual(caught.exception.__notes__, [f"address: 127.0.0.1:{at.port}"])
        self.assertIn(len(asked), range(1, 30))

    def test_an_address_that_does_not_answer_holds_up_no_other(self):
        with Serve() as at:
            answers = [(2, 1, 6, "", self.full()), (2, 1, 6, "", ("127.0.0.1", at.port))]
            with answering(answers), berkeley.create_connection(("name", 1), SECONDS) as client:
                self.assertEqual(client.getpeername(), ("127.0.0.1", at.port))

    def test_a_refusal_comes_before_a_family_without_a_route(self):
        with Serve() as at:
            # 2001:db8::/32 is for documentation (RFC 3849).
            refused, nowhere = (2, 1, 6, "", ("127.0.0.1", at.dead)), (2, 1, 6, "", ("192.0.2.1", 1))
            for answers in ([refused, nowhere], [nowhere, refused]):
                # The one without a route fails as it does where there is none.
                class Socket(socket.socket):
                    def connect_ex(self, address):
                        return 101 if address == nowhere[4] else super().connect_ex(address)

                with answering(answers), unittest.mock.patch.object(socket, "socket", Socket):
                    with self.assertRaises(ConnectionRefusedError):
                        berkeley.create_connection(("name", 1), SECONDS)

    def test_an_address_in_digits_needs_no_thread(self):
        code = """
            import os, socket, berkeley
            with socket.create_server(("127.0.0.1", 0)) as server:
                for timeout in (None, 5):
                    berkeley.create_connection(server.getsockname(), timeout).close()
            print(len(os.listdir("/proc/self/task")))
        """
        for ours in (False, True):
            self.assertEqual(support.run_code(code, ours=ours), (0, "1\n", ""))

    def test_a_forked_child_connects_by_name(self):
        code = """
            import os, socket, berkeley
            with socket.create_server(("127.0.0.1", 0)) as server:
                berkeley.create_connection(("localhost", server.getsockname()[1]), 20).close()
                child = os.fork()
                if child == 0:
                    berkeley.create_connection(("localhost", server.getsockname()[1]), 20).close()
                    os._exit(0)
                print(os.waitpid(child, 0)[1])
        """
        self.assertEqual(support.run_code(code)[:2], (0, "0\n"))

    def test_the_audit_events_are_the_standard_ones(self):
        code = """
            import sys, socket, berkeley
            berkeley.create_connection
            server = socket.create_server(("127.0.0.1", 0))
            place = server.getsockname()
            heard, refused = [], set()

            def hook(event, arguments):
                if event.startswith("socket."):
                    heard.append((event, *[each for each in arguments if not isinstance(each, socket._socket.socket)]))
                if event in refused:
                    raise PermissionError(event)

            sys.addaudithook(hook)
            def hear(create):
                heard.clear()
                try:
                    create(place, 20, ("127.0.0.2", 0)).close()
                    return list(heard)
                except PermissionError as error:
                    return list(heard), str(error)
            for refused in (set(), {"socket.getaddrinfo"}, {"socket.__new__"}, {"socket.bind"}, {"socket.connect"}):
                print(hear(berkeley.create_connection) == hear(socket.create_connection), len(heard))
        """
        wanted = "True 4\nTrue 1\nTrue 2\nTrue 3\nTrue 4\n"
        self.assertEqual(support.run_code(code), (0, wanted, ""))


class Connecting(unittest.TestCase):
    def test_it_connects_by_name_and_by_address(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            for host in ("127.0.0.1", "localhost"):
                with berkeley.create_connection((host, server.getsockname()[1]), timeout=SECONDS) as client:
                    accepted, _ = server.accept()
                    with accepted:
                        self.assertIs(type(client), socket.socket)
                        self.assertEqual((client.gettimeout(), client.family), (SECONDS, socket.AF_INET))
                        self.assertFalse(os.get_inheritable(client.fileno()))
                        client.sendall(b"x")
                        self.assertEqual(accepted.recv(1), b"x")

    def test_the_timeout_is_the_sockets_and_none_blocks(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            for arguments, wanted in (((), None), ((None,), None), ((5,), 5)):
                with berkeley.create_connection(server.getsockname(), *arguments) as client:
                    self.assertEqual((client.gettimeout(), os.get_blocking(client.fileno())), (wanted, wanted is None))

    def test_a_full_backlog_times_out(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            kept = []
            with self.assertRaises(TimeoutError):
                for _ in range(10):
                    kept.append(berkeley.create_connection(server.getsockname(), 0.2))
            for each in kept:
                each.close()

    def test_in_cs_place_the_socket_is_a_standard_one(self):
        code = """
            import berkeley, socket
            with socket.create_server(("127.0.0.1", 0)) as server:
                with berkeley.create_connection(server.getsockname(), 20) as client:
                    print(type(client) is socket.socket)
        """
        self.assertEqual(support.run_code(code), (0, "True\n", ""))


if __name__ == "__main__":
    unittest.main()
