"""Memory whose bytes have to be fetched first, as of a mapped file on a slow disk: other threads go on meanwhile."""

import platform
import unittest

import support

# What every scene begins with: a page that the kernel cannot read or write before a thread of ours has filled it
# (userfaultfd). That thread needs the GIL: where a call holds it while it waits for the page, nothing ever goes on.
BEGIN = """
import faulthandler
# Of a thread that needs no GIL.
faulthandler.dump_traceback_later(30, exit=True)
import ctypes, fcntl, mmap, os, struct, sys, threading
from berkeley import socket
import berkeley
berkeley.send_many, berkeley.tcp_info
USERFAULTFD = {"x86_64": 323, "aarch64": 282}[os.uname().machine]
API, REGISTER, ZEROPAGE = 0xC018AA3F, 0xC020AA00, 0xC020AA04
MISSING, PAGE = 1, 4096
fault = ctypes.CDLL(None).syscall(USERFAULTFD, os.O_CLOEXEC)
if fault < 0:
    print("no userfaultfd")
    sys.exit()
fcntl.ioctl(fault, API, struct.pack("QQQ", 0xAA, 0, 0))
area = mmap.mmap(-1, PAGE)
start = ctypes.addressof(ctypes.c_char.from_buffer(area))
fcntl.ioctl(fault, REGISTER, struct.pack("QQQQ", start, PAGE, MISSING, 0))

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
there = socket.create_connection(listener.getsockname())
here = listener.accept()[0]
packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packets.bind(("127.0.0.1", 0))
place = packets.getsockname()
for end in here, there, packets:
    end.settimeout(20)
there.send(b"x" * 100)
packets.sendto(b"x", place)
packets.sendto(b"x", place)
twin = here.dup()

one, other = socket.socketpair()
def row():
    # Calls that follow one another, as of a thread that is alone: those that come next may keep the GIL.
    for _ in range(20):
        one.send(b"x")
        other.recv(1)

failures = []
def beside():
    pass
def fetch():
    os.read(fault, 32)
    begun = threading.Event()
    def run():
        row()
        begun.set()
        try:
            beside()
        except BlockingIOError:
            pass
        except BaseException as failure:
            failures.append(failure)
    other = threading.Thread(target=run)
    other.start()
    # By then the other thread is in its call, or lets this one in because that has released the GIL.
    begun.wait(20)
    fcntl.ioctl(fault, ZEROPAGE, struct.pack("QQQq", start, PAGE, 0, 0))
    other.join(20)
    if other.is_alive():
        failures.append("the call beside has not ended")
fetcher = threading.Thread(target=fetch)
fetcher.start()
"""

# And what it ends with.
END = """
fetcher.join(20)
if fetcher.is_alive():
    failures.append("the page was never asked for")
print(failures)
"""

CALLS = [
    "here.send(area)",
    "here.send(memoryview(area)[:10])",
    "here.sendall(memoryview(area))",
    "here.sendmsg([b'x', area])",
    "here.sendmsg([memoryview(area)[:10]])",
    "packets.sendto(memoryview(area)[:10], place)",
    "berkeley.send_many(packets, [memoryview(area)[:10]], place)",
    "here.recv_into(area)",
    "here.recv_into(memoryview(area)[:10])",
    "here.recvmsg_into([bytearray(1), memoryview(area)[:10]])",
    "packets.recvfrom_into(memoryview(area)[:10])",
    "here.setsockopt(6, 1, memoryview(area)[:4])",
    "socket.inet_ntop(socket.AF_INET, memoryview(area)[:4])",
]

# Each waits for the lock of the socket, on which another thread's send waits for the page.
BESIDE = [
    "here.getpeername()",
    "twin.getpeername()",
    "here.getsockname()",
    "here.getsockopt(6, 11, 100)",
    "here.getsockopt(6, 2)",
    "here.setsockopt(6, 1, 1)",
    "here.recv(1)",
    "here.recv(1, socket.MSG_DONTWAIT)",
    "here.recv_into(bytearray(1))",
    "twin.recvmsg(1)",
    "here.send(b'x')",
    "here.sendmsg([b'x'])",
    "here.shutdown(socket.SHUT_WR)",
    "berkeley.tcp_info(here)",
    "here.close()",
]


class SlowMemory(unittest.TestCase):
    def check(self, name, scene):
        with self.subTest(name):
            status, out, err = support.run_code(BEGIN + scene + END)
            if out == "no userfaultfd\n":
                support.skip(self._testMethodName, "the right to userfaultfd, which root has")
                return False
            self.assertEqual((status, out, err), (0, "[]\n", ""))
        return True

    @unittest.skipUnless(platform.machine() in ("x86_64", "aarch64"), "the number of the system call is not known")
    def test_other_threads_go_on(self):
        for call in CALLS:
            if not self.check(call, f"row()\n{call}"):
                break

    @unittest.skipUnless(platform.machine() in ("x86_64", "aarch64"), "the number of the system call is not known")
    def test_other_threads_go_on_beside_a_call_on_the_same_socket(self):
        for call in BESIDE:
            if not self.check(call, f"def beside():\n    {call}\nhere.sendall(area)"):
                break


if __name__ == "__main__":
    unittest.main()
