//! Options of UDP: `IPPROTO_UDP` (udp(7)).

use super::options;

options! {
    UDP, "udp(7)";

    /// Gathers what is sent into one datagram, until it is turned off.
    CORK: bool, Flag, "cork", UDP_CORK, "UDP_CORK", ReadWrite, Any;
    /// What the datagrams wrap: 0 for nothing, 2 for ESP (RFC 3948), 3 for L2TP; others are the kernel's own.
    ENCAP: i32, Integer, "encap", UDP_ENCAP, "UDP_ENCAP", ReadWrite, Any;
    /// Receives datagrams of one sender as one, with their common size beside it.
    GRO: bool, Flag, "gro", UDP_GRO, "UDP_GRO", ReadWrite, Any;
    /// Takes datagrams over IPv6 without a checksum.
    NO_CHECK6_RX: bool, Flag, "no_check6_rx", UDP_NO_CHECK6_RX, "UDP_NO_CHECK6_RX", ReadWrite, Any;
    /// Sends datagrams over IPv6 without a checksum.
    NO_CHECK6_TX: bool, Flag, "no_check6_tx", UDP_NO_CHECK6_TX, "UDP_NO_CHECK6_TX", ReadWrite, Any;
    /// The size of the datagrams that one send is cut into; 0 not to cut.
    SEGMENT: u32, Bytes in 0..=65535, "segment", UDP_SEGMENT, "UDP_SEGMENT", ReadWrite, Any;
}
