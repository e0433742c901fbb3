//! Which packets are shown: those that the filter wants, found by a thread of its own.
//!
//! A new filter takes effect at once, and the list fills while the thread goes through the packets in slices. Packets
//! that come later go through the same filter.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berkeley_packet::LinkType;
use berkeley_packet::filter::{Program, compile};

use super::state::List;
use super::store::{Store, Window};

/// A filter whose text can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    text: String,
    programs: Vec<(LinkType, Option<Program>)>,
}

/// What is wrong with the text of a filter: in words, and which of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faulty {
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
}

impl Filter {
    /// Reads a filter for packets that begin with these headers; Ethernet's or IP's where there are none yet.
    pub(crate) fn new(text: &str, links: &[LinkType]) -> Result<Self, Faulty> {
        let links = if links.is_empty() { &[LinkType::ETHERNET, LinkType::RAW] } else { links };
        let mut filter = Self { text: text.to_owned(), programs: Vec::new() };
        let mut fault = None;
        for link in links {
            match compile(text, *link) {
                Ok(program) => filter.programs.push((*link, Some(program))),
                Err(error) => {
                    filter.programs.push((*link, None));
                    let meant = error.suggestion().map(|word| format!("; did you mean \"{word}\"?"));
                    let message = format!("{}{}", error.message(), meant.unwrap_or_default());
                    fault.get_or_insert(Faulty { message, span: error.span() });
                }
            }
        }
        // What one kind of packet does not have, another may.
        let fits = filter.programs.iter().any(|(_, program)| program.is_some());
        if fits { Ok(filter) } else { Err(fault.unwrap_or(Faulty { message: String::new(), span: 0..0 })) }
    }

    /// Whether it wants a packet that begins with `link`.
    pub(super) fn wants(&mut self, link: LinkType, bytes: &[u8], length: usize) -> bool {
        let known = self.programs.iter().position(|(known, _)| *known == link);
        let index = known.unwrap_or_else(|| {
            self.programs.push((link, compile(&self.text, link).ok()));
            self.programs.len() - 1
        });
        self.programs[index].1.as_ref().is_some_and(|program| program.matches(bytes, length))
    }
}

/// The filter, and the packets that it wants as far as they were found.
#[derive(Debug, Default)]
pub(crate) struct Sieve(Mutex<Sieving>);

#[derive(Debug, Default)]
struct Sieving {
    /// Counts the filters, so that the thread notices another one.
    generation: u64,
    filter: Option<Filter>,
    /// The first packet that was not looked at.
    next: u64,
    found: VecDeque<u64>,
}

/// The packets that are shown, as of one moment.
#[derive(Debug)]
pub(crate) struct Shown<'s> {
    /// All packets, from the first that is still there up to the last.
    all: Range<u64>,
    found: Option<MutexGuard<'s, Sieving>>,
}

impl Sieve {
    fn lock(&self) -> MutexGuard<'_, Sieving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has this filter, or none, from here on.
    pub(crate) fn set(&self, filter: Option<Filter>, store: &Store) {
        let mut sieving = self.lock();
        sieving.generation += 1;
        sieving.filter = filter;
        sieving.next = 0;
        sieving.found = VecDeque::new();
        drop(sieving);
        store.nudge();
    }

    /// The packets that are shown now. Short-lived: the thread waits for it.
    pub(crate) fn shown(&self, all: Range<u64>) -> Shown<'_> {
        let mut sieving = self.lock();
        while sieving.found.front().is_some_and(|oldest| *oldest < all.start) {
            sieving.found.pop_front();
        }
        let found = sieving.filter.is_some().then_some(sieving);
        Shown { all, found }
    }

    /// How many packets were looked at; none without a filter.
    pub(crate) fn progress(&self) -> Option<u64> {
        let sieving = self.lock();
        sieving.filter.as_ref().map(|_| sieving.next)
    }

    /// Looks at packets until the store is closed.
    pub(crate) fn work(&self, store: &Store) {
        let mut window = Window::default();
        loop {
            let version = store.version();
            while self.slice(store, &mut window) {
                store.wake.wake();
            }
            if !store.wait(version) {
                return;
            }
        }
    }

    /// Looks at some packets. False where there are none, and nothing to look for.
    fn slice(&self, store: &Store, window: &mut Window) -> bool {
        let sieving = self.lock();
        let (generation, from) = (sieving.generation, sieving.next);
        let Some(mut filter) = sieving.filter.clone() else { return false };
        drop(sieving);
        let mut wanted = Vec::new();
        let mut next = from;
        // Several slices of the store at once: the lock here is taken once for all of them.
        for _ in 0..16 {
            let behind = store.each(next, window, &mut |found| {
                if filter.wants(found.link, found.bytes, found.length) {
                    wanted.push(found.number);
                }
            });
            match behind {
                Some(behind) => next = behind,
                None => break,
            }
        }
        let mut sieving = self.lock();
        if sieving.generation == generation {
            sieving.found.extend(wanted);
            sieving.next = next;
            sieving.filter = Some(filter);
        }
        next != from && !store.is_closed()
    }
}

impl List for Shown<'_> {
    fn len(&self) -> usize {
        match &self.found {
            Some(found) => found.found.len(),
            None => usize::try_from(self.all.end.saturating_sub(self.all.start)).unwrap_or(usize::MAX),
        }
    }

    fn number(&self, position: usize) -> Option<u64> {
        match &self.found {
            Some(found) => found.found.get(position).copied(),
            None => (position < self.len()).then(|| self.all.start + position as u64),
        }
    }

    fn position(&self, number: u64) -> usize {
        let position = match &self.found {
            Some(found) => found.found.partition_point(|it| *it < number),
            None => usize::try_from(number.saturating_sub(self.all.start)).unwrap_or(usize::MAX),
        };
        position.min(self.len().saturating_sub(1))
    }
}

/// Starts the thread that fills the list.
pub(crate) fn start(sieve: &Arc<Sieve>, store: &Arc<Store>) -> std::io::Result<()> {
    let (sieve, store) = (Arc::clone(sieve), Arc::clone(store));
    std::thread::Builder::new().name("filter".to_owned()).spawn(move || sieve.work(&store)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::store::{Batch, MOST_MEMORY};
    use super::super::wake::Wake;
    use super::*;

    /// IPv4 and UDP to that port, without payload.
    fn udp(port: u8) -> Vec<u8> {
        let head = *b"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x01\0\x09\0";
        [&head[..], &[port, 0, 8, 0, 0]].concat()
    }

    fn store(ports: &[u8]) -> Store {
        let store = Store::new(None, MOST_MEMORY, Arc::new(Wake::new().expect("a pair of sockets")));
        add(&store, ports);
        store
    }

    fn add(store: &Store, ports: &[u8]) {
        let origin = store.origin(LinkType::RAW, "");
        let mut batch = Batch::default();
        for port in ports {
            batch.push(origin, None, 28, &udp(*port));
        }
        store.take(&mut batch);
    }

    fn shown(sieve: &Sieve, store: &Store) -> Vec<u64> {
        let facts = store.facts();
        let shown = sieve.shown(facts.gone..facts.total);
        (0..shown.len()).filter_map(|position| shown.number(position)).collect()
    }

    #[test]
    fn the_packets_that_a_filter_wants_are_shown_also_those_that_come_later() {
        let (sieve, store, mut window) = (Sieve::default(), store(&[1, 2, 1, 3]), Window::default());
        assert_eq!(shown(&sieve, &store), [0, 1, 2, 3]);
        let filter = |text| Filter::new(text, &store.links()).expect("a good filter");
        sieve.set(Some(filter("port 1")), &store);
        assert_eq!(shown(&sieve, &store), [] as [u64; 0], "none was looked at yet");
        while sieve.slice(&store, &mut window) {}
        assert_eq!((shown(&sieve, &store), sieve.progress()), (vec![0, 2], Some(4)));
        add(&store, &[1, 3]);
        while sieve.slice(&store, &mut window) {}
        assert_eq!(shown(&sieve, &store), [0, 2, 4]);
        let facts = store.facts();
        let list = sieve.shown(facts.gone..facts.total);
        let places: Vec<_> = [0, 1, 2, 3, 4, 9].iter().map(|number| list.position(*number)).collect();
        assert_eq!(places, [0, 1, 1, 2, 2, 2]);
        drop(list);
        assert_eq!(sieve.shown(2..6).len(), 2, "what has gone is not shown");
        sieve.set(None, &store);
        assert_eq!(shown(&sieve, &store).len(), 6);
    }

    #[test]
    fn a_faulty_text_says_where_and_what_was_meant() {
        let faulty = Filter::new("udp prot 53", &[LinkType::RAW]).expect_err("a slip");
        assert_eq!(faulty.span, 4..8);
        assert!(faulty.message.ends_with("did you mean \"port\"?"), "{}", faulty.message);
        assert!(Filter::new("ether host 02:00:00:00:00:01", &[LinkType::RAW]).is_err());
        let both = [LinkType::RAW, LinkType::ETHERNET];
        assert!(Filter::new("ether host 02:00:00:00:00:01", &both).is_ok(), "one of them has it");
    }
}
