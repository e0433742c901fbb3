//! Endpoints that listen.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use berkeley::address::VsockAddress;
use berkeley::resolve::{Hints, resolve};
use berkeley::{Address, Family, Result, ServerOptions, Socket, ToAddress, Type, option};
use rustix::io::Errno;

use super::unix_path::{self, BoundPath};
use super::{
    Endpoint, Host, Place, Port, Scheme, host_text, kind, literal, own_address, port_text, prepare, probe,
    protocol, scheme_of,
};
use crate::exit::{Exit, Failure};
use crate::tls::Server;

/// How many connections may wait to be accepted; the kernel cuts it to `net.core.somaxconn`.
///
/// Ours wait there while `--max-connections` clients are served and while descriptors are short, so more than the
/// usual 128.
const BACKLOG: u32 = 4_096;

/// How often both loopback addresses are tried for one free port.
const PORT_TRIES: usize = 16;

/// A socket that listens, or for datagrams is bound; its path, if it has one, goes when this is dropped.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: Socket,
    /// What it was opened as.
    pub scheme: Scheme,
    /// Where it listens, the kernel's choice of a port included.
    pub address: Address,
    /// What goes over each connection.
    pub tls: Option<Box<Server>>,
    path: Option<BoundPath>,
}

impl Listener {
    fn new(socket: Socket, scheme: Scheme, path: Option<BoundPath>) -> Result<Self> {
        let address = socket.local_address()?;
        Ok(Self { socket, scheme, address, tls: None, path })
    }

    /// Gives the socket and what must be kept for as long as it is used: its path.
    pub fn into_parts(self) -> (Socket, Option<impl fmt::Debug + Send + use<>>) {
        (self.socket, self.path)
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Vsock(address) => address.cid == VsockAddress::CID_LOCAL,
            address => address.ip().is_none_or(|ip| ip.to_canonical().is_loopback()),
        }
    }
}

/// Opens every socket that the endpoint stands for: both loopback addresses for `:port`, both wildcards for `*:port`,
/// each address of a name.
///
/// With a family, those of the other are left out.
pub fn listen(endpoint: &Endpoint, family: Option<Family>) -> std::result::Result<Vec<Listener>, Failure> {
    let listeners = every(endpoint, family)?;
    if let Some(group) = endpoint.own.join {
        let hears =
            |listener: &Listener| listener.address.ip().is_some_and(|ip| ip.is_ipv4() == group.is_ipv4());
        if !listeners.iter().any(hears) {
            let message = format!("join {group}: this machine has no addresses of its family");
            return Err(Failure::new(Exit::Unreachable, message));
        }
    }
    Ok(listeners)
}

fn every(endpoint: &Endpoint, family: Option<Family>) -> std::result::Result<Vec<Listener>, Failure> {
    probe(endpoint.scheme)?;
    match &endpoint.place {
        Place::Inet { host: Host::Loopback, port } => {
            let port = number(endpoint, &Host::Loopback, port)?;
            pair(endpoint, family, Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, port)
        }
        Place::Inet { host: Host::Every, port } => {
            let port = number(endpoint, &Host::Every, port)?;
            pair(endpoint, family, Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED, port)
        }
        Place::Inet { host, port } => inet(endpoint, family, host, port),
        Place::Path(path) => Ok(vec![path_listener(endpoint, path)?]),
        place => match own_address(place) {
            Some(address) => Ok(vec![Listener::new(open(endpoint, address?)?, endpoint.scheme, None)?]),
            None => Err(Failure::misuse(format_args!("{endpoint} cannot be listened at"))),
        },
    }
}

/// Refuses a family that the endpoint cannot have.
pub fn check_family(endpoint: &Endpoint, family: Option<Family>) -> std::result::Result<(), Failure> {
    let Some(family) = family else { return Ok(()) };
    // Behind a proxy no address is ours to choose.
    let endpoint = endpoint.via.first().unwrap_or(endpoint);
    let (flag, name) = if family == Family::INET { ("-4", "IPv4") } else { ("-6", "IPv6") };
    let place = &endpoint.place;
    if let Some(group) = endpoint.own.join.filter(|group| group.is_ipv4() != (family == Family::INET)) {
        let message = format!("{flag} cannot act: the group {group} is not {name}");
        return Err(Failure::misuse(message).hint(format!("leave {flag} out")));
    }
    let is_other = match place {
        Place::Inet { host: Host::V4(_), .. } => family != Family::INET,
        Place::Inet { host: Host::V6 { .. }, .. } => family != Family::INET6,
        Place::Inet { .. } => false,
        _ => true,
    };
    if is_other {
        let message = format!("{flag} cannot act: {} is not {name}", endpoint.scheme.at(&place.to_string()));
        return Err(Failure::misuse(message).hint(format!("leave {flag} out")));
    }
    Ok(())
}

/// Whether a name stands in the way, of a host or of a port: to look it up may take its time.
pub fn needs_lookup(endpoint: &Endpoint) -> bool {
    matches!(
        &endpoint.place,
        Place::Inet { host: Host::Name(_), .. } | Place::Inet { port: Port::Name(_), .. }
    )
}

/// Takes over a socket that another process has opened, such as systemd; its scheme is what it is.
pub fn adopt(socket: Socket) -> std::result::Result<Listener, Failure> {
    let address = socket.local_address()?;
    let (family, kind) = (address.family(), socket.get(option::TYPE)?);
    let refused = |message: String| {
        Failure::misuse(message).hint("a .socket unit with Accept=no passes sockets that listen")
    };
    let Some(scheme) = scheme_of(&socket, family)? else {
        return Err(refused(format!("{address}: a socket of {family:?} and {kind:?} cannot be served")));
    };
    if kind != Type::DGRAM && !socket.get(option::ACCEPTCONN)? {
        return Err(refused(format!("{}: the socket does not listen", scheme.at(&address.to_string()))));
    }
    ask_for_what_answers_need(scheme, &socket)?;
    Ok(Listener::new(socket, scheme, None)?)
}

/// How an endpoint's sockets are made.
fn options(endpoint: &Endpoint) -> ServerOptions<'_> {
    let (kind, protocol) = (kind(endpoint.scheme), protocol(endpoint.scheme));
    ServerOptions::new().kind(kind).protocol(protocol).backlog(BACKLOG).prepare(|socket| {
        prepare(endpoint, socket)?;
        ask_for_what_answers_need(endpoint.scheme, socket)
    })
}

/// Has what comes say what its answer needs: from the start, as the kernel notes it when a datagram arrives.
///
/// Of UDP, to which address a datagram came (`IP_PKTINFO`, ip(7)). Of a Unix socket's messages, who sent them, which
/// what is accepted inherits (`SO_PASSCRED`, unix(7)): only so is an empty message told from the end, where recvmsg(2)
/// gives 0 bytes for both.
fn ask_for_what_answers_need(scheme: Scheme, socket: &Socket) -> Result<()> {
    if !scheme.row().nature.messages {
        return Ok(());
    }
    match socket.get(option::DOMAIN)? {
        Family::UNIX => socket.set(option::PASSCRED, true),
        Family::INET => socket.set(option::ip::PKTINFO, true),
        Family::INET6 => socket.set(option::ipv6::RECVPKTINFO, true),
        _ => Ok(()),
    }
}

/// One socket, bound and, where its type does, listening.
fn open(endpoint: &Endpoint, address: impl ToAddress) -> Result<Socket> {
    options(endpoint).create_server(address)
}

/// The same port at an IPv4 and an IPv6 address; IPv4 alone on a machine without IPv6.
fn pair(
    endpoint: &Endpoint,
    family: Option<Family>,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
    port: u16,
) -> std::result::Result<Vec<Listener>, Failure> {
    let alone = |address: IpAddr| -> std::result::Result<Vec<Listener>, Failure> {
        Ok(vec![Listener::new(open(endpoint, (address, port))?, endpoint.scheme, None)?])
    };
    match family {
        Some(Family::INET6) => return alone(v6.into()),
        Some(_) => return alone(v4.into()),
        None => {}
    }
    let mut last = None;
    for _ in 0..PORT_TRIES {
        let first = Listener::new(open(endpoint, (v4, port))?, endpoint.scheme, None)?;
        let chosen = first.address.port().unwrap_or(port);
        match open(endpoint, (v6, chosen)) {
            Ok(second) => return Ok(vec![first, Listener::new(second, endpoint.scheme, None)?]),
            Err(error) if has_no_ipv6(&error) => return Ok(vec![first]),
            // The kernel chose the first one's port, and the other family has it in use: let it choose again.
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last
        .map_or_else(|| Failure::new(Exit::AddressInUse, "no port is free on both families"), Failure::from))
}

fn has_no_ipv6(error: &berkeley::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

fn inet(
    endpoint: &Endpoint,
    family: Option<Family>,
    host: &Host,
    port: &Port,
) -> std::result::Result<Vec<Listener>, Failure> {
    let number = || number(endpoint, host, port);
    let sockets = match literal(host, 0) {
        Some(_) => match literal(host, number()?) {
            Some(address) => vec![open(endpoint, address?)?],
            None => Vec::new(),
        },
        None => match family {
            // All have one port, and IPv6 is left out where the machine has none and there are others.
            None => options(endpoint).create_servers(&host_text(host), port_text(port).as_str())?,
            Some(family) => options(endpoint).create_servers_at(&of_family(endpoint, family, host, port)?)?,
        },
    };
    sockets.into_iter().map(|socket| Ok(Listener::new(socket, endpoint.scheme, None)?)).collect()
}

/// The addresses of one family that a name has.
fn of_family(
    endpoint: &Endpoint,
    family: Family,
    host: &Host,
    port: &Port,
) -> std::result::Result<Vec<Address>, Failure> {
    let mut addresses = resolved(endpoint, &host_text(host), port)?;
    addresses.retain(|address| address.family() == family);
    if addresses.is_empty() {
        let name = if family == Family::INET { "IPv4" } else { "IPv6" };
        return Err(Failure::new(Exit::NameUnknown, format_args!("{host} has no {name} address")));
    }
    Ok(addresses)
}

/// The port's number, a service's name resolved.
fn number(endpoint: &Endpoint, host: &Host, port: &Port) -> std::result::Result<u16, Failure> {
    match port {
        Port::Number(number) => Ok(*number),
        Port::Name(_) => {
            let found = resolved(endpoint, &host_text(host), port)?;
            Ok(found.first().and_then(Address::port).unwrap_or(0))
        }
    }
}

fn resolved(endpoint: &Endpoint, host: &str, port: &Port) -> std::result::Result<Vec<Address>, Failure> {
    let hints = Hints::new().kind(kind(endpoint.scheme)).passive(true);
    let answers = resolve(host, port_text(port).as_str(), &hints)?;
    let mut addresses: Vec<Address> = Vec::new();
    for answer in answers {
        // A name may stand twice in the host table.
        if !addresses.contains(&answer.address) {
            addresses.push(answer.address);
        }
    }
    Ok(addresses)
}

/// A Unix socket at a path, which only the owner may connect to unless `?mode=` says otherwise.
fn path_listener(endpoint: &Endpoint, path: &[u8]) -> std::result::Result<Listener, Failure> {
    let path = unix_path::as_path(path);
    let address = berkeley::UnixAddress::from_path(path)?;
    let kind = kind(endpoint.scheme);
    let mode = endpoint.own.mode.unwrap_or(unix_path::MODE);
    // Until the socket listens: of two that start at once, the later one finds it alive.
    let _lock = unix_path::lock_folder(path)?;
    unix_path::make_way(path)?;
    let options = ServerOptions::new().kind(kind).backlog(BACKLOG).prepare(|socket| {
        prepare(endpoint, socket)?;
        ask_for_what_answers_need(endpoint.scheme, socket)?;
        unix_path::narrow(socket, mode)
    });
    let socket = options.create_server(address).map_err(|error| no_folder(error, path))?;
    let held = BoundPath::hold(path, mode).map_err(|error| {
        let failure = Failure::io(format_args!("set the mode of {}", path.display()), &error);
        failure.done_to("chmod", path.display())
    })?;
    Ok(Listener::new(socket, endpoint.scheme, Some(held))?)
}

/// A path that cannot be made because there is no folder for it is nobody who refuses.
fn no_folder(error: berkeley::Error, path: &Path) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return error.into();
    }
    let folder = path.parent().unwrap_or(path).display();
    Failure::from(error).hint(format!("the folder {folder} does not exist"))
}

/// Whether an address is one that anybody may have forged: not of this machine.
pub fn is_remote(address: &Address) -> bool {
    address.ip().is_some_and(|ip: IpAddr| !ip.to_canonical().is_loopback())
}
