//! The next packet in which a text stands, found by a thread of its own.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use berkeley_packet::{Packet, show};

use super::sieve::Sieve;
use super::state::List as _;
use super::store::{Loaded, Store};

/// How many packets are looked at between two looks at whether anybody still waits.
const SLICE: usize = 256;

/// A search, until this is dropped.
#[derive(Debug)]
pub(crate) struct Search(Arc<Shared>);

/// What has come of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Found {
    /// It goes on.
    #[default]
    NotYet,
    /// No packet holds the text.
    Nowhere,
    /// The packet of that number does.
    In(u64),
}

#[derive(Debug, Default)]
struct Shared {
    found: Mutex<Found>,
    is_left: AtomicBool,
}

impl Search {
    /// Starts to look behind the packet `from`, or before it, among those that are shown; and then from the other end.
    pub(crate) fn start(
        store: &Arc<Store>,
        sieve: &Arc<Sieve>,
        text: &str,
        from: u64,
        backwards: bool,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (store, sieve, theirs) = (Arc::clone(store), Arc::clone(sieve), Arc::clone(&shared));
        let text = text.to_owned();
        let work = move || {
            let found = theirs.look(&store, &sieve, &text, from, backwards);
            *theirs.found.lock().unwrap_or_else(PoisonError::into_inner) =
                found.map_or(Found::Nowhere, Found::In);
            store.wake.wake();
        };
        std::thread::Builder::new().name("find".to_owned()).spawn(work)?;
        Ok(Self(shared))
    }

    /// What was found so far.
    pub(crate) fn found(&self) -> Found {
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.0.is_left.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn look(&self, store: &Store, sieve: &Sieve, text: &str, from: u64, backwards: bool) -> Option<u64> {
        let facts = store.facts();
        let all = facts.gone..facts.total;
        let shown = sieve.shown(all.clone());
        let (count, start) = (shown.len(), shown.position(from));
        drop(shown);
        let place = |step: usize| {
            let step = step % count;
            if backwards { (start + count - step) % count } else { (start + step) % count }
        };
        let mut step = 1;
        while step <= count && !self.is_left.load(Ordering::Relaxed) && !store.is_closed() {
            let steps = step..(step + SLICE).min(count + 1);
            let shown = sieve.shown(all.clone());
            let numbers: Vec<u64> = steps.clone().filter_map(|step| shown.number(place(step))).collect();
            drop(shown);
            let holds = |number: &u64| store.load(*number).is_some_and(|packet| holds(&packet, text));
            if let Some(number) = numbers.into_iter().find(holds) {
                return Some(number);
            }
            step = steps.end;
        }
        None
    }
}

/// Whether the text stands in the packet's bytes, or in its line. Letters of ASCII are the same in either case.
fn holds(packet: &Loaded, text: &str) -> bool {
    let wanted = text.as_bytes();
    if is_in(&packet.bytes, wanted) {
        return true;
    }
    let mut line = String::new();
    // Writing to a String never fails.
    let _ = show::line(&Packet::decode_cut(packet.link, &packet.bytes, packet.length), &mut line);
    is_in(line.as_bytes(), wanted)
}

/// Whether `wanted` stands in `bytes`.
pub(crate) fn is_in(bytes: &[u8], wanted: &[u8]) -> bool {
    place(bytes, wanted).is_some()
}

/// Where `wanted` first stands in `bytes`. Letters of ASCII are the same in either case; an empty text is nowhere.
pub(crate) fn place(bytes: &[u8], wanted: &[u8]) -> Option<Range<usize>> {
    let first = wanted.first()?;
    // The first letter alone rules out most places.
    let holds = |at: &[u8]| at[0].eq_ignore_ascii_case(first) && at.eq_ignore_ascii_case(wanted);
    let start = bytes.windows(wanted.len()).position(holds)?;
    Some(start..start + wanted.len())
}

#[cfg(test)]
mod tests {
    use berkeley_packet::LinkType;

    use super::super::store::{Batch, MOST_MEMORY};
    use super::super::wake::Wake;
    use super::*;

    #[test]
    fn the_place_of_a_text_is_its_first_in_either_case() {
        let rows = [
            ("say Hello, hello", "hello", Some(4..9)),
            ("hello", "HELLO", Some(0..5)),
            ("hell", "hello", None),
            ("hello", "", None),
            ("", "h", None),
        ];
        for (text, wanted, want) in rows {
            let (bytes, wanted) = (text.as_bytes(), wanted.as_bytes());
            assert_eq!(place(bytes, wanted), want, "{bytes:?} {wanted:?}");
        }
    }

    #[test]
    fn the_next_packet_is_found_in_both_directions_and_around_the_ends() {
        let store = Store::new(None, MOST_MEMORY, Arc::new(Wake::new().expect("a pair of sockets")));
        let origin = store.origin(LinkType::from_raw(147), "");
        let mut batch = Batch::default();
        for text in ["Hello", "other", "say hello", "nothing", "HELLO"] {
            batch.push(origin, None, text.len(), text.as_bytes());
        }
        store.take(&mut batch);
        let (shared, sieve) = (Shared::default(), Sieve::default());
        let look = |text, from, backwards| shared.look(&store, &sieve, text, from, backwards);
        assert_eq!(look("hello", 0, false), Some(2));
        assert_eq!(look("hello", 4, false), Some(0), "around the end");
        assert_eq!(look("hello", 4, true), Some(2));
        assert_eq!(look("hello", 0, true), Some(4));
        assert_eq!(look("other", 1, false), Some(1), "the only one is the next one too");
        assert_eq!(look("absent", 0, false), None);
        assert_eq!(look("", 0, false), None);
    }
}
