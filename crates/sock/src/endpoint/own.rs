//! The options that are the endpoint's own, not the socket's: a row each.

use std::net::IpAddr;
use std::time::Duration;

use super::group::group;
use super::inet::{inet_without_port, interface};
use super::local::{self, Local};
use super::percent::Encoded;
use super::piece::{Fault, Piece};
use super::place::{Host, Place, unix, vsock};
use super::proxy::{self, Login};
use super::scheme::{Layer, Scheme};
use super::shape::Shape;
use super::source::Written;
use super::tls;
use crate::preamble::Protocol;
use crate::preamble::proxy::Version;
use crate::quantity::Period;

/// The options that are the endpoint's own, not the socket's. None is "not written".
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Own {
    /// `timeout=2s`: how long connecting may take, more than zero.
    pub timeout: Option<Duration>,
    /// `retry=30s`: for how long another try follows one that fails, more than zero.
    pub retry: Option<Duration>,
    /// `bind=192.0.2.1:5000`: the local address to connect from; port 0 if none is written. The host is an address or
    /// [`Host::Every`], never a name. For Unix sockets, the client's own path or abstract name.
    pub bind: Option<Place>,
    /// `interface=eth0`: the interface that carries the traffic.
    pub interface: Option<String>,
    /// `join=239.1.2.3`: the multicast group whose datagrams are received too.
    pub join: Option<IpAddr>,
    /// `mode=660`: the permission bits of the path that listening creates, at most 0o777.
    pub mode: Option<u32>,
    /// `proxy-protocol=v2`: the header that says who the client is.
    pub proxy_protocol: Option<Version>,
    /// `starttls=smtp`: what is spoken before TLS.
    pub starttls: Option<Protocol>,
    /// Who asks, where the endpoint is a proxy.
    pub login: Login,
    /// `pty` and the others of what is no socket.
    pub local: Local,
    /// `ca=FILE` and the others of TLS.
    pub tls: crate::tls::Options,
    /// A flag of the unit tests' own schemes.
    #[cfg(test)]
    pub(super) tried: Option<()>,
}

/// What decides which of the own options apply.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) scheme: Scheme,
    /// What goes over it.
    pub(super) layers: &'a [Layer],
    pub(super) place: &'a Place,
    /// True if the endpoint listens, false if it connects, None if that is not known yet.
    pub(super) listens: Option<bool>,
}

/// An option of ours.
pub(super) struct OwnRow {
    /// Its name.
    pub(super) name: &'static str,
    /// One as it is written.
    pub(super) example: &'static str,
    /// What that does, in a few words.
    pub(super) meaning: &'static str,
    /// Whether a value stands after `=`.
    pub(super) has_value: bool,
    /// Whether the endpoint can act on it; else why not. To ignore it would be a lie.
    pub(super) fits: fn(Context<'_>) -> Result<(), &'static str>,
    /// Reads the value, which is not empty; that of an option without one is its name.
    pub(super) read: fn(&mut Own, Piece<'_>, Context<'_>) -> Result<Written, Fault>,
    /// The option as it is printed; `None` if it is not there.
    pub(super) print: fn(&Own) -> Option<String>,
}

const CONNECTING: &str = "belongs to connecting; this endpoint listens";

/// Every own option, in the order in which they are printed.
pub(super) fn rows() -> impl Iterator<Item = &'static OwnRow> {
    OWN.iter().chain(local::ROWS).chain(tls::ROWS).chain(proxy::ROWS)
}

/// Those of every kind of endpoint.
const OWN: &[OwnRow] = &[
    OwnRow {
        name: "timeout",
        example: "timeout=2s",
        meaning: "how long connecting may take",
        has_value: true,
        fits: connects,
        read: |own, value, _| Ok(set(&mut own.timeout, value, timeout(value)?)),
        print: |own| own.timeout.map(|timeout| format!("timeout={}", Period(timeout))),
    },
    OwnRow {
        name: "retry",
        example: "retry=30s",
        meaning: "for how long failures are tried again",
        has_value: true,
        fits: connects,
        read: |own, value, _| Ok(set(&mut own.retry, value, retry(value)?)),
        print: |own| own.retry.map(|retry| format!("retry={}", Period(retry))),
    },
    OwnRow {
        name: "bind",
        example: "bind=192.0.2.1",
        meaning: "the address to connect from",
        has_value: true,
        fits: |context| if proxy::is_one(context) { Ok(()) } else { connects(context) },
        read: |own, value, context| {
            let (place, written) = bind(value, context.scheme)?;
            own.bind = Some(place);
            Ok(written)
        },
        print: |own| own.bind.as_ref().map(|bind| format!("bind={bind}")),
    },
    OwnRow {
        name: "interface",
        example: "interface=eth0",
        meaning: "the interface that carries the traffic",
        has_value: true,
        fits: |context| fails_unless(is_inet(context), "belongs to what goes over IP"),
        read: |own, value, _| Ok(set(&mut own.interface, value, interface(value)?)),
        print: |own| own.interface.as_ref().map(|name| format!("interface={}", Encoded(name.as_bytes()))),
    },
    OwnRow {
        name: "join",
        example: "join=239.1.2.3",
        meaning: "a multicast group to receive from, too",
        has_value: true,
        fits: |context| {
            let datagrams = !context.scheme.row().nature.connected;
            fails_unless(is_inet(context) && datagrams, "belongs to udp")
        },
        read: |own, value, _| Ok(set(&mut own.join, value, group(value)?)),
        print: |own| own.join.map(|group| format!("join={group}")),
    },
    OwnRow {
        name: "proxy-protocol",
        example: "proxy-protocol=v2",
        meaning: "say who the client is, v1 or v2",
        has_value: true,
        fits: |context| {
            let nature = context.scheme.row().nature;
            connects(context)?;
            fails_unless(nature.connected && !nature.messages, "belongs to a stream, as in tcp://host:80")
        },
        read: |own, value, _| {
            let version = value.text().parse().map_err(|error| value.fault(error))?;
            Ok(set(&mut own.proxy_protocol, value, version))
        },
        print: |own| own.proxy_protocol.map(|version| format!("proxy-protocol={version}")),
    },
    OwnRow {
        name: "mode",
        example: "mode=660",
        meaning: "the permissions of a new socket's path",
        has_value: true,
        fits: |context| match context {
            Context { scheme, .. } if scheme.row().shape != Shape::Unix => {
                Err("belongs to a Unix socket's path")
            }
            Context { place: Place::Abstract(_), .. } => {
                Err("belongs to a path; an abstract name has no permissions")
            }
            Context { listens: Some(false), .. } => Err("belongs to listening; this endpoint connects"),
            _ => Ok(()),
        },
        read: |own, value, _| Ok(set(&mut own.mode, value, mode(value)?)),
        print: |own| own.mode.map(|mode| format!("mode={mode:03o}")),
    },
    #[cfg(test)]
    OwnRow {
        name: "tried",
        example: "tried",
        meaning: "a flag of tests",
        has_value: false,
        fits: |context| fails_unless(context.scheme.row().socket.is_none(), "belongs to tests"),
        read: |own, name, _| Ok(set(&mut own.tried, name, ())),
        print: |own| own.tried.map(|()| "tried".to_owned()),
    },
];

/// The highest permission bits.
const HIGHEST_MODE: u32 = 0o777;

/// The longest time for which it is tried again: a day.
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 60 * 60);

impl Own {
    /// Each option that is written, as it is printed.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        rows().filter_map(|row| (row.print)(self))
    }
}

/// The option of that name.
pub(super) fn row(name: &str) -> Option<&'static OwnRow> {
    rows().find(|row| row.name == name)
}

/// Whether all that stands here are own options that this endpoint can act on: behind a literal place anything else is
/// a part of the place.
pub(super) fn are_options(tail: Piece<'_>, context: Context<'_>) -> bool {
    tail.text().split('&').all(|option| {
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        row(name).is_some_and(|row| (row.fits)(context).is_ok() && row.has_value == value.is_some())
    })
}

/// Refuses an own option that this endpoint cannot act on.
pub(super) fn refuse_unfit(row: &OwnRow, name: Piece<'_>, context: Context<'_>) -> Result<(), Fault> {
    (row.fits)(context).map_err(|reason| name.fault(format_args!("option \"{}\" {reason}", row.name)))
}

fn set<T>(slot: &mut Option<T>, value: Piece<'_>, read: T) -> Written {
    *slot = Some(read);
    Written::whole(value)
}

pub(super) fn fails_unless(fits: bool, reason: &'static str) -> Result<(), &'static str> {
    if fits { Ok(()) } else { Err(reason) }
}

fn connects(context: Context<'_>) -> Result<(), &'static str> {
    match context {
        Context { listens: Some(true), .. } => Err(CONNECTING),
        Context { layers: [layer, ..], .. } if layer.row().proxy => {
            Err("belongs to the endpoint behind the proxy")
        }
        Context { scheme, .. } if scheme.row().socket.is_none() => Err("belongs to sockets"),
        _ => Ok(()),
    }
}

fn is_inet(context: Context<'_>) -> bool {
    context.scheme.row().shape == Shape::Inet
}

fn timeout(value: Piece<'_>) -> Result<Duration, Fault> {
    match period(value)? {
        Duration::ZERO => Err(value.fault("a timeout of zero leaves no time to connect")),
        timeout => Ok(timeout),
    }
}

fn retry(value: Piece<'_>) -> Result<Duration, Fault> {
    match period(value)? {
        Duration::ZERO => Err(value.fault("a retry of zero is none; leave it out")),
        retry if retry > LONGEST_RETRY => Err(value.fault("a retry lasts a day at most, as in retry=24h")),
        retry => Ok(retry),
    }
}

fn period(value: Piece<'_>) -> Result<Duration, Fault> {
    value.text().parse::<Period>().map(|period| period.0).map_err(|error| {
        let (_, tail) = value.split_at(error.span().start);
        tail.split_at(error.span().len()).0.fault(error)
    })
}

fn bind(value: Piece<'_>, scheme: Scheme) -> Result<(Place, Written), Fault> {
    match scheme.row().shape {
        Shape::Unix => return Ok((unix(value)?, Written::whole(value))),
        Shape::Vsock => return Ok((vsock(value)?, Written::whole(value))),
        _ => {}
    }
    match inet_without_port(value)? {
        (Place::Inet { host: Host::Loopback, .. }, _) => {
            let fault = value.fault("wants an address of this machine before the port");
            Err(fault.suggest(format_args!("*{}", value.text())))
        }
        (Place::Inet { host: Host::Name(_), .. }, _) => {
            Err(value.fault("wants an address of this machine, not a name, as in bind=192.0.2.1"))
        }
        read => Ok(read),
    }
}

fn mode(value: Piece<'_>) -> Result<u32, Fault> {
    let is_octal = value.text().bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let bits = u32::from_str_radix(value.text(), 8).ok().filter(|bits| is_octal && *bits <= HIGHEST_MODE);
    let shown = value.shown();
    bits.ok_or_else(|| {
        value.fault(format_args!("a mode is octal, 000-777, as in mode=660; found \"{shown}\""))
    })
}
