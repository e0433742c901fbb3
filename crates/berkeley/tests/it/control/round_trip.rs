//! Every control message there and back: the functions that send and the messages that are received are read from the
//! source, so that a new one without its row fails.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use berkeley::Address;
use berkeley::control::{
    ControlMessage, Outgoing, RawMessage, decode, encode, ip, ipv6, raw, socket, tls, udp,
};
use proptest::prelude::*;

use super::text;

/// The levels that have a file of their own.
const LEVELS: [&str; 6] = ["socket", "ip", "ipv6", "tcp", "udp", "tls"];

/// What the messages are made of.
#[derive(Clone, Debug)]
struct Given {
    pid: i32,
    word: u32,
    other: u32,
    /// A C `int` that counts.
    count: u32,
    octet: u8,
    half: u16,
    nanos: u32,
    flag: bool,
    four: Ipv4Addr,
    six: Ipv6Addr,
    bytes: Vec<u8>,
}

fn given() -> impl Strategy<Value = Given> {
    let numbers = any::<(i32, u32, u32, u8, u16, bool)>();
    let bytes = prop::collection::vec(any::<u8>(), 0..60);
    (numbers, 0..=0x7fff_ffff_u32, 0..1_000_000_000_u32, any::<([u8; 4], [u8; 16])>(), bytes).prop_map(
        |((pid, word, other, octet, half, flag), count, nanos, (four, six), bytes)| {
            let (four, six) = (four.into(), six.into());
            Given { pid, word, other, count, octet, half, nanos, flag, four, six, bytes }
        },
    )
}

/// What the function `name` sends, and what it decodes to, as `Debug` prints it.
fn sent<'g>(name: &str, given: &'g Given) -> (Outgoing<'g>, String) {
    let Given { word, octet, .. } = *given;
    let bytes = &given.bytes[..];
    let over_ip = |message| text(&ControlMessage::Ip(message));
    let over_ipv6 = |message| text(&ControlMessage::Ipv6(message));
    let of_any = |message| text(&ControlMessage::Socket(message));
    // Those that the kernel takes and never gives.
    let only_sent =
        |level, kind, data: &[u8]| text(&ControlMessage::Other(RawMessage::new(level, kind, data)));
    let (any, six) = (libc::SOL_SOCKET, libc::IPPROTO_IPV6);
    match name {
        "socket::rights" => (socket::rights(&[]), only_sent(any, libc::SCM_RIGHTS, &[])),
        "socket::credentials" => {
            let sender = socket::Credentials::new(given.pid, word, given.other);
            (socket::credentials(sender), of_any(socket::Message::Credentials(sender)))
        }
        "socket::mark" => (socket::mark(word), of_any(socket::Message::Mark(word))),
        "socket::priority" => (socket::priority(word), of_any(socket::Message::Priority(word))),
        "socket::timestamping" => {
            (socket::timestamping(word), only_sent(any, libc::SO_TIMESTAMPING, &word.to_ne_bytes()))
        }
        "socket::transmit_time" => {
            let time = Duration::new(word.into(), given.nanos);
            let nanos = u64::from(word) * 1_000_000_000 + u64::from(given.nanos);
            (socket::transmit_time(time), only_sent(any, libc::SO_TXTIME, &nanos.to_ne_bytes()))
        }
        "ip::packet_info" => {
            let mut info = ip::PacketInfo::new(word, given.four);
            info.destination = octet_address(octet);
            (ip::packet_info(info), over_ip(ip::Message::PacketInfo(info)))
        }
        "ip::ttl" => (ip::ttl(octet), over_ip(ip::Message::Ttl(octet))),
        "ip::tos" => (ip::tos(octet), over_ip(ip::Message::Tos(octet))),
        "ip::options" => (ip::options(bytes), over_ip(ip::Message::ReturnOptions(bytes))),
        "ipv6::packet_info" => {
            let info = ipv6::PacketInfo::new(given.six, word);
            (ipv6::packet_info(info), over_ipv6(ipv6::Message::PacketInfo(info)))
        }
        "ipv6::hop_limit" => (ipv6::hop_limit(octet), over_ipv6(ipv6::Message::HopLimit(octet))),
        "ipv6::traffic_class" => (ipv6::traffic_class(octet), over_ipv6(ipv6::Message::TrafficClass(octet))),
        "ipv6::flow_info" => (ipv6::flow_info(word), over_ipv6(ipv6::Message::FlowInfo(word))),
        "ipv6::dont_fragment" => {
            let data = i32::from(given.flag).to_ne_bytes();
            (ipv6::dont_fragment(given.flag), only_sent(six, libc::IPV6_DONTFRAG, &data))
        }
        "ipv6::hop_by_hop_options" => {
            (ipv6::hop_by_hop_options(bytes), over_ipv6(ipv6::Message::HopByHopOptions(bytes)))
        }
        "ipv6::destination_options" => {
            (ipv6::destination_options(bytes), over_ipv6(ipv6::Message::DestinationOptions(bytes)))
        }
        "ipv6::routing_destination_options" => {
            (ipv6::routing_destination_options(bytes), only_sent(six, libc::IPV6_RTHDRDSTOPTS, bytes))
        }
        "ipv6::routing_header" => {
            (ipv6::routing_header(bytes), over_ipv6(ipv6::Message::RoutingHeader(bytes)))
        }
        "udp::segment" => {
            let message = udp::Message::Segment(given.half);
            (udp::segment(given.half), text(&ControlMessage::Udp(message)))
        }
        "tls::record_type" => {
            (tls::record_type(octet), only_sent(libc::SOL_TLS, libc::TLS_SET_RECORD_TYPE, &[octet]))
        }
        _ => panic!("control::{name} has no row here"),
    }
}

fn octet_address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, last)
}

/// What only the kernel gives: the level, the type, the data, and what it decodes to, as `Debug` prints it.
fn received(given: &Given) -> Vec<(i32, i32, Vec<u8>, String)> {
    let mut rows = of_any_socket(given);
    rows.extend(of_datagrams(given));
    rows
}

fn of_any_socket(given: &Given) -> Vec<(i32, i32, Vec<u8>, String)> {
    const SCM_SECURITY: i32 = 3;
    let Given { word, other, nanos, count, octet, .. } = *given;
    let time = |fraction: u32| [i64::from(word), fraction.into()].map(i64::to_ne_bytes).concat();
    let since = Duration::new(word.into(), nanos);
    let micros = nanos / 1000;
    let stamp = |fraction| format!("{:?}", UNIX_EPOCH + Duration::new(word.into(), fraction));
    let stamps = [time(nanos), vec![0; 16], time(nanos)].concat();
    let optional = |shown: String| if since.is_zero() { "None".to_owned() } else { format!("Some({shown})") };
    let clocks = format!(
        "Timestamping {{ software: {}, hardware: {} }}",
        optional(stamp(nanos)),
        optional(text(&since))
    );
    let card = format!("TimestampedPacket {{ interface: {word}, length: {other} }}");
    let packet = [word.to_ne_bytes(), other.to_ne_bytes(), [0; 4], [0; 4]].concat();
    let [any, tcp, udp] = [libc::SOL_SOCKET, libc::IPPROTO_TCP, libc::IPPROTO_UDP];
    let count_bytes = count.to_ne_bytes().to_vec();
    vec![
        (any, libc::SCM_TIMESTAMP, time(micros), format!("Socket(Timestamp({}))", stamp(micros * 1000))),
        (any, libc::SCM_TIMESTAMPNS, time(nanos), format!("Socket(TimestampNs({}))", stamp(nanos))),
        (any, libc::SCM_TIMESTAMPING, stamps, format!("Socket(Timestamping({clocks}))")),
        (any, libc::SCM_TIMESTAMPING_PKTINFO, packet, format!("Socket(TimestampedPacket({card}))")),
        (any, libc::SO_RXQ_OVFL, word.to_ne_bytes().to_vec(), format!("Socket(DropCount({word}))")),
        (any, libc::SCM_WIFI_STATUS, count_bytes.clone(), format!("Socket(WifiStatus({}))", count != 0)),
        (any, SCM_SECURITY, given.bytes.clone(), format!("Socket(SecurityLabel({:?}))", given.bytes)),
        (
            libc::IPPROTO_IP,
            SCM_SECURITY,
            given.bytes.clone(),
            format!("Ip(SecurityLabel({:?}))", given.bytes),
        ),
        // SO_INQ, for which libc has no name yet.
        (any, 84, count_bytes.clone(), format!("Socket(Inq({count}))")),
        (tcp, libc::TCP_INQ, count_bytes.clone(), format!("Tcp(Inq({count}))")),
        (udp, libc::UDP_GRO, count_bytes, format!("Udp(Gro({count}))")),
        (libc::SOL_TLS, libc::TLS_GET_RECORD_TYPE, vec![octet], format!("Tls(RecordType({octet}))")),
    ]
}

fn of_datagrams(given: &Given) -> Vec<(i32, i32, Vec<u8>, String)> {
    let Given { word, other, count, octet, half, .. } = *given;
    let four = SocketAddrV4::new(given.four, half);
    let six = SocketAddrV6::new(given.six, half, other, word);
    let bytes_of = |address: Address| address.encode().as_bytes().to_vec();
    let (four_bytes, six_bytes) = (bytes_of(four.into()), bytes_of(Address::Inet6(six)));
    let error = |offender: SocketAddr| {
        let opening = [&given.pid.to_ne_bytes()[..], &[2, octet, octet ^ 1, 0]].concat();
        let data =
            [opening, word.to_ne_bytes().to_vec(), other.to_ne_bytes().to_vec(), bytes_of(offender.into())];
        let shown = format!(
            "Error(ExtendedError {{ errno: {}, origin: SO_EE_ORIGIN_ICMP, kind: {octet}, code: {}, info: {word}, \
             data: {other}, offender: {:?} }})",
            given.pid,
            octet ^ 1,
            Some(offender)
        );
        (data.concat(), shown)
    };
    let (of_four, shown_four) = error(four.into());
    let (of_six, shown_six) = error(six.into());
    let mtu = [&six_bytes[..], &word.to_ne_bytes()].concat();
    let count_bytes = count.to_ne_bytes().to_vec();
    let word_bytes = word.to_ne_bytes().to_vec();
    let (v4, v6) = (libc::IPPROTO_IP, libc::IPPROTO_IPV6);
    vec![
        (v4, libc::IP_RECVERR, of_four, format!("Ip({shown_four})")),
        (v4, libc::IP_ORIGDSTADDR, four_bytes, format!("Ip(OriginalDestination({four:?}))")),
        (v4, libc::IP_RECVFRAGSIZE, count_bytes.clone(), format!("Ip(FragmentSize({count}))")),
        (v4, libc::IP_RECVOPTS, given.bytes.clone(), format!("Ip(Options({:?}))", given.bytes)),
        (v4, libc::IP_CHECKSUM, word_bytes, format!("Ip(Checksum({word}))")),
        (v6, libc::IPV6_RECVERR, of_six, format!("Ipv6({shown_six})")),
        (v6, libc::IPV6_PATHMTU, mtu, format!("Ipv6(PathMtu({six:?}, {word}))")),
        (v6, libc::IPV6_ORIGDSTADDR, six_bytes, format!("Ipv6(OriginalDestination({six:?}))")),
        (v6, libc::IPV6_RECVFRAGSIZE, count_bytes, format!("Ipv6(FragmentSize({count}))")),
    ]
}

fn source(level: &str) -> String {
    let path = format!("../berkeley/src/control/{level}.rs");
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The functions that make a message to be sent: `ip::ttl`.
fn functions() -> Vec<String> {
    let mut functions = Vec::new();
    for level in LEVELS {
        for line in source(level).lines().filter(|line| line.contains("-> Outgoing<")) {
            let name = line.split("pub ").nth(1).and_then(|rest| rest.split("fn ").nth(1)).unwrap();
            functions.push(format!("{level}::{}", name.split(['(', '<']).next().unwrap()));
        }
    }
    functions
}

/// The messages that can be received: `Ip(Ttl`, as `Debug` opens them.
fn variants() -> BTreeSet<String> {
    let mut variants = BTreeSet::new();
    for level in LEVELS {
        let source = source(level);
        let (_, from) = source.split_once("pub enum Message").unwrap();
        let (body, _) = from.split_once("\n}").unwrap();
        let level = level[..1].to_uppercase() + &level[1..];
        let items = body.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
        variants.extend(items.map(|line| format!("{level}({}", line.split('(').next().unwrap())));
    }
    variants
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn every_message_that_is_sent_decodes_to_what_was_encoded(given in given()) {
        let (outgoing, want): (Vec<_>, Vec<_>) = functions().iter().map(|name| sent(name, &given)).unzip();
        let bytes = encode(&outgoing).unwrap();
        prop_assert_eq!(decode(&bytes).map(|message| text(&message)).collect::<Vec<_>>(), want);
    }

    #[test]
    fn every_message_that_the_kernel_gives_decodes_to_its_values(given in given()) {
        for (level, kind, data, want) in received(&given) {
            let bytes = encode(&[raw(level, kind, &data).unwrap()]).unwrap();
            prop_assert_eq!(text(&decode(&bytes).next().unwrap()), want);
        }
    }
}

#[test]
fn every_message_that_can_be_received_has_been_decoded_here() {
    let given = Given {
        pid: 1,
        word: 2,
        other: 3,
        count: 4,
        octet: 5,
        half: 6,
        nanos: 7,
        flag: true,
        four: Ipv4Addr::LOCALHOST,
        six: Ipv6Addr::LOCALHOST,
        bytes: vec![8],
    };
    let sent = functions().into_iter().map(|name| self::sent(&name, &given).1);
    let seen: Vec<String> = sent.chain(received(&given).into_iter().map(|(_, _, _, want)| want)).collect();
    // These two carry descriptors, which bytes cannot: `rights` passes them over sockets.
    let mut variants = variants();
    assert!(variants.remove("Socket(Rights") && variants.remove("Socket(Pidfd"));
    for variant in &variants {
        let opening = format!("{variant}(");
        assert!(seen.iter().any(|seen| seen.starts_with(&opening)), "{variant} has no row here");
    }
    assert!(variants.len() >= 30 && functions().len() >= 20);
}
