"""Errors name the address that is known, in a note; their arguments and texts are C's, and no Rust method is named."""

import re
import socket as standard
import struct
import traceback
import unittest

import support
from berkeley import create_connection, recv_many, recv_timestamped, send_many, socket, tcp_info

# The library's names for what it does, which Python programs do not know.
METHODS = re.compile(r"\b(send_all|recv_from|send_to|recv_msg|send_msg|set_timeout|peer_address|local_address)\b")


def refusing():
    """A socket that is bound and does not listen, and its address."""
    bound = standard.socket()
    bound.bind(("127.0.0.1", 0))
    return bound, bound.getsockname()


def reset():
    """A connection that its peer has reset, and the peer's address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), timeout=support.WAIT_SECONDS)
        accepted, _ = server.accept()
    address = client.getpeername()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
    return client, address


def shown(address):
    return f"{address[0]}:{address[1]}"


class Notes(unittest.TestCase):
    def note(self, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        error = caught.exception
        self.assertNotRegex("".join(traceback.format_exception_only(error)), METHODS)
        return error, getattr(error, "__notes__", [])

    def test_a_refused_connection_names_its_address(self):
        bound, address = refusing()
        with bound, socket.socket() as client:
            error, notes = self.note(client.connect, address)
            self.assertEqual(error.args, (111, "Connection refused"))
            self.assertEqual(str(error), "[Errno 111] Connection refused")
            self.assertEqual(notes, [f"address: {shown(address)}"])
            error, notes = self.note(create_connection, address, 30)
            self.assertEqual((error.args, notes), ((111, "Connection refused"), [f"address: {shown(address)}"]))

    def test_a_connection_that_was_reset_names_its_peer(self):
        calls = [lambda sock: sock.recv(8), lambda sock: sock.send(b"x"), lambda sock: sock.sendall(b"x")]
        for call in calls:
            client, address = reset()
            with client:
                error, notes = self.note(call, client)
                self.assertIn(error.errno, (104, 32))
                self.assertEqual(notes, [f"address: {shown(address)}"])

    def test_an_address_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as second:
            error, notes = self.note(second.bind, server.getsockname())
            self.assertEqual(str(error), "[Errno 98] Address already in use")
            self.assertEqual(notes, [f"address: {shown(server.getsockname())}"])

    def test_a_name_that_does_not_resolve_is_named(self):
        error, notes = self.note(socket.getaddrinfo, "no-such-host.invalid", 80)
        self.assertIsInstance(error, socket.gaierror)
        self.assertEqual(len(error.args), 2)
        self.assertTrue(any("no-such-host.invalid" in note for note in notes), notes)

    def test_what_only_asks_for_patience_has_no_note(self):
        left, right = socket.socketpair()
        with left, right:
            left.setblocking(False)
            error, notes = self.note(left.recv, 8)
            self.assertIsInstance(error, BlockingIOError)
            self.assertEqual(notes, [])

    def test_a_timeout_reads_as_in_c(self):
        left, right = socket.socketpair()
        with left, right:
            left.settimeout(0.01)
            error, _ = self.note(left.recv, 8)
            self.assertEqual(error.args, ("timed out",))

    def test_a_timeout_names_the_peer_or_what_was_listened_on(self):
        with socket.create_server(("127.0.0.1", 0)) as server, standard.socket() as client:
            server.settimeout(0.01)
            error, notes = self.note(server.accept)
            self.assertEqual((error.args, notes), (("timed out",), [f"address: {shown(server.getsockname())}"]))
            client.connect(server.getsockname())
            server.settimeout(support.WAIT_SECONDS)
            accepted, address = server.accept()
            with accepted:
                accepted.settimeout(0.01)
                for call in (lambda: accepted.recv(8), lambda: recv_timestamped(accepted)):
                    error, notes = self.note(call)
                    self.assertEqual((error.args, notes), (("timed out",), [f"address: {shown(address)}"]))

    def test_only_an_address_is_called_one(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.create_server(("127.0.0.1", 0)) as tcp:
            for call in (
                lambda: socket.socket(99, 99),
                lambda: socket.socket(socket.AF_TIPC, 77),
                lambda: socket.socket(fileno=10**6),
                lambda: tcp_info(udp),
                lambda: tcp.recv(1),
            ):
                _, notes = self.note(call)
                self.assertEqual(notes, [])
            udp.connect(tcp.getsockname())
            _, notes = self.note(tcp_info, udp)
            self.assertEqual(notes, [f"address: {shown(tcp.getsockname())}"])

    def test_the_scope_of_an_address_is_named(self):
        _, notes = self.note(create_connection, ("fe80::1%lo", 1), 30)
        self.assertEqual(notes, [f"address: [fe80::1%{socket.if_nametoindex('lo')}]:1"])

    def test_what_fails_at_the_end_of_the_interpreter_fails_as_before(self):
        code = """
            import socket
            class Last:
                def __init__(self):
                    self.socket, self.failure, self.print = socket.socket(), OSError, print
                    self.itself = self
                def __del__(self):
                    try:
                        self.socket.connect(("127.0.0.1", 1))
                    except self.failure as error:
                        self.print(error)
            last = Last()
        """
        self.assertEqual(support.run_code(code), (0, "[Errno 111] Connection refused\n", ""))

    def test_a_connection_that_is_left_open_ends_without_a_panic(self):
        code = """
            import socket, berkeley
            class Closed:
                def fileno(self): return 999
                def gettimeout(self): return 0.1
            try: berkeley.recv_many(Closed())
            except OSError: pass
            server = socket.create_server(("127.0.0.1", 0))
            client = berkeley.create_connection(server.getsockname())
        """
        for ours in (False, True):
            status, _, errors = support.run_code(code, ours=ours)
            self.assertEqual(status, 0)
            self.assertNotIn("panicked", errors)

    def test_no_error_names_a_method_of_rust(self):
        left, right = socket.socketpair()
        with left, right:
            for call in (lambda: recv_many(left), lambda: send_many(left, [b"x"])):
                with self.assertRaises(ValueError) as caught:
                    call()
                self.assertNotRegex(str(caught.exception), METHODS)

    def test_no_error_of_a_size_names_a_method_of_rust(self):
        left, right = socket.socketpair()
        with left, right, self.assertRaises((ValueError, OSError, MemoryError)) as caught:
            recv_many(left, messages=2**20, size=2**50)
        self.assertNotRegex(str(caught.exception), r"recv_many\b.*:")


if __name__ == "__main__":
    unittest.main()
