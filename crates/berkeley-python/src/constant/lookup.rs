//! Names and addresses: `AI_*`, `NI_*` and `EAI_*` of getaddrinfo(3) and getnameinfo(3).

use super::constants;

constants! {
    AI_ADDRCONFIG = 0x20;
    AI_ALL = 0x10;
    AI_CANONNAME = 2;
    AI_NUMERICHOST = 4;
    AI_NUMERICSERV = 0x400;
    AI_PASSIVE = 1;
    AI_V4MAPPED = 8;

    NI_DGRAM = 16;
    NI_MAXHOST = 1025;
    NI_MAXSERV = 32;
    NI_NAMEREQD = 8;
    NI_NOFQDN = 4;
    NI_NUMERICHOST = 1;
    NI_NUMERICSERV = 2;

    EAI_ADDRFAMILY = -9;
    EAI_AGAIN = -3;
    EAI_BADFLAGS = -1;
    EAI_FAIL = -4;
    EAI_FAMILY = -6;
    EAI_MEMORY = -10;
    EAI_NODATA = -5;
    EAI_NONAME = -2;
    EAI_OVERFLOW = -12;
    EAI_SERVICE = -8;
    EAI_SOCKTYPE = -7;
    EAI_SYSTEM = -11;
}
