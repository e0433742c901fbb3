"""A child after fork(2): what its parent's threads were at is no matter to it."""

import unittest

import support

# A server on loopback by name, and a connection by name: once here, so that there are helper threads, then in a child.
CONNECT = """
    import os, threading, warnings
    import berkeley
    from berkeley import socket

    # Since 3.12, where a process with threads forks.
    warnings.simplefilter("ignore", DeprecationWarning)
    server = socket.create_server(("127.0.0.1", 0))
    address = ("localhost", server.getsockname()[1])

    def connect():
        with berkeley.create_connection(address, timeout=15) as sock:
            server.accept()[0].close()
            return sock.recv(1) == b""

    assert connect()
"""


class Fork(unittest.TestCase):
    def check(self, code):
        self.assertEqual(support.run_code(CONNECT + code), (0, "well\n", ""))

    def test_a_name_is_looked_up_in_a_child(self):
        self.check("""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if connect() else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert connect()
    print("well")
    """)

    def test_a_name_is_looked_up_in_a_grandchild(self):
        self.check("""
    def forked(do):
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if do() else 1)
            finally:
                os._exit(2)
        return os.waitpid(child, 0)[1] == 0

    assert forked(lambda: connect() and forked(connect))
    print("well")
    """)

    def test_a_name_is_looked_up_in_a_process_of_multiprocessing(self):
        self.check("""
    import multiprocessing
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.apply_async(connect).get(60)
        assert pool.apply_async(connect).get(60)
    print("well")
    """)

    def test_a_name_is_looked_up_while_other_threads_were_at_it(self):
        self.check("""
    stop = False

    def look_up():
        while not stop:
            try:
                berkeley.create_connection(("localhost", 1), timeout=15).close()
            except OSError:
                pass

    threads = [threading.Thread(target=look_up) for _ in range(3)]
    for thread in threads: thread.start()
    for _ in range(10):
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if connect() else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
    stop = True
    for thread in threads: thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    print("well")
    """)


if __name__ == "__main__":
    unittest.main()
