//! `sock relay`: whoever comes to one endpoint is passed on to another, both ways, to the last byte.
//!
//! Where FROM listens, clients are taken in by the server that `sock serve` has ([`crate::server`]); what each of them
//! gets is in [`service`]. Where FROM connects, or is standard input and output, there is one conversation
//! ([`single`]).

mod from;
mod service;
mod single;

use std::sync::Arc;

use berkeley::{Family, Socket};

use super::door::Door;
use super::host::{self, Ready};
use super::talk::lost;
use crate::cli::RelayArgs;
use crate::endpoint::{Endpoint, Nature, Place, Role};
use crate::exit::{Exit, Failure};
use crate::open::{self, Target, Terms};
use crate::relay::{End, Report};
use crate::server::Server;
use crate::server::front::Front;
use crate::server::journal::Journal;
use crate::server::shared::{Manner, Shared};
use crate::stream::Stream;
use from::From;
use service::{Forward, Targets};

/// How standard input and output are written as an endpoint.
const STANDARD: &str = "-";

/// Runs the command.
pub fn run(args: &RelayArgs) -> Result<Exit, Failure> {
    host::run(&args.host, |ready, inherited, journal| {
        refuse_inherited(&inherited)?;
        let (from, to) = match From::read(&args.from)? {
            From::Listens(endpoint) => {
                let ends = Ends::new(args, Some(&endpoint), &args.to)?;
                let door = Door::at(endpoint, ends.family_of_from)?;
                return host::serve(serve_at(args, ready, door, ends.to, journal), journal);
            }
            From::Standard => (None, &args.to[..]),
            // The same the other way round.
            From::Connects(_) if args.to == [STANDARD] => (None, std::slice::from_ref(&args.from)),
            From::Connects(endpoint) => (Some(*endpoint), &args.to[..]),
        };
        super::on_a_runtime(single::converse(args, from, to, journal))
    })
}

/// The sockets of a service manager have no place in the command line: FROM says where to listen.
fn refuse_inherited(inherited: &[Socket]) -> Result<(), Failure> {
    if inherited.is_empty() {
        return Ok(());
    }
    let message = "FROM cannot act: a service manager has opened the sockets (LISTEN_FDS)";
    Err(Failure::misuse(message).hint("start sock relay without LISTEN_FDS"))
}

/// The two ends, as the command line has them.
struct Ends {
    family_of_from: Option<Family>,
    to: Vec<(Endpoint, Terms)>,
}

impl Ends {
    fn new(args: &RelayArgs, from: Option<&Endpoint>, to: &[String]) -> Result<Self, Failure> {
        let to = to.iter().map(|text| read_to(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some(endpoint) = from {
            refuse_datagrams(endpoint)?;
        }
        let family = args.family.chosen();
        // It is for those that have one.
        let of = |endpoint: &Endpoint| family.filter(|_| matches!(endpoint.place, Place::Inet { .. }));
        let family_of_from = from.and_then(of);
        let acts = family_of_from.is_some() || to.iter().any(|endpoint| of(endpoint).is_some());
        if let (Some(family), false) = (family, acts) {
            let flag = if family == Family::INET { "-4" } else { "-6" };
            return Err(Failure::misuse(format!("{flag} cannot act: neither end is one of IP")));
        }
        let terms = |endpoint: &Endpoint| Terms { family: of(endpoint), timeout: args.timeout };
        let to = to.into_iter().map(|endpoint| (endpoint.clone(), terms(&endpoint))).collect();
        Ok(Self { family_of_from, to })
    }
}

/// Reads where clients are to go.
fn read_to(text: &str) -> Result<Endpoint, Failure> {
    if text == STANDARD {
        let message = "TO is standard input and output, which clients cannot share";
        return Err(Failure::misuse(message).hint("sock listen takes one client to them"));
    }
    let endpoint = open::parse(text, Role::Connect).map_err(Failure::misuse)?;
    refuse_datagrams(&endpoint)?;
    Ok(endpoint)
}

fn refuse_datagrams(endpoint: &Endpoint) -> Result<(), Failure> {
    if Nature::of(endpoint.scheme).connected {
        return Ok(());
    }
    let message = format!("{endpoint}: relay needs connections, and {} has none", endpoint.scheme);
    Err(Failure::misuse(message).hint("use tcp, unix, unix-seqpacket or tls at both ends"))
}

/// Sets each end up once, as far as it can be before anybody comes.
async fn targets(to: Vec<(Endpoint, Terms)>, journal: &Journal) -> Result<Targets, Failure> {
    let mut targets = Vec::new();
    for (endpoint, terms) in to {
        let target = Target::new(endpoint).await?;
        target.warnings().iter().for_each(|warning| journal.warn(warning));
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
    to: Vec<(Endpoint, Terms)>,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let targets = targets(to, journal).await?;
    let listeners = door.open(&mut signals).await?;
    let front = Front::of(&listeners);
    let idle = args.host.idle_timeout.map(|period| period.0);
    // The pump sees to the idle, by what moves either way.
    let shared = Shared::new(journal.clone(), None, false, Manner::Relays);
    let service = Forward::new(front, targets, idle, args.host.once);
    let server = Arc::new(Server { service, shared });
    let exit = server
        .run(signals, host::rules(&args.host), listeners, |listeners| {
            host::announce(ready, listeners, journal, args.host.json)
        })
        .await?;
    server.shared.summarise();
    match server.service.take_failure() {
        Some(failure) => Err(failure),
        None => Ok(exit),
    }
}

/// What a conversation came to; where it was cut off, neither side is to take what it got for whole.
fn outcome<T>(report: Report<T>, near: &Stream, far: &Stream) -> Result<(), Failure> {
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
