//! Who is turned away before anything else, and how much is told of it: a line a second at most.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket, option};

use super::limit::{LineLimit, Shown};
use crate::access::{Access, Verdict};

/// How many lines a second tell of those who are turned away.
const LINES: u32 = 1;

/// Where clients come in; open to all unless `--allow` or `--deny` says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    access: Option<Access>,
    refused: AtomicU64,
    lines: Mutex<LineLimit>,
}

/// One that was turned away, and is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Why.
    pub(crate) reason: &'static str,
    /// How many this line stands for: itself, and those since the last line.
    pub(crate) count: u64,
}

/// What comes of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// It comes in.
    Open,
    /// It is turned away, and perhaps told of.
    Closed(Option<Refused>),
}

impl Gate {
    pub(crate) fn new(access: Option<Access>) -> Self {
        Self { access, refused: AtomicU64::new(0), lines: Mutex::new(LineLimit::per_second(LINES)) }
    }

    /// What comes of a client of this address, at `now`; counts it if it is turned away.
    pub(crate) fn enter(&self, address: &Address, now: impl FnOnce() -> Instant) -> Entrance {
        let (Some(access), Some(ip)) = (&self.access, address.ip()) else { return Entrance::Open };
        let reason = match access.verdict(ip) {
            Verdict::Admitted => return Entrance::Open,
            Verdict::Denied => "in --deny",
            Verdict::Unlisted => "not in --allow",
        };
        self.refused.fetch_add(1, Ordering::Relaxed);
        let shown = self.lines.lock().unwrap_or_else(PoisonError::into_inner).next(now());
        Entrance::Closed(match shown {
            Shown::Yes { hidden } => Some(Refused { reason, count: hidden + 1 }),
            Shown::Hidden => None,
        })
    }

    /// How many were turned away so far; `None` where nobody can be.
    pub(crate) fn refused(&self) -> Option<u64> {
        self.access.as_ref().map(|_| self.refused.load(Ordering::Relaxed))
    }

    /// The lists, where they came from files, which can be read again.
    pub(crate) fn lists(&self) -> Option<&Access> {
        self.access.as_ref().filter(|access| access.has_files())
    }
}

impl Refused {
    /// As people read it, behind the address.
    pub(crate) fn words(self) -> String {
        let Self { reason, count } = self;
        match count {
            1 => format!("refused: {reason}"),
            _ => format!("refused: {reason}; and {} others since the last such line", count - 1),
        }
    }
}

/// Ends the connection of a client that is turned away, by a reset: it learns at once that nobody will answer, and the
/// kernel keeps nothing of it, where an end of ours would leave a connection that waits for a minute (`TIME_WAIT`).
pub(crate) fn reset(client: AsyncSocket) {
    // One whose connection is gone already needs no end.
    let _ = client.socket().set(option::LINGER, Some(Duration::ZERO));
    drop(client);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::access::Entry;

    fn client(last: u8) -> Address {
        (Ipv4Addr::new(192, 0, 2, last), 4_711).into()
    }

    #[test]
    fn a_hundred_thousand_refusals_in_a_second_are_one_line_and_all_are_counted() {
        let deny: [Entry; 1] = ["192.0.2.0/25".parse().expect("a network")];
        let gate = Gate::new(Some(Access::open(&[], &deny).expect("no files")));
        let start = Instant::now();
        let refused = |count| Entrance::Closed(Some(Refused { reason: "in --deny", count }));
        assert_eq!(gate.enter(&client(1), || start), refused(1));
        for _ in 1..100_000 {
            assert_eq!(gate.enter(&client(1), || start), Entrance::Closed(None));
        }
        assert_eq!(gate.enter(&client(200), || start), Entrance::Open);
        assert_eq!(gate.enter(&client(2), || start + Duration::from_secs(1)), refused(100_000));
        assert_eq!(gate.refused(), Some(100_001));
    }

    #[test]
    fn without_lists_nobody_is_turned_away() {
        let gate = Gate::default();
        assert_eq!(gate.enter(&client(1), Instant::now), Entrance::Open);
        assert_eq!((gate.refused(), gate.lists().is_none()), (None, true));
    }

    #[test]
    fn a_refusal_says_for_how_many_it_stands() {
        let words = |count| Refused { reason: "not in --allow", count }.words();
        assert_eq!(words(1), "refused: not in --allow");
        assert_eq!(words(3), "refused: not in --allow; and 2 others since the last such line");
    }
}
