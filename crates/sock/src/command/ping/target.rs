//! The hosts that are asked, and what is known of each.

use std::collections::VecDeque;
use std::time::Duration;

use berkeley::Address;

use crate::open::host::portless;
use crate::probe::statistics::Statistics;
use crate::report::escape::escape;

/// How many of the last probes of a host are remembered, to be drawn.
const REMEMBERED: usize = 60;

/// How many machines that claim one address are told.
const MOST_MACHINES: usize = 8;

/// A host that is asked.
#[derive(Debug)]
pub(super) struct Target {
    /// As it was given; it may hold anything.
    pub(super) name: String,
    /// Where it is; none before its name is known.
    pub(super) address: Option<Address>,
    pub(super) statistics: Statistics,
    /// What became of the last probes: how long the answer took, none where it is lost.
    pub(super) history: VecDeque<Option<Duration>>,
    /// The hardware addresses that have answered, with `--arp`.
    pub(super) machines: Vec<String>,
    /// It cannot be asked: its name is unknown, or it is nowhere that a probe could go.
    pub(super) is_given_up: bool,
}

impl Target {
    pub(super) fn new(name: &str, address: Option<Address>) -> Self {
        Self {
            name: name.to_owned(),
            address,
            statistics: Statistics::default(),
            history: VecDeque::new(),
            machines: Vec::new(),
            is_given_up: false,
        }
    }

    /// Whether it is there.
    pub(super) const fn has_answered(&self) -> bool {
        self.statistics.answered() > 0
    }

    pub(super) fn remember(&mut self, outcome: Option<Duration>) {
        if self.history.len() == REMEMBERED {
            self.history.pop_front();
        }
        self.history.push_back(outcome);
    }

    /// Notes that this machine has answered.
    pub(super) fn meet(&mut self, machine: String) {
        if self.machines.len() < MOST_MACHINES && !self.machines.contains(&machine) {
            self.machines.push(machine);
        }
    }

    /// Its name, safe to print.
    pub(super) fn shown(&self) -> String {
        escape(self.name.as_bytes(), usize::MAX).to_string()
    }

    /// Its address as people write it, with a port where it has one; none before it is known.
    pub(super) fn place(&self) -> Option<String> {
        self.address.as_ref().map(place)
    }

    /// Its name, and its address behind it where that says more.
    pub(super) fn titled(&self) -> String {
        let name = self.name.trim_start_matches('[').trim_end_matches(']');
        let is_said = |address: &Address| address.ip().is_some_and(|ip| ip.to_string() == name);
        match (&self.address, self.place()) {
            (Some(address), Some(place)) if is_said(address) => place,
            (_, Some(place)) if place != self.name => format!("{} ({place})", self.shown()),
            _ => self.shown(),
        }
    }
}

/// An address without a port where that is 0.
pub(super) fn place(address: &Address) -> String {
    portless(&address.to_string()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_with_its_address_where_that_says_more() {
        let rows = [
            ("127.0.0.1", "127.0.0.1:0", "127.0.0.1"),
            ("::1", "[::1]:0", "::1"),
            ("[::1]", "[::1]:0", "::1"),
            ("localhost", "[::1]:0", "localhost (::1)"),
            ("localhost", "127.0.0.1:80", "localhost (127.0.0.1:80)"),
            ("127.0.0.1", "127.0.0.1:80", "127.0.0.1:80"),
            ("bad\x1b[2J", "127.0.0.1:0", "bad\\x1b[2J (127.0.0.1)"),
        ];
        for (name, address, want) in rows {
            let address: std::net::SocketAddr = address.parse().expect("an address");
            assert_eq!(Target::new(name, Some(address.into())).titled(), want);
        }
    }

    #[test]
    fn only_the_last_probes_are_remembered() {
        let mut target = Target::new("x", None);
        (0..100).for_each(|number| target.remember(Some(Duration::from_secs(number))));
        assert_eq!(target.history.len(), REMEMBERED);
        assert_eq!(target.history.back(), Some(&Some(Duration::from_secs(99))));
    }
}
