//! What is known of one flow: its hops, how far it may be asked, and where it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::hop::Hop;
use super::says::{Arrival, Says};

/// Probes that all take one path, as routers choose it by what they have in common.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The hops, from the first that is probed up to the farthest that may be.
    pub(super) hops: Vec<Hop>,
    /// The TTL of the first of them.
    pub(super) first: u8,
    /// The end, once something ended there.
    pub(super) end: Option<End>,
    /// The highest TTL that may be probed now.
    pub(super) edge: u8,
    /// When the edge last moved.
    pub(super) moved: Duration,
    /// The highest TTL that may ever be probed: lower than planned once packets come round again.
    pub(super) most: u8,
    /// The highest TTL of which an answer came.
    pub(super) highest: u8,
    pub(super) started: bool,
    /// Whether what was in doubt has been asked again.
    pub(super) is_sure: bool,
    /// Who answered with bare quotes that belong to no known probe.
    pub(super) unplaced: BTreeSet<IpAddr>,
    /// How many of them there have been.
    pub(super) strangers: usize,
    /// Whether hops were asked alone for their sake.
    pub(super) has_sought: bool,
    /// At which hop those are that quote barely, once that is known.
    pub(super) bare: BTreeMap<IpAddr, u8>,
}

/// Where a flow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The TTL of the hop: the lowest that ended there.
    pub ttl: u8,
    /// Who says so.
    pub router: IpAddr,
    /// What it says.
    pub says: Says,
    /// When the probe went that found it.
    pub(super) sent: Duration,
}

impl End {
    /// Whether it is the target that answers there.
    pub fn is_target(&self) -> bool {
        matches!(self.says, Says::Arrived(_))
    }

    /// By which answer the target shows itself, where it does.
    pub fn arrival(&self) -> Option<Arrival> {
        match self.says {
            Says::Arrived(arrival) => Some(arrival),
            _ => None,
        }
    }
}

impl Flow {
    pub(super) fn new(first: u8, most: u8) -> Self {
        Self {
            hops: vec![Hop::default(); usize::from(most.saturating_sub(first)) + 1],
            first,
            end: None,
            edge: first,
            moved: Duration::ZERO,
            most,
            highest: 0,
            started: false,
            is_sure: false,
            unplaced: BTreeSet::new(),
            strangers: 0,
            has_sought: false,
            bare: BTreeMap::new(),
        }
    }

    /// The hops that count, each with its TTL: up to the end, or up to the last that was probed.
    pub fn hops(&self) -> impl DoubleEndedIterator<Item = (u8, &Hop)> {
        self.ttls().filter_map(|ttl| Some((ttl, self.hop(ttl)?))).filter(|(_, hop)| hop.last.is_some())
    }

    /// Where it ends, as far as that is known.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// The hop of a TTL.
    pub fn hop(&self, ttl: u8) -> Option<&Hop> {
        self.hops.get(usize::from(ttl.checked_sub(self.first)?))
    }

    pub(super) fn hop_mut(&mut self, ttl: u8) -> Option<&mut Hop> {
        self.hops.get_mut(usize::from(ttl.checked_sub(self.first)?))
    }

    /// The TTLs that may be probed now.
    pub(super) fn ttls(&self) -> std::ops::RangeInclusive<u8> {
        self.first..=self.end.map_or(self.edge, |end| end.ttl)
    }

    /// A router that comes again, and at which hops: a routing loop. Two hops in a row may also be one router that does
    /// not count itself.
    pub fn comes_again(&self) -> Option<(IpAddr, Vec<u8>)> {
        let mut seen: BTreeMap<IpAddr, Vec<u8>> = BTreeMap::new();
        for (ttl, hop) in self.hops() {
            let expired = hop.routers.iter().filter(|router| router.says == Says::Expired);
            expired.for_each(|router| seen.entry(router.address).or_default().push(ttl));
        }
        let again = |ttls: &Vec<u8>| ttls.windows(2).any(|two| two[1] > two[0] + 1);
        seen.into_iter().filter(|(_, ttls)| again(ttls)).min_by_key(|(_, ttls)| ttls[0])
    }

    /// Whether each hop that there may be has been probed at least once.
    pub(super) fn is_explored(&self) -> bool {
        let is_whole = self.end.is_some() || self.edge >= self.most;
        is_whole && self.ttls().all(|ttl| self.hop(ttl).is_some_and(|hop| hop.last.is_some()))
    }

    /// Whether of each hop something is known: an answer, or that it was silent.
    pub(super) fn is_settled(&self) -> bool {
        let known = |ttl| self.hop(ttl).is_some_and(|hop| hop.answered + hop.lost > 0);
        self.is_explored() && self.ttls().all(known)
    }
}
