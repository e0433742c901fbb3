//! From an endpoint to a stream, or to listeners: [`connected`] and [`listening`], under a deadline.
//!
//! The grammar knows texts; this room knows sockets. It resolves names, sets the endpoint's options before the socket
//! is bound, and takes care of what a Unix path needs.

mod backoff;
pub mod connect;
pub mod create;
mod dialogue;
pub mod host;
mod interfaces;
pub mod listen;
mod local;
mod phases;
pub mod tls;
mod unix_path;
pub mod via;
mod vocabulary;
mod worker;

use std::net::{IpAddr, SocketAddrV6};

use berkeley::address::VsockAddress;
use berkeley::interface::interface_index;
use berkeley::option::{self, Description};
use berkeley::{Address, Family, Protocol, Result, Socket, Type, UnixAddress};

use crate::endpoint::{Endpoint, Host, ParseError, Place, Port, Role, Row, Scheme, Setting, Shape};

pub use dialogue::Behalf;
pub use local::{Surroundings, started};
pub use phases::{Phases, phased};
pub use worker::{Connected, Target, Terms, accepted, connected, listening, no_half_close, socket};

use vocabulary::{SocketOptions, by_full_name};

/// Reads an endpoint whose socket options are those of the library's table, their values checked too, and the
/// interfaces that it names.
pub fn parse(text: &str, role: Role) -> std::result::Result<Endpoint, ParseError> {
    let endpoint = Endpoint::parse(text, &SocketOptions, role)?;
    for setting in &endpoint.settings {
        if let Err(error) = typed(setting) {
            return Err(endpoint.source.fault(setting.span.clone(), error.to_string()));
        }
    }
    interfaces::check(&endpoint)?;
    Ok(endpoint)
}

/// The option that a setting names, and its value; `None` for a name that no option has, which no parsed endpoint
/// holds.
fn typed(setting: &Setting) -> Result<Option<(&'static Description, option::Value)>> {
    let Some(description) = by_full_name(&setting.name) else { return Ok(None) };
    Ok(Some((description, description.parse(setting.value.as_deref())?)))
}

/// The type of socket that a scheme opens, whose place is one of a socket.
fn kind(scheme: Scheme) -> Type {
    scheme.row().socket.unwrap_or(Type::STREAM)
}

/// The protocol of the socket that a scheme opens.
fn protocol(scheme: Scheme) -> Protocol {
    scheme.row().protocol
}

/// Asks the kernel for a socket of the scheme's, where it may have none: the refusal names what it lacks, which one of
/// an address does not.
fn probe(scheme: Scheme) -> Result<()> {
    let family = match scheme.row() {
        Row { shape: Shape::Vsock, .. } => Family::VSOCK,
        Row { shape: Shape::Inet, protocol, .. } if *protocol != Protocol::DEFAULT => Family::INET,
        _ => return Ok(()),
    };
    Socket::new(family, kind(scheme), protocol(scheme)).map(drop)
}

/// The scheme of a socket that another has made.
fn scheme_of(socket: &Socket, family: Family) -> Result<Option<Scheme>> {
    let (kind, protocol) = (socket.get(option::TYPE)?, socket.get(option::PROTOCOL)?);
    let fits = |scheme: &&Scheme| {
        let row = scheme.row();
        let is_of_family = match row.shape {
            Shape::Inet => family == Family::INET || family == Family::INET6,
            Shape::Unix => family == Family::UNIX,
            Shape::Vsock => family == Family::VSOCK,
            _ => false,
        };
        is_of_family && row.socket == Some(kind)
    };
    let schemes = || Scheme::ALL.iter().filter(fits);
    let named = schemes().find(|scheme| scheme.row().protocol == protocol);
    let plain = || match protocol {
        Protocol::DEFAULT | Protocol::TCP | Protocol::UDP => {
            schemes().find(|scheme| scheme.row().protocol == Protocol::DEFAULT)
        }
        _ => None,
    };
    Ok(named.or_else(plain).copied())
}

/// Sets the endpoint's interface and socket options: the same moment for all, before the socket is bound.
fn prepare(endpoint: &Endpoint, socket: &Socket) -> Result<()> {
    if let Some(interface) = &endpoint.own.interface {
        socket.set(option::BINDTODEVICE, interface)?;
    }
    if let Some(group) = endpoint.own.join {
        join(endpoint, socket, group)?;
    }
    for setting in &endpoint.settings {
        if let Some((description, value)) = typed(setting)? {
            socket.set_value(description, &value)?;
        }
    }
    Ok(())
}

/// Joins a multicast group, where the socket is of its family: of the two that `*` opens one is.
fn join(endpoint: &Endpoint, socket: &Socket, group: IpAddr) -> Result<()> {
    let family = if group.is_ipv4() { Family::INET } else { Family::INET6 };
    if socket.get(option::DOMAIN)? != family {
        return Ok(());
    }
    let zone = |place: Option<&Place>| match place {
        Some(Place::Inet { host: Host::V6 { zone, .. }, .. }) => zone.clone(),
        _ => None,
    };
    let own = &endpoint.own;
    let interface =
        own.interface.clone().or_else(|| zone(own.bind.as_ref())).or_else(|| zone(Some(&endpoint.place)));
    // 0 leaves the choice to the routes.
    socket.join(group, scope(interface.as_deref())?)
}

/// The address of a place that is an address itself, a Unix one's or vsock's; `None` for a place of another kind.
fn own_address(place: &Place) -> Option<Result<Address>> {
    match place {
        Place::Path(path) => Some(UnixAddress::from_path(unix_path::as_path(path)).map(Address::from)),
        Place::Abstract(name) => Some(UnixAddress::from_abstract(name).map(Address::from)),
        Place::Vsock { cid, port } => Some(Ok(VsockAddress::new(*cid, *port).into())),
        _ => None,
    }
}

/// A host as the resolver takes it; empty for loopback and for every address, which the caller tells apart.
pub(crate) fn host_text(host: &Host) -> String {
    match host {
        Host::Loopback | Host::Every => String::new(),
        Host::V4(address) => address.to_string(),
        Host::V6 { address, zone: None } => address.to_string(),
        Host::V6 { address, zone: Some(zone) } => format!("{address}%{zone}"),
        Host::Name(name) => name.clone(),
    }
}

pub(crate) fn port_text(port: &Port) -> String {
    port.to_string()
}

/// The scope of an IPv6 zone: the interface's number, given as such or by name (RFC 4007).
fn scope(zone: Option<&str>) -> Result<u32> {
    match zone {
        None => Ok(0),
        Some(zone) => zone.parse().or_else(|_| interface_index(zone)),
    }
}

/// The address at which a literal host is; `None` for a name.
fn literal(host: &Host, port: u16) -> Option<Result<Address>> {
    match host {
        Host::V4(address) => Some(Ok((*address, port).into())),
        Host::V6 { address, zone } => {
            Some(scope(zone.as_deref()).map(|scope| SocketAddrV6::new(*address, port, 0, scope).into()))
        }
        Host::Loopback | Host::Every | Host::Name(_) => None,
    }
}
