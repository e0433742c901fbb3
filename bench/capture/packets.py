"""One side of the bench of packets in Python, in a process of its own: `python.py` starts it.

    packets.py decode ROUNDS           all libraries, in turns
    packets.py capture berkeley|scapy SECONDS

It prints JSON. Needed: berkeley, scapy and dpkt.
"""

import json
import socket
import sys
import time

import berkeley

# How long a turn is, in seconds of the thread's clock.
TURN = 0.02
HOSTS, PORTS = 16, 8


def packets():
    """Datagrams of several hosts and ports, 64 bytes each, in Ethernet; of a service that no library decodes."""
    made = []
    for host in range(1, HOSTS + 1):
        for port in range(PORTS):
            made.append(berkeley.craft(
                f'eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:{host:02x})/ip(src=10.0.0.{host},dst=10.0.1.1,ttl=6{port})'
                f'/udp(srcport={40000 + host},dstport={9000 + port})/"{"x" * 64}"'))
    return made


def of_berkeley(data):
    packet = berkeley.decode(data)
    return (packet["ip.src"], packet["ip.dst"], packet["ip.ttl"], packet["udp.srcport"], packet["udp.dstport"])


def scapy_reader():
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    def of_scapy(data):
        ip = Ether(data)[IP]
        udp = ip[UDP]
        return (ip.src, ip.dst, ip.ttl, udp.sport, udp.dport)

    return of_scapy


def dpkt_reader():
    from dpkt.ethernet import Ethernet

    def of_dpkt(data):
        ip = Ethernet(data).data
        udp = ip.data
        return (socket.inet_ntoa(ip.src), socket.inet_ntoa(ip.dst), ip.ttl, udp.sport, udp.dport)

    return of_dpkt


def turn(read, data):
    """The nanoseconds of a packet."""
    begun, count, now = time.thread_time_ns(), 0, 0
    while now < TURN * 1e9:
        for packet in data:
            read(packet)
        count += len(data)
        now = time.thread_time_ns() - begun
    return now / count


def decode(rounds):
    data = packets()
    readers = {"berkeley": of_berkeley, "scapy": scapy_reader(), "dpkt": dpkt_reader()}
    for packet in data:
        # Right, or no figure.
        assert len({read(packet) for read in readers.values()}) == 1, packet
    for index in range(int(rounds) + 1):
        order = list(readers)
        order = order[index % len(order):] + order[:index % len(order)]
        times = {name: turn(readers[name], data) for name in order}
        # The first round pays for cold caches.
        if index:
            print(json.dumps(times), flush=True)


def ready():
    print("ready", flush=True)


def capture_berkeley(seconds):
    count, ports = 0, set()
    with berkeley.capture("lo", filter="udp") as capture:
        ready()
        next(capture)
        begun, end = time.process_time_ns(), time.monotonic() + seconds
        for packet in capture:
            ports.add((packet["ip.src"], packet["udp.dstport"]))
            count += 1
            if time.monotonic() >= end:
                break
        return count, time.process_time_ns() - begun, ports


def capture_scapy(seconds):
    from scapy.layers.inet import IP, UDP
    from scapy.sendrecv import sniff

    count, ports = 0, set()

    def take(packet):
        nonlocal count
        ports.add((packet[IP].src, packet[UDP].dport))
        count += 1

    sniff(iface="lo", filter="udp", prn=take, store=False, count=1, started_callback=ready, timeout=20)
    begun, count = time.process_time_ns(), 0
    sniff(iface="lo", filter="udp", prn=take, store=False, timeout=seconds)
    return count, time.process_time_ns() - begun, ports


def capture(program, seconds):
    count, cpu, ports = {"berkeley": capture_berkeley, "scapy": capture_scapy}[program](float(seconds))
    assert len(ports) == 1, ports
    print(json.dumps({"packets": count, "cpu_nanoseconds": cpu}), flush=True)


if __name__ == "__main__":
    {"decode": decode, "capture": capture}[sys.argv[1]](*sys.argv[2:])
