//! What programs read of a trace.

use serde_json::{Value, json};

use super::Start;
use super::hop::Router;
use super::machine::{Placed, Reply, Trace};
use super::mtu::PathMtu;
use super::route;
use super::show::Names;
use super::verdict::Verdict;
use crate::report::json::Event;

/// What is traced, and how.
pub(super) fn start(start: &Start<'_>) -> Event {
    Event::new("trace")
        .field("question", start.host)
        .field("address", start.target.to_string())
        .field("source", start.source.to_string())
        .field("method", start.method)
        .field("port", start.port)
        .field("flows", start.plan.flows)
        .field("first_hop", start.plan.first)
        .field("last_hop", start.plan.most)
        .field("probes", start.plan.probes)
}

/// An answer to a probe.
pub(super) fn answer(reply: &Reply, placed: &Placed) -> Event {
    Event::new("hop_answer")
        .field("flow", placed.probe.flow + 1)
        .field("hop", placed.probe.ttl)
        .field("address", reply.from.to_string())
        .field("says", reply.says.word())
        .field("round_trip_seconds", placed.time.as_secs_f64())
        .field("ttl", reply.ttl)
        .field("packet_bytes", placed.probe.size)
}

/// What each hop came to.
pub(super) fn hops(trace: &Trace, names: &Names) -> Vec<Event> {
    let event = |row: &route::Row| {
        let flows: Vec<usize> = row.flows.iter().map(|flow| flow + 1).collect();
        let routers: Vec<Value> = row.hop.routers.iter().map(|it| router(it, names)).collect();
        Event::new("hop")
            .field("hop", row.ttl)
            .field("flows", flows)
            .field("address", row.address().map(|address| address.to_string()))
            .field("probes", row.hop.sent)
            .field("answers", row.hop.answered)
            .field("lost", row.hop.lost)
            .field("loss_percent", row.hop.loss())
            .field("routers", routers)
    };
    route::rows(trace.flows()).iter().map(event).collect()
}

fn router(router: &Router, names: &Names) -> Value {
    let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
    json!({
        "address": router.address.to_string(),
        "name": names.get(&router.address),
        "says": router.says.word(),
        "answers": router.times.count(),
        "least_seconds": seconds(router.times.least()),
        "mean_seconds": seconds(router.times.mean()),
        "p50_seconds": seconds(router.times.percentile(50)),
        "most_seconds": seconds(router.times.most()),
        "jitter_seconds": seconds(router.times.jitter()),
        "ttl": router.ttl,
    })
}

/// The path's MTU.
pub(super) fn mtu(found: &PathMtu) -> Event {
    let step = |step: &super::mtu::Step| json!({"address": step.router.to_string(), "mtu_bytes": step.mtu});
    let hole = found
        .hole
        .map(|hole| json!({"size_bytes": hole.size, "after_hop": hole.after, "before_hop": hole.before}));
    Event::new("path_mtu")
        .field("mtu_bytes", found.mtu)
        .field("first_mtu_bytes", found.first)
        .field("hop", found.far)
        .field("steps", found.steps.iter().map(step).collect::<Vec<_>>())
        .field("black_hole", hole)
}

/// What there is to know.
pub(super) fn findings(verdict: &Verdict) -> impl Iterator<Item = Event> {
    verdict.findings.iter().map(|finding| {
        Event::new("finding")
            .field("finding", finding.kind)
            .field("hop", finding.hop)
            .field("address", finding.address.map(|address| address.to_string()))
            .field("message", finding.words.as_str())
    })
}

/// The end.
pub(super) fn summary(trace: &Trace, verdict: &Verdict, seconds: f64, exit_code: u8) -> Event {
    let total = |count: fn(&super::hop::Hop) -> u64| -> u64 {
        trace.flows().iter().flat_map(super::flow::Flow::hops).map(|(_, hop)| count(hop)).sum()
    };
    Event::new("summary")
        .field("reached", verdict.reached)
        .field("hops", verdict.distance)
        .field("probes", total(|hop| hop.sent))
        .field("answers", total(|hop| hop.answered))
        .field("lost", total(|hop| hop.lost))
        .field("seconds", seconds)
        .field("exit_code", exit_code)
}
