//! The socket whose options are shown.

use berkeley::address::VsockAddress;
use berkeley::option::{self, Level};
use berkeley::{Address, Family, Socket, Type, UnixAddress};

use super::kind::{self, KINDS, Kind};
use crate::cli::{FamilyArgs, OptionsArgs};
use crate::command::{on_a_runtime, refuse_layers};
use crate::endpoint::{Endpoint, Host, Place, Role, Scheme};
use crate::exit::{Exit, Failure};
use crate::open::create::create;
use crate::open::listen::{Listener, listen};
use crate::open::{self, Terms};

/// How far a socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Made, set, and no more.
    New,
    Connected,
    /// Listening, or for datagrams bound.
    Listening,
}

impl State {
    /// The word that events have for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Connected => "connected",
            Self::Listening => "listening",
        }
    }
}

/// What has the socket.
enum Holder {
    Alone(Socket),
    /// With its path, which goes when it is dropped.
    Listener(Listener),
}

/// The socket, and what is said of it.
pub(super) struct Subject {
    holder: Holder,
    /// The word for its kind: `tcp`.
    pub(super) kind: &'static str,
    pub(super) family: Family,
    pub(super) state: State,
    /// Where it is bound, if it is.
    pub(super) local: Option<Address>,
    pub(super) peer: Option<Address>,
    pub(super) levels: Vec<Level>,
}

impl Subject {
    /// Makes the socket that the arguments ask for, with a connection or a place to listen at if they name one.
    pub(super) fn open(args: &OptionsArgs) -> Result<Self, Failure> {
        let text = args.endpoint.as_deref().unwrap_or("tcp");
        let (head, settings) = text.split_once('?').map_or((text, None), |(head, tail)| (head, Some(tail)));
        match (kind::named(head), settings) {
            (Some(kind), None) => Self::fresh(kind, family(kind, args.family)?),
            (Some(kind), Some(settings)) => Self::set(kind, text, settings, args),
            (None, _) => Self::at(text, args),
        }
    }

    /// A new socket of a kind.
    fn fresh(kind: Kind, family: Family) -> Result<Self, Failure> {
        let socket = Socket::new(family, kind.type_of, kind.protocol)?;
        Self::new(Holder::Alone(socket), kind.name, State::New)
    }

    /// A new socket of a kind, with an endpoint's options: `udp://?rcvbuf=64K` is `text`.
    fn set(kind: Kind, text: &str, settings: &str, args: &OptionsArgs) -> Result<Self, Failure> {
        let family = family(kind, args.family)?;
        let Some(scheme) = Scheme::ALL.iter().find(|scheme| scheme.name() == kind.name) else {
            let message = format!("options after \"?\" are set on endpoints, and {} is none", kind.name);
            return Err(Failure::misuse(message));
        };
        // Any place will do: it is not gone to. A fault is shown in what was written.
        let place = scheme.row().shape.any();
        let completed = format!("{}{place}?{settings}", kind.name);
        let endpoint =
            open::parse(&completed, Role::Connect).map_err(|error| Failure::misuse(error.shown_in(text)))?;
        refuse_timeout(&endpoint)?;
        Self::new(Holder::Alone(create(&endpoint, family)?), kind.name, State::New)
    }

    /// An endpoint's socket.
    fn at(text: &str, args: &OptionsArgs) -> Result<Self, Failure> {
        if let Some(meant) = kind::meant(text) {
            let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let message = format!("\"{text}\" is not a kind of socket; did you mean \"{meant}\"?");
            return Err(Failure::misuse(message).hint(format!("the kinds are {}", kinds.join(", "))));
        }
        let endpoint = open::parse(text, Role::AsWritten).map_err(Failure::misuse)?;
        let hint = "the options are those of the socket that carries it: tcp://HOST:PORT";
        refuse_layers(&endpoint, "options", hint)?;
        let family = args.family.chosen();
        if family.is_some() && !is_undecided(&endpoint) {
            return Err(Failure::misuse(
                "-4 and -6 choose among the addresses of a name; this endpoint has its family",
            ));
        }
        let name = endpoint.scheme.name();
        if args.no_connect {
            refuse_timeout(&endpoint)?;
            let socket = create(&endpoint, family.unwrap_or(Family::INET))?;
            return Self::new(Holder::Alone(socket), name, State::New);
        }
        if endpoint.listen {
            return Self::listening(&endpoint, args);
        }
        let terms = Terms { family, timeout: args.timeout, ..Terms::default() };
        let socket = on_a_runtime(open::socket(endpoint, terms))?;
        Self::new(Holder::Alone(socket), name, State::Connected)
    }

    /// The first of the endpoint's listeners, or the first of the family that was asked for: where there are several,
    /// they differ in their addresses alone.
    fn listening(endpoint: &Endpoint, args: &OptionsArgs) -> Result<Self, Failure> {
        if args.timeout.is_some() {
            return Err(Failure::misuse("--timeout belongs to connecting; this endpoint listens"));
        }
        let family = args.family.chosen();
        let is_meant = |listener: &Listener| family.is_none_or(|family| listener.address.family() == family);
        let Some(listener) = listen(endpoint, None)?.into_iter().find(is_meant) else {
            let message = "the endpoint has no address of that family to listen at";
            return Err(Failure::new(Exit::NameUnknown, message));
        };
        Self::new(Holder::Listener(listener), endpoint.scheme.name(), State::Listening)
    }

    fn new(holder: Holder, kind: &'static str, state: State) -> Result<Self, Failure> {
        let socket = holder.socket();
        let family = socket.get(option::DOMAIN)?;
        let type_of = socket.get(option::TYPE)?;
        let levels = kind::levels(family, type_of, socket.get(option::PROTOCOL)?);
        // The port of a raw socket is its protocol.
        let local = socket.local_address().ok().filter(|local| type_of != Type::RAW && is_bound(local));
        let peer = socket.peer_address().ok();
        Ok(Self { holder, kind, family, state, local, peer, levels })
    }

    pub(super) fn socket(&self) -> &Socket {
        self.holder.socket()
    }

    /// What socket it is, in one line.
    pub(super) fn words(&self) -> String {
        let over = match self.family {
            Family::INET => " over IPv4",
            Family::INET6 => " over IPv6",
            _ => "",
        };
        let at = self.local.map(|local| format!(" at {local}")).unwrap_or_default();
        match (self.state, self.peer) {
            (State::New, _) => format!("new {} socket{over}{at}, not connected", self.kind),
            (State::Connected, Some(peer)) => format!("{} socket{at}, connected to {peer}", self.kind),
            (State::Connected, None) => format!("{} socket{at}, connected", self.kind),
            (State::Listening, _) => format!("{} socket{at}, {}", self.kind, self.listens()),
        }
    }

    fn listens(&self) -> &'static str {
        if self.socket().get(option::ACCEPTCONN).is_ok_and(|listens| listens) { "listening" } else { "bound" }
    }
}

impl Holder {
    fn socket(&self) -> &Socket {
        match self {
            Self::Alone(socket) => socket,
            Self::Listener(listener) => &listener.socket,
        }
    }
}

/// Whether an address of a socket's own says more than that it has none.
fn is_bound(address: &Address) -> bool {
    match address.family() {
        Family::INET | Family::INET6 => address.port() != Some(0),
        Family::VSOCK => !matches!(address, Address::Vsock(own) if own.port == VsockAddress::PORT_ANY),
        Family::UNIX => *address != UnixAddress::UNNAMED.into(),
        _ => false,
    }
}

fn family(kind: Kind, args: FamilyArgs) -> Result<Family, Failure> {
    match args.chosen() {
        Some(_) if !kind.either => {
            Err(Failure::misuse(format_args!("-4 and -6 choose between families; {} has one", kind.name)))
        }
        chosen => Ok(chosen.unwrap_or(kind.family)),
    }
}

/// Whether the place leaves open which family it is of.
fn is_undecided(endpoint: &Endpoint) -> bool {
    match &endpoint.place {
        Place::Inet { host, .. } => !matches!(host, Host::V4(_) | Host::V6 { .. }),
        _ => false,
    }
}

/// A timeout bounds connecting, and there is none.
fn refuse_timeout(endpoint: &Endpoint) -> Result<(), Failure> {
    let given = [(endpoint.own.timeout.is_some(), "timeout"), (endpoint.own.retry.is_some(), "retry")];
    match given.iter().find(|(given, _)| *given) {
        Some((_, option)) => Err(Failure::misuse(format_args!(
            "?{option}= belongs to connecting, and this socket is not connected"
        ))),
        None => Ok(()),
    }
}
