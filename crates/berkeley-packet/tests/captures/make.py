#!/usr/bin/env python3
"""Makes the captures beside this file, with scapy: `make.py [NAME...]`, all of them without a name.

Each function that `@capture` names writes one file. Times are fixed, so that a file changes only where its packets do.
"""

import struct
import sys
from pathlib import Path

from scapy.all import ICMP, IP, UDP, Ether, IPOption, Raw

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


@capture("udp")
def udp():
    yield ipv4(flags="DF", tos=0xB9, ttl=3) / UDP(sport=40000, dport=40001) / b"hello, over there, this is a test"
    yield ipv4(flags="MF", frag=0) / UDP(sport=40000, dport=40001, len=108) / bytes(24)
    yield ipv4(frag=4) / bytes(40)
    yield ipv4() / UDP(sport=40000, dport=40001, chksum=0) / bytes(40)


if __name__ == "__main__":
    for name in sys.argv[1:] or CAPTURES:
        write(name)
