//! Options of DCCP: `SOL_DCCP` (RFC 4340, the kernel's `Documentation/networking/dccp.rst`).
//!
//! Linux 6.16 gave DCCP up: these are for kernels before. `DCCP_SOCKOPT_PACKET_SIZE`, `CHANGE_L` and `CHANGE_R` had no
//! effect for years before that and are no rows here, nor is what only one way of congestion control has
//! (`CCID_RX_INFO`, `CCID_TX_INFO`).

use super::options;

options! {
    DCCP, "Documentation/networking/dccp.rst";

    /// The ways of congestion control (CCID) that the kernel has, a byte each: 2 as TCP's, 3 for a smooth rate.
    AVAILABLE_CCIDS: Vec<u8>, Octets, "available_ccids", DCCP_SOCKOPT_AVAILABLE_CCIDS, "DCCP_SOCKOPT_AVAILABLE_CCIDS", Read, Any;
    /// The ways of congestion control to agree on, both ways, a byte each, the best first.
    CCID: Vec<u8>, Octets, "ccid", DCCP_SOCKOPT_CCID, "DCCP_SOCKOPT_CCID", Write, BeforeConnect;
    /// The largest datagram that can be sent now.
    GET_CUR_MPS: u32, Bytes, "get_cur_mps", DCCP_SOCKOPT_GET_CUR_MPS, "DCCP_SOCKOPT_GET_CUR_MPS", Read, Any;
    /// Which datagram waits and which goes: 0 in the order of the sends, 1 by the priority of each.
    QPOLICY_ID: i32, Integer in 0..=1, "qpolicy_id", DCCP_SOCKOPT_QPOLICY_ID, "DCCP_SOCKOPT_QPOLICY_ID", ReadWrite, BeforeConnect;
    /// How many datagrams may wait to be sent; 0 for no bound.
    QPOLICY_TXQLEN: i32, Integer in 0..=0x7fff_ffff, "qpolicy_txqlen", DCCP_SOCKOPT_QPOLICY_TXQLEN, "DCCP_SOCKOPT_QPOLICY_TXQLEN", ReadWrite, BeforeConnect;
    /// How much of a datagram must be under its checksum: 0 for all, n for the header and (n-1)*4 bytes.
    RECV_CSCOV: i32, Integer in 0..=15, "recv_cscov", DCCP_SOCKOPT_RECV_CSCOV, "DCCP_SOCKOPT_RECV_CSCOV", ReadWrite, BeforeConnect;
    /// The way of congestion control by which is received.
    RX_CCID: i32, Integer, "rx_ccid", DCCP_SOCKOPT_RX_CCID, "DCCP_SOCKOPT_RX_CCID", Read, Connected;
    /// How much of what is sent is under the checksum: 0 for all, n for the header and (n-1)*4 bytes.
    SEND_CSCOV: i32, Integer in 0..=15, "send_cscov", DCCP_SOCKOPT_SEND_CSCOV, "DCCP_SOCKOPT_SEND_CSCOV", ReadWrite, BeforeConnect;
    /// Lets the server hold the state of a closed connection, in place of the client.
    SERVER_TIMEWAIT: bool, Flag, "server_timewait", DCCP_SOCKOPT_SERVER_TIMEWAIT, "DCCP_SOCKOPT_SERVER_TIMEWAIT", ReadWrite, Any;
    /// The service that is asked for, or offered: a connection without one is refused (RFC 5595).
    ///
    /// The kernel keeps it in network byte order; here it is a plain number.
    SERVICE: u32, BigEndian, "service", DCCP_SOCKOPT_SERVICE, "DCCP_SOCKOPT_SERVICE", ReadWrite, BeforeConnect;
    /// The way of congestion control by which is sent.
    TX_CCID: i32, Integer, "tx_ccid", DCCP_SOCKOPT_TX_CCID, "DCCP_SOCKOPT_TX_CCID", Read, Connected;
}
