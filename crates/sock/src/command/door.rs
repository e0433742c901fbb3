//! Where `sock serve` and `sock listen` listen: at an endpoint, or on the sockets that a service manager has opened.

use berkeley::{Address, Family, Socket, listen_fds};

use crate::access::Access;
use crate::cli::{AccessArgs, DEFAULT_ENDPOINT, TlsArgs};
use crate::endpoint::{Endpoint, Nature, Role, Scheme, Shape};
use crate::exit::Failure;
use crate::open;
use crate::open::listen::{self, Listener};
use crate::server::gate::Gate;
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

    /// The scheme, where no client connects.
    pub(super) fn without_connections(&self) -> Option<Scheme> {
        let schemes = self.schemes();
        let all = schemes.iter().all(|scheme| !Nature::of(*scheme).connected);
        schemes.first().copied().filter(|_| all)
    }

    /// Who may come in, by `--allow` and `--deny`, which go by addresses of IP.
    pub(super) fn gate(&self, args: &AccessArgs) -> Result<Gate, Failure> {
        let Some(option) = args.given() else { return Ok(Gate::default()) };
        if let Some(scheme) = self.schemes().into_iter().find(|scheme| scheme.row().shape != Shape::Inet) {
            let message = format!("{option} goes by addresses of IP, and {scheme} has none");
            return Err(Failure::misuse(message)
                .hint("who may use a Unix socket is said by its mode, as in ?mode=660"));
        }
        let access = Access::open(&args.allow, &args.deny).map_err(Failure::misuse)?;
        Ok(Gate::new(Some(access)))
    }

    /// Opens the sockets. A signal ends it while a name is looked up.
    pub(super) async fn open(self, signals: &mut Signals) -> Result<Vec<Listener>, Failure> {
        let (endpoint, family) = match self {
            Self::Inherited(listeners) => return Ok(listeners),
            Self::At(endpoint, family) => (endpoint, family),
        };
        tokio::select! {
            listeners = open::listening(*endpoint, family) => listeners,
            signal = signals.next() => {
                Err(Failure::new(signal.exit(), format_args!("{signal} while the name was looked up")))
            }
        }
    }
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
        _ => format!("tls:{}", scheme.at(&address.to_string())),
    };
    format!("sock connect '{place}?pin={pin}'")
}
