"""The audit events of what takes an address (PEP 578): with the socket and the address, and before the call."""

import textwrap
import unittest

import support

HEAR = """
    import sys
    import _socket

    heard, refused = [], set()

    def hook(event, arguments):
        if event.startswith("socket."):
            heard.append((event, arguments))
        if event in refused:
            raise PermissionError(event)

    def hear(sock, method, *arguments):
        heard.clear()
        try:
            getattr(sock, method)(*arguments)
            outcome = "done"
        except Exception as error:
            outcome = type(error).__name__
        # The very objects: what a hook is shown is what the program has given.
        known = (*arguments, None)
        events = [(event, given[0] is sock, any(given[1] is each for each in known)) for event, given in heard]
        print(method, outcome, *events)

    def datagram():
        return _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)

    anywhere = ("127.0.0.1", 0)
    receiver, sock = datagram(), datagram()
    receiver.bind(anywhere)
    receiver.settimeout(0)
    place = receiver.getsockname()
    sys.addaudithook(hook)
"""

CASES = {
    "each_has_the_socket_and_the_address": (
        """
        hear(sock, "bind", anywhere)
        hear(sock, "sendto", b"x", place)
        hear(sock, "sendto", b"x", 0, place)
        hear(sock, "sendmsg", [b"x"], [], 0, place)
        hear(sock, "connect", place)
        hear(sock, "connect_ex", place)
        hear(sock, "sendmsg", [b"x"])
        hear(sock, "send", b"x")
        """,
        """
        bind done ('socket.bind', True, True)
        sendto done ('socket.sendto', True, True)
        sendto done ('socket.sendto', True, True)
        sendmsg done ('socket.sendmsg', True, True)
        connect done ('socket.connect', True, True)
        connect_ex done ('socket.connect', True, True)
        sendmsg done ('socket.sendmsg', True, True)
        send done
        """,
    ),
    "there_is_none_where_the_address_is_no_address": (
        """
        for method, *before in [("bind",), ("connect",), ("connect_ex",), ("sendto", b"x"), ("sendmsg", [b"x"], [], 0)]:
            hear(sock, method, *before, ("127.0.0.1",))
        """,
        """
        bind TypeError
        connect TypeError
        connect_ex TypeError
        sendto TypeError
        sendmsg TypeError
        """,
    ),
    "it_comes_before_the_call": (
        """
        sock.close()
        hear(sock, "bind", anywhere)
        hear(sock, "connect", place)
        hear(sock, "connect_ex", place)
        hear(sock, "sendto", b"x", place)
        hear(sock, "sendmsg", [b"x"], [], 0, place)
        """,
        """
        bind OSError ('socket.bind', True, True)
        connect OSError ('socket.connect', True, True)
        connect_ex done ('socket.connect', True, True)
        sendto OSError ('socket.sendto', True, True)
        sendmsg OSError ('socket.sendmsg', True, True)
        """,
    ),
    "a_hook_that_raises_prevents_the_call": (
        """
        refused.update(["socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"])
        hear(sock, "bind", anywhere)
        hear(sock, "sendto", b"x", place)
        hear(sock, "sendmsg", [b"x"], [], 0, place)
        hear(sock, "connect", place)
        hear(sock, "connect_ex", place)
        print(sock.getsockname())
        hear(sock, "getpeername")
        hear(receiver, "recv", 1)
        """,
        """
        bind PermissionError ('socket.bind', True, True)
        sendto PermissionError ('socket.sendto', True, True)
        sendmsg PermissionError ('socket.sendmsg', True, True)
        connect PermissionError ('socket.connect', True, True)
        connect_ex PermissionError ('socket.connect', True, True)
        ('0.0.0.0', 0)
        getpeername OSError
        recv BlockingIOError
        """,
    ),
}


class Events(unittest.TestCase):
    maxDiff = None

    def test_send_many_has_that_of_sendmsg_for_each_address(self):
        code = textwrap.dedent(HEAR) + textwrap.dedent("""
            import berkeley
            second = ("127.0.0.2", place[1])

            def hear_many(*arguments, **named):
                heard.clear()
                try:
                    outcome = berkeley.send_many(sock, *arguments, **named)
                except PermissionError as error:
                    outcome = str(error)
                print(outcome, *[(event, given[0] is sock, given[1] == place, given[1]) for event, given in heard])

            berkeley.send_many
            hear_many([b"x", b"y"], place)
            hear_many([(b"x", place), (b"y", second), (b"z", place)])
            hear_many([b"x", (b"y", second)], address=place)
            while True:
                try:
                    receiver.recv(1)
                except BlockingIOError:
                    break
            refused.add("socket.sendmsg")
            hear_many([b"x"], place)
            refused.clear()
            sock.connect(place)
            hear_many([b"x"])
            print(receiver.recv(1))
        """).replace("given[1])", "given[1] is None)")
        wanted = """
            2 {0}
            3 {0} {1} {0}
            2 {0} {1}
            socket.sendmsg {0}
            1 {2}
            b'x'
        """
        rows = [("socket.sendmsg", True, *rest) for rest in ((True, False), (False, False), (False, True))]
        wanted = wanted.format(*rows)
        self.assertEqual(support.run_code(code), (0, textwrap.dedent(wanted).lstrip(), ""))


def add(name, code, wanted):
    def test(self):
        whole = textwrap.dedent(HEAR) + textwrap.dedent(code)
        for ours in (False, True):
            with self.subTest(ours=ours):
                self.assertEqual(support.run_code(whole, ours=ours), (0, textwrap.dedent(wanted).lstrip(), ""))

    setattr(Events, f"test_{name}", test)


for name, (code, wanted) in CASES.items():
    add(name, code, wanted)


if __name__ == "__main__":
    unittest.main()
