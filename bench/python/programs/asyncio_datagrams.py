"""A UDP server: asyncio's DatagramProtocol. It answers the datagrams that end with `?`; with `echo`, every one."""

import asyncio
import sys


class Receive(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if data[-1:] == b"?":
            self.transport.sendto(data, address)


class Echo(Receive):
    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def main():
    port, *words = sys.argv[1:]
    protocol = Echo if words == ["echo"] else Receive
    await asyncio.get_running_loop().create_datagram_endpoint(protocol, ("127.0.0.1", int(port)))
    await asyncio.Event().wait()


asyncio.run(main())
