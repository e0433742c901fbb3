"""python datagrams_load.py PORT ANSWERED WARM_UP SECONDS: datagrams of 1,200 bytes, 32 at a time; the last is answered.

With `all` for ANSWERED every one is, and is compared. So many fit in any receive buffer: none is lost.
"""

import socket
import sys

import turns

COUNT = 32
port, answered = int(sys.argv[1]), sys.argv[2]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", port))
sock.settimeout(30)
last = b"x" * 1199 + b"?"
plain = last if answered == "all" else b"x" * 1200


def ask():
    for _ in range(COUNT - 1):
        sock.send(plain)
    sock.send(last)
    wrong = sum(sock.recv(2000) != last for _ in range(COUNT if answered == "all" else 1))
    return COUNT, wrong


turns.play(ask, *sys.argv[3:])
