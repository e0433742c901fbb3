//! `host:port`, read.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::percent::decode_text;
use super::piece::{Fault, Piece};
use super::place::{Host, Place, Port};
use super::source::Written;

/// The longest name that DNS can hold, without the dot at its end. RFC 1035, section 2.3.4.
const LONGEST_NAME: usize = 253;

/// The longest name of an interface: IFNAMSIZ less its zero byte. netdevice(7).
const LONGEST_INTERFACE: usize = 15;

/// The longest name of a service that is taken for one.
const LONGEST_SERVICE: usize = 32;

/// Reads `host:port`, `:port`, `*:port` or `[v6]:port`.
pub(super) fn inet(place: Piece<'_>) -> Result<(Place, Written), Fault> {
    let (host, port) = match split(place)? {
        (host, port) if port.is_empty() => return Err(missing_port(place, host.shown())),
        parts => parts,
    };
    let written = Written { port: port.span(), ..written(place, host) };
    Ok((Place::Inet { host: self::host(host)?, port: self::port(port)? }, written))
}

/// As [`inet`], where the port may be left out and is 0 then: an address to bind to.
pub(super) fn inet_without_port(place: Piece<'_>) -> Result<(Place, Written), Fault> {
    let bare_v6 = place.text().parse().ok().map(|address| Host::V6 { address, zone: None });
    let bare = match bare_v6 {
        Some(host) => Some(host),
        None if place.text().ends_with(']') || !place.text().contains(':') => Some(host(place)?),
        None => None,
    };
    match bare {
        Some(host) => Ok((Place::Inet { host, port: Port::Number(0) }, written(place, place))),
        None => inet(place),
    }
}

/// Whether digits stand here alone: a port of this machine, where it is listened.
pub(super) fn is_bare_port(text: &str) -> bool {
    is_number(text)
}

/// Reads a port alone.
pub(super) fn bare_port(place: Piece<'_>) -> Result<(Place, Written), Fault> {
    let written = Written { port: place.span(), ..Written::whole(place) };
    Ok((Place::Inet { host: Host::Loopback, port: port(place)? }, written))
}

/// Where the host and its zone stand.
fn written(place: Piece<'_>, host: Piece<'_>) -> Written {
    let whole = Written::whole(place);
    let inner = host.strip_prefix("[").and_then(|inner| inner.split_once(']'));
    let zone = inner.and_then(|(inner, _)| inner.split_once('%')).map(|(_, zone)| zone.span());
    Written { host: host.span(), zone: zone.unwrap_or_else(|| whole.zone.clone()), ..whole }
}

/// The name of an interface, as the kernel allows them. `dev_valid_name` in Linux's net/core/dev.c.
pub(super) fn interface(piece: Piece<'_>) -> Result<String, Fault> {
    let name = decode_text(piece)?;
    let wrong = |c: char| c == '/' || c == ':' || c == '\0' || c.is_whitespace();
    if name.is_empty() || name.len() > LONGEST_INTERFACE || name.contains(wrong) {
        let shown = piece.shown();
        return Err(piece.fault(format_args!(
            "an interface's name has 1 to {LONGEST_INTERFACE} bytes, no \"/\", \":\" or space; found \"{shown}\""
        )));
    }
    Ok(name)
}

/// The host, brackets included, and what follows the colon after it.
fn split(place: Piece<'_>) -> Result<(Piece<'_>, Piece<'_>), Fault> {
    if place.text().starts_with('[') {
        return split_after_bracket(place);
    }
    let Some((host, port)) = place.rsplit_once(':') else {
        return Err(missing_colon(place));
    };
    if !host.text().contains(':') {
        return Ok((host, port));
    }
    if is_v6(host.text()) {
        let fault = place.fault("an IPv6 address stands in brackets, before its port");
        return Err(fault.suggest(format_args!("[{}]:{}", host.text(), port.text())));
    }
    if is_v6(place.text()) {
        let shown = place.shown();
        return Err(
            place.fault(format_args!("an IPv6 address stands in brackets, before its port: [{shown}]:80"))
        );
    }
    Err(place.fault("wants one \":\", between host and port"))
}

fn split_after_bracket(place: Piece<'_>) -> Result<(Piece<'_>, Piece<'_>), Fault> {
    let Some(close) = place.text().find(']') else {
        return Err(place.split_at(1).0.fault("\"[\" wants a \"]\" after the address"));
    };
    let (host, rest) = place.split_at(close + 1);
    match rest.strip_prefix(":") {
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Err(missing_port(place, host.shown())),
        None => {
            Err(rest.fault(format_args!("wants \":\" and a port after \"]\"; found \"{}\"", rest.shown())))
        }
    }
}

fn missing_port(place: Piece<'_>, host: impl std::fmt::Display) -> Fault {
    place.end().fault(format_args!("wants a port after the host, as in {host}:80"))
}

/// What a text without a colon was probably meant to be.
fn missing_colon(place: Piece<'_>) -> Fault {
    let text = place.text();
    if text.is_empty() {
        return place.fault("wants a host and a port, as in localhost:80, :80 or *:80");
    }
    if let Some(sign) = place.find_char(|c| c == ' ' || c == ',') {
        let (host, port) = text.split_at(sign.span().start - place.span().start);
        let fault = sign.fault(format_args!("wants \":\" between host and port; found \"{}\"", sign.text()));
        let port = &port[1..];
        return if is_number(port) { fault.suggest(format_args!("{host}:{port}")) } else { fault };
    }
    if is_number(text) {
        return place.fault("wants a host and a port; found a number alone").suggest(format_args!(":{text}"));
    }
    if text.starts_with(['/', '.', '@']) {
        let fault = place.fault("a Unix socket's path or name stands after \"unix:\"");
        return fault.suggest(format_args!("unix:{text}"));
    }
    missing_port(place, place.shown())
}

fn host(host: Piece<'_>) -> Result<Host, Fault> {
    match host.text() {
        "" => return Ok(Host::Loopback),
        "*" => return Ok(Host::Every),
        _ => {}
    }
    if let Some(inner) = host.strip_prefix("[") {
        return v6(inner.split_once(']').map_or(inner, |(inner, _)| inner));
    }
    if let Ok(address) = host.text().parse::<Ipv4Addr>() {
        return Ok(Host::V4(address));
    }
    name(host)
}

/// What stands between brackets.
fn v6(inner: Piece<'_>) -> Result<Host, Fault> {
    let (address, zone) = match inner.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (inner, None),
    };
    let Ok(parsed) = address.text().parse::<Ipv6Addr>() else {
        let fault = address.fault(format_args!("\"{}\" is not an IPv6 address", address.shown()));
        let is_v4 = address.text().parse::<Ipv4Addr>().is_ok();
        return Err(if is_v4 { address.fault("only an IPv6 address stands in brackets") } else { fault });
    };
    Ok(Host::V6 { address: parsed, zone: zone.map(self::zone).transpose()? })
}

/// What stands after the percent sign: an interface's name or number.
///
/// `%25eth0` is how URLs write `%eth0` (RFC 6874), and is read so; `%25` and `%252` are interfaces by number.
pub(super) fn zone(zone: Piece<'_>) -> Result<String, Fault> {
    let as_in_urls =
        zone.strip_prefix("25").filter(|rest| rest.text().starts_with(|c: char| !c.is_ascii_digit()));
    interface(as_in_urls.unwrap_or(zone))
}

fn name(name: Piece<'_>) -> Result<Host, Fault> {
    let wrong = |c: char| match c {
        '-' | '_' | '.' => false,
        _ if c.is_ascii() => !c.is_ascii_alphanumeric(),
        _ => !crate::report::escape::is_printable(c),
    };
    if let Some(c) = name.find_char(wrong) {
        let message = "a host's name has letters, digits, \"-\", \"_\" and \".\"; found";
        return Err(c.fault(format_args!("{message} \"{}\"", c.shown())));
    }
    let text = name.text();
    let labels = text.strip_suffix('.').unwrap_or(text);
    if labels.len() > LONGEST_NAME {
        return Err(name
            .fault(format_args!("a host's name has at most {LONGEST_NAME} bytes; found {}", labels.len())));
    }
    if labels.split('.').any(str::is_empty) {
        return Err(name.fault("a host's name has no empty part between dots"));
    }
    // The resolver would read "1.2.3" or "0x7f.1" as an address of the 1980s' forms, hardly as its writer meant it.
    let last = labels.rsplit('.').next().unwrap_or_default();
    if is_number(last) || last.starts_with("0x") || last.starts_with("0X") {
        let message = "is not an IPv4 address, which is four numbers of 0-255";
        return Err(name.fault(format_args!("\"{}\" {message}", name.shown())));
    }
    Ok(Host::Name(text.to_owned()))
}

fn port(port: Piece<'_>) -> Result<Port, Fault> {
    let text = port.text();
    if is_number(text) {
        let number = text.parse().map(Port::Number);
        return number.map_err(|_| port.fault(format_args!("port {} is outside 0-65535", port.shown())));
    }
    if let Some(comma) = port.find_char(|c| c == ',') {
        return Err(comma.fault("options stand after \"?\", joined by \"&\"; found \",\""));
    }
    if let Some(slash) = port.find_char(|c| c == '/') {
        return Err(slash.fault("only \"?\" and options stand after a port; found \"/\""));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if text.len() <= LONGEST_SERVICE
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(fits)
    {
        return Ok(Port::Name(text.to_owned()));
    }
    let shown = port.shown();
    Err(port.fault(format_args!("a port is a number of 0-65535 or a service's name; found \"{shown}\"")))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_v6(text: &str) -> bool {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse::<Ipv6Addr>().is_ok()
}
