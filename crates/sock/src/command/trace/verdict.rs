//! What the trace comes to, in words: whether the target was reached, and what silence, loss and odd answers mean.

use std::net::IpAddr;

use super::flow::{End, Flow};
use super::hop::Hop;
use super::machine::{Plan, Trace};
use super::mtu::PathMtu;
use super::route;
use super::says::{Arrival, Says};
use crate::exit::Exit;
use crate::probe::reason::{Meaning, Reason};

/// From how many lost probes in hundred on it is told.
const MUCH: f64 = 5.0;

/// By which chance the hops behind a lossy link may lose nothing, so that what they show is no proof.
const CHANCE: f64 = 0.1;

/// By how many hops the way back has to differ before it is told.
const OTHER_WAY: u8 = 2;

/// The TTLs that systems send with.
const INITIAL: [u8; 4] = [32, 64, 128, 255];

/// Something to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, in a word for programs.
    pub kind: &'static str,
    /// At which hop.
    pub hop: Option<u8>,
    /// About which router.
    pub address: Option<IpAddr>,
    /// In words.
    pub words: String,
}

/// What it all comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the target answered, by any flow.
    pub reached: bool,
    /// How many hops away it is; the least of the flows. `None` also where it may be nearer than the first hop probed.
    pub distance: Option<u8>,
    /// The exit code that follows.
    pub exit: Exit,
    /// What there is to know, the most important first.
    pub findings: Vec<Finding>,
}

/// Whether the target answered another kind of probe, where it did not answer these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// What was sent, such as `ICMP echo`.
    pub what: &'static str,
    /// The flag that traces with it.
    pub flag: &'static str,
}

impl Verdict {
    /// Sums the trace up.
    ///
    /// `source` is the address that the probes came from.
    pub fn of(trace: &Trace, source: IpAddr, otherwise: Option<Otherwise>) -> Self {
        let ends = || trace.flows().iter().filter_map(Flow::end);
        let nearest = ends().filter(End::is_target).map(|end| end.ttl).min();
        let mut notes = Notes::default();
        let mut loops = false;
        for (index, flow) in trace.flows().iter().enumerate() {
            let again = flow.comes_again();
            loops |= again.is_some();
            notes.flow(&Told { flow, index, plan: trace.plan(), source, again }, otherwise);
        }
        let mut findings = notes.finish(trace.flows().len());
        let mut notes = Notes::default();
        notes.partings(trace.flows());
        if let Some(mtu) = trace.mtu() {
            notes.mtu(mtu, trace.flows().first());
        }
        findings.extend(notes.findings);
        let exit = match nearest {
            Some(_) => Exit::Done,
            None if loops || ends().next().is_some() => Exit::Unreachable,
            None => Exit::Timeout,
        };
        let distance = nearest.filter(|ttl| !may_be_nearer(*ttl, trace.plan()));
        Self { reached: nearest.is_some(), distance, exit, findings }
    }
}

/// A flow that is told of.
struct Told<'a> {
    flow: &'a Flow,
    index: usize,
    plan: &'a Plan,
    /// This machine's address.
    source: IpAddr,
    /// A router that comes again: nothing else matters then.
    again: Option<(IpAddr, Vec<u8>)>,
}

#[derive(Default)]
struct Notes {
    findings: Vec<Finding>,
    /// Which flows show each of them.
    flows: Vec<Vec<usize>>,
    /// The flow that is told of.
    of: usize,
}

impl Notes {
    /// Each thing is said once, whichever flow shows it first.
    fn add(&mut self, kind: &'static str, hop: Option<u8>, address: Option<IpAddr>, words: String) {
        let is_known = |known: &Finding| (known.kind, known.hop, known.address) == (kind, hop, address);
        let known = self.findings.iter().position(is_known);
        if let Some(flows) = known.and_then(|index| self.flows.get_mut(index)) {
            flows.push(self.of);
            return;
        }
        self.findings.push(Finding { kind, hop, address, words });
        self.flows.push(vec![self.of]);
    }

    /// The findings; those that not all flows show say which do.
    fn finish(mut self, flows: usize) -> Vec<Finding> {
        for (finding, of) in self.findings.iter_mut().zip(&self.flows) {
            if of.len() < flows {
                let noun = if of.len() == 1 { "flow" } else { "flows" };
                finding.words = format!("{noun} {}: {}", route::numbers(of), finding.words);
            }
        }
        self.findings
    }

    fn flow(&mut self, told: &Told<'_>, otherwise: Option<Otherwise>) {
        self.of = told.index;
        if let Some((address, ttls)) = &told.again {
            return self.again(*address, ttls);
        }
        match told.flow.end() {
            Some(end) => self.end(end, told),
            None => self.no_end(told, otherwise),
        }
        self.silence(told);
        self.loss(told);
        self.way_back(told);
    }

    /// The same router at several hops: the packets come round again.
    fn again(&mut self, address: IpAddr, ttls: &[u8]) {
        let shown: Vec<String> = ttls.iter().take(4).map(u8::to_string).collect();
        let more = if ttls.len() > shown.len() { ", ..." } else { "" };
        let words = format!("a routing loop: {address} comes again, at hops {}{more}", shown.join(", "));
        self.add("loop", ttls.first().copied(), Some(address), words);
    }

    /// How the flow ended.
    fn end(&mut self, end: End, told: &Told<'_>) {
        let (ttl, router) = (end.ttl, end.router);
        let words = match end.says {
            Says::Arrived(arrival) => {
                let place = if may_be_nearer(ttl, told.plan) {
                    format!("reached at hop {ttl}, the first that was probed; it may be nearer")
                } else {
                    format!("reached after {}", count(ttl, "hop"))
                };
                let words = format!("{place}: {}", in_words(arrival, told.plan));
                return self.add("reached", Some(ttl), Some(router), words);
            }
            Says::Refused(reason) => refusal(reason, end, told),
            Says::Expired | Says::TooBig(_) => return,
        };
        self.add("refused", Some(ttl), Some(router), words);
    }

    /// Nothing says where the path ends.
    fn no_end(&mut self, told: &Told<'_>, otherwise: Option<Otherwise>) {
        let most = told.plan.most;
        let last = told.flow.hops().rfind(|(_, hop)| !hop.is_silent());
        let last = last.and_then(|(ttl, hop)| Some((ttl, hop.first()?)));
        if let Some((ttl, _)) = last.filter(|(ttl, _)| *ttl == most) {
            let hops = count(most, "hop");
            let words =
                format!("not reached within {hops}: the path is longer; -m sets how many hops are tried");
            return self.add("too_far", Some(ttl), None, words);
        }
        if let Some(otherwise) = otherwise {
            let words = format!(
                "the target does not answer these probes, yet it answers {}: it is there; try {}",
                otherwise.what, otherwise.flag
            );
            return self.add("target_silent", last.map(|(ttl, _)| ttl), None, words);
        }
        let words = match last {
            Some((ttl, address)) => format!(
                "silence from hop {} on: nothing came back from behind {address} (hop {ttl}): a firewall there, \
                 or no route back",
                u16::from(ttl) + 1
            ),
            None => "nothing came back at all: a firewall on this machine or before the first router, or no router"
                .to_owned(),
        };
        self.add("silence", last.map(|(ttl, _)| ttl), last.map(|(_, address)| address), words);
    }

    /// Hops that say nothing, while later ones do.
    fn silence(&mut self, told: &Told<'_>) {
        let answering = told.flow.hops().filter(|(_, hop)| !hop.is_silent()).map(|(ttl, _)| ttl).max();
        let hops = told.flow.hops().take_while(|(ttl, _)| answering.is_some_and(|last| *ttl < last));
        let silent: Vec<u8> = hops.filter(|(_, hop)| hop.is_silent()).map(|(ttl, _)| ttl).collect();
        for run in silent.chunk_by(|one, next| one + 1 == *next) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let words = if first == last {
                format!("hop {first} does not send ICMP errors, or limits them; it does forward")
            } else {
                format!("hops {first} to {last} do not send ICMP errors, or limit them; they do forward")
            };
            self.add("silent_hop", Some(*first), None, words);
        }
    }

    /// Loss that goes on to the end is the path's; loss that does not is a router's that limits its answers.
    fn loss(&mut self, told: &Told<'_>) {
        let loses = |(_, hop): &(u8, &Hop)| hop.loss().is_some_and(|loss| loss > MUCH);
        // How often a refusal comes says nothing of the path.
        let refused = told.flow.end().filter(|end| !end.is_target()).map(|end| end.ttl);
        let is_told = |(ttl, hop): &(u8, &Hop)| !hop.is_silent() && refused != Some(*ttl);
        let answering: Vec<_> = told.flow.hops().filter(is_told).collect();
        let Some((last, _)) = answering.last() else { return };
        // From the first hop from which on each one loses.
        let lossless = answering.iter().rposition(|hop| !loses(hop)).map_or(0, |index| index + 1);
        for (index, (ttl, hop)) in answering.iter().enumerate().take(lossless).filter(|(_, hop)| loses(hop)) {
            let behind = answering[index + 1..].iter().map(|(_, hop)| hop.answered).sum();
            let (kind, means) = if may_be_chance(hop, behind) {
                ("loss", "too few probes to tell loss on the way from a limit of its answers (-q sends more)")
            } else {
                ("limited", "it limits its answers; no packets are lost there")
            };
            let answers = count_of(hop.lost, "answer");
            let words = format!("hop {ttl} left out {answers} but later hops did not: {means}");
            self.add(kind, Some(*ttl), hop.first(), words);
        }
        let Some((ttl, hop)) = answering.get(lossless) else { return };
        let percent = hop.loss().unwrap_or_default();
        let words = if ttl == last {
            format!(
                "hop {ttl} loses {percent:.0} % of the probes: loss on the way to it, or it limits its answers"
            )
        } else {
            format!(
                "{percent:.0} % of the answers are missing from hop {ttl} on: packets are lost at or before it, or \
                 each hop limits its answers (another trace at the same time?)"
            )
        };
        self.add("loss", Some(*ttl), hop.first(), words);
    }

    /// Answers that come back over another number of hops than the probe took.
    fn way_back(&mut self, told: &Told<'_>) {
        for (ttl, hop) in told.flow.hops() {
            let Some(router) = hop.routers.first().filter(|router| counts_own_hop(router.says)) else {
                continue;
            };
            let Some(back) = router.ttl.and_then(hops_back) else { continue };
            if back.abs_diff(ttl) >= OTHER_WAY {
                let words = format!(
                    "answers of hop {ttl} ({}) seem to return over {}: the return path differs",
                    router.address,
                    count(back, "hop")
                );
                return self.add("way_back", Some(ttl), Some(router.address), words);
            }
        }
    }

    /// Where the flows take different ways.
    fn partings(&mut self, flows: &[Flow]) {
        for parting in route::partings(&route::rows(flows)) {
            let (first, last, ways) = (parting.first, parting.last, parting.ways);
            let place =
                if first == last { format!("hop {first}") } else { format!("hops {first} to {last}") };
            let joins = if parting.joins { "join again behind it" } else { "do not join again" };
            let words = format!("the paths part before hop {first}, {ways} ways at {place}, and {joins}");
            self.add("paths_part", Some(first), None, words);
        }
    }

    fn mtu(&mut self, mtu: &PathMtu, flow: Option<&Flow>) {
        let at = |address: IpAddr| {
            let is_there = |(_, hop): &(u8, &Hop)| hop.first() == Some(address);
            flow.and_then(|flow| flow.hops().find(is_there)).map(|(ttl, _)| ttl)
        };
        for step in &mtu.steps {
            let hop = at(step.router);
            let place = hop.map_or_else(String::new, |ttl| format!(" (hop {ttl})"));
            let words =
                format!("the MTU becomes {} bytes behind {}{place}, which says so", step.mtu, step.router);
            self.add("mtu_step", hop, Some(step.router), words);
        }
        if mtu.is_in_doubt {
            let words = "the MTU of the path could not be found: large packets are lost now and then";
            self.add("mtu_unknown", None, None, words.to_owned());
        }
        let Some(hole) = mtu.hole else { return };
        let between = match hole.after {
            Some(after) => format!("between hop {after} and hop {}", hole.before),
            None => format!("before hop {}", hole.before),
        };
        let words = format!(
            "packets of {} bytes and more vanish {between}, and no router says so (an MTU black hole); {} bytes pass",
            hole.size,
            mtu.mtu.unwrap_or_default()
        );
        self.add("mtu_black_hole", Some(hole.before), None, words);
    }
}

/// Whether the answer has come from the hop that the probe went to, not from one before it.
fn counts_own_hop(says: Says) -> bool {
    matches!(says, Says::Expired | Says::Arrived(_))
}

/// Over how many hops an answer came, by the TTL that is left: senders begin with one of a few.
fn hops_back(ttl: u8) -> Option<u8> {
    let initial = INITIAL.into_iter().find(|initial| *initial >= ttl)?;
    (initial - ttl).checked_add(1)
}

/// Whether the target may be nearer: the first hop that was probed already is the target.
fn may_be_nearer(ttl: u8, plan: &Plan) -> bool {
    ttl > 1 && ttl == plan.first
}

/// Who refuses the probes, and what that means.
fn refusal(reason: Reason, end: End, told: &Told<'_>) -> String {
    let (ttl, router, target) = (end.ttl, end.router, told.plan.target);
    let words = reason.words();
    let said = format!("{words}, says {router} (hop {ttl})");
    match reason.meaning() {
        Meaning::Prohibited => format!("{said}: a firewall or a policy there"),
        // Nobody has the target's address on the link where it should be.
        Meaning::Host if router == told.source => {
            let asked_by = if target.is_ipv4() { "ARP" } else { "neighbour discovery" };
            format!("{words}, says this machine ({router}): no answer to {asked_by} from {target}")
        }
        Meaning::Host => format!("{said}: the target does not answer on its link"),
        Meaning::Network => format!("{said}: it has no route to the target"),
        Meaning::Port => format!(
            "{said}, which is not the target: a firewall rejects it, or another machine answers for the target"
        ),
        _ => said,
    }
}

fn in_words(arrival: Arrival, plan: &Plan) -> String {
    match arrival {
        Arrival::EchoReply => "it answers the echo request".to_owned(),
        Arrival::Datagram => "somebody serves that UDP port, and answered".to_owned(),
        Arrival::Open => "the port is open".to_owned(),
        Arrival::Reset => "the port is closed".to_owned(),
        // Of UDP alone: what else is refused so, a firewall refuses.
        Arrival::Unreachable(reason) if plan.target_limits && reason.meaning() == Meaning::Port => {
            "it answers that the UDP port is closed, as expected".to_owned()
        }
        Arrival::Unreachable(reason) => format!("it says {}", reason.words()),
    }
}

fn count(number: u8, noun: &str) -> String {
    count_of(number.into(), noun)
}

/// Whether so many answers from behind a hop may well have come if the path lost as much as the hop shows.
fn may_be_chance(hop: &Hop, behind: u64) -> bool {
    let arrives = 1.0 - hop.loss().unwrap_or_default() / 100.0;
    arrives.powi(i32::try_from(behind).unwrap_or(i32::MAX)) > CHANCE
}

fn count_of(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests;
