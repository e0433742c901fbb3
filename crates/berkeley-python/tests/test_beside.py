"""`from berkeley import socket`: beside the standard module, and what `ssl` and `asyncio` do with its sockets."""

import asyncio
import contextlib
import pathlib
import pickle
import socket as standard
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import support
from berkeley import _library, socket



class Module(unittest.TestCase):
    """The module itself."""

    def test_it_is_beside_the_standard_one(self):
        self.assertIsNot(socket, standard)
        self.assertTrue(_library.is_ours(socket._socket))
        self.assertFalse(_library.is_ours(standard._socket))
        self.assertFalse(issubclass(socket.socket, standard.socket))
        self.assertEqual(socket.__name__, "berkeley.socket")
        self.assertEqual(sorted(socket.__all__), sorted(standard.__all__))
        for name in standard.__all__:
            self.assertEqual(type(getattr(socket, name)).__name__, type(getattr(standard, name)).__name__, name)

    def test_the_standard_source_is_run_and_not_copied(self):
        code = socket.create_connection.__code__
        self.assertEqual(code.co_filename, standard.create_connection.__code__.co_filename)

    def test_existing_except_clauses_catch(self):
        for name in ("error", "gaierror", "herror", "timeout"):
            self.assertIs(getattr(socket, name), getattr(standard, name), name)
        with self.assertRaises(standard.gaierror):
            socket.getaddrinfo("127.0.0.1", "no such service")
        one, other = socket.socketpair()
        with one, other:
            other.settimeout(0.001)
            with self.assertRaises(standard.timeout):
                other.recv(1)

    def test_where_ours_is_in_cs_place_it_is_the_standard_module(self):
        code = "from berkeley import socket as one; import socket as other; print(one is other)"
        self.assertEqual(support.run("-c", code), (0, "True\n", ""))

    def test_it_may_come_before_the_standard_one(self):
        code = """
            from berkeley import socket
            import sys
            print("socket" in sys.modules)
            import socket as standard
            print(socket.gaierror is standard.gaierror, socket.socket is standard.socket)
        """
        self.assertEqual(support.run_code(code, ours=False), (0, "False\nTrue False\n", ""))

    def test_its_enumerations_are_its_own(self):
        self.assertEqual(socket.AF_INET, standard.AF_INET)
        self.assertEqual(repr(socket.AF_INET), repr(standard.AF_INET))
        self.assertIs(pickle.loads(pickle.dumps(socket.AF_INET)), socket.AF_INET)

    def test_servers_and_connections(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(server.getsockname(), timeout=20) as client:
                accepted, _ = server.accept()
                with accepted, accepted.makefile("rwb") as file:
                    self.assertIs(type(accepted), socket.socket)
                    client.sendall(b"line\n")
                    self.assertEqual(file.readline(), b"line\n")
                    file.write(b"answer")
                    file.flush()
                    self.assertEqual(client.recv(100), b"answer")

    def test_descriptors_pass(self):
        one, other = socket.socketpair()
        with one, other, tempfile.TemporaryFile() as file:
            socket.send_fds(one, [b"x"], [file.fileno()])
            data, numbers, _, _ = socket.recv_fds(other, 1, 1)
            self.assertEqual((data, len(numbers)), (b"x", 1))
            socket.close(numbers[0])


class Tls(unittest.TestCase):
    """`ssl` takes the descriptor over: its own sockets are of the standard class, over C's module."""

    def contexts(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        place = pathlib.Path(folder.name, "both.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        more = ["-addext", "subjectAltName=DNS:localhost", "-keyout", place, "-out", f"{place}.crt"]
        try:
            subprocess.run([*command, *more], check=True, capture_output=True, timeout=60)
        except FileNotFoundError:
            self.skipTest("openssl")
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(f"{place}.crt", place)
        return server, ssl.create_default_context(cafile=f"{place}.crt")

    def test_wrap_socket_takes_the_descriptor(self):
        for_server, for_client = self.contexts()
        one, other = socket.socketpair()
        number = other.fileno()
        for each in (one, other):
            each.settimeout(20)
        served = []

        def serve():
            with for_server.wrap_socket(one, server_side=True) as wrapped:
                served.append(wrapped.recv(100))
                wrapped.sendall(b"answer")

        thread = threading.Thread(target=serve)
        thread.start()
        with for_client.wrap_socket(other, server_hostname="localhost") as wrapped:
            self.assertIsInstance(wrapped, standard.socket)
            self.assertEqual((wrapped.fileno(), other.fileno(), wrapped.gettimeout()), (number, -1, 20))
            wrapped.sendall(b"question")
            self.assertEqual(wrapped.recv(100), b"answer")
        thread.join(20)
        self.assertEqual(served, [b"question"])

    def test_in_cs_place_tls_reads_our_own_object(self):
        # `_ssl` reads the descriptor and the timeout out of the object.
        code = """
            import socket, ssl
            from berkeley import _library
            one, other = socket.socketpair()
            other.settimeout(0.05)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            wrapped = context.wrap_socket(other, do_handshake_on_connect=False)
            print(_library.is_ours(socket._socket), isinstance(wrapped, socket._socket.socket))
            try: wrapped.do_handshake()
            except TimeoutError as error: print(error)
            wrapped.settimeout(0)
            try: wrapped.do_handshake()
            except ssl.SSLWantReadError: print("wants to read")
            wrapped.settimeout(None)
            one.close()
            try: wrapped.do_handshake()
            except OSError as error: print("ended")
        """
        status, output, errors = support.run_code(code)
        self.assertEqual(status, 0, errors)
        timed_out = r"(_ssl\.c:\d+: )?The handshake operation timed out"
        self.assertRegex(output, rf"^True True\n{timed_out}\nwants to read\nended\n$")


class Asyncio(unittest.TestCase):
    """asyncio takes sockets of either module."""

    def run_bounded(self, work):
        async def bounded():
            async with asyncio.timeout(60):
                await work

        asyncio.run(bounded())

    def test_the_loops_own_calls(self):
        async def work():
            loop = asyncio.get_running_loop()
            server = socket.create_server(("127.0.0.1", 0))
            client = socket.socket()
            for each in (server, client):
                each.setblocking(False)
            with server, client:
                accepting = asyncio.ensure_future(loop.sock_accept(server))
                await loop.sock_connect(client, server.getsockname())
                accepted, _ = await accepting
                with accepted:
                    self.assertIs(type(accepted), socket.socket)
                    await loop.sock_sendall(client, bytes(10**6) + b"!")
                    got = b""
                    while not got.endswith(b"!"):
                        got += await loop.sock_recv(accepted, 2**18)
                    self.assertEqual(len(got), 10**6 + 1)

        self.run_bounded(work())

    def test_streams_over_given_sockets(self):
        async def echo(reader, writer):
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        async def work():
            listening = socket.create_server(("127.0.0.1", 0))
            server = await asyncio.start_server(echo, sock=listening)
            client = socket.create_connection(listening.getsockname())
            async with server:
                reader, writer = await asyncio.open_connection(sock=client)
                writer.write(b"line\n")
                self.assertEqual(await reader.readline(), b"line\n")
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        self.run_bounded(work())

    def test_datagrams_over_a_given_socket(self):
        class Receiver(asyncio.DatagramProtocol):
            def __init__(self, future):
                self.future = future

            def datagram_received(self, data, address):
                self.future.set_result(data)

        async def work():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            bound.bind(("127.0.0.1", 0))
            place = bound.getsockname()
            transport, _ = await loop.create_datagram_endpoint(lambda: Receiver(future), sock=bound)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"datagram", place)
            self.assertEqual(await future, b"datagram")
            transport.close()

        self.run_bounded(work())


if __name__ == "__main__":
    sys.exit(unittest.main())
