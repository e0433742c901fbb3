//! Options of IPv4: `IPPROTO_IP` (ip(7)). A socket of IPv6 takes them for its IPv4 traffic.

use std::net::Ipv4Addr;

use super::{MtuDiscover, PortRange, options};
use crate::kinds::Protocol;

options! {
    IP, "ip(7)";

    /// Leaves the choice of the port from bind to connect, so that it is unique per connection, not per host.
    BIND_ADDRESS_NO_PORT: bool, Flag, "bind_address_no_port", IP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT", ReadWrite, BeforeBind;
    /// Receives the checksum of each datagram.
    CHECKSUM: bool, Flag, "checksum", IP_CHECKSUM, "IP_CHECKSUM", ReadWrite, Any;
    /// Lets the socket bind to an address that is not this host's, or not yet.
    #[doc(alias = "set_freebind")]
    #[doc(alias = "set_freebind_v4")]
    FREEBIND: bool, Flag, "freebind", IP_FREEBIND, "IP_FREEBIND", ReadWrite, BeforeBind;
    /// The program writes the IP header itself, on raw sockets.
    #[doc(alias = "set_header_included")]
    #[doc(alias = "set_header_included_v4")]
    HDRINCL: bool, Flag, "hdrincl", IP_HDRINCL, "IP_HDRINCL", ReadWrite, Any;
    /// Where the kernel chooses a port: from the first to the last; 0-0 for the system's range.
    LOCAL_PORT_RANGE: PortRange, PortRange, "local_port_range", IP_LOCAL_PORT_RANGE, "IP_LOCAL_PORT_RANGE", ReadWrite, BeforeBind;
    /// Drops packets whose TTL is lower, which come from farther away (RFC 5082); 0 for none.
    MINTTL: i32, Integer in 0..=255, "minttl", IP_MINTTL, "IP_MINTTL", ReadWrite, Any;
    /// The MTU of the path to the peer, as far as it is known.
    MTU: u32, Bytes, "mtu", IP_MTU, "IP_MTU", Read, Connected;
    /// Whether the path's MTU is discovered, and what becomes of datagrams that are larger.
    #[doc(alias = "set_mtu_discover_v4")]
    MTU_DISCOVER: MtuDiscover, MtuDiscover, "mtu_discover", IP_MTU_DISCOVER, "IP_MTU_DISCOVER", ReadWrite, Any;
    /// Receives what any socket of this host has joined, not only what this one has.
    ///
    /// On by default: turn it off wherever a program joins groups.
    #[doc(alias = "set_multicast_all_v4")]
    MULTICAST_ALL: bool, Flag, "multicast_all", IP_MULTICAST_ALL, "IP_MULTICAST_ALL", ReadWrite, Any;
    /// The address of the interface that multicast goes out by; 0.0.0.0 for the route's.
    #[doc(alias = "set_multicast_if_v4")]
    #[doc(alias = "multicast_if_v4")]
    MULTICAST_IF: Ipv4Addr, Address, "multicast_if", IP_MULTICAST_IF, "IP_MULTICAST_IF", ReadWrite, Any;
    /// Receives the multicast that this host sends.
    #[doc(alias = "set_multicast_loop_v4")]
    #[doc(alias = "multicast_loop_v4")]
    MULTICAST_LOOP: bool, Flag, "multicast_loop", IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP", ReadWrite, Any;
    /// How many hops multicast may take; -1 for the default, which is 1: this network only.
    #[doc(alias = "set_multicast_ttl_v4")]
    #[doc(alias = "multicast_ttl_v4")]
    MULTICAST_TTL: i32, Integer in -1..=255, "multicast_ttl", IP_MULTICAST_TTL, "IP_MULTICAST_TTL", ReadWrite, Any;
    /// Leaves fragments that are sent as they are, where the firewall would gather them, on raw sockets.
    NODEFRAG: bool, Flag, "nodefrag", IP_NODEFRAG, "IP_NODEFRAG", ReadWrite, Any;
    /// The options in the headers of what is sent, at most 40 bytes (RFC 791); empty for none.
    OPTIONS: Vec<u8>, Octets, "options", IP_OPTIONS, "IP_OPTIONS", ReadWrite, Any;
    /// Receives the sender's security label with each datagram.
    PASSSEC: bool, Flag, "passsec", IP_PASSSEC, "IP_PASSSEC", ReadWrite, Any;
    /// Receives with each datagram the address that it was sent to and the interface that it came by.
    PKTINFO: bool, Flag, "pktinfo", IP_PKTINFO, "IP_PKTINFO", ReadWrite, Any;
    /// The protocol of a raw socket.
    ///
    /// On any other socket the kernel answers with the local port: ask for `SO_PROTOCOL` there.
    PROTOCOL: Protocol, Protocol, "protocol", IP_PROTOCOL, "IP_PROTOCOL", Read, Any;
    /// Queues what ICMP reports, with its sender, in the error queue.
    ///
    /// Without it an unconnected datagram socket never learns that a host or a port is unreachable.
    RECVERR: bool, Flag, "recverr", IP_RECVERR, "IP_RECVERR", ReadWrite, Any;
    /// Queues with what ICMP reports the extensions of RFC 4884.
    RECVERR_RFC4884: bool, Flag, "recverr_rfc4884", IP_RECVERR_RFC4884, "IP_RECVERR_RFC4884", ReadWrite, Any;
    /// Receives the size of the largest fragment with each datagram that came in fragments.
    RECVFRAGSIZE: bool, Flag, "recvfragsize", IP_RECVFRAGSIZE, "IP_RECVFRAGSIZE", ReadWrite, Any;
    /// Receives with each datagram the options of its header.
    RECVOPTS: bool, Flag, "recvopts", IP_RECVOPTS, "IP_RECVOPTS", ReadWrite, Any;
    /// Receives with each datagram the address and port that it was first sent to, before the firewall changed it.
    RECVORIGDSTADDR: bool, Flag, "recvorigdstaddr", IP_RECVORIGDSTADDR, "IP_RECVORIGDSTADDR", ReadWrite, Any;
    /// Receives with each datagram its type of service.
    #[doc(alias = "set_recv_tos")]
    #[doc(alias = "set_recv_tos_v4")]
    RECVTOS: bool, Flag, "recvtos", IP_RECVTOS, "IP_RECVTOS", ReadWrite, Any;
    /// Receives with each datagram its TTL.
    RECVTTL: bool, Flag, "recvttl", IP_RECVTTL, "IP_RECVTTL", ReadWrite, Any;
    /// Receives with each datagram the options of its header, as a reply would carry them.
    RETOPTS: bool, Flag, "retopts", IP_RETOPTS, "IP_RETOPTS", ReadWrite, Any;
    /// Receives the packets to be forwarded that carry the router-alert option, on raw sockets.
    ROUTER_ALERT: bool, Flag, "router_alert", IP_ROUTER_ALERT, "IP_ROUTER_ALERT", Write, Any;
    /// The type of service of what is sent: six bits of DSCP, two of ECN.
    ///
    /// On TCP the kernel keeps the two ECN bits for itself, so that 0xff reads back as 0xfc. Setting it also sets
    /// `SO_PRIORITY`.
    #[doc(alias = "set_tos")]
    #[doc(alias = "set_tos_v4")]
    TOS: i32, Integer in 0..=255, "tos", IP_TOS, "IP_TOS", ReadWrite, Any;
    /// Lets the socket take connections and datagrams for addresses that are not this host's; needs `CAP_NET_ADMIN`.
    #[doc(alias = "set_ip_transparent")]
    #[doc(alias = "set_ip_transparent_v4")]
    TRANSPARENT: bool, Flag, "transparent", IP_TRANSPARENT, "IP_TRANSPARENT", ReadWrite, BeforeBind;
    /// How many hops what is sent may take; -1 for the system's default, 0 is refused.
    #[doc(alias = "set_ttl")]
    #[doc(alias = "set_ttl_v4")]
    TTL: i32, Integer in -1..=255, "ttl", IP_TTL, "IP_TTL", ReadWrite, Any;
    /// The index of the interface that unicast goes out by where no route says better; 0 for none.
    ///
    /// The kernel keeps it in network byte order; here it is a plain number.
    UNICAST_IF: u32, InterfaceBigEndian, "unicast_if", IP_UNICAST_IF, "IP_UNICAST_IF", ReadWrite, BeforeConnect;
}
