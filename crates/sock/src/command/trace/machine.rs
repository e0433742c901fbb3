//! The trace as a state machine: which probe goes when, and what an answer means. It has neither a socket nor a clock.
//!
//! A moment is the time since the start. [`Trace::step`] says what to do now: send a probe, wait until a moment, or
//! end. [`Trace::answer`] takes what came. What has no answer in time is lost; an answer that comes later still counts.
//!
//! All hops are asked at once, but for two bounds. Probes beyond the end of the path all come to the target, which
//! answers few of them: so only [`WINDOW`] hops beyond the farthest known one are asked, and one more each time that a
//! round trip may be over. And a router is asked no faster than it answers: see [`super::bucket`]. Hops that cannot be
//! told apart otherwise are asked one at a time: see [`alone`].

mod alone;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use self::alone::{Alone, Solo};
use super::bucket::Bucket;
use super::flow::{End, Flow};
use super::hop::Hop;
use super::mark::Mark;
use super::mtu::{PathMtu, Search};
use super::says::Says;

/// How many hops beyond the farthest known one are asked.
const WINDOW: u8 = 4;

/// Between two packets of ours.
const GAP: Duration = Duration::from_millis(1);

/// Between two probes to one hop, while the routers' limits allow it.
const SPACING: Duration = Duration::from_millis(50);

/// How long an answer is waited for, where others say how long that takes, and where nothing does: a router needs three
/// seconds to find out that a host does not answer on its network.
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(4);

/// The least that an answer to a large probe is waited for.
const SHORT_OF_MTU: Duration = Duration::from_millis(400);

/// The least and the most between two moves of the edge.
const STRIDE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// For how long a lost probe is remembered, and how many are.
const REMEMBERED: Duration = Duration::from_secs(10);
const MOST_REMEMBERED: usize = 4096;

/// The most addresses of a flow for whose sake hops are asked alone: each could be made up.
const MOST_STRANGERS: usize = 64;

/// What is to be found out, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub target: IpAddr,
    /// The first TTL.
    pub first: u8,
    /// The highest TTL.
    pub most: u8,
    /// How many probes each hop gets.
    pub probes: u64,
    /// How many flows.
    pub flows: usize,
    /// How long an answer is waited for; `None` for as long as the path's own times suggest.
    pub patience: Option<Duration>,
    /// Goes on for ever, with so much time between two probes to a hop.
    pub watch: Option<Duration>,
    /// Whether the target answers by ICMP errors, which it limits as routers do.
    pub target_limits: bool,
    /// The MTU of the first link and the least worth asking for, where the path's MTU is to be found.
    pub mtu: Option<(u16, u16)>,
}

/// A probe to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its number in this run; the mark is its lower half.
    pub number: u32,
    /// The flow, from 0.
    pub flow: usize,
    /// How many hops it may take.
    pub ttl: u8,
    /// How large the packet is, in bytes; `None` for the usual small one.
    pub size: Option<u16>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, and ask again.
    Send(Probe),
    /// Nothing before this moment, unless an answer comes.
    Wait(Duration),
    /// It is over.
    Done,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The flow whose socket it came to.
    pub flow: usize,
    /// Which probe it answers.
    pub mark: Mark,
    /// Who sent it.
    pub from: IpAddr,
    /// What it says.
    pub says: Says,
    /// When it came.
    pub at: Duration,
    /// The TTL that it came with, where that is known.
    pub ttl: Option<u8>,
}

/// A reply with its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The probe.
    pub probe: Probe,
    /// How long it took.
    pub time: Duration,
}

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Hop,
    Mtu,
    /// The only probe on its way, so that a bare quote can only be of this one.
    Alone,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    probe: Probe,
    purpose: Purpose,
    sent: Duration,
    /// The hop on whose account it goes; `None` where it went beyond the end and is not needed there.
    home: Option<u8>,
}

/// The trace.
#[derive(Clone, Debug)]
pub struct Trace {
    plan: Plan,
    flows: Vec<Flow>,
    pending: BTreeMap<u32, Pending>,
    /// What was given up, for answers that come late.
    lost: BTreeMap<u32, Pending>,
    buckets: Vec<Bucket>,
    next_number: u32,
    next_send: Duration,
    /// The longest time that an answer took.
    longest: Duration,
    search: Option<Search>,
    alone: Option<Alone>,
}

/// The earliest of some moments.
#[derive(Default)]
struct Soonest(Option<Duration>);

impl Soonest {
    fn at(&mut self, moment: Duration) {
        self.0 = Some(self.0.map_or(moment, |earlier| earlier.min(moment)));
    }
}

/// A probe that may go now.
struct Due {
    flow: usize,
    ttl: u8,
    size: Option<u16>,
    purpose: Purpose,
}

impl Trace {
    /// A trace that has sent nothing.
    pub fn new(plan: Plan) -> Self {
        let mut flows = vec![Flow::new(plan.first, plan.most); plan.flows.max(1)];
        if let Some(flow) = flows.first_mut() {
            flow.started = true;
            flow.edge = plan.most.min(plan.first.saturating_add(WINDOW - 1));
        }
        Self {
            plan,
            flows,
            pending: BTreeMap::new(),
            lost: BTreeMap::new(),
            buckets: vec![Bucket::FULL; 256],
            next_number: 0,
            next_send: Duration::ZERO,
            longest: Duration::ZERO,
            search: None,
            alone: None,
        }
    }

    /// What is to be found out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The flows, as far as they are known.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// The path's MTU, as far as it is known: that of the first flow.
    pub fn mtu(&self) -> Option<&PathMtu> {
        self.search.as_ref().map(Search::found)
    }

    /// What to do now.
    pub fn step(&mut self, now: Duration) -> Step {
        let mut soonest = Soonest::default();
        self.expire(now, &mut soonest);
        self.open(now, &mut soonest);
        match self.due(now, &mut soonest) {
            Some(due) if self.next_send <= now => return Step::Send(self.send(&due, now)),
            Some(_) => soonest.at(self.next_send),
            None => {}
        }
        soonest.0.map_or(Step::Done, |moment| Step::Wait(moment.max(now)))
    }

    /// When the probe really went.
    pub fn sent(&mut self, number: u32, at: Duration) {
        if let Some(pending) = self.pending.get_mut(&number) {
            pending.sent = at;
        }
    }

    /// The probe is too large for this machine's own link, which takes so many bytes, or 0 where that is not known.
    pub fn too_large_here(&mut self, number: u32, mtu: u32) {
        let large = self.pending.remove(&number).filter(|pending| pending.purpose == Purpose::Mtu);
        if let (Some(_), Some(search)) = (large, &mut self.search) {
            search.refused_here(mtu);
        }
    }

    /// Ends the run: what is still on its way was neither lost nor answered.
    pub fn stop(&mut self) {
        for pending in std::mem::take(&mut self.pending).into_values() {
            let hop = pending.home.and_then(|ttl| self.flows[pending.probe.flow].hop_mut(ttl));
            if let Some(hop) = hop.filter(|_| pending.purpose != Purpose::Mtu) {
                hop.sent = hop.sent.saturating_sub(1);
            }
        }
    }

    /// Gives up what has waited long enough.
    fn expire(&mut self, now: Duration, soonest: &mut Soonest) {
        let mut given_up = Vec::new();
        for (number, pending) in &self.pending {
            let end = pending.sent + self.patience(pending);
            if end <= now {
                given_up.push(*number);
            } else if pending.home.is_some() {
                soonest.at(end);
            }
        }
        for number in given_up {
            if let Some(pending) = self.pending.remove(&number) {
                self.lose(number, pending);
            }
        }
        while let Some(oldest) = self.lost.first_entry() {
            if oldest.get().sent + REMEMBERED > now && self.lost.len() <= MOST_REMEMBERED {
                break;
            }
            self.lost.pop_first();
        }
    }

    fn lose(&mut self, number: u32, pending: Pending) {
        match pending.purpose {
            Purpose::Mtu => {
                if let Some(search) = &mut self.search {
                    search.lost();
                }
                return;
            }
            Purpose::Alone => {
                self.alone = self.alone.map(Alone::tried);
            }
            Purpose::Hop => {}
        }
        if let Some(hop) = pending.home.and_then(|ttl| self.flows[pending.probe.flow].hop_mut(ttl)) {
            hop.lost += 1;
            self.lost.insert(number, pending);
        }
    }

    /// How long the answer to a probe is waited for.
    fn patience(&self, pending: &Pending) -> Duration {
        let flow = &self.flows[pending.probe.flow];
        let usual = match pending.purpose {
            Purpose::Mtu => (self.longest * 3).clamp(SHORT_OF_MTU, LONG),
            _ if pending.probe.ttl < flow.highest
                || flow.end.is_some()
                || pending.purpose == Purpose::Alone =>
            {
                (self.longest * 10).clamp(SHORT, LONG)
            }
            _ => LONG,
        };
        match (self.plan.patience, pending.purpose) {
            (Some(patience), Purpose::Mtu) => patience.min(usual),
            (Some(patience), _) => patience,
            (None, _) => usual,
        }
    }

    /// Moves the edges, and starts the other flows once the first has shown the length of the path.
    fn open(&mut self, now: Duration, soonest: &mut Soonest) {
        let stride = self.longest.clamp(STRIDE.0, STRIDE.1);
        if let Some(first) = self.flows.first().filter(|flow| flow.is_explored()) {
            let edge = first
                .end
                .map_or(self.plan.first.saturating_add(WINDOW - 1), |end| end.ttl)
                .min(self.plan.most);
            for flow in self.flows.iter_mut().filter(|flow| !flow.started) {
                (flow.started, flow.edge, flow.moved) = (true, edge, now);
            }
        }
        for flow in self.flows.iter_mut().filter(|flow| flow.started && flow.end.is_none()) {
            if flow.edge >= flow.most {
                continue;
            }
            // Until the hop at the edge is probed there is something else to do.
            if flow.hop(flow.edge).is_some_and(|hop| hop.last.is_some()) {
                if flow.moved + stride <= now {
                    flow.edge += 1;
                    flow.moved = now;
                }
                soonest.at(flow.moved + stride);
            }
        }
    }

    /// The next probe that may go now.
    fn due(&mut self, now: Duration, soonest: &mut Soonest) -> Option<Due> {
        match self.due_alone(now) {
            Some(Solo::Send(due)) => return Some(due),
            Some(Solo::Wait) => return None,
            None => {}
        }
        let found = self.due_first().or_else(|| self.due_again(now, soonest));
        found.or_else(|| self.due_for_mtu(now, soonest))
    }

    /// The first probe to a hop.
    fn due_first(&self) -> Option<Due> {
        self.flows.iter().enumerate().filter(|(_, flow)| flow.started).find_map(|(index, flow)| {
            let untried = |ttl: &u8| flow.hop(*ttl).is_some_and(|hop| hop.last.is_none());
            let ttl = flow.ttls().find(untried)?;
            Some(Due { flow: index, ttl, size: None, purpose: Purpose::Hop })
        })
    }

    /// One more probe to a hop that has had its first.
    fn due_again(&self, now: Duration, soonest: &mut Soonest) -> Option<Due> {
        let mut found: Option<(Duration, Due)> = None;
        for (index, flow) in self.flows.iter().enumerate().filter(|(_, flow)| flow.started) {
            let is_explored = flow.is_explored();
            // Where nothing answers, a few hops are enough to see when something does.
            let watched = if flow.is_settled() { flow.highest.saturating_add(WINDOW) } else { u8::MAX };
            for (ttl, hop) in flow.hops() {
                let is_wanted = match self.plan.watch {
                    Some(_) => ttl <= watched,
                    None => hop.sent < self.plan.probes,
                };
                // Beyond the farthest that answers, the target may be: not before it is known that it is silent.
                if !is_wanted || !(is_explored || ttl < flow.highest) {
                    continue;
                }
                let spacing = self.plan.watch.unwrap_or(SPACING);
                let spaced = hop.last.map_or(now, |last| last + spacing);
                let ready = spaced.max(self.ready(flow, ttl, now));
                if found.as_ref().is_none_or(|(earliest, _)| ready < *earliest) {
                    found = Some((ready, Due { flow: index, ttl, size: None, purpose: Purpose::Hop }));
                }
            }
        }
        let (ready, due) = found?;
        if ready > now {
            soonest.at(ready);
            return None;
        }
        Some(due)
    }

    /// When the hop may be asked again, by the limit of its router.
    fn ready(&self, flow: &Flow, ttl: u8, now: Duration) -> Duration {
        let is_target = flow.end.is_some_and(|end| end.ttl == ttl && end.is_target());
        if is_target && !self.plan.target_limits { now } else { self.buckets[usize::from(ttl)].ready(now) }
    }

    /// A large probe, once the first flow is known.
    fn due_for_mtu(&mut self, now: Duration, soonest: &mut Soonest) -> Option<Due> {
        let (first, least) = self.plan.mtu?;
        let flow = self.flows.first().filter(|flow| flow.is_settled())?;
        if self.search.is_none() {
            self.search = Some(Search::new(answering(flow), first, least));
        }
        let wanted = self.search.as_ref()?.wants()?;
        let ready = self.ready(flow, wanted.ttl, now);
        if ready > now {
            soonest.at(ready);
            return None;
        }
        Some(Due { flow: 0, ttl: wanted.ttl, size: Some(wanted.size), purpose: Purpose::Mtu })
    }

    fn send(&mut self, due: &Due, now: Duration) -> Probe {
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        self.next_send = now + GAP;
        self.buckets[usize::from(due.ttl)].take(now);
        let probe = Probe { number, flow: due.flow, ttl: due.ttl, size: due.size };
        if due.purpose == Purpose::Mtu {
            if let Some(search) = &mut self.search
                && let Some(wanted) = search.wants()
            {
                search.sent(wanted);
            }
        } else if let Some(hop) = self.flows[due.flow].hop_mut(due.ttl) {
            hop.sent += 1;
            hop.last = Some(now);
        }
        self.pending.insert(number, Pending { probe, purpose: due.purpose, sent: now, home: Some(due.ttl) });
        probe
    }

    /// Takes a reply; gives its probe, where it has one.
    pub fn answer(&mut self, reply: &Reply) -> Option<Placed> {
        let number = self.place(reply)?;
        let was_lost = self.lost.remove(&number);
        let pending = self.pending.remove(&number).or(was_lost)?;
        let time = reply.at.saturating_sub(pending.sent);
        self.longest = self.longest.max(time);
        match pending.purpose {
            Purpose::Mtu => {
                if let Some(search) = &mut self.search {
                    search.heard(reply.from, reply.says);
                }
            }
            _ => self.account(reply, pending, time, was_lost.is_some()),
        }
        Some(Placed { probe: pending.probe, time })
    }

    /// The number of the probe that a reply belongs to.
    fn place(&mut self, reply: &Reply) -> Option<u32> {
        let of_flow = |pending: &&Pending| pending.probe.flow == reply.flow;
        match reply.mark {
            Mark::Foreign => None,
            Mark::Number(mark) => {
                let is_it =
                    |pending: &&Pending| of_flow(pending) && pending.probe.number & 0xffff == u32::from(mark);
                let known = self.pending.values().rev().find(is_it);
                known.or_else(|| self.lost.values().rev().find(is_it)).map(|pending| pending.probe.number)
            }
            Mark::Bare => self.place_bare(reply),
        }
    }

    /// The number of the probe whose quote is too short for its mark: one at the hop where that router is known to be,
    /// or the only one on its way.
    fn place_bare(&mut self, reply: &Reply) -> Option<u32> {
        let flow = self.flows.get_mut(reply.flow)?;
        let waiting = || self.pending.values().filter(|pending| pending.probe.flow == reply.flow);
        let known = flow.bare.get(&reply.from).map(|ttl| flow.end.map_or(*ttl, |end| end.ttl.min(*ttl)));
        let at_hop = known.and_then(|ttl| waiting().find(|pending| pending.home == Some(ttl)));
        if let Some(pending) = at_hop {
            return Some(pending.probe.number);
        }
        let mut all = waiting();
        if let (Some(only), None) = (all.next(), all.next()) {
            return Some(only.probe.number);
        }
        if known.is_none() && flow.strangers < MOST_STRANGERS && flow.unplaced.insert(reply.from) {
            flow.strangers += 1;
        }
        None
    }

    /// Notes the answer at its hop.
    fn account(&mut self, reply: &Reply, pending: Pending, time: Duration, was_lost: bool) {
        let ttl = pending.probe.ttl;
        let flow = &mut self.flows[reply.flow];
        if flow
            .end
            .is_some_and(|end| reply.says == Says::Expired && ttl >= end.ttl && pending.sent >= end.sent)
        {
            // The path has become longer.
            flow.end = None;
        }
        if reply.says.is_end() && flow.end.is_none_or(|end| ttl < end.ttl) {
            self.end_at(End { ttl, router: reply.from, says: reply.says, sent: pending.sent }, reply.flow);
        }
        let flow = &mut self.flows[reply.flow];
        if reply.mark == Mark::Bare {
            flow.unplaced.remove(&reply.from);
            if flow.bare.len() < MOST_STRANGERS || flow.bare.contains_key(&reply.from) {
                flow.bare.insert(reply.from, ttl);
            }
        }
        let end = flow.end.map_or(u8::MAX, |end| end.ttl);
        flow.highest = flow.highest.max(ttl).min(end);
        let edge = flow.most.min(flow.highest.saturating_add(WINDOW));
        if edge > flow.edge {
            (flow.edge, flow.moved) = (edge, reply.at);
        }
        if let Some(hop) = pending.home.and_then(|ttl| flow.hop_mut(ttl)) {
            hop.lost -= u64::from(was_lost && hop.lost > 0);
            hop.answer(reply.from, reply.says, Some(time), reply.ttl);
        }
        // Three times the same: it goes on like that.
        if flow.comes_again().is_some_and(|(_, ttls)| ttls.len() > 2) {
            flow.most = flow.most.min(flow.edge);
        }
    }

    /// The flow ends here. Probes that went beyond have come here too: they stand in for those that are still wanted.
    fn end_at(&mut self, end: End, index: usize) {
        let flow = &mut self.flows[index];
        flow.end = Some(end);
        for ttl in (end.ttl..=self.plan.most).skip(1) {
            let Some(beyond) = flow.hop_mut(ttl).map(std::mem::take).filter(|hop| hop.last.is_some()) else {
                continue;
            };
            self.buckets[usize::from(end.ttl)].take(end.sent);
            let Some(here) = flow.hop_mut(end.ttl) else { continue };
            let stands_in = beyond.sent == 1 && here.sent < self.plan.probes;
            if stands_in {
                here.absorb(&beyond);
            }
            let of_hop = |pending: &&mut Pending| pending.probe.flow == index && pending.home == Some(ttl);
            let remembered = self.pending.values_mut().chain(self.lost.values_mut());
            for pending in remembered.filter(|pending| pending.purpose != Purpose::Mtu).filter(of_hop) {
                pending.home = stands_in.then_some(end.ttl);
            }
        }
    }
}

/// The hops that answer as they should: those to which a large probe is worth sending.
fn answering(flow: &Flow) -> Vec<u8> {
    let answers =
        |hop: &Hop| hop.routers.iter().any(|router| matches!(router.says, Says::Expired | Says::Arrived(_)));
    flow.hops().filter(|(_, hop)| answers(hop)).map(|(ttl, _)| ttl).collect()
}

#[cfg(test)]
mod tests;
