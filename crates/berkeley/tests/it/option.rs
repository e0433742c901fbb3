//! The option table against real sockets, its lookup, and its texts.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use berkeley::option::{self, Access, Description, FindError, Kind, Level, MtuDiscover, PortRange, Value};
use berkeley::{Address, Error, Family, Protocol, Socket, Type};
use libc::{EACCES, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM};
use proptest::prelude::*;

use crate::skip::skip;

/// A socket of one kind, and the levels that answer for it.
struct Specimen {
    name: &'static str,
    levels: &'static [Level],
    /// The socket under test first; those after it keep it alive.
    make: fn() -> berkeley::Result<Vec<Socket>>,
}

const TCP: &[Level] = &[Level::SOCKET, Level::IP, Level::TCP];
const TCP6: &[Level] = &[Level::SOCKET, Level::IPV6, Level::TCP];
const UDP: &[Level] = &[Level::SOCKET, Level::IP, Level::UDP];
const UDP6: &[Level] = &[Level::SOCKET, Level::IPV6, Level::UDP];
const UDPLITE: &[Level] = &[Level::SOCKET, Level::IP, Level::UDPLITE];
const PACKET: Family = Family::from_raw(libc::AF_PACKET);
const NETLINK: Family = Family::from_raw(libc::AF_NETLINK);
const VSOCK: Family = Family::from_raw(libc::AF_VSOCK);
const CAN: Family = Family::from_raw(libc::AF_CAN);
const ALG: Family = Family::from_raw(libc::AF_ALG);
const TIPC: Family = Family::from_raw(libc::AF_TIPC);
const XDP: Family = Family::from_raw(libc::AF_XDP);

const SPECIMENS: &[Specimen] = &[
    Specimen { name: "tcp", levels: TCP, make: || one(Family::INET, Type::STREAM) },
    Specimen { name: "tcp, connected", levels: TCP, make: || connected_tcp(Protocol::TCP) },
    Specimen { name: "tcp6", levels: TCP6, make: || one(Family::INET6, Type::STREAM) },
    Specimen { name: "udp", levels: UDP, make: || one(Family::INET, Type::DGRAM) },
    Specimen { name: "udp, connected", levels: UDP, make: || connected_udp((Ipv4Addr::LOCALHOST, 9).into()) },
    Specimen { name: "udp6", levels: UDP6, make: || one(Family::INET6, Type::DGRAM) },
    Specimen {
        name: "udp6, connected",
        levels: UDP6,
        make: || connected_udp((Ipv6Addr::LOCALHOST, 9).into()),
    },
    Specimen { name: "udplite", levels: UDPLITE, make: || of(Family::INET, Type::DGRAM, Protocol::UDPLITE) },
    Specimen {
        name: "sctp",
        levels: &[Level::SCTP],
        make: || of(Family::INET, Type::STREAM, Protocol::SCTP),
    },
    Specimen { name: "dccp", levels: &[Level::DCCP], make: || of(Family::INET, Type::DCCP, Protocol::DCCP) },
    Specimen { name: "mptcp, connected", levels: &[Level::MPTCP], make: || connected_tcp(Protocol::MPTCP) },
    Specimen { name: "unix pair", levels: &[Level::SOCKET], make: unix_pair },
    Specimen { name: "raw", levels: &[Level::SOCKET, Level::IP], make: || raw(Family::INET) },
    Specimen { name: "raw6", levels: &[Level::SOCKET, Level::IPV6], make: || raw(Family::INET6) },
    Specimen { name: "icmp", levels: &[Level::ICMP], make: || of(Family::INET, Type::RAW, Protocol::ICMP) },
    Specimen {
        name: "icmpv6",
        levels: &[Level::ICMPV6],
        make: || of(Family::INET6, Type::RAW, Protocol::ICMPV6),
    },
    Specimen { name: "packet", levels: &[Level::PACKET], make: || one(PACKET, Type::RAW) },
    Specimen { name: "netlink", levels: &[Level::NETLINK], make: || one(NETLINK, Type::RAW) },
    Specimen { name: "vsock", levels: &[Level::VSOCK], make: || one(VSOCK, Type::STREAM) },
    Specimen { name: "can", levels: &[Level::CAN], make: || of(CAN, Type::RAW, Protocol::from_raw(1)) },
    Specimen { name: "isotp", levels: &[Level::ISOTP], make: || of(CAN, Type::DGRAM, Protocol::CAN_ISOTP) },
    Specimen { name: "j1939", levels: &[Level::J1939], make: || of(CAN, Type::DGRAM, Protocol::CAN_J1939) },
    Specimen { name: "alg", levels: &[Level::ALG], make: || one(ALG, Type::SEQPACKET) },
    Specimen { name: "tipc", levels: &[Level::TIPC], make: || one(TIPC, Type::RDM) },
    Specimen { name: "xdp", levels: &[Level::XDP], make: || one(XDP, Type::RAW) },
];

fn of(family: Family, kind: Type, protocol: Protocol) -> berkeley::Result<Vec<Socket>> {
    Ok(vec![Socket::new(family, kind, protocol)?])
}

fn one(family: Family, kind: Type) -> berkeley::Result<Vec<Socket>> {
    of(family, kind, Protocol::DEFAULT)
}

/// 253 is a protocol for experiments (RFC 3692): nothing here sends or receives it.
fn raw(family: Family) -> berkeley::Result<Vec<Socket>> {
    of(family, Type::RAW, Protocol::from_raw(253))
}

fn connected_tcp(protocol: Protocol) -> berkeley::Result<Vec<Socket>> {
    let listener = Socket::new(Family::INET, Type::STREAM, protocol)?;
    listener.bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.listen(1)?;
    let client = Socket::new(Family::INET, Type::STREAM, protocol)?;
    client.set_timeout(Some(Duration::from_secs(10)))?;
    client.connect(listener.local_address()?)?;
    Ok(vec![client, listener])
}

fn connected_udp(peer: Address) -> berkeley::Result<Vec<Socket>> {
    let sockets = one(peer.family(), Type::DGRAM)?;
    sockets[0].connect(peer)?;
    Ok(sockets)
}

fn unix_pair() -> berkeley::Result<Vec<Socket>> {
    let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    Ok(vec![left, right])
}

fn tcp() -> Socket {
    Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap()
}

fn udp() -> Socket {
    Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap()
}

/// Why a kernel refuses an option on a socket of the right level: the option, the errno, the reason.
const REFUSALS: &[(&str, i32, &str)] = &[
    ("SO_PASSCRED", EOPNOTSUPP, "for Unix and netlink sockets alone, since Linux 6.16"),
    ("SO_PASSPIDFD", EOPNOTSUPP, "for Unix and netlink sockets alone, since Linux 6.16"),
    ("SO_PASSSEC", EOPNOTSUPP, "for Unix and netlink sockets alone, since Linux 6.16"),
    ("SO_PASSRIGHTS", EOPNOTSUPP, "for Unix sockets alone"),
    ("SO_INQ", EINVAL, "for Unix streams alone"),
    ("SO_PEERGROUPS", libc::ENODATA, "where there is a peer"),
    ("SO_PEEK_OFF", EOPNOTSUPP, "not for raw sockets; for TCP since Linux 6.9"),
    ("SO_PEERSEC", ENOPROTOOPT, "for kernels with a security module that labels sockets"),
    ("SO_REUSEPORT", EOPNOTSUPP, "for internet sockets alone, since Linux 6.13"),
    ("SO_TXREHASH", EOPNOTSUPP, "for TCP alone"),
    ("SO_ZEROCOPY", EOPNOTSUPP, "for TCP and UDP alone"),
    ("SO_BUSY_POLL", ENOPROTOOPT, "for kernels with CONFIG_NET_RX_BUSY_POLL"),
    ("SO_PREFER_BUSY_POLL", ENOPROTOOPT, "for kernels with CONFIG_NET_RX_BUSY_POLL"),
    ("SO_INCOMING_NAPI_ID", ENOPROTOOPT, "for kernels with CONFIG_NET_RX_BUSY_POLL"),
    ("IP_HDRINCL", ENOPROTOOPT, "for raw sockets alone"),
    ("IP_MTU", ENOTCONN, "once connected"),
    ("IP_NODEFRAG", ENOPROTOOPT, "for raw sockets alone"),
    ("IP_RECVFRAGSIZE", EINVAL, "for datagrams and raw sockets"),
    ("IP_ROUTER_ALERT", EINVAL, "for raw sockets alone"),
    ("IPV6_CHECKSUM", ENOPROTOOPT, "for raw sockets alone"),
    ("IPV6_HDRINCL", ENOPROTOOPT, "for raw sockets alone"),
    ("IPV6_MTU", ENOTCONN, "once connected"),
    ("IPV6_PATHMTU", ENOTCONN, "once connected"),
    ("TCP_REPAIR_QUEUE", EINVAL, "under repair"),
    ("TCP_REPAIR_WINDOW", EPERM, "under repair"),
    ("TCP_QUEUE_SEQ", EINVAL, "under repair"),
    ("PACKET_ROLLOVER_STATS", EINVAL, "in a fanout group"),
    ("IPV6_V6ONLY", EINVAL, "before bind, and connecting binds; a raw socket has its number from the start"),
    ("TCP_FASTOPEN_CONNECT", EINVAL, "before connect"),
    ("TCP_FASTOPEN_CONNECT", EOPNOTSUPP, "where net.ipv4.tcp_fastopen lets clients"),
    ("TCP_FASTOPEN_NO_COOKIE", EINVAL, "before connect"),
];

/// Options that came later than the oldest kernel in wide use, and with which Linux: older ones give `ENOPROTOOPT`.
const NEWER: &[(&str, &str)] = &[
    ("SO_PREFER_BUSY_POLL", "5.11"),
    ("SO_NETNS_COOKIE", "5.14"),
    ("SO_BUF_LOCK", "5.14"),
    ("SO_RESERVE_MEM", "5.17"),
    ("SO_TXREHASH", "5.18"),
    ("SO_RCVMARK", "5.19"),
    ("SO_PASSPIDFD", "6.5"),
    ("SO_RCVPRIORITY", "6.14"),
    ("SO_PASSRIGHTS", "6.16"),
    ("SO_INQ", "6.17"),
    ("IP_RECVERR_RFC4884", "5.9"),
    ("IP_LOCAL_PORT_RANGE", "6.3"),
    ("IP_PROTOCOL", "6.4"),
    ("IPV6_RECVERR_RFC4884", "5.9"),
    ("TCP_IS_MPTCP", "5.16"),
    ("TCP_RTO_MAX_MS", "6.15"),
    ("TCP_RTO_MIN_US", "6.16"),
    ("TCP_DELACK_MAX_US", "6.16"),
];

/// What the kernel's own default or habit makes of a flag that was set.
const NOT_KEPT: &[(&str, &str)] = &[("TCP_THIN_DUPACK", "taken and ignored since Linux 4.11")];

/// The reason for a refusal; none is a fault of the table.
fn reason(option: &Description, error: &Error) -> Option<String> {
    let errno = error.raw_os_error()?;
    let known = REFUSALS.iter().find(|(name, refusal, _)| *name == option.c_name && *refusal == errno);
    let newer = NEWER.iter().find(|(name, _)| *name == option.c_name && errno == ENOPROTOOPT);
    match (known, newer) {
        (Some((_, _, reason)), _) => Some((*reason).to_owned()),
        (None, Some((_, since))) => Some(format!("since Linux {since}")),
        (None, None) if errno == EPERM || errno == EACCES => Some("for the administrator".to_owned()),
        (None, None) => None,
    }
}

/// Runs `check` on a fresh socket of each kind that has the option's level. Gives whether one took it, says which were
/// refused and why where none did, and panics at a refusal without a reason.
fn on_each_specimen(option: &Description, check: impl Fn(&Socket) -> berkeley::Result<()>) {
    let mut refusals = Vec::new();
    let mut taken = false;
    for specimen in SPECIMENS.iter().filter(|specimen| specimen.levels.contains(&option.level)) {
        let sockets = match (specimen.make)() {
            Ok(sockets) => sockets,
            Err(error) => {
                skip(&format!("option::on_{}", specimen.name.replace([',', ' '], "_")), &error.to_string());
                refusals.push(format!("this host makes no such socket ({}: {error})", specimen.name));
                continue;
            }
        };
        match check(&sockets[0]) {
            Ok(()) => taken = true,
            Err(error) => match reason(option, &error) {
                Some(reason) => refusals.push(format!("{reason} ({}: {error})", specimen.name)),
                None => panic!("{option} on {}: {error}", specimen.name),
            },
        }
    }
    if !taken {
        assert!(!refusals.is_empty(), "no kind of socket has {option}");
        // Of those that want a repair or a fanout group the reason is known, and no kernel's.
        if refusals
            .iter()
            .any(|reason| reason.starts_with("since Linux") || reason.starts_with("for kernels"))
        {
            skip(&format!("option::{}", option.c_name), &refusals.join("; "));
        }
    }
}

#[test]
fn every_readable_option_reads_or_is_refused_for_a_known_reason() {
    for option in option::all().filter(|option| option.access.reads()) {
        on_each_specimen(option, |socket| socket.get_value(option).map(|_| ()));
    }
}

#[test]
fn every_writable_flag_reads_back_as_it_was_set() {
    for option in option::all().filter(|option| option.access.writes() && option.kind == Kind::Flag) {
        on_each_specimen(option, |socket| {
            // A lock that could be undone would be none.
            let states: &[bool] = if option.c_name == "SO_LOCK_FILTER" { &[true] } else { &[true, false] };
            for &on in states {
                socket.set_value(option, &Value::Flag(on))?;
                let kept = option.access.reads() && !NOT_KEPT.iter().any(|(name, _)| *name == option.c_name);
                if kept {
                    assert_eq!(socket.get_value(option)?, Value::Flag(on), "{option}");
                }
            }
            Ok(())
        });
    }
}

#[test]
fn every_value_that_was_read_prints_as_text_that_parses_to_it() {
    for option in option::all().filter(|option| option.access == Access::ReadWrite) {
        on_each_specimen(option, |socket| {
            let value = socket.get_value(option)?;
            // The kernel reports some values that it would not take, such as no name at all.
            if let Ok(parsed) = option.parse(Some(&value.to_string())) {
                assert_eq!(parsed, value, "{option}");
            } else {
                assert!(option.range.is_some() || value == Value::Text(String::new()), "{option}: {value}");
            }
            Ok(())
        });
    }
}

#[test]
fn the_access_of_a_row_is_kept_before_the_kernel_is_asked() {
    let written = tcp().set(option::TYPE, Type::DGRAM).unwrap_err();
    assert_eq!(written.to_string(), "set socket.type: cannot be set, only read");
    let read = tcp().get(option::RCVBUFFORCE).unwrap_err();
    assert_eq!(read.to_string(), "get socket.rcvbufforce: cannot be read, only set");
    let mistaken = tcp().set_value(option::KEEPALIVE.description(), &Value::Integer(7)).unwrap_err();
    assert_eq!(mistaken.to_string(), "set socket.keepalive: takes on or off, got 7");
}

#[test]
fn typed_values_go_in_and_come_out() {
    let socket = tcp();
    socket.set(option::tcp::NODELAY, true).unwrap();
    assert!(socket.get(option::tcp::NODELAY).unwrap());
    for linger in [Some(Duration::from_secs(5)), Some(Duration::ZERO), None] {
        socket.set(option::LINGER, linger).unwrap();
        assert_eq!(socket.get(option::LINGER).unwrap(), linger);
    }
    socket.set(option::tcp::KEEPIDLE, Duration::from_secs(75)).unwrap();
    assert_eq!(socket.get(option::tcp::KEEPIDLE).unwrap(), Duration::from_secs(75));
    socket.set(option::tcp::USER_TIMEOUT, Duration::from_millis(1500)).unwrap();
    assert_eq!(socket.get(option::tcp::USER_TIMEOUT).unwrap(), Duration::from_millis(1500));
    socket.set(option::RCVTIMEO, Duration::from_millis(1500)).unwrap();
    assert_eq!(socket.get(option::RCVTIMEO).unwrap(), Duration::from_millis(1500));
    socket.set(option::ip::TTL, 3).unwrap();
    assert_eq!(socket.get(option::ip::TTL).unwrap(), 3);
    socket.set(option::ip::MTU_DISCOVER, MtuDiscover::DO).unwrap();
    assert_eq!(socket.get(option::ip::MTU_DISCOVER).unwrap(), MtuDiscover::DO);
}

#[test]
fn the_algorithm_of_congestion_control_is_a_name() {
    let socket = tcp();
    socket.set(option::tcp::CONGESTION, "reno").unwrap();
    assert_eq!(socket.get(option::tcp::CONGESTION).unwrap(), "reno");
    let unknown = socket.set(option::tcp::CONGESTION, "no-such").unwrap_err();
    assert_eq!(unknown.raw_os_error(), Some(libc::ENOENT));
    let long = socket.set(option::tcp::CONGESTION, "longer than a name is").unwrap_err();
    assert_eq!(long.to_string(), "set tcp.congestion: takes a name of at most 15 bytes, got 21");
}

#[test]
fn the_kernel_doubles_a_buffer() {
    let socket = udp();
    socket.set(option::RCVBUF, 32_768).unwrap();
    assert_eq!(socket.get(option::RCVBUF).unwrap(), 65_536);
}

#[test]
fn v6only_lets_ipv6_have_a_port_that_ipv4_has() {
    let ipv4 = tcp();
    ipv4.bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = ipv4.local_address().unwrap().port().unwrap();
    for (only, refusal) in [(false, Some(libc::EADDRINUSE)), (true, None)] {
        let Ok(ipv6) = Socket::new(Family::INET6, Type::STREAM, Protocol::DEFAULT) else {
            return skip("option::v6only_lets_ipv6_have_a_port_that_ipv4_has", "IPv6");
        };
        ipv6.set(option::ipv6::V6ONLY, only).unwrap();
        assert_eq!(ipv6.get(option::ipv6::V6ONLY).unwrap(), only);
        let bound = ipv6.bind((Ipv6Addr::UNSPECIFIED, port));
        assert_eq!(bound.err().and_then(|error| error.raw_os_error()), refusal, "V6ONLY {only}");
    }
}

#[test]
fn multicast_leaves_by_the_interface_that_is_named() {
    let socket = udp();
    socket.set(option::ip::MULTICAST_IF, Ipv4Addr::LOCALHOST).unwrap();
    assert_eq!(socket.get(option::ip::MULTICAST_IF).unwrap(), Ipv4Addr::LOCALHOST);
    // Loopback is the first interface of every network namespace.
    socket.set(option::ip::UNICAST_IF, 1).unwrap();
    assert_eq!(socket.get(option::ip::UNICAST_IF).unwrap(), 1);
}

#[test]
fn the_socket_says_what_it_was_made_of() {
    let socket = udp();
    assert_eq!(socket.get(option::DOMAIN).unwrap(), Family::INET);
    assert_eq!(socket.get(option::TYPE).unwrap(), Type::DGRAM);
    assert_eq!(socket.get(option::PROTOCOL).unwrap(), Protocol::UDP);
    assert_eq!(socket.get_value(option::TYPE.description()).unwrap().to_string(), "SOCK_DGRAM");
    assert_ne!(socket.get(option::COOKIE).unwrap(), udp().get(option::COOKIE).unwrap());
}

#[test]
fn a_unix_peer_has_credentials() {
    let sockets = unix_pair().unwrap();
    let peer = sockets[0].get(option::PEERCRED).unwrap();
    assert_eq!(u32::try_from(peer.pid), Ok(std::process::id()));
}

#[test]
fn a_port_is_chosen_from_the_range() {
    let socket = tcp();
    let range = PortRange::new(47_000, 47_999);
    match socket.set(option::ip::LOCAL_PORT_RANGE, range) {
        Err(error) if error.raw_os_error() == Some(ENOPROTOOPT) => {
            return skip("option::a_port_is_chosen_from_the_range", "IP_LOCAL_PORT_RANGE (Linux 6.3)");
        }
        result => result.unwrap(),
    }
    assert_eq!(socket.get(option::ip::LOCAL_PORT_RANGE).unwrap(), range);
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_address().unwrap().port().unwrap();
    assert!((range.low..=range.high).contains(&port), "{port}");
}

#[test]
fn a_refusal_names_the_option_and_the_socket() {
    let error = udp().set(option::tcp::NODELAY, true).unwrap_err();
    assert_eq!(error.to_string(), "set tcp.nodelay of udp: protocol not available (os error 92)");
}

#[test]
fn options_are_found_by_full_name_c_name_and_bare_name() {
    let rows = [
        ("tcp.cork", "TCP_CORK"),
        ("UDP_CORK", "UDP_CORK"),
        ("nodelay", "TCP_NODELAY"),
        ("NoDelay", "TCP_NODELAY"),
        ("so_reuseaddr", "SO_REUSEADDR"),
        ("socket.reuseaddr", "SO_REUSEADDR"),
        ("ttl", "IP_TTL"),
        ("tipc.nodelay", "TIPC_NODELAY"),
        ("packet.statistics", "PACKET_STATISTICS"),
        ("qdisc_bypass", "PACKET_QDISC_BYPASS"),
        ("ipv6.mtu", "IPV6_MTU"),
    ];
    for (name, want) in rows {
        assert_eq!(option::find(name).map(|option| option.c_name), Ok(want), "{name}");
    }
}

#[test]
fn every_option_is_found_by_its_full_name_and_its_c_name() {
    for option in option::all() {
        assert_eq!(option::find(&option.to_string()), Ok(option));
        assert_eq!(option::find(option.c_name), Ok(option));
        assert_eq!(option::find_in(&[option.level], option.name), Ok(option));
    }
}

#[test]
fn a_name_of_several_options_lists_them() {
    let error = option::find("mtu").unwrap_err();
    assert_eq!(error.to_string(), r#""mtu" is the name of several options: ip.mtu, ipv6.mtu"#);
    assert_eq!(option::find_in(TCP6, "mtu").map(|option| option.c_name), Ok("IPV6_MTU"));
}

#[test]
fn an_unknown_name_gives_the_nearest() {
    let rows = [
        ("nodlay", Some("tcp.nodelay")),
        ("tcp.crok", Some("tcp.cork")),
        ("SO_RESUEADDR", Some("socket.reuseaddr")),
        ("xyzzy", None),
        ("", None),
    ];
    for (name, want) in rows {
        let Err(FindError::Unknown { nearest, .. }) = option::find(name) else { panic!("{name} was found") };
        assert_eq!(nearest.map(ToString::to_string).as_deref(), want, "{name}");
    }
    assert_eq!(
        option::find("nodlay").unwrap_err().to_string(),
        r#"no option is called "nodlay"; the nearest is tcp.nodelay"#
    );
}

#[test]
fn names_and_numbers_are_unique_within_a_level() {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for option in option::all() {
        assert!(names.insert(option.to_string()), "{option} stands twice");
        assert!(numbers.insert((option.level.as_raw(), option.number)), "{option} has another's number");
        assert!(option.c_name.to_lowercase().ends_with(option.name), "{option} is {}", option.c_name);
        assert!(
            option.about.ends_with('.') && !option.about.starts_with(' '),
            "{option}: {:?}",
            option.about
        );
    }
}

/// A row: `NAME: type, Kind, "name", C_NAME, "C_NAME", Access, When;` after the lines of its documentation.
#[test]
fn every_row_has_its_c_name_as_constant_and_as_alias_of_the_documentation() {
    const MACRO: &str = include_str!("../../src/option/mod.rs");
    const LEVELS: [&str; Level::ALL.len()] = [
        include_str!("../../src/option/socket.rs"),
        include_str!("../../src/option/ip.rs"),
        include_str!("../../src/option/ipv6.rs"),
        include_str!("../../src/option/tcp.rs"),
        include_str!("../../src/option/udp.rs"),
        include_str!("../../src/option/udplite.rs"),
        include_str!("../../src/option/sctp.rs"),
        include_str!("../../src/option/dccp.rs"),
        include_str!("../../src/option/mptcp.rs"),
        include_str!("../../src/option/icmp.rs"),
        include_str!("../../src/option/icmpv6.rs"),
        include_str!("../../src/option/packet.rs"),
        include_str!("../../src/option/netlink.rs"),
        include_str!("../../src/option/vsock.rs"),
        include_str!("../../src/option/can.rs"),
        include_str!("../../src/option/isotp.rs"),
        include_str!("../../src/option/j1939.rs"),
        include_str!("../../src/option/alg.rs"),
        include_str!("../../src/option/tipc.rs"),
        include_str!("../../src/option/xdp.rs"),
    ];
    assert!(MACRO.contains("#[doc(alias = $c_name)]"));
    let mut rows = 0;
    // The table alone: what follows it in a file are the types of its values.
    let tables = LEVELS.iter().flat_map(|source| {
        source.lines().skip_while(|line| *line != "options! {").take_while(|line| *line != "}")
    });
    for line in tables.filter(|line| {
        line.trim_start().starts_with(|first: char| first.is_ascii_uppercase()) && line.contains(": ")
    }) {
        let fields: Vec<&str> = line.trim().trim_end_matches(';').split(", ").collect();
        let [.., constant, literal, _, _] = fields[..] else { panic!("no row: {line}") };
        assert_eq!(format!("{constant:?}"), literal, "{line}");
        assert!(option::find(constant).is_ok(), "{constant} is not in the table");
        rows += 1;
    }
    assert_eq!(rows, option::all().count());
}

#[test]
fn texts_parse_as_a_person_means_them() {
    let seconds = |seconds| Value::Duration(Duration::from_secs(seconds));
    let rows = [
        ("tcp.nodelay", None, Value::Flag(true)),
        ("tcp.nodelay", Some("off"), Value::Flag(false)),
        ("tcp.nodelay", Some("YES"), Value::Flag(true)),
        ("tcp.nodelay", Some("0"), Value::Flag(false)),
        ("tcp.keepidle", Some("90"), seconds(90)),
        ("tcp.keepidle", Some("2m"), seconds(120)),
        ("tcp.user_timeout", Some("500"), Value::Duration(Duration::from_millis(500))),
        ("tcp.user_timeout", Some("1h"), seconds(3600)),
        ("socket.rcvtimeo", Some("500ms"), Value::Duration(Duration::from_millis(500))),
        ("socket.rcvtimeo", Some("3"), seconds(3)),
        ("socket.linger", Some("off"), Value::Linger(None)),
        ("socket.linger", Some("5"), Value::Linger(Some(Duration::from_secs(5)))),
        ("socket.rcvbuf", Some("64K"), Value::Unsigned(65_536)),
        ("socket.rcvbuf", Some("1MiB"), Value::Unsigned(1 << 20)),
        ("socket.max_pacing_rate", Some("8g"), Value::Unsigned(8 << 30)),
        ("socket.mark", Some("0x2a"), Value::Unsigned(42)),
        ("ip.ttl", Some("-1"), Value::Integer(-1)),
        ("ip.tos", Some("0xb8"), Value::Integer(184)),
        ("ip.mtu_discover", Some("probe"), Value::MtuDiscover(MtuDiscover::PROBE)),
        ("ip.mtu_discover", Some("IP_PMTUDISC_DO"), Value::MtuDiscover(MtuDiscover::DO)),
        ("ip.multicast_if", Some("192.0.2.1"), Value::Address(Ipv4Addr::new(192, 0, 2, 1))),
        ("ip.local_port_range", Some("40-50"), Value::PortRange(PortRange::new(40, 50))),
        ("tcp.congestion", Some("bbr"), Value::Text("bbr".to_owned())),
        ("tcp.fastopen_key", Some("00ff"), Value::Octets(vec![0, 255])),
    ];
    for (name, text, want) in rows {
        let got = option::find(name).unwrap().parse(text);
        assert_eq!(got.ok(), Some(want), "{name} {text:?}");
    }
}

#[test]
fn texts_that_do_not_fit_say_what_does() {
    let rows = [
        ("tcp.nodelay", Some("maybe"), r#"takes on or off, got "maybe""#),
        ("tcp.keepcnt", None, "takes a number"),
        ("tcp.keepcnt", Some("128"), "takes 1 to 127, got 128"),
        ("tcp.keepidle", Some("0"), "takes 1s to 32767s, got 0s"),
        ("tcp.keepidle", Some("10h"), "takes 1s to 32767s, got 36000s"),
        ("socket.rcvbuf", Some("4G"), "takes 0 to 2147483647, got 4294967296"),
        ("socket.rcvbuf", Some("64X"), r#"takes a size such as 4096, 64K or 1MiB, got "64X""#),
        ("socket.rcvbuf", Some("-1"), r#"takes a size such as 4096, 64K or 1MiB, got "-1""#),
        ("socket.mark", Some("-1"), "takes 0 to 4294967295, got -1"),
        ("socket.type", Some("1"), "cannot be set, only read"),
        ("tcp.congestion", Some("a-name-of-sixteen"), "takes a name of at most 15 bytes, got 17"),
    ];
    for (name, text, want) in rows {
        let error = option::find(name).unwrap().parse(text).unwrap_err();
        assert_eq!(error.to_string(), format!("set {name}: {want}"), "{text:?}");
    }
}

/// Any option that can be set.
fn writable() -> impl Strategy<Value = &'static Description> {
    let options: Vec<_> = option::all().filter(|option| option.access.writes()).collect();
    proptest::sample::select(options)
}

/// Text of the forms that options take, and text that only looks like it.
const NEARLY_A_VALUE: &str = "(-?[0-9]{1,22}(ns|us|ms|s|m|h|K|M|G|KiB|MiB|GiB|x)?|0x[0-9a-f]{0,18}|[0-9]{1,6}-[0-9]{1,6}|on|off|([0-9a-f]{2}){0,40}|[a-z]{0,20}|([0-9]{1,3}\\.){3}[0-9]{1,3})";

proptest! {
    #[test]
    fn no_text_panics(option in writable(), text in ".*") {
        let _ = option.parse(Some(&text));
        let _ = option::find(&text);
    }

    #[test]
    fn what_parses_prints_as_text_that_parses_to_the_same(option in writable(), text in NEARLY_A_VALUE) {
        if let Ok(value) = option.parse(Some(&text)) {
            let printed = value.to_string();
            prop_assert_eq!(option.parse(Some(&printed)).ok(), Some(value), "{} printed as {}", option, printed);
        }
    }

    #[test]
    fn numbers_in_range_parse(number in 1_i32..=127) {
        let text = number.to_string();
        prop_assert_eq!(option::tcp::KEEPCNT.description().parse(Some(&text)).ok(), Some(Value::Integer(number)));
    }
}

/// A number of the option's kind.
fn number_of(option: &Description, number: i64) -> Option<Value> {
    let count = u64::try_from(number);
    Some(match option.kind {
        Kind::Integer => Value::Integer(number.try_into().ok()?),
        Kind::Seconds => Value::Duration(Duration::from_secs(count.ok()?)),
        Kind::Milliseconds => Value::Duration(Duration::from_millis(count.ok()?)),
        _ => Value::Unsigned(count.ok()?),
    })
}

/// The kernel would cut some of them without a word: `IP_TOS` of 300 is 44.
#[test]
fn numbers_beyond_the_range_are_refused_in_words() {
    let (socket, mut refused) = (tcp(), 0);
    for option in option::all().filter(|option| option.access.writes()) {
        let Some(range) = &option.range else { continue };
        for value in [range.start() - 1, range.end() + 1].into_iter().filter_map(|end| number_of(option, end))
        {
            let error = socket.set_value(option, &value).unwrap_err();
            assert_eq!(error.cause(), berkeley::Cause::Invalid, "{error}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("set {option}: takes {}", range.start())), "{text}");
            refused += 1;
        }
    }
    assert!(refused > 30, "{refused}");
    let error = socket.set(option::ip::TOS, 300).unwrap_err();
    assert_eq!(error.to_string(), "set ip.tos: takes 0 to 255, got 300");
    assert_eq!(socket.get(option::ip::TOS).unwrap(), 0);
}
