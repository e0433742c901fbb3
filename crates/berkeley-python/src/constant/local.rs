//! Families that stay on a machine or a link: `ALG_*`, `PACKET_*`, `TIPC_*`, `VMADDR_*` and what Bluetooth always had.

use berkeley::address::VsockAddress;

use super::constants;

constants! {
    ALG_OP_DECRYPT = 0;
    ALG_OP_ENCRYPT = 1;
    ALG_OP_SIGN = 2;
    ALG_OP_VERIFY = 3;

    PACKET_BROADCAST = 1;
    PACKET_FASTROUTE = 6;
    PACKET_HOST = 0;
    PACKET_LOOPBACK = 5;
    PACKET_MULTICAST = 2;
    PACKET_OTHERHOST = 3;
    PACKET_OUTGOING = 4;

    TIPC_ADDR_ID = 3;
    TIPC_ADDR_NAME = 2;
    TIPC_ADDR_NAMESEQ = 1;
    TIPC_CFG_SRV = 0;
    TIPC_CLUSTER_SCOPE = 2;
    TIPC_CRITICAL_IMPORTANCE = 3;
    TIPC_HIGH_IMPORTANCE = 2;
    TIPC_LOW_IMPORTANCE = 0;
    TIPC_MEDIUM_IMPORTANCE = 1;
    TIPC_NODE_SCOPE = 3;
    TIPC_PUBLISHED = 1;
    TIPC_SUBSCR_TIMEOUT = 3;
    TIPC_SUB_CANCEL = 4;
    TIPC_SUB_PORTS = 1;
    TIPC_SUB_SERVICE = 2;
    TIPC_TOP_SRV = 1;
    TIPC_WAIT_FOREVER = -1;
    TIPC_WITHDRAWN = 2;
    TIPC_ZONE_SCOPE = 1;

    VMADDR_CID_ANY = VsockAddress::CID_ANY;
    VMADDR_CID_HOST = VsockAddress::CID_HOST;
    VMADDR_PORT_ANY = VsockAddress::PORT_ANY;

    IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7b9;
    VM_SOCKETS_INVALID_VERSION = 0xffff_ffff;

    #[cfg(bluetooth)]
    HCI_DATA_DIR = 1;
    #[cfg(bluetooth)]
    HCI_FILTER = 2;
    #[cfg(bluetooth)]
    HCI_TIME_STAMP = 3;
}
