//! The addresses of the hosts: those in digits at once, names by threads, so that one that hangs delays no other.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use berkeley::{Address, Type};

use crate::exit::{Exit, Failure};
use crate::open::host::LoneHost;

/// How many lookups are made at a time: as many as the library has helper threads for.
const MOST_AT_ONCE: usize = 32;

/// What is looked up.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Which of the hosts.
    number: usize,
    host: LoneHost,
    service: String,
    kind: Type,
}

impl Question {
    /// Asks for a host of the command line; `port` is that of the probes, 0 where they have none.
    pub(super) fn new(number: usize, host: LoneHost, port: &str, kind: Type) -> Self {
        Self { number, host, service: port.to_owned(), kind }
    }

    /// Which of the hosts.
    pub(super) const fn host(&self) -> usize {
        self.number
    }

    /// The address, where no lookup is needed for it.
    pub(super) fn at_once(&self) -> Option<Address> {
        self.host.at_once(&self.service, self.kind)
    }

    /// The address by which the host is asked.
    ///
    /// A lookup that panics has said its line, and has failed too: who waits for an answer waits for no thread that is
    /// gone.
    pub(super) fn answered(&self) -> Result<Address, Failure> {
        self.answered_by(|question| question.host.address(&question.service, question.kind))
    }

    fn answered_by(&self, look: impl FnOnce(&Self) -> Result<Address, Failure>) -> Result<Address, Failure> {
        catch_unwind(AssertUnwindSafe(|| look(self))).unwrap_or_else(|_| {
            let message = format!("{}: looking it up failed by a fault of sock", self.host.shown());
            Err(Failure::new(Exit::Other, message))
        })
    }
}

/// Which of the hosts, and what is known of it.
type Found = (usize, Result<Address, Failure>);

/// What looks a name up.
type Look = fn(&Question) -> Result<Address, Failure>;

/// Lookups that are on their way.
#[derive(Debug)]
pub(super) struct Lookups {
    answers: Receiver<Found>,
    /// Becomes readable with an answer.
    wake: UnixStream,
    left: usize,
}

impl Lookups {
    /// Starts them; none of the threads is waited for at the end.
    pub(super) fn start(questions: Vec<Question>) -> Result<Self, Failure> {
        Self::start_by(questions, Question::answered)
    }

    fn start_by(questions: Vec<Question>, look: Look) -> Result<Self, Failure> {
        let failed = |error| Failure::io("start a thread", &error);
        let (wake, waker) = UnixStream::pair().map_err(failed)?;
        wake.set_nonblocking(true).map_err(failed)?;
        let (sender, answers) = channel();
        let left = questions.len();
        let queue = Arc::new(Mutex::new(questions.into_iter()));
        for _ in 0..left.min(MOST_AT_ONCE) {
            let (queue, sender) = (Arc::clone(&queue), sender.clone());
            let waker = waker.try_clone().map_err(failed)?;
            thread::Builder::new().spawn(move || work(&queue, look, &sender, &waker)).map_err(failed)?;
        }
        Ok(Self { answers, wake, left })
    }

    /// Whether answers are still to come.
    pub(super) const fn are_awaited(&self) -> bool {
        self.left > 0
    }

    /// The next answer, if one has come.
    pub(super) fn next(&mut self) -> Option<Found> {
        if self.left == 0 {
            return None;
        }
        // A byte an answer: one that is left behind brings us here once more.
        let _ = (&self.wake).read(&mut [0]);
        let answer = self.answers.try_recv().ok()?;
        self.left -= 1;
        Some(answer)
    }
}

impl AsFd for Lookups {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

fn work(
    queue: &Mutex<std::vec::IntoIter<Question>>,
    look: Look,
    sender: &Sender<Found>,
    mut waker: &UnixStream,
) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some(question) = next() {
        let answer = question.answered_by(look);
        // Once the command ends nobody waits for it.
        if sender.send((question.number, answer)).is_err() || waker.write_all(&[0]).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use berkeley::{Deadline, Interest, PollEntry, poll};

    use super::*;

    #[test]
    fn a_lookup_that_panics_is_an_answer_and_holds_up_no_other() {
        let count = 2 * MOST_AT_ONCE + 1;
        let question = |host: usize| {
            let text = format!("host{host}.example");
            Question::new(host, LoneHost::read(&text, None, "", false).expect("a host"), "0", Type::DGRAM)
        };
        let look = |question: &Question| match question.number % 2 {
            0 => panic!("a test's own"),
            _ => Ok(Address::from((std::net::Ipv4Addr::LOCALHOST, 0))),
        };
        let mut lookups = Lookups::start_by((0..count).map(question).collect(), look).expect("threads");
        let mut known = vec![None; count];
        let (begun, limit) = (std::time::Instant::now(), Duration::from_secs(60));
        while lookups.are_awaited() {
            let ready = poll(&mut [PollEntry::new(&lookups, Interest::READABLE)], Deadline::after(limit))
                .expect("poll");
            assert!(ready > 0 && begun.elapsed() < limit, "an answer is missing: {known:?}");
            while let Some((host, answer)) = lookups.next() {
                known[host] = Some(answer.is_ok());
            }
        }
        let want: Vec<_> = (0..count).map(|host| Some(host % 2 == 1)).collect();
        assert_eq!(known, want);
        assert!(lookups.next().is_none());
    }
}
