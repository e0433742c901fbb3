//! Options of Multipath TCP: `SOL_MPTCP` (RFC 8684, `include/uapi/linux/mptcp.h`).

use std::fmt;
use std::time::Duration;

use super::options;
use super::structure::{read, structure};

options! {
    MPTCP, "Documentation/networking/mptcp.rst";

    /// What the kernel knows of the connection and its subflows; a socket that fell back to plain TCP has none.
    INFO: MptcpInfo, MptcpInfo, "info", MPTCP_INFO, "MPTCP_INFO", Read, Connected;
}

structure! {
    /// What the kernel knows of a Multipath TCP connection (`MPTCP_INFO`, Linux 5.16).
    #[doc(alias = "mptcp_info")]
    MptcpInfo, 512, "information";
    /// Subflows beside the first.
    subflows: u8 = byte 0;
    /// Addresses announced to the peer.
    add_addr_signal: u8 = byte 1;
    /// Addresses of the peer's that were taken.
    add_addr_accepted: u8 = byte 2;
    /// How many subflows there may be.
    subflows_max: u8 = byte 3;
    /// How many addresses may be announced.
    add_addr_signal_max: u8 = byte 4;
    /// How many of the peer's addresses may be taken.
    add_addr_accepted_max: u8 = byte 5;
    /// In bits: 1 fell back to TCP, 2 the peer's key has come.
    flags: u32 = number 8;
    /// The number by which the peer knows the connection.
    token: u32 = number 12;
    /// The sequence number of the next byte to be sent.
    write_seq: u64 = wide 16;
    /// The sequence number of the first byte not acknowledged.
    snd_una: u64 = wide 24;
    /// The sequence number of the next byte to come.
    rcv_nxt: u64 = wide 32;
    => later;
    /// Local addresses in use (Linux 5.16).
    local_addr_used: u8 = byte 40;
    /// How many local addresses may be used (Linux 5.16).
    local_addr_max: u8 = byte 41;
    /// Whether data carries checksums (Linux 5.16).
    csum_enabled: bool = flag 42;
    /// Segments sent anew, on this or another subflow (Linux 6.5).
    retransmits: u32 = segments 44;
    /// Bytes sent anew (Linux 6.5).
    bytes_retrans: u64 = wide_octets 48;
    /// Bytes sent (Linux 6.5).
    bytes_sent: u64 = wide_octets 56;
    /// Bytes received (Linux 6.5).
    bytes_received: u64 = wide_octets 64;
    /// Bytes that the peer has acknowledged (Linux 6.5).
    bytes_acked: u64 = wide_octets 72;
    /// Subflows, the first included (Linux 6.8).
    subflows_total: u8 = byte 80;
    /// How long ago data was last sent (Linux 6.10).
    last_data_sent: Duration = millis 84;
    /// How long ago data last came (Linux 6.10).
    last_data_recv: Duration = millis 88;
    /// How long ago an acknowledgement last came (Linux 6.10).
    last_ack_recv: Duration = millis 92;
}

impl fmt::Display for MptcpInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subflows {} of {} flags {:#x}", self.subflows, self.subflows_max, self.flags)?;
        write!(f, " token {:#010x}", self.token)
    }
}
