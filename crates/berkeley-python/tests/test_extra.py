"""What `_socket` does not have: batches of datagrams, tcp_info, timestamps, constants."""

import os
import pickle
import signal
import socket as standard
import struct
import tempfile
import threading
import time
import unittest

import berkeley
import support
from berkeley import socket

SECONDS = support.WAIT_SECONDS


def bound(family):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    sock.settimeout(SECONDS)
    return sock


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

    def test_each_goes_to_its_own_address(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            one, other = (bound(family) for _ in range(2))
            self.addCleanup(one.close)
            self.addCleanup(other.close)
            third = socket.socket(family, socket.SOCK_DGRAM)
            self.addCleanup(third.close)
            places = [each.getsockname() for each in (one, other)]
            data = [(str(number).encode(), places[number % 2]) for number in range(10)]
            self.assertEqual(berkeley.send_many(third, data), 10)
            self.assertEqual([each for each, _ in receive(one, 5)], [b"0", b"2", b"4", b"6", b"8"])
            self.assertEqual([each for each, _ in receive(other, 5)], [b"1", b"3", b"5", b"7", b"9"])
            # What comes goes back to where it came from.
            self.assertEqual(berkeley.send_many(third, [(b"x", other.getsockname())]), 1)
            self.assertEqual(berkeley.send_many(other, receive(other, 1)), 1)
            third.settimeout(SECONDS)
            self.assertEqual(third.recvfrom(5), (b"x", other.getsockname()))

    def test_pairs_and_others_may_be_mixed(self):
        one, other = self.pair()
        # `one` is connected to `other`; itself is the third.
        mixed = [b"a", (b"b", one.getsockname()), (bytearray(b"c"), None), memoryview(b"d")]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            self.assertEqual(berkeley.send_many(free, mixed, address=other.getsockname()), 4)
        self.assertEqual([each for each, _ in receive(other, 3)], [b"a", b"c", b"d"])
        self.assertEqual(berkeley.send_many(one, [b"e", (b"f", None), (b"g", other.getsockname())]), 3)
        self.assertEqual([each for each, _ in receive(other, 3)], [b"e", b"f", b"g"])

    def test_pairs_of_unix_addresses(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            others = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
            places = [os.path.join(folder, "path"), b"\0berkeley-test-%d" % os.getpid()]
            for each, place in zip(others, places):
                self.addCleanup(each.close)
                each.bind(place)
            self.assertEqual(berkeley.send_many(one, [(b"a", places[0]), (b"b", places[1]), (b"c", places[0])]), 3)
            self.assertEqual([each.recv(5) for each in (*others, others[0])], [b"a", b"b", b"c"])

    def test_pairs_that_are_none(self):
        one, other = self.pair()
        place = other.getsockname()
        for wrong, kind in [
            ((b"x",), TypeError), ((b"x", place, 0), TypeError), (("x", place), TypeError), ((place, b"x"), TypeError),
            ((b"x", 5), TypeError), ((b"x", ("127.0.0.1", 70000)), OverflowError), ((), TypeError),
        ]:
            # Nothing of the list is sent, for all of it is read first.
            with self.assertRaises(kind, msg=wrong):
                berkeley.send_many(one, [b"first", wrong])
        other.settimeout(0)
        with self.assertRaises(BlockingIOError):
            other.recv(10)

    def test_what_was_sent_is_told_where_the_timeout_runs_out(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
                place = os.path.join(folder, "full")
                other.bind(place)
                one.settimeout(0.05)
                sent = berkeley.send_many(one, [(b"x", place)] * 10000)
                other.settimeout(0)
                self.assertEqual([other.recv(2) for _ in range(sent)], [b"x"] * sent)
                self.assertTrue(0 < sent < 10000)

    def test_unix_datagrams(self):
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with one, other:
            self.assertEqual(berkeley.send_many(one, [b"a", b"bc"]), 2)
            self.assertEqual(berkeley.recv_many(other), [(b"a", None), (b"bc", None)])

    def test_a_size_cuts_off(self):
        one, other = self.pair()
        berkeley.send_many(one, [b"12345"])
        self.assertEqual(berkeley.recv_many(other, 1, size=3)[0][0], b"123")

    def test_a_peek_gives_the_first_datagram_once(self):
        for module in (socket, standard):
            one, other = self.pair(module)
            berkeley.send_many(one, [b"one", b"two"])
            for _ in range(2):
                peeked = berkeley.recv_many(other, flags=socket.MSG_PEEK)
                self.assertEqual(peeked, [(b"one", one.getsockname())])
            self.assertEqual([data for data, _ in receive(other, 2)], [b"one", b"two"])

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
        timer.join(SECONDS)

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

    def test_what_a_signal_handler_raises_is_raised_whatever_has_gone(self):
        def handler(*_):
            raise TimeoutError("the handler's")

        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        before = signal.signal(signal.SIGALRM, handler)
        try:
            with left, right:
                left.settimeout(SECONDS)
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                with self.assertRaisesRegex(TimeoutError, "the handler's"):
                    berkeley.send_many(left, [b"x"] * 10000)
                self.assertEqual(right.recv(1), b"x")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
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


class Figures(unittest.TestCase):
    def test_tcp_info(self):
        with standard.create_server(("127.0.0.1", 0)) as server:
            with standard.create_connection(server.getsockname(), SECONDS) as client:
                info = berkeley.tcp_info(client)
                self.assertEqual(info.state, "TCP_ESTABLISHED")
                self.assertGreater(info.snd_mss, 0)
                self.assertTrue(0 < info.rto < 100)
            self.assertEqual(berkeley.tcp_info(server).state, "TCP_LISTEN")
        with standard.socket(socket.AF_UNIX) as other, self.assertRaises(OSError):
            berkeley.tcp_info(other)

    def test_tcp_info_is_a_record_that_kernels_extend(self):
        with standard.create_server(("127.0.0.1", 0)) as server:
            info = berkeley.tcp_info(server)
        self.assertIs(type(info), berkeley.TcpInfo)
        # Of the tuple are the fields that every kernel gives; what came later is reached by name, and may be None.
        self.assertEqual((len(info), info[0]), (berkeley.TcpInfo.n_sequence_fields, info.state))
        self.assertGreater(berkeley.TcpInfo.n_fields, len(info))
        self.assertIsInstance(info.min_rtt, (float, type(None)))
        self.assertEqual(pickle.loads(pickle.dumps(info)).pacing_rate, info.pacing_rate)
        with self.assertRaises(AttributeError):
            info.rtt = 1.0
        self.assertEqual(berkeley.TcpInfo.rtt.__doc__, "The round trip, smoothed. In seconds.")
        self.assertEqual(berkeley.TcpInfo.snd_cwnd.__doc__, "The window of congestion control, in segments.")
        self.assertIn("TCP_INFO", berkeley.TcpInfo.__doc__)

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
