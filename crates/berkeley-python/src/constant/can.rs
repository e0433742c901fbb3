//! The Controller Area Network: `CAN_*` and `J1939_*`.

use super::constants;

constants! {
    // Of a frame's identifier.
    CAN_EFF_FLAG = 0x8000_0000;
    CAN_EFF_MASK = 0x1fff_ffff;
    CAN_ERR_FLAG = 0x2000_0000;
    CAN_ERR_MASK = 0x1fff_ffff;
    CAN_RTR_FLAG = 0x4000_0000;
    CAN_SFF_MASK = 0x7ff;

    // Of the broadcast manager.
    CAN_BCM_CAN_FD_FRAME = 0x800;
    CAN_BCM_RX_ANNOUNCE_RESUME = 0x100;
    CAN_BCM_RX_CHANGED = 12;
    CAN_BCM_RX_CHECK_DLC = 0x40;
    CAN_BCM_RX_DELETE = 6;
    CAN_BCM_RX_FILTER_ID = 0x20;
    CAN_BCM_RX_NO_AUTOTIMER = 0x80;
    CAN_BCM_RX_READ = 7;
    CAN_BCM_RX_RTR_FRAME = 0x400;
    CAN_BCM_RX_SETUP = 5;
    CAN_BCM_RX_STATUS = 10;
    CAN_BCM_RX_TIMEOUT = 11;
    CAN_BCM_SETTIMER = 1;
    CAN_BCM_STARTTIMER = 2;
    CAN_BCM_TX_ANNOUNCE = 8;
    CAN_BCM_TX_COUNTEVT = 4;
    CAN_BCM_TX_CP_CAN_ID = 0x10;
    CAN_BCM_TX_DELETE = 2;
    CAN_BCM_TX_EXPIRED = 9;
    CAN_BCM_TX_READ = 3;
    CAN_BCM_TX_RESET_MULTI_IDX = 0x200;
    CAN_BCM_TX_SEND = 4;
    CAN_BCM_TX_SETUP = 1;
    CAN_BCM_TX_STATUS = 8;

    // Of ISO-TP, whose options stand in option.rs.
    #[cfg(Py_3_15)]
    CAN_ISOTP_CHK_PAD_DATA = 0x20;
    #[cfg(Py_3_15)]
    CAN_ISOTP_CHK_PAD_LEN = 0x10;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_EXT_ADDRESS = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_FLAGS = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_FRAME_TXTIME = 50_000;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_LL_MTU = 16;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_LL_TX_DL = 8;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_LL_TX_FLAGS = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_PAD_CONTENT = 0xcc;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_RECV_BS = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_RECV_STMIN = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_DEFAULT_RECV_WFTMAX = 0;
    #[cfg(Py_3_15)]
    CAN_ISOTP_EXTEND_ADDR = 2;
    #[cfg(Py_3_15)]
    CAN_ISOTP_FORCE_RXSTMIN = 0x100;
    #[cfg(Py_3_15)]
    CAN_ISOTP_FORCE_TXSTMIN = 0x80;
    #[cfg(Py_3_15)]
    CAN_ISOTP_HALF_DUPLEX = 0x40;
    #[cfg(Py_3_15)]
    CAN_ISOTP_LISTEN_MODE = 1;
    #[cfg(Py_3_15)]
    CAN_ISOTP_RX_EXT_ADDR = 0x200;
    #[cfg(Py_3_15)]
    CAN_ISOTP_RX_PADDING = 8;
    #[cfg(Py_3_15)]
    CAN_ISOTP_SF_BROADCAST = 0x800;
    #[cfg(Py_3_15)]
    CAN_ISOTP_TX_PADDING = 4;
    #[cfg(Py_3_15)]
    CAN_ISOTP_WAIT_TX_DONE = 0x400;

    J1939_EE_INFO_NONE = 0;
    J1939_EE_INFO_TX_ABORT = 1;
    J1939_FILTER_MAX = 512;
    J1939_IDLE_ADDR = 254;
    J1939_MAX_UNICAST_ADDR = 253;
    J1939_NLA_BYTES_ACKED = 1;
    J1939_NLA_PAD = 0;
    J1939_NO_ADDR = 255;
    J1939_NO_NAME = 0;
    J1939_NO_PGN = 0x0004_0000;
    J1939_PGN_ADDRESS_CLAIMED = 0xee00;
    J1939_PGN_ADDRESS_COMMANDED = 0xfed8;
    J1939_PGN_MAX = 0x0003_ffff;
    J1939_PGN_PDU1_MAX = 0x0003_ff00;
    J1939_PGN_REQUEST = 0xea00;

    SCM_J1939_DEST_ADDR = 1;
    SCM_J1939_DEST_NAME = 2;
    SCM_J1939_ERRQUEUE = 4;
    SCM_J1939_PRIO = 3;
}
