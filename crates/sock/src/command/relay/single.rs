//! One conversation: between two places that are connected to, or standard input and output and one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::super::talk::{Answers, Talk, Tally};
use super::{Ends, outcome, refuse_datagrams, targets, transcript};
use crate::cli::{RelayArgs, TalkArgs};
use crate::endpoint::Endpoint;
use crate::exit::{Exit, Failure};
use crate::open::{Behalf, Connected, Target, Terms};
use crate::relay::{Meter, Rules, relay};
use crate::report::console;
use crate::server::journal::{Account, Counts, Journal, Peer};
use crate::signal::{Signal, Signals};
use crate::stream::Transcript;

/// Connects to the ends and passes bytes until both are done; without `from` that end is standard input and output.
pub(super) async fn converse(
    args: &RelayArgs,
    mut from: Option<Endpoint>,
    to: &[String],
    journal: &Journal,
) -> Result<Exit, Failure> {
    refuse_what_cannot_be(args, from.is_none())?;
    let ends = Ends::new(args, from.as_mut(), false, to)?;
    refuse_datagrams(from.iter().chain(ends.to.iter().map(|(endpoint, _)| endpoint)))?;
    // Before anything is connected to: what cannot be written would show as a stream that has ended.
    let tee = transcript(args, journal)?;
    let mut signals = super::super::signals()?;
    let targets = targets(ends.to, journal).await?;
    let Some(from) = from else {
        let far = tokio::select! {
            connected = targets.connected(Behalf::Ourselves) => connected?,
            signal = signals.next() => return Ok(signal.exit()),
        };
        return with_standard(args, &far, &mut signals).await;
    };
    let terms = Terms { family: ends.family_of_from, timeout: args.timeout, ..Terms::default() };
    let both = async {
        let target = Target::new(from).await?;
        target.warnings().iter().for_each(|warning| journal.warn(warning));
        target.notes().iter().for_each(|note| journal.note(note));
        let near = target.connected(terms).await?;
        let far = targets.connected(Behalf::Ourselves).await.inspect_err(|_| near.stream.reset())?;
        Ok::<_, Failure>((near, far))
    };
    let (near, far) = tokio::select! {
        both = both => both?,
        signal = signals.next() => return Ok(signal.exit()),
    };
    between(args, (&near, &far), tee.as_ref(), &mut signals, journal).await
}

async fn with_standard(args: &RelayArgs, far: &Connected, signals: &mut Signals) -> Result<Exit, Failure> {
    let talk = TalkArgs {
        idle_timeout: args.host.idle_timeout,
        quiet: args.host.quiet,
        rate: args.rate,
        ..TalkArgs::default()
    };
    let tally = Tally::new(&talk);
    let mut talk = Talk::new(&talk, signals, &tally)?;
    if console::is_terminal() {
        let typed = if talk.is_terminal() { "; what you type is sent, Ctrl-D ends it" } else { "" };
        talk.note(&format!("connected to {}{typed}", far.peer));
    }
    far.notes.iter().for_each(|note| talk.inform(note));
    talk.with(&far.stream, Answers::new(None, None)).await
}

async fn between(
    args: &RelayArgs,
    (near, far): (&Connected, &Connected),
    tee: Option<&Arc<Transcript>>,
    signals: &mut Signals,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let (begun, peer) = (Instant::now(), Peer::at(&near.peer));
    let counts = <[AtomicU64; 2]>::default();
    let idle = args.host.idle_timeout.map(|idle| idle.0);
    let rules = Rules { idle, rate: args.rate, ..Rules::between(near.stream.nature(), far.stream.nature()) };
    near.notes.iter().chain(&far.notes).for_each(|note| journal.note(note));
    let tap = tee.map(|tee| tee.tap(1, &near.peer, &far.peer, near.stream.nature().messages));
    let meter = Meter { bytes: &counts, tap: tap.as_ref() };
    let report = relay(&near.stream, &far.stream, rules, meter, signals.next()).await;
    let signal = report.end.as_ref().err().copied();
    let outcome = outcome(report, &near.stream, &far.stream);
    let reason = match (&outcome, signal) {
        (Err(failure), _) => Some(failure.message.clone()),
        (_, Some(signal)) => Some(format!("cut off: {signal}")),
        _ => None,
    };
    let [bytes_in, bytes_out] = counts.each_ref().map(|count| count.load(Relaxed));
    let (time, to) = (begun.elapsed(), Some(far.peer.as_str()));
    let account = Account { bytes_in, bytes_out, time, to, reason: reason.as_deref() };
    journal.closed(peer, &account);
    journal.summary(Counts { connections: 1, unanswered: 0, refused: None, lost: None }, &account);
    outcome.map(|()| signal.map_or(Exit::Done, Signal::exit))
}

/// What belongs to many clients has nothing to act on.
fn refuse_what_cannot_be(args: &RelayArgs, standard: bool) -> Result<(), Failure> {
    let host = &args.host;
    let given = [
        (host.once, "--once"),
        (host.max_connections.is_some(), "--max-connections"),
        (host.threads.is_some(), "--threads"),
        (host.grace.is_some(), "--grace"),
        (host.ready_fd.is_some(), "--ready-fd"),
    ];
    if let Some((_, option)) = given.iter().find(|(given, _)| *given) {
        let message = format!("{option} needs a FROM that listens: {} is one conversation", args.from);
        return Err(Failure::misuse(message).hint("to listen at a name, write tcp-listen://NAME:PORT"));
    }
    if args.tee.is_some() && standard {
        let message = "--tee cannot act: standard input and output are one conversation";
        return Err(Failure::misuse(message).hint("tee(1) copies what goes through a pipe"));
    }
    if args.capture.is_some() && standard {
        let message = "--capture cannot act: standard input and output are one conversation";
        return Err(Failure::misuse(message).hint("sock connect --capture FILE writes one"));
    }
    if host.json && standard {
        let message = "--json cannot act: standard output carries what comes";
        return Err(Failure::misuse(message).hint("sock connect --json tells what comes as events"));
    }
    Ok(())
}
