"""A signal while connect waits (PEP 475): the handler runs and connect goes on; a handler that raises ends it."""

import select
import signal
import socket as standard
import unittest

import support
from berkeley import socket

# Longer than a connection takes whose first packet was dropped, by far.
SECONDS = support.WAIT_SECONDS
TICK_SECONDS = 0.01
TICKS = 6000
# As the kernel numbers the states of TCP.
SYN_SENT = 2


class Enough(Exception):
    pass


class Connecting(unittest.TestCase):
    def setUp(self):
        before = signal.signal(signal.SIGALRM, self.handle)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def handle(self, *_):
        self.ticks += 1
        if self.ticks > TICKS:
            raise AssertionError("connect never ends")
        if self.client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == SYN_SENT:
            self.while_waiting()

    def prepare(self, module, timeout, while_waiting):
        """A server that has room for nobody, a client, and a signal again and again."""
        self.server = module.socket()
        self.addCleanup(self.server.close)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(0)
        first = module.socket()
        self.addCleanup(first.close)
        first.connect(self.server.getsockname())
        # Only once the first stands in the queue has the next to wait.
        self.assertTrue(select.select([self.server], [], [], SECONDS)[0])
        self.client = module.socket()
        self.addCleanup(self.client.close)
        self.client.settimeout(timeout)
        self.ticks, self.while_waiting = 0, while_waiting
        signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
        return self.server.getsockname()

    def make_room(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.server.accept()[0].close()

    def test_it_goes_on_after_the_handler(self):
        for module in (socket, standard):
            for timeout in (None, SECONDS):
                with self.subTest(module=module.__name__, timeout=timeout):
                    address = self.prepare(module, timeout, self.make_room)
                    self.client.connect(address)
                    self.assertEqual(self.client.getpeername(), address)
                    self.assertEqual(self.client.gettimeout(), timeout)

    def test_what_the_handler_raises_ends_it(self):
        def enough():
            raise Enough

        for module in (socket, standard):
            for timeout in (None, SECONDS):
                for method in ("connect", "connect_ex"):
                    with self.subTest(module=module.__name__, timeout=timeout, method=method):
                        address = self.prepare(module, timeout, enough)
                        with self.assertRaises(Enough):
                            getattr(self.client, method)(address)
                        signal.setitimer(signal.ITIMER_REAL, 0)

    def test_signals_do_not_lengthen_the_timeout(self):
        for module in (socket, standard):
            address = self.prepare(module, 20 * TICK_SECONDS, lambda: None)
            with self.assertRaises(TimeoutError):
                self.client.connect(address)
            signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    unittest.main()
