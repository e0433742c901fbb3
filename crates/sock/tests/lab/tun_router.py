"""A router between two TUN devices that holds what it forwards, and loses, repeats or reorders it by exact counts.

It takes the place of netem, which few kernels have. Its argument is JSON:

    {"ends": [{"device": "client", "addresses": ["10.0.1.2", "fd00:1::2"]},
              {"device": "server", "addresses": ["10.0.2.1", "fd00:2::1"]}],
     "delay_ms": 10,
     "lose": {"every": 10, "to": 1}, "duplicate": {"every": 5, "to": 1}, "reorder": {"every": 4, "to": 0}}

`to` is the end that the packets go to; IPv4 and IPv6 are counted apart. It prints `ready` once both devices are there,
and then runs until it is killed. Whoever starts it moves the devices to the namespaces of the neighbours.

As any router does, it lowers the TTL, answers `time exceeded` where that is used up, and answers pings of its own
addresses. What it answers itself is not held.
"""

import fcntl
import heapq
import ipaddress
import itertools
import json
import os
import select
import struct
import sys
import time

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

ICMP, UDP, ICMPV6 = 1, 17, 58

# How long a packet waits for the one that is to overtake it.
OVERTAKE_SECONDS = 0.2


def checksum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class IPv4:
    """What differs between the families: here are IPv4's headers, RFC 791 and 792."""

    version, echo, echo_reply, unreachable, port, exceeded = 4, 8, 0, 3, 3, 11
    icmp = ICMP
    ttl_at = 8
    # RFC 1812, 4.3.2.3: as much as fits into 576 bytes.
    quoted = 576 - 28

    @staticmethod
    def is_whole(packet):
        return len(packet) >= 20 and len(packet) >= (packet[0] & 15) * 4 >= 20

    @staticmethod
    def payload(packet):
        """The protocol and the bytes after the header; no protocol for a later fragment."""
        later = struct.unpack_from("!H", packet, 6)[0] & 0x1FFF
        return (None if later else packet[9]), packet[(packet[0] & 15) * 4 :]

    @staticmethod
    def ends(packet):
        return packet[12:16], packet[16:20]

    @staticmethod
    def lower_ttl(packet):
        changed = bytearray(packet)
        changed[8] -= 1
        changed[10:12] = b"\0\0"
        struct.pack_into("!H", changed, 10, checksum(bytes(changed[: (packet[0] & 15) * 4])))
        return bytes(changed)

    @staticmethod
    def build(source, target, kind, code, rest):
        message = struct.pack("!BBH", kind, code, 0) + rest
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, ICMP, 0) + source + target
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + message


class IPv6:
    """IPv6's headers, RFC 8200 and 4443. Extension headers are not looked into."""

    version, echo, echo_reply, unreachable, port, exceeded = 6, 128, 129, 1, 4, 3
    icmp = ICMPV6
    ttl_at = 7
    # RFC 4443, 3.3: as much as fits into the smallest MTU.
    quoted = 1280 - 48

    @staticmethod
    def is_whole(packet):
        return len(packet) >= 40

    @staticmethod
    def payload(packet):
        return packet[6], packet[40:]

    @staticmethod
    def ends(packet):
        return packet[8:24], packet[24:40]

    @staticmethod
    def lower_ttl(packet):
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]

    @staticmethod
    def build(source, target, kind, code, rest):
        message = struct.pack("!BBH", kind, code, 0) + rest
        pseudo = source + target + struct.pack("!II", len(message), ICMPV6)
        message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
        return struct.pack("!IHBB", 6 << 28, len(message), ICMPV6, 64) + source + target + message


FAMILIES = {4: IPv4, 6: IPv6}


class Every:
    """Says of each Nth packet of a family that goes to one end that it is the one."""

    def __init__(self, settings):
        self.every = settings["every"] if settings else 0
        self.end = settings["to"] if settings else None
        self.counts = {4: 0, 6: 0}

    def hits(self, family, end):
        if end != self.end:
            return False
        self.counts[family.version] += 1
        return self.counts[family.version] % self.every == 0


class Router:
    def __init__(self, settings):
        self.delay = settings.get("delay_ms", 0) / 1000
        self.lose, self.duplicate, self.reorder = (
            Every(settings.get(name)) for name in ("lose", "duplicate", "reorder")
        )
        self.devices = [open_device(end["device"]) for end in settings["ends"]]
        self.own = [
            {family: ipaddress.ip_address(text).packed for text in end["addresses"]
             for family in [FAMILIES[ipaddress.ip_address(text).version]]}
            for end in settings["ends"]
        ]
        # What is to be written: when, in which order, to which end, the packet.
        self.waiting = []
        self.order = itertools.count()
        # By family, the packet that waits to be overtaken, and how long at most.
        self.held = {}

    def run(self):
        while True:
            readable, _, _ = select.select(self.devices, [], [], self.until_next())
            for device in readable:
                self.read(self.devices.index(device))
            self.release_held(time.monotonic())
            self.write_due()

    def until_next(self):
        """How long nothing is to be done, in seconds; `None` without end."""
        times = [self.waiting[0][0]] if self.waiting else []
        times += [limit for _, limit, _ in self.held.values()]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def read(self, end):
        while True:
            try:
                packet = os.read(self.devices[end], 65535)
            except BlockingIOError:
                return
            self.take(packet, end, time.monotonic())
            # What is due does not wait for the packets behind it.
            self.write_due()

    def take(self, packet, end, now):
        """Forwards a packet that came from the neighbour at `end`, or answers it."""
        family = FAMILIES.get(packet[0] >> 4) if packet else None
        if family is None or not family.is_whole(packet):
            return
        source, target = (ipaddress.ip_address(address) for address in family.ends(packet))
        if target.is_multicast or source.is_link_local or source.is_unspecified:
            return
        if target.packed in (own.get(family) for own in self.own):
            self.answer(family, packet, end, now)
        elif packet[family.ttl_at] <= 1:
            self.refuse(family, packet, end, now, family.exceeded, 0)
        else:
            self.forward(family, family.lower_ttl(packet), 1 - end, now)

    def forward(self, family, packet, end, now):
        if self.lose.hits(family, end):
            return
        copies = 2 if self.duplicate.hits(family, end) else 1
        due = now + self.delay
        if self.reorder.hits(family, end):
            self.held[family] = (packet, now + OVERTAKE_SECONDS, end)
            return
        for _ in range(copies):
            self.write_later(due, end, packet)
        if family in self.held and self.held[family][2] == end:
            held, _, _ = self.held.pop(family)
            self.write_later(due, end, held)

    def release_held(self, now):
        """What nothing has overtaken goes on alone."""
        for family, (packet, limit, end) in list(self.held.items()):
            if limit <= now:
                del self.held[family]
                self.write_later(now, end, packet)

    def answer(self, family, packet, end, now):
        """Answers a packet to one of the router's own addresses."""
        protocol, payload = family.payload(packet)
        if protocol == family.icmp and len(payload) >= 8 and payload[0] == family.echo:
            source, target = family.ends(packet)
            self.write_later(now, end, family.build(target, source, family.echo_reply, 0, payload[4:]))
        elif protocol == UDP:
            self.refuse(family, packet, end, now, family.unreachable, family.port)

    def refuse(self, family, packet, end, now, kind, code):
        """Sends an ICMP error, from the address at which the packet came in; none for an error (RFC 1122, 3.2.2)."""
        protocol, payload = family.payload(packet)
        if protocol is None or protocol == family.icmp and payload[:1] not in (b"", bytes([family.echo])):
            return
        source, _ = family.ends(packet)
        quoted = b"\0\0\0\0" + packet[: family.quoted]
        self.write_later(now, end, family.build(self.own[end][family], source, kind, code, quoted))

    def write_later(self, due, end, packet):
        heapq.heappush(self.waiting, (due, next(self.order), end, packet))

    def write_due(self):
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(self.waiting)
            try:
                os.write(self.devices[end], packet)
            except OSError:
                # The device is down, or its queue is full: a router drops the packet.
                pass


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def be_on_time():
    """Lets nobody keep the processor while a packet is due. Without the right to that, the router is a little later."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass


def main():
    router = Router(json.loads(sys.argv[1]))
    be_on_time()
    print("ready", flush=True)
    router.run()


if __name__ == "__main__":
    main()
