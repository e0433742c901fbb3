"""Threads beside each other: one that sends and receives without ever waiting keeps no other out."""

import os
import sys
import threading
import time
import unittest

from berkeley import socket

SECONDS = 20
# CPython would have one thread let another in after this, were it to rely on that alone.
NEVER_SECONDS = 1000
# What a thread does at most before another has had its turn; a few hundred are enough.
MOST_CALLS = 1_000_000
THREADS = 8
TURNS = 300


class LetIn(unittest.TestCase):
    def setUp(self):
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(NEVER_SECONDS)

    def calls_until(self, wanted, timeout=None):
        """How many calls this thread makes, none of which waits, until the event `wanted` is set."""
        here, there = socket.socketpair()
        with here, there:
            for end in (here, there):
                end.settimeout(timeout)
            for calls in range(MOST_CALLS):
                if wanted.is_set():
                    return calls
                here.send(b"x")
                there.recv(1)
        return MOST_CALLS

    def assert_lets_in(self, act, timeout=None):
        done = threading.Event()

        def run():
            act()
            done.set()

        other = threading.Thread(target=run)
        other.start()
        self.assertLess(self.calls_until(done, timeout), MOST_CALLS)
        other.join()

    def test_one_that_wakes_up(self):
        for timeout in (None, SECONDS):
            with self.subTest(timeout=timeout):
                self.assert_lets_in(lambda: [time.sleep(0.001) for _ in range(5)], timeout)

    def test_one_that_has_received(self):
        here, there = socket.socketpair()
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        later = threading.Timer(0.05, here.sendall, [b"at last"])
        later.start()
        self.assert_lets_in(lambda: self.assertEqual(there.recv(100), b"at last"))
        later.join()


class Together(unittest.TestCase):
    def exchange(self, number, timeout, failures):
        here, there = socket.socketpair()
        with here, there:
            for end in (here, there):
                end.settimeout(timeout)
            for turn in range(TURNS):
                sent = b"%d of %d" % (turn, number)
                here.sendall(sent)
                received = there.recv(100)
                if received != sent:
                    failures.append((sent, received))

    def all_exchange(self, timeout):
        failures = []
        threads = [
            threading.Thread(target=self.exchange, args=(number, timeout, failures)) for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
            self.assertFalse(thread.is_alive())
        self.assertEqual(failures, [])

    def test_each_has_its_own(self):
        for timeout in (None, SECONDS):
            with self.subTest(timeout=timeout):
                self.all_exchange(timeout)

    def test_a_child_of_one_of_them_is_alone(self):
        stop = threading.Event()
        busy = threading.Thread(target=lambda: [self.all_exchange(None) for _ in iter(stop.is_set, True)])
        busy.start()
        try:
            for _ in range(5):
                child = os.fork()
                if child == 0:
                    failures = [None]
                    try:
                        self.exchange(0, None, failures)
                    finally:
                        os._exit(len(failures) - 1)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
        finally:
            stop.set()
            busy.join(SECONDS)


if __name__ == "__main__":
    unittest.main()
