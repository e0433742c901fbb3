//! Endpoints that listen.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use berkeley::resolve::{Hints, resolve};
use berkeley::{Address, Result, ServerOptions, Socket, ToAddress};

use super::unix_path::{self, BoundPath};
use super::{
    Endpoint, Host, Place, Port, Scheme, host_text, kind, literal, port_text, prepare, unix_address,
};
use crate::exit::{Exit, Failure};

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
    path: Option<BoundPath>,
}

impl Listener {
    fn new(socket: Socket, scheme: Scheme, path: Option<BoundPath>) -> Result<Self> {
        let address = socket.local_address()?;
        Ok(Self { socket, scheme, address, path })
    }

    /// Gives the socket and what must be kept for as long as it is used: its path.
    pub fn into_parts(self) -> (Socket, Option<impl fmt::Debug + Send + use<>>) {
        (self.socket, self.path)
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.address.ip().is_none_or(|ip| ip.to_canonical().is_loopback())
    }
}

/// Opens every socket that the endpoint stands for: both loopback addresses for `:port`, both wildcards for `*:port`,
/// each address of a name.
pub fn listen(endpoint: &Endpoint) -> std::result::Result<Vec<Listener>, Failure> {
    match &endpoint.place {
        Place::Inet { host: Host::Loopback, port } => {
            pair(endpoint, Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, number(endpoint, &Host::Loopback, port)?)
        }
        Place::Inet { host: Host::Every, port } => pair(
            endpoint,
            Ipv4Addr::UNSPECIFIED,
            Ipv6Addr::UNSPECIFIED,
            number(endpoint, &Host::Every, port)?,
        ),
        Place::Inet { host, port } => inet(endpoint, host, port),
        Place::Path(path) => Ok(vec![path_listener(endpoint, path)?]),
        Place::Abstract(_) => match unix_address(&endpoint.place) {
            Some(address) => Ok(vec![Listener::new(open(endpoint, address?)?, endpoint.scheme, None)?]),
            None => Ok(Vec::new()),
        },
    }
}

/// One socket, bound and, where its type does, listening.
fn open(endpoint: &Endpoint, address: impl ToAddress) -> Result<Socket> {
    let options = ServerOptions::new()
        .kind(kind(endpoint.scheme))
        .backlog(BACKLOG)
        .prepare(|socket| prepare(endpoint, socket));
    options.create_server(address)
}

/// The same port at an IPv4 and an IPv6 address; IPv4 alone on a machine without IPv6.
fn pair(
    endpoint: &Endpoint,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
    port: u16,
) -> std::result::Result<Vec<Listener>, Failure> {
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
    const EAFNOSUPPORT: i32 = 97;
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(EAFNOSUPPORT)
}

fn inet(endpoint: &Endpoint, host: &Host, port: &Port) -> std::result::Result<Vec<Listener>, Failure> {
    let literal = literal(host, number(endpoint, host, port)?).transpose()?;
    let addresses = match literal {
        Some(address) => vec![address],
        None => resolved(endpoint, &host_text(host), port)?,
    };
    addresses
        .into_iter()
        .map(|address| Ok(Listener::new(open(endpoint, address)?, endpoint.scheme, None)?))
        .collect()
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
    unix_path::make_way(path)?;
    let options = ServerOptions::new().kind(kind).backlog(BACKLOG).prepare(|socket| {
        prepare(endpoint, socket)?;
        unix_path::narrow(socket, mode)
    });
    let socket = options.create_server(address).map_err(|error| no_folder(error, path))?;
    let held = BoundPath::hold(path, mode)
        .map_err(|error| Failure::io(format_args!("set the mode of {}", path.display()), &error))?;
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
