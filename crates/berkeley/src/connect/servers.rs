//! [`create_servers`] and [`create_servers_at`]: several servers at once, all of them or none.

use std::net::SocketAddr;

use super::server::{ServerOptions, remove_path};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::resolve::{Resolved, Service, resolve};
use crate::socket::Socket;
use crate::sys::{Errno, alloc};

/// How often another port is chosen where the one that the kernel gave the first address is taken at another.
const CHOICES: u32 = 16;

/// Makes a server at every address that `host` has, as [`create_server`] makes one; all have the same port.
///
/// `host` and `service` are as [`resolve`](crate::resolve()) takes them; an empty host is every address of the machine:
/// one server for IPv4, one for IPv6. Port 0 lets the kernel choose one that is free at each address. An IPv6 address
/// is left out where the machine has no IPv6 and there are others.
///
/// Fails as [`resolve`](crate::resolve()) does, and where one of the servers does; those made by then are closed.
///
/// [`create_server`]: crate::create_server
///
/// ```
/// use berkeley::create_servers;
///
/// for server in create_servers("localhost", 0)? {
///     println!("listening on {}", server.local_address()?);
/// }
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "create_server")]
pub fn create_servers<'s>(host: &str, service: impl Into<Service<'s>>) -> Result<Vec<Socket>> {
    ServerOptions::new().create_servers(host, service)
}

/// Makes a server at each of `addresses`, as [`create_server`] makes one; those with port 0 all have the same port,
/// which the kernel chooses.
///
/// Fails where one of the servers does, and where there is no address; those made by then are closed.
///
/// [`create_server`]: crate::create_server
///
/// ```
/// use berkeley::{Address, create_servers_at};
/// use std::net::Ipv4Addr;
///
/// let addresses = [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2)];
/// let servers = create_servers_at(&addresses.map(|ip| Address::from((ip, 0))))?;
/// assert_eq!(servers[0].local_address()?.port(), servers[1].local_address()?.port());
/// # Ok::<(), berkeley::Error>(())
/// ```
pub fn create_servers_at(addresses: &[Address]) -> Result<Vec<Socket>> {
    ServerOptions::new().create_servers_at(addresses)
}

impl ServerOptions<'_> {
    /// Makes a server with these options at every address that `host` has; see [`create_servers`].
    ///
    /// # Errors
    ///
    /// Fails as that and [`ServerOptions::create_server`] do.
    pub fn create_servers<'s>(&self, host: &str, service: impl Into<Service<'s>>) -> Result<Vec<Socket>> {
        create_from(&resolve(host, service, &self.hints())?, self)
    }

    /// Makes a server with these options at each of `addresses`; see [`create_servers_at`].
    ///
    /// # Errors
    ///
    /// Fails as that and [`ServerOptions::create_server`] do.
    pub fn create_servers_at(&self, addresses: &[Address]) -> Result<Vec<Socket>> {
        create_all(addresses, self, |_| false)
    }
}

/// Makes the servers of a name.
pub(crate) fn create_from(answers: &[Resolved], options: &ServerOptions<'_>) -> Result<Vec<Socket>> {
    let no_memory = |errno| Error::kernel(Operation::CreateServer, errno);
    let mut addresses: Vec<Address> = alloc::with_room(answers.len()).map_err(no_memory)?;
    for answer in answers {
        // A name may stand twice in the host table.
        if !addresses.contains(&answer.address) {
            addresses.push(answer.address);
        }
    }
    let others = addresses.iter().any(|address| address.family() != Family::INET6);
    create_all(&addresses, options, |address| others && address.family() == Family::INET6)
}

/// Makes all or none; an address of which `spare` says so is left out where the machine has no such family.
fn create_all(
    addresses: &[Address],
    options: &ServerOptions<'_>,
    spare: impl Fn(&Address) -> bool,
) -> Result<Vec<Socket>> {
    if addresses.is_empty() {
        return Err(Error::invalid(Operation::CreateServer, "there is no address to listen on"));
    }
    let mut choices = CHOICES;
    loop {
        let no_memory = |errno| Error::kernel(Operation::CreateServer, errno);
        let mut sockets = alloc::with_room(addresses.len()).map_err(no_memory)?;
        let Err(Failure { chosen, error }) = create_each(addresses, options, &spare, &mut sockets) else {
            return Ok(sockets);
        };
        for address in sockets.iter().filter_map(|socket| socket.local_address().ok()) {
            remove_path(&address);
        }
        if !(chosen && choices > 1 && is_taken(&error)) {
            return Err(error);
        }
        choices -= 1;
    }
}

struct Failure {
    /// Whether it was the kernel's choice of a port that failed.
    chosen: bool,
    error: Error,
}

/// Makes each in turn, up to the first that fails.
fn create_each(
    addresses: &[Address],
    options: &ServerOptions<'_>,
    spare: impl Fn(&Address) -> bool,
    sockets: &mut Vec<Socket>,
) -> std::result::Result<(), Failure> {
    let mut port = None;
    for address in addresses {
        let open = address.port() == Some(0);
        let chosen = port.filter(|_| open);
        let result = options.create_server(chosen.map_or(*address, |port| with_port(address, port)));
        // Asked only where a port was open: a failure then leaves no path behind.
        let choice =
            |socket: &Socket| if open { socket.local_address().map(|local| local.port()) } else { Ok(port) };
        match result.and_then(|socket| Ok((choice(&socket)?, socket))) {
            Ok((choice, socket)) => {
                port = choice;
                sockets.push(socket);
            }
            Err(error) if spare(address) && is_absent(&error) => {}
            Err(error) => return Err(Failure { chosen: chosen.is_some(), error }),
        }
    }
    Ok(())
}

/// The same address with another port.
fn with_port(address: &Address, port: u16) -> Address {
    let Ok(mut internet) = SocketAddr::try_from(*address) else { return *address };
    internet.set_port(port);
    internet.into()
}

fn is_taken(error: &Error) -> bool {
    error.raw_os_error() == Some(Errno::ADDRINUSE.as_raw())
}

/// Whether the machine lacks the family, or has it without any address.
fn is_absent(error: &Error) -> bool {
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].iter().any(|errno| error.raw_os_error() == Some(errno.as_raw()))
}
