//! What a kernel lacks that refuses to make a socket: the configuration that carries the family or the protocol.

use crate::kinds::{Family, Protocol, Type};
use crate::sys::{Errno, constants as c};

/// The transport, and what the kernel lacks where `errno` says that it knows no such family, type or protocol:
/// `can-raw (needs the kernel's CONFIG_CAN, module can)`.
pub(super) fn target(
    transport: String,
    errno: Errno,
    family: Family,
    kind: Type,
    protocol: Protocol,
) -> String {
    match missing(errno, family, kind, protocol) {
        Some(what) => format!("{transport} (needs the kernel's {what})"),
        None => transport,
    }
}

fn missing(errno: Errno, family: Family, kind: Type, protocol: Protocol) -> Option<&'static str> {
    let kind = Type::from_raw(kind.as_raw() & !c::SOCK_NONBLOCK);
    match errno.as_raw() {
        c::EAFNOSUPPORT => of_family(family),
        c::EPROTONOSUPPORT | c::ESOCKTNOSUPPORT => of_protocol(family, kind, protocol),
        // The vsock core is there, and nothing below it that carries such sockets.
        c::ENODEV if family == Family::VSOCK => Some(match kind {
            Type::DGRAM => "CONFIG_VMWARE_VMCI_VSOCKETS, the one transport that has datagrams",
            _ => "CONFIG_VIRTIO_VSOCKETS or another transport",
        }),
        _ => None,
    }
}

/// A module is loaded by itself where it is installed, so its absence means that nobody has built or packed it.
fn of_family(family: Family) -> Option<&'static str> {
    Some(match family {
        Family::UNIX => "CONFIG_UNIX",
        Family::INET => "CONFIG_INET",
        Family::INET6 => "CONFIG_IPV6, module ipv6",
        Family::NETLINK => "CONFIG_NET",
        Family::PACKET => "CONFIG_PACKET, module af_packet",
        Family::VSOCK => "CONFIG_VSOCKETS, module vsock",
        Family::CAN => "CONFIG_CAN, module can",
        Family::ALG => "CONFIG_CRYPTO_USER_API, module af_alg",
        Family::TIPC => "CONFIG_TIPC, module tipc",
        Family::BLUETOOTH => "CONFIG_BT, module bluetooth",
        Family::QIPCRTR => "CONFIG_QRTR, module qrtr",
        Family::XDP => "CONFIG_XDP_SOCKETS",
        Family::RDS => "CONFIG_RDS, module rds",
        Family::LLC => "CONFIG_LLC2, module llc2",
        Family::NFC => "CONFIG_NFC, module nfc",
        Family::PHONET => "CONFIG_PHONET, module phonet",
        Family::IEEE802154 => "CONFIG_IEEE802154_SOCKET, module ieee802154_socket",
        Family::PPPOX => "CONFIG_PPPOE, module pppox",
        Family::X25 => "CONFIG_X25, module x25",
        Family::KCM => "CONFIG_AF_KCM, module kcm",
        Family::SMC => "CONFIG_SMC, module smc",
        Family::MCTP => "CONFIG_MCTP",
        Family::AX25 => "CONFIG_AX25, module ax25",
        Family::IPX => "CONFIG_IPX, module ipx; gone since Linux 5.15",
        Family::APPLETALK => "CONFIG_ATALK, module appletalk",
        Family::NETROM => "CONFIG_NETROM, module netrom",
        Family::ATMPVC | Family::ATMSVC => "CONFIG_ATM, module atm",
        Family::ROSE => "CONFIG_ROSE, module rose",
        Family::DECNET => "CONFIG_DECNET, module decnet; gone since Linux 6.1",
        Family::KEY => "CONFIG_NET_KEY, module af_key",
        Family::ECONET => "CONFIG_ECONET, module econet; gone since Linux 3.5",
        Family::IRDA => "CONFIG_IRDA, module irda; gone since Linux 4.17",
        Family::WANPIPE => "CONFIG_WANPIPE, module af_wanpipe; gone since Linux 2.6.21",
        Family::IUCV => "CONFIG_AFIUCV, module af_iucv",
        Family::RXRPC => "CONFIG_AF_RXRPC, module rxrpc",
        Family::ISDN => "CONFIG_MISDN, module mISDN_core",
        Family::CAIF => "CONFIG_CAIF, module caif_socket",
        _ => return None,
    })
}

/// What a family that is there lacks. Empty for the combinations that no kernel has.
fn of_protocol(family: Family, kind: Type, protocol: Protocol) -> Option<&'static str> {
    match family {
        Family::INET | Family::INET6 if kind == Type::DCCP => {
            Some("CONFIG_IP_DCCP, module dccp; gone since Linux 6.16")
        }
        Family::INET | Family::INET6 => of_ip(protocol),
        _ => of_name(protocol.name_in(family)?),
    }
}

fn of_ip(protocol: Protocol) -> Option<&'static str> {
    Some(match protocol {
        Protocol::SCTP => "CONFIG_IP_SCTP, module sctp",
        Protocol::DCCP => "CONFIG_IP_DCCP, module dccp; gone since Linux 6.16",
        Protocol::MPTCP => "CONFIG_MPTCP",
        Protocol::L2TP => "CONFIG_L2TP_IP, module l2tp_ip",
        Protocol::SMC => "CONFIG_SMC, module smc, of Linux 6.11",
        _ => return None,
    })
}

fn of_name(protocol: &str) -> Option<&'static str> {
    Some(match protocol {
        "CAN_RAW" => "CONFIG_CAN_RAW, module can_raw",
        "CAN_BCM" => "CONFIG_CAN_BCM, module can_bcm",
        "CAN_ISOTP" => "CONFIG_CAN_ISOTP, module can_isotp",
        "CAN_J1939" => "CONFIG_CAN_J1939, module can_j1939",
        "BTPROTO_RFCOMM" => "CONFIG_BT_RFCOMM, module rfcomm",
        "BTPROTO_BNEP" => "CONFIG_BT_BNEP, module bnep",
        "BTPROTO_HIDP" => "CONFIG_BT_HIDP, module hidp",
        "PX_PROTO_OE" => "CONFIG_PPPOE, module pppoe",
        "PX_PROTO_OL2TP" => "CONFIG_PPPOL2TP, module l2tp_ppp",
        "PX_PROTO_PPTP" => "CONFIG_PPTP, module pptp",
        "NETLINK_SOCK_DIAG" => "CONFIG_SOCK_DIAG",
        "NETLINK_XFRM" => "CONFIG_XFRM_USER, module xfrm_user",
        "NETLINK_SELINUX" => "CONFIG_SECURITY_SELINUX",
        "NETLINK_ISCSI" => "CONFIG_SCSI_ISCSI_ATTRS, module scsi_transport_iscsi",
        "NETLINK_AUDIT" => "CONFIG_AUDIT",
        "NETLINK_CONNECTOR" => "CONFIG_CONNECTOR, module cn",
        "NETLINK_NETFILTER" => "CONFIG_NETFILTER_NETLINK, module nfnetlink",
        "NETLINK_RDMA" => "CONFIG_INFINIBAND, module ib_core",
        "NETLINK_CRYPTO" => "CONFIG_CRYPTO_USER, module crypto_user",
        "NFC_SOCKPROTO_LLCP" | "NFC_SOCKPROTO_RAW" => "CONFIG_NFC, module nfc",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_by_family_or_protocol() {
        let rows = [
            (c::EAFNOSUPPORT, Family::CAN, Type::RAW, Protocol::CAN_RAW, Some("CONFIG_CAN, module can")),
            (
                c::EPROTONOSUPPORT,
                Family::CAN,
                Type::RAW,
                Protocol::CAN_RAW,
                Some("CONFIG_CAN_RAW, module can_raw"),
            ),
            (
                c::EPROTONOSUPPORT,
                Family::INET,
                Type::STREAM,
                Protocol::SCTP,
                Some("CONFIG_IP_SCTP, module sctp"),
            ),
            (c::ESOCKTNOSUPPORT, Family::UNIX, Type::RDM, Protocol::DEFAULT, None),
            (c::EAFNOSUPPORT, Family::from_raw(99), Type::RAW, Protocol::DEFAULT, None),
            (c::ENODEV, Family::INET, Type::DGRAM, Protocol::DEFAULT, None),
        ];
        for (errno, family, kind, protocol, want) in rows {
            assert_eq!(missing(Errno::from_raw(errno), family, kind, protocol), want, "{family:?} {errno}");
        }
    }
}
