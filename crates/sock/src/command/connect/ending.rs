//! When a conversation is over, and how well it went. No socket, no thread, and no clock of its own.

use std::time::{Duration, Instant};

use crate::exit::{Exit, Failure};
use crate::quantity::Period;

/// What the two directions tell.
#[derive(Debug)]
pub(super) enum Event {
    /// The input ended, and the peer was told where it can be.
    InputEnded,
    /// The input cannot be read.
    InputFailed(Failure),
    /// Sending failed: what was read since is lost.
    SendFailed(Failure),
    /// The peer has sent all it had.
    PeerDone,
    /// Receiving failed.
    ReceiveFailed(Failure),
    /// Nobody reads the output any more.
    OutputClosed,
    /// The output cannot be written.
    OutputFailed(Failure),
}

/// What kind of conversation it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The peer can say that it is done; datagrams cannot.
    pub(super) connected: bool,
    /// The input is a person at a terminal, who cannot be waited for once the peer is done.
    pub(super) terminal: bool,
    /// Datagrams: how long after the input's end, and after each answer, another may come.
    pub(super) wait: Duration,
    /// How long nothing may move.
    pub(super) idle: Option<Duration>,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum End {
    Done,
    /// The peer is done while a person could still type.
    PeerLeft,
    Failed(Failure),
}

/// The conversation so far.
#[derive(Debug)]
pub(super) struct Ending {
    rules: Rules,
    input_ended: Option<Instant>,
    send_failure: Option<Failure>,
    peer_done: bool,
}

impl Ending {
    /// A conversation that begins.
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, input_ended: None, send_failure: None, peer_done: false }
    }

    /// Takes an event in; says how the conversation ended, if it has.
    pub(super) fn after(&mut self, event: Event, now: Instant) -> Option<End> {
        match event {
            Event::InputEnded => self.input_ended = Some(now),
            Event::PeerDone => self.peer_done = true,
            // A datagram that cannot be sent says all there is to say. On a connection the peer may still have sent us
            // something, which is read first.
            Event::SendFailed(failure) if !self.rules.connected => return Some(End::Failed(failure)),
            Event::SendFailed(failure) => self.send_failure = Some(failure),
            Event::OutputClosed => return Some(End::Done),
            Event::ReceiveFailed(failure) => {
                return Some(End::Failed(self.send_failure.take().unwrap_or(failure)));
            }
            Event::InputFailed(failure) | Event::OutputFailed(failure) => return Some(End::Failed(failure)),
        }
        if self.peer_done { self.once_the_peer_is_done() } else { None }
    }

    fn once_the_peer_is_done(&mut self) -> Option<End> {
        if let Some(failure) = self.send_failure.take() {
            return Some(End::Failed(failure));
        }
        match (self.input_ended, self.rules.terminal) {
            (Some(_), _) => Some(End::Done),
            (None, true) => Some(End::PeerLeft),
            (None, false) => None,
        }
    }

    /// When to ask [`at`](Self::at) again, if no event comes before; `last` is when a byte last moved.
    pub(super) fn deadline(&self, last: Instant) -> Option<Instant> {
        let answers = self.last_answer(last);
        let idle = self.rules.idle.and_then(|idle| last.checked_add(idle));
        [answers, idle].into_iter().flatten().min()
    }

    /// How the conversation ended by `now`, if only time has passed.
    pub(super) fn at(&self, now: Instant, last: Instant) -> Option<End> {
        if self.last_answer(last).is_some_and(|end| end <= now) {
            return Some(End::Done);
        }
        let idle = self.rules.idle?;
        (now.saturating_duration_since(last) >= idle).then(|| {
            let message = format!("nothing moved for {}", Period(idle));
            End::Failed(Failure::new(Exit::Timeout, message).hint("--idle-timeout sets how long that may be"))
        })
    }

    /// When the wait for further datagrams is over.
    fn last_answer(&self, last: Instant) -> Option<Instant> {
        let ended = self.input_ended.filter(|_| !self.rules.connected)?;
        ended.max(last).checked_add(self.rules.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rules(connected: bool, terminal: bool) -> Rules {
        Rules { connected, terminal, wait: SECOND, idle: None }
    }

    fn failure(exit: Exit) -> Failure {
        Failure::new(exit, "x")
    }

    #[test]
    fn a_stream_ends_when_both_sides_are_done_in_either_order() {
        let now = Instant::now();
        let mut ending = Ending::new(rules(true, false));
        assert!(ending.after(Event::InputEnded, now).is_none());
        assert!(ending.deadline(now).is_none(), "the peer may take as long as it likes");
        assert!(matches!(ending.after(Event::PeerDone, now), Some(End::Done)));

        let mut ending = Ending::new(rules(true, false));
        assert!(ending.after(Event::PeerDone, now).is_none(), "the input goes on");
        assert!(matches!(ending.after(Event::InputEnded, now), Some(End::Done)));
    }

    #[test]
    fn at_a_terminal_the_peer_ends_it() {
        let mut ending = Ending::new(rules(true, true));
        assert!(matches!(ending.after(Event::PeerDone, Instant::now()), Some(End::PeerLeft)));
    }

    #[test]
    fn a_failed_send_waits_for_what_the_peer_still_says_and_is_then_the_failure() {
        let now = Instant::now();
        for last in [Event::PeerDone, Event::ReceiveFailed(failure(Exit::Other))] {
            let mut ending = Ending::new(rules(true, false));
            assert!(ending.after(Event::SendFailed(failure(Exit::Reset)), now).is_none());
            let Some(End::Failed(failed)) = ending.after(last, now) else { panic!("it has failed") };
            assert_eq!(failed.exit, Exit::Reset);
        }
    }

    #[test]
    fn datagrams_are_waited_for_after_the_input_and_after_each_answer() {
        let start = Instant::now();
        let mut ending = Ending::new(rules(false, false));
        assert!(ending.deadline(start).is_none(), "the input is open");
        assert!(ending.after(Event::InputEnded, start).is_none());
        assert_eq!(ending.deadline(start), Some(start + SECOND));
        let answer = start + SECOND / 2;
        assert!(ending.at(start + SECOND, answer).is_none(), "an answer came in between");
        assert!(matches!(ending.at(answer + SECOND, answer), Some(End::Done)));
    }

    #[test]
    fn nothing_moving_is_a_timeout() {
        let start = Instant::now();
        let ending = Ending::new(Rules { idle: Some(SECOND), ..rules(true, false) });
        assert_eq!(ending.deadline(start), Some(start + SECOND));
        assert!(ending.at(start + SECOND / 2, start).is_none());
        let Some(End::Failed(failed)) = ending.at(start + SECOND, start) else { panic!("it has failed") };
        assert_eq!((failed.exit, failed.message.as_str()), (Exit::Timeout, "nothing moved for 1s"));
    }

    #[test]
    fn an_output_that_nobody_reads_is_a_quiet_end() {
        let mut ending = Ending::new(rules(true, false));
        assert!(matches!(ending.after(Event::OutputClosed, Instant::now()), Some(End::Done)));
    }
}
