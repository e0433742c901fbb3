//! `sock relay`: whoever comes to one endpoint is passed on to another, both ways, to the last byte.
//!
//! Where FROM listens, clients are taken in by the server that `sock serve` has ([`crate::server`]); what each of them
//! gets is in [`service`]. Where FROM connects, or is standard input and output, there is one conversation
//! ([`single`]).

mod from;
mod itself;
mod service;
mod single;
mod targets;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use berkeley::Family;

use super::door::Door;
use super::host::{self, Ready};
use super::talk::lost;
use crate::cli::{EitherTlsArgs, RelayArgs};
use crate::endpoint::{Endpoint, Nature, Place, Role, Scheme};
use crate::exit::{Exit, Failure};
use crate::open::{self, Target, Terms};
use crate::relay::{End, Report};
use crate::server::Server;
use crate::server::front::Front;
use crate::server::gate::Gate;
use crate::server::journal::Journal;
use crate::server::sessions::Limits;
use crate::server::shared::{Manner, Shared};
use crate::stream::{Form, Stream, Transcript};
use from::From;
use itself::Own;
use service::Forward;
use targets::Targets;

/// How standard input and output are written as an endpoint.
const STANDARD: &str = "-";

/// Runs the command.
pub fn run(args: &RelayArgs) -> Result<Exit, Failure> {
    host::run(&args.host, |ready, inherited, journal| {
        if !inherited.is_empty() {
            // They are FROM, so each word is a TO.
            let words: Vec<_> = [&args.from].into_iter().chain(&args.to).cloned().collect();
            let ends = Ends::new(args, None, true, &words)?;
            return serve(args, ready, Door::new(None, None, inherited)?, ends.to, journal);
        }
        if args.to.is_empty() {
            return Err(Failure::misuse(format!("{} alone: TO is missing", args.from))
                .hint("without it FROM is what a service manager has opened (LISTEN_FDS), and it has opened nothing"));
        }
        let (from, to) = match From::read(&args.from)? {
            From::Listens(mut endpoint) => {
                let ends = Ends::new(args, Some(&mut endpoint), true, &args.to)?;
                let door = Door::at(endpoint, ends.family_of_from)?;
                return serve(args, ready, door, ends.to, journal);
            }
            From::Standard => (None, &args.to[..]),
            // The same the other way round.
            From::Connects(_) if args.to == [STANDARD] => (None, std::slice::from_ref(&args.from)),
            From::Connects(endpoint) => (Some(*endpoint), &args.to[..]),
        };
        if let Some(option) = args.host.access.given() {
            return Err(Failure::misuse(format!("{option} is for clients, and FROM does not listen")));
        }
        super::on_a_runtime(single::converse(args, from, to, journal))
    })
}

/// Serves who comes in at the door.
fn serve(
    args: &RelayArgs,
    ready: Ready,
    door: Door,
    to: Vec<(Endpoint, Terms)>,
    journal: &Journal,
) -> Result<Exit, Failure> {
    for from in door.places() {
        refuse_what_cannot_be(args, &from, &to)?;
    }
    refuse_what_is_used_once(args, &to)?;
    let gate = door.gate(&args.host.access)?;
    host::serve(serve_at(args, ready, door, gate, to, journal), journal)
}

/// The two ends, as the command line has them.
struct Ends {
    family_of_from: Option<Family>,
    to: Vec<(Endpoint, Terms)>,
}

impl Ends {
    /// Reads TO, and sets on both what the command line says of them; `listens` is whether FROM does.
    fn new(
        args: &RelayArgs,
        mut from: Option<&mut Endpoint>,
        listens: bool,
        to: &[String],
    ) -> Result<Self, Failure> {
        let mut to = to.iter().map(|text| read_to(text)).collect::<Result<Vec<_>, _>>()?;
        args.way.set_on(&mut to)?;
        set_tls(&args.tls, from.as_deref_mut(), listens, &mut to)?;
        let from = from.as_deref();
        let family = args.family.chosen();
        // It is for those that have one.
        let of = |endpoint: &Endpoint| family.filter(|_| matches!(endpoint.place, Place::Inet { .. }));
        let family_of_from = from.and_then(of);
        let acts = family_of_from.is_some() || to.iter().any(|endpoint| of(endpoint).is_some());
        if let (Some(family), false) = (family, acts) {
            let flag = if family == Family::INET { "-4" } else { "-6" };
            return Err(Failure::misuse(format!("{flag} cannot act: neither end is one of IP")));
        }
        let terms =
            |endpoint: &Endpoint| Terms { family: of(endpoint), timeout: args.timeout, ..Terms::default() };
        let to = to.into_iter().map(|endpoint| (endpoint.clone(), terms(&endpoint))).collect();
        Ok(Self { family_of_from, to })
    }
}

/// Sets the flags of TLS on the one end that has it.
fn set_tls(
    flags: &EitherTlsArgs,
    from: Option<&mut Endpoint>,
    listens: bool,
    to: &mut [Endpoint],
) -> Result<(), Failure> {
    match from {
        Some(from) if !listens => flags.set_on_either(from, to),
        from => flags.set_on(from, to),
    }
}

/// Reads where clients are to go.
fn read_to(text: &str) -> Result<Endpoint, Failure> {
    if text == STANDARD {
        let message = "TO is standard input and output, which clients cannot share";
        return Err(Failure::misuse(message).hint("sock listen takes one client to them"));
    }
    open::parse(text, Role::Connect).map_err(Failure::misuse)
}

/// What each client of this TO would have run, for people; `None` where that is no program.
fn program(endpoint: &Endpoint) -> Option<String> {
    matches!(endpoint.place, Place::Literal(_)).then(|| format!("{}:", endpoint.scheme))
}

fn has_datagrams(scheme: Scheme) -> bool {
    // A terminal has no connection either.
    let nature = Nature::of(scheme);
    nature.messages && !nature.connected
}

/// One conversation has nobody to whom datagrams go back, and no end.
fn refuse_datagrams<'a>(ends: impl IntoIterator<Item = &'a Endpoint>) -> Result<(), Failure> {
    let Some(endpoint) = ends.into_iter().find(|endpoint| has_datagrams(endpoint.scheme)) else {
        return Ok(());
    };
    let message = format!(
        "{endpoint}: datagrams are relayed for those who send to FROM, and this FROM does not listen"
    );
    let hint = "udp-listen://NAME:PORT listens; sock connect sends datagrams from standard input";
    Err(Failure::misuse(message).hint(hint))
}

/// Refuses a TO that the first client would use up, or take from the next, where there may be others.
fn refuse_what_is_used_once(args: &RelayArgs, to: &[(Endpoint, Terms)]) -> Result<(), Failure> {
    if args.host.once {
        return Ok(());
    }
    let linked = to.iter().find(|(endpoint, _)| endpoint.own.local.link.is_some());
    if let Some((endpoint, _)) = linked.filter(|_| args.host.max_connections != Some(1)) {
        let message = format!("{endpoint} is for one client at a time, and FROM takes many");
        let hint = "--once takes one client, and --max-connections 1 one after another";
        return Err(Failure::misuse(message).hint(hint));
    }
    let Some((endpoint, _)) = to.iter().find(|(endpoint, _)| endpoint.is_for_one()) else { return Ok(()) };
    let message = format!("{endpoint} can be used once, and FROM takes many clients");
    let failure = Failure::misuse(message).hint("--once takes one client");
    Err(match endpoint.scheme {
        Scheme::File => failure.hint("?create&append adds what each client sends to one file"),
        _ => failure,
    })
}

/// Refuses a relay between datagrams and a stream, and what cannot act on datagrams.
fn refuse_what_cannot_be(
    args: &RelayArgs,
    (from, shown): &(Scheme, String),
    to: &[(Endpoint, Terms)],
) -> Result<(), Failure> {
    let datagrams = has_datagrams(*from);
    if let Some((other, _)) = to.iter().find(|(endpoint, _)| has_datagrams(endpoint.scheme) != datagrams) {
        let (shown, other) = (shown.clone(), other.to_string());
        let (datagrams, stream) = if datagrams { (shown, other) } else { (other, shown) };
        let message =
            format!("{datagrams} has datagrams, and {stream} has not: where each ends would be lost");
        let hint = "relay datagrams to datagrams (udp, unix-dgram), and connections to connections";
        return Err(Failure::misuse(message).hint(hint));
    }
    if !datagrams {
        if args.amplify {
            return Err(Failure::misuse("--amplify is for datagrams, and this relay has none"));
        }
        return Ok(());
    }
    let host = &args.host;
    let given =
        [(host.once, "--once"), (host.threads.is_some(), "--threads"), (host.grace.is_some(), "--grace")];
    match given.iter().find(|(given, _)| *given) {
        Some((_, option)) => Err(Failure::misuse(format!("{option} needs connections, and {from} has none"))),
        None => Ok(()),
    }
}

/// How many senders of datagrams there may be at a time, unless told otherwise.
const SESSIONS: usize = 1_024;

/// How long a sender of datagrams is remembered, unless told otherwise: what a NAT has to (RFC 4787, 4.3).
const SESSION: Duration = Duration::from_secs(120);

/// The transcript that was asked for. Where the disk does not take it, that is told as any error is.
fn transcript(args: &RelayArgs, journal: &Journal) -> Result<Option<Arc<Transcript>>, Failure> {
    let text = if args.tee_format.as_deref() == Some("raw") { Form::Raw } else { Form::Hex };
    let (option, path, form, hint) = match (&args.tee, &args.capture) {
        (Some(path), _) => {
            ("--tee", path, text, "the relay goes on without; how much is missing will stand there")
        }
        (_, Some(path)) => ("--capture", path, Form::Packets, "the relay goes on without"),
        _ => return Ok(None),
    };
    let (journal, shown) = (journal.clone(), path.display().to_string());
    let tell = move |error: &io::Error| {
        let failure = Failure::io(format_args!("{option} {shown}"), error).done_to("write", &shown);
        journal.error(&failure.hint(hint));
    };
    Transcript::create(option, path, form, tell).map(Some)
}

fn limits(args: &RelayArgs) -> Limits {
    let most = args.host.max_connections.and_then(|most| usize::try_from(most).ok());
    Limits {
        sessions: most.unwrap_or(SESSIONS),
        idle: args.host.idle_timeout.map_or(SESSION, |period| period.0),
        amplifies: args.amplify,
        rate: args.rate,
    }
}

/// Sets each end up once, as far as it can be before anybody comes.
async fn targets(to: Vec<(Endpoint, Terms)>, journal: &Journal) -> Result<Targets, Failure> {
    let mut targets = Vec::new();
    for (endpoint, terms) in to {
        let target = Target::new(endpoint).await?;
        target.warnings().iter().for_each(|warning| journal.warn(warning));
        target.notes().iter().for_each(|note| journal.note(note));
        targets.push((target, terms));
    }
    Ok(Targets::new(targets))
}

/// Opens the sockets and serves them; the signals are listened for before anything is opened, so that none leaves a
/// socket's file behind.
async fn serve_at(
    args: &RelayArgs,
    ready: Ready,
    door: Door,
    gate: Gate,
    to: Vec<(Endpoint, Terms)>,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let program = to.iter().find_map(|(endpoint, _)| program(endpoint));
    door.schemes().into_iter().filter_map(open::no_half_close).for_each(|note| journal.note(note));
    let targets = targets(to, journal).await?;
    let listeners = match program {
        Some(what) => door.open_to_programs(&what, &args.host.access, &mut signals, journal).await?,
        None => door.open(&mut signals).await?,
    };
    let own = Own::of(&listeners);
    targets.refuse_own(&own)?;
    let targets = targets.beside(own);
    let front = Front::of(&listeners);
    // The pump sees to the idle, by what moves either way.
    let shared = Shared::new(journal.clone(), None, false, Manner::Relays)
        .behind(gate)
        .sparing(targets.descriptors())?;
    let service = Forward::new(args, front, targets, limits(args), transcript(args, journal)?);
    host::serve_by(&args.host, ready, signals, listeners, Server { service, shared }).await
}

/// What a conversation came to; where it was cut off, neither side is to take what it got for whole.
pub(super) fn outcome<T>(report: Report<T>, near: &Stream, far: &Stream) -> Result<(), Failure> {
    let undelivered = report.undelivered;
    match report.end {
        // Who cut it off tells of it.
        Err(_) => {
            near.reset();
            far.reset();
            Ok(())
        }
        Ok(End::Failed(mut failure)) => {
            failure.message += &lost(undelivered);
            Err(failure)
        }
        Ok(End::Left(_)) if undelivered > 0 => {
            let message = format!("the other side closed the connection{}", lost(undelivered));
            Err(Failure::new(Exit::Reset, message))
        }
        Ok(_) => Ok(()),
    }
}
