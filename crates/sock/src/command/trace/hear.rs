//! What comes back to a flow's socket: answers of the target, and what routers say, from the error queue.

use std::io::IoSliceMut;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use berkeley::control::{ControlBuffer, ExtendedError};
use berkeley::{Address, AsyncSocket, Flags, ReceivedMessage, Socket};
use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use super::machine::Reply;
use super::mark::{self, Ends, Mark};
use super::says::{Arrival, Says};
use crate::probe::hear::{Beside, is_of_a_probe};
use crate::probe::icmp::{Version, behind_ipv4};
use crate::probe::reason::Reason;

/// How much of an answer is looked at, in bytes: headers of IP and TCP with options, and the mark.
const LOOKED_AT: usize = 256;

/// How many receives may fail in a row, as where the interface goes down: a socket that can hear nothing any more would
/// fail for ever.
const MOST_FAILURES: usize = 100;

/// What a socket hears.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// UDP.
    Udp,
    /// Echo replies; the identifier where the socket is a raw one, which hears others' too.
    Echo { version: Version, identifier: Option<u16> },
    /// Segments of TCP on a raw socket.
    Syn { ends: Ends },
}

/// One that listens to a flow's socket.
#[derive(Clone, Debug)]
pub(super) struct Ear {
    pub(super) flow: usize,
    pub(super) heard: Heard,
    pub(super) target: IpAddr,
    pub(super) run: u32,
    pub(super) clock: Clock,
}

impl Ear {
    /// Listens, in two tasks: for what arrives, and for the error queue. They end with the runtime.
    pub(super) fn listen(self, socket: &Arc<AsyncSocket>, replies: &Sender<Reply>) {
        for flags in [Flags::NONE, Flags::ERRQUEUE] {
            let (ear, socket, replies) = (self.clone(), Arc::clone(socket), replies.clone());
            tokio::spawn(async move {
                let mut control = ControlBuffer::new();
                let mut failures = 0;
                while failures < MOST_FAILURES {
                    let mut bytes = [0; LOOKED_AT];
                    let buffers = &mut [IoSliceMut::new(&mut bytes)];
                    let reply = match socket.recv_msg_with(buffers, &mut control, flags).await {
                        Ok(received) => {
                            failures = 0;
                            let bytes = &bytes[..received.length.min(LOOKED_AT)];
                            ear.reply(&received, bytes, &Beside::of(control.messages()))
                        }
                        // That of an earlier probe, which the error queue tells: it is given once.
                        Err(error) if is_of_a_probe(&error) => None,
                        Err(_) => {
                            failures += 1;
                            None
                        }
                    };
                    if let Some(reply) = reply
                        && replies.send(reply).await.is_err()
                    {
                        return;
                    }
                }
            });
        }
    }

    fn reply(&self, received: &ReceivedMessage, bytes: &[u8], beside: &Beside) -> Option<Reply> {
        let (from, says, mark) = match &beside.error {
            Some(error) => self.error(error, bytes)?,
            None if received.is_from_error_queue() => return None,
            None => self.answer(&received.address, bytes)?,
        };
        let at = self.clock.of(beside.stamp);
        Some(Reply { flow: self.flow, mark, from, says, at, ttl: beside.ttl })
    }

    /// What a router, or the target, says by ICMP.
    fn error(&self, error: &ExtendedError, quote: &[u8]) -> Option<(IpAddr, Says, Mark)> {
        let (from, says) = said(error, self.target)?;
        let mark = match &self.heard {
            Heard::Udp => mark::of_payload(quote, self.run),
            Heard::Echo { version, identifier } => {
                mark::of_echo_request(quote, *version, *identifier, self.run)
            }
            Heard::Syn { ends } => mark::of_syn(quote, *ends, self.run),
        };
        Some((from, says, mark))
    }

    /// What the target sent itself.
    fn answer(&self, from: &Address, bytes: &[u8]) -> Option<(IpAddr, Says, Mark)> {
        let from = from.ip().filter(|from| *from == self.target)?;
        let (arrival, mark) = match &self.heard {
            // An echo service sends the mark back; whatever else comes carries none.
            Heard::Udp => match mark::of_payload(bytes, self.run) {
                Mark::Number(number) => (Arrival::Datagram, Mark::Number(number)),
                _ => (Arrival::Datagram, Mark::Bare),
            },
            Heard::Echo { version, identifier } => {
                let is_raw = identifier.is_some() && *version == Version::V4;
                let message = if is_raw { behind_ipv4(bytes)?.1 } else { bytes };
                (Arrival::EchoReply, mark::of_echo_reply(message, *version, *identifier, self.run))
            }
            Heard::Syn { ends } => {
                let segment = if from.is_ipv4() { behind_ipv4(bytes)?.1 } else { bytes };
                let (number, is_open) = mark::of_segment(segment, *ends, self.run)?;
                (if is_open { Arrival::Open } else { Arrival::Reset }, Mark::Number(number))
            }
        };
        Some((from, Says::Arrived(arrival), mark))
    }
}

/// Who says what, of an entry that ICMP has brought.
fn said(error: &ExtendedError, target: IpAddr) -> Option<(IpAddr, Says)> {
    let reason = Reason::of(error)?;
    Some((reason.from?, Says::of_icmp(reason, target)))
}

/// The next entry of a socket's error queue: who says what, when it came, and its TTL.
pub(super) fn next_error(
    socket: &Socket,
    target: IpAddr,
) -> Option<(IpAddr, Says, Option<Duration>, Option<u8>)> {
    let (mut bytes, mut control) = ([0; LOOKED_AT], ControlBuffer::new());
    socket.try_recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control, Flags::ERRQUEUE).ok()?;
    let beside = Beside::of(control.messages());
    let (from, says) = said(beside.error.as_ref()?, target)?;
    Some((from, says, beside.stamp, beside.ttl))
}
