//! What is known of one hop of one flow.

use std::net::IpAddr;
use std::time::Duration;

use super::says::Says;
use crate::probe::statistics::Times;

/// The most addresses that are told apart at one hop; what is farther on is counted as answered, no more.
const MOST_ROUTERS: usize = 16;

/// One hop: what was asked, and who answered.
#[derive(Clone, Debug, Default)]
pub struct Hop {
    /// Probes that count, those included of which nothing is known yet.
    pub sent: u64,
    /// Probes that nothing came back of in time.
    pub lost: u64,
    /// Probes that were answered.
    pub answered: u64,
    /// Who answered, in the order in which they first did.
    pub routers: Vec<Router>,
    /// When the last probe went.
    pub(super) last: Option<Duration>,
}

/// One that answers at a hop.
#[derive(Clone, Debug)]
pub struct Router {
    /// Its address.
    pub address: IpAddr,
    /// How long the answers took.
    pub times: Times,
    /// What it last said.
    pub says: Says,
    /// The TTL that its last answer came with, where that is known.
    pub ttl: Option<u8>,
}

impl Hop {
    /// Takes an answer; `time` is how long it took, where that is known.
    pub(super) fn answer(&mut self, address: IpAddr, says: Says, time: Option<Duration>, ttl: Option<u8>) {
        self.answered += 1;
        let known = self.routers.iter().position(|router| router.address == address);
        let index = known.unwrap_or(self.routers.len());
        if known.is_none() {
            if index == MOST_ROUTERS {
                return;
            }
            self.routers.push(Router { address, times: Times::default(), says, ttl });
        }
        let router = &mut self.routers[index];
        (router.says, router.ttl) = (says, ttl.or(router.ttl));
        if let Some(time) = time {
            router.times.add(time);
        }
    }

    /// Adds what is known of another: the same place, asked by other probes.
    pub fn absorb(&mut self, other: &Self) {
        self.sent += other.sent;
        self.lost += other.lost;
        self.answered += other.answered;
        self.last = self.last.max(other.last);
        for router in &other.routers {
            match self.routers.iter().position(|known| known.address == router.address) {
                Some(index) => self.routers[index].times.merge(&router.times),
                None if self.routers.len() < MOST_ROUTERS => self.routers.push(router.clone()),
                None => {}
            }
        }
    }

    /// The address that answered first.
    pub fn first(&self) -> Option<IpAddr> {
        self.routers.first().map(|router| router.address)
    }

    /// Whether nothing has answered here so far: its probes are lost, or still on their way.
    pub fn is_silent(&self) -> bool {
        self.answered == 0
    }

    /// Lost probes in hundred, of those whose fate is known; `None` where there are none.
    #[expect(clippy::cast_precision_loss, reason = "a percentage, of far fewer than 2^52 probes")]
    pub fn loss(&self) -> Option<f64> {
        let known = self.lost + self.answered;
        (known > 0).then(|| self.lost as f64 * 100.0 / known as f64)
    }
}
