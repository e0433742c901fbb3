//! Probes: small packets that are sent to see what comes back, for the commands that ask hosts and routers.
//!
//! | file | holds |
//! |---|---|
//! | [`arp`] | requests and replies of ARP by their bytes |
//! | [`hear`] | what comes back: answers, and the error queue |
//! | [`icmp`] | echo requests and replies by their bytes |
//! | [`ledger`] | which probes were sent, so that an answer finds its own |
//! | [`open`] | the sockets of ICMP, with the least right that will do |
//! | [`pace`] | when the next probe goes to which host |
//! | [`reason`] | what an error of ICMP means, and the words for it |
//! | [`statistics`] | what the answers come to |
//!
//! Only [`open`] and [`hear`] have sockets; the others are pure, but for the clocks of [`ledger::Moment::now`].

pub mod arp;
pub mod hear;
pub mod icmp;
pub mod ledger;
pub mod open;
pub mod pace;
pub mod reason;
pub mod statistics;
