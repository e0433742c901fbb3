//! What IP names besides its options: `INADDR_*`, `IPPORT_*`, bounds and types.

use super::constants;

constants! {
    INADDR_ALLHOSTS_GROUP = 0xe000_0001;
    INADDR_ANY = 0;
    INADDR_BROADCAST = 0xffff_ffff;
    INADDR_LOOPBACK = 0x7f00_0001;
    INADDR_MAX_LOCAL_GROUP = 0xe000_00ff;
    INADDR_NONE = 0xffff_ffff;
    INADDR_UNSPEC_GROUP = 0xe000_0000;

    IPPORT_RESERVED = 1024;
    IPPORT_USERRESERVED = 5000;

    IPV6_RTHDR_TYPE_0 = 0;
    IP_DEFAULT_MULTICAST_LOOP = 1;
    IP_DEFAULT_MULTICAST_TTL = 1;
    IP_MAX_MEMBERSHIPS = 20;
}
