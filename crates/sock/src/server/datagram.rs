//! Datagrams: each on its own, answered to its sender, from the address that it was sent to. There is no connection, so
//! nothing is kept of anybody but what bounds the answers.
//!
//! They are taken and answered many in a call (recvmmsg(2), sendmmsg(2)).

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

use berkeley::batch::{Datagram, ReceivedDatagram, RecvBatch, SendBatch};
use berkeley::control::{ControlMessage, socket as control, space};
use berkeley::{Address, AsyncSocket, Error, Flags, Result, option};
use tokio::task::consume_budget;
use tokio::time::sleep;

use super::Service;
use super::buffers::{CREDENTIALS, MESSAGE, OUTPUT_KEPT};
use super::journal::{Peer, unnamed};
use super::limit::{Credit, LineLimit, RateLimit, Shown, Verdict};
use super::shared::Shared;
use super::trouble::{PAUSE, Trouble, is_the_clients};
use crate::endpoint::{Nature, Scheme};
use crate::exit::Failure;
use crate::open::listen::is_remote;

/// The lowest port that is answered beyond this machine: below it are services that would answer the answer.
const LOWEST_PORT: u16 = 1_024;

/// How many messages one receive takes: of UDP a message may be several datagrams that came as one piece.
const MESSAGES: usize = 32;

/// As many of a Unix socket, whose buffers are longer, and whose queue holds no more (`net.unix.max_dgram_qlen`).
const UNIX_MESSAGES: usize = 8;

/// Serves a socket for as long as it is polled; ends after the first datagram with `once`.
///
/// Fails where there is no memory for its buffers.
pub(super) async fn serve(
    socket: &AsyncSocket,
    scheme: Scheme,
    service: &impl Service,
    shared: &Shared,
    once: bool,
) -> Result<()> {
    let mut batch = prepare(socket, scheme, once)?;
    let mut desk = Desk::new(service, shared);
    loop {
        // A flood must not keep the thread from the listeners beside it.
        consume_budget().await;
        let received = if once {
            take_one(socket, &mut batch, shared).await
        } else {
            socket.recv_many(&mut batch).await
        };
        match received {
            Ok(_) => {
                desk.trouble.success();
                desk.answer(socket, &batch);
                if once {
                    return Ok(());
                }
            }
            Err(error) => desk.survive(&error).await,
        }
    }
}

/// The buffers of a socket, with room for what comes beside a datagram: the address that it came to, or who sent it.
pub(super) fn prepare(socket: &AsyncSocket, scheme: Scheme, once: bool) -> Result<RecvBatch> {
    if Nature::of(scheme).long {
        let messages = if once { 1 } else { UNIX_MESSAGES };
        return RecvBatch::with_control(messages, MESSAGE, space(CREDENTIALS));
    }
    let plain = socket.socket();
    // With one address there is nothing to choose, and nothing to be paid for.
    match socket.local_address()? {
        Address::Inet(local) if !local.ip().is_unspecified() => plain.set(option::ip::PKTINFO, false)?,
        Address::Inet6(local) if !local.ip().is_unspecified() => {
            plain.set(option::ipv6::RECVPKTINFO, false)?;
        }
        _ => {}
    }
    if once {
        // One datagram, and not a piece of several.
        return RecvBatch::with_control(1, usize::from(u16::MAX), RecvBatch::IP);
    }
    RecvBatch::gro_with_control(plain, MESSAGES, RecvBatch::IP)
}

/// Takes the one datagram of a server that serves one, unless another address has taken it: then never.
async fn take_one(socket: &AsyncSocket, batch: &mut RecvBatch, shared: &Shared) -> Result<usize> {
    loop {
        // Those that are turned away must not keep the thread from the signals.
        consume_budget().await;
        socket.readable().await?;
        // Another address's claim is never given back: the server is about to end.
        if shared.taken.swap(true, Ordering::SeqCst) {
            return std::future::pending().await;
        }
        match socket.try_recv_many(batch, Flags::NONE) {
            Err(error) => {
                shared.taken.store(false, Ordering::SeqCst);
                if !error.is_would_block() {
                    return Err(error);
                }
            }
            // What is turned away is not the one; nobody else has run since the claim.
            Ok(_) if batch.iter().all(|one| shared.turns_away(&one.address())) => {
                shared.taken.store(false, Ordering::SeqCst);
            }
            received => return received,
        }
    }
}

/// An answer that is to be sent: where its bytes are, where it goes, and from which address.
struct Answer {
    bytes: Range<usize>,
    to: Address,
    from: Option<IpAddr>,
}

struct Desk<'a, S> {
    service: &'a S,
    shared: &'a Shared,
    rate: RateLimit,
    credit: Credit,
    lines: LineLimit,
    trouble: Trouble,
    sending: SendBatch,
    /// The bytes of the answers to a batch, one behind the other.
    output: Vec<u8>,
    answers: Vec<Answer>,
}

impl<'a, S: Service> Desk<'a, S> {
    fn new(service: &'a S, shared: &'a Shared) -> Self {
        Self {
            service,
            shared,
            rate: RateLimit::default(),
            credit: Credit::default(),
            lines: LineLimit::default(),
            trouble: Trouble::default(),
            sending: SendBatch::new(),
            output: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Answers what a receive has brought, in order.
    fn answer(&mut self, socket: &AsyncSocket, batch: &RecvBatch) {
        let mut bytes = 0;
        for datagram in batch {
            let from = datagram.address();
            if self.shared.turns_away(&from) {
                continue;
            }
            bytes += datagram.bytes().len() as u64;
            self.take(&datagram, from);
        }
        self.shared.count_in(bytes);
        self.send(socket);
        self.output.clear();
        self.output.shrink_to(OUTPUT_KEPT);
        self.answers.clear();
    }

    /// Makes the answer to a datagram, if it is to have one.
    fn take(&mut self, datagram: &ReceivedDatagram<'_>, from: Address) {
        if self.shared.journal.talks() && !datagram.is_truncated() {
            self.tell(datagram, &from);
        }
        if datagram.is_truncated() {
            // To answer its beginning would be to pretend that it was all.
            self.note(
                &from,
                format_args!("its datagram is longer than {MESSAGE} bytes, and the rest is lost"),
            );
            return;
        }
        let remote = is_remote(&from);
        if from.is_unnamed() || (remote && !self.may_answer(&from)) {
            return;
        }
        let start = self.output.len();
        if !self.service.answer(datagram.bytes(), &mut self.output) {
            return;
        }
        let length = self.output.len() - start;
        if remote && !self.affords(&from, datagram.bytes().len(), length) {
            self.output.truncate(start);
            return;
        }
        self.answers.push(Answer { bytes: start..start + length, to: from, from: source(datagram) });
    }

    fn tell(&mut self, datagram: &ReceivedDatagram<'_>, from: &Address) {
        if !self.shows(from) {
            return;
        }
        let address = if from.is_unnamed() { unnamed(sender(datagram)) } else { from.to_string() };
        self.shared.journal.received(Peer::at(&address), datagram.bytes());
    }

    /// Whether a line about this address may be told: anybody beyond this machine could fill a log.
    fn shows(&mut self, address: &Address) -> bool {
        if !is_remote(address) {
            return true;
        }
        match self.lines.next(Instant::now()) {
            Shown::Hidden => false,
            Shown::Yes { hidden } => {
                self.shared.journal.hidden(hidden);
                true
            }
        }
    }

    fn note(&mut self, to: &Address, why: impl Display) {
        if self.shared.journal.talks() && self.shows(to) {
            self.shared.journal.note(format_args!("{to} was not answered: {why}"));
        }
    }

    /// Whether an answer does no harm: the sender's address may be forged, and its owner never asked.
    fn may_answer(&mut self, from: &Address) -> bool {
        if self.shared.silent_beyond || from.port().is_some_and(|port| port < LOWEST_PORT) {
            return false;
        }
        from.ip().is_none_or(|ip| self.rate.allows(ip, Instant::now()))
    }

    /// Whether an answer is no amplification.
    fn affords(&mut self, from: &Address, received: usize, answer: usize) -> bool {
        let Some(ip) = from.ip() else { return true };
        let Verdict::Exceeds { first } = self.credit.allows(ip, received, answer, Instant::now()) else {
            return true;
        };
        self.shared.count_unanswered();
        if first {
            self.note(
                from,
                "a forged address would be flooded by more than three times what it has sent, 28 bytes of header \
                 counted each way; further ones are counted",
            );
        }
        false
    }

    /// Sends the answers that there are.
    fn send(&mut self, socket: &AsyncSocket) {
        let answers = std::mem::take(&mut self.answers);
        let datagrams: Vec<Datagram<'_>> = answers
            .iter()
            .map(|answer| {
                let made = Datagram::new(&self.output[answer.bytes.clone()]).to(&answer.to);
                answer.from.map_or(made, |from| made.source(from))
            })
            .collect();
        let (mut sent, mut bytes, mut failures) = (0, 0, Vec::new());
        while sent < datagrams.len() {
            // Never waited for: a peer that does not read its datagrams would stop all others'.
            // Nor is the reactor asked: what it remembers is the refusal of the last peer, which is not this one's.
            match socket.socket().try_send_many(&datagrams[sent..], &mut self.sending, Flags::NONE) {
                Ok(count) => {
                    bytes +=
                        datagrams[sent..sent + count].iter().map(|one| one.bytes().len() as u64).sum::<u64>();
                    sent += count.max(1);
                }
                Err(error) if error.is_interrupted() => {}
                Err(error) => {
                    failures.push((sent, error));
                    sent += 1;
                }
            }
        }
        self.shared.count_out(bytes);
        for (at, error) in failures {
            self.note(&answers[at].to, error);
        }
        self.answers = answers;
    }

    /// An error is one sender's as a rule: an earlier answer came back as refused, and that is all.
    async fn survive(&mut self, error: &Error) {
        let next = self.trouble.failure(is_the_clients(error), Instant::now());
        if next.say {
            self.shared.journal.error(&Failure::from(error));
        } else if !next.pause {
            self.shared.journal.note(error);
        }
        if next.pause {
            sleep(PAUSE).await;
        }
    }
}

impl<S> Drop for Desk<'_, S> {
    fn drop(&mut self) {
        self.shared.journal.hidden(self.lines.hidden());
    }
}

/// From which address a datagram is answered: the one that it came to, unless that is many machines'.
pub(super) fn source(datagram: &ReceivedDatagram<'_>) -> Option<IpAddr> {
    datagram.local().filter(|local| !local.is_multicast())
}

/// Who sent a datagram over a Unix socket: the process and the user.
pub(super) fn sender(datagram: &ReceivedDatagram<'_>) -> Option<(i32, u32)> {
    datagram.control().find_map(|message| match message {
        ControlMessage::Socket(control::Message::Credentials(sender)) => Some((sender.pid, sender.uid)),
        _ => None,
    })
}
