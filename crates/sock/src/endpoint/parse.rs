//! An endpoint, read: the scheme first, then the place, then the options.

use std::net::Ipv6Addr;

use super::error::ParseError;
use super::inet::{inet, inet_without_port};
use super::nearest::nearest;
use super::piece::{Fault, Piece};
use super::place::{Host, Place, Port, unix};
use super::scheme::Scheme;
use super::setting::{Context, Own, settings};
use super::vocabulary::Vocabulary;
use super::{Endpoint, Role};

/// What people used to socat write before the colon, in lower case, and the scheme that means the same.
const HABITS: [(&str, Scheme, bool); 17] = [
    ("tcp-connect", Scheme::Tcp, false),
    ("tcp4", Scheme::Tcp, false),
    ("tcp6", Scheme::Tcp, false),
    ("tcp4-connect", Scheme::Tcp, false),
    ("tcp6-connect", Scheme::Tcp, false),
    ("tcp4-listen", Scheme::Tcp, true),
    ("tcp6-listen", Scheme::Tcp, true),
    ("tcp-l", Scheme::Tcp, true),
    ("udp4", Scheme::Udp, false),
    ("udp6", Scheme::Udp, false),
    ("udp-connect", Scheme::Udp, false),
    ("udp-sendto", Scheme::Udp, false),
    ("udp-recvfrom", Scheme::Udp, true),
    ("udp4-listen", Scheme::Udp, true),
    ("udp6-listen", Scheme::Udp, true),
    ("unix-connect", Scheme::Unix, false),
    ("unix-client", Scheme::Unix, false),
];

/// What the text before the options starts with.
struct Start<'a> {
    scheme: Scheme,
    listen: bool,
    /// The scheme as written; empty if none is.
    name: Piece<'a>,
    place: Piece<'a>,
}

/// Reads a whole endpoint. Each step looks at every byte a bounded number of times, so the cost is linear.
pub(super) fn parse(text: &str, vocabulary: &dyn Vocabulary, role: Role) -> Result<Endpoint, ParseError> {
    read(Piece::whole(text), vocabulary, role).map_err(|fault| ParseError::new(text, fault))
}

/// Reads a host, and the port after it if there is one.
pub(super) fn host(text: &str) -> Result<(Host, Port), ParseError> {
    // An address with its zone is one that only brackets tell from a port.
    let is_v6 = text.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    let bracketed = if is_v6 { &format!("[{text}]") } else { text };
    if text.is_empty() {
        return Err(ParseError::at(text, 0..0, "wants a host, as in localhost, or a port, as in :80"));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        let message = "wants a host and a port alone, as in example.org:https";
        return Err(ParseError::at(text, 0..scheme.len() + 3, message));
    }
    match inet_without_port(Piece::whole(bracketed)) {
        Ok(Place::Inet { host, port }) => Ok((host, port)),
        Ok(_) => Err(ParseError::at(bracketed, 0..bracketed.len(), "wants a host")),
        Err(fault) => Err(ParseError::new(bracketed, fault)),
    }
}

fn read(text: Piece<'_>, vocabulary: &dyn Vocabulary, role: Role) -> Result<Endpoint, Fault> {
    let (address, options) = text.split_once('?').map_or((text, None), |(head, tail)| (head, Some(tail)));
    let Start { scheme, listen, name, place } = start(address)?;
    let listens = match role {
        Role::Connect if listen => {
            let message = format!("\"{}\" listens; wanted here is an endpoint to connect to", name.shown());
            return Err(name.fault(message).suggest(scheme));
        }
        Role::Connect => Some(false),
        Role::Listen => Some(true),
        Role::Either => listen.then_some(true),
    };
    let place = if scheme.is_unix() { unix(place)? } else { inet(place)? };
    let context = Context { scheme, place: &place, listens };
    let (own, settings) = match options {
        Some(options) => settings(options, context, vocabulary)?,
        None => (Own::default(), Vec::new()),
    };
    Ok(Endpoint { scheme, listen, place, own, settings })
}

/// Tells the scheme from the place. A bare `host:port` is TCP; Unix sockets may leave out the slashes.
fn start(address: Piece<'_>) -> Result<Start<'_>, Fault> {
    let bare = Start { scheme: Scheme::Tcp, listen: false, name: address.split_at(0).0, place: address };
    let Some((name, rest)) = address.split_once(':') else {
        return match Scheme::from_name(address.text()) {
            Some((scheme, listen)) => Err(wants_place(address, scheme, listen)),
            None => Ok(bare),
        };
    };
    let known = Scheme::from_name(name.text());
    match (known, rest.strip_prefix("//")) {
        (Some((scheme, listen)), Some(place)) => Ok(Start { scheme, listen, name, place }),
        (None, Some(_)) => Err(unknown_scheme(name)),
        (Some((scheme, listen)), None) if scheme.is_unix() => Ok(Start { scheme, listen, name, place: rest }),
        (Some((scheme, listen)), None) => Err(wants_slashes(address, rest, scheme, listen)),
        (None, None) => match habit(name.text()) {
            Some((scheme, listen)) => Err(wants_slashes(address, rest, scheme, listen)),
            None => Ok(bare),
        },
    }
}

fn unknown_scheme(name: Piece<'_>) -> Fault {
    let shown = name.shown();
    match nearest(name.text(), Scheme::names()) {
        Some(word) => name.fault(format_args!("unknown scheme \"{shown}\"")).suggest(word),
        None => name.fault(format_args!("unknown scheme \"{shown}\"; this build knows {}", Scheme::list())),
    }
}

/// `udp`, which is half an endpoint.
fn wants_place(address: Piece<'_>, scheme: Scheme, listen: bool) -> Fault {
    let listening = if listen { "-listen" } else { "" };
    let example = if scheme.is_unix() { ":/run/app.sock" } else { "://:9000" };
    address.fault(format_args!("wants a place after the scheme, as in {scheme}{listening}{example}"))
}

/// `TCP-LISTEN:6142,fork` and `udp:53`: rewrites the address as it is written here.
fn wants_slashes(address: Piece<'_>, rest: Piece<'_>, scheme: Scheme, listen: bool) -> Fault {
    let fault = address.fault("an endpoint is written scheme://host:port?option&option");
    let place = rest.split_once(',').map_or(rest, |(place, _)| place).text();
    let listening = if listen { "-listen" } else { "" };
    let colon = if scheme.is_unix() || place.contains(':') { "" } else { ":" };
    let slashes = if scheme.is_unix() { ":" } else { "://" };
    fault.suggest(format_args!("{scheme}{listening}{slashes}{colon}{place}"))
}

fn habit(name: &str) -> Option<(Scheme, bool)> {
    let row = HABITS.iter().find(|(habit, ..)| habit.eq_ignore_ascii_case(name))?;
    Some((row.1, row.2))
}
