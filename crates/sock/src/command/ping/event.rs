//! What probes came to, for programs.

use std::time::Duration;

use super::outcome::{Reply, Trouble};
use super::target::{Target, place};
use crate::exit::Exit;
use crate::probe::statistics::Verdict;
use crate::report::json::Event;

/// The event, with the probe that it is of.
fn of(event: Event, target: &Target, number: u64) -> Event {
    event.field("host", target.name.as_str()).field("address", target.place()).field("number", number)
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}

/// An answer.
pub(super) fn reply(target: &Target, number: u64, reply: &Reply, time: Duration, verdict: Verdict) -> String {
    let mut event = of(Event::new("reply"), target, number)
        .field("from", reply.from.as_ref().map(place))
        .field("answer", reply.answer.name())
        .field("seconds", time.as_secs_f64())
        .field("duplicate", verdict.duplicate)
        .field("late", verdict.late)
        .field("reordered", verdict.reordered);
    if let Some(bytes) = reply.bytes {
        event = event.field("bytes", bytes);
    }
    if let Some(ttl) = reply.ttl {
        event = event.field("ttl", ttl);
    }
    if let Some(hardware) = reply.answer.hardware() {
        event = event.field("hardware_address", hardware);
    }
    if let Some(phases) = reply.answer.phases() {
        event = event
            .field("lookup_seconds", seconds(phases.lookup))
            .field("connect_seconds", phases.connect.as_secs_f64())
            .field("handshake_seconds", seconds(phases.handshake));
    }
    event.into_line()
}

/// No answer in time.
pub(super) fn lost(target: &Target, number: u64) -> String {
    of(Event::new("lost"), target, number).into_line()
}

/// Why there is no answer.
pub(super) fn trouble(target: &Target, number: u64, trouble: &Trouble) -> String {
    let event = of(Event::new("unreachable"), target, number)
        .field("from", trouble.from())
        .field("reason", trouble.words());
    let Some(reason) = trouble.reason() else { return event.into_line() };
    let event = event.field("icmp_type", reason.kind).field("icmp_code", reason.code);
    match reason.mtu {
        Some(mtu) => event.field("mtu_bytes", mtu).into_line(),
        None => event.into_line(),
    }
}

/// What it came to with one host.
pub(super) fn host(target: &Target) -> String {
    let (it, times) = (&target.statistics, &target.statistics.times);
    let event = Event::new("host")
        .field("host", target.name.as_str())
        .field("address", target.place())
        .field("probes", it.sent)
        .field("answers", it.received)
        .field("late", it.late)
        .field("lost", it.lost)
        .field("awaited", it.awaited())
        .field("duplicates", it.duplicates)
        .field("reordered", it.reordered)
        .field("errors", it.errors)
        .field("loss_percent", it.loss())
        .field("least_seconds", seconds(times.least()))
        .field("mean_seconds", seconds(times.mean()))
        .field("p50_seconds", seconds(times.percentile(50)))
        .field("p99_seconds", seconds(times.percentile(99)))
        .field("most_seconds", seconds(times.most()))
        .field("jitter_seconds", seconds(times.jitter()));
    if target.machines.is_empty() {
        event.into_line()
    } else {
        event.field("hardware_addresses", target.machines.as_slice()).into_line()
    }
}

/// What it came to.
pub(super) fn summary(targets: &[Target], silent: usize, elapsed: Duration, exit: Exit) -> String {
    let sum = |count: fn(&Target) -> u64| targets.iter().map(count).sum::<u64>();
    Event::new("summary")
        .field("hosts", targets.len())
        .field("silent", silent)
        .field("probes", sum(|target| target.statistics.sent))
        .field("answers", sum(|target| target.statistics.answered()))
        .seconds(elapsed)
        .field("exit_code", exit as u8)
        .into_line()
}
