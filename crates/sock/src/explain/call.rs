//! A system call as the library's event tells it, and as strace(1) would show it.

use std::fmt;

use berkeley::{Address, Family, Flags, Protocol, Type, option};
use rustix::fs::OFlags;
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::report::errno;
use crate::report::escape::escape;
use crate::report::json;

/// The most of an address or a name that is shown, in bytes.
const SHOWN: usize = 120;

/// The functions of the C library among the calls, which the third part of the manual describes.
const OF_THE_LIBRARY: [&str; 4] = ["getaddrinfo", "getnameinfo", "if_", "by"];

/// `F_DUPFD_CLOEXEC`, where fcntl(2) gives another descriptor of the same socket.
pub(super) const DUPLICATES: i64 = 1030;

/// A call, its arguments and what it gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) fd: Option<i64>,
    /// Its integers behind the descriptor.
    pub(super) integers: [Option<i64>; 3],
    pub(super) address: Option<Vec<u8>>,
    /// What the resolver is asked for: a host and a service.
    pub(super) asked: [Option<Vec<u8>>; 2],
    pub(super) returned: Option<i64>,
    pub(super) errno: Option<i64>,
    /// A resolver's own code.
    pub(super) code: Option<i64>,
}

impl Call {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut call = Self::default();
        event.record(&mut call);
        call
    }

    /// A try that found nothing, which will be made again.
    pub(super) fn is_idle(&self) -> bool {
        self.errno_name() == Some("EAGAIN") && self.name != "connect"
    }

    /// The descriptor that it has made, where it tells one.
    pub(super) fn new_descriptor(&self) -> Option<i64> {
        let makes = match self.name.as_str() {
            "socket" | "accept4" => true,
            "fcntl" => self.integers[0] == Some(DUPLICATES),
            _ => false,
        };
        self.returned.filter(|_| makes)
    }

    pub(super) fn errno_name(&self) -> Option<&'static str> {
        self.errno.and_then(|errno| errno::name(errno.try_into().ok()?))
    }

    /// The address that it is given.
    pub(super) fn address(&self) -> Option<Address> {
        self.address.as_deref().map(Address::decode)
    }

    /// The option that it reads or sets.
    pub(super) fn option(&self) -> Option<&'static option::Description> {
        let [Some(level), Some(number), _] = self.integers else { return None };
        let is_it = |it: &&option::Description| {
            i64::from(it.level.as_raw()) == level && i64::from(it.number) == number
        };
        option::all().find(is_it)
    }

    /// The name of an option that is not in the library's table, as it is no value that can be read or set by itself,
    /// and what it does.
    pub(super) fn unlisted(&self) -> Option<(&'static str, &'static str)> {
        let [Some(level), Some(number), _] = self.integers else { return None };
        let found = UNLISTED.iter().find(|row| i64::from(row.1) == number && row.0.contains(&level))?;
        Some((found.2, found.3))
    }

    /// Where the manual describes it.
    pub(super) fn page(&self) -> String {
        let library = OF_THE_LIBRARY.iter().any(|part| self.name.contains(part));
        format!("{}({})", self.name, if library { 3 } else { 2 })
    }

    /// As an event for programs.
    pub(super) fn event(&self, meaning: &str) -> json::Event {
        json::Event::new("call")
            .field("call", self.name.as_str())
            .field("fd", self.fd)
            .field("arguments", self.arguments())
            .field("returned", self.returned.or(self.code))
            .field("errno", self.errno)
            .field("errno_name", self.errno_name())
            .field("meaning", meaning)
    }

    /// What stands between the parentheses, payload and pointers left out.
    fn arguments(&self) -> String {
        let fd = self.fd.map(|fd| fd.to_string());
        let behind = match self.name.as_str() {
            "socket" | "socketpair" => self.socket(),
            "getsockopt" | "setsockopt" => self.of_option(),
            "shutdown" => vec![self.how()],
            "accept4" => vec![self.integers[0].map(of_type)],
            "recv" | "recvfrom" | "send" | "sendto" | "sendmmsg" | "recvmmsg" => {
                vec![self.number(0), self.integers[1].map(flags)]
            }
            "sendmsg" | "recvmsg" => vec![self.integers[0].map(flags)],
            "fcntl" | "ioctl" => vec![self.asked_to(), self.number(1)],
            "ppoll" => vec![self.number(0), self.integers[1].map(milliseconds)],
            "getaddrinfo" => self.asked.iter().map(|asked| Some(quoted(asked.as_deref()))).collect(),
            _ => (0..3).map(|at| self.number(at)).collect(),
        };
        let address = self.address().map(|address| shown(&address.to_string()));
        let parts: Vec<String> = [fd].into_iter().chain(behind).chain([address]).flatten().collect();
        parts.join(", ")
    }

    /// What fcntl(2) or ioctl(2) is to do, by its name.
    pub(super) fn asked_to(&self) -> Option<String> {
        self.integers[0].map(if self.name == "ioctl" { request } else { command })
    }

    fn number(&self, at: usize) -> Option<String> {
        self.integers[at].map(|number| number.to_string())
    }

    fn socket(&self) -> Vec<Option<String>> {
        let [Some(family), Some(kind), Some(protocol)] = self.integers.map(small) else { return Vec::new() };
        let family = Family::from_raw(family);
        let protocol = match protocol {
            0 => "0".to_owned(),
            number => {
                let protocol = Protocol::from_raw(number);
                protocol.name_in(family).map_or_else(|| number.to_string(), str::to_owned)
            }
        };
        vec![Some(format!("{family:?}")), self.integers[1].map(of_type).filter(|_| kind != 0), Some(protocol)]
    }

    fn of_option(&self) -> Vec<Option<String>> {
        let names = match (self.option(), self.unlisted()) {
            (Some(option), _) => [Some(level(option.level.name())), Some(option.c_name.to_owned())],
            (None, Some((name, _))) => [self.integers[0].map(numbered_level), Some(name.to_owned())],
            (None, None) => [self.integers[0].map(numbered_level), self.number(1)],
        };
        names.into_iter().chain([self.number(2)]).collect()
    }

    fn how(&self) -> Option<String> {
        self.integers[0].map(|how| match how {
            0 => "SHUT_RD".to_owned(),
            1 => "SHUT_WR".to_owned(),
            2 => "SHUT_RDWR".to_owned(),
            how => how.to_string(),
        })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.arguments())?;
        match (self.returned.or(self.code), self.errno, self.errno_name()) {
            (Some(returned), ..) => write!(f, " = {returned}"),
            (None, _, Some("EINPROGRESS")) => f.write_str(" … EINPROGRESS"),
            (None, _, Some(name)) => write!(f, " = -1 {name}"),
            (None, Some(errno), None) => write!(f, " = -1 errno {errno}"),
            (None, None, None) => Ok(()),
        }
    }
}

impl Visit for Call {
    fn record_i64(&mut self, field: &Field, value: i64) {
        let place = match field.name() {
            "fd" => &mut self.fd,
            "first" => &mut self.integers[0],
            "second" => &mut self.integers[1],
            "third" => &mut self.integers[2],
            "returned" => &mut self.returned,
            "errno" => &mut self.errno,
            "code" => &mut self.code,
            _ => return,
        };
        *place = Some(value);
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let place = match field.name() {
            "address" => &mut self.address,
            "host" => &mut self.asked[0],
            "service" => &mut self.asked[1],
            _ => return,
        };
        *place = Some(value.to_vec());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "call" {
            value.clone_into(&mut self.name);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn small(number: Option<i64>) -> Option<i32> {
    number.and_then(|number| number.try_into().ok())
}

fn shown(text: &str) -> String {
    escape(text.as_bytes(), SHOWN).to_string()
}

fn quoted(text: Option<&[u8]>) -> String {
    text.map_or_else(|| "NULL".to_owned(), |text| format!("\"{}\"", escape(text, SHOWN)))
}

/// The type of a socket with its flags, or the flags of accept4(2), which are the same.
fn of_type(kind: i64) -> String {
    let Ok(kind) = i32::try_from(kind) else { return kind.to_string() };
    let nonblocking = Type::from_raw(0).nonblocking().as_raw();
    let close_on_exec = i32::try_from(OFlags::CLOEXEC.bits()).unwrap_or(0);
    let plain = kind & !nonblocking & !close_on_exec;
    let parts = [
        (plain != 0).then(|| format!("{:?}", Type::from_raw(plain))),
        (kind & close_on_exec != 0).then(|| "SOCK_CLOEXEC".to_owned()),
        (kind & nonblocking != 0).then(|| "SOCK_NONBLOCK".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "0".to_owned() } else { parts.join("|") }
}

/// The flags that the library adds by itself, and no name of its own has.
const ADDED: [(i32, &str); 3] =
    [(0x4000, "MSG_NOSIGNAL"), (0x1_0000, "MSG_WAITFORONE"), (0x4000_0000, "MSG_CMSG_CLOEXEC")];

fn flags(flags: i64) -> String {
    let Ok(mut rest) = i32::try_from(flags) else { return flags.to_string() };
    let mut parts = Vec::new();
    for (flag, name) in ADDED {
        if rest & flag != 0 {
            rest &= !flag;
            parts.push(name.to_owned());
        }
    }
    if rest != 0 || parts.is_empty() {
        parts.insert(0, format!("{:?}", Flags::from_raw(rest)).replace(' ', ""));
    }
    parts.join("|")
}

/// `SOL_SOCKET`, where its options have the usual numbers.
const SOCKET: i64 = 1;
/// IPv4's level, and IPv6's.
const IP: [i64; 2] = [0, 41];
/// `SOL_PACKET`.
const PACKET: i64 = 263;

/// Options that the library sets by methods of their own: levels, number, name, and what they do.
const UNLISTED: [(&[i64], i32, &str, &str); 17] = [
    (&[SOCKET], 26, "SO_ATTACH_FILTER", "a filter decides what is received"),
    (&[SOCKET], 27, "SO_DETACH_FILTER", "no filter decides any more what is received"),
    (&[SOCKET], 50, "SO_ATTACH_BPF", "a filter decides what is received"),
    (&[SOCKET], 51, "SO_ATTACH_REUSEPORT_CBPF", "a filter decides which socket of the port receives"),
    (&[SOCKET], 52, "SO_ATTACH_REUSEPORT_EBPF", "a filter decides which socket of the port receives"),
    (
        &[SOCKET],
        68,
        "SO_DETACH_REUSEPORT_BPF",
        "no filter decides any more which socket of the port receives",
    ),
    (&IP, 42, "MCAST_JOIN_GROUP", "receives what is sent to a multicast group, too"),
    (&IP, 43, "MCAST_BLOCK_SOURCE", "receives no more of a group from one of its senders"),
    (&IP, 44, "MCAST_UNBLOCK_SOURCE", "receives of a group from that sender again"),
    (&IP, 45, "MCAST_LEAVE_GROUP", "leaves a multicast group"),
    (&IP, 46, "MCAST_JOIN_SOURCE_GROUP", "receives what one sender sends to a multicast group, too"),
    (&IP, 47, "MCAST_LEAVE_SOURCE_GROUP", "receives no more what that sender sends to the group"),
    (&[PACKET], 1, "PACKET_ADD_MEMBERSHIP", "the interface takes more packets in"),
    (&[PACKET], 2, "PACKET_DROP_MEMBERSHIP", "the interface takes fewer packets in again"),
    (&[PACKET], 5, "PACKET_RX_RING", "packets come through memory that is shared with the kernel"),
    (&[PACKET], 10, "PACKET_VERSION", "chooses the layout of that memory"),
    (&[PACKET], 13, "PACKET_TX_RING", "packets go through memory that is shared with the kernel"),
];

/// A level by its number: by its name in C, where the library's table has it.
fn numbered_level(number: i64) -> String {
    let is_it = |it: &&option::Description| i64::from(it.level.as_raw()) == number;
    option::all().find(is_it).map_or_else(|| number.to_string(), |it| level(it.level.name()))
}

/// The level of an option by its name in C.
fn level(name: &str) -> String {
    match name {
        "ip" | "ipv6" | "tcp" | "udp" | "udplite" | "icmpv6" => format!("IPPROTO_{}", name.to_uppercase()),
        _ => format!("SOL_{}", name.to_uppercase()),
    }
}

fn command(number: i64) -> String {
    let name = match number {
        1 => "F_GETFD",
        2 => "F_SETFD",
        3 => "F_GETFL",
        DUPLICATES => "F_DUPFD_CLOEXEC",
        1031 => "F_SETPIPE_SZ",
        1032 => "F_GETPIPE_SZ",
        _ => return number.to_string(),
    };
    name.to_owned()
}

fn request(number: i64) -> String {
    let name = match number {
        0x5421 => "FIONBIO",
        0x5411 => "SIOCOUTQ",
        0x8905 => "SIOCATMARK",
        _ => return format!("{number:#x}"),
    };
    name.to_owned()
}

fn milliseconds(time: i64) -> String {
    if time < 0 { "for ever".to_owned() } else { format!("{time} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, fd: Option<i64>, integers: [Option<i64>; 3]) -> Call {
        Call { name: name.to_owned(), fd, integers, ..Call::default() }
    }

    #[test]
    fn a_call_is_shown_with_the_names_that_the_manual_has() {
        let address = Address::from((std::net::Ipv4Addr::LOCALHOST, 80));
        let address = address.encode().as_bytes().to_vec();
        let rows = [
            (
                Call { returned: Some(3), ..call("socket", None, [Some(2), Some(0o2_000_001), Some(0)]) },
                "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3",
            ),
            (
                Call {
                    errno: Some(115),
                    address: Some(address.clone()),
                    ..call("connect", Some(3), [None; 3])
                },
                "connect(3, 127.0.0.1:80) … EINPROGRESS",
            ),
            (
                Call {
                    errno: Some(111),
                    address: Some(address.clone()),
                    ..call("connect", Some(3), [None; 3])
                },
                "connect(3, 127.0.0.1:80) = -1 ECONNREFUSED",
            ),
            (
                Call {
                    returned: Some(5),
                    address: Some(address),
                    ..call("sendto", Some(3), [Some(5), Some(0x4040), None])
                },
                "sendto(3, 5, MSG_DONTWAIT|MSG_NOSIGNAL, 127.0.0.1:80) = 5",
            ),
            (
                Call { returned: Some(0), ..call("setsockopt", Some(3), [Some(6), Some(1), Some(1)]) },
                "setsockopt(3, IPPROTO_TCP, TCP_NODELAY, 1) = 0",
            ),
            (
                Call { returned: Some(0), ..call("setsockopt", Some(3), [Some(0), Some(42), None]) },
                "setsockopt(3, IPPROTO_IP, MCAST_JOIN_GROUP) = 0",
            ),
            (
                Call { returned: Some(0), ..call("setsockopt", Some(3), [Some(41), Some(42), None]) },
                "setsockopt(3, IPPROTO_IPV6, MCAST_JOIN_GROUP) = 0",
            ),
            (
                Call { returned: Some(0), ..call("setsockopt", Some(3), [Some(6), Some(9_999), None]) },
                "setsockopt(3, IPPROTO_TCP, 9999) = 0",
            ),
            (
                Call { returned: Some(1), ..call("ppoll", None, [Some(2), Some(1_500), None]) },
                "ppoll(2, 1500 ms) = 1",
            ),
            (
                Call { returned: Some(1), ..call("ppoll", None, [Some(2), Some(-1), None]) },
                "ppoll(2, for ever) = 1",
            ),
            (
                Call { returned: Some(0), ..call("shutdown", Some(3), [Some(1), None, None]) },
                "shutdown(3, SHUT_WR) = 0",
            ),
            (
                Call {
                    asked: [Some(b"a\x1b[2J".to_vec()), None],
                    code: Some(-2),
                    ..call("getaddrinfo", None, [None; 3])
                },
                "getaddrinfo(\"a\\x1b[2J\", NULL) = -2",
            ),
        ];
        for (call, want) in rows {
            assert_eq!(call.to_string(), want);
        }
    }

    #[test]
    fn every_option_of_the_table_is_told_by_its_name() {
        for option in option::all() {
            let integers = [Some(option.level.as_raw().into()), Some(option.number.into()), None];
            let told = call("setsockopt", Some(3), integers).to_string();
            let name = option.c_name;
            let same = option::all().filter(|it| (it.level, it.number) == (option.level, option.number));
            let names: Vec<_> = same.map(|it| it.c_name).collect();
            assert!(names.iter().any(|name| told.ends_with(&format!(", {name})"))), "{name}: {told}");
            assert!(!told.starts_with(|c: char| c.is_ascii_digit()), "{told}");
        }
    }

    #[test]
    fn what_found_nothing_is_idle_but_a_connection_that_found_no_room() {
        let tried = |name| Call { errno: Some(11), ..call(name, Some(3), [None; 3]) }.is_idle();
        assert!(tried("recv") && tried("accept4") && !tried("connect"));
    }

    #[test]
    fn a_page_is_that_of_the_call_or_of_the_library() {
        let rows = [
            ("connect", "connect(2)"),
            ("getaddrinfo", "getaddrinfo(3)"),
            ("if_nameindex", "if_nameindex(3)"),
            ("getservbyname", "getservbyname(3)"),
            ("gethostname", "gethostname(2)"),
        ];
        for (name, want) in rows {
            assert_eq!(call(name, None, [None; 3]).page(), want);
        }
    }
}
