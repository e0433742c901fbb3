//! Who is turned away before anything else, whose word is taken for who comes, and how much is told of it: a line a
//! second at most.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket, option};

use super::limit::{LineLimit, Shown};
use crate::access::{Access, Proxies, Verdict};
use crate::exit::{Exit, Failure};
use crate::open::tls::HANDSHAKE;

/// How many lines a second tell of those who are turned away.
const LINES: u32 = 1;

/// Where clients come in; open to all unless `--allow` or `--deny` says otherwise, and each by the address that it has
/// unless `--proxy-from` believes it to be a proxy.
#[derive(Debug)]
pub(crate) struct Gate {
    access: Option<Access>,
    proxies: Option<Proxies>,
    /// How long a proxy may take to say who its client is.
    pub(super) patience: Duration,
    refused: AtomicU64,
    lines: Mutex<LineLimit>,
}

/// One that was turned away, and is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Why, in words that are safe to show.
    pub(crate) reason: Cow<'static, str>,
    /// How many this line stands for: itself, and those since the last line.
    pub(crate) count: u64,
}

/// What comes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// It comes in.
    Open,
    /// It is turned away, and perhaps told of.
    Closed(Option<Refused>),
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Gate {
    pub(crate) fn new(access: Option<Access>, proxies: Option<Proxies>) -> Self {
        let lines = Mutex::new(LineLimit::per_second(LINES));
        Self { access, proxies, patience: HANDSHAKE, refused: AtomicU64::new(0), lines }
    }

    /// What comes of a peer of this address, at `now`; counts it if it is turned away. A proxy need not be among those
    /// that are allowed, as its clients have to be.
    pub(crate) fn enter(&self, address: &Address, now: impl FnOnce() -> Instant) -> Entrance {
        let Some(ip) = address.ip() else { return Entrance::Open };
        match self.verdict(Some(ip)) {
            Verdict::Unlisted if self.wants_header(address) => Entrance::Open,
            verdict => self.judged(verdict, now),
        }
    }

    /// What comes of a client that a proxy has named, or would not name, by its address of IP if it has one.
    pub(super) fn enter_behind(&self, client: Option<IpAddr>, now: impl FnOnce() -> Instant) -> Entrance {
        self.judged(self.verdict(client), now)
    }

    /// Whether a peer of this address has to say in a header of the PROXY protocol who its client is.
    pub(crate) fn wants_header(&self, peer: &Address) -> bool {
        self.proxies.as_ref().is_some_and(|proxies| proxies.contain(peer))
    }

    fn verdict(&self, client: Option<IpAddr>) -> Verdict {
        match (&self.access, client) {
            (None, _) => Verdict::Admitted,
            (Some(access), Some(ip)) => access.verdict(ip),
            (Some(access), None) => access.verdict_without_address(),
        }
    }

    fn judged(&self, verdict: Verdict, now: impl FnOnce() -> Instant) -> Entrance {
        match verdict {
            Verdict::Admitted => Entrance::Open,
            Verdict::Denied => Entrance::Closed(self.turn_away("in --deny".into(), now())),
            Verdict::Unlisted => Entrance::Closed(self.turn_away("not in --allow".into(), now())),
        }
    }

    /// Counts one that is turned away; gives what is to be told of it.
    pub(super) fn turn_away(&self, reason: Cow<'static, str>, now: Instant) -> Option<Refused> {
        self.refused.fetch_add(1, Ordering::Relaxed);
        match self.lines.lock().unwrap_or_else(PoisonError::into_inner).next(now) {
            Shown::Yes { hidden } => Some(Refused { reason, count: hidden + 1 }),
            Shown::Hidden => None,
        }
    }

    /// How many were turned away so far, and by which options; `None` where nobody can be.
    pub(crate) fn refused(&self) -> Option<(u64, &'static str)> {
        let options = match (&self.access, &self.proxies) {
            (None, None) => return None,
            (Some(_), None) => "--allow and --deny",
            (None, Some(_)) => "--proxy-from",
            (Some(_), Some(_)) => "--allow, --deny and --proxy-from",
        };
        Some((self.refused.load(Ordering::Relaxed), options))
    }

    /// Whether its lists came from files, which can be read again.
    pub(crate) fn has_files(&self) -> bool {
        self.lists().next().is_some()
    }

    /// Reads the files of its lists again; what was read before stays in use where one is bad.
    ///
    /// # Errors
    ///
    /// Fails as [`Access::reload`] does.
    pub(crate) fn reload(&self) -> Result<(), Failure> {
        let read = self.lists().map(Access::reload).fold(Ok(()), Result::and);
        read.map_err(|message| Failure::new(Exit::Other, message))
    }

    /// The lists, where they came from files.
    fn lists(&self) -> impl Iterator<Item = &Access> {
        let lists = self.access.as_ref().filter(|access| access.has_files());
        lists.into_iter().chain(self.proxies.as_ref().and_then(Proxies::lists))
    }
}

impl Refused {
    /// As people read it, behind the address.
    pub(crate) fn words(&self) -> String {
        let Self { reason, count } = self;
        match *count {
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
        let gate = Gate::new(Some(Access::open(&[], &deny).expect("no files")), None);
        let start = Instant::now();
        let refused = |count| Entrance::Closed(Some(Refused { reason: "in --deny".into(), count }));
        assert_eq!(gate.enter(&client(1), || start), refused(1));
        for _ in 1..100_000 {
            assert_eq!(gate.enter(&client(1), || start), Entrance::Closed(None));
        }
        assert_eq!(gate.enter(&client(200), || start), Entrance::Open);
        assert_eq!(gate.enter(&client(2), || start + Duration::from_secs(1)), refused(100_000));
        assert_eq!(gate.refused(), Some((100_001, "--allow and --deny")));
    }

    #[test]
    fn without_lists_nobody_is_turned_away() {
        let gate = Gate::default();
        assert_eq!(gate.enter(&client(1), Instant::now), Entrance::Open);
        assert_eq!((gate.refused(), gate.has_files()), (None, false));
    }

    #[test]
    fn a_proxy_need_not_be_allowed_and_its_client_has_to_be() {
        let entry = |text: &str| text.parse::<Entry>().expect(text);
        let (allow, deny) = ([entry("192.0.2.0/28")], [entry("192.0.2.2"), entry("192.0.2.66")]);
        let proxies = Proxies::open(&["192.0.2.64/26".parse().expect("a network")]).expect("no files");
        let gate = Gate::new(Some(Access::open(&allow, &deny).expect("no files")), Some(proxies));
        let is_open = |entrance| entrance == Entrance::Open;
        // As a peer, and as a client behind a proxy.
        let rows = [(1, [true, true]), (2, [false, false]), (65, [true, false]), (66, [false, false])];
        for (last, want) in rows {
            let address = client(last);
            let got = [gate.enter(&address, Instant::now), gate.enter_behind(address.ip(), Instant::now)];
            assert_eq!(got.map(is_open), want, "192.0.2.{last}");
        }
        assert!(!is_open(gate.enter_behind(None, Instant::now)), "without an address");
        assert_eq!(gate.refused(), Some((6, "--allow, --deny and --proxy-from")));
    }

    #[test]
    fn a_refusal_says_for_how_many_it_stands() {
        let words = |count| Refused { reason: "not in --allow".into(), count }.words();
        assert_eq!(words(1), "refused: not in --allow");
        assert_eq!(words(3), "refused: not in --allow; and 2 others since the last such line");
    }
}
