//! The run of probes that are packets of their own: one socket for all hosts of a family, and one wait for all.
//!
//! A round of the loop receives what has come, notes what is lost, sends what is due, and waits in poll(2) for the next
//! of these. Sending, receiving and waiting use memory that is kept from one round to the next; the line that tells of
//! an answer is allocated. Nothing runs beside the loop but the lookups of names.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use berkeley::{Address, Deadline, Interest, PollEntry, Socket, poll};

use super::lookup::{Lookups, Question};
use super::outcome::{Reply, Trouble};
use super::report::Report;
use super::{Plan, target::Target};
use crate::cli::PingArgs;
use crate::confine::give_up_capabilities;
use crate::exit::{Exit, Failure};
use crate::probe::hear::is_of_a_probe;
use crate::probe::ledger::{Ledger, Moment};
use crate::probe::pace::Pace;
use crate::probe::reason::Reason;
use crate::probe::reason::unsent;
use crate::signal::SignalPipe;

/// One kind of probe: the sockets, and what is sent and heard by them.
pub(super) trait Wire {
    /// The sockets to wait on.
    fn sockets(&self) -> [Option<&Socket>; 2];

    /// Sends the probe of that number.
    ///
    /// # Errors
    ///
    /// Fails where it cannot leave; an error that an earlier probe has brought may be given too, and then it was not
    /// sent.
    fn send(&mut self, to: &Address, id: u64) -> Result<(), berkeley::Error>;

    /// Receives what is there at those of the sockets that are ready, a batch of each. True if more may wait.
    ///
    /// # Errors
    ///
    /// Fails where receiving does.
    fn receive(&mut self, ready: Ready, arrived: &mut Vec<Arrived>) -> Result<bool, berkeley::Error>;

    /// Makes ready for a host, whose address is known now; says what is asked of it.
    ///
    /// # Errors
    ///
    /// Fails where no probe can go there.
    fn prepare(&mut self, address: &Address) -> Result<(), Failure>;
}

/// Which of a wire's sockets are ready.
pub(super) type Ready = [bool; 2];

/// What a wire has heard.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) key: Key,
    /// When the kernel got it, since 1970.
    pub(super) stamp: Option<Duration>,
    pub(super) what: Heard,
}

/// As much as is known of the number of the probe that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    Id(u64),
    /// Its low 16 bits.
    Sequence(u16),
    /// Its low 32 bits.
    Low(u32),
}

#[derive(Clone, Debug)]
pub(super) enum Heard {
    Reply(Reply),
    Error(Reason),
}

/// How many batches are received one after the other: who floods us does not keep probes from going out.
const MOST_BATCHES: usize = 64;

/// A run.
struct Run<'a, W> {
    wire: W,
    report: Report,
    ledger: Ledger,
    pace: Pace,
    lookups: Lookups,
    signals: SignalPipe,
    /// When it ends, whatever has come.
    end: Option<Instant>,
    arrived: Vec<Arrived>,
    how: &'a str,
    has_begun: bool,
}

/// Asks all hosts, and sums up.
pub(super) fn run<W: Wire>(args: &PingArgs, plan: &Plan, wire: W, how: &str) -> Result<Exit, Failure> {
    // The sockets are open: from here on no right is needed.
    give_up_capabilities().map_err(|error| Failure::io("give up rights", &error))?;
    let signals = SignalPipe::listen().map_err(|error| Failure::io("listen for signals", &error))?;
    let targets = args.hosts.iter().map(|host| Target::new(host, None)).collect::<Vec<_>>();
    let pace = Pace::new(plan.interval, plan.count, targets.len());
    let report = Report::new(args, targets, plan.silence)?;
    let (known, unknown): (Vec<_>, Vec<_>) = plan
        .questions
        .iter()
        .map(|question| (question, question.at_once()))
        .partition(|(_, known)| known.is_some());
    let questions = unknown.into_iter().map(|(question, _)| Question::clone(question)).collect();
    let mut run = Run {
        wire,
        report,
        ledger: Ledger::new(plan.timeout),
        pace,
        lookups: Lookups::start(questions)?,
        signals,
        end: plan.deadline.and_then(|deadline| Instant::now().checked_add(deadline)),
        arrived: Vec::new(),
        how,
        has_begun: false,
    };
    for (question, address) in known {
        if let Some(address) = address {
            run.found(question.host(), Ok(address));
        }
    }
    run.rounds()?;
    run.receive([true; 2])?;
    run.report.end()
}

impl<W: Wire> Run<'_, W> {
    /// Notes the address of a host, which gets probes from now on.
    fn found(&mut self, host: usize, address: Result<Address, Failure>) {
        let prepared = address.and_then(|address| {
            self.report.targets[host].address = Some(address);
            self.wire.prepare(&address)
        });
        if let Err(failure) = prepared {
            self.report.give_up(host, &failure);
            return;
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            self.report.begin(self.how);
        }
        self.pace.start(host, Instant::now());
    }

    fn rounds(&mut self) -> Result<(), Failure> {
        let mut ready = [false; 2];
        loop {
            while let Some((host, address)) = self.lookups.next() {
                self.found(host, address);
            }
            if ready.contains(&true) {
                self.receive(ready)?;
            }
            let now = Instant::now();
            self.expire(now)?;
            while let Some((host, number)) = self.pace.due(now) {
                self.send(host, number)?;
            }
            if !self.report.tick(now)? || self.is_over(now) {
                return Ok(());
            }
            match self.wait()? {
                Some(sockets) => ready = sockets,
                None => return Ok(()),
            }
        }
    }

    /// Whether nothing is to come any more, or the time is over.
    fn is_over(&self, now: Instant) -> bool {
        let is_done = self.pace.next().is_none() && !self.ledger.is_awaiting() && !self.lookups.are_awaited();
        is_done || self.end.is_some_and(|end| now >= end)
    }

    fn send(&mut self, host: usize, number: u64) -> Result<(), Failure> {
        let Some(address) = self.report.targets[host].address else { return Ok(()) };
        let (id, forgotten) = self.ledger.note(host, number, Moment::now());
        self.report.sent(host, forgotten.as_ref());
        let mut outcome = self.wire.send(&address, id);
        if outcome.as_ref().is_err_and(is_of_a_probe) {
            // It may be what an earlier probe has brought: that is told, and this one sent.
            self.receive([true; 2])?;
            outcome = self.wire.send(&address, id);
        }
        if let Err(error) = outcome
            && let Some((_, before)) = self.ledger.fail(id)
        {
            let words = format!("not sent: {}", unsent(&error));
            self.report.trouble(host, number, before, &Trouble::Local(words));
        }
        Ok(())
    }

    /// Notes what is lost. What waits in the sockets is read before: it came in time, if this process did not.
    fn expire(&mut self, now: Instant) -> Result<(), Failure> {
        let is_due = self.ledger.next_expiry().is_some_and(|at| at <= now);
        if is_due && self.receive([true; 2])? {
            while let Some(probe) = self.ledger.expired(now) {
                self.report.lost(&probe);
            }
        }
        Ok(())
    }

    /// Takes what has come. False where more waits than is taken at once.
    fn receive(&mut self, ready: Ready) -> Result<bool, Failure> {
        for _ in 0..MOST_BATCHES {
            let more = self.wire.receive(ready, &mut self.arrived)?;
            self.settle_all();
            if !more {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn settle_all(&mut self) {
        if self.arrived.is_empty() {
            return;
        }
        let read = Instant::now();
        let mut all = std::mem::take(&mut self.arrived);
        for arrived in all.drain(..) {
            self.settle(&arrived, read);
        }
        // Its memory is used again.
        self.arrived = all;
    }

    fn settle(&mut self, arrived: &Arrived, read: Instant) {
        let id = match arrived.key {
            Key::Id(id) => Some(id),
            Key::Sequence(sequence) => self.ledger.by_sequence(sequence),
            Key::Low(number) => self.ledger.by_number(number),
        };
        let Some(id) = id else { return };
        let reply = match arrived.what {
            Heard::Reply(reply) if !self.may_answer(id, arrived.key, &reply) => return,
            Heard::Reply(reply) => reply,
            Heard::Error(reason) => {
                if let Some((probe, before)) = self.ledger.fail(id) {
                    self.report.trouble(probe.host, probe.number, before, &Trouble::Icmp(reason));
                }
                return;
            }
        };
        if let Some((probe, before)) = self.ledger.answer(id) {
            let time = probe.sent.until(arrived.stamp, read);
            self.report.reply(probe.host, probe.number, before, time, &reply);
        }
    }

    /// Whether the probe can have got this answer: not from another of the hosts that are asked, which would make a
    /// dead one live. A host may answer by another of its addresses, if it proves by the payload that it has the probe.
    fn may_answer(&self, id: u64, key: Key, reply: &Reply) -> bool {
        let targets = &self.report.targets;
        let asked = self.ledger.get(id).and_then(|probe| targets[probe.host].address?.ip());
        let (Some(asked), Some(from)) = (asked, reply.from.and_then(|from| from.ip())) else { return true };
        let is_proven = !matches!(key, Key::Sequence(_));
        asked == from
            || stands_for_others(asked)
            || is_proven && !targets.iter().any(|it| it.address.and_then(|it| it.ip()) == Some(from))
    }

    /// Waits for the next thing to happen, and gives which sockets are ready; nothing where a signal has come.
    fn wait(&self) -> Result<Option<Ready>, Failure> {
        let times = [self.pace.next(), self.ledger.next_expiry(), self.report.due(), self.end];
        let until = times.into_iter().flatten().min().map_or(Deadline::NEVER, Deadline::at);
        let sockets = self.wire.sockets();
        let reader = self.report.awaited();
        let lookups = self.lookups.are_awaited().then(|| PollEntry::new(&self.lookups, Interest::READABLE));
        let reader = reader.as_ref().map(|reader| PollEntry::new(reader, Interest::WRITABLE));
        let waited = sockets.iter().flatten().map(|socket| PollEntry::new(*socket, Interest::READABLE));
        // Four places at most are taken. Those that are left watch the signals.
        let mut entries: [_; 5] = std::array::from_fn(|_| PollEntry::new(&self.signals, Interest::READABLE));
        for (place, entry) in entries.iter_mut().zip(waited.chain(lookups).chain(reader)) {
            *place = entry;
        }
        poll(&mut entries, until)?;
        let mut outcomes = entries.iter().map(PollEntry::is_ready);
        let ready = sockets.map(|socket| socket.is_some() && outcomes.next().unwrap_or(false));
        Ok(self.signals.last().is_none().then_some(ready))
    }
}

/// Whether hosts answer for this address by their own: those of a group, and this machine for the unspecified one.
const fn stands_for_others(asked: IpAddr) -> bool {
    asked.is_multicast() || asked.is_unspecified()
}
