//! Options of UDP-Lite: `IPPROTO_UDPLITE` (udplite(7), RFC 3828).

use super::options;

options! {
    UDPLITE, "udplite(7)";

    /// How much of a datagram must be under its checksum, or it is dropped: at least 8, the header; 0 for all of it.
    RECV_CSCOV: u32, Bytes in 0..=65535, "recv_cscov", UDPLITE_RECV_CSCOV, "UDPLITE_RECV_CSCOV", ReadWrite, Any;
    /// How much of what is sent is under the checksum: at least 8, the header; 0 for all of it.
    SEND_CSCOV: u32, Bytes in 0..=65535, "send_cscov", UDPLITE_SEND_CSCOV, "UDPLITE_SEND_CSCOV", ReadWrite, Any;
}
