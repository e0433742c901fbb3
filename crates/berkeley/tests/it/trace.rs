//! Feature `tracing`: one event per system call, with its name, descriptor and result.

use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};

use berkeley::fault::{self, Plan};
use berkeley::interface::{interface_index, interface_name};
use berkeley::resolve::{BackHints, Hints, resolve, resolve_back};
use berkeley::{Family, Flags, Protocol, Socket, SocketRef, Type};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

/// One event as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    call: String,
    fd: Option<i64>,
    returned: Option<i64>,
    errno: Option<i64>,
    code: Option<i64>,
    /// Its arguments: integers, an address, and what the resolver is asked for.
    told: Vec<String>,
}

impl Visit for Seen {
    fn record_i64(&mut self, field: &Field, value: i64) {
        match field.name() {
            "fd" => self.fd = Some(value),
            "returned" => self.returned = Some(value),
            "errno" => self.errno = Some(value),
            "code" => self.code = Some(value),
            other => self.told.push(format!("{other} {value}")),
        }
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.told.push(format!("{} {}", field.name(), value.escape_ascii()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "call" => value.clone_into(&mut self.call),
            other => self.told.push(other.to_owned()),
        }
    }

    fn record_debug(&mut self, field: &Field, _value: &dyn std::fmt::Debug) {
        self.told.push(field.name().to_owned());
    }
}

/// Keeps the events of system calls.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Seen>>>);

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "berkeley::sys"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(*event.metadata().level(), Level::TRACE);
        let mut seen = Seen::default();
        event.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The events of `action`, of which there must be one per system call.
fn events_of<T>(action: impl FnOnce() -> T) -> (T, Vec<Seen>) {
    let recorder = Recorder::default();
    let counted = fault::arm(Plan::count());
    let result = tracing::subscriber::with_default(recorder.clone(), || {
        // Another test may have made the same call first, while nobody listened, just as this recorder was registered.
        tracing::callsite::rebuild_interest_cache();
        action()
    });
    let seen = recorder.0.lock().unwrap().clone();
    assert_eq!(usize::try_from(counted.seen()).unwrap(), seen.len(), "one event per system call: {seen:?}");
    (result, seen)
}

/// The events without the arguments of the calls.
fn bare(events: Vec<Seen>) -> Vec<Seen> {
    events.into_iter().map(|event| Seen { told: Vec::new(), ..event }).collect()
}

fn seen(call: &str, fd: Option<i64>, result: Result<i64, i64>) -> Seen {
    Seen { call: call.to_owned(), fd, returned: result.ok(), errno: result.err(), ..Seen::default() }
}

#[test]
fn each_system_call_is_one_event_with_its_name_descriptor_and_result() {
    let ((left, right), events) = events_of(|| {
        let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
        left.send_all(b"hello").unwrap();
        right.recv(&mut [0; 16]).unwrap();
        right.try_recv(&mut [0; 16], Flags::NONE).unwrap_err();
        (left, right)
    });
    let fd = |socket: &Socket| Some(i64::from(socket.as_raw_fd()));
    assert_eq!(
        bare(events),
        [
            seen("socketpair", None, Ok(0)),
            seen("send", fd(&left), Ok(5)),
            seen("recv", fd(&right), Ok(5)),
            seen("recv", fd(&right), Err(11)),
        ]
    );
}

#[test]
fn a_call_that_makes_a_descriptor_returns_its_number() {
    let (socket, events) = events_of(|| Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap());
    assert_eq!(bare(events), [seen("socket", None, Ok(socket.as_raw_fd().into()))]);
}

#[test]
fn a_failed_call_and_the_questions_about_its_socket_are_events_too() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let fd = Some(i64::from(file.as_raw_fd()));
    let ((), events) = events_of(|| {
        SocketRef::borrow(std::os::fd::AsFd::as_fd(&file)).listen(1).unwrap_err();
    });
    assert_eq!(events[0].told, ["first 1"]);
    let events = bare(events);
    assert_eq!(events[0], seen("listen", fd, Err(88)));
    assert!(events[1..].iter().all(|event| event.errno == Some(88)), "{events:?}");
}

#[test]
fn a_question_to_the_resolver_is_an_event_with_its_own_code() {
    const EAI_SERVICE: i64 = -8;
    let numeric = Hints::new().numeric_host(true);
    let (_, events) = events_of(|| resolve("fe80::1%lo", 80, &numeric).unwrap());
    assert_eq!(bare(events), [seen("getaddrinfo", None, Ok(0))]);
    let (_, events) = events_of(|| resolve("127.0.0.1", "nosuch", &numeric).unwrap_err());
    let refused = |call: &str| Seen { call: call.to_owned(), code: Some(EAI_SERVICE), ..Seen::default() };
    assert_eq!(bare(events), [refused("getaddrinfo")]);

    let digits = BackHints::new().numeric_host(true).numeric_service(true);
    let (_, events) = events_of(|| resolve_back((Ipv4Addr::LOCALHOST, 80), &digits).unwrap());
    assert_eq!(bare(events), [seen("getnameinfo", None, Ok(0))]);
    let (_, events) = events_of(|| interface_index("lo").unwrap());
    assert_eq!(events[0].call, "if_nametoindex");
    let (_, events) = events_of(|| interface_name(u32::MAX).unwrap_err());
    assert_eq!(bare(events), [seen("if_indextoname", None, Err(6))]);
}

#[test]
fn an_event_tells_the_arguments_of_its_call_and_no_payload() {
    let ((), events) = events_of(|| {
        let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::UDP).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_address().unwrap();
        socket.set(berkeley::option::BROADCAST, true).unwrap();
        socket.try_send_to(b"secret", address, Flags::DONTROUTE).unwrap();
        socket.shutdown(std::net::Shutdown::Both).unwrap_err();
    });
    let told = |call: &str| {
        let event = events.iter().find(|event| event.call == call);
        event.unwrap_or_else(|| panic!("{call}: {events:?}")).told.clone()
    };
    let kind = Type::DGRAM.as_raw() | libc::SOCK_CLOEXEC;
    assert_eq!(told("socket"), ["first 2".to_owned(), format!("second {kind}"), "third 17".to_owned()]);
    // The family has this machine's order of bytes, the port and the address have the network's.
    let [first, second] = 2_u16.to_ne_bytes();
    let family = format!("address \\x{first:02x}\\x{second:02x}");
    let rest = "\\x00\\x00\\x7f\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00";
    assert_eq!(told("bind"), [format!("{family}{rest}")]);
    let (level, name) = (libc::SOL_SOCKET, libc::SO_BROADCAST);
    assert_eq!(
        told("setsockopt"),
        [format!("first {level}"), format!("second {name}"), "third 1".to_owned()]
    );
    let sent = told("sendto");
    let flags = libc::MSG_DONTROUTE | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    assert_eq!(sent[..2], ["first 6".to_owned(), format!("second {flags}")]);
    assert!(sent[2].starts_with(&family) && sent.len() == 3, "{sent:?}");
    assert_eq!(told("shutdown"), [format!("first {}", libc::SHUT_RDWR)]);
    assert!(!format!("{events:?}").contains("secret"));

    let hints = Hints::new().numeric_host(true);
    let (_, events) = events_of(|| resolve("127.0.0.1", "nosuch", &hints).unwrap_err());
    assert_eq!(events[0].told, ["host 127.0.0.1", "service nosuch"]);
}
