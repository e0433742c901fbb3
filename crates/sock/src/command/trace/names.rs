//! The names of routers, looked up while the trace goes on, on threads of their own.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use berkeley::Deadline;
use berkeley::resolve::{BackHints, resolve_back_within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;

/// How long a lookup may take.
const LONGEST: Duration = Duration::from_secs(5);

/// The most addresses that are looked up: more than any path has.
const MOST: usize = 1024;

/// Looks names up.
pub(super) struct Lookups {
    wanted: bool,
    asked: HashSet<IpAddr>,
    waiting: usize,
    sender: UnboundedSender<(IpAddr, Option<String>)>,
    receiver: UnboundedReceiver<(IpAddr, Option<String>)>,
}

impl Lookups {
    /// Looks up nothing unless `wanted`.
    pub(super) fn new(wanted: bool) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { wanted, asked: HashSet::new(), waiting: 0, sender, receiver }
    }

    /// Has an address looked up, once.
    pub(super) fn ask(&mut self, address: IpAddr) {
        if !self.wanted || self.asked.len() == MOST || !self.asked.insert(address) {
            return;
        }
        self.waiting += 1;
        let sender = self.sender.clone();
        spawn_blocking(move || {
            let hints = BackHints::new().name_required(true);
            let found = resolve_back_within((address, 0), &hints, Deadline::after(LONGEST));
            // Nobody wants it any more once the trace has ended.
            let _ = sender.send((address, found.ok().map(|(host, _)| host)));
        });
    }

    /// How many are still looked up.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next answer; for ever where nothing is asked.
    pub(super) async fn next(&mut self) -> (IpAddr, Option<String>) {
        match self.receiver.recv().await {
            Some(answer) => {
                self.waiting = self.waiting.saturating_sub(1);
                answer
            }
            None => std::future::pending().await,
        }
    }
}
