"""MSG_ZEROCOPY: the kernel must not read an object's memory after the call that sends it."""

import ctypes
import ctypes.util
import os
import struct
import unittest

import berkeley
import support
from berkeley import socket

SECONDS = support.WAIT_SECONDS
SO_ZEROCOPY = 60
MSG_ZEROCOPY = 0x4000000
MSG_ERRQUEUE = 0x2000
KEPT = ctypes.create_string_buffer(b"abc", 3)


def send_zero_copy(sock):
    """Sends three bytes without a copy, by the C library, from memory that stays."""
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    if library.send(sock.fileno(), KEPT, 3, MSG_ZEROCOPY) != 3:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def notice(sock):
    """The numbers of the first and the last send without a copy that the error queue tells of."""
    sock.settimeout(SECONDS)
    control = sock.recvmsg(0, 256, MSG_ERRQUEUE)[1]
    return struct.unpack_from("=II", control[0][2], 8)


CALLS = {
    "send": lambda sock, to: sock.send(b"abc", MSG_ZEROCOPY),
    "sendall": lambda sock, to: sock.sendall(b"abc", MSG_ZEROCOPY),
    "sendto": lambda sock, to: sock.sendto(b"abc", MSG_ZEROCOPY, to),
    "sendmsg": lambda sock, to: sock.sendmsg([b"a", b"bc"], [], MSG_ZEROCOPY),
}


class ZeroCopy(unittest.TestCase):
    def pair(self, kind):
        server = socket.socket(socket.AF_INET, kind)
        client = socket.socket(socket.AF_INET, kind)
        self.addCleanup(server.close)
        self.addCleanup(client.close)
        server.bind(("127.0.0.1", 0))
        server.settimeout(SECONDS)
        if kind == socket.SOCK_DGRAM:
            client.connect(server.getsockname())
            return client, server
        server.listen()
        client.connect(server.getsockname())
        accepted = server.accept()[0]
        accepted.settimeout(SECONDS)
        self.addCleanup(accepted.close)
        return client, accepted

    def test_no_call_sends_without_a_copy(self):
        # The kernel counts the sends without a copy from 0: the number of a true one tells how many were before it.
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            for name, call in CALLS.items():
                for timeout in (None, SECONDS):
                    with self.subTest(kind=kind, call=name, timeout=timeout):
                        one, other = self.pair(kind)
                        one.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
                        one.settimeout(timeout)
                        call(one, other.getsockname())
                        self.assertEqual(other.recv(3, socket.MSG_WAITALL), b"abc")
                        send_zero_copy(one)
                        self.assertEqual(other.recv(3, socket.MSG_WAITALL), b"abc")
                        self.assertEqual(notice(one), (0, 0))

    def test_the_constant_is_the_kernels(self):
        self.assertEqual(berkeley.MSG_ZEROCOPY, MSG_ZEROCOPY)


if __name__ == "__main__":
    unittest.main()
