#!/usr/bin/env python3
"""Makes the captures of TCP and of what it and UDP carry: `make_app.py [NAME...]`, all of them without a name.

It needs scapy and dnspython. The captures of TLS are made once, with new keys each time; all others are the same bytes
each time.
"""

import ssl
import struct
import subprocess
import sys
import tempfile
from itertools import islice

import dns.edns
import dns.flags
import dns.message
import dns.rrset
from make import CAPTURES, capture, ipv4, write
from scapy.all import BOOTP, DNS, DNSQR, DNSRR, TCP, UDP, DNSRRSRV, Raw


def raw(text):
    return Raw(bytes.fromhex(text))


def segment(options, flags="A", payload=b""):
    """A segment with these bytes as options."""
    options = bytes.fromhex(options)
    options += bytes(-len(options) % 4)
    packet = ipv4() / TCP(sport=40000, dport=40001, seq=1000, ack=5, flags=flags, window=77)
    packet[TCP].dataofs = 5 + len(options) // 4
    return packet / Raw(options + payload)


@capture("tcp")
def tcp():
    yield segment("020405b4 0402 080a0000000100000002 01 030307", "S")
    yield segment("020405b4 0101 0402", "SA")
    yield segment("1312 00112233445566778899aabbccddeeff")
    yield segment("1d10 0102 00112233445566778899aabb", payload=b"hello")
    yield segment("020405b4 2202", "S")
    yield segment("2202 220a 0011223344556677")
    yield segment("1c04 8005 1c04 0005", "FPU")
    yield segment("fe06 f989 0102 fd0a 12345678 aabbccdd fe04 f989")
    yield segment("4205 010203 01 0402")
    yield segment("1b08 0811 22334455")
    yield segment("0606 00000001 0706 00000002")
    yield segment("0b06 00000001 0c06 00000002")
    yield segment("020405b4 1e0c 0081 0011223344556677", "S")
    yield segment("020405b4 1e0c 1001 00112233 44556677", "S")
    yield segment("1e08 3402 7f000001 1e0a 3102 7f000001 0050")
    yield segment("1e04 5101 1e04 4002 1e0c 7000 0011223344556677")
    yield segment("", "PA", b"some bytes")


NAME = "www.example.com."

RECORDS = """A 192.0.2.1
AAAA 2001:db8::1
CNAME foo.example.com.
NS ns1.example.com.
PTR host.example.com.
MX 10 mail.example.com.
TXT "v=spf1 -all" "second"
SOA ns1.example.com. host.example.com. 2026010101 7200 3600 1209600 300
SRV 1 2 443 target.example.com.
CAA 0 issue "letsencrypt.org"
CAA 128 iodef "mailto:a@b.c"
CAA 0 tbs "x"
DS 12345 8 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de1e9c5b0c3f1f0ecb4e3f0a10
DNSKEY 257 3 8 AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29euxhJhVVLOyQbSEW0O8gcCjFFVQUTf6v58fL
RRSIG A 8 3 300 20261201000000 20261101000000 12345 example.com. Zm9vYmFyYmF6
NSEC host.example.com. A MX RRSIG NSEC TYPE1234
NSEC3 1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG
NSEC3PARAM 1 0 12 aabbccdd
TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1 mandatory=alpn key777=abc
SVCB 0 svc.example.net.
NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@example.com!" .
LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
SSHFP 1 1 0123456789abcdef0123456789abcdef01234567
HINFO "cpu" "os"
DNAME d.example.com.
APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:FF00:0:0:0:0:0:0:0/8
CSYNC 66 3 A NS AAAA
A6 \\# 17 0020010db8000000000000000000000001
A6 \\# 14 40 0000000000000001 03616263 00
A6 \\# 6 80 03616263 00
HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMz rvs.example.com. rvs2.example.com.
HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx
URI 10 1 "ftp://ftp1.example.com/public"
SMIMEA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
TYPE65280 \\# 4 0a000001"""


def question(kind="A", **edns):
    return dns.message.make_query(NAME, kind, id=0x1234, **edns)


def with_options():
    options = [
        dns.edns.ECSOption("192.0.2.0", 24, 0),
        dns.edns.ECSOption("2001:db8::", 32, 0),
        dns.edns.GenericOption(10, bytes(range(16))),
        dns.edns.GenericOption(12, bytes(6)),
        dns.edns.GenericOption(11, b"\0\x64"),
        dns.edns.GenericOption(3, b"abc"),
        dns.edns.GenericOption(15, b"\0\x06bogus"),
        dns.edns.GenericOption(5, b"\x08\x0a"),
        dns.edns.GenericOption(65001, b"abc"),
    ]
    return question(use_edns=0, payload=1232, want_dnssec=True, options=options).to_wire()


@capture("dns")
def dns_messages():
    yield ipv4() / UDP(sport=40000, dport=53) / Raw(with_options())
    for row in RECORDS.split("\n"):
        kind, data = row.split(" ", 1)
        message = question(kind)
        message.flags |= dns.flags.QR | dns.flags.RA
        message.answer.append(dns.rrset.from_text(NAME, 300, "IN", kind, data))
        yield ipv4() / UDP(sport=53, dport=40000) / Raw(message.to_wire())
    for word in (0x8583, 0x2800, 0x07FF, 0x87FF):
        header = struct.pack("!HHHHHH", 1, word, 1, 0, 0, 0)
        yield ipv4() / UDP(sport=40000, dport=53) / Raw(header + b"\3abc\0\0\6\0\1")


@capture("dns-tcp")
def dns_over_tcp():
    wire = with_options()
    message = struct.pack("!H", len(wire)) + wire
    yield ipv4() / TCP(sport=40000, dport=53, flags="PA", seq=1, ack=1) / Raw(message)
    yield ipv4() / TCP(sport=40001, dport=53, flags="PA", seq=1, ack=1) / Raw(message + message)


@capture("mdns")
def mdns():
    frame = ipv4(dst="224.0.0.251", ttl=255) / UDP(sport=5353, dport=5353)
    name = "_http._tcp.local"
    pointer = DNSRR(rrname=name, type="PTR", rclass=0x8001, rdata="x." + name, ttl=120)
    service = DNSRRSRV(rrname="x." + name, type="SRV", rclass=0x8001, target="h.local", port=80, ttl=120)
    yield frame / DNS(id=0, qd=DNSQR(qname=name, qtype="PTR", qclass=0x8001))
    yield frame / DNS(id=0, qr=1, aa=1, rd=0, qd=None, an=pointer)
    yield frame / DNS(id=0, qr=1, aa=1, rd=0, qd=None, an=service)


def lease(options):
    frame = ipv4(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)
    bootp = BOOTP(chaddr=bytes.fromhex("020000000001"), xid=0x12345678, flags=0x8000)
    return frame / Raw(bytes(bootp)[:236] + b"\x63\x82\x53\x63" + bytes.fromhex(options) + b"\xff")


@capture("dhcp")
def dhcp():
    yield lease(
        "350101 3d0701020000000001 3204c0a80101 0c04686f7374 37080103060f1a1c333a 3c086d73667420352e30"
        "390205dc 5108010000686f737400 000000"
    )
    yield lease(
        "350102 0104ffffff00 0304c0a80101 06080808080808080404 0f056c6f63616c 1a0205dc 1c04c0a801ff 330400015180"
        "3604c0a80101 3a040000a8c0 3b0400012750 2a04c0a80105 020400000e10 7908 18c0a80ac0a80101"
    )
    yield lease("350105 130101 170140 210800000000c0a80101 2e0108 2c040a000001 4208746674702e6c616e 4304626f6f74")
    relay = "520a010461626364 02026566"
    search = "77110365 6e67076578616d706c6503636f6d00"
    yield lease("350103" + relay + "4d03026162 7c0700000137026162" + search)
    yield lease("350103 3d13ff01020304000100011122334402000000 0001 3d050061626364 5000 5d020007 5e03010201")
    identifier, counter = "00112233445566778899aabbccddeeff", "0000000000000001"
    yield lease("350101 4e0900c0a80101c0a80102 4f06006465662c61 6111 00" + identifier + "6111 01" + identifier)
    for authentication in (
        "030100" + counter + "64726c6d" + identifier,
        "010100" + counter + "11223344" + identifier,
        "010101" + counter + "11223344" + identifier + "00",
        "000000" + counter + "746f6b656e",
        "020102" + "3132333435360037" + "746f6b656e",
    ):
        yield lease("350105 5a" + f"{len(authentication) // 2:02x}" + authentication)
    yield lease("350101 3f1b 0200 050101 0604c0a80102 080104 090105 0a0101 0b04c0a80103 3f0c 0708c0a80104c0a80105 0c00")
    yield lease("350101 6312 01 5553 01024341 0303616263 00024c41 0500 7809 01c0a80101c0a80102")
    yield lease("350101 7814 00 037369700361626300 04736970320361626300 9f0400061234 970500 41424344 970101")
    yield lease("350101 d41a 0020 20010db8" + "00" * 12 + "c0a80101c0a80102 6c0400000708 a20900070001036162630000")


TIMES = "eabcdeef00000000 0000000000000000 eabcdef022222222 eabcdef012345678"


@capture("ntp")
def ntp():
    frame = ipv4() / UDP(sport=123, dport=123)
    yield frame / raw("e30006ec 00000000 00000000 00000000" + "00" * 24 + "eabcdef012345678")
    yield frame / raw("240106ec 00000100 00000200 47505300" + TIMES)
    yield frame / raw("240206ec 00000100 00000200 0a000001" + TIMES + "00000001 00112233445566778899aabbccddeeff")
    yield frame / raw("2310faec 00000000 ffff8000 00000000" + TIMES[:-17] + "0000000112345678")
    yield frame / raw("0b0006ec 00000000 00000000 00000000" + TIMES)
    yield frame / raw("1601000100000000 00000000")
    yield frame / raw("1700032a 00000000")


def handshake(version):
    """What a client and a server of OpenSSL say to each other, who and what."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        files = ["-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost"]
        subprocess.run(["openssl", "req", "-x509", *curve, *files], check=True, capture_output=True)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    for context in (client, server):
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.maximum_version = version
    to_client, from_client, to_server, from_server = (ssl.MemoryBIO() for _ in range(4))
    ends = (
        (client.wrap_bio(to_client, from_client, server_hostname="www.example.com"), from_client, to_server, 0),
        (server.wrap_bio(to_server, from_server, server_side=True), from_server, to_client, 1),
    )
    for _ in range(4):
        for end, out, peer, who in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            said = out.read()
            if said:
                peer.write(said)
                yield who, said


def tls(version, port):
    position = [1000, 5000]
    for who, said in handshake(version):
        source, target = (port, 443) if who == 0 else (443, port)
        fields = {"flags": "PA", "seq": position[who], "ack": position[1 - who]}
        position[who] += len(said)
        yield ipv4() / TCP(sport=source, dport=target, **fields) / Raw(said)


@capture("tls-1.3")
def tls_1_3():
    # The two hellos. What follows hides its type, which tshark knows from the hello, and a packet alone does not.
    yield from islice(tls(ssl.TLSVersion.TLSv1_3, 40000), 2)


@capture("tls-1.2")
def tls_1_2():
    yield from islice(tls(ssl.TLSVersion.TLSv1_2, 40001), 2)


@capture("http")
def http():
    def carry(data, sport, dport):
        return ipv4() / TCP(sport=sport, dport=dport, flags="PA", seq=1, ack=1) / Raw(data)

    request = b"GET /index.html?x=1&y=2 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/7\r\nAccept: */*\r\n"
    yield carry(request + b"Cookie: a=b; c=d\r\nX-Own: y\r\n\r\n", 40000, 80)
    yield carry(b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nDate: now\r\n\r\nhello", 80, 40001)
    yield carry(b"GET /other HTTP/1.0\r\nHost: ab\r\n\r\n", 40002, 40003)


@capture("quic")
def quic():
    frame = ipv4() / UDP(sport=50000, dport=443)
    handshake = "e3 00000001 08 0011223344556677 00 4020" + "66" * 32
    yield frame / raw("f0 00000001 00 04 aabbccdd 112233" + "77" * 16)
    yield frame / raw(handshake)


SCTP_HEADER = "1388 1770 11223344 00000000"


@capture("sctp")
def sctp():
    for chunks in (
        "01 00 0028 00000001 00010000 000a 000a 00000064 0005 0008 0a000001 000c 0006 0005 0000 8000 0004",
        "02 00 0020 00000002 00010000 000a 000a 000000c8 0007 000c 3132333435363738",
        "0a 00 000c 3132333435363738",
        "0b 00 0004",
        "03 00 0018 00000064 00001388 0001 0001 0002 0003 00000063",
        "04 00 000c 0001 0008 61626364 07 00 0008 00000065",
        "06 00 000c 000c 0008 62796521",
        "0e 00 0004",
        "c0 00 0008 00000001",
    ):
        yield ipv4(proto=132) / raw(SCTP_HEADER + chunks)


OURS = [name for name in CAPTURES if CAPTURES[name][1].__module__ == "__main__"]

if __name__ == "__main__":
    for name in sys.argv[1:] or OURS:
        write(name)
