//! The interfaces that an endpoint names: whether this machine has them, and whether one is missing.
//!
//! The kernel says of both no more than "no such device" and "invalid argument".

use std::net::Ipv6Addr;
use std::ops::Range;

use berkeley::interface::interface_index;

use super::{Endpoint, Host, ParseError, Place, scope};
use crate::report::escape::escape;

/// `ENODEV`, which std has no kind for. errno(3).
const NO_DEVICE: i32 = 19;

/// How many bytes of a name an error repeats.
const SHOWN: usize = 40;

/// Refuses an interface that is not there, and a link-local address without one, under a caret.
pub(super) fn check(text: &str, endpoint: &Endpoint) -> Result<(), ParseError> {
    let own = &endpoint.own;
    if let Some(name) = own.interface.as_deref().filter(|name| is_missing(interface_index(name))) {
        return Err(unknown(text, name, value(text, "interface")));
    }
    let bind = own.bind.as_ref().and_then(v6);
    if let Some((host, zone)) = &bind {
        zone_is_known(text, *zone, value(text, "bind"))?;
        // The place's zone comes too late for it: binding comes before connecting.
        if host.is_unicast_link_local() && zone.is_none() && own.interface.is_none() {
            return Err(wants_interface(text, host, value(text, "bind")));
        }
    }
    let Some((host, zone)) = v6(&endpoint.place) else { return Ok(()) };
    zone_is_known(text, zone, brackets(text))?;
    let bound = own.interface.is_some() || bind.is_some_and(|(_, zone)| zone.is_some());
    if host.is_unicast_link_local() && zone.is_none() && !bound {
        return Err(wants_interface(text, &host, brackets(text)));
    }
    Ok(())
}

fn v6(place: &Place) -> Option<(Ipv6Addr, Option<&str>)> {
    match place {
        Place::Inet { host: Host::V6 { address, zone }, .. } => Some((*address, zone.as_deref())),
        _ => None,
    }
}

/// `within` is the address with its zone, as it is written.
fn zone_is_known(text: &str, zone: Option<&str>, within: Range<usize>) -> Result<(), ParseError> {
    let Some(zone) = zone.filter(|zone| is_missing(scope(Some(zone)))) else { return Ok(()) };
    let written = text.get(within.clone()).unwrap_or_default();
    let start = written.find('%').map_or(0, |at| at + 1);
    let end = written.rfind(']').unwrap_or(written.len()).max(start);
    Err(unknown(text, zone, within.start + start..within.start + end))
}

/// Any other failure is not the endpoint's fault, and shows when the socket is made.
fn is_missing(index: berkeley::Result<u32>) -> bool {
    index.is_err_and(|error| error.raw_os_error() == Some(NO_DEVICE))
}

fn unknown(text: &str, name: &str, span: Range<usize>) -> ParseError {
    let name = escape(name.as_bytes(), SHOWN);
    let message = format!("this machine has no interface \"{name}\"; `ip link` lists those it has");
    ParseError::at(text, span, message)
}

fn wants_interface(text: &str, address: &Ipv6Addr, span: Range<usize>) -> ParseError {
    let message = format!("a link-local address wants its interface, as in [{address}%eth0]");
    ParseError::at(text, span, message)
}

/// The bytes of the address in brackets, brackets included.
fn brackets(text: &str) -> Range<usize> {
    let address = text.split('?').next().unwrap_or_default();
    address.find('[').unwrap_or(0)..address.rfind(']').map_or(address.len(), |at| at + 1)
}

/// The bytes of the value that the option `name` has.
fn value(text: &str, name: &str) -> Range<usize> {
    let mut start = text.find('?').map_or(text.len(), |at| at + 1);
    for option in text[start..].split('&') {
        if let Some(value) = option.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return start + option.len() - value.len()..start + option.len();
        }
        start += option.len() + 1;
    }
    text.len()..text.len()
}
