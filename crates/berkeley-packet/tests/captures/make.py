#!/usr/bin/env python3
"""Makes the captures beside this file, with scapy: `make.py [NAME...]`, all of them without a name.

Each function that `@capture` names writes one file. Times are fixed, so that a file changes only where its packets do.
"""

import struct
import sys
import zlib
from pathlib import Path

from scapy.all import (
    ARP,
    GRE,
    ICMP,
    IP,
    LLC,
    SNAP,
    STP,
    UDP,
    VXLAN,
    Dot1AD,
    Dot1Q,
    Dot3,
    Ether,
    IPv6,
    checksum,
    in6_chksum,
)
from scapy.contrib.mpls import MPLS

FOLDER = Path(__file__).parent
CAPTURES = {}

ETHERNET, RAW, LOOP, NULL, SLL, SLL2 = 1, 101, 108, 0, 113, 276


def capture(name, link=ETHERNET):
    """Marks a function that yields packets, or pairs of a packet and how many of its bytes are kept."""

    def add(make):
        CAPTURES[name] = (link, make)
        return make

    return add


def write(name):
    link, make = CAPTURES[name]
    with open(FOLDER / f"{name}.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for number, packet in enumerate(make()):
            packet, kept = packet if isinstance(packet, tuple) else (packet, None)
            data = bytes(packet)
            held = data[:kept]
            file.write(struct.pack("<IIII", 1700000000 + number, 0, len(held), len(data)) + held)


def frame(**fields):
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", **fields)


def ipv4(**fields):
    return frame() / IP(**{"src": "192.0.2.1", "dst": "192.0.2.2", "id": 0x1234, **fields})


def ipv4_with(options, payload=b"12345678", **fields):
    """An IPv4 packet of which the options are bytes, whatever they hold."""
    options += bytes(-len(options) % 4)
    head = bytearray(bytes(IP(src="192.0.2.1", dst="192.0.2.2", id=7, proto=17, chksum=0, **fields)))
    head[0] = 0x45 + len(options) // 4
    head[2:4] = struct.pack(">H", 20 + len(options) + len(payload))
    head[10:12] = struct.pack(">H", checksum(bytes(head) + options))
    return frame(type=0x0800) / (bytes(head) + options + payload)


def ipv6(**fields):
    return frame() / IPv6(**{"src": "2001:db8::1", "dst": "2001:db8::2", **fields})


def small_udp():
    return bytes(UDP(sport=40000, dport=40001, len=12, chksum=0x1234)) + b"four"


@capture("udp")
def udp():
    yield ipv4(flags="DF", tos=0xB9, ttl=3) / UDP(sport=40000, dport=40001) / b"hello, over there, this is a test"
    yield ipv4(flags="MF", frag=0) / UDP(sport=40000, dport=40001, len=108) / bytes(24)
    yield ipv4(frag=4) / bytes(40)
    yield ipv4() / UDP(sport=40000, dport=40001, chksum=0) / bytes(40)


@capture("fragments")
def fragments():
    """Datagrams in pieces: in order, out of order, mixed, with a piece twice, and one that never becomes whole."""
    data = bytes(UDP(sport=40000, dport=40001, len=8 + 100)) + bytes(range(100))
    pieces = ((0, 40), (40, 80), (80, 108))

    def ipv4_pieces(identification, **fields):
        for start, end in pieces:
            more = "MF" if end < 108 else 0
            yield ipv4(id=identification, proto=17, flags=more, frag=start // 8, **fields) / data[start:end]

    def ipv6_pieces(identification, before=b"", number=44):
        for start, end in pieces:
            head = struct.pack(">BBHI", 17, 0, start | (end < 108), identification)
            yield ipv6(nh=number) / (before + head + data[start:end])

    yield from ipv4_pieces(1)
    yield from reversed(list(ipv4_pieces(2)))
    for pair in zip(ipv4_pieces(3), ipv4_pieces(3, src="192.0.2.3")):
        yield from pair
    yield from ipv6_pieces(4)
    yield from reversed(list(ipv6_pieces(5, b"\x2c\0\1\4\0\0\0\0", 60)))
    yield from list(ipv4_pieces(6))[:2]
    first, second, last = ipv4_pieces(7)
    yield from (first, first, second, last)
    options = bytes([7, 7, 8, 192, 0, 2, 9, 0])
    for start, end in pieces:
        yield ipv4_with(options, data[start:end], flags="MF" if end < 108 else 0, frag=start // 8)


@capture("ethernet")
def ethernet():
    small = IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1)
    yield frame() / small / bytes(18)
    yield frame() / small / b"eighteen of these!"
    yield Ether(dst="ff:ff:ff:ff:ff:ff", src="00:00:5e:00:53:01") / ARP(pdst="192.0.2.9") / bytes(18)
    # The frame check sequence was captured too, and a trailer before it.
    data = bytes(frame() / small)
    data += bytes(60 - len(data))
    yield data + struct.pack("<I", zlib.crc32(data))
    yield data + b"trailer!" + b"\x01\x02\x03\x04"
    yield data + b"abc"
    yield bytes(frame() / small) + bytes(3)
    yield (
        bytes(frame() / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1000, dport=1001) / bytes(60)) + b"\1\2\3\4\5"
    )
    # IEEE 802.3: a length, and LLC.
    yield Dot3(dst="01:80:c2:00:00:00", src="02:00:00:00:00:01", len=38) / LLC() / STP() / bytes(8)
    yield Dot3(dst="02:00:00:00:00:02", src="02:00:00:00:00:01") / LLC() / SNAP(code=0x0800) / small
    yield (
        Dot3(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
        / LLC(dsap=0xAA, ssap=0xAA)
        / SNAP(OUI=0x02ABCD, code=0x2000)
        / bytes(30)
    )
    yield Dot3(dst="02:00:00:00:00:02", src="02:00:00:00:00:01", len=34) / (b"\xff\xff" + bytes(44))
    yield Dot3(dst="02:00:00:00:00:02", src="02:00:00:00:00:01", len=900) / LLC() / STP() / bytes(8)
    # No type and no length.
    yield frame(type=0x05F0) / bytes(46)
    yield frame(type=0x9999) / bytes(46)
    yield frame(type=0x0800)


@capture("ethernet-cut")
def ethernet_cut():
    data = frame() / IP(src="192.0.2.1", dst="192.0.2.2", id=1) / UDP(sport=40000, dport=40001) / b"hello"
    for kept in range(0, 47):
        yield data, kept
    for kept in range(0, 42):
        yield bytes(data)[:kept]


@capture("vlan")
def vlan():
    inside = IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1)
    yield frame() / Dot1Q(vlan=5, prio=3) / inside
    yield frame() / Dot1Q(vlan=4095, prio=7, id=1) / inside / bytes(14)
    yield frame() / Dot1AD(vlan=100, prio=1) / Dot1Q(vlan=200) / inside / bytes(20)
    yield frame() / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / inside
    yield frame() / Dot1AD(vlan=100, prio=1) / Dot1AD(vlan=200) / inside
    yield frame() / Dot1AD(vlan=100, prio=1) / inside
    yield frame(type=0x9100) / Dot1Q(vlan=6) / inside
    yield frame() / Dot1Q(vlan=5, type=38) / LLC() / STP() / bytes(8)
    yield frame() / Dot1Q(vlan=5, type=0x9999) / bytes(50)
    for kept in range(14, 24):
        yield frame() / Dot1Q(vlan=5, prio=3) / inside, kept
        yield bytes(frame() / Dot1AD(vlan=5, prio=3) / Dot1Q(vlan=5, prio=3))[:kept]


@capture("arp")
def arp():
    request = Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / ARP(
        hwsrc="02:00:00:00:00:01", psrc="192.0.2.1", pdst="192.0.2.2"
    )
    yield request
    yield (
        frame()
        / ARP(op=2, hwsrc="02:00:00:00:00:01", psrc="192.0.2.1", hwdst="02:00:00:00:00:02", pdst="192.0.2.2")
        / bytes(18)
    )
    yield Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / ARP(psrc="0.0.0.0", pdst="192.0.2.2")
    yield Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / ARP(psrc="192.0.2.2", pdst="192.0.2.2")
    yield frame(type=0x8035) / ARP(op=3)
    yield frame(type=0x0806) / (b"\0\x01\x86\xdd\x06\x10\0\x01" + bytes(range(44)))
    yield frame(type=0x0806) / (b"\0\x07\x08\0\x01\x04\0\x01" + bytes(range(10)))
    yield frame(type=0x0806) / (b"\0\x20\x08\0\x14\x04\0\x01" + bytes(range(48)))
    yield frame(type=0x0806) / (b"\0\x01\x08\0\0\0\0\x01" + bytes(range(8)))
    yield frame(type=0x0806) / (b"\0\x01\x08\0\xff\xff\0\x01" + bytes(range(8)))
    for kept in range(14, 42):
        yield request, kept
        yield bytes(request)[:kept]


@capture("ip-options")
def ip_options():
    yield ipv4_with(b"\x01\x01\x01\x00")
    yield ipv4_with(b"\x07\x0b\x08\xc0\0\2\7\0\0\0\0\x01")
    yield ipv4_with(b"\x07\x0b\x0c\xc0\0\2\7\xc0\0\2\x08\x01")
    yield ipv4_with(b"\x83\x0f\x08\xc0\0\2\7\xc0\0\2\x08\xc0\0\2\x09\0")
    yield ipv4_with(b"\x89\x0b\x04\xc0\0\2\7\xc0\0\2\x08")
    yield ipv4_with(b"\x89\x0b\x0c\xc0\0\2\7\xc0\0\2\x08")
    yield ipv4_with(b"\x44\x0c\x09\x20\0\0\1\2\0\0\0\0")
    yield ipv4_with(b"\x44\x14\x0d\x31\xc0\0\2\7\0\0\1\2\xc0\0\2\7\0\0\1\2")
    yield ipv4_with(b"\x44\x14\x0d\x33\xc0\0\2\7\0\0\1\2\xc0\0\2\7\0\0\1\2")
    yield ipv4_with(b"\x94\x04\0\0")
    yield ipv4_with(b"\x88\x04\x12\x34\x0b\x04\x05\xdc\x0c\x04\x05\x78")
    yield ipv4_with(b"\x52\x0c\x12\x34\0\3\0\4\xc0\0\2\7")
    yield ipv4_with(b"\x82\x0b\xf1\x35\0\7abcde\0")
    yield ipv4_with(b"\x82\x04\xab\x90")
    yield ipv4_with(b"\x82\x04\x5a\xf0\x85\x06\5abc")
    yield ipv4_with(b"\x86\x0a\0\0\0\x01\x01\x04\0\x05\0\0")
    yield ipv4_with(b"\x95\x0a\xc0\0\2\7\xc0\0\2\x08\0")
    yield ipv4_with(b"\x19\x08\x05\x40\x12\x34\x56\x78")
    yield ipv4_with(b"\x19\x08\x85\x40\x12\x34\x56\x78")
    yield ipv4_with(b"\x9e\x06\1\2\3\4\x1f\x02")
    yield ipv4_with(b"\x07\x27\x04" + bytes(36) + b"\0")


@capture("ip-broken")
def ip_broken():
    """Lengths that cannot be."""
    for options in (
        b"\x07\x00\x04\0",
        b"\x07\x01\x04\0",
        b"\x07\x40\x04\0",
        b"\x83\x02\0\0",
        b"\x01\x01\x01\x44",
        b"\x94\x03\0\0",
    ):
        yield ipv4_with(options)
    yield ipv4(len=19) / small_udp()
    yield ipv4(len=0) / small_udp()
    yield ipv4(len=2000) / small_udp()
    yield ipv4(ihl=4) / small_udp()
    yield ipv4(ihl=15) / small_udp()
    yield ipv4(version=5) / small_udp()
    yield ipv4(version=6) / small_udp()
    yield ipv4(proto=255) / bytes(20)
    yield ipv4(chksum=0x1234) / small_udp()
    yield ipv4(frag=8191) / bytes(20)


@capture("ipv6")
def ipv6_():
    yield ipv6(tc=0xB9, fl=0x12345, hlim=3, nh=17) / small_udp()
    for header in (
        # Hop-by-hop: router alert, padding, jumbo, quick start, RPL, PDM, CALIPSO, home address, unknown.
        b"\x3c\0\5\2\0\0\1\0" + b"\x11\0\1\4\0\0\0\0",
        b"\x11\1\x26\6\x05\x40\x12\x34\x56\x78" + b"\x04\1\7" + b"\0\1\1\0",
    ):
        yield ipv6(nh=0) / (header + small_udp())
    for options in (
        b"\x63\4\x80\1\x12\x34",
        b"\x0f\x0a\1\2\0\3\0\4\0\5\0\6",
        b"\x07\x10\0\0\0\1\2\5\x12\x34" + bytes(range(8)),
        b"\xc9\x10" + bytes(range(16)),
        b"\x8b\4abcd",
        b"\x1e\4abcd",
        b"\x3a\4abcd",
        b"\x3a\0\1\0",
    ):
        options += b"\1" + bytes([-(len(options) + 4) % 8]) + bytes(-(len(options) + 4) % 8)
        yield ipv6(nh=60) / (bytes([17, len(options) // 8]) + options + small_udp())
    addresses = bytes.fromhex("20010db800000000000000000000000320010db8000000000000000000000004")
    for header in (
        b"\x11\4\0\1\0\0\0\0" + addresses,
        b"\x11\2\2\1\0\0\0\0" + addresses[:16],
        b"\x11\4\4\1\1\0\x12\x34" + addresses,
        b"\x11\2\3\2\xee\x40\0\0" + b"\1\2\3\4\5\6" + bytes(10),
        b"\x11\1\5\1\0\1\0\2\0\3\0\4\0\5\0\6",
        b"\x11\1\6\1\0\1\0\2\0\3\0\4\0\5\0\6",
        b"\x11\1\x63\0" + b"unknown kind",
    ):
        yield ipv6(nh=43) / (header + small_udp())
    yield ipv6(nh=44) / (b"\x11\0\0\1\x12\x34\x56\x78" + small_udp() + bytes(12))
    yield ipv6(nh=44) / (b"\x11\x55\0\x1f\x12\x34\x56\x78" + bytes(24))
    yield ipv6(nh=44) / (b"\x11\0\0\0\x12\x34\x56\x78" + small_udp())
    yield ipv6(nh=51) / (b"\x11\4\0\0\0\0\1\0\0\0\0\7" + b"authenticate" + small_udp())
    yield ipv6(nh=59) / b"nothing"
    yield ipv6(nh=50) / (b"\0\0\0\7\0\0\0\1" + bytes(24))
    yield ipv6() / IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1)
    yield ipv4() / IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17) / small_udp()
    yield ipv6(nh=17) / small_udp() / bytes(8)


@capture("ipv6-broken")
def ipv6_broken():
    data = ipv6(nh=0) / (
        b"\x3c\0\5\2\0\0\1\0" + b"\x2b\0\1\4\0\0\0\0" + b"\x11\2\0\1\0\0\0\0" + bytes(16) + small_udp()
    )
    for kept in range(14, len(data)):
        yield data, kept
    yield ipv6(plen=2000, nh=17) / small_udp()
    yield ipv6(plen=0, nh=17) / small_udp()
    yield ipv6(version=5, nh=17) / small_udp()
    yield ipv6(nh=60) / b"\x11\x10\1\4\0\0\0\0"
    yield ipv6(nh=60) / (b"\x11\0\1\x20\0\0\0\0" + small_udp())
    yield ipv6(nh=60) / (b"\x11\0\5\4\0\0\0\0" + small_udp())
    yield ipv6(nh=43) / b"\x11\x10\0\1\0\0\0\0"
    yield ipv6(nh=51) / b"\x11\x10\0\0\0\0\0\0\0\0\0\0"


@capture("tunnels")
def tunnels():
    inside = IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1)
    inside6 = IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17) / small_udp()
    yield ipv4() / GRE() / inside
    yield ipv4() / GRE(proto=0x86DD) / inside6
    yield ipv4() / GRE(proto=0x6558) / frame() / inside
    yield ipv4() / GRE(chksum_present=1, key_present=1, key=7, seqnum_present=1, sequence_number=9) / inside
    yield (
        ipv4()
        / GRE(routing_present=1, chksum_present=1)
        / (b"\0\0\0\0" * 0 + b"\0\1\0\4\xc0\0\2\7\0\0\0\0" + bytes(inside))
    )
    yield ipv4(proto=47) / (b"\x30\x81\x88\x0b\0\4\0\7\0\0\0\1\0\0\0\2" + b"\xff\x03\0\x21")
    yield ipv4() / UDP(sport=50000) / VXLAN(vni=77, flags=8) / frame() / inside
    yield ipv4() / UDP(sport=50000, dport=4789) / (b"\x88\x48\x12\x34\0\0\x4d\0" + bytes(frame() / inside / bytes(30)))
    yield frame(type=0x8847) / MPLS(label=16, s=0, cos=5) / MPLS(label=17, ttl=64) / inside
    yield frame(type=0x8847) / MPLS(label=3, ttl=64) / inside6
    yield frame(type=0x8848) / MPLS(label=300, ttl=64) / inside / bytes(10)
    yield ipv6() / GRE() / inside
    for kept in range(34, 62):
        yield ipv4() / GRE(chksum_present=1, key_present=1, key=7, seqnum_present=1, sequence_number=9) / inside, kept
        yield frame(type=0x8847) / MPLS(label=16, s=0, cos=5) / MPLS(label=17, ttl=64) / inside, kept - 20


@capture("sll", SLL)
def sll():
    inside = bytes(IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1))
    yield b"\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" + inside
    yield b"\0\4\3\4\0\6\0\0\0\0\0\0\0\0\x08\0" + inside
    yield b"\0\4\3\x0a\0\4\xc0\0\2\7\0\0\0\0\x08\0" + inside
    yield (
        b"\0\4\x02\0\0\0\0\0\0\0\0\0\0\0\x86\xdd"
        + bytes(IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17))
        + small_udp()
    )
    yield b"\0\3\0\1\0\x08abcdefgh\x08\6" + bytes(ARP(psrc="192.0.2.1", pdst="192.0.2.2"))
    yield b"\0\3\0\1\0\6abcdef\0\0\0\4" + b"\x42\x42\3" + bytes(35)
    for kept in range(0, 20):
        yield b"\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" + inside, kept


@capture("sll2", SLL2)
def sll2():
    inside = bytes(IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1))
    yield b"\x08\0\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\1\0\0" + inside
    yield b"\x08\0\0\0\0\0\0\1\3\4\4\6\0\0\0\0\0\0\0\0" + inside
    yield (
        b"\x86\xdd\0\0\0\0\0\3\2\0\4\0\0\0\0\0\0\0\0\0"
        + bytes(IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17))
        + small_udp()
    )
    for kept in range(0, 24):
        yield b"\x08\0\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\1\0\0" + inside, kept


@capture("null", NULL)
def null():
    inside = bytes(IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1))
    inside6 = bytes(IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17)) + small_udp()
    yield b"\2\0\0\0" + inside
    yield b"\x1e\0\0\0" + inside6
    yield b"\0\0\0\2" + inside
    yield b"\0\0\0\x18" + inside6
    yield b"\0\0\0\x63" + inside6
    for kept in range(0, 8):
        yield b"\2\0\0\0" + inside, kept


@capture("loop", LOOP)
def loop():
    yield b"\0\0\0\2" + bytes(IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1))
    yield b"\0\0\0\x18" + bytes(IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17)) + small_udp()


@capture("raw", RAW)
def raw():
    yield IP(src="192.0.2.1", dst="192.0.2.2", id=1) / ICMP(id=1, seq=1)
    yield bytes(IPv6(src="2001:db8::1", dst="2001:db8::2", nh=17)) + small_udp()


def icmp(data):
    """ICMP of these bytes, with its checksum."""
    data = data[:2] + b"\0\0" + data[4:]
    return data[:2] + struct.pack(">H", checksum(data)) + data[4:]


def quoted(**fields):
    return bytes(
        IP(src="192.0.2.2", dst="192.0.2.1", id=9, **fields) / UDP(sport=40000, dport=40001, len=108) / bytes(20)
    )


def extension(objects):
    """The extensions of ICMP (RFC 4884) with their checksum."""
    data = b"\x20\0\0\0" + objects
    return data[:2] + struct.pack(">H", checksum(data)) + data[4:]


LABELS = b"\0\x0c\1\1\0\1\x0e\x40\0\2\1\x3f"
INTERFACE = b"\0\x18\2\x0f\0\0\0\3\0\1\0\0\xc0\0\2\7" + b"\4eth" + b"\0\0\5\xdc"


@capture("icmp")
def icmp_():
    for kind in (0, 8):
        yield ipv4() / ICMP(type=kind, id=0x1234, seq=7) / bytes(range(8, 40))
    for kind, code in ((3, 0), (3, 1), (3, 3), (3, 13), (11, 0), (11, 1), (4, 0)):
        yield ipv4(proto=1) / icmp(bytes([kind, code]) + bytes(6) + quoted())
    yield ipv4(proto=1) / icmp(b"\3\4\0\0\0\0\5\x78" + quoted(flags="DF"))
    yield ipv4(proto=1) / icmp(b"\5\1\0\0\xc0\0\2\7" + quoted())
    yield ipv4(proto=1) / icmp(b"\x0c\0\0\0\x14\0\0\0" + quoted())
    yield ipv4(proto=1) / icmp(
        b"\x0b\0\0\0\0\0\0\0" + bytes(IP(src="192.0.2.2", dst="192.0.2.1", len=60, proto=17)) + small_udp()
    )
    yield ipv4(proto=1) / icmp(b"\x09\0\0\0\2\2\7\x08\xc0\0\2\7\0\0\0\1\xc0\0\2\x08\x80\0\0\0")
    yield ipv4(proto=1) / icmp(b"\x0a\0\0\0\0\0\0\0")
    yield ipv4(proto=1) / icmp(b"\x0d\0\0\0\x12\x34\0\1" + struct.pack(">III", 36000000, 0, 0))
    yield ipv4(proto=1) / icmp(b"\x0e\0\0\0\x12\x34\0\1" + struct.pack(">III", 36000000, 36000001, 36000002))
    yield ipv4(proto=1) / icmp(b"\x0f\0\0\0\x12\x34\0\1")
    yield ipv4(proto=1) / icmp(b"\x10\0\0\0\x12\x34\0\1")
    yield ipv4(proto=1) / icmp(b"\x11\0\0\0\x12\x34\0\1" + bytes(4))
    yield ipv4(proto=1) / icmp(b"\x12\0\0\0\x12\x34\0\1\xff\xff\xff\0")
    yield ipv4(proto=1) / icmp(b"\x63\7\0\0abcdefgh")
    yield ipv4(proto=1) / icmp(b"\x1e\0\0\0abcdefgh")
    # Extensions: with the length of the quoted packet, and from before there was one.
    padded = quoted() + bytes(128 - len(quoted()))
    for objects in (LABELS, INTERFACE, LABELS + b"\0\x08\x7f\1abcd"):
        yield ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\x20\0\0" + padded + extension(objects))
    yield ipv4(proto=1) / icmp(b"\3\3\0\0\0\x20\0\0" + padded + extension(LABELS))
    yield ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\0\0\0" + padded + extension(LABELS))
    yield ipv4(proto=1) / icmp(b"\x2a\0\0\0\x12\x34\7\1" + extension(b"\0\x08\3\1eth0"))
    yield ipv4(proto=1) / icmp(b"\x2a\0\0\0\x12\x34\7\1" + extension(b"\0\x08\3\2\0\0\0\7"))
    yield ipv4(proto=1) / icmp(b"\x2a\0\0\0\x12\x34\7\1" + extension(b"\0\x0c\3\3\0\1\4\0\xc0\0\2\7"))
    yield ipv4(proto=1) / icmp(b"\x2b\0\0\0\x12\x34\7\x46")


@capture("icmp-broken")
def icmp_broken():
    padded = quoted() + bytes(128 - len(quoted()))
    message = ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\x20\0\0" + padded + extension(LABELS))
    for kept in (*range(34, 72), *range(166, 188)):
        yield message, kept
        yield bytes(message)[:kept]
    yield ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\x20\0\0" + padded + extension(b"\0\x02\1\1\0\0\0\0"))
    yield ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\x20\0\0" + padded + extension(b"\0\x80\1\1\0\0\0\0"))
    yield ipv4(proto=1) / icmp(b"\x0b\0\0\0\0\xff\0\0" + quoted())
    yield ipv4(proto=1) / icmp(b"\x09\0\0\0\7\2\7\x08\xc0\0\2\7\0\0\0\1")
    yield ipv4(proto=1) / b"\x08\0\x12\x34\0\1\0\2"


def icmpv6(data, **fields):
    """ICMPv6 of these bytes, with its checksum."""
    fields = {"src": "2001:db8::1", "dst": "2001:db8::2", **fields}
    packet = IPv6(nh=58, **fields)
    return (
        frame()
        / packet
        / (data[:2] + struct.pack(">H", in6_chksum(58, packet, data[:2] + b"\0\0" + data[4:])) + data[4:])
    )


def option(kind, data):
    data += bytes(-(len(data) + 2) % 8)
    return bytes([kind, (len(data) + 2) // 8]) + data


ADDRESS = bytes.fromhex("20010db8000000000000000000000003")
MAC = bytes.fromhex("020000000001")


@capture("icmpv6")
def icmpv6_():
    inner = bytes(
        IPv6(src="2001:db8::2", dst="2001:db8::1", plen=108, nh=17) / UDP(sport=40000, dport=40001, len=108)
    ) + bytes(20)
    for kind in (128, 129):
        yield icmpv6(bytes([kind, 0, 0, 0, 0x12, 0x34, 0, 7]) + bytes(range(8, 40)))
    for kind, code in ((1, 0), (1, 4), (3, 0), (3, 1)):
        yield icmpv6(bytes([kind, code]) + bytes(6) + inner)
    yield icmpv6(b"\2\0\0\0\0\0\5\0" + inner)
    yield icmpv6(b"\4\1\0\0\0\0\0\x28" + inner)
    whole = bytes(IPv6(src="2001:db8::2", dst="2001:db8::1", nh=17))[:40] + small_udp()
    whole = whole[:5] + b"\x0c" + whole[6:]
    yield icmpv6(b"\3\0\0\0\x10\0\0\0" + whole + bytes(128 - len(whole)) + extension(LABELS))
    yield icmpv6(b"\x85\0\0\0\0\0\0\0" + option(1, MAC))
    options = (
        option(1, MAC)
        + option(5, b"\0\0\0\0\5\xdc")
        + option(3, b"\x40\xc0" + struct.pack(">III", 86400, 14400, 0) + ADDRESS)
        + option(24, b"\x40\x08\0\0\x0e\x10" + ADDRESS[:8])
        + option(24, b"\0\x18\0\0\x0e\x10")
        + option(24, b"\x80\0\0\0\x0e\x10" + ADDRESS)
        + option(25, b"\0\0\0\0\x0e\x10" + ADDRESS + ADDRESS)
        + option(31, b"\0\0\0\0\x0e\x10\7example\3com\0\3lan\0")
        + option(7, b"\0\0\0\0\x0e\x10")
        + option(8, b"\0\0\0\1\x0e\x10")
        + option(37, b"https://example.com/portal")
        + option(38, b"\7\x08" + ADDRESS[:12])
        + option(26, b"\x80\0\0\0\0\0")
    )
    yield icmpv6(b"\x86\0\0\0\x40\xc8\7\x08\0\0\x75\x30\0\0\3\xe8" + options, hlim=255)
    yield icmpv6(b"\x87\0\0\0\0\0\0\0" + ADDRESS + option(1, MAC), hlim=255)
    yield icmpv6(b"\x87\0\0\0\0\0\0\0" + ADDRESS + option(14, b"abcdef"), hlim=255)
    yield icmpv6(b"\x88\0\0\0\xe0\0\0\0" + ADDRESS + option(2, MAC), hlim=255)
    yield icmpv6(
        b"\x89\0\0\0\0\0\0\0" + ADDRESS + ADDRESS + option(2, MAC) + option(4, bytes(6) + inner[:48]), hlim=255
    )
    yield icmpv6(b"\x88\0\0\0\0\0\0\0" + ADDRESS + option(253, b"abcdef"), hlim=255)
    key = bytes.fromhex("305c300d06092a864886f70d0101010500034b003048024100") + bytes(64) + b"\2\3\1\0\1"
    made = bytes(range(16)) + ADDRESS[:8] + b"\1" + key
    secure = (
        option(11, bytes([-(4 + len(made)) % 8, 0]) + made)
        + option(13, bytes(6) + struct.pack(">Q", 1700000000 << 16 | 0x4000))
        + option(14, b"abcdef")
        + option(12, b"\0\0" + bytes(range(16)) + bytes(64))
    )
    yield icmpv6(b"\x87\0\0\0\0\0\0\0" + ADDRESS + secure, hlim=255)
    yield icmpv6(b"\x87\0\0\0\0\0\0\0" + ADDRESS + option(13, bytes(6) + b"\0\0\x65\x53\0\0\xff\xff"), hlim=255)
    yield icmpv6(b"\x87\0\0\0\0\0\0\0" + ADDRESS + option(15, b"\2\1\3abc\3def\0"), hlim=255)
    group = bytes.fromhex("ff020000000000000000000000000016")
    yield icmpv6(b"\x82\0\0\0\x27\x10\0\0" + bytes(16), hlim=1)
    yield icmpv6(b"\x82\0\0\0\x27\x10\0\0" + group + b"\x0a\x7d\0\2" + ADDRESS + ADDRESS, hlim=1)
    yield icmpv6(b"\x83\0\0\0\0\0\0\0" + group, hlim=1)
    yield icmpv6(b"\x84\0\0\0\0\0\0\0" + group, hlim=1)
    yield icmpv6(b"\x8f\0\0\0\0\0\0\2" + b"\4\0\0\0" + group + b"\1\1\0\1" + group + ADDRESS + b"data", hlim=1)
    yield icmpv6(b"\xc8\7\0\0abcdefgh")


@capture("icmpv6-broken")
def icmpv6_broken():
    message = icmpv6(
        b"\x86\0\0\0\x40\xc8\7\x08\0\0\x75\x30\0\0\3\xe8"
        + option(1, MAC)
        + option(3, b"\x40\xc0" + struct.pack(">III", 86400, 14400, 0) + ADDRESS)
    )
    for kept in range(54, len(message)):
        yield message, kept
    solicitation = b"\x87\0\0\0\0\0\0\0" + ADDRESS
    yield icmpv6(solicitation + b"\1\0" + MAC)
    yield icmpv6(solicitation + b"\1\2" + MAC)
    yield icmpv6(solicitation + b"\1")
    yield icmpv6(solicitation[:20])
    yield icmpv6(b"\x8f\0\0\0\0\0\xff\xff" + b"\4\0\0\0" + ADDRESS)
    yield icmpv6(b"\x82\0\0\0\x27\x10\0\0" + ADDRESS + b"\x0a\x7d\xff\xff" + ADDRESS)
    yield ipv6(nh=58) / b"\x80\0\x12\x34\0\1\0\2"


@capture("igmp")
def igmp():
    group = b"\xe0\0\0\x16"
    for data in (
        b"\x11\0\0\0" + bytes(4),
        b"\x11\x64\0\0" + group,
        b"\x12\0\0\0" + group,
        b"\x16\0\0\0" + group,
        b"\x17\0\0\0" + group,
        b"\x11\x64\0\0" + group + b"\x0a\x7d\0\2\xc0\0\2\7\xc0\0\2\x08",
        b"\x22\0\0\0\0\0\0\2" + b"\4\0\0\0" + group + b"\1\1\0\2" + group + b"\xc0\0\2\7\xc0\0\2\x08data",
    ):
        yield ipv4(proto=2, ttl=1) / icmp(data)
    broken = ipv4(proto=2, ttl=1) / icmp(b"\x22\0\0\0\0\0\xff\xff" + b"\4\0\xff\xff" + group)
    for kept in range(34, len(broken) + 1):
        yield broken, kept


if __name__ == "__main__":
    for name in sys.argv[1:] or CAPTURES:
        write(name)
