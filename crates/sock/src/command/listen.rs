//! `sock listen`: one client, as `nc -l` takes it: standard input goes to it, and what it sends to standard output.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket, Error, Flags, Socket};
use tokio::task::{JoinSet, consume_budget};
use tokio::time::sleep;

use super::door::{self, Door};
use super::talk::{Answers, Talk, Tally, check, joined, survived};
use crate::cli::ListenArgs;
use crate::endpoint::{Host, Scheme};
use crate::exit::{Exit, Failure};
use crate::notify::Manager;
use crate::open::listen::Listener;
use crate::quantity::Period;
use crate::report::console;
use crate::report::json::Event;
use crate::server::accept::peer;
use crate::server::files;
use crate::server::gate::{self, Entrance, Gate, Refused};
use crate::server::journal::Peer;
use crate::server::listening_on;
use crate::server::trouble::{PAUSE, Trouble, WANTING, is_the_clients};
use crate::signal::Signals;
use crate::stream::{Nature, SocketStream, Stream, print_soon};
use crate::tls::Server;

/// Runs the command.
pub fn run(args: &ListenArgs) -> Result<Exit, Failure> {
    let tally = Tally::new(&args.talk);
    // Before anything of our own is opened.
    let outcome = door::inherited().and_then(|inherited| super::on_a_runtime(serve(args, inherited, &tally)));
    tally.end(&args.talk, &outcome);
    outcome
}

async fn serve(args: &ListenArgs, inherited: Vec<Socket>, tally: &Tally) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let given = args.endpoint.as_deref().map(|text| joined(text, args.port.as_deref())).transpose()?;
    let mut door = Door::new(given.as_deref(), args.family.chosen(), inherited)?;
    door.set_tls(&args.tls)?;
    for scheme in door.schemes() {
        check(&args.talk, scheme, &[])?;
    }
    refuse_what_cannot_be(args, &door)?;
    let keeper = Keeper { gate: door.gate(&args.access)?, quiet: args.talk.quiet, json: args.talk.json };
    let listeners = door.open(&mut signals).await?;
    let mut doors = Doors::open(listeners, keeper)?;
    let mut talk = Talk::new(&args.talk, &mut signals, tally)?;
    doors.announce(&talk);
    doors.introduce(&talk);
    let manager = Arc::new(Manager::of_environment());
    manager.ready(&doors.status());
    doors.read_on_hang_up(talk.signals(), &manager);
    let alive = Arc::clone(&manager);
    tokio::spawn(async move { alive.keep_alive().await });
    let outcome = each(args, &mut doors, &mut talk).await;
    manager.stopping("no new clients");
    outcome
}

/// Talks to one client, or to one after the other.
async fn each(args: &ListenArgs, doors: &mut Doors, talk: &mut Talk<'_>) -> Result<Exit, Failure> {
    loop {
        let client = match next(doors, args, talk.signals()).await? {
            Ok(client) => client,
            Err(exit) => return Ok(exit),
        };
        if !args.keep {
            // Who comes later is refused, rather than left to wait for nothing.
            doors.close();
        }
        let outcome = converse(talk, client).await;
        match outcome {
            Ok(Exit::Done) if args.keep && !talk.output_is_closed => {}
            // One client's failure is not the next one's.
            Err(failure) if args.keep && is_one_clients(failure.exit) => {
                talk.note(&failure.message);
                survived(&args.talk, &failure);
            }
            outcome => return outcome,
        }
    }
}

/// Whether a failure is one client's, and not standard output's.
const fn is_one_clients(exit: Exit) -> bool {
    matches!(exit, Exit::Reset | Exit::Timeout | Exit::Tls | Exit::Unreachable)
}

async fn converse(talk: &mut Talk<'_>, client: Client) -> Result<Exit, Failure> {
    let Client { socket, scheme, peer, proxy, tls, .. } = client;
    let socket = SocketStream::of(socket, Nature::of(scheme));
    let far = match tls {
        None => Stream::Socket(socket),
        Some(tls) => tokio::select! {
            agreed = Box::pin(crate::open::tls::accepted(socket, &tls, &peer)) => agreed?,
            signal = talk.signals().next() => return Ok(signal.exit()),
        },
    };
    talk.announce(scheme, Peer { proxy: proxy.as_deref(), ..Peer::at(&peer) }, "connection from");
    // Datagrams have no end: who listens for them goes on until told otherwise.
    talk.with(&far, Answers::default()).await
}

fn refuse_what_cannot_be(args: &ListenArgs, door: &Door) -> Result<(), Failure> {
    if let Door::At(endpoint, _) = door
        && let Some(group) = endpoint.own.join.filter(|_| !endpoint.is_at_its_group())
    {
        // To connect the socket to its peer would bind it to an address of this machine.
        let message = "one peer is heard through a group at the group's own address alone";
        return Err(Failure::misuse(endpoint.source.fault_of("join", message))
            .hint(format!("listen at the group: udp://{}:PORT", Host::from(group))));
    }
    let datagrams = door.schemes().into_iter().find(|scheme| !Nature::of(*scheme).connected);
    if let Some(scheme) = datagrams.filter(|_| args.keep) {
        let message = format!("--keep needs connections, and {scheme} has none");
        return Err(Failure::misuse(message).hint("the first sender is the one who is answered"));
    }
    Ok(())
}

/// Waits for a client; gives the exit code where a signal comes first.
async fn next(
    doors: &mut Doors,
    args: &ListenArgs,
    signals: &mut Signals,
) -> Result<Result<Client, Exit>, Failure> {
    let expired = async {
        match args.timeout {
            Some(period) => sleep(period.0).await,
            None => pending().await,
        }
    };
    tokio::select! {
        client = doors.client() => client.map(Ok),
        signal = signals.next() => Ok(Err(signal.exit())),
        () = expired => {
            let waited = args.timeout.unwrap_or(Period(Duration::ZERO));
            let message = format!("no client came within {waited}");
            Err(Failure::new(Exit::Timeout, message).hint("--timeout sets how long that may be"))
        }
    }
}

/// A peer that has come.
struct Client {
    socket: AsyncSocket,
    scheme: Scheme,
    peer: String,
    /// The proxy that has named it, if one has.
    proxy: Option<String>,
    /// It is a proxy, which is to say first who its client is.
    wants_header: bool,
    tls: Option<Box<Server>>,
    /// Where it came in, to be listened at again.
    door: Option<AsyncSocket>,
}

impl Client {
    fn new(socket: AsyncSocket, scheme: Scheme, peer: String) -> Self {
        Self { socket, scheme, peer, proxy: None, wants_header: false, tls: None, door: None }
    }
}

/// Where clients come in: both loopback addresses, say.
struct Doors {
    keeper: Arc<Keeper>,
    tls: Option<Box<Server>>,
    addresses: Vec<(Scheme, Address)>,
    /// `None` for one that was turned away.
    waiting: JoinSet<berkeley::Result<Option<Client>>>,
    /// The paths of Unix sockets, which go with this.
    paths: Vec<Box<dyn std::fmt::Debug + Send>>,
}

impl Doors {
    fn open(listeners: Vec<Listener>, keeper: Keeper) -> Result<Self, Failure> {
        let tls = listeners.first().and_then(|listener| listener.tls.clone());
        let mut doors = Self {
            keeper: Arc::new(keeper),
            tls,
            addresses: Vec::new(),
            waiting: JoinSet::new(),
            paths: Vec::new(),
        };
        for listener in listeners {
            let scheme = listener.scheme;
            doors.addresses.push((scheme, listener.address));
            let (socket, path) = listener.into_parts();
            if let Some(path) = path {
                doors.paths.push(Box::new(path));
            }
            doors.wait_at(AsyncSocket::from_socket(socket)?, scheme);
        }
        Ok(doors)
    }

    fn announce(&self, talk: &Talk<'_>) {
        for (scheme, address) in &self.addresses {
            let address = address.to_string();
            talk.note(&format!("listening on {}", scheme.at(&address)));
            talk.tell(&Event::new("listening").field("transport", scheme.name()).field("address", address));
        }
    }

    fn status(&self) -> String {
        listening_on(self.addresses.iter().copied())
    }

    /// What a person should know of the TLS: how a client pins a certificate of our own making.
    fn introduce(&self, talk: &Talk<'_>) {
        let Some(tls) = &self.tls else { return };
        tls.warnings.iter().for_each(|warning| talk.warn(warning));
        if let (Some(pin), Some((scheme, address))) = (&tls.pin, self.addresses.first()) {
            let text = door::self_signed(*scheme, address, pin);
            talk.note(&text);
            talk.tell(&Event::new("note").field("message", text));
        }
    }

    /// Has SIGHUP read again who may come, and the certificates.
    fn read_on_hang_up(&self, signals: &mut Signals, manager: &Arc<Manager>) {
        let tls = self.tls.clone().filter(|tls| tls.has_files());
        if !self.keeper.gate.has_files() && tls.is_none() {
            return;
        }
        let (keeper, told) = (Arc::clone(&self.keeper), Arc::clone(&self.keeper));
        let read = move || {
            let (lists, tls) = (keeper.gate.reload(), tls.as_ref().map_or(Ok(()), |tls| tls.reload()));
            lists.and(tls)
        };
        files::read_on_hang_up(signals, manager, &self.status(), read, move |read| told.tell_of_files(read));
    }

    fn wait_at(&mut self, door: AsyncSocket, scheme: Scheme) {
        let keeper = Arc::clone(&self.keeper);
        self.waiting.spawn(async move {
            let client = if Nature::of(scheme).connected {
                accepted(door, scheme, &keeper).await
            } else {
                first(door, scheme, &keeper).await
            };
            client.map(Some)
        });
    }

    /// The next client.
    async fn client(&mut self) -> Result<Client, Failure> {
        loop {
            let Some(joined) = self.waiting.join_next().await else { return pending().await };
            let joined = joined
                .map_err(|error| Failure::new(Exit::Other, format_args!("a listener failed: {error}")))??;
            let Some(mut client) = joined else { continue };
            if let Some(door) = client.door.take() {
                self.wait_at(door, client.scheme);
            }
            if !client.wants_header {
                client.tls.clone_from(&self.tls);
                return Ok(client);
            }
            // Beside the others: who is slow to say who it is keeps nobody waiting.
            let keeper = Arc::clone(&self.keeper);
            self.waiting.spawn(async move { Ok(introduced(client, &keeper).await) });
        }
    }

    /// Takes no further clients.
    fn close(&mut self) {
        self.waiting.abort_all();
        self.waiting.detach_all();
        self.paths.clear();
    }
}

/// Who is let in, and what is told of the others.
struct Keeper {
    gate: Gate,
    /// Nothing is told to people.
    quiet: bool,
    /// Programs are told.
    json: bool,
}

impl Keeper {
    /// Says what became of the files that were read again.
    fn tell_of_files(&self, read: Result<&str, Failure>) {
        match read {
            Ok(text) if self.json => print_soon(Event::new("note").field("message", text).into_line()),
            Ok(text) if !self.quiet => console::note(text),
            Ok(_) => {}
            Err(failure) => self.tell_of(&failure),
        }
    }

    /// Tells of a failure that is survived, to people and to programs.
    fn tell_of(&self, failure: &Failure) {
        console::error(&failure.message, &failure.hints);
        if self.json {
            print_soon(failure.survived().into_line());
        }
    }

    /// Whether a client of this address is turned away; it is told of a line a second at most.
    fn turns_away(&self, address: &Address) -> bool {
        let Entrance::Closed(told) = self.gate.enter(address, Instant::now) else { return false };
        if let Some(refused) = told {
            self.tell(Peer::at(&address.to_string()), &refused);
        }
        true
    }

    fn tell(&self, peer: Peer<'_>, refused: &Refused) {
        if self.json {
            let event = peer.describe(Event::new("refused"));
            print_soon(event.field("reason", &*refused.reason).field("count", refused.count).into_line());
        } else if !self.quiet {
            console::note(format_args!("{peer} {}", refused.words()));
        }
    }
}

/// Has a proxy say who its client is; `None` where that is turned away.
async fn introduced(client: Client, keeper: &Keeper) -> Option<Client> {
    match keeper.gate.introduced(&client.socket).await {
        Ok(None) => Some(Client { wants_header: false, ..client }),
        Ok(Some(named)) => {
            let proxy = Some(client.peer);
            Some(Client { peer: named.shown(), proxy, wants_header: false, ..client })
        }
        Err(away) => {
            away.told(&client.peer, |peer, refused| keeper.tell(peer, refused));
            gate::reset(client.socket);
            None
        }
    }
}

async fn accepted(door: AsyncSocket, scheme: Scheme, keeper: &Keeper) -> berkeley::Result<Client> {
    let mut trouble = Trouble::default();
    loop {
        // Those that are turned away must not keep the thread from the signals.
        consume_budget().await;
        match door.accept().await {
            Ok((socket, address)) if keeper.turns_away(&address) => gate::reset(socket),
            Ok((socket, address)) => {
                let (peer, wants_header) = (peer(&socket, &address), keeper.gate.wants_header(&address));
                let client = Client::new(socket, scheme, peer.into());
                return Ok(Client { wants_header, door: Some(door), ..client });
            }
            Err(error) => survive(&mut trouble, &error, keeper).await,
        }
    }
}

/// A client that gave up is no matter; a shortage may pass.
async fn survive(trouble: &mut Trouble, error: &Error, keeper: &Keeper) {
    let next = trouble.failure(is_the_clients(error), Instant::now());
    if next.say {
        keeper.tell_of(&Failure::from(error).hint(WANTING));
    }
    if next.pause {
        sleep(PAUSE).await;
    }
}

/// Waits for a datagram, and makes its sender the peer; the datagram itself stays to be received.
async fn first(door: AsyncSocket, scheme: Scheme, keeper: &Keeper) -> berkeley::Result<Client> {
    let sender = loop {
        // As above.
        consume_budget().await;
        let (_, sender) = door.recv_from_with(&mut [], Flags::PEEK).await?;
        if !keeper.turns_away(&sender) {
            break sender;
        }
        door.recv_from_with(&mut [], Flags::NONE).await?;
    };
    let peer = if sender.is_unnamed() {
        "a sender without a name, who cannot be answered".to_owned()
    } else {
        let name = sender.to_string();
        match door.connect(sender).await {
            Ok(()) => name,
            // It has gone already; what it sent is there all the same.
            Err(_) => format!("{name}, who has gone and cannot be answered"),
        }
    };
    Ok(Client::new(door, scheme, peer))
}
