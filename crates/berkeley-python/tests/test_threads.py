"""Threads beside each other: one that sends and receives without ever waiting keeps no other out."""

import os
import sys
import threading
import time
import unittest
import warnings

import support
from berkeley import socket

SECONDS = support.WAIT_SECONDS
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

        failures = []

        def run():
            try:
                act()
            except BaseException as failure:
                failures.append(failure)
            done.set()

        other = threading.Thread(target=run)
        other.start()
        self.addCleanup(other.join, SECONDS)
        calls = self.calls_until(done, timeout)
        self.assertEqual(failures, [])
        self.assertLess(calls, MOST_CALLS)

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
        later.join(SECONDS)


# A thread is handed work, and the next call is a send, after a pause: in how many of the sends it gets in.
HANDED = """
import sys, threading, time
import socket
sys.setswitchinterval(1000)
here, there = socket.socketpair()
for end in here, there:
    end.settimeout({timeout})
work, done, served, let_in = threading.Lock(), threading.Lock(), 0, 0
work.acquire()
done.acquire()
def serve():
    global served
    for _ in range({turns}):
        work.acquire()
        served += 1
        done.release()
worker = threading.Thread(target=serve)
worker.start()
for _ in range({turns}):
    for _ in range({before}):
        here.send(b"x")
        there.recv(1)
    time.sleep(0.001)
    before = served
    work.release()
    here.send(b"x")
    let_in += served != before
    there.recv(1)
    done.acquire()
worker.join(10)
assert not worker.is_alive()
print(let_in)
"""


class Handed(unittest.TestCase):
    def let_in(self, ours, **settings):
        status, out, err = support.run_code(HANDED.format(turns=TURNS, **settings), env=support.environment(ours))
        self.assertEqual((status, err), (0, ""))
        return int(out)

    def test_one_that_was_handed_work_gets_in_as_often_as_with_c(self):
        # Calls in a row before each pause, too: they are no reason to keep others out after it.
        for settings in [{"before": 0, "timeout": None}, {"before": 0, "timeout": SECONDS},
                         {"before": 20, "timeout": None}]:
            with self.subTest(**settings):
                # With C's module it is one turn of two or three, and the rest is the scheduler's: on a busy machine
                # it may be few of one run.
                for _ in range(5):
                    by_c = sum(self.let_in(False, **settings) for _ in range(3))
                    by_us = sum(self.let_in(True, **settings) for _ in range(3))
                    if by_us > 0.4 * by_c:
                        break
                self.assertGreater(by_us, 0.4 * by_c, by_c)


class Together(unittest.TestCase):
    def exchange(self, number, timeout):
        here, there = socket.socketpair()
        with here, there:
            for end in (here, there):
                end.settimeout(timeout)
            for turn in range(TURNS):
                sent = b"%d of %d" % (turn, number)
                here.sendall(sent)
                received = there.recv(100)
                if received != sent:
                    raise AssertionError(f"{received} for {sent}")

    def exchange_all(self, timeout, failures):
        """Several threads at once; what fails is added to `failures`."""

        def run(number):
            try:
                self.exchange(number, timeout)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        failures += [thread for thread in threads if thread.is_alive()]

    def test_each_has_its_own(self):
        for timeout in (None, SECONDS / 2):
            with self.subTest(timeout=timeout):
                failures = []
                self.exchange_all(timeout, failures)
                self.assertEqual(failures, [])

    def test_a_child_of_one_of_them_is_alone(self):
        begun, stop, failures = threading.Event(), threading.Event(), []

        def keep_busy():
            while not stop.is_set():
                self.exchange_all(None, failures)
                begun.set()

        busy = threading.Thread(target=keep_busy)
        busy.start()
        try:
            self.assertTrue(begun.wait(SECONDS))
            for _ in range(5):
                with warnings.catch_warnings():
                    # Since 3.12 a fork beside threads has one, which is what this is about.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    child = os.fork()
                if child == 0:
                    status = 1
                    try:
                        self.exchange(0, SECONDS / 2)
                        status = 0
                    finally:
                        os._exit(status)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
        finally:
            stop.set()
            busy.join(SECONDS)
        self.assertFalse(busy.is_alive())
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
