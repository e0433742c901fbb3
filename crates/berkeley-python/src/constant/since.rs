//! The names that versions of `CPython` since 3.12 have added, each version's in one list.

use super::Constant;
use crate::version::{SINCE_3_12, SINCE_3_13, SINCE_3_14, SINCE_3_15};

/// The tables, and whether this interpreter has them.
pub(super) const TABLES: [(bool, &[&[Constant]]); 9] = [
    (SINCE_3_12, &[v3_12::TABLE]),
    (SINCE_3_12, v3_12::ROWS),
    (SINCE_3_13, &[v3_13::TABLE]),
    (SINCE_3_13, v3_13::ROWS),
    (SINCE_3_14, &[v3_14::TABLE]),
    (SINCE_3_14, v3_14::ROWS),
    (SINCE_3_14 && cfg!(bluetooth), &[super::bluetooth::TABLE]),
    (SINCE_3_15, &[v3_15::TABLE]),
    (SINCE_3_15, v3_15::ROWS),
];

mod v3_12 {
    use crate::constant::{constants, options};

    options! {
        ip: PKTINFO;
        tcp: CC_INFO FASTOPEN_CONNECT FASTOPEN_KEY FASTOPEN_NO_COOKIE INQ QUEUE_SEQ REPAIR
            REPAIR_OPTIONS REPAIR_QUEUE REPAIR_WINDOW SAVED_SYN SAVE_SYN THIN_DUPACK
            THIN_LINEAR_TIMEOUTS TIMESTAMP TX_DELAY ULP;
    }

    constants! {
        IP_ADD_SOURCE_MEMBERSHIP = 39;
        IP_BLOCK_SOURCE = 38;
        IP_DROP_SOURCE_MEMBERSHIP = 40;
        IP_UNBLOCK_SOURCE = 37;
        TCP_MD5SIG = 14;
        TCP_MD5SIG_EXT = 32;
        TCP_ZEROCOPY_RECEIVE = 35;
        ETHERTYPE_ARP = 0x806;
        ETHERTYPE_IP = 0x800;
        ETHERTYPE_IPV6 = 0x86dd;
        ETHERTYPE_VLAN = 0x8100;
        ETH_P_ALL = 3;
    }
}

mod v3_13 {
    use crate::constant::{constants, options};

    options! {
        socket: BINDTOIFINDEX;
    }

    constants! {
        NI_IDN = 32;
    }
}

mod v3_14 {
    use berkeley::address::VsockAddress;

    use crate::constant::{constants, options};

    options! {
        ip: FREEBIND RECVERR RECVORIGDSTADDR RECVTTL;
        ipv6: RECVERR;
        can: ERR_FILTER;
    }

    constants! {
        SO_ORIGINAL_DST = 80;
        VMADDR_CID_LOCAL = VsockAddress::CID_LOCAL;
    }
}

mod v3_15 {
    use berkeley::option::Level;

    use crate::constant::{constants, options};

    options! {
        isotp: LL_OPTS OPTS RECV_FC RX_STMIN TX_STMIN;
    }

    constants! {
        IPV6_HDRINCL = 36;
        SOL_CAN_ISOTP = Level::ISOTP.as_raw();
        SO_PASSRIGHTS = 83;
        CAN_ISOTP_CHK_PAD_DATA = 0x20;
        CAN_ISOTP_CHK_PAD_LEN = 0x10;
        CAN_ISOTP_DEFAULT_EXT_ADDRESS = 0;
        CAN_ISOTP_DEFAULT_FLAGS = 0;
        CAN_ISOTP_DEFAULT_FRAME_TXTIME = 50_000;
        CAN_ISOTP_DEFAULT_LL_MTU = 16;
        CAN_ISOTP_DEFAULT_LL_TX_DL = 8;
        CAN_ISOTP_DEFAULT_LL_TX_FLAGS = 0;
        CAN_ISOTP_DEFAULT_PAD_CONTENT = 0xcc;
        CAN_ISOTP_DEFAULT_RECV_BS = 0;
        CAN_ISOTP_DEFAULT_RECV_STMIN = 0;
        CAN_ISOTP_DEFAULT_RECV_WFTMAX = 0;
        CAN_ISOTP_EXTEND_ADDR = 2;
        CAN_ISOTP_FORCE_RXSTMIN = 0x100;
        CAN_ISOTP_FORCE_TXSTMIN = 0x80;
        CAN_ISOTP_HALF_DUPLEX = 0x40;
        CAN_ISOTP_LISTEN_MODE = 1;
        CAN_ISOTP_RX_EXT_ADDR = 0x200;
        CAN_ISOTP_RX_PADDING = 8;
        CAN_ISOTP_SF_BROADCAST = 0x800;
        CAN_ISOTP_TX_PADDING = 4;
        CAN_ISOTP_WAIT_TX_DONE = 0x400;
    }
}
