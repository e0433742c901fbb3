//! Which address is tried when: Happy Eyeballs version 2 (RFC 8305), without a socket and without a clock.
//!
//! | section of RFC 8305 | here |
//! |---|---|
//! | 3, two questions to DNS, answers used as they come | no: getaddrinfo(3) asks for both families and is waited for |
//! | 4, the order | yes: getaddrinfo's (RFC 6724), the families in turn, one of the first family first |
//! | 4, which addresses were fast or failed before | no: nothing is remembered |
//! | 5, attempts beside each other | yes: every 250 ms, at once where one fails, 10 ms apart at least |
//! | 5, a delay by the round trips of the past | no: it is always the same, but shorter where the time would not do |
//! | 5, the first connection wins | yes: the others are closed |
//! | 6, answers that change meanwhile | no: the list is that of the beginning |
//! | 7, addresses made up for NAT64 | no: only what the resolver makes of them (DNS64) |
//!
//! An address that a resolver gives twice is tried once ([`interleave`](crate::interleave)); a list of addresses that
//! the caller gives is tried as it is.
//!
//! [`Race`] is told what happened and how long ago it began, and says what to do next. Its driver makes the sockets and
//! does the waiting; the first connection ends it, and dropping what else is under way closes the losers.
//! [`Connector`](crate::Connector) is such a driver; write another where an event loop of your own waits.
//!
//! ```
//! use berkeley::race::{Race, Step};
//! use std::time::Duration;
//!
//! let mut race = Race::new(2, None);
//! assert_eq!(race.next(Duration::ZERO), Step::Start(0));
//! // The first address does not answer: the second begins beside it after 250 ms.
//! assert_eq!(race.next(Duration::ZERO), Step::Wait(Some(Duration::from_millis(250))));
//! assert_eq!(race.next(Duration::from_millis(250)), Step::Start(1));
//! race.failed();
//! race.failed();
//! assert_eq!(race.next(Duration::from_millis(300)), Step::Exhausted);
//! ```

use std::time::Duration;

use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::resolve::Resolved;
use crate::sys::constants as c;
use crate::sys::{self, alloc};

/// How long an attempt is left alone before the next begins beside it (RFC 8305, 5: 250 ms).
const STEP: Duration = Duration::from_millis(250);

/// No two attempts begin closer to each other than this, unless the first has failed (RFC 8305, 5: 10 ms at least).
const SHORTEST_STEP: Duration = Duration::from_millis(10);

/// How much a failed attempt tells, from the least on; what is in no row tells most, such as a refusal (`ECONNREFUSED`)
/// or a right that is missing (`EACCES`).
const TELLING: [&[i32]; 3] = [
    // This host has no such family, no address of it, or no route: it would say so of every host.
    &[
        c::EAFNOSUPPORT,
        c::EPFNOSUPPORT,
        c::EPROTONOSUPPORT,
        c::ESOCKTNOSUPPORT,
        c::EADDRNOTAVAIL,
        c::EINVAL,
        c::ENODEV,
        c::ENETDOWN,
        c::ENETUNREACH,
    ],
    // The host was not reached: somebody on the way says so, or the neighbour does not answer.
    &[c::EHOSTDOWN, c::EHOSTUNREACH],
    // Nobody said anything.
    &[c::ETIMEDOUT],
];

/// Which of several failed attempts says most about why there is no connection, by their errnos, `None` for a time that
/// was over; of two that say as much, the later. `None` where there is none.
///
/// A refusal comes before a silence, that before a host that cannot be reached, and last come the families that this
/// host has no address or no route for. [`Connector`](crate::Connector) reports the failure that it names.
///
/// # Examples
///
/// ```
/// use berkeley::race::most_useful;
///
/// const ENETUNREACH: i32 = 101;
/// const ECONNREFUSED: i32 = 111;
/// assert_eq!(most_useful([Some(ECONNREFUSED), Some(ENETUNREACH)]), Some(0));
/// ```
pub fn most_useful(errnos: impl IntoIterator<Item = Option<i32>>) -> Option<usize> {
    let ranks = errnos.into_iter().map(|errno| rank(errno.unwrap_or(c::ETIMEDOUT)));
    ranks.enumerate().max_by_key(|(index, rank)| (*rank, *index)).map(|(index, _)| index)
}

fn rank(errno: i32) -> usize {
    TELLING.iter().position(|row| row.contains(&errno)).unwrap_or(TELLING.len())
}

/// What to do next. Moments are counted from the beginning of the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin to connect to the address with this index.
    Start(usize),
    /// Wait until an attempt ends, or until that moment; without end for `None`.
    Wait(Option<Duration>),
    /// Every attempt has failed.
    Exhausted,
    /// The time is over.
    TimedOut,
}

/// A race between so many addresses.
#[derive(Debug)]
pub struct Race {
    count: usize,
    /// How long the whole may take.
    limit: Option<Duration>,
    /// How many were begun; the next one's index.
    begun: usize,
    running: usize,
    /// When the next attempt may begin.
    next_at: Duration,
}

impl Race {
    /// A race between `count` addresses, which may take as long as `limit` says; `None` for as long as it takes.
    ///
    /// With zero nothing waits: each address is tried once.
    pub fn new(count: usize, limit: Option<Duration>) -> Self {
        Self { count, limit, begun: 0, running: 0, next_at: Duration::ZERO }
    }

    /// What to do at `now`. After [`Step::Start`] ask again at once.
    pub fn next(&mut self, now: Duration) -> Step {
        // With no time at all each address is tried once: what need not wait connects.
        let patient = self.limit.is_none_or(|limit| !limit.is_zero());
        if patient && self.is_over(now) {
            return Step::TimedOut;
        }
        if self.begun < self.count && (now >= self.next_at || !patient) {
            return self.start(now);
        }
        if self.running == 0 && self.begun == self.count {
            return Step::Exhausted;
        }
        if self.is_over(now) {
            return Step::TimedOut;
        }
        let next_at = (self.begun < self.count).then_some(self.next_at);
        Step::Wait(next_at.into_iter().chain(self.limit).min())
    }

    fn start(&mut self, now: Duration) -> Step {
        let index = self.begun;
        self.begun += 1;
        self.running += 1;
        self.next_at = now.saturating_add(self.step(now));
        Step::Start(index)
    }

    /// The step after an attempt that begins `now`: shorter where time is short, so that every address has its turn.
    fn step(&self, now: Duration) -> Duration {
        let Some(limit) = self.limit else { return STEP };
        let turns = u32::try_from(self.count - self.begun + 1).unwrap_or(u32::MAX);
        (limit.saturating_sub(now) / turns).clamp(SHORTEST_STEP, STEP)
    }

    fn is_over(&self, now: Duration) -> bool {
        self.limit.is_some_and(|limit| now >= limit)
    }

    /// An attempt has failed: the next one begins at once.
    pub fn failed(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.next_at = Duration::ZERO;
    }
}

/// The addresses of the answers in the order in which they are tried: the families take turns, that of the first
/// address first, and within each the order is kept (RFC 8305, 4). One that stands there twice is tried once.
///
/// ```
/// use berkeley::resolve::Hints;
/// use berkeley::{Type, interleave, resolve};
///
/// let answers = resolve("localhost", 80, &Hints::new().kind(Type::STREAM))?;
/// assert_eq!(interleave(&answers)?[0], answers[0].address);
/// # Ok::<(), berkeley::Error>(())
/// ```
///
/// Fails with `ENOMEM` where there is no memory for so many.
pub fn interleave(answers: &[Resolved]) -> Result<Vec<Address>> {
    in_turns(answers).map_err(|errno| Error::kernel(Operation::CreateConnection, errno))
}

fn in_turns(answers: &[Resolved]) -> sys::Result<Vec<Address>> {
    // The address's turn in its family, and its family's place.
    let mut keyed: Vec<(usize, usize, Address)> = alloc::with_room(answers.len())?;
    for address in answers.iter().map(|answer| answer.address) {
        // A resolver may have it twice: of two lines in /etc/hosts, of a search list.
        if keyed.iter().any(|(_, _, known)| *known == address) {
            continue;
        }
        let relatives = keyed.iter().filter(|(_, _, other)| other.family() == address.family());
        let turn = relatives.clone().count();
        let families = || keyed.iter().filter(|(turn, _, _)| *turn == 0).count();
        let place = relatives.map(|(_, place, _)| *place).next().unwrap_or_else(families);
        keyed.push((turn, place, address));
    }
    // No two have the same key, so that it need not be stable, for which it would allocate.
    keyed.sort_unstable_by_key(|(turn, place, _)| (*turn, *place));
    alloc::collect(keyed.into_iter().map(|(_, _, address)| address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Type;
    use crate::resolve::{Hints, resolve};

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What happens to each address, in ms after its attempt began; `None` for one that never answers.
    #[derive(Clone, Copy)]
    enum Fate {
        Connects(u64),
        Fails(u64),
        Silent,
    }
    use Fate::{Connects, Fails, Silent};

    #[derive(Debug, PartialEq, Eq)]
    enum End {
        Won(usize),
        Exhausted,
        TimedOut,
    }

    /// Plays a race on a virtual clock: when each attempt began, how it ended, and when.
    fn play(fates: &[Fate], limit: Option<u64>) -> (Vec<u64>, End, u64) {
        let mut race = Race::new(fates.len(), limit.map(ms));
        let (mut now, mut began, mut running) = (0, Vec::new(), Vec::new());
        loop {
            match race.next(ms(now)) {
                Step::Start(index) => {
                    assert_eq!(index, began.len(), "each begins once, in order");
                    began.push(now);
                    match fates[index] {
                        Connects(after) => running.push((now + after, index, true)),
                        Fails(after) => running.push((now + after, index, false)),
                        Silent => {}
                    }
                }
                Step::Wait(until) => {
                    running.sort_unstable();
                    let until = until.map(|until| u64::try_from(until.as_millis()).unwrap());
                    match running.first().copied() {
                        Some((at, index, connects)) if until.is_none_or(|until| at <= until) => {
                            now = now.max(at);
                            running.remove(0);
                            if connects {
                                return (began, End::Won(index), now);
                            }
                            race.failed();
                        }
                        _ => now = until.expect("a wait without end, of which nothing comes"),
                    }
                }
                Step::Exhausted => return (began, End::Exhausted, now),
                Step::TimedOut => return (began, End::TimedOut, now),
            }
        }
    }

    #[test]
    fn an_attempt_begins_every_250_ms_and_the_first_connection_wins() {
        assert_eq!(play(&[Connects(100), Connects(0)], None), (vec![0], End::Won(0), 100));
        assert_eq!(play(&[Silent, Connects(30), Silent], None), (vec![0, 250], End::Won(1), 280));
        let late = [Connects(700), Silent, Silent, Connects(500)];
        assert_eq!(play(&late, None), (vec![0, 250, 500], End::Won(0), 700));
        assert_eq!(play(&[Connects(300), Connects(20)], Some(60_000)), (vec![0, 250], End::Won(1), 270));
    }

    #[test]
    fn a_failure_starts_the_next_at_once() {
        assert_eq!(play(&[Fails(0), Fails(7), Connects(1)], None), (vec![0, 0, 7], End::Won(2), 8));
        // The first fails while the second runs: the third need not wait for its step.
        let rows = [Fails(300), Silent, Connects(50)];
        assert_eq!(play(&rows, None), (vec![0, 250, 300], End::Won(2), 350));
        // The step after an attempt counts from its own beginning.
        assert_eq!(play(&[Fails(40), Silent, Connects(0)], None), (vec![0, 40, 290], End::Won(2), 290));
    }

    #[test]
    fn it_ends_when_all_have_failed_or_the_time_is_over() {
        assert_eq!(play(&[], None), (vec![], End::Exhausted, 0));
        assert_eq!(play(&[Fails(10), Fails(5)], None), (vec![0, 10], End::Exhausted, 15));
        assert_eq!(play(&[Fails(600), Fails(5)], None), (vec![0, 250], End::Exhausted, 600));
        assert_eq!(play(&[Silent, Fails(5)], Some(1000)), (vec![0, 250], End::TimedOut, 1000));
        assert_eq!(play(&[Connects(1001)], Some(1000)), (vec![0], End::TimedOut, 1000));
    }

    #[test]
    fn where_time_is_short_every_address_still_has_its_turn() {
        let (began, end, at) = play(&[Silent, Silent, Connects(10)], Some(300));
        assert_eq!((began, end, at), (vec![0, 100, 200], End::Won(2), 210));
        // But no closer than 10 ms: the last three have none.
        let (began, end, at) = play(&[Silent; 8], Some(45));
        assert_eq!((began, end, at), (vec![0, 10, 20, 30, 40], End::TimedOut, 45));
    }

    #[test]
    fn with_no_time_each_is_tried_once() {
        assert_eq!(play(&[Silent, Silent, Silent], Some(0)), (vec![0, 0, 0], End::TimedOut, 0));
        let mut race = Race::new(2, Some(Duration::ZERO));
        assert_eq!(race.next(ms(3)), Step::Start(0), "the clock has moved on since");
        race.failed();
        assert_eq!(race.next(ms(4)), Step::Start(1));
        race.failed();
        assert_eq!(race.next(ms(5)), Step::Exhausted);
    }

    #[test]
    fn the_families_take_turns_and_the_first_answer_s_begins() {
        let rows = [
            (
                vec!["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"],
                vec!["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"],
            ),
            (vec!["10.0.0.1", "10.0.0.2", "::1"], vec!["10.0.0.1", "::1", "10.0.0.2"]),
            (vec!["::1", "::2"], vec!["::1", "::2"]),
            // What a resolver gives twice is tried once, and takes no turn.
            (vec!["::1", "::1", "10.0.0.1", "::2", "10.0.0.1"], vec!["::1", "10.0.0.1", "::2"]),
            (vec![], vec![]),
        ];
        for (given, want) in rows {
            let answers: Vec<Resolved> = given
                .iter()
                .flat_map(|host| resolve(host, 80, &Hints::new().kind(Type::STREAM)).unwrap())
                .collect();
            let order: Vec<String> = interleave(&answers)
                .unwrap()
                .iter()
                .filter_map(|address| Some(address.ip()?.to_string()))
                .collect();
            assert_eq!(order, want);
        }
    }
}
