"""Packets as they come, for loops that wait and for loops that are awaited."""

import asyncio

from berkeley import _extra


class Capture:
    """The packets of an interface, or of all. It may be iterated over, with `for` and with `async for`.

    It needs CAP_NET_RAW. Packets arrive from when it is made; those that nobody takes wait in `buffer` bytes of memory,
    and where these are full the kernel drops what comes.
    """

    def __init__(self, interface=None, *, filter=None, snap=262144, buffer=16 << 20):
        self._ring = _extra.Ring(interface, filter, snap, buffer)

    def __iter__(self):
        return self

    def __next__(self):
        while (packet := self._ring.take()) is None:
            if self._ring.fileno() < 0:
                raise StopIteration
            self._ring.wait()
        return packet

    def next(self, timeout=None):
        """The next packet; None where none comes within `timeout` seconds, or where it is closed."""
        packet = self._ring.take()
        if packet is None and self._ring.fileno() >= 0:
            try:
                self._ring.wait(timeout)
            except TimeoutError:
                return None
            packet = self._ring.take()
        return packet

    def __aiter__(self):
        return self

    async def __anext__(self):
        while (packet := self._ring.take()) is None:
            if self._ring.fileno() < 0:
                raise StopAsyncIteration
            await self._readable()
        return packet

    async def _readable(self):
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        descriptor = self._ring.fileno()
        loop.add_reader(descriptor, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(descriptor)

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
        """Ends it. What was not taken is lost."""
        self._ring.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def capture(interface=None, *, filter=None, snap=262144, buffer=16 << 20):
    """Opens a capture: the packets of `interface`, or of all, as a `Capture`.

    `filter` is in the language of tcpdump, such as "udp port 53". Of each packet `snap` bytes are kept at most.
    """
    return Capture(interface, filter=filter, snap=snap, buffer=buffer)
