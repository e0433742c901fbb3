//! Options of IPv6: `IPPROTO_IPV6` (ipv6(7), RFC 3493 and RFC 3542).

use super::{MtuDiscover, options};
use crate::kinds::Family;

options! {
    IPV6, "ipv6(7)";

    /// Which of this host's addresses are preferred as the source, by the flags `IPV6_PREFER_SRC_*` (RFC 5014).
    ADDR_PREFERENCES: u32, Unsigned, "addr_preferences", IPV6_ADDR_PREFERENCES, "IPV6_ADDR_PREFERENCES", ReadWrite, BeforeConnect;
    /// Turns a socket that is connected to an IPv4-mapped address into one of `AF_INET`, for good.
    ADDRFORM: Family, Family, "addrform", IPV6_ADDRFORM, "IPV6_ADDRFORM", Write, Connected;
    /// Labels each flow by itself.
    AUTOFLOWLABEL: bool, Flag, "autoflowlabel", IPV6_AUTOFLOWLABEL, "IPV6_AUTOFLOWLABEL", ReadWrite, Any;
    /// Where in the packet the kernel puts and checks a checksum, on raw sockets; -1 for nowhere.
    CHECKSUM: i32, Integer in -1..=65535, "checksum", IPV6_CHECKSUM, "IPV6_CHECKSUM", ReadWrite, Any;
    /// Refuses a datagram larger than the path's MTU, rather than send it in fragments.
    DONTFRAG: bool, Flag, "dontfrag", IPV6_DONTFRAG, "IPV6_DONTFRAG", ReadWrite, Any;
    /// The destination options in the headers of what is sent (RFC 8200); empty for none; needs `CAP_NET_RAW`.
    DSTOPTS: Vec<u8>, Octets, "dstopts", IPV6_DSTOPTS, "IPV6_DSTOPTS", ReadWrite, Any;
    /// Receives with each datagram its flow label and traffic class.
    FLOWINFO: bool, Flag, "flowinfo", IPV6_FLOWINFO, "IPV6_FLOWINFO", ReadWrite, Any;
    /// Sends the flow label that the peer's address carries.
    FLOWINFO_SEND: bool, Flag, "flowinfo_send", IPV6_FLOWINFO_SEND, "IPV6_FLOWINFO_SEND", ReadWrite, Any;
    /// Lets the socket bind to an address that is not this host's, or not yet.
    #[doc(alias = "set_freebind_v6")]
    FREEBIND: bool, Flag, "freebind", IPV6_FREEBIND, "IPV6_FREEBIND", ReadWrite, BeforeBind;
    /// The program writes the IPv6 header itself, on raw sockets.
    #[doc(alias = "set_header_included_v6")]
    HDRINCL: bool, Flag, "hdrincl", IPV6_HDRINCL, "IPV6_HDRINCL", ReadWrite, Any;
    /// The hop-by-hop options in the headers of what is sent (RFC 8200); empty for none; needs `CAP_NET_RAW`.
    HOPOPTS: Vec<u8>, Octets, "hopopts", IPV6_HOPOPTS, "IPV6_HOPOPTS", ReadWrite, Any;
    /// Drops packets whose hop limit is lower, which come from farther away (RFC 5082); 0 for none.
    MINHOPCOUNT: i32, Integer in 0..=255, "minhopcount", IPV6_MINHOPCOUNT, "IPV6_MINHOPCOUNT", ReadWrite, Any;
    /// The MTU of the path to the peer; set, what the socket takes it for, at least 1280, 0 for what is known.
    ///
    /// Reading it asks for a connected socket.
    MTU: u32, Bytes, "mtu", IPV6_MTU, "IPV6_MTU", ReadWrite, Any;
    /// Whether the path's MTU is discovered, and what becomes of datagrams that are larger.
    MTU_DISCOVER: MtuDiscover, MtuDiscover, "mtu_discover", IPV6_MTU_DISCOVER, "IPV6_MTU_DISCOVER", ReadWrite, Any;
    /// Receives what any socket of this host has joined, not only what this one has.
    #[doc(alias = "set_multicast_all_v6")]
    MULTICAST_ALL: bool, Flag, "multicast_all", IPV6_MULTICAST_ALL, "IPV6_MULTICAST_ALL", ReadWrite, Any;
    /// How many hops multicast may take; -1 for the default, which is 1: this network only.
    #[doc(alias = "set_multicast_hops_v6")]
    #[doc(alias = "multicast_hops_v6")]
    MULTICAST_HOPS: i32, Integer in -1..=255, "multicast_hops", IPV6_MULTICAST_HOPS, "IPV6_MULTICAST_HOPS", ReadWrite, Any;
    /// The index of the interface that multicast goes out by; 0 for the route's.
    #[doc(alias = "set_multicast_if_v6")]
    #[doc(alias = "multicast_if_v6")]
    MULTICAST_IF: u32, Interface, "multicast_if", IPV6_MULTICAST_IF, "IPV6_MULTICAST_IF", ReadWrite, Any;
    /// Receives the multicast that this host sends.
    #[doc(alias = "set_multicast_loop_v6")]
    #[doc(alias = "multicast_loop_v6")]
    MULTICAST_LOOP: bool, Flag, "multicast_loop", IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP", ReadWrite, Any;
    /// The MTU of the path to the peer, as far as it is known.
    PATHMTU: u32, PathMtu, "pathmtu", IPV6_PATHMTU, "IPV6_PATHMTU", Read, Connected;
    /// Receives with each datagram the destination options of its header.
    RECVDSTOPTS: bool, Flag, "recvdstopts", IPV6_RECVDSTOPTS, "IPV6_RECVDSTOPTS", ReadWrite, Any;
    /// Queues what `ICMPv6` reports, with its sender, in the error queue.
    RECVERR: bool, Flag, "recverr", IPV6_RECVERR, "IPV6_RECVERR", ReadWrite, Any;
    /// Queues with what `ICMPv6` reports the extensions of RFC 4884.
    RECVERR_RFC4884: bool, Flag, "recverr_rfc4884", IPV6_RECVERR_RFC4884, "IPV6_RECVERR_RFC4884", ReadWrite, Any;
    /// Receives the size of the largest fragment with each datagram that came in fragments.
    RECVFRAGSIZE: bool, Flag, "recvfragsize", IPV6_RECVFRAGSIZE, "IPV6_RECVFRAGSIZE", ReadWrite, Any;
    /// Receives with each datagram its hop limit.
    #[doc(alias = "set_recv_hoplimit_v6")]
    RECVHOPLIMIT: bool, Flag, "recvhoplimit", IPV6_RECVHOPLIMIT, "IPV6_RECVHOPLIMIT", ReadWrite, Any;
    /// Receives with each datagram the hop-by-hop options of its header.
    RECVHOPOPTS: bool, Flag, "recvhopopts", IPV6_RECVHOPOPTS, "IPV6_RECVHOPOPTS", ReadWrite, Any;
    /// Receives with each datagram the address and port that it was first sent to, before the firewall changed it.
    RECVORIGDSTADDR: bool, Flag, "recvorigdstaddr", IPV6_RECVORIGDSTADDR, "IPV6_RECVORIGDSTADDR", ReadWrite, Any;
    /// Receives a message when the path's MTU changes.
    RECVPATHMTU: bool, Flag, "recvpathmtu", IPV6_RECVPATHMTU, "IPV6_RECVPATHMTU", ReadWrite, Any;
    /// Receives with each datagram the address that it was sent to and the interface that it came by.
    RECVPKTINFO: bool, Flag, "recvpktinfo", IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO", ReadWrite, Any;
    /// Receives with each datagram its routing header.
    RECVRTHDR: bool, Flag, "recvrthdr", IPV6_RECVRTHDR, "IPV6_RECVRTHDR", ReadWrite, Any;
    /// Receives with each datagram its traffic class.
    #[doc(alias = "set_recv_tclass_v6")]
    RECVTCLASS: bool, Flag, "recvtclass", IPV6_RECVTCLASS, "IPV6_RECVTCLASS", ReadWrite, Any;
    /// Receives the packets that carry the router-alert option of this value, on raw sockets; -1 for none.
    ROUTER_ALERT: i32, Integer in -1..=65535, "router_alert", IPV6_ROUTER_ALERT, "IPV6_ROUTER_ALERT", Write, Any;
    /// Receives router alerts of the socket's own network namespace only.
    ROUTER_ALERT_ISOLATE: bool, Flag, "router_alert_isolate", IPV6_ROUTER_ALERT_ISOLATE, "IPV6_ROUTER_ALERT_ISOLATE", ReadWrite, Any;
    /// The routing header of what is sent (RFC 8200); empty for none.
    RTHDR: Vec<u8>, Octets, "rthdr", IPV6_RTHDR, "IPV6_RTHDR", ReadWrite, Any;
    /// The destination options before that routing header; empty for none; needs `CAP_NET_RAW`.
    RTHDRDSTOPTS: Vec<u8>, Octets, "rthdrdstopts", IPV6_RTHDRDSTOPTS, "IPV6_RTHDRDSTOPTS", ReadWrite, Any;
    /// The traffic class of what is sent: six bits of DSCP, two of ECN; -1 for the default.
    #[doc(alias = "set_tclass_v6")]
    #[doc(alias = "tclass_v6")]
    TCLASS: i32, Integer in -1..=255, "tclass", IPV6_TCLASS, "IPV6_TCLASS", ReadWrite, Any;
    /// Lets the socket take connections and datagrams for addresses that are not this host's; needs `CAP_NET_ADMIN`.
    #[doc(alias = "set_ip_transparent_v6")]
    TRANSPARENT: bool, Flag, "transparent", IPV6_TRANSPARENT, "IPV6_TRANSPARENT", ReadWrite, BeforeBind;
    /// How many hops what is sent may take; -1 for the route's.
    #[doc(alias = "set_unicast_hops_v6")]
    #[doc(alias = "unicast_hops_v6")]
    UNICAST_HOPS: i32, Integer in -1..=255, "unicast_hops", IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS", ReadWrite, Any;
    /// The index of the interface that unicast goes out by where no route says better; 0 for none.
    ///
    /// The kernel keeps it in network byte order; here it is a plain number.
    UNICAST_IF: u32, InterfaceBigEndian, "unicast_if", IPV6_UNICAST_IF, "IPV6_UNICAST_IF", ReadWrite, BeforeConnect;
    /// Keeps the socket to IPv6: off, a socket that is bound to every address takes IPv4 too.
    #[doc(alias = "set_only_v6")]
    #[doc(alias = "only_v6")]
    V6ONLY: bool, Flag, "v6only", IPV6_V6ONLY, "IPV6_V6ONLY", ReadWrite, BeforeBind;
}
