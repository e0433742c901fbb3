//! Where an endpoint is: a host and a port, a path, or an abstract name.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::percent::{Encoded, decode};
use super::piece::{Fault, Piece};
use crate::program::words;
use crate::report::escape::is_printable;

/// What stands between the scheme and the options.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// `host:port`, for TCP, UDP and other protocols over IP.
    Inet {
        /// The machine, or which of this machine's addresses.
        host: Host,
        /// The port.
        port: Port,
    },
    /// A Unix socket in the file system: at least one byte, none of them zero.
    Path(Vec<u8>),
    /// A Unix socket in Linux's abstract namespace, written `@name`: at least one byte, any bytes, without the leading
    /// zero byte that the kernel's address has. unix(7).
    Abstract(Vec<u8>),
    /// A virtual machine or its host, and a port; [`ANY`] for any of either. vsock(7).
    Vsock {
        /// The machine's number (context identifier).
        cid: u32,
        /// The port.
        port: u32,
    },
    /// A file of any kind: at least one byte, none of them zero.
    File(Vec<u8>),
    /// Text that means something to its scheme alone, such as a command: at least one character, all of which print.
    Literal(String),
    /// A descriptor that is open, by its number.
    Descriptor(u32),
    /// There is but one.
    Alone,
}

/// Any machine (`VMADDR_CID_ANY`) and any port (`VMADDR_PORT_ANY`) of [`Place::Vsock`], to listen at.
pub const ANY: u32 = u32::MAX;

/// The words for machines that vsock(7) has numbers for; the first of a number is the one that is printed.
const CIDS: [(&str, u32); 5] = [("any", ANY), ("*", ANY), ("hypervisor", 0), ("local", 1), ("host", 2)];

/// The machine that a place is on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Host {
    /// Nothing written, as in `:80`: this machine alone, 127.0.0.1 and `::1`.
    Loopback,
    /// `*`: every address of this machine.
    Every,
    /// An IPv4 address, `192.0.2.1`.
    V4(Ipv4Addr),
    /// An IPv6 address in brackets, `[fe80::1%eth0]`.
    V6 {
        /// The address.
        address: Ipv6Addr,
        /// The interface's name or number for an address that is link-local; None if none is written. RFC 4007.
        zone: Option<String>,
    },
    /// A name, to be resolved.
    Name(String),
}

/// A port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Port {
    /// A number; 0 lets the kernel choose when listening.
    Number(u16),
    /// A service's name, such as `http`, to be resolved. services(5).
    Name(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet { host, port } => write!(f, "{host}:{port}"),
            // A plain "@" would start an abstract name.
            Self::Path(path) if path.starts_with(b"@") => write!(f, "%40{}", Encoded(&path[1..])),
            Self::Path(path) | Self::File(path) => Encoded(path).fmt(f),
            Self::Vsock { cid, port } => write!(f, "{}:{}", Cid(*cid), VsockPort(*port)),
            Self::Abstract(name) => write!(f, "@{}", Encoded(name)),
            Self::Literal(text) => f.write_str(text),
            Self::Descriptor(number) => number.fmt(f),
            Self::Alone => Ok(()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => Ok(()),
            Self::Every => f.write_str("*"),
            Self::V4(address) => address.fmt(f),
            Self::V6 { address, zone: None } => write!(f, "[{address}]"),
            Self::V6 { address, zone: Some(zone) } => write!(f, "[{address}%{}]", Zone(zone)),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

struct Cid(u32);

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match CIDS.iter().find(|(_, cid)| *cid == self.0) {
            Some((word, _)) => f.write_str(word),
            None => self.0.fmt(f),
        }
    }
}

struct VsockPort(u32);

impl fmt::Display for VsockPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == ANY { f.write_str("any") } else { self.0.fmt(f) }
    }
}

/// A zone that prints so that it reads back: see [`super::inet::zone`] for what `25` at its start would mean.
struct Zone<'a>(&'a str);

impl fmt::Display for Zone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.strip_prefix("25") {
            Some(rest) if rest.starts_with(|c: char| !c.is_ascii_digit()) => {
                write!(f, "%325{}", Encoded(rest.as_bytes()))
            }
            _ => Encoded(self.0.as_bytes()).fmt(f),
        }
    }
}

/// Reads a path or an abstract name.
pub(super) fn unix(place: Piece<'_>) -> Result<Place, Fault> {
    if let Some(comma) = place.find_char(|c| c == ',') {
        // In socat a comma starts the options; a path that ends in ",fork" would be a nasty surprise.
        return Err(
            comma.fault("options stand after \"?\", joined by \"&\"; a comma in a path is written %2C")
        );
    }
    if let Some(name) = place.strip_prefix("@") {
        return match decode(name)? {
            bytes if bytes.is_empty() => {
                Err(place.fault("an abstract name wants at least one byte after \"@\""))
            }
            bytes => Ok(Place::Abstract(bytes)),
        };
    }
    let path = decode(place)?;
    if path.is_empty() {
        return Err(
            place.fault("wants a path, as in unix:/run/app.sock, or an abstract name, as in unix:@app")
        );
    }
    if path.contains(&0) {
        return Err(place.fault("a path holds no zero byte; an abstract name starts with \"@\""));
    }
    Ok(Place::Path(path))
}

/// Reads the number of a machine, or the word for it, and a port.
pub(super) fn vsock(place: Piece<'_>) -> Result<Place, Fault> {
    let Some((cid, port)) = place.split_once(':') else {
        return Err(place.fault("wants a machine's CID and a port, as in vsock://host:5000"));
    };
    let number = |text: &str| {
        text.parse().ok().filter(|_| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let word = CIDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(cid.text())).map(|(_, cid)| *cid);
    let Some(machine) = word.or_else(|| number(cid.text())) else {
        let shown = cid.shown();
        let message = "a CID is a number of 32 bits, hypervisor, local, host, or any; found";
        return Err(cid.fault(format_args!("{message} \"{shown}\"")));
    };
    let any = ["any", "*"].iter().any(|word| port.text().eq_ignore_ascii_case(word));
    let Some(number) = any.then_some(ANY).or_else(|| number(port.text())) else {
        let shown = port.shown();
        return Err(
            port.fault(format_args!("a port of vsock is a number of 32 bits, or any; found \"{shown}\""))
        );
    };
    Ok(Place::Vsock { cid: machine, port: number })
}

/// Reads the path of a file.
pub(super) fn file(place: Piece<'_>) -> Result<Place, Fault> {
    let path = decode(place)?;
    if path.is_empty() {
        return Err(place.fault("wants a file's path, as in /tmp/file"));
    }
    if path.contains(&0) {
        return Err(place.fault("a path holds no zero byte"));
    }
    Ok(Place::File(path))
}

/// Takes text as it is.
pub(super) fn literal(place: Piece<'_>) -> Result<Place, Fault> {
    if place.is_empty() {
        return Err(place.fault("wants something after the \":\""));
    }
    if let Some(c) = place.find_char(|c| !is_printable(c)) {
        return Err(c.fault(format_args!("wants characters that print; found \"{}\"", c.shown())));
    }
    Ok(Place::Literal(place.text().to_owned()))
}

/// What people used to socat write behind a program and a comma.
const HABITS: [&str; 6] = ["pty", "stderr", "setsid", "ctty", "pipes", "nofork"];

/// Takes a command line as it is, once it is known to be one.
pub(super) fn words(place: Piece<'_>) -> Result<Place, Fault> {
    let habit = |tail: &str| HABITS.contains(&tail.split(',').next().unwrap_or(tail));
    if let Some((command, tail)) = place.text().split_once(',').filter(|(_, tail)| habit(tail)) {
        let comma = place.split_at(command.len()).1;
        let fault = comma.fault("options stand behind the command and \"?\"");
        return Err(if tail.starts_with("pty") {
            fault.suggest(format_args!("exec:{command}?pty"))
        } else {
            fault
        });
    }
    words::split(place.text()).map_err(|error| {
        let (_, tail) = place.split_at(error.span.start);
        tail.split_at(error.span.len()).0.fault(error)
    })?;
    literal(place)
}

/// Reads the number of a descriptor.
pub(super) fn descriptor(place: Piece<'_>) -> Result<Place, Fault> {
    let is_number = !place.is_empty() && place.text().bytes().all(|byte| byte.is_ascii_digit());
    let number = place.text().parse().ok().filter(|_| is_number);
    let shown = place.shown();
    number.map(Place::Descriptor).ok_or_else(|| {
        place.fault(format_args!("wants the number of an open descriptor, as in fd:3; found \"{shown}\""))
    })
}

/// Sees to it that nothing stands here.
pub(super) fn alone(place: Piece<'_>) -> Result<Place, Fault> {
    if place.is_empty() {
        return Ok(Place::Alone);
    }
    Err(place.fault("nothing stands after the \":\" but \"?\" and options"))
}
