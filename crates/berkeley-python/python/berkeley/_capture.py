"""Packets as they come, for loops that wait and for loops that are awaited."""

import asyncio
import math
import os
import select
import threading
import time

from berkeley import _extra

# The most seconds of a call to poll(2), whose milliseconds have 32 bits.
_LONGEST = 1_000_000.0


class _Waiting:
    """Who waits for a descriptor, each in its thread or its task, so that all of them can be woken."""

    def __init__(self):
        # A signal handler may close the capture in the middle of a wait of its own thread.
        self._lock = threading.RLock()
        self._is_over = False
        self._threads = 0
        self._tasks = set()
        # Nobody reads the byte that wakes threads, so that it wakes all of them.
        self._woken, self._wakes = os.pipe()

    def wait(self, descriptor, timeout):
        """Waits until the descriptor is readable, for `timeout` seconds at most, or until it is over."""
        with self._lock:
            if self._is_over:
                return
            self._threads += 1
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.register(self._woken, select.POLLIN)
            poll.poll(None if timeout is None else math.ceil(timeout * 1000))
        finally:
            with self._lock:
                self._threads -= 1
                self._release()

    async def readable(self, descriptor):
        """Waits until the descriptor is readable, or until it is over."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        with self._lock:
            if self._is_over:
                return
            # One of its own: a loop knows one reader of a descriptor, and a number may be another's once it is closed.
            own = os.dup(descriptor)
            self._tasks.add((loop, ready))
        try:
            if not self._is_over:
                loop.add_reader(own, _wake, ready)
                await ready
        finally:
            self._tasks.discard((loop, ready))
            loop.remove_reader(own)
            os.close(own)

    def end(self, close):
        """Wakes all of them, and those that come later too, once `close` is done."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            close()
            os.write(self._wakes, b"\0")
            os.close(self._wakes)
            tasks = list(self._tasks)
            self._release()
        for loop, ready in tasks:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, ready)

    def _release(self):
        # The last thread that polls it closes it.
        if self._is_over and self._threads == 0 and self._woken >= 0:
            os.close(self._woken)
            self._woken = -1


def _wake(ready):
    if not ready.done():
        ready.set_result(None)


class Capture:
    """The packets of an interface, or of all. It may be iterated over, with `for` and with `async for`.

    It needs CAP_NET_RAW. Packets arrive from when it is made; those that nobody takes wait in `buffer` bytes of memory,
    and where these are full the kernel drops what comes.
    """

    def __init__(self, interface=None, *, filter=None, snap=262144, buffer=16 << 20):
        self._ring = _extra.Ring(interface, filter, snap, buffer)
        self._waiting = _Waiting()

    def __iter__(self):
        return self

    def __next__(self):
        while (packet := self._ring.take()) is None:
            if self._ring.fileno() < 0:
                raise StopIteration
            self._waiting.wait(self._ring.fileno(), None)
        return packet

    def next(self, timeout=None):
        """The next packet; None where none comes within `timeout` seconds, or where it is closed."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        while (packet := self._ring.take()) is None and self._ring.fileno() >= 0:
            left = end - time.monotonic()
            if left <= 0:
                break
            self._waiting.wait(self._ring.fileno(), min(left, _LONGEST))
        return packet

    def __aiter__(self):
        return self

    async def __anext__(self):
        while (packet := self._ring.take()) is None:
            if self._ring.fileno() < 0:
                raise StopAsyncIteration
            await self._waiting.readable(self._ring.fileno())
        return packet

    @property
    def received(self):
        """How many packets the kernel has offered."""
        return self._ring.statistics()[0]

    @property
    def dropped(self):
        """How many of these it has dropped, as there was no room."""
        return self._ring.statistics()[1]

    def fileno(self):
        """The descriptor that becomes readable when packets are there; -1 when it is closed."""
        return self._ring.fileno()

    def close(self):
        """Ends it, also for threads and tasks that wait in it. What was not taken is lost."""
        self._waiting.end(self._ring.close)

    def __del__(self):
        # Where it could not be opened there is nothing.
        if hasattr(self, "_waiting"):
            self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def capture(interface=None, *, filter=None, snap=262144, buffer=16 << 20):
    """Opens a capture: the packets of `interface`, or of all, as a `Capture`.

    `filter` is in the language of tcpdump, such as "udp port 53". Of each packet `snap` bytes are kept at most.
    """
    return Capture(interface, filter=filter, snap=snap, buffer=buffer)
