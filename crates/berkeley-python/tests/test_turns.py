"""Two that take turns: after receives that came too early, the next wait at once, and nothing else changes."""

import threading
import time
import unittest

import support
from berkeley import socket

SECONDS = support.WAIT_SECONDS
TURNS = 60
SHORT_SECONDS = 0.05


def answer_late(peer):
    """Each answer comes when whoever asked waits already."""
    with peer:
        while data := peer.recv(100):
            time.sleep(0.001)
            peer.sendall(data)


class Turns(unittest.TestCase):
    def take_turns(self, timeout):
        """The end of a connection of which receive after receive was too early; its peer has gone."""
        here, there = socket.socketpair()
        self.addCleanup(here.close)
        here.settimeout(timeout)
        there.settimeout(SECONDS)
        peer = threading.Thread(target=answer_late, args=(there,))
        peer.start()
        for number in range(TURNS):
            here.sendall(b"%d" % number)
            self.assertEqual(here.recv(100), b"%d" % number)
        return here, peer

    def test_every_answer_arrives_and_the_end_does(self):
        for timeout in (None, SECONDS):
            with self.subTest(timeout=timeout):
                here, peer = self.take_turns(timeout)
                here.shutdown(socket.SHUT_WR)
                self.assertEqual([here.recv(1) for _ in range(TURNS)], [b""] * TURNS)
                peer.join(SECONDS)
                self.assertFalse(peer.is_alive())

    def test_timeouts_hold(self):
        here, peer = self.take_turns(SECONDS)
        here.settimeout(SHORT_SECONDS)
        for _ in range(4):
            began = time.monotonic()
            with self.assertRaises(TimeoutError):
                here.recv(1)
            self.assertGreaterEqual(time.monotonic() - began, SHORT_SECONDS)
        here.setblocking(False)
        for _ in range(4):
            with self.assertRaises(BlockingIOError):
                here.recv(1)
        here.close()
        peer.join(SECONDS)
        self.assertFalse(peer.is_alive())


if __name__ == "__main__":
    unittest.main()
