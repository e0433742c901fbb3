//! A side of the conversation: a thread that makes the calls it is told to, so that one side can wait in a call while
//! the other goes on.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

/// The thread. It ends when this is dropped, once the call that it is in has returned.
pub(super) struct Actor {
    jobs: Sender<Job>,
}

/// A call that is being made.
pub(super) struct Pending<T> {
    outcome: Receiver<(T, Duration)>,
}

impl Actor {
    pub(super) fn start(name: &str) -> io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            for job in waiting {
                job();
            }
        })?;
        Ok(Self { jobs })
    }

    /// Has the thread make a call, and goes on.
    pub(super) fn begin<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
        let (done, outcome) = channel();
        let job = Box::new(move || {
            let begun = Instant::now();
            let value = call();
            // Nobody waits for it where the tour has ended.
            let _ = done.send((value, begun.elapsed()));
        });
        // A thread that is gone leaves the call undone, and whoever waits for it learns that.
        let _ = self.jobs.send(job);
        Pending { outcome }
    }
}

impl<T> Pending<T> {
    /// What the call gave and how long it took; `None` where it has not returned within `limit`.
    pub(super) fn wait(&self, limit: Duration) -> Option<(T, Duration)> {
        self.outcome.recv_timeout(limit).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_waits_is_told_from_one_that_has_returned() {
        let actor = Actor::start("side").expect("a thread");
        let (go, wait) = channel();
        let pending = actor.begin(move || wait.recv());
        assert!(pending.wait(Duration::from_millis(1)).is_none());
        go.send(7).expect("it waits");
        let (value, _) = pending.wait(Duration::from_secs(60)).expect("it returns");
        assert_eq!(value, Ok(7));
    }
}
