"""A small echo server, or a client: peer.py serve|connect tcp|udp|unix|unix-dgram HOST PORT | PATH CLIENT'S-PATH"""
import os
import socket
import sys
import threading

def pump(read, write, end=lambda: None):
    while data := read(65536):
        write(data)
    end()

role, transport, *place = sys.argv[1:]
local, stream = transport.startswith("unix"), transport in ("tcp", "unix")
address = place[0] if local else (place[0], int(place[1]))
s = socket.socket(socket.AF_UNIX if local else socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
keyboard, screen = (lambda size: os.read(0, size)), (lambda data: os.write(1, data))
if role == "serve":
    s.bind(address)
    if stream:
        s.listen()
        client, _ = s.accept()
        pump(client.recv, client.sendall)
    while not stream:
        s.sendto(*s.recvfrom(65536))
elif stream:
    s.connect(address)
    threading.Thread(target=pump, args=(keyboard, s.sendall, lambda: s.shutdown(socket.SHUT_WR))).start()
    pump(s.recv, screen)
else:
    if local:
        s.bind(place[1])
    s.connect(address)
    pump(keyboard, lambda data: (s.send(data), screen(s.recv(65536))))
