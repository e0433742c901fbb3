"""What `_socket` has not: batches of datagrams, connecting with a deadline, tcp_info, constants."""

import os
import signal
import socket as standard
import struct
import threading
import time
import unittest

import berkeley
import support
from berkeley import socket

SECONDS = 20


def datagram_pair(module=socket, family=socket.AF_INET):
    """Two bound sockets, the first connected to the second."""
    one, other = (module.socket(family, module.SOCK_DGRAM) for _ in range(2))
    for each in (one, other):
        each.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        each.settimeout(SECONDS)
    one.connect(other.getsockname())
    return one, other


def receive(sock, count, **more):
    received = []
    while len(received) < count:
        received += berkeley.recv_many(sock, **more)
    return received


class Batches(unittest.TestCase):
    def pair(self, *arguments):
        ends = datagram_pair(*arguments)
        for each in ends:
            self.addCleanup(each.close)
        return ends

    def test_what_is_sent_arrives_in_order_with_its_sender(self):
        for module, family in ((socket, socket.AF_INET), (standard, socket.AF_INET), (socket, socket.AF_INET6)):
            one, other = self.pair(module, family)
            data = [b"one", bytearray(b""), memoryview(b"three"), bytes(1200)] * 5
            self.assertEqual(berkeley.send_many(one, data), len(data))
            received = receive(other, len(data))
            self.assertEqual(received, [(bytes(each), one.getsockname()) for each in data])

    def test_pieces_come_apart_again(self):
        one, other = self.pair()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**21)
        data = [bytes([number]) * 1200 for number in range(60)]
        self.assertEqual(berkeley.send_many(one, iter(data)), 60)
        self.assertEqual([each for each, _ in receive(other, 60, gro=True)], data)

    def test_an_address_is_given(self):
        one, other = self.pair()
        third = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(third.close)
        self.assertEqual(berkeley.send_many(third, [b"a", b"b"], other.getsockname()), 2)
        self.assertEqual([each for each, _ in receive(other, 2)], [b"a", b"b"])
        self.assertEqual(berkeley.send_many(third, [b"c"], ("localhost", other.getsockname()[1])), 1)
        self.assertEqual(receive(other, 1)[0][0], b"c")
        for wrong, kind in [
            (("127.0.0.1",), TypeError), (5, TypeError), ("127.0.0.1", TypeError),
            (("127.0.0.1", 70000), OverflowError),
        ]:
            with self.assertRaises(kind):
                berkeley.send_many(third, [b"a"], wrong)

    def test_unix_datagrams(self):
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with one, other:
            self.assertEqual(berkeley.send_many(one, [b"a", b"bc"]), 2)
            self.assertEqual(berkeley.recv_many(other), [(b"a", None), (b"bc", None)])

    def test_a_size_cuts_off(self):
        one, other = self.pair()
        berkeley.send_many(one, [b"12345"])
        self.assertEqual(berkeley.recv_many(other, 1, size=3)[0][0], b"123")

    def test_timeouts(self):
        one, other = self.pair()
        other.settimeout(0.01)
        with self.assertRaises(TimeoutError):
            berkeley.recv_many(other)
        other.setblocking(False)
        with self.assertRaises(BlockingIOError):
            berkeley.recv_many(other)
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with left, right:
            left.settimeout(0.01)
            # What there is room for goes; then nothing does.
            self.assertGreater(berkeley.send_many(left, [b"x"] * 10000), 0)
            with self.assertRaises(TimeoutError):
                berkeley.send_many(left, [b"x"] * 10000)

    def test_a_wait_is_ended_by_a_datagram_and_by_a_signal_handler(self):
        one, other = self.pair()
        timer = threading.Timer(0.02, lambda: one.send(b"late"))
        timer.start()
        self.assertEqual(berkeley.recv_many(other)[0][0], b"late")
        timer.join()

        class Enough(Exception):
            pass

        def handler(*_):
            raise Enough

        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with self.assertRaises(Enough):
                berkeley.recv_many(other)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_what_cannot_be(self):
        one, other = self.pair()
        for call, kind in [
            (lambda: berkeley.send_many(one, ["x"]), TypeError),
            (lambda: berkeley.send_many(one, 5), TypeError),
            (lambda: berkeley.send_many(None, []), AttributeError),
            (lambda: berkeley.recv_many(other, 0), ValueError),
            (lambda: berkeley.recv_many(other, 10**9), ValueError),
            (lambda: berkeley.recv_many(other, 1, size=10**9), ValueError),
        ]:
            with self.assertRaises(kind):
                call()
        self.assertEqual(berkeley.send_many(one, []), 0)
        stream, peer = socket.socketpair()
        with stream, peer, self.assertRaisesRegex(ValueError, "stream"):
            berkeley.send_many(stream, [b"x"])
        one.close()
        with self.assertRaises(OSError):
            berkeley.send_many(one, [b"x"])


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

    def test_a_source_is_bound(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            source = ("127.0.0.2", 0)
            with berkeley.create_connection(server.getsockname(), SECONDS, source) as client:
                self.assertEqual(client.getsockname()[0], "127.0.0.2")

    def test_failures_are_the_standard_ones(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with self.assertRaises(ConnectionRefusedError):
            berkeley.create_connection(("127.0.0.1", port), SECONDS)
        with self.assertRaises(standard.gaierror):
            berkeley.create_connection(("a..b", port), SECONDS)
        for impossible in (-1, 65536):
            with self.assertRaisesRegex(OverflowError, "port must be 0-65535"):
                berkeley.create_connection(("127.0.0.1", impossible), SECONDS)
        for wrong, kind in [
            (("127.0.0.1", "x"), TypeError), (("127.0.0.1", 70000), OverflowError), ((5, 5), TypeError),
        ]:
            with self.assertRaises(kind):
                berkeley.create_connection(wrong, SECONDS)
        with self.assertRaises(ValueError):
            berkeley.create_connection(("127.0.0.1", port), -1)

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


class Figures(unittest.TestCase):
    def test_tcp_info(self):
        with standard.create_server(("127.0.0.1", 0)) as server:
            with berkeley.create_connection(server.getsockname(), SECONDS) as client:
                info = berkeley.tcp_info(client)
                self.assertEqual(info["state"], "TCP_ESTABLISHED")
                self.assertGreater(info["snd_mss"], 0)
                self.assertTrue(0 < info["rto"] < 100)
            self.assertEqual(berkeley.tcp_info(server)["state"], "TCP_LISTEN")
        with socket.socket(socket.AF_UNIX) as other, self.assertRaises(OSError):
            berkeley.tcp_info(other)

    def test_constants_that_the_standard_module_lacks(self):
        for name, wanted in (("UDP_SEGMENT", 103), ("UDP_GRO", 104), ("MSG_ZEROCOPY", 0x4000000), ("SO_ZEROCOPY", 60)):
            self.assertEqual(getattr(berkeley, name), wanted)
        with self.assertRaises(AttributeError):
            berkeley.SO_NOSUCH

    def test_datagrams_have_the_time_of_their_arrival(self):
        one, other = datagram_pair()
        with one, other:
            other.setsockopt(socket.SOL_SOCKET, berkeley.SO_TIMESTAMPNS, 1)
            before = time.time()
            one.send(b"x")
            _, [(level, kind, data)], _, _ = other.recvmsg(10, socket.CMSG_SPACE(16))
            self.assertEqual((level, kind), (socket.SOL_SOCKET, berkeley.SO_TIMESTAMPNS))
            seconds, nanoseconds = struct.unpack("qq", data)
            # The kernel's clock and Python's are the same; an hour allows for whoever sets it meanwhile.
            self.assertLess(abs(seconds + nanoseconds / 1e9 - before), 3600)

    def test_the_time_of_arrival_is_the_kernels(self):
        for module, family in ((socket, socket.AF_INET), (standard, socket.AF_INET), (socket, socket.AF_INET6)):
            one, other = datagram_pair(module, family)
            with one, other:
                one.send(b"before")
                self.assertEqual(berkeley.recv_timestamped(other)[:2], (b"before", one.getsockname()))
                one.send(b"first")
                one.send(b"second")
                between = time.time_ns()
                data, address, first = berkeley.recv_timestamped(other)
                self.assertEqual((data, address), (b"first", one.getsockname()))
                data, _, second = berkeley.recv_timestamped(other, 3)
                self.assertEqual(data, b"sec")
                # Both came before they were taken; an hour allows for whoever sets the clock meanwhile.
                self.assertLessEqual(first, second)
                self.assertLess(abs(second - between), 3600 * 10**9)

    def test_the_time_of_sending_comes_from_the_error_queue(self):
        software, report, transmit = 1 << 4, 1 << 7, 1 << 1
        one, other = datagram_pair()
        with one, other:
            one.setsockopt(socket.SOL_SOCKET, berkeley.SO_TIMESTAMPING, software | report | transmit)
            one.send(b"x")
            data, _, went = berkeley.recv_timestamped(one, flags=socket.MSG_ERRQUEUE)
            # With the headers that were put before it.
            self.assertTrue(data.endswith(b"x"))
            self.assertGreater(went, 0)

    def test_what_has_no_timestamp_says_so(self):
        one, other = socket.socketpair()
        with one, other:
            one.settimeout(0)
            with self.assertRaises(BlockingIOError):
                berkeley.recv_timestamped(one)
            one.settimeout(0.01)
            with self.assertRaises(TimeoutError):
                berkeley.recv_timestamped(one)
            with self.assertRaises(ValueError):
                berkeley.recv_timestamped(one, 65536)
            # Descriptors that come along are closed.
            descriptors = len(os.listdir("/proc/self/fd"))
            socket.send_fds(other, [b"x"], [0])
            self.assertEqual(berkeley.recv_timestamped(one)[0], b"x")
            self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)

    def test_constants_agree_with_the_standard_ones(self):
        from berkeley import _extra

        names = [name for name in dir(_extra) if name.isupper() and hasattr(standard, name)]
        self.assertGreater(len(names), 50)
        for name in names:
            self.assertEqual(getattr(_extra, name), getattr(standard, name), name)


if __name__ == "__main__":
    unittest.main()
