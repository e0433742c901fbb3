//! Where the server listens: at an endpoint, or on the sockets that a service manager has opened.

use berkeley::{Family, Socket};

use crate::cli::{DEFAULT_ENDPOINT, ServeArgs};
use crate::endpoint::{Endpoint, Nature, Role, Scheme};
use crate::exit::Failure;
use crate::open;
use crate::open::listen::{self, Listener};
use crate::signal::Signals;

/// Where it is listened, before anything is opened.
#[derive(Debug)]
pub(super) enum Door {
    /// At an endpoint, over one family of IP or over both.
    At(Box<Endpoint>, Option<Family>),
    /// On these sockets, which are open already.
    Inherited(Vec<Listener>),
}

impl Door {
    /// What the command line asks for, or the environment: `inherited` are the service manager's sockets.
    pub(super) fn new(args: &ServeArgs, inherited: Vec<Socket>) -> Result<Self, Failure> {
        let family = args.family.chosen();
        if inherited.is_empty() {
            let endpoint = match (&args.endpoint, family) {
                (Some(endpoint), _) => endpoint,
                (None, Some(Family::INET6)) => "[::1]:12345",
                (None, _) => DEFAULT_ENDPOINT,
            };
            let endpoint = open::parse(endpoint, Role::Listen).map_err(Failure::misuse)?;
            if let Some(layer) = endpoint.layers.first() {
                let message = format!("{layer} is not served: `sock listen` takes one client over it");
                return Err(Failure::misuse(message));
            }
            listen::check_family(&endpoint, family)?;
            return Ok(Self::At(Box::new(endpoint), family));
        }
        let given = [(args.endpoint.is_some(), "an endpoint"), (family.is_some(), "-4 or -6")];
        if let Some((_, what)) = given.iter().find(|(given, _)| *given) {
            let message = format!("{what} cannot act: a service manager has opened the sockets (LISTEN_FDS)");
            return Err(Failure::misuse(message).hint("leave it out, or start sock without LISTEN_FDS"));
        }
        inherited.into_iter().map(listen::adopt).collect::<Result<_, _>>().map(Self::Inherited)
    }

    /// The scheme, where no client connects.
    pub(super) fn without_connections(&self) -> Option<Scheme> {
        let is_datagram = |scheme: &Scheme| !Nature::of(*scheme).connected;
        match self {
            Self::At(endpoint, _) => Some(endpoint.scheme).filter(is_datagram),
            Self::Inherited(listeners) => {
                let all = listeners.iter().all(|listener| is_datagram(&listener.scheme));
                listeners.first().map(|listener| listener.scheme).filter(|_| all)
            }
        }
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
