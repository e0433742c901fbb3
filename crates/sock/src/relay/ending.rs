//! When a relay between two streams is over, and how well it went. No stream, no thread, and no clock of its own.
//!
//! There are two directions, named by where they begin. Each ends when its source has ended and the other stream was
//! told; the relay ends when both have, and what was sent has been delivered.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use crate::endpoint::Nature;
use crate::exit::{Exit, Failure};
use crate::quantity::Period;

/// One of the two streams, and the direction that begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Ours: standard input and output, as a rule.
    Near,
    /// The peer's.
    Far,
}

impl Side {
    /// The other stream.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Near => Self::Far,
            Self::Far => Self::Near,
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// What happens in the direction that begins with a side.
#[derive(Debug)]
pub(super) enum Event {
    /// The source ended, and the other stream was told where it can be.
    Ended,
    /// The source cannot be read.
    ReadFailed(Failure),
    /// The other stream cannot be written: what was read since is lost.
    WriteFailed(Failure),
    /// Nobody takes what is written to the other stream any more, and nobody minds.
    Closed,
    /// The source, which ended before, is gone: it takes nothing any more.
    Gone(Option<Failure>),
    /// All that was written to the other stream has arrived there.
    Delivered,
    /// What was written is lost, and nothing that is still to come helps.
    Lost(Failure),
}

/// What kind of relay it is.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Which streams have an end of their own, [`Side::Near`] first; datagrams have none.
    pub ends: [bool; 2],
    /// Once the other stream is done, so is the whole: this side is a person at a terminal, who cannot be waited for,
    /// or an input that never ends.
    pub follows: [bool; 2],
    /// Datagrams: how long after the end of the other stream, and after each answer, a further one may come; `None` for
    /// as long as it takes.
    pub wait: Option<Duration>,
    /// Datagrams: the last that is waited for.
    pub replies: Option<u64>,
    /// How long nothing may move.
    pub idle: Option<Duration>,
    /// The most bytes of a piece that each stream gives, [`Side::Near`] first: so many may wait for the other to take
    /// them. A message comes whole.
    pub most: [usize; 2],
    /// The most bytes a second that each direction passes on.
    pub rate: Option<NonZeroU64>,
}

impl Rules {
    /// Two streams, neither of which is a person's: each is told the other's end, and may go on. What waits in both
    /// directions is 64 KiB at most.
    pub const BETWEEN_STREAMS: Self = Self {
        ends: [true; 2],
        follows: [false; 2],
        wait: None,
        replies: None,
        idle: None,
        most: [32_768; 2],
        rate: None,
    };

    /// As [`BETWEEN_STREAMS`](Self::BETWEEN_STREAMS), where one may be a terminal, which has no end: nobody waits for
    /// it once the other is done, but for what it says within a second of what it said before.
    pub const fn between(near: Nature, far: Nature) -> Self {
        let wait = if far.connected { None } else { Some(LAST_OF_A_TERMINAL) };
        Self { ends: [true, far.connected], follows: [!near.connected, false], wait, ..Self::BETWEEN_STREAMS }
    }
}

/// How long what a terminal says last is waited for.
const LAST_OF_A_TERMINAL: Duration = Duration::from_secs(1);

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// Both are done.
    Done,
    /// Nobody takes what is written any more, and nobody minds: there is nobody to go on for.
    Closed,
    /// One is done while the other could still have gone on: the first of these, by its side.
    Left(Side),
    /// So many datagrams came, and fewer than were asked for.
    Missing(u64),
    /// It failed.
    Failed(Failure),
}

/// What has moved, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    /// When a byte last moved, either way.
    pub(super) last: Instant,
    /// How many pieces or messages the far side has given.
    pub(super) replies: u64,
    /// A piece of the far side's waits for the near one to take it: no time is counted for the next.
    pub(super) held: bool,
}

/// The relay so far.
#[derive(Debug)]
pub(super) struct Ending {
    rules: Rules,
    ways: [Way; 2],
    /// How it ends, once what was written has been delivered.
    end: Option<End>,
}

/// One direction.
#[derive(Debug, Default)]
struct Way {
    ended: Option<Instant>,
    write_failure: Option<Failure>,
}

impl Ending {
    /// A relay that begins.
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, ways: <[Way; 2]>::default(), end: None }
    }

    /// Takes in what happened in the direction that begins with `side`; says how the relay ended, if it has.
    pub(super) fn after(&mut self, side: Side, event: Event, now: Instant) -> Option<End> {
        let other = side.other();
        match event {
            Event::Ended => self.ways[side.index()].ended = Some(now),
            // A datagram that cannot be sent says all there is to say. A stream's other side may still have sent us
            // something, which is read first.
            Event::WriteFailed(failure) if !self.rules.ends[other.index()] => {
                return Some(End::Failed(failure));
            }
            Event::WriteFailed(failure) => self.ways[side.index()].write_failure = Some(failure),
            Event::Closed => return Some(End::Closed),
            Event::ReadFailed(failure) => {
                let earlier = self.ways[other.index()].write_failure.take();
                return Some(End::Failed(earlier.unwrap_or(failure)));
            }
            Event::Gone(Some(failure)) | Event::Lost(failure) => return Some(End::Failed(failure)),
            Event::Gone(None) => return Some(End::Left(side)),
            Event::Delivered => return self.end.take(),
        }
        self.when_an_end_was_reached()
    }

    /// What the ends so far come to. What was written is to be delivered first.
    fn when_an_end_was_reached(&mut self) -> Option<End> {
        if self.end.is_some() {
            return None;
        }
        for side in [Side::Far, Side::Near] {
            let other = side.other();
            if self.ways[side.index()].ended.is_none() {
                continue;
            }
            if let Some(failure) = self.ways[other.index()].write_failure.take() {
                return Some(End::Failed(failure));
            }
            if self.rules.ends[side.index()] && self.ways[other.index()].ended.is_some() {
                self.end = Some(End::Done);
            } else if self.rules.follows[other.index()] && self.rules.ends[side.index()] {
                self.end = Some(End::Left(side));
            }
        }
        None
    }

    /// Whether the relay is over but for what has not been delivered yet.
    pub(super) fn is_delivering(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the direction that begins with `side` is over.
    pub(super) fn has_ended(&self, side: Side) -> bool {
        self.ways[side.index()].ended.is_some()
    }

    /// When to ask [`at`](Self::at) again, if nothing happens before.
    pub(super) fn deadline(&self, moved: Moved) -> Option<Instant> {
        let idle = self.rules.idle.and_then(|idle| moved.last.checked_add(idle));
        [self.last_answer(moved), idle].into_iter().flatten().min()
    }

    /// How the relay ended by `now`, if only time has passed.
    pub(super) fn at(&self, now: Instant, moved: Moved) -> Option<End> {
        if !moved.held && self.rules.replies.is_some_and(|replies| moved.replies >= replies) {
            return Some(End::Done);
        }
        if self.last_answer(moved).is_some_and(|end| end <= now) {
            return Some(match self.rules.replies {
                Some(_) => End::Missing(moved.replies),
                None => End::Done,
            });
        }
        let idle = self.rules.idle?;
        (now.saturating_duration_since(moved.last) >= idle).then(|| {
            let message = format!("nothing moved for {}", Period(idle));
            End::Failed(Failure::new(Exit::Timeout, message).hint("--idle-timeout sets how long that may be"))
        })
    }

    /// When the wait for further datagrams is over.
    fn last_answer(&self, moved: Moved) -> Option<Instant> {
        let waits = !self.rules.ends[Side::Far.index()] && !moved.held;
        let ended = self.ways[Side::Near.index()].ended.filter(|_| waits)?;
        ended.max(moved.last).checked_add(self.rules.wait?)
    }
}

#[cfg(test)]
mod tests {
    use super::Side::{Far, Near};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const STREAMS: Rules = Rules { wait: Some(SECOND), ..Rules::BETWEEN_STREAMS };
    const DATAGRAMS: Rules = Rules { ends: [true, false], ..STREAMS };

    fn failure(exit: Exit) -> Failure {
        Failure::new(exit, "x")
    }

    fn moved(last: Instant) -> Moved {
        Moved { last, replies: 0, held: false }
    }

    #[test]
    fn streams_end_when_both_are_done_and_all_has_arrived_in_either_order() {
        let now = Instant::now();
        for first in [Near, Far] {
            let mut ending = Ending::new(STREAMS);
            assert!(ending.after(first, Event::Ended, now).is_none());
            assert!(ending.deadline(moved(now)).is_none(), "the other may take as long as it likes");
            assert!(!ending.is_delivering());
            assert!(ending.after(first.other(), Event::Ended, now).is_none());
            assert!(ending.is_delivering());
            assert!(matches!(ending.after(Near, Event::Delivered, now), Some(End::Done)));
        }
    }

    #[test]
    fn a_side_that_follows_is_not_waited_for() {
        let now = Instant::now();
        for follower in [Near, Far] {
            let mut rules = STREAMS;
            rules.follows[follower.index()] = true;
            let mut ending = Ending::new(rules);
            assert!(ending.after(follower, Event::Ended, now).is_none());
            assert!(!ending.is_delivering(), "the other is waited for");
            let mut ending = Ending::new(rules);
            assert!(ending.after(follower.other(), Event::Ended, now).is_none());
            let Some(End::Left(left)) = ending.after(Near, Event::Delivered, now) else {
                panic!("it is over")
            };
            assert_eq!(left, follower.other());
        }
    }

    #[test]
    fn a_failed_write_waits_for_what_the_other_still_says_and_is_then_the_failure() {
        let now = Instant::now();
        for side in [Near, Far] {
            for last in [Event::Ended, Event::ReadFailed(failure(Exit::Other))] {
                let mut ending = Ending::new(STREAMS);
                assert!(ending.after(side, Event::WriteFailed(failure(Exit::Reset)), now).is_none());
                let Some(End::Failed(failed)) = ending.after(side.other(), last, now) else {
                    panic!("it has failed")
                };
                assert_eq!(failed.exit, Exit::Reset);
            }
        }
    }

    #[test]
    fn a_write_that_fails_after_the_other_has_ended_is_the_failure_at_once() {
        let now = Instant::now();
        let mut ending = Ending::new(STREAMS);
        assert!(ending.after(Far, Event::Ended, now).is_none());
        let end = ending.after(Near, Event::WriteFailed(failure(Exit::Reset)), now);
        assert!(matches!(end, Some(End::Failed(_))));
    }

    #[test]
    fn what_is_gone_is_not_waited_for() {
        let now = Instant::now();
        for (why, reset) in [(None, false), (Some(failure(Exit::Reset)), true)] {
            let mut ending = Ending::new(STREAMS);
            assert!(ending.after(Far, Event::Ended, now).is_none());
            match ending.after(Far, Event::Gone(why), now) {
                Some(End::Failed(failed)) if reset => assert_eq!(failed.exit, Exit::Reset),
                Some(End::Left(Far)) if !reset => {}
                end => panic!("{end:?}"),
            }
        }
    }

    #[test]
    fn what_never_arrives_is_a_failure() {
        let now = Instant::now();
        let mut ending = Ending::new(STREAMS);
        assert!(ending.after(Near, Event::Ended, now).is_none());
        assert!(ending.after(Far, Event::Ended, now).is_none());
        let end = ending.after(Near, Event::Lost(failure(Exit::Reset)), now);
        assert!(matches!(end, Some(End::Failed(_))));
    }

    #[test]
    fn datagrams_are_waited_for_after_the_input_and_after_each_answer() {
        let start = Instant::now();
        let mut ending = Ending::new(DATAGRAMS);
        assert!(ending.deadline(moved(start)).is_none(), "the input is open");
        assert!(ending.after(Near, Event::Ended, start).is_none());
        assert_eq!(ending.deadline(moved(start)), Some(start + SECOND));
        let answer = start + SECOND / 2;
        assert!(ending.at(start + SECOND, moved(answer)).is_none(), "an answer came in between");
        assert!(matches!(ending.at(answer + SECOND, moved(answer)), Some(End::Done)));
    }

    #[test]
    fn the_replies_asked_for_end_it_and_fewer_are_told() {
        let start = Instant::now();
        let mut ending = Ending::new(Rules { replies: Some(2), ..DATAGRAMS });
        assert!(ending.at(start, Moved { replies: 1, ..moved(start) }).is_none());
        let held = Moved { replies: 2, held: true, ..moved(start) };
        assert!(ending.at(start, held).is_none(), "the last is not shown yet");
        assert!(matches!(ending.at(start, Moved { replies: 2, ..moved(start) }), Some(End::Done)));
        assert!(ending.after(Near, Event::Ended, start).is_none());
        let late = start + SECOND;
        assert!(matches!(ending.at(late, Moved { replies: 1, ..moved(start) }), Some(End::Missing(1))));
    }

    #[test]
    fn nothing_moving_is_a_timeout() {
        let start = Instant::now();
        let ending = Ending::new(Rules { idle: Some(SECOND), ..STREAMS });
        assert_eq!(ending.deadline(moved(start)), Some(start + SECOND));
        assert!(ending.at(start + SECOND / 2, moved(start)).is_none());
        let Some(End::Failed(failed)) = ending.at(start + SECOND, moved(start)) else {
            panic!("it has failed")
        };
        assert_eq!((failed.exit, failed.message.as_str()), (Exit::Timeout, "nothing moved for 1s"));
    }

    #[test]
    fn an_output_that_nobody_reads_is_a_quiet_end() {
        let mut ending = Ending::new(STREAMS);
        assert!(matches!(ending.after(Far, Event::Closed, Instant::now()), Some(End::Closed)));
    }
}
