//! What a system call comes to, in plain words.

use berkeley::{Family, Type};

use super::call::Call;
use crate::report::errno;
use crate::report::escape::escape;

/// The most of a name that is repeated, in bytes.
const SHOWN: usize = 120;

/// What the call comes to; `kind` is the type of its socket, where that is known.
pub(super) fn meaning(call: &Call, kind: Option<i64>) -> String {
    if let Some(errno) = call.errno {
        return failure(call, errno);
    }
    if call.code.is_some() {
        return "the resolver has no answer".to_owned();
    }
    let returned = call.returned.unwrap_or(0);
    let datagrams = kind.is_some_and(|kind| base(kind) == Type::DGRAM);
    match call.name.as_str() {
        "socket" => a_socket(call),
        "socketpair" => "two sockets that are connected to each other".to_owned(),
        "bind" => bound(call),
        "connect" if datagrams => {
            "from now on its datagrams go there, and only from there they come".to_owned()
        }
        "connect" => "connected".to_owned(),
        "listen" => {
            format!("clients may come; {} at most wait to be accepted", call.integers[0].unwrap_or(0))
        }
        "accept4" => format!("a client has come; its connection is descriptor {returned}"),
        "recv" | "recvfrom" | "recvmsg" | "read" | "pread" => received(call, returned, datagrams),
        "recvmmsg" => format!("received {}", many(returned, "message")),
        "send" | "sendto" | "sendmsg" => sent(call, returned),
        "sendmmsg" => format!("sent {}", many(returned, "message")),
        "sendfile" => format!("sent {} of a file, without copying them here", many(returned, "byte")),
        "splice" if returned == 0 => "nothing more comes: the end".to_owned(),
        "splice" => format!("moved {} within the kernel", many(returned, "byte")),
        "shutdown" => ended(call).to_owned(),
        "getsockopt" => option(call, "asks for an option"),
        "setsockopt" => option(call, "sets an option"),
        "getsockname" => "asks which address this end has".to_owned(),
        "getpeername" => "asks which address the other end has".to_owned(),
        "ppoll" if returned == 0 => "nothing happened in that time".to_owned(),
        "ppoll" => {
            format!("{} ready", if returned == 1 { "one is".to_owned() } else { format!("{returned} are") })
        }
        "fcntl" | "ioctl" => controlled(call).to_owned(),
        "pipe2" => "a pipe".to_owned(),
        "mmap" => "memory that is shared with the kernel".to_owned(),
        "close" => "the descriptor is given back".to_owned(),
        "getaddrinfo" => resolved(call),
        "getnameinfo" => "asked the system's resolver for the name of an address".to_owned(),
        "if_nametoindex" => "asked for the number of a network interface".to_owned(),
        "if_indextoname" => "asked for the name of a network interface".to_owned(),
        "if_nameindex" => "asked for all network interfaces".to_owned(),
        "gethostname" => "asked for this machine's name".to_owned(),
        "sethostname" => "this machine has another name now".to_owned(),
        name if name.starts_with("gethost") => "looked a host up".to_owned(),
        name if name.starts_with("getserv") => "looked a service up (services(5))".to_owned(),
        name if name.starts_with("getproto") => "looked a protocol up (protocols(5))".to_owned(),
        _ => "done".to_owned(),
    }
}

/// A type without its flags.
fn base(kind: i64) -> Type {
    // All flags lie above the types, which are few (socket(2)).
    Type::from_raw(i32::try_from(kind & 0xf).unwrap_or(0))
}

fn a_socket(call: &Call) -> String {
    let [family, kind, protocol] = call.integers.map(Option::unwrap_or_default);
    let family = Family::from_raw(i32::try_from(family).unwrap_or(-1));
    let network = match family {
        Family::INET => " for IPv4",
        Family::INET6 => " for IPv6",
        Family::UNIX => ", within this machine",
        Family::NETLINK => return "a socket for questions to the kernel (netlink(7))".to_owned(),
        Family::PACKET => return "a socket for the packets of an interface (packet(7))".to_owned(),
        Family::VSOCK => return "a socket between a virtual machine and its host (vsock(7))".to_owned(),
        other => return format!("a socket of {other:?}"),
    };
    let kind = base(kind);
    let name = match (family, kind, protocol) {
        (Family::UNIX, Type::STREAM, _) => "a Unix stream socket",
        (Family::UNIX, Type::SEQPACKET, _) => "a Unix socket for whole messages",
        (Family::UNIX, ..) => "a Unix datagram socket",
        (_, Type::STREAM, 262) => "an MPTCP socket",
        (_, _, 132) => "an SCTP socket",
        (_, Type::STREAM, _) => "a TCP socket",
        (_, Type::DGRAM, 0 | 17) => "a UDP socket",
        (_, Type::DGRAM, 1 | 58) => "a socket for pings",
        (_, Type::RAW, _) => "a raw socket",
        _ => "a socket",
    };
    format!("{name}{network}")
}

fn bound(call: &Call) -> String {
    match call.address() {
        Some(address) if address.port() == Some(0) => {
            "this end has an address; the kernel chooses the port".to_owned()
        }
        Some(address) if address.is_unnamed() => "the kernel chooses the name of this end".to_owned(),
        _ => "this end has that address".to_owned(),
    }
}

fn received(call: &Call, returned: i64, datagrams: bool) -> String {
    match returned {
        0 if datagrams => "an empty datagram".to_owned(),
        0 if call.integers[0] == Some(0) => "something has come".to_owned(),
        0 => "the other end has sent all it had: the end".to_owned(),
        // MSG_PEEK is 2 everywhere: what is looked at stays.
        _ if call.name.starts_with("recv") && call.integers[1].is_some_and(|flags| flags & 2 != 0) => {
            format!("{} have come, and stay for the next call", many(returned, "byte"))
        }
        _ => format!("received {}", many(returned, "byte")),
    }
}

fn sent(call: &Call, returned: i64) -> String {
    let asked = if call.name == "sendmsg" { None } else { call.integers[0] };
    match asked.filter(|asked| *asked > returned) {
        Some(asked) => format!("sent {returned} of {asked} bytes; there is no room for more"),
        None => format!("sent {}", many(returned, "byte")),
    }
}

fn ended(call: &Call) -> &'static str {
    match call.integers[0] {
        Some(0) => "nothing more is received",
        Some(1) => "the other end is told that no more is sent",
        _ => "ended in both directions",
    }
}

fn option(call: &Call, otherwise: &str) -> String {
    let otherwise = call.unlisted().map_or(otherwise, |(_, does)| does);
    call.option().map_or_else(
        || otherwise.to_owned(),
        |option| {
            let mut words = option.about.trim_end_matches('.').to_owned();
            // A sentence of the table becomes part of a line.
            if let Some(first) = words.get(..1).map(str::to_lowercase)
                && words.get(1..2).is_some_and(|second| second.chars().all(char::is_lowercase))
            {
                words.replace_range(..1, &first);
            }
            words
        },
    )
}

fn controlled(call: &Call) -> &'static str {
    match (call.asked_to().as_deref(), call.integers[1]) {
        (Some("FIONBIO"), Some(0)) => "calls wait from now on",
        (Some("FIONBIO"), _) => "calls give up from now on, rather than wait",
        (Some("SIOCOUTQ"), _) => "asks how much of what was sent has not arrived",
        (Some("SIOCATMARK"), _) => "asks whether urgent data is next",
        (Some("F_GETFD"), _) => "asks whether programs that are started inherit it",
        (Some("F_SETFD"), _) => "says whether programs that are started inherit it",
        (Some("F_GETFL"), _) => "asks whether calls wait",
        (Some("F_DUPFD_CLOEXEC"), _) => "another descriptor for the same socket",
        (Some("F_SETPIPE_SZ"), _) => "how much the pipe holds from now on",
        (Some("F_GETPIPE_SZ"), _) => "asks how much the pipe holds",
        _ => "done",
    }
}

fn resolved(call: &Call) -> String {
    match call.asked[0].as_deref() {
        Some(host) => format!("asked the system's resolver for the addresses of {}", escape(host, SHOWN)),
        None => "asked the system's resolver for this machine's own addresses".to_owned(),
    }
}

fn many(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What the errors of sockets mean to who uses one.
const FAILURES: [(&str, &str); 34] = [
    ("EACCES", "not permitted without a privilege"),
    ("EADDRINUSE", "another socket has that address"),
    ("EADDRNOTAVAIL", "this machine has no such address"),
    ("EAFNOSUPPORT", "this kernel has no such family, or not here"),
    ("EAGAIN", "there is no room for it now"),
    ("EALREADY", "a connection is on its way already"),
    ("EBADF", "no such descriptor is open"),
    ("ECONNABORTED", "the client has gone again"),
    ("ECONNREFUSED", "nobody listens there"),
    ("ECONNRESET", "the other end has broken the connection off"),
    ("EDESTADDRREQ", "nobody has said where to send it"),
    ("EHOSTUNREACH", "the host cannot be reached"),
    ("EINPROGRESS", "the connection is on its way"),
    ("EINTR", "a signal came; the call is made again"),
    ("EINVAL", "the kernel does not take that here"),
    ("EISCONN", "it is connected already"),
    ("EMFILE", "this process has as many descriptors as it may"),
    ("EMSGSIZE", "too long for one message"),
    ("ENETDOWN", "the network is down"),
    ("ENETUNREACH", "no route leads there"),
    ("ENFILE", "the system has as many files open as it can"),
    ("ENOBUFS", "the kernel has no memory for it now"),
    ("ENOENT", "nothing has that name"),
    ("ENOMEM", "there is no memory for it"),
    ("ENOPROTOOPT", "this kind of socket has no such option"),
    ("ENOTCONN", "it is not connected"),
    ("ENOTSOCK", "that is no socket"),
    ("EOPNOTSUPP", "this kind of socket cannot do that"),
    ("EPERM", "not permitted"),
    ("EPIPE", "the connection has ended, so nothing can be sent"),
    ("EPROTONOSUPPORT", "this kernel has no such protocol"),
    ("EPROTOTYPE", "what is there is another type of socket"),
    ("ETIMEDOUT", "no answer came in time"),
    ("ENXIO", "there is no such device or address"),
];

fn failure(call: &Call, errno: i64) -> String {
    if let Some((_, words)) = FAILURES.iter().find(|(name, _)| Some(*name) == call.errno_name()) {
        return (*words).to_owned();
    }
    errno::words(i32::try_from(errno).unwrap_or(0)).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use berkeley::Address;

    fn call(name: &str, integers: [i64; 3], returned: i64) -> Call {
        Call {
            name: name.to_owned(),
            integers: integers.map(Some),
            returned: Some(returned),
            ..Call::default()
        }
    }

    #[test]
    fn each_call_has_words_of_its_own() {
        let (stream, datagrams) = (Some(1), Some(2));
        let rows = [
            (call("socket", [2, 0o2_000_001, 0], 3), stream, "a TCP socket for IPv4"),
            (call("socket", [10, 0o2_004_002, 17], 3), datagrams, "a UDP socket for IPv6"),
            (call("socket", [1, 5, 0], 3), None, "a Unix socket for whole messages, within this machine"),
            (call("socket", [16, 3, 0], 3), None, "a socket for questions to the kernel (netlink(7))"),
            (call("listen", [128, 0, 0], 0), stream, "clients may come; 128 at most wait to be accepted"),
            (call("accept4", [0, 0, 0], 7), stream, "a client has come; its connection is descriptor 7"),
            (call("recv", [100, 0, 0], 5), stream, "received 5 bytes"),
            (call("recv", [100, 0, 0], 1), stream, "received 1 byte"),
            (call("recv", [100, 2, 0], 5), stream, "5 bytes have come, and stay for the next call"),
            (call("recv", [100, 0, 0], 0), stream, "the other end has sent all it had: the end"),
            (call("recv", [100, 0, 0], 0), datagrams, "an empty datagram"),
            (call("send", [5, 0x4000, 0], 5), stream, "sent 5 bytes"),
            (call("send", [9, 0x4000, 0], 5), stream, "sent 5 of 9 bytes; there is no room for more"),
            (call("sendmmsg", [9, 0, 0], 1), datagrams, "sent 1 message"),
            (call("shutdown", [1, 0, 0], 0), stream, "the other end is told that no more is sent"),
            (call("ppoll", [1, 5, 0], 0), stream, "nothing happened in that time"),
            (call("connect", [0; 3], 0), stream, "connected"),
            (call("somethingnew", [0; 3], 0), stream, "done"),
        ];
        for (call, kind, want) in rows {
            assert_eq!(meaning(&call, kind), want, "{call:?}");
        }
    }

    #[test]
    fn an_option_is_told_by_what_it_means() {
        let nodelay = call("setsockopt", [6, 1, 1], 0);
        let about = berkeley::option::tcp::NODELAY.description().about;
        assert!(meaning(&nodelay, None).eq_ignore_ascii_case(about.trim_end_matches('.')), "{about}");
        assert_eq!(meaning(&call("getsockopt", [6, 9_999, 0], 0), None), "asks for an option");
        let join = call("setsockopt", [0, 42, 0], 0);
        assert_eq!(meaning(&join, None), "receives what is sent to a multicast group, too");
    }

    #[test]
    fn an_address_whose_port_the_kernel_chooses_is_told() {
        let address =
            |port| Address::from((std::net::Ipv4Addr::LOCALHOST, port)).encode().as_bytes().to_vec();
        let bind = |port| Call { address: Some(address(port)), ..call("bind", [0; 3], 0) };
        assert_eq!(meaning(&bind(0), None), "this end has an address; the kernel chooses the port");
        assert_eq!(meaning(&bind(80), None), "this end has that address");
    }

    #[test]
    fn errors_are_told_by_what_they_mean() {
        let failed = |errno| Call { name: "connect".to_owned(), errno: Some(errno), ..Call::default() };
        let rows = [
            (115, "the connection is on its way"),
            (111, "nobody listens there"),
            (28, "no space left on device"),
        ];
        for (errno, want) in rows {
            assert_eq!(meaning(&failed(errno), None), want);
        }
    }
}
