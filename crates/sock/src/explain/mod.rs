//! `--explain`: each system call of the library in plain words, as it happens.
//!
//! The library tells each call by an event (its feature `tracing`); here is who listens. A call is shown as strace(1)
//! shows it ([`call`]), and behind it stands what it comes to ([`words`]). Tries that find nothing are left out, and so
//! are waits for standard output and standard error, where this is written. No payload is shown: no event carries it.

mod call;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{self, stdout};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::report::console;
use crate::report::log::Log;
use call::Call;

/// What the library's events are of.
const TARGET: &str = "berkeley::sys";

/// The descriptors of standard output and standard error.
const STANDARD: [i64; 2] = [1, 2];

/// How long the events may keep others waiting.
const MOMENT: Duration = Duration::from_secs(1);

/// Where events go, once they are told.
static EVENTS: OnceLock<Log> = OnceLock::new();

/// Narrates every system call of the library from here on: to standard error, or with `events` as events to standard
/// output.
///
/// # Errors
/// Where no thread can be had that writes.
pub fn start(events: bool) -> io::Result<()> {
    let log = if events {
        let log = Log::start_events(stdout())?;
        EVENTS.get_or_init(|| log).clone()
    } else {
        console::shared_log()?
    };
    // There is none yet: this is the one place that sets one.
    let _ = tracing::subscriber::set_global_default(Narrator { log, events, known: Mutex::default() });
    Ok(())
}

/// Where the events of the calls go, for others that are to stand in order with them; `None` where there are none.
pub fn events() -> Option<Log> {
    EVENTS.get().cloned()
}

/// Waits, for a moment at most, until all that was told is written.
pub fn settle() {
    console::settle();
    if let Some(events) = EVENTS.get() {
        events.flush(MOMENT);
    }
}

/// Listens to the library's events.
struct Narrator {
    log: Log,
    events: bool,
    known: Mutex<Known>,
}

/// What earlier calls have shown.
#[derive(Debug, Default)]
struct Known {
    /// The type of each descriptor's socket, as long as one knows.
    types: HashMap<i64, i64>,
    /// The calls whose page of the manual was named.
    named: BTreeSet<String>,
}

impl Known {
    /// Learns from a call, and gives the type of its socket. A descriptor that is new has nothing of the one that had
    /// its number before.
    fn learn(&mut self, call: &Call) -> Option<i64> {
        let of = call.fd.and_then(|fd| self.types.get(&fd).copied());
        let kind = if call.name == "socket" { call.integers[1] } else { of };
        if let Some(fd) = call.new_descriptor() {
            match kind {
                Some(kind) => _ = self.types.insert(fd, kind),
                None => _ = self.types.remove(&fd),
            }
        }
        if let ("close", Some(fd)) = (call.name.as_str(), call.fd) {
            self.types.remove(&fd);
        }
        kind
    }

    /// Whether this is the first call of its name.
    fn is_first(&mut self, call: &Call) -> bool {
        !self.named.contains(&call.name) && self.named.insert(call.name.clone())
    }
}

impl Narrator {
    fn tell(&self, call: &Call) {
        // What is told is written there: to tell of that would have no end.
        let is_ours = call.fd.is_some_and(|fd| STANDARD.contains(&fd));
        if call.is_idle() || is_ours {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = known.learn(call);
        let mut meaning = words::meaning(call, kind);
        if self.events {
            drop(known);
            self.log.event(call.event(&meaning));
            return;
        }
        if known.is_first(call) {
            let _ = write!(meaning, "; {}", call.page());
        }
        self.log.line(format_args!("{call}   {meaning}"));
    }
}

impl Subscriber for Narrator {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // The library has none; a number other than zero is all that is asked for.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.tell(&Call::of(event));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_once_and_the_type_of_a_socket_is_remembered() {
        let mut known = Known::default();
        let call = |name: &str, fd, returned, second| Call {
            name: name.to_owned(),
            fd,
            returned,
            integers: [None, second, None],
            ..Call::default()
        };
        let socket = call("socket", None, Some(3), Some(1));
        assert_eq!(known.learn(&socket), Some(1));
        assert_eq!(known.learn(&call("accept4", Some(3), Some(7), None)), Some(1));
        assert_eq!(known.learn(&call("recv", Some(7), Some(0), None)), Some(1));
        assert_eq!(known.learn(&call("recv", Some(8), Some(0), None)), None);
        // The numbers are another's: one that was closed, one that a listener of an unknown type has accepted.
        assert_eq!(known.learn(&call("close", Some(3), Some(0), None)), Some(1));
        assert_eq!(known.learn(&call("recv", Some(3), Some(0), None)), None);
        assert_eq!(known.learn(&call("accept4", Some(9), Some(7), None)), None);
        assert_eq!(known.learn(&call("recv", Some(7), Some(0), None)), None);
        known.learn(&call("socket", None, Some(3), Some(2)));
        let mut duplicate = call("fcntl", Some(3), Some(4), None);
        duplicate.integers[0] = Some(call::DUPLICATES);
        assert_eq!(known.learn(&duplicate), Some(2));
        assert_eq!(known.learn(&call("recv", Some(4), Some(0), None)), Some(2));
        assert_eq!(known.learn(&call("fcntl", Some(9), Some(4), None)), None);
        assert_eq!(known.learn(&call("recv", Some(4), Some(0), None)), Some(2), "it asks for something else");
        assert!(known.is_first(&socket) && !known.is_first(&socket));
    }
}
