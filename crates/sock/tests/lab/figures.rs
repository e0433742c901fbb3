//! What a tool has found, whichever it is, and that it is the truth.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use crate::scenario::{Ends, Share, Truth};

/// How far a time may be from the truth: what the machine itself takes.
const CLOSE: Duration = Duration::from_millis(1);

/// What pings of one target have shown. `None` is what a tool does not tell.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Which of them had no answer, counted from 1.
    pub(crate) lost: Option<Vec<u64>>,
    pub(crate) duplicates: Option<u64>,
    pub(crate) reordered: Option<u64>,
    pub(crate) median: Option<Duration>,
    /// The TTL of the answers.
    pub(crate) ttl: Option<u64>,
    /// How many were answered by an ICMP error, and who sent it.
    pub(crate) errors: Option<(u64, BTreeSet<IpAddr>)>,
}

/// What a tool has found of the way to one target.
#[derive(Debug, Default)]
pub(crate) struct Way {
    pub(crate) hops: Vec<Seen>,
}

/// What a tool has found at one distance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) addresses: BTreeSet<IpAddr>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) median: Option<Duration>,
    /// Why it goes no further.
    pub(crate) end: Option<Ends>,
}

impl Pings {
    /// Fails where they differ from the truth of a network that is new: its counts have begun with these pings.
    #[track_caller]
    pub(crate) fn must_be(&self, truth: &Truth, tool: &str) {
        let what = format!("{tool} to {}: {self:?}", truth.target);
        if truth.ends != Ends::Answered {
            return self.must_have_ended(truth, &what);
        }
        let share = |share: Option<Share>, packets| share.map_or(0, |share: Share| share.of(packets));
        assert_eq!(self.received, self.sent - share(truth.lost, self.sent), "received, {what}");
        if let (Some(lost), Some(share)) = (&self.lost, truth.lost) {
            let wanted: Vec<u64> = (1..=self.sent).filter(|number| number % share.every == 0).collect();
            assert_eq!(*lost, wanted, "which are lost, {what}");
        }
        same(self.duplicates, share(truth.duplicated, self.sent), "duplicates", &what);
        // Nothing overtakes the last.
        same(self.reordered, share(truth.reordered, self.sent - 1), "reordered", &what);
        let hops = u64::try_from(truth.hops.len()).expect("few");
        same(self.ttl, 65 - hops, "ttl", &what);
        close(self.median, truth.whole_delay(), &what);
    }

    #[track_caller]
    fn must_have_ended(&self, truth: &Truth, what: &str) {
        assert_eq!(self.received, 0, "received, {what}");
        let Some((count, from)) = &self.errors else { return };
        if truth.ends == Ends::Silence {
            return assert_eq!(*count, 0, "errors, {what}");
        }
        // A Linux router tells five times of a missing route, then once a second.
        let least = if truth.ends == Ends::NoRoute { 1 } else { self.sent };
        assert!((least..=self.sent).contains(count), "errors, {what}");
        let sender = truth.hops.last().expect("a way has hops").addresses();
        // A packet's last turn in a loop depends on its TTL: any of the routers may end it.
        let is_right = |from: &IpAddr| match truth.ends {
            Ends::Loop => truth.hops.iter().any(|hop| hop.addresses().contains(from)),
            _ => sender.contains(from),
        };
        assert!(!from.is_empty() && from.iter().all(is_right), "who sent the errors, {what}");
    }
}

impl Way {
    /// Fails where it differs from the truth of a network that is new. `flows` says whether the tool probes with many
    /// flows, and so finds every path.
    #[track_caller]
    pub(crate) fn must_be(&self, truth: &Truth, flows: bool, tool: &str) {
        let what = format!("{tool} to {}: {self:#?}", truth.target);
        assert!(self.hops.len() >= truth.hops.len(), "hops, {what}");
        for (distance, (seen, hop)) in (1..).zip(self.hops.iter().zip(&truth.hops)) {
            let wanted: BTreeSet<IpAddr> = hop.addresses().iter().copied().collect();
            if flows || wanted.len() < 2 {
                assert_eq!(seen.addresses, wanted, "hop {distance}, {what}");
            } else {
                let is_one = !seen.addresses.is_empty() && seen.addresses.is_subset(&wanted);
                assert!(is_one, "hop {distance}, {what}");
            }
            // One that waits to be overtaken takes as long as the next one.
            if !hop.is_silent() && truth.reordered.is_none() {
                close(seen.median, truth.delay(distance), &format!("hop {distance}, {what}"));
            }
            if distance < truth.hops.len() && truth.ends != Ends::Loop {
                assert_eq!(seen.end, None, "hop {distance} is not the end, {what}");
            }
        }
        self.must_end(truth, &what);
        self.must_lose(truth, &what);
    }

    #[track_caller]
    fn must_end(&self, truth: &Truth, what: &str) {
        let (way, beyond) = self.hops.split_at(truth.hops.len());
        match truth.ends {
            Ends::Silence => assert!(beyond.iter().all(|hop| hop.addresses.is_empty()), "silence, {what}"),
            // How often it goes round is the tool's own limit.
            Ends::Loop => {}
            ends => {
                assert_eq!(beyond.len(), 0, "ends there, {what}");
                let end = way.last().and_then(|hop| hop.end);
                assert!(end.is_none_or(|end| end == ends), "how it ends, {what}");
            }
        }
    }

    #[track_caller]
    fn must_lose(&self, truth: &Truth, what: &str) {
        let beyond = truth.lost.map_or(usize::MAX, |share| share.beyond);
        for (distance, (seen, hop)) in (1..).zip(self.hops.iter().zip(&truth.hops)) {
            let unanswered = truth.unanswered.filter(|unanswered| unanswered.at == distance);
            let missing = match unanswered {
                // As above.
                _ if truth.ends == Ends::NoRoute && distance == truth.hops.len() => continue,
                _ if hop.is_silent() => seen.sent,
                Some(unanswered) => seen.sent / unanswered.every,
                None => 0,
            };
            if distance <= beyond {
                assert_eq!(seen.sent - seen.received, missing, "lost at hop {distance}, {what}");
            }
        }
        if let Some(share) = truth.lost {
            // Which hop's probes they are depends on the order in which a tool sends.
            let (sent, received) = self.hops[share.beyond..]
                .iter()
                .fold((0, 0), |(sent, received), hop| (sent + hop.sent, received + hop.received));
            assert!(sent >= share.every, "enough probes to lose one, {what}");
            assert_eq!(sent - received, share.of(sent), "lost beyond hop {}, {what}", share.beyond);
        }
    }
}

/// The one in the middle, or the earlier of the two.
pub(crate) fn median(times: &[Duration]) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) / 2).copied()
}

/// Milliseconds as tools print them.
pub(crate) fn milliseconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()? / 1000.0).ok()
}

#[track_caller]
fn same(found: Option<u64>, wanted: u64, name: &str, what: &str) {
    if let Some(found) = found {
        assert_eq!(found, wanted, "{name}, {what}");
    }
}

#[track_caller]
fn close(found: Option<Duration>, wanted: Duration, what: &str) {
    if let Some(found) = found {
        // The clocks of the tool and of the router are read at different places, a tick apart.
        let near = found + Duration::from_micros(50) >= wanted && found < wanted + CLOSE;
        assert!(near, "a time of {found:?} in place of {wanted:?}, {what}");
    }
}
