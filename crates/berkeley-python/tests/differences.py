"""Where C's module gives a wrong value, and what ours gives: cases of golden/ that differ. README.md lists them.

Later versions of C's may be right too. A case is named by its call, as golden/show.py prints it.
"""

PORT = "builtins.OverflowError ('{0}(): port must be 0-65535.',) | {0}(): port must be 0-65535."
INDEX = "builtins.OverflowError ('index is too large',) | index is too large"
NO_ADDRESS = (
    "builtins.OSError ('illegal IP address string passed to inet_aton',) | "
    "illegal IP address string passed to inet_aton"
)
NO_SERVICE = (
    "socket.gaierror (-8, 'Servname not supported for ai_socktype') | [Errno -8] Servname not supported for ai_socktype"
)

OURS = {
    # A port beyond 65,535, of which getaddrinfo(3) takes the last sixteen bits: 70000 becomes 4464.
    "getaddrinfo('127.0.0.1', 65536)": PORT.format("getaddrinfo"),
    "getaddrinfo('127.0.0.1', '65536')": PORT.format("getaddrinfo"),
    "getaddrinfo('127.0.0.1', 70000, 0, 1)": PORT.format("getaddrinfo"),
    "getaddrinfo('127.0.0.1', ' +70000', 0, 1)": PORT.format("getaddrinfo"),
    "getaddrinfo('127.0.0.1', b'70000', 0, 1)": PORT.format("getaddrinfo"),
    "getaddrinfo('fe80::1%lo', 70000, 0, 1)": PORT.format("getaddrinfo"),
    "getaddrinfo(None, 2147483647, 0, 1)": PORT.format("getaddrinfo"),
    # One that is no int of C's is refused as getaddrinfo(3) refuses such; this one had become port 80.
    "getaddrinfo('127.0.0.1', 4294967376, 0, 1)": NO_SERVICE,
    "getaddrinfo('127.0.0.1', '4294967376', 0, 1)": NO_SERVICE,
    "getaddrinfo('127.0.0.1', -4294967216, 0, 1)": NO_SERVICE,
    "getnameinfo(('127.0.0.1', 65536), 3)": PORT.format("getnameinfo"),
    "getnameinfo(('127.0.0.1', 65616), 3)": PORT.format("getnameinfo"),
    # The zone of an address is its scope (RFC 4007, 11).
    "getnameinfo(('fe80::1%lo', 80), 1)": "tuple ('fe80::1%lo', 'http')",
    "getnameinfo(('fe80::1%lo', 80), 3)": "tuple ('fe80::1%lo', '80')",
    "getnameinfo(('fe80::1%1', 80, 0, 0), 3)": "tuple ('fe80::1%lo', '80')",
    "has scope('fe80::1%lo', 9)": "bool True",
    "has scope('fe80::1%lo', 9, 0, 0)": "bool True",
    "has scope(b'fe80::1%lo', 9)": "bool True",
    # What follows an address is no part of it (python/cpython #81676).
    "inet_aton('1.2.3.4 x',)": NO_ADDRESS,
    "inet_aton('127.1\\n;x',)": NO_ADDRESS,
    "inet_aton('1.2.3.4\\x0bx',)": NO_ADDRESS,
    # An index of more than 32 bits, of which C's takes the last 32 before 3.13.
    "if_indextoname(4294967296,)": INDEX,
    "if_indextoname(4294967297,)": INDEX,
    "if_indextoname(9223372036854775808,)": INDEX,
}
