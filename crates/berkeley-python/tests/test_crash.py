"""Whatever a program does to its own objects while a call runs: an exception or a result, never a crash or a hang.

Each case is a process of its own. It prints `done` at its end; a signal, a time limit or another status fails. What
C's module answers stands in no case here: some of these crash it.
"""

import textwrap
import unittest

import support

BEGIN = """
import faulthandler, gc, os, signal, sys, threading, time
import socket, _socket
faulthandler.enable()
# Threads take turns often: more of them meet in the middle of something.
sys.setswitchinterval(0.0001)

def within(thread, seconds=60):
    thread.join(seconds)
    assert not thread.is_alive(), "a thread hangs"

def once_waiting(thread):
    # The kernel's own word: asleep in poll or in a receiving call, not in the futex of the interpreter's lock.
    end = time.monotonic() + 30
    while time.monotonic() < end:
        state = open(f"/proc/self/task/{thread.native_id}/stat").read().rpartition(")")[2].split()[0]
        call = open(f"/proc/self/task/{thread.native_id}/syscall").read().split()[0]
        # poll, recvfrom, accept, recvmsg, ppoll, accept4: of x86-64 and of arm64.
        if state == "S" and call in ("7", "45", "43", "47", "271", "288", "207", "202", "212", "73", "242"):
            return
        time.sleep(0.001)
    raise AssertionError("the thread never waits")

def receiving(sock):
    # A thread that waits in recv, and the list that gets what it ends with.
    ended = []
    def receive():
        try: ended.append(sock.recv(10))
        except OSError as error: ended.append(error)
    thread = threading.Thread(target=receive)
    thread.start()
    once_waiting(thread)
    return thread, ended
"""

CASES = {
    "a_sequence_that_empties_itself_while_it_is_read": """
        one, other = socket.socketpair()
        class Emptying:
            def __init__(self, parts): self.parts = parts
            def __index__(self):
                self.parts.clear()
                gc.collect()
                return 1
        control = []
        control += [(Emptying(control), 1, b"x"), (1, 1, b"y" * 100)] * 50
        for call in (lambda: one.sendmsg([b"x"], control), lambda: one.sendmsg(iter([b"a", b"b"]), iter([]))):
            try: call()
            except (TypeError, OSError, OverflowError): pass
        address = ["127.0.0.1"]
        class Port:
            def __index__(self):
                address.clear()
                return 9
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for place in (("127.0.0.1", Port()), ("127.0.0.1", 9, Port())):
            try: udp.sendto(b"x", place)
            except (TypeError, OSError): pass
    """,
    "a_list_of_buffers_that_changes": """
        one, other = socket.socketpair()
        parts = [bytearray(10) for _ in range(100)]
        class Shrinking(bytearray):
            pass
        def forever():
            while not stop:
                parts.append(bytearray(10))
                parts.pop()
        stop = False
        thread = threading.Thread(target=forever)
        thread.start()
        for _ in range(300):
            one.send(b"x" * 100)
            assert other.recvmsg_into(parts)[0] == 100
            one.sendmsg(parts)
            left = 1000
            while left > 0: left -= len(other.recv(left))
            other.setblocking(False)
            try:
                while other.recv(4096): pass
            except BlockingIOError: pass
            other.setblocking(True)
        stop = True
        within(thread)
    """,
    "a_buffer_resized_during_a_call": """
        one, other = socket.socketpair()
        buffer = bytearray(1000)
        thread = threading.Thread(target=lambda: got.append(other.recv_into(buffer)))
        got = []
        thread.start()
        once_waiting(thread)
        refused = 0
        def shorten(): del buffer[:500]
        for change in (lambda: buffer.extend(bytes(10**6)), lambda: buffer.clear(), shorten):
            try: change()
            except BufferError: refused += 1
        assert refused == 3, refused
        one.send(b"abc")
        within(thread)
        assert got == [3] and buffer[:3] == b"abc", got
        buffer.clear()
    """,
    "a_buffer_that_is_sent_is_held": """
        one, other = socket.socketpair()
        buffer = bytearray(10**7)
        thread = threading.Thread(target=lambda: one.sendall(buffer))
        thread.start()
        taken = 0
        refused = 0
        while taken < 10**7:
            try: buffer.append(1)
            except BufferError: refused += 1
            else:
                buffer.pop()
            taken += len(other.recv(65536))
        within(thread)
        buffer.clear()
    """,
    "a_buffer_whose_release_runs_code": """
        one, other = socket.socketpair()
        view = memoryview(bytearray(b"abc"))
        part = view[1:]
        one.send(part)
        part.release()
        view.release()
        for released in (part, view):
            try: one.send(released)
            except ValueError: pass
            else: raise AssertionError("a released view was sent")
        assert other.recv(10) == b"bc"
    """,
    "a_released_view_in_place_of_a_sequence": """
        # CPython 3.11's iterator of it comes with an exception, which some calls then swallow and some raise.
        one, other = socket.socketpair()
        released = memoryview(b"abc")
        released.release()
        for call in (one.sendmsg, lambda view: one.sendmsg([b"x"], view), other.recvmsg_into):
            try: call(released)
            except ValueError: pass
            else: raise AssertionError("a released view was taken")
    """,
    "close_from_another_thread_during_recv": """
        one, other = socket.socketpair()
        other.settimeout(20)
        thread, ended = receiving(other)
        other.close()
        # What waits holds the old descriptor's file: the peer's end wakes it.
        one.close()
        within(thread)
        assert len(ended) == 1, ended
    """,
    "shutdown_wakes_what_waits": """
        for timeout in (None, 20):
            one, other = socket.socketpair()
            other.settimeout(timeout)
            thread, ended = receiving(other)
            other.shutdown(socket.SHUT_RD)
            within(thread)
            assert ended == [b""], ended
    """,
    "a_call_that_waited_takes_nothing_from_whom_the_number_is_now": """
        import errno
        import berkeley
        def closed_while_waiting(act, kind=socket.SOCK_STREAM):
            # The peer of the socket that was closed, what has its number, and the peer of that.
            one, other = socket.socketpair(socket.AF_UNIX, kind)
            one.settimeout(60)
            ended = []
            def run():
                try: ended.append(act(one))
                except OSError as error: ended.append(error.errno)
            thread = threading.Thread(target=run)
            thread.start()
            once_waiting(thread)
            number = one.fileno()
            one.close()
            pair = _socket.socketpair()
            pair = sorted(pair, key=lambda end: end.fileno() != number)
            assert pair[0].fileno() == number
            return other, *pair, thread, ended
        room = bytearray(100)
        for act in (
            lambda one: one.recv(100), lambda one: one.recv(10**5), lambda one: one.recv_into(room),
            lambda one: one.recvfrom(100), lambda one: one.recvmsg(100), lambda one: one.recvmsg_into([room]),
            lambda one: berkeley.recv_many(one), lambda one: berkeley.recv_timestamped(one),
        ):
            other, new, peer, thread, ended = closed_while_waiting(act, socket.SOCK_DGRAM)
            peer.send(b"another's")
            other.send(b"x")
            within(thread)
            assert ended == [errno.EBADF], ended
            assert new.recv(100) == b"another's"
        for act in (
            lambda one: one.sendall(bytes(10**7)), lambda one: [one.send(bytes(10**5)) for _ in range(1000)],
            lambda one: [one.sendmsg([bytes(1000)]) for _ in range(100_000)],
        ):
            other, new, peer, thread, ended = closed_while_waiting(act)
            other.settimeout(60)
            while thread.is_alive() and not ended and other.recv(10**6): pass
            within(thread)
            assert ended == [errno.EBADF], ended
            peer.setblocking(False)
            try: raise AssertionError(peer.recv(100))
            except BlockingIOError: pass
    """,
    "a_descriptor_closed_and_used_again_while_a_thread_waits": """
        one, other = socket.socketpair()
        other.settimeout(1)
        thread, ended = receiving(other)
        other.close()
        third, fourth = socket.socketpair()
        one.close()
        third.send(b"stranger")
        within(thread)
        assert len(ended) == 1, ended
    """,
    "detach_during_send": """
        one, other = socket.socketpair()
        def send():
            try: one.sendall(bytes(10**7))
            except OSError: pass
        thread = threading.Thread(target=send)
        thread.start()
        other.recv(1000)
        number = one.detach()
        assert one.fileno() == -1
        taken = True
        other.settimeout(20)
        os.close(number)
        while taken:
            try: taken = other.recv(65536)
            except OSError: break
        other.close()
        within(thread)
    """,
    "__init___twice": """
        one, other = _socket.socketpair()
        number = one.fileno()
        one.__init__(2, 1)
        assert one.fileno() >= 0 and one.family == 2
        one.__init__(1, 2)
        one.__init__(1, 1, 0, one.detach())
        for bad in ((99,), (2, 99)):
            try: one.__init__(*bad)
            except OSError: pass
        one.close()
        other.close()
        one.__init__(2, 1)
        one.close()
        before = len(os.listdir("/proc/self/fd"))
        again = _socket.socket(2, 1)
        for _ in range(100):
            again.__init__(2, 1)
            again.close()
        assert len(os.listdir("/proc/self/fd")) <= before, "descriptors leak"
    """,
    "__init___while_another_thread_waits": """
        one, other = _socket.socketpair()
        other.settimeout(20)
        thread, ended = receiving(other)
        other.__init__(2, 1)
        one.send(b"x")
        one.close()
        within(thread)
        assert len(ended) == 1, ended
    """,
    "settimeout_while_another_thread_waits": """
        one, other = socket.socketpair()
        for first, then in ((20, None), (None, 20), (20, 1), (None, 0), (20, 0)):
            other.settimeout(first)
            thread, ended = receiving(other)
            other.settimeout(then)
            one.send(b"x")
            within(thread)
            assert ended == [b"x"], (first, then, ended)
    """,
    "a_signal_during_a_wait": """
        one, other = socket.socketpair()
        seen = []
        def handler(number, frame):
            seen.append(number)
            if len(seen) == 3: one.send(b"x")
        signal.signal(signal.SIGALRM, handler)
        for timeout in (None, 60):
            other.settimeout(timeout)
            seen.clear()
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            assert other.recv(10) == b"x"
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert len(seen) >= 3, seen
    """,
    "a_signal_handler_that_raises": """
        one, other = socket.socketpair()
        class Enough(Exception): pass
        def handler(number, frame): raise Enough
        signal.signal(signal.SIGALRM, handler)
        calls = [
            lambda: other.recv(10), lambda: other.recv_into(bytearray(1)), lambda: other.recvmsg(10),
            lambda: other.recvfrom(10),
            lambda: other.recvmsg_into([bytearray(1)]), lambda: one.sendall(bytes(10**8)), lambda: server.accept(),
        ]
        server = socket.create_server(("127.0.0.1", 0))
        for timeout in (None, 60):
            for each in (one, other, server): each.settimeout(timeout)
            for call in calls:
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                try: call()
                except Enough: pass
                else: raise AssertionError("the handler's exception is lost")
            other.setblocking(False)
            try:
                while other.recv(10**6): pass
            except BlockingIOError: pass
    """,
    "a_signal_handler_that_closes_the_socket": """
        one, other = socket.socketpair()
        signal.signal(signal.SIGALRM, lambda *_: (other.close(), one.close()))
        for timeout in (None, 20):
            one, other = socket.socketpair()
            other.settimeout(timeout)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            try: got = other.recv(10)
            except OSError as error: got = error
    """,
    "fork_while_a_thread_waits": """
        one, other = socket.socketpair()
        thread = threading.Thread(target=lambda: other.recv(10))
        thread.start()
        once_waiting(thread)
        for _ in range(5):
            child = os.fork()
            if child == 0:
                a, b = socket.socketpair()
                b.settimeout(20)
                a.sendall(b"y")
                assert b.recv(1) == b"y"
                assert socket.getaddrinfo("127.0.0.1", 80)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        one.send(b"x")
        within(thread)
    """,
    "the_end_with_open_sockets": """
        kept = [socket.socket() for _ in range(100)] + list(socket.socketpair())
        class Late:
            def __del__(self): self.one.send(b"x")
        late = Late()
        late.one, late.other = socket.socketpair()
        sys.modules["kept"] = kept
        _socket.kept = late
        print("done", flush=True)
    """,
    "the_end_with_a_thread_that_waits": """
        one, other = socket.socketpair()
        thread = threading.Thread(target=lambda: other.recv(10), daemon=True)
        thread.start()
        once_waiting(thread)
        timed = threading.Thread(target=lambda: (one.settimeout(60), one.recv(10)), daemon=True)
        timed.start()
        once_waiting(timed)
    """,
    "the_end_while_threads_wake": """
        def forever(number):
            one, other = socket.socketpair()
            other.settimeout(0.001)
            calls = [
                lambda: other.recv(10), lambda: other.recv(262144), lambda: other.recv_into(bytearray(100000)),
                lambda: other.recvmsg(10, 100), lambda: one.sendall(bytes(10**6)), lambda: socket.socket().close(),
                lambda: socket.getaddrinfo("localhost", 80),
            ]
            while True:
                try: calls[number % len(calls)]()
                except TimeoutError: pass
        for number in range(14): threading.Thread(target=forever, args=(number,), daemon=True).start()
        class Late:
            # Run when the modules are gone: the threads find the interpreter at its end.
            def __del__(self):
                for _ in range(10): self.sleep(0.01)
        late = Late()
        late.sleep = time.sleep
        sys.modules["late"] = late
        del late, Late
    """,
    "many_threads_on_one_socket": """
        one, other = socket.socketpair()
        other.settimeout(30)
        def receive():
            for _ in range(1000): assert len(other.recv(1)) == 1
        def change():
            for number in range(1000): other.settimeout(30 + number % 2); repr(other); other.fileno()
        threads = [threading.Thread(target=receive) for _ in range(4)] + [threading.Thread(target=change)]
        for thread in threads: thread.start()
        for _ in range(4000): one.send(b"x")
        for thread in threads: within(thread)
    """,
    "a_finalizer_that_brings_the_socket_back": """
        kept = []
        class Back(_socket.socket):
            def __del__(self): kept.append(self)
        for _ in range(10):
            made = Back(2, 1)
            del made
            gc.collect()
        for each in kept: each.close()
    """,
    "an_index_that_closes_the_socket": """
        class Closing:
            def __init__(self, of): self.of = of
            def __index__(self):
                self.of.close()
                return 1
        for call in ("recv", "listen", "shutdown", "getsockopt", "recvmsg"):
            one, other = _socket.socketpair()
            arguments = (1, Closing(one)) if call == "getsockopt" else (Closing(one),)
            try: getattr(one, call)(*arguments)
            except OSError: pass
    """,
    "an_index_that_gives_the_descriptor_to_another": """
        class Closing:
            def __init__(self, of): self.of = of
            def __index__(self):
                self.of.close()
                kept.append(socket.socket())
                return 2
        for call in ("setsockopt", "getsockopt"):
            kept, one = [], _socket.socket(2, 1)
            number = one.fileno()
            arguments = (1, Closing(one), 1 if call == "setsockopt" else 4)
            try: getattr(one, call)(*arguments)
            except OSError as error: assert error.errno == 9, error
            else: raise AssertionError("another's option")
            assert kept[0].fileno() == number and kept[0].getsockopt(1, 2) == 0
            kept[0].close()
    """,
    "a_warning_turned_into_an_error_at_the_end_of_a_socket": """
        import warnings
        warnings.simplefilter("error")
        sys.unraisablehook = lambda fault: None
        for _ in range(50):
            _socket.socket(2, 1)
            socket.socket()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50): _socket.socket(2, 1)
        assert len(os.listdir("/proc/self/fd")) == before, "descriptors leak"
    """,
    "a_datagram_cut_off_gives_no_memory_of_others": """
        # With MSG_TRUNC the kernel says how long it was: C gives so many bytes, whatever stands behind the buffer.
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for call in [
            lambda: other.recv(2, socket.MSG_TRUNC), lambda: other.recvfrom(2, socket.MSG_TRUNC)[0],
            lambda: other.recvmsg(2, 0, socket.MSG_TRUNC)[0],
        ]:
            one.send(b"hello")
            assert call() == b"he"
    """,
    "errors_that_others_replace_are_freed": """
        one, other = socket.socket(), bytearray(b"\\1\\0\\0\\0")
        def tried(call):
            try: call()
            except (TypeError, ValueError, OSError, OverflowError): pass
        calls = [
            lambda: one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, other),
            lambda: tried(lambda: one.bind(("127.0.0.1", 2**40))),
            lambda: tried(lambda: one.bind((chr(0xdcff), 2))),
            lambda: tried(lambda: socket.gethostbyname(chr(0xdcff))),
            lambda: tried(lambda: one.sendmsg(5)),
        ]
        gc.disable()
        def exceptions(): return sum(isinstance(each, Exception) for each in gc.get_objects())
        for number, call in enumerate(calls):
            before = exceptions()
            for _ in range(20): call()
            assert exceptions() <= before, (number, before, exceptions())
    """,
    "a_filter_longer_than_the_room_for_it": """
        # SO_GET_FILTER counts instructions: C's module has the kernel write beyond its bytes.
        import ctypes, struct
        instructions = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xffff) * 900)
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(1, 26, struct.pack("HL", 900, ctypes.addressof(instructions)))
        for size in (0, 100):
            try: one.getsockopt(1, 26, size)
            except OSError as error: assert error.errno == 22, error
            else: raise AssertionError("there is no room for it")
        assert len(one.getsockopt(1, 26, 1000)) == 900
    """,
    "huge_sizes": """
        one, other = socket.socketpair()
        one.send(b"x" * 10)
        for call in (lambda: other.recv(2**62), lambda: other.recvmsg(2**62), lambda: other.recvfrom(2**62)):
            try: call()
            except (MemoryError, OverflowError): pass
            else: raise AssertionError("there is no such memory")
        try: other.recvmsg(1, 2**31 - 1)
        except (MemoryError, OverflowError, OSError): pass
        try: one.sendmsg([b"x"] * 100000)
        except OSError: pass
        try: one.sendmsg([b"x"], [(1, 1, bytes(100000))] * 100)
        except OSError: pass
    """,
    "memory_runs_out": """
        import encodings.idna, itertools, resource
        one, other = socket.socketpair()
        size = 64 * 1024 * 1024
        data, text = bytes(size), "x" * size
        calls = [
            lambda: one.sendmsg([b"x"], [(1, 1, data)]), lambda: one.sendmsg(itertools.repeat(b"x")),
            lambda: one.sendmsg([], itertools.repeat((1, 1, b"x"))), lambda: other.recvmsg_into(itertools.repeat(1)),
            lambda: socket.socket().connect((data, 80)), lambda: socket.socket().bind((text, 80)),
            lambda: socket.socket().bind((bytearray(2), 80)), lambda: one.connect(data),
            lambda: socket.getservbyname(text), lambda: socket.getaddrinfo(text, 80),
            lambda: socket.getaddrinfo("127.0.0.1", text), lambda: socket.getnameinfo((text, 80), 0),
            lambda: socket.gethostbyname(text), lambda: socket.gethostbyname(text.encode()),
        ]
        pages = int(open("/proc/self/statm").read().split()[0])
        limit = pages * resource.getpagesize() + size // 2
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
        refused = 0
        for call in calls:
            try: call()
            except MemoryError: refused += 1
            except (OSError, TypeError, ValueError): pass
        assert refused >= 4, refused
    """,
    "descriptors_run_out": """
        import resource
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        kept = []
        try:
            while True: kept.append(socket.socket())
        except OSError as error: assert error.errno == 24, error
        def connect(): socket.create_connection(server.getsockname())
        for call in (server.accept, socket.socketpair, client.dup, connect):
            try: call()
            except OSError as error: assert error.errno == 24, error
            else: raise AssertionError("there are descriptors left")
        kept.pop().close()
        accepted, _ = server.accept()
    """,
}


class Crash(unittest.TestCase):
    """One test a case."""


def add(name, code):
    def test(self):
        status, output, errors = support.run("-W", "ignore", "-c", BEGIN + textwrap.dedent(code) + '\nprint("done")\n')
        self.assertEqual(status, 0, errors[-3000:])
        self.assertIn("done", output)

    setattr(Crash, f"test_{name.strip('_')}", test)


for name, code in CASES.items():
    add(name, code)


if __name__ == "__main__":
    unittest.main()
