#!/usr/bin/env python3
"""Both ends of a bulk transfer over TLS 1.3 on 127.0.0.1, as `bulk.c` has them for TCP.

    tls.py send PORT SECONDS         sends for so long, and ends
    tls.py sink PORT CERTIFICATE     after the handshake the kernel throws the records away: nothing is decrypted
"""

import json
import socket
import ssl
import sys
import time

PIECE = bytes(1 << 18)


def send(port, seconds):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as sender:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            sender.sendall(PIECE)
        sender.unwrap()


def take_all(client):
    room = bytearray(1 << 18)
    begun, count = None, 0
    while length := client.recv_into(room, len(room), socket.MSG_TRUNC):
        begun = begun or time.monotonic()
        count += length
    print(json.dumps({"bytes": count, "seconds": time.monotonic() - begun if begun else 0}), flush=True)


def sink(port, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Bytes that it had read ahead would be missing from the count.
    context.num_tickets = 0
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            client, _ = door.accept()
            try:
                client = context.wrap_socket(client, server_side=True)
                with socket.socket(fileno=client.detach()) as plain:
                    take_all(plain)
            except OSError:
                client.close()


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(int(sys.argv[2]), float(sys.argv[3]))
    else:
        sink(int(sys.argv[2]), sys.argv[3])
