//! The interfaces that an endpoint names: whether this machine has them, and whether one is missing.
//!
//! The kernel says of both no more than "no such device" and "invalid argument".

use std::fmt;
use std::net::Ipv6Addr;

use berkeley::interface::interface_index;
use rustix::io::Errno;

use super::{Endpoint, Host, ParseError, Place, scope};
use crate::endpoint::{Source, Written};
use crate::exit::Failure;
use crate::report::escape::escape;

/// `ENODEV`, which std has no kind for.
const NO_DEVICE: i32 = Errno::NODEV.raw_os_error();

/// How many bytes of a name an error repeats.
const SHOWN: usize = 40;

/// Refuses an interface that is not there, and a link-local address without one, under a caret.
pub(super) fn check(endpoint: &Endpoint) -> Result<(), ParseError> {
    let Endpoint { own, source, .. } = endpoint;
    if let Some(name) = own.interface.as_deref().filter(|name| is_missing(interface_index(name))) {
        return Err(source.fault_of("interface", unknown(name)));
    }
    let bind = own.bind.as_ref().and_then(v6);
    if let (Some((host, zone)), Some(written)) = (&bind, source.option("bind")) {
        zone_is_known(source, *zone, written)?;
        // The place's zone comes too late for it: binding comes before connecting.
        if host.is_unicast_link_local() && zone.is_none() && own.interface.is_none() {
            return Err(source.fault(written.whole.clone(), wants_interface(format_args!("[{host}%eth0]"))));
        }
    }
    let Some((host, zone)) = v6(&endpoint.place) else { return Ok(()) };
    zone_is_known(source, zone, source.place())?;
    let bound = own.interface.is_some() || bind.is_some_and(|(_, zone)| zone.is_some());
    if host.is_unicast_link_local() && zone.is_none() && !bound {
        return Err(source.fault(source.place().host.clone(), wants_interface(format_args!("[{host}%eth0]"))));
    }
    Ok(())
}

/// The same for a host alone, whose sockets have an interface where it `is_bound`.
pub(super) fn check_host(host: &Host, is_bound: bool) -> Result<(), Failure> {
    let Host::V6 { address, zone } = host else { return Ok(()) };
    let is_of_a_link = address.is_unicast_link_local() || address.is_multicast();
    match zone.as_deref() {
        Some(_) if !is_of_a_link => {
            let message = format!("{address} is no link-local address: no interface stands behind it");
            Err(Failure::misuse(message).hint(format!("the address alone will do: {address}")))
        }
        Some(zone) if is_missing(scope(Some(zone))) => Err(Failure::misuse(unknown(zone))),
        None if address.is_unicast_link_local() && !is_bound => {
            let message = wants_interface(format_args!("{address}%eth0"));
            Err(Failure::misuse(message).hint("`sock interfaces` lists those of this machine"))
        }
        _ => Ok(()),
    }
}

fn v6(place: &Place) -> Option<(Ipv6Addr, Option<&str>)> {
    match place {
        Place::Inet { host: Host::V6 { address, zone }, .. } => Some((*address, zone.as_deref())),
        _ => None,
    }
}

fn zone_is_known(source: &Source, zone: Option<&str>, written: &Written) -> Result<(), ParseError> {
    match zone.filter(|zone| is_missing(scope(Some(zone)))) {
        Some(zone) => Err(source.fault(written.zone.clone(), unknown(zone))),
        None => Ok(()),
    }
}

/// Any other failure is not the endpoint's fault, and shows when the socket is made.
fn is_missing(index: berkeley::Result<u32>) -> bool {
    index.is_err_and(|error| error.raw_os_error() == Some(NO_DEVICE))
}

fn unknown(name: &str) -> String {
    let name = escape(name.as_bytes(), SHOWN);
    format!("this machine has no interface \"{name}\"; `sock interfaces` lists those it has")
}

fn wants_interface(example: fmt::Arguments<'_>) -> String {
    format!("a link-local address wants its interface, as in {example}")
}
