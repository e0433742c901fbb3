"""python http_load.py PORT CONNECTIONS WARM_UP SECONDS: GET on kept connections, one after the other."""

import http.client
import sys

import turns

port, count = int(sys.argv[1]), int(sys.argv[2])
connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(count)]


def ask():
    wrong = 0
    for connection in connections:
        connection.request("GET", "/")
        wrong += connection.getresponse().read() != b"hello\n"
    return count, wrong


turns.play(ask, *sys.argv[3:])
