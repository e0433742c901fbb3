//! TCP without a right: a connection for each probe, given up as soon as something is known.

use std::net::SocketAddr;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Protocol, Socket, Type, option};
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::clock::Clock;
use super::hear::next_error;
use super::machine::{Probe, Reply};
use super::mark::Mark;
use super::says::{Arrival, Says};
use super::wire::Setting;
use crate::exit::Failure;
use crate::probe::open::set_hops;

/// The kernel sends a second SYN after a second: none of it would know which one was answered.
pub(super) const PATIENCE: Duration = Duration::from_millis(950);

/// What connections are made with.
pub(super) struct Connections {
    setting: Setting,
    to: SocketAddr,
    clock: Clock,
    replies: Sender<Reply>,
    /// Why a probe was not sent, of the first of them.
    lack: Option<Box<Failure>>,
}

impl Connections {
    pub(super) fn new(setting: &Setting, to: SocketAddr, clock: Clock, replies: Sender<Reply>) -> Self {
        // Each probe takes a descriptor for as long as it is on its way. Where there are too few, it says so.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        Self { setting: setting.clone(), to, clock, replies, lack: None }
    }

    /// Starts one, which tells what became of it. One that this machine has no room for now is lost, as a packet would
    /// be that finds the queue of its interface full: see [`lack`](Self::lack).
    pub(super) fn send(&mut self, probe: &Probe, number: u16) -> Result<(), Failure> {
        match self.start(probe, number) {
            Err(failure) if failure.lacks_room() => {
                self.lack.get_or_insert(Box::new(failure));
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Why probes are not sent, where that is so.
    pub(super) fn lack(&self) -> Option<&Failure> {
        self.lack.as_deref()
    }

    fn start(&self, probe: &Probe, number: u16) -> Result<(), Failure> {
        let family = if self.to.is_ipv4() { Family::INET } else { Family::INET6 };
        let socket = Socket::new(family, Type::STREAM.nonblocking(), Protocol::DEFAULT)?;
        self.setting.prepare(&socket)?;
        set_hops(&socket, family, probe.ttl)?;
        // Closed by a reset: the peer has nothing to wait for.
        socket.set(option::LINGER, Some(Duration::ZERO))?;
        let socket = AsyncSocket::from_socket(socket)?;
        let patience = self.setting.patience.min(PATIENCE);
        let (to, flow, clock, replies) = (self.to, probe.flow, self.clock, self.replies.clone());
        tokio::spawn(async move {
            let Ok(outcome) = timeout(patience, socket.connect(to)).await else { return };
            let now = clock.now();
            let known = match (outcome, next_error(socket.socket(), to.ip())) {
                (Ok(()), _) => Some((to.ip(), Says::Arrived(Arrival::Open), now, None)),
                (Err(_), Some((from, says, stamp, ttl))) => Some((from, says, clock.of(stamp), ttl)),
                (Err(error), None) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    Some((to.ip(), Says::Arrived(Arrival::Reset), now, None))
                }
                // What this machine has against it, such as a full table of ports, is no answer.
                (Err(_), None) => None,
            };
            if let Some((from, says, at, ttl)) = known {
                let reply = Reply { flow, mark: Mark::Number(number), from, says, at, ttl };
                // Nobody waits any more once the trace has ended.
                let _ = replies.send(reply).await;
            }
        });
        Ok(())
    }
}
