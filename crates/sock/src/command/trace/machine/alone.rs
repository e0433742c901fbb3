//! Hops that are asked one at a time, with nothing else on its way: where quotes are too short to say which probe they
//! are of, and where the path may end nearer than it seems.

use std::time::Duration;

use super::super::flow::Flow;
use super::super::hop::Hop;
use super::{Due, Purpose, Trace};

/// How often a hop is asked alone before it counts as silent.
const TRIES_ALONE: u8 = 2;

/// The hop that is asked alone: nothing else is on its way then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alone {
    flow: usize,
    ttl: u8,
    /// The last hop that is asked so.
    last: u8,
    /// How often it was asked already.
    tries: u8,
    /// Whether it is asked for the sake of bare quotes.
    for_quotes: bool,
}

impl Alone {
    /// Once more in vain.
    pub(super) fn tried(self) -> Self {
        Self { tries: self.tries + 1, ..self }
    }

    /// Whether there is nothing more to ask.
    fn is_over(&self, flow: &Flow) -> bool {
        let is_placed = self.for_quotes && flow.unplaced.is_empty();
        is_placed || self.ttl > self.last || !flow.ttls().contains(&self.ttl)
    }
}

/// What a hop that is asked alone allows now.
pub(super) enum Solo {
    /// Its probe.
    Send(Due),
    /// Nothing, while something is on its way.
    Wait,
}

impl Trace {
    /// Hops are asked one at a time where quotes are bare, and where the end is in doubt: `Some` while that is so.
    pub(super) fn due_alone(&mut self, now: Duration) -> Option<Solo> {
        let is_quiet = self.pending.values().all(|pending| pending.home.is_none());
        loop {
            let alone = self.alone.or_else(|| self.to_ask_alone())?;
            self.alone = Some(alone);
            if !is_quiet {
                return Some(Solo::Wait);
            }
            let flow = self.flows.get_mut(alone.flow)?;
            if alone.is_over(flow) {
                // Whoever is left answers at no hop that can be found.
                flow.unplaced.clear();
                flow.is_sure = true;
                flow.has_sought |= alone.for_quotes;
                self.alone = None;
                continue;
            }
            let hop = flow.hop_mut(alone.ttl)?;
            if !hop.is_silent() || alone.tries == TRIES_ALONE {
                // Behind 255 there is none: then this one was the last.
                let (ttl, last) = (alone.ttl.saturating_add(1), alone.last.min(u8::MAX - 1));
                self.alone = Some(Alone { ttl, last, tries: 0, ..alone });
                continue;
            }
            if alone.tries == 0 {
                // What was lost before may have been answered: nobody could tell.
                *hop = Hop { last: Some(now), ..Hop::default() };
            }
            let (flow, ttl) = (alone.flow, alone.ttl);
            return Some(Solo::Send(Due { flow, ttl, size: None, purpose: Purpose::Alone }));
        }
    }

    /// The first hop that has to be asked alone, once all that can be known otherwise is.
    fn to_ask_alone(&self) -> Option<Alone> {
        self.flows.iter().enumerate().filter(|(_, flow)| flow.is_settled()).find_map(|(index, flow)| {
            // Once: a router with a new address each time would have it begin again and again.
            let for_quotes = !flow.unplaced.is_empty() && !flow.has_sought;
            let (ttl, last) = if for_quotes { (self.plan.first, u8::MAX - 1) } else { doubtful(flow)? };
            Some(Alone { flow: index, ttl, last, tries: 0, for_quotes })
        })
    }
}

/// Where the end may be nearer than it seems: the router there does not answer each probe, and the hops before it are
/// silent. They may be the same router, which could not say more at that time; the first two of them are asked again.
fn doubtful(flow: &Flow) -> Option<(u8, u8)> {
    let end = flow.end?;
    if flow.is_sure || flow.hop(end.ttl)?.lost == 0 {
        return None;
    }
    let silent =
        flow.hops().rev().skip_while(|(ttl, _)| *ttl >= end.ttl).take_while(|(_, hop)| hop.is_silent());
    let first = silent.last()?.0;
    Some((first, (first + 1).min(end.ttl)))
}
