//! Datagrams: each on its own, answered to its sender. There is no connection, so nothing is kept of anybody.

use std::sync::atomic::Ordering;
use std::time::Instant;

use berkeley::{Address, AsyncSocket, Error, Flags, ReadReady, Result};
use tokio::task::consume_budget;

use super::Service;
use super::buffers::{INPUT, MESSAGE, with_buffers};
use super::journal::Peer;
use super::limit::RateLimit;
use super::shared::Shared;
use crate::endpoint::open::listen::is_remote;

/// The lowest port that is answered beyond this machine: below it are services that would answer the answer.
const LOWEST_PORT: u16 = 1_024;

/// Serves a socket for as long as it is polled; ends after the first datagram with `once`.
pub(crate) async fn serve(socket: &AsyncSocket, service: &impl Service, shared: &Shared, once: bool) {
    let mut desk = Desk { service, shared, limit: RateLimit::default() };
    loop {
        // A flood must not keep the thread from the listeners beside it.
        consume_budget().await;
        let received = socket
            .recv_ready(|ready| {
                // Another address's claim is never given back: the server is about to end.
                if once && shared.taken.swap(true, Ordering::SeqCst) {
                    return Ok(None);
                }
                let received = desk.take(ready);
                if once && received.is_err() {
                    shared.taken.store(false, Ordering::SeqCst);
                }
                received.map(Some)
            })
            .await;
        match received {
            Ok(Some((answer, from))) => {
                if let Some(answer) = answer {
                    desk.send(socket, &answer, &from);
                }
                if once {
                    return;
                }
            }
            Ok(None) => std::future::pending().await,
            // An earlier answer came back as refused: its sender is gone, and that is all.
            Err(error) => desk.survive(&error),
        }
    }
}

struct Desk<'a, S> {
    service: &'a S,
    shared: &'a Shared,
    limit: RateLimit,
}

impl<S: Service> Desk<'_, S> {
    /// Receives a datagram; gives what it is to be answered with, if with anything, and whom.
    fn take(&mut self, ready: &mut ReadReady<'_>) -> Result<(Option<Vec<u8>>, Address)> {
        with_buffers(|buffers| {
            let (length, from) = ready.recv_from(&mut buffers.input)?;
            if length >= INPUT {
                self.refuse_long(&from);
                return Ok((None, from));
            }
            Ok((self.answer(&buffers.input[..length], &mut buffers.output, &from), from))
        })
    }

    /// The end of what fills the whole buffer is lost; to answer its beginning would be to pretend that it was all.
    fn refuse_long(&self, from: &Address) {
        self.shared.count_in(MESSAGE as u64);
        self.shared.journal.note(format_args!(
            "{from} was not answered: its datagram is longer than {MESSAGE} bytes, and the rest is lost"
        ));
    }

    /// What the datagram is to be answered with, if with anything.
    fn answer(&mut self, datagram: &[u8], output: &mut Vec<u8>, from: &Address) -> Option<Vec<u8>> {
        let address = from.to_string();
        let peer = Peer { number: None, address: &address };
        self.shared.journal.received(peer, datagram);
        self.shared.count_in(datagram.len() as u64);
        if from.is_unnamed() || !self.may_answer(from) {
            return None;
        }
        self.service.answer(datagram, output).then(|| output.clone())
    }

    /// Whether an answer does no harm: the sender's address may be forged, and its owner never asked.
    fn may_answer(&mut self, from: &Address) -> bool {
        if !is_remote(from) {
            return true;
        }
        if self.shared.silent_beyond || from.port().is_some_and(|port| port < LOWEST_PORT) {
            return false;
        }
        from.ip().is_none_or(|ip| self.limit.allows(ip, Instant::now()))
    }

    fn send(&self, socket: &AsyncSocket, answer: &[u8], to: &Address) {
        // Never waited for: a peer that does not read its datagrams would stop all others'.
        // Nor is the reactor asked: what it remembers is the refusal of the last peer, which is not this one's.
        match socket.socket().try_send_to(answer, *to, Flags::NONE) {
            Ok(sent) => self.shared.count_out(sent as u64),
            Err(error) => self.shared.journal.note(format_args!("{to} was not answered: {error}")),
        }
    }

    fn survive(&self, error: &Error) {
        self.shared.journal.note(error);
    }
}
