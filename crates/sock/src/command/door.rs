//! Where `sock serve`, `sock listen` and `sock relay` listen: at an endpoint, or on the sockets that a service manager
//! has opened.

use std::os::unix::ffi::OsStrExt as _;

use berkeley::address::VsockAddress;
use berkeley::{Address, Family, Socket, listen_fds};

use crate::access::{Access, Proxies};
use crate::cli::{AccessArgs, DEFAULT_ENDPOINT, TlsArgs};
use crate::endpoint::{ANY, Endpoint, Layer, Nature, Place, Role, Scheme, Shape};
use crate::exit::Failure;
use crate::open;
use crate::open::listen::{self, Listener};
use crate::server::gate::Gate;
use crate::server::journal::Journal;
use crate::signal::Signals;

/// Where it is listened, before anything is opened.
#[derive(Debug)]
pub(super) enum Door {
    /// At an endpoint, over one family of IP or over both.
    At(Box<Endpoint>, Option<Family>),
    /// On these sockets, which are open already.
    Inherited(Vec<Listener>),
}

/// The sockets that a service manager has opened for this process, none as a rule. To be asked for before anything else
/// is opened, which might have their numbers.
pub(super) fn inherited() -> Result<Vec<Socket>, Failure> {
    listen_fds().map_err(|error| {
        Failure::misuse(error)
            .hint("LISTEN_FDS says that a service manager has opened sockets for this process")
    })
}

impl Door {
    /// What the command line asks for, or the environment: `inherited` are the service manager's sockets.
    pub(super) fn new(
        given: Option<&str>,
        family: Option<Family>,
        inherited: Vec<Socket>,
    ) -> Result<Self, Failure> {
        if inherited.is_empty() {
            let endpoint = match (given, family) {
                (Some(endpoint), _) => endpoint,
                (None, Some(Family::INET6)) => "[::1]:12345",
                (None, _) => DEFAULT_ENDPOINT,
            };
            let endpoint = open::parse(endpoint, Role::Listen).map_err(Failure::misuse)?;
            return Self::at(Box::new(endpoint), family);
        }
        let given = [(given.is_some(), "an endpoint"), (family.is_some(), "-4 or -6")];
        if let Some((_, what)) = given.iter().find(|(given, _)| *given) {
            let message = format!("{what} cannot act: a service manager has opened the sockets (LISTEN_FDS)");
            return Err(Failure::misuse(message).hint("leave it out, or start sock without LISTEN_FDS"));
        }
        inherited.into_iter().map(listen::adopt).collect::<Result<_, _>>().map(Self::Inherited)
    }

    /// At an endpoint.
    pub(super) fn at(endpoint: Box<Endpoint>, family: Option<Family>) -> Result<Self, Failure> {
        listen::check_family(&endpoint, family)?;
        Ok(Self::At(endpoint, family))
    }

    /// Sets TLS up as the flags of the command line say.
    pub(super) fn set_tls(&mut self, tls: &TlsArgs<true>) -> Result<(), Failure> {
        match self {
            Self::At(endpoint, _) => tls.set_on(endpoint).map_err(Failure::misuse),
            Self::Inherited(_) if tls.is_given() => {
                Err(Failure::misuse("the sockets of a service manager have no TLS here")
                    .hint("leave the TLS options out, or start sock without LISTEN_FDS"))
            }
            Self::Inherited(_) => Ok(()),
        }
    }

    /// What is spoken there; of the service manager's sockets by each.
    pub(super) fn schemes(&self) -> Vec<Scheme> {
        match self {
            Self::At(endpoint, _) => vec![endpoint.scheme],
            Self::Inherited(listeners) => listeners.iter().map(|listener| listener.scheme).collect(),
        }
    }

    /// The same with the place, for people.
    pub(super) fn places(&self) -> Vec<(Scheme, String)> {
        let shown = |listener: &Listener| listener.scheme.at(&listener.address.to_string());
        match self {
            Self::At(endpoint, _) => vec![(endpoint.scheme, endpoint.to_string())],
            Self::Inherited(listeners) => listeners.iter().map(|it| (it.scheme, shown(it))).collect(),
        }
    }

    /// The scheme, where no client connects.
    pub(super) fn without_connections(&self) -> Option<Scheme> {
        let schemes = self.schemes();
        let all = schemes.iter().all(|scheme| !Nature::of(*scheme).connected);
        schemes.first().copied().filter(|_| all)
    }

    /// Who may come in, and through whom.
    pub(super) fn gate(&self, args: &AccessArgs) -> Result<Gate, Failure> {
        let proxies = self.proxies(args)?;
        Ok(Gate::new(self.access(args, proxies.as_ref())?, proxies))
    }

    /// Whose headers of the PROXY protocol are believed. Each way in has to be one that somebody believed can take, and
    /// no datagram or message has a header.
    fn proxies(&self, args: &AccessArgs) -> Result<Option<Proxies>, Failure> {
        if args.proxy_from.is_empty() {
            return Ok(None);
        }
        let schemes = self.schemes();
        let is_stream = |scheme: Scheme| Nature::of(scheme).connected && !Nature::of(scheme).messages;
        if let Some(scheme) = schemes.iter().find(|scheme| !is_stream(**scheme)) {
            return Err(Failure::misuse(format_args!("--proxy-from needs a stream, and {scheme} is none")));
        }
        let proxies = Proxies::open(&args.proxy_from).map_err(Failure::misuse)?;
        let (networks, word) = (proxies.have_networks(), proxies.have_unix());
        let of = |shape| schemes.iter().find(|scheme| scheme.row().shape == shape);
        let (inet, unix) = (of(Shape::Inet), of(Shape::Unix));
        let other = schemes.iter().find(|scheme| !matches!(scheme.row().shape, Shape::Inet | Shape::Unix));
        if let Some(scheme) = other.or(unix.filter(|_| !word || networks && inet.is_none())) {
            let message = format!("--proxy-from goes by addresses of IP, and {scheme} has none");
            return Err(Failure::misuse(message)
                .hint("--proxy-from unix, at a Unix socket, believes all who may connect there"));
        }
        if let Some(scheme) = inet.filter(|_| !networks || word && unix.is_none()) {
            let message = format!("--proxy-from unix is for Unix sockets, and {scheme} has addresses of IP");
            return Err(
                Failure::misuse(message).hint("name the proxy's address or network: --proxy-from 192.0.2.1")
            );
        }
        Ok(Some(proxies))
    }

    /// Who may come in, by `--allow` and `--deny`, which go by addresses of IP: the client's own, or the one that its
    /// proxy tells.
    fn access(&self, args: &AccessArgs, proxies: Option<&Proxies>) -> Result<Option<Access>, Failure> {
        let Some(option) = args.given_list() else { return Ok(None) };
        let is_told = proxies.is_some_and(Proxies::have_unix);
        let has_none = |scheme: &Scheme| {
            scheme.row().shape != Shape::Inet && !(is_told && scheme.row().shape == Shape::Unix)
        };
        if let Some(scheme) = self.schemes().into_iter().find(has_none) {
            let refused = Failure::misuse(format!("{option} goes by addresses of IP, and {scheme} has none"));
            return Err(if scheme.row().shape == Shape::Unix {
                refused.hint("who may use a Unix socket is said by its mode, as in ?mode=660")
            } else {
                refused
            });
        }
        Access::open(&args.allow, &args.deny).map(Some).map_err(Failure::misuse)
    }

    /// Opens the sockets. A signal ends it while a name is looked up or a file read, be it a FIFO that nobody writes.
    pub(super) async fn open(self, signals: &mut Signals) -> Result<Vec<Listener>, Failure> {
        let (endpoint, family) = match self {
            Self::Inherited(listeners) => return Ok(listeners),
            Self::At(endpoint, family) => (endpoint, family),
        };
        tokio::select! {
            listeners = open::listening(*endpoint, family) => listeners,
            signal = signals.next() => {
                Err(Failure::new(signal.exit(), format_args!("{signal} while a name was looked up or a file was read")))
            }
        }
    }

    /// As [`open`](Self::open), where each client gets a program: whoever can connect can do what it does. So nobody
    /// beyond this machine may, but for those who are named or have a certificate. `what` has the program run.
    pub(super) async fn open_to_programs(
        self,
        what: &str,
        access: &AccessArgs,
        signals: &mut Signals,
        journal: &Journal,
    ) -> Result<Vec<Listener>, Failure> {
        let certified = matches!(&self, Self::At(endpoint, _) if endpoint.own.tls.ca.is_some());
        let listeners = self.open(signals).await?;
        if !certified {
            guard(what, &listeners, !access.allow.is_empty(), journal)?;
        }
        Ok(listeners)
    }
}

/// Refuses a program that strangers beyond this machine would run, unless some are `named`, and says who on this
/// machine can.
fn guard(what: &str, listeners: &[Listener], named: bool, journal: &Journal) -> Result<(), Failure> {
    if let Some(listener) = listeners.iter().find(|listener| !named && !listener.is_local()) {
        let address = listener.scheme.at(&listener.address.to_string());
        let message = format!("{what} on {address}, which others can reach, would run a program for anybody");
        return Err(Failure::misuse(message)
            .hint("listen on this machine alone, as in :9000, or at a Unix socket, unix:PATH?mode=600")
            .hint(
                "--allow NETWORKS admits those alone; over TLS, --ca FILE those with a certificate of its",
            ));
    }
    if listeners.iter().any(|listener| listener.address.ip().is_some() && listener.is_local()) {
        journal.warn(
            "any user of this machine and any web page in its browsers can reach the program; \
             at a Unix socket, as in unix:/run/app.sock, its owner alone can",
        );
    }
    Ok(())
}

/// How a client takes a certificate of our own making, for people.
pub(super) fn self_signed(scheme: Scheme, address: &Address, pin: &str) -> String {
    format!("self-signed; a client takes it by its key: {}", pinned(scheme, address, pin))
}

/// The command with which a client pins a key.
fn pinned(scheme: Scheme, address: &Address, pin: &str) -> String {
    let place = match (scheme, address.ip(), address.port()) {
        // Of every address: this machine's name for itself is one that a client can have.
        (Scheme::Tcp, Some(ip), Some(port)) if ip.is_unspecified() => format!("tls://localhost:{port}"),
        (Scheme::Tcp, ..) => format!("tls://{address}"),
        (_, Some(ip), Some(port)) if ip.is_unspecified() => format!("tls:{scheme}://localhost:{port}"),
        (_, Some(_), _) => format!("tls:{scheme}://{address}"),
        _ => beyond_ip(scheme, address),
    };
    format!("sock connect '{place}?pin={pin}'")
}

/// The endpoint at which a client finds who listens at an address that is none of IP.
fn beyond_ip(scheme: Scheme, address: &Address) -> String {
    let place = match address {
        Address::Unix(own) => {
            let path = || own.as_path().map(|path| Place::Path(path.as_os_str().as_bytes().to_vec()));
            own.as_abstract().map(|name| Place::Abstract(name.to_vec())).or_else(path)
        }
        // Of every CID: a client on this machine finds it at `local`.
        Address::Vsock(own) => {
            let cid = if own.cid == ANY { VsockAddress::CID_LOCAL } else { own.cid };
            Some(Place::Vsock { cid, port: own.port })
        }
        _ => None,
    };
    let endpoint = |place| Endpoint { layers: vec![Layer::Tls], ..Endpoint::new(scheme, place) };
    place.map_or_else(|| address.to_string(), |place| endpoint(place).to_string())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_line_that_pins_a_key_names_a_place_that_can_be_connected_to() {
        let pin = "0".repeat(64);
        let rows: [(Scheme, Address, &str); 5] = [
            (Scheme::Tcp, (Ipv4Addr::LOCALHOST, 80).into(), "tls://127.0.0.1:80"),
            (Scheme::Tcp, (Ipv4Addr::UNSPECIFIED, 80).into(), "tls://localhost:80"),
            (Scheme::Mptcp, (Ipv4Addr::UNSPECIFIED, 80).into(), "tls:mptcp://localhost:80"),
            (Scheme::Vsock, VsockAddress::new(ANY, 80).into(), "tls:vsock://local:80"),
            (Scheme::Vsock, VsockAddress::new(3, 80).into(), "tls:vsock://3:80"),
        ];
        for (scheme, address, place) in rows {
            let line = pinned(scheme, &address, &pin);
            assert_eq!(line, format!("sock connect '{place}?pin={pin}'"));
            let endpoint = open::parse(&format!("{place}?pin={pin}"), Role::Connect).expect("an endpoint");
            assert_eq!(endpoint.scheme, scheme, "{place}");
        }
    }
}
