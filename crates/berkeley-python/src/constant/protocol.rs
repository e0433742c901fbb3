//! Types and protocols: `SOCK_*`, `IPPROTO_*`, and the protocols of the families other than IP's.

use berkeley::{Protocol, Type};

use super::constants;

constants! {
    SOCK_DGRAM = Type::DGRAM.as_raw();
    SOCK_RAW = Type::RAW.as_raw();
    SOCK_RDM = Type::RDM.as_raw();
    SOCK_SEQPACKET = Type::SEQPACKET.as_raw();
    SOCK_STREAM = Type::STREAM.as_raw();

    SOCK_CLOEXEC = 0x0008_0000;
    SOCK_NONBLOCK = 0x800;

    IPPROTO_AH = Protocol::AH.as_raw();
    IPPROTO_DSTOPTS = Protocol::DSTOPTS.as_raw();
    IPPROTO_EGP = Protocol::EGP.as_raw();
    IPPROTO_ESP = Protocol::ESP.as_raw();
    IPPROTO_FRAGMENT = Protocol::FRAGMENT.as_raw();
    IPPROTO_GRE = Protocol::GRE.as_raw();
    IPPROTO_ICMP = Protocol::ICMP.as_raw();
    IPPROTO_ICMPV6 = Protocol::ICMPV6.as_raw();
    IPPROTO_IDP = Protocol::IDP.as_raw();
    IPPROTO_IGMP = Protocol::IGMP.as_raw();
    IPPROTO_IP = Protocol::DEFAULT.as_raw();
    IPPROTO_IPIP = Protocol::IPIP.as_raw();
    IPPROTO_IPV6 = Protocol::IPV6.as_raw();
    IPPROTO_MPTCP = Protocol::MPTCP.as_raw();
    IPPROTO_NONE = Protocol::NONE.as_raw();
    IPPROTO_PIM = Protocol::PIM.as_raw();
    IPPROTO_PUP = Protocol::PUP.as_raw();
    IPPROTO_RAW = Protocol::RAW.as_raw();
    IPPROTO_ROUTING = Protocol::ROUTING.as_raw();
    IPPROTO_RSVP = Protocol::RSVP.as_raw();
    IPPROTO_SCTP = Protocol::SCTP.as_raw();
    IPPROTO_TCP = Protocol::TCP.as_raw();
    IPPROTO_TP = Protocol::TP.as_raw();
    IPPROTO_UDP = Protocol::UDP.as_raw();
    IPPROTO_UDPLITE = Protocol::UDPLITE.as_raw();

    IPPROTO_HOPOPTS = Protocol::DEFAULT.as_raw();

    NETLINK_CRYPTO = Protocol::NETLINK_CRYPTO.as_raw();
    NETLINK_NFLOG = Protocol::NETLINK_NFLOG.as_raw();
    NETLINK_ROUTE = Protocol::NETLINK_ROUTE.as_raw();
    NETLINK_USERSOCK = Protocol::NETLINK_USERSOCK.as_raw();
    NETLINK_XFRM = Protocol::NETLINK_XFRM.as_raw();

    // Netlink protocols that the kernel has given up.
    NETLINK_DNRTMSG = 14;
    NETLINK_FIREWALL = 3;
    NETLINK_IP6_FW = 13;

    CAN_BCM = Protocol::CAN_BCM.as_raw();
    CAN_ISOTP = Protocol::CAN_ISOTP.as_raw();
    CAN_J1939 = Protocol::CAN_J1939.as_raw();
    CAN_RAW = Protocol::CAN_RAW.as_raw();

    #[cfg(bluetooth)]
    BTPROTO_HCI = Protocol::BTPROTO_HCI.as_raw();
    #[cfg(bluetooth)]
    BTPROTO_L2CAP = Protocol::BTPROTO_L2CAP.as_raw();
    #[cfg(bluetooth)]
    BTPROTO_RFCOMM = Protocol::BTPROTO_RFCOMM.as_raw();
    #[cfg(bluetooth)]
    BTPROTO_SCO = Protocol::BTPROTO_SCO.as_raw();

    // In the host's byte order.
}
