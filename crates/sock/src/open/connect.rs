//! Endpoints that connect.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use berkeley::resolve::{Hints, resolve_within};
use berkeley::{
    Address, AsyncSocket, Connector, Deadline, Family, Result, Socket, Type, UnixAddress, interleave,
};

use super::dialogue::{Behalf, introduce};
use super::{
    Endpoint, Host, Place, Port, Row, Shape, host_text, kind, literal, own_address, port_text, prepare,
    probe, protocol, via,
};
use crate::endpoint::ANY;
use crate::exit::{Exit, Failure};
use crate::quantity::Period;
use crate::stream::Others;
use crate::tls::a_label;

/// How long connecting may take unless told otherwise.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// In place of a time that no clock reaches.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long connecting may take: given once, as `--timeout` or as an option of the endpoint.
pub(super) fn connect_timeout(
    given: Option<Period>,
    endpoint: &Endpoint,
) -> std::result::Result<Duration, Failure> {
    match (given, endpoint.own.timeout) {
        (Some(_), Some(_)) => {
            let message = "the timeout is given twice: --timeout and ?timeout=";
            Err(Failure::misuse(endpoint.source.fault_of("timeout", message)))
        }
        (Some(period), None) => Ok(period.0),
        (None, Some(timeout)) => Ok(timeout),
        (None, None) => Ok(CONNECT_TIMEOUT),
    }
}

/// A socket that is connected, and the addresses of its peer that were not tried.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// Of datagrams, which connect at once whether anybody is there or not.
    pub(super) others: Vec<Address>,
}

/// Connects within `timeout`, through the proxies if there are any, and says what is to be said before the stream; the
/// socket comes back without a timeout.
///
/// Who waits for a peer that does not answer holds a socket, and no thread.
pub(super) async fn connect(
    endpoint: &Endpoint,
    family: Option<Family>,
    client: Behalf,
    timeout: Duration,
) -> std::result::Result<Opened, Failure> {
    let now = Instant::now();
    let until = now.checked_add(timeout).unwrap_or(now + FAR);
    let own = &endpoint.own;
    let is_silent = own.proxy_protocol.is_none() && own.starttls.is_none();
    if endpoint.via.is_empty() && is_silent {
        return direct(endpoint, family, timeout).await;
    }
    let socket = if endpoint.via.is_empty() {
        AsyncSocket::from_socket(direct(endpoint, family, timeout).await?.socket)?
    } else {
        via::connected(endpoint, family, until).await?
    };
    introduce(endpoint, &socket, client, until).await?;
    let socket = socket.into_socket();
    socket.set_timeout(None)?;
    Ok(Opened { socket, others: Vec::new() })
}

/// Whether datagrams go to a name, whose addresses are to be known before the first is sent: [`looked_up`] waits for
/// them.
pub(super) fn is_looked_up(endpoint: &Endpoint) -> bool {
    kind(endpoint.scheme) == Type::DGRAM
        && match &endpoint.place {
            Place::Inet { host, port } => {
                !matches!(host, Host::V4(_) | Host::V6 { .. }) || matches!(port, Port::Name(_))
            }
            _ => false,
        }
}

/// Connects within `timeout`, all addresses of a name together, or those of `family`; the socket comes back without a
/// timeout.
///
/// A Unix datagram socket gets a name of the kernel's choice where the endpoint gives none, or its peer could not
/// answer.
pub(super) async fn direct(
    endpoint: &Endpoint,
    family: Option<Family>,
    timeout: Duration,
) -> std::result::Result<Opened, Failure> {
    let connector = connector(endpoint, family, timeout)?;
    let (socket, addresses) = if let Some(address) = at(endpoint)? {
        let addresses = vec![address];
        (connector.connect_to_async(&addresses).await?, addresses)
    } else {
        let (host, port) = asked(endpoint)?;
        (connector.connect_async(&host, port.as_str()).await?, Vec::new())
    };
    opened(endpoint, socket.into_socket(), &addresses)
}

/// As [`direct`], for datagrams to a name: by a worker, which may wait for the lookup.
pub(super) fn looked_up(
    endpoint: &Endpoint,
    family: Option<Family>,
    timeout: Duration,
) -> std::result::Result<Opened, Failure> {
    let connector = connector(endpoint, family, timeout)?;
    let addresses = match at(endpoint)? {
        Some(address) => vec![address],
        None => resolved(endpoint, family, timeout)?,
    };
    opened(endpoint, connector.connect_to(&addresses)?, &addresses)
}

/// The address of a place that needs no lookup; `None` for a name.
fn at(endpoint: &Endpoint) -> std::result::Result<Option<Address>, Failure> {
    match &endpoint.place {
        Place::Inet { host, port } => known(endpoint, host, port),
        Place::Vsock { cid, port } if *cid == ANY || *port == ANY => {
            let message = "\"any\" is for listening; connecting needs the machine and the port";
            let span = endpoint.source.place().whole.clone();
            Err(Failure::misuse(endpoint.source.fault(span, message)))
        }
        place => match own_address(place) {
            Some(address) => Ok(Some(address?)),
            None => Err(Failure::misuse("this place cannot be connected to")),
        },
    }
}

/// A host and a port as the resolver is asked for them.
fn asked(endpoint: &Endpoint) -> std::result::Result<(String, String), Failure> {
    let Place::Inet { host, port } = &endpoint.place else { return Ok(Default::default()) };
    Ok((a_label(&host_text(host))?.into_owned(), port_text(port)))
}

/// A socket that has connected to one of `addresses`, which are those of its place, if they are known.
fn opened(
    endpoint: &Endpoint,
    socket: Socket,
    addresses: &[Address],
) -> std::result::Result<Opened, Failure> {
    if endpoint.scheme.row().nature.connected {
        met_another(&socket)?;
    }
    let peer = socket.peer_address().ok();
    let untried = addresses.iter().position(|address| Some(address) == peer.as_ref());
    let others = untried.map_or_else(Vec::new, |index| addresses[index + 1..].to_vec());
    socket.set_timeout(None)?;
    Ok(Opened { socket, others })
}

/// Opens a socket to each of `addresses`, of datagrams, one after another. Of one that is bound to a port the next is
/// the same socket, connected anew: nobody else can have the port. A bound socket's peers are all of its family.
pub(super) fn one_after_another(endpoint: Endpoint, addresses: Vec<Address>) -> Others {
    let mut addresses = addresses.into_iter();
    let has_port = |bind: &Place| matches!(bind, Place::Inet { port, .. } if port_number(port) != 0);
    let is_the_only_one = endpoint.own.bind.as_ref().is_some_and(has_port);
    Box::new(move |socket| {
        let address = addresses.next()?;
        if is_the_only_one {
            return Some(socket.try_clone().and_then(|socket| {
                socket.connect(address)?;
                Ok(socket)
            }));
        }
        Some(unlimited(&endpoint).and_then(|connector| connector.connect_to(&[address])))
    })
}

/// How the endpoint's sockets are made, and how long that may take.
fn connector(endpoint: &Endpoint, family: Option<Family>, timeout: Duration) -> Result<Connector<'_>> {
    let connector = unlimited(endpoint)?.timeout(Some(timeout));
    Ok(match family {
        Some(family) => connector.family(family),
        None => connector,
    })
}

/// The same for as long as it takes, over any family.
fn unlimited(endpoint: &Endpoint) -> Result<Connector<'_>> {
    probe(endpoint.scheme)?;
    let connector = Connector::new()
        .kind(kind(endpoint.scheme))
        .protocol(protocol(endpoint.scheme))
        .prepare(|socket| prepare(endpoint, socket));
    match local_address(endpoint)? {
        Some(local) => connector.local(local),
        None => Ok(connector),
    }
}

/// Whether somebody else accepted: TCP connects to itself where the kernel's choice of a port is the one asked for.
fn met_another(socket: &Socket) -> std::result::Result<(), Failure> {
    // Of a peer that has gone already nobody knows the address: what it did is told by the first receive.
    let (local, Ok(peer)) = (socket.local_address()?, socket.peer_address()) else { return Ok(()) };
    if local == peer && !local.is_unnamed() {
        return Err(Failure::new(
            Exit::Refused,
            format_args!(
                "connect tcp {peer}: nobody listens there, and the connection came back to this command"
            ),
        ));
    }
    Ok(())
}

/// The address of a host and a port in digits; `None` where a name is to be looked up.
fn known(endpoint: &Endpoint, host: &Host, port: &Port) -> std::result::Result<Option<Address>, Failure> {
    let (source, place) = (&endpoint.source, endpoint.source.place());
    if *host == Host::Every {
        let message = "\"*\" is every address of this machine, which only a listener can have";
        return Err(Failure::misuse(source.fault(place.host.clone(), message))
            .hint("to connect to this machine, leave the host out, as in :80"));
    }
    if *port == Port::Number(0) {
        let message = "port 0 is for listening; connecting needs the port that is listened on";
        return Err(Failure::misuse(source.fault(place.port.clone(), message)));
    }
    match port {
        Port::Number(number) => Ok(literal(host, *number).transpose()?),
        Port::Name(_) => Ok(None),
    }
}

/// As [`direct`], to addresses that are known.
pub(super) async fn to_addresses(
    endpoint: &Endpoint,
    addresses: &[Address],
    family: Option<Family>,
    timeout: Duration,
) -> std::result::Result<Opened, Failure> {
    let connector = connector(endpoint, family, timeout)?;
    opened(endpoint, connector.connect_to_async(addresses).await?.into_socket(), addresses)
}

/// Every address of a name, in the order in which they are tried.
pub(super) fn resolved(
    endpoint: &Endpoint,
    family: Option<Family>,
    timeout: Duration,
) -> std::result::Result<Vec<Address>, Failure> {
    let Place::Inet { host, port } = &endpoint.place else { return Ok(Vec::new()) };
    let local = local_address(endpoint)?.map(|local| local.family());
    let hints =
        Hints::new().family(family.or(local).unwrap_or(Family::UNSPECIFIED)).kind(kind(endpoint.scheme));
    let (host, port) = (host_text(host), port_text(port));
    let deadline = Deadline::after(timeout);
    let answers = resolve_within(&a_label(&host)?, port.as_str(), &hints, deadline)?;
    Ok(interleave(&answers)?)
}

fn port_number(port: &Port) -> u16 {
    match port {
        Port::Number(number) => *number,
        Port::Name(_) => 0,
    }
}

/// The address to connect from, where one is asked for or needed.
pub(super) fn local_address(endpoint: &Endpoint) -> Result<Option<Address>> {
    match &endpoint.own.bind {
        Some(Place::Inet { host, port }) => bind_address(host, port_number(port)).map(Some),
        Some(place) => own_address(place).transpose(),
        None if is_unix_of_datagrams(endpoint.scheme.row()) => Ok(Some(UnixAddress::UNNAMED.into())),
        None => Ok(None),
    }
}

/// Whether a peer could not answer a socket without a name.
fn is_unix_of_datagrams(row: &Row) -> bool {
    row.shape == Shape::Unix && !row.nature.connected
}

fn bind_address(host: &Host, port: u16) -> Result<Address> {
    match host {
        Host::Loopback => Ok((Ipv4Addr::LOCALHOST, port).into()),
        Host::V6 { .. } => literal(host, port).unwrap_or_else(|| Ok((Ipv6Addr::UNSPECIFIED, port).into())),
        _ => literal(host, port).unwrap_or_else(|| Ok((Ipv4Addr::UNSPECIFIED, port).into())),
    }
}

#[cfg(test)]
mod tests {
    use berkeley::Protocol;

    use super::*;
    use crate::endpoint::Role;

    #[test]
    fn a_socket_that_has_its_port_alone_is_connected_anew() {
        let bound = || {
            let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).expect("a socket");
            socket.bind("127.0.0.1:0").expect("a free port");
            let address = socket.local_address().expect("a bound socket");
            (socket, address)
        };
        let ((socket, local), (_other, peer)) = (bound(), bound());
        let endpoint = super::super::parse(&format!("udp://x.test:9?bind={local}"), Role::Connect);
        let mut others = one_after_another(endpoint.expect("an endpoint"), vec![peer]);
        let next = others(&socket).expect("one address").expect("the port is ours");
        assert_eq!((next.local_address().ok(), next.peer_address().ok()), (Some(local), Some(peer)));
        assert!(others(&next).is_none());
    }

    #[test]
    fn a_socket_that_has_connected_to_itself_has_met_nobody() {
        let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        socket.set_timeout(Some(Duration::from_secs(5))).expect("a limit");
        socket.bind("127.0.0.1:0").expect("a free port");
        socket.connect(socket.local_address().expect("a bound socket")).expect("TCP connects to itself");
        assert_eq!(met_another(&socket).expect_err("nobody else").exit, Exit::Refused);
        let (left, _right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        assert!(met_another(&left).is_ok());
    }
}
