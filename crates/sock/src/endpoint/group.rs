//! `join=GROUP`: a multicast group, and where it can be heard.

use std::net::IpAddr;

use super::own::{Context, Own};
use super::piece::{Fault, Piece};
use super::place::{Host, Place};
use super::source::Written;

/// Reads a group's address; that of IPv6 with or without its brackets.
pub(super) fn group(value: Piece<'_>) -> Result<IpAddr, Fault> {
    let text = value.text();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if inner.contains('%') {
        return Err(value.fault("the interface of a group stands apart, as in join=ff02::1&interface=eth0"));
    }
    let Ok(address) = inner.parse::<IpAddr>() else {
        let shown = value.shown();
        return Err(
            value.fault(format_args!("wants a group's address, as in join=239.1.2.3; found \"{shown}\""))
        );
    };
    if !address.is_multicast() {
        let message = "is no multicast address: those are 224.0.0.0 to 239.255.255.255, and ff00::/8";
        return Err(value.fault(format_args!("{address} {message}")));
    }
    Ok(address)
}

/// Refuses a group that the socket would never hear: the kernel gives a socket what comes for the address that it is
/// bound to, and connecting binds it to one.
pub(super) fn refuse_unheard(own: &Own, context: Context<'_>, written: &Written) -> Result<(), Fault> {
    let Some(group) = own.join else { return Ok(()) };
    let port = match context.place {
        Place::Inet { port, .. } => port.to_string(),
        _ => return Ok(()),
    };
    let at = Host::from(group);
    let refused = |message: String| Err(Fault { span: written.whole.clone(), message, suggestion: None });
    match context.listens {
        Some(true) if !hears(host(context.place), group) => {
            refused(format!("a group is heard at \"*\" or at its own address, as in udp://{at}:{port}"))
        }
        Some(false) if !own.bind.as_ref().is_some_and(|bind| is_at(host(bind), group)) => {
            refused(format!("a socket that connects hears a group at its own address alone: bind={at}:PORT"))
        }
        _ => Ok(()),
    }
}

/// Whether a socket that is bound to `host` is given what comes for the group.
fn hears(host: Option<&Host>, group: IpAddr) -> bool {
    match host {
        Some(Host::Every) => true,
        Some(Host::V4(address)) if address.is_unspecified() => group.is_ipv4(),
        Some(Host::V6 { address, .. }) if address.is_unspecified() => group.is_ipv6(),
        host => is_at(host, group),
    }
}

/// Whether it is the group's own address.
pub(super) fn is_at(host: Option<&Host>, group: IpAddr) -> bool {
    match host {
        Some(Host::V4(address)) => *address == group,
        Some(Host::V6 { address, .. }) => *address == group,
        _ => false,
    }
}

fn host(place: &Place) -> Option<&Host> {
    match place {
        Place::Inet { host, .. } => Some(host),
        _ => None,
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6 { address, zone: None },
        }
    }
}
