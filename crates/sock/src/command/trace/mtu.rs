//! The path's MTU: how large a packet comes through unbroken, which router says that it does not, and where one is lost
//! in silence.
//!
//! A probe as large as the first link takes goes to the end of the path. A router whose next link is too small says so,
//! with that link's MTU, and the next probe is that large. If nothing comes back, twice, where small probes do come
//! back, then packets vanish: the largest that comes through is found by halving, and the place by large probes with
//! ever more hops. Whether that was loss by chance, both sizes are then asked again for.

use std::net::IpAddr;

use super::says::Says;

/// How often a probe is sent before it counts as lost.
const TRIES: u8 = 2;

/// How often what vanishes is sent once more, each time behind one that comes through.
const CHECKS: u8 = 3;

/// How many of those that come through may be missing then.
const MISSING: u8 = 1;

/// The most steps that are followed: no path has more, but an answer could be made up.
const MOST_STEPS: usize = 16;

/// MTUs that links have (RFC 1191, section 7), for routers that do not say theirs.
const USUAL: [u16; 11] = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68];

/// A place at which the path's MTU becomes smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The router that says so.
    pub router: IpAddr,
    /// The MTU of its next link, in bytes.
    pub mtu: u16,
}

/// Large packets vanish: no router says that they are too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The smallest size that is known to vanish, in bytes.
    pub size: u16,
    /// The last hop from which such a packet still came back; `None` where from none.
    pub after: Option<u8>,
    /// The first hop from which it did not.
    pub before: u8,
}

/// What was found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMtu {
    /// The MTU of the first link.
    pub first: u16,
    /// The largest packet that came through, in bytes.
    pub mtu: Option<u16>,
    /// How far it was found: the hop that answered.
    pub far: u8,
    /// Where it becomes smaller.
    pub steps: Vec<Step>,
    /// Where large packets vanish.
    pub hole: Option<Hole>,
    /// Large packets are lost by chance: no MTU could be found.
    pub is_in_doubt: bool,
}

/// A probe that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) ttl: u8,
    pub(super) size: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Smaller step by step, as routers say.
    Descend(u16),
    /// By halving: the first comes through, the second does not.
    Halve(u16, u16),
    /// Too large a packet, to the hop of this index.
    Locate(usize),
    /// Both sizes in turn, the one that comes through first; so many have been answered for.
    Confirm(u8),
    Done,
}

/// The search.
#[derive(Clone, Debug)]
pub(super) struct Search {
    found: PathMtu,
    /// The smallest packet worth asking for: any link takes it.
    least: u16,
    /// The hops that answer small probes, in their order; the last is the far end.
    answering: Vec<u8>,
    state: State,
    /// How often the probe of this state was lost.
    lost: u8,
    in_flight: Option<Wanted>,
    /// Whether it has begun anew.
    again: bool,
    /// How many of those that should come through were missing.
    missing: u8,
}

impl Search {
    /// A search to the last of the hops that answer, from the first link's MTU down.
    pub(super) fn new(answering: Vec<u8>, first: u16, least: u16) -> Self {
        let far = answering.last().copied().unwrap_or_default();
        let state = if answering.is_empty() || first < least { State::Done } else { State::Descend(first) };
        let found = PathMtu { first, far, ..PathMtu::default() };
        Self { found, least, answering, state, lost: 0, in_flight: None, again: false, missing: 0 }
    }

    /// What was found.
    pub(super) fn found(&self) -> &PathMtu {
        &self.found
    }

    /// The next probe; `None` while one is on its way, and in the end.
    pub(super) fn wants(&self) -> Option<Wanted> {
        if self.in_flight.is_some() {
            return None;
        }
        let far = self.found.far;
        match self.state {
            State::Descend(size) => Some(Wanted { ttl: far, size }),
            State::Halve(good, bad) => Some(Wanted { ttl: far, size: good + (bad - good) / 2 }),
            State::Locate(index) => {
                let size = self.found.hole?.size;
                self.answering.get(index).map(|&ttl| Wanted { ttl, size })
            }
            State::Confirm(count) => {
                let size = if count.is_multiple_of(2) { self.found.mtu? } else { self.found.hole?.size };
                Some(Wanted { ttl: far, size })
            }
            State::Done => None,
        }
    }

    pub(super) fn sent(&mut self, wanted: Wanted) {
        self.in_flight = Some(wanted);
    }

    /// Something came back for the probe in flight.
    pub(super) fn heard(&mut self, router: IpAddr, says: Says) {
        let Some(wanted) = self.in_flight.take() else { return };
        self.lost = 0;
        match says {
            Says::TooBig(mtu) => self.too_big(wanted.size, Some(router), mtu),
            Says::Expired | Says::Arrived(_) | Says::Refused(_) => self.came_through(wanted.size),
        }
    }

    /// This machine refuses to send the probe in flight: its own link takes less.
    pub(super) fn refused_here(&mut self, mtu: u32) {
        if let Some(wanted) = self.in_flight.take() {
            self.lost = 0;
            self.too_big(wanted.size, None, mtu);
            if let State::Descend(size) = self.state {
                self.found.first = self.found.first.min(size);
            }
        }
    }

    /// Nothing came back for the probe in flight.
    pub(super) fn lost(&mut self) {
        let Some(wanted) = self.in_flight.take() else { return };
        if let State::Confirm(count) = self.state {
            return self.lost_again(count);
        }
        self.lost += 1;
        if self.lost < TRIES {
            return;
        }
        self.lost = 0;
        match self.state {
            State::Descend(size) => self.halve(self.least, size),
            State::Halve(good, _) => self.halve(good, wanted.size),
            State::Locate(index) => self.locate(index),
            State::Confirm(_) | State::Done => {}
        }
    }

    /// Nothing came back for one that is sent once more.
    fn lost_again(&mut self, count: u8) {
        if count.is_multiple_of(2) {
            self.missing += 1;
            if self.missing > MISSING {
                self.by_chance();
            }
        } else {
            self.state = if count + 1 < 2 * CHECKS { State::Confirm(count + 1) } else { State::Done };
        }
    }

    /// What was lost was lost by chance: begins anew, once.
    fn by_chance(&mut self) {
        (self.found.hole, self.found.mtu) = (None, None);
        self.found.steps.clear();
        self.found.is_in_doubt = self.again;
        self.state = if self.again { State::Done } else { State::Descend(self.found.first) };
        (self.again, self.missing) = (true, 0);
    }

    fn came_through(&mut self, size: u16) {
        match self.state {
            State::Descend(_) => {
                self.found.mtu = Some(size);
                self.state = State::Done;
            }
            State::Halve(_, bad) => self.halve(size, bad),
            State::Locate(index) if index + 1 < self.answering.len() => self.state = State::Locate(index + 1),
            State::Confirm(count) if count % 2 == 0 => self.state = State::Confirm(count + 1),
            // It comes through to the end after all.
            State::Locate(_) | State::Confirm(_) => self.by_chance(),
            State::Done => {}
        }
    }

    fn too_big(&mut self, size: u16, router: Option<IpAddr>, mtu: u32) {
        let told = u16::try_from(mtu).ok().filter(|mtu| (self.least..size).contains(mtu));
        let usual = || USUAL.into_iter().find(|usual| *usual < size).unwrap_or_default().max(self.least);
        let next = told.unwrap_or_else(usual);
        match self.state {
            State::Descend(_) if next < size && self.found.steps.len() < MOST_STEPS => {
                if let Some((router, mtu)) = router.zip(told) {
                    self.found.steps.push(Step { router, mtu });
                }
                self.state = State::Descend(next);
            }
            State::Halve(good, _) => self.halve(good, size),
            // The place is known after all: a router says it.
            _ => {
                self.found.hole = None;
                self.found.steps.extend(router.zip(told).map(|(router, mtu)| Step { router, mtu }));
                self.state = State::Done;
            }
        }
    }

    /// Goes on by halving between what comes through and what does not.
    fn halve(&mut self, good: u16, bad: u16) {
        if bad.saturating_sub(good) > 1 {
            self.state = State::Halve(good, bad);
            return;
        }
        self.found.mtu = Some(good);
        let before = self.found.far;
        self.found.hole = Some(Hole { size: bad, after: None, before });
        self.state = State::Locate(0);
    }

    /// Such a packet does not come back from the hop of this index.
    fn locate(&mut self, index: usize) {
        if let (Some(hole), Some(&before)) = (&mut self.found.hole, self.answering.get(index)) {
            hole.before = before;
            hole.after = index.checked_sub(1).and_then(|index| self.answering.get(index)).copied();
        }
        self.missing = 0;
        self.state = State::Confirm(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::says::{Arrival, unreachable};
    use super::*;

    const ARRIVED: Says = Says::Arrived(Arrival::Unreachable(unreachable(3)));

    /// Plays the search against links: `links[n]` leads from hop n to hop n + 1, and 0 is this machine. A router before
    /// a smaller link says so, unless it is `mute`. Gives what was found and how many probes that took.
    fn play(links: &[u16], mute: bool) -> (PathMtu, usize) {
        let far = u8::try_from(links.len()).unwrap();
        let mut search = Search::new((1..=far).collect(), links[0], 68);
        let mut count = 0;
        while let Some(wanted) = search.wants() {
            count += 1;
            assert!(count < 100, "it does not end: {search:?}");
            search.sent(wanted);
            assert_eq!(search.wants(), None, "one at a time");
            let crossed = &links[..usize::from(wanted.ttl)];
            match crossed.iter().position(|mtu| *mtu < wanted.size) {
                None if wanted.ttl == far => search.heard(router(far), ARRIVED),
                None => search.heard(router(wanted.ttl), Says::Expired),
                Some(_) if mute => search.lost(),
                Some(hop) => {
                    search.heard(router(u8::try_from(hop).unwrap()), Says::TooBig(links[hop].into()));
                }
            }
        }
        assert_eq!(search.state, State::Done);
        (search.found().clone(), count)
    }

    fn router(hop: u8) -> IpAddr {
        IpAddr::from([10, 0, hop, 1])
    }

    #[test]
    fn an_even_path_takes_one_probe() {
        let (found, count) = play(&[1500, 1500, 9000], false);
        assert_eq!((found.mtu, found.steps, found.hole, count), (Some(1500), vec![], None, 1));
    }

    #[test]
    fn each_step_down_is_told_by_its_router() {
        let (found, count) = play(&[1500, 1400, 1400, 1280, 1500], false);
        let steps = vec![Step { router: router(1), mtu: 1400 }, Step { router: router(3), mtu: 1280 }];
        assert_eq!((found.mtu, found.steps, found.hole, count), (Some(1280), steps, None, 3));
    }

    #[test]
    fn where_large_packets_vanish_their_size_and_the_place_are_found() {
        for mtu in [1492, 1400, 1281, 576, 69] {
            let (found, _) = play(&[1500, 1500, mtu, 1500], true);
            let hole = Hole { size: mtu + 1, after: Some(2), before: 3 };
            assert_eq!((found.mtu, found.hole), (Some(mtu), Some(hole)), "MTU {mtu}");
        }
        let (found, _) = play(&[1500, 1400], true);
        assert_eq!(found.hole, Some(Hole { size: 1401, after: Some(1), before: 2 }));
    }

    #[test]
    fn a_single_loss_is_no_hole() {
        let mut search = Search::new(vec![1, 2], 1500, 68);
        let wanted = search.wants().unwrap();
        search.sent(wanted);
        search.lost();
        assert_eq!(search.wants(), Some(wanted));
        search.sent(wanted);
        search.heard(router(2), ARRIVED);
        assert_eq!((search.found().mtu, search.found().hole), (Some(1500), None));
    }

    #[test]
    fn loss_is_not_taken_for_an_mtu() {
        // All of a kind are lost, until one that was believed too large comes through to the end.
        let mut search = Search::new(vec![1, 2], 1500, 68);
        for _ in 0..100 {
            let Some(wanted) = search.wants() else { break };
            search.sent(wanted);
            match search.state {
                State::Locate(_) => search.heard(router(wanted.ttl), Says::Expired),
                _ => search.lost(),
            }
        }
        assert_eq!((search.state, search.found().mtu, search.found().hole), (State::Done, None, None));
        assert!(search.found().is_in_doubt);
    }

    #[test]
    fn loss_in_a_rhythm_is_not_taken_for_an_mtu() {
        for (dropped, of) in [(1, 2), (2, 3), (5, 10), (2, 5), (2, 7), (3, 4), (9, 10)] {
            for start in 0..of {
                let mut search = Search::new(vec![1, 2], 1500, 68);
                let mut count = start;
                while let Some(wanted) = search.wants() {
                    search.sent(wanted);
                    let is_dropped = count % of < dropped;
                    count += 1;
                    match (is_dropped, wanted.ttl) {
                        (true, _) => search.lost(),
                        (false, 1) => search.heard(router(1), Says::Expired),
                        (false, _) => search.heard(router(2), ARRIVED),
                    }
                    assert!(count < 300, "it does not end");
                }
                let (found, what) = (search.found(), format!("{dropped} of {of} from {start} on"));
                assert_eq!(found.hole, None, "{what}");
                assert_eq!(found.mtu, if found.is_in_doubt { None } else { Some(1500) }, "{what}");
            }
        }
    }

    #[test]
    fn an_mtu_that_makes_no_sense_leads_to_a_usual_one_and_to_an_end() {
        for told in [0, 1500, 9000, 20, u32::MAX] {
            let mut search = Search::new(vec![1, 2], 1500, 68);
            let mut sizes = Vec::new();
            while let Some(wanted) = search.wants() {
                sizes.push(wanted.size);
                search.sent(wanted);
                search.heard(router(1), Says::TooBig(told));
                assert!(sizes.len() < 50, "it does not end: {sizes:?}");
            }
            assert_eq!(&sizes[..3], [1500, 1492, 1006], "told {told}");
            assert_eq!(search.found().steps, [], "told {told}");
        }
    }

    #[test]
    fn the_own_link_may_be_smaller_than_it_says() {
        let mut search = Search::new(vec![1], 1500, 68);
        search.sent(search.wants().unwrap());
        search.refused_here(1400);
        assert_eq!(search.wants(), Some(Wanted { ttl: 1, size: 1400 }));
        search.sent(search.wants().unwrap());
        search.heard(router(1), ARRIVED);
        assert_eq!((search.found().first, search.found().mtu), (1400, Some(1400)));
    }

    #[test]
    fn without_a_hop_that_answers_there_is_nothing_to_find() {
        let search = Search::new(vec![], 1500, 68);
        assert_eq!((search.state, search.wants(), search.found().mtu), (State::Done, None, None));
    }
}
