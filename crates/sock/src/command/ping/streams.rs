//! The run of probes that are connections: each is a task of its own, and all run on one thread.

use std::future::Future;
use std::time::{Duration, Instant};

use berkeley::Address;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep_until;

use super::Plan;
use super::lookup::Question;
use super::outcome::{Reply, Trouble};
use super::report::Report;
use crate::exit::Failure;
use crate::probe::ledger::{Ledger, Moment};
use crate::probe::pace::Pace;
use crate::signal::Signals;

/// What came of a connection: an answer and how long it took, or why there is none; or nothing, within its time.
pub(super) type Outcome = Result<Option<(Reply, Duration)>, Trouble>;

/// What a name came to.
type Found = (usize, Result<Address, Failure>);

/// A run.
pub(super) struct Streams<'a> {
    report: &'a mut Report,
    ledger: Ledger,
    pace: Pace,
    signals: Signals,
    end: Option<Instant>,
    lookups: JoinSet<Found>,
    /// What is asked; told once, with the first host.
    how: Option<String>,
}

impl<'a> Streams<'a> {
    pub(super) fn new(report: &'a mut Report, plan: &Plan, signals: Signals, how: String) -> Self {
        let pace = Pace::new(plan.interval, plan.count, report.targets.len());
        let end = plan.deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        let ledger = Ledger::new(plan.timeout);
        Self { report, ledger, pace, signals, end, lookups: JoinSet::new(), how: Some(how) }
    }

    /// Looks up the addresses of the hosts, beside the probes of those that are known.
    pub(super) fn look_up(&mut self, questions: &[Question]) {
        for question in questions {
            if let Some(found) = question.at_once() {
                self.found((question.host(), Ok(found)));
            } else {
                let question = question.clone();
                self.lookups.spawn_blocking(move || (question.host(), question.answered()));
            }
        }
    }

    fn found(&mut self, (host, found): Found) {
        match found {
            Err(failure) => self.report.give_up(host, &failure),
            Ok(address) => {
                self.report.targets[host].address = Some(address);
                self.start(host);
            }
        }
    }

    /// Has a host probed from now on.
    pub(super) fn start(&mut self, host: usize) {
        if let Some(how) = self.how.take() {
            self.report.begin(&how);
        }
        self.pace.start(host, Instant::now());
    }

    /// Probes until all is done, the time is over, or a signal comes. `probe` makes the connection to a host.
    pub(super) async fn rounds<P>(
        &mut self,
        mut probe: impl FnMut(usize, Option<Address>) -> P,
    ) -> Result<(), Failure>
    where
        P: Future<Output = Outcome> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        loop {
            while let Some(done) = tasks.try_join_next() {
                self.settle(done);
            }
            let now = Instant::now();
            while let Some(lost) = self.ledger.expired(now) {
                self.report.lost(&lost);
            }
            while let Some((host, number)) = self.pace.due(now) {
                let (id, forgotten) = self.ledger.note(host, number, Moment::now());
                self.report.sent(host, forgotten.as_ref());
                let connection = probe(host, self.report.targets[host].address);
                tasks.spawn(async move { (id, connection.await) });
            }
            let is_done = self.pace.next().is_none() && !self.ledger.is_awaiting() && self.lookups.is_empty();
            if !self.report.tick(now)? || is_done || self.end.is_some_and(|end| now >= end) {
                return Ok(());
            }
            let times = [self.pace.next(), self.ledger.next_expiry(), self.report.due(), self.end];
            let until = times.into_iter().flatten().min();
            tokio::select! {
                _ = self.signals.next() => return Ok(()),
                Some(done) = tasks.join_next(), if !tasks.is_empty() => self.settle(done),
                Some(found) = self.lookups.join_next(), if !self.lookups.is_empty() => {
                    if let Ok(found) = found {
                        self.found(found);
                    }
                }
                () = at(until) => {}
            }
        }
    }

    fn settle(&mut self, done: Result<(u64, Outcome), JoinError>) {
        let Ok((id, outcome)) = done else { return };
        match outcome {
            // It counts as lost, or is about to.
            Ok(None) => {}
            Ok(Some((reply, time))) => {
                if let Some((probe, before)) = self.ledger.answer(id) {
                    self.report.reply(probe.host, probe.number, before, time, &reply);
                }
            }
            Err(trouble) => {
                if let Some((probe, before)) = self.ledger.fail(id) {
                    self.report.trouble(probe.host, probe.number, before, &trouble);
                }
            }
        }
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
