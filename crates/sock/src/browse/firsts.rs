//! With which sequence numbers connections of TCP begin, found by a thread of its own: those of the list count from
//! there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berkeley_packet::stream::Beginnings;
use berkeley_packet::{InitialNumbers, Packet};

use super::sieve::Filter;
use super::store::{Found, Loaded, Store, Window};

/// What begins a connection.
const SYN: &str = "tcp flags syn";

/// The connections, as far as they were found.
#[derive(Debug, Default)]
pub(crate) struct Firsts(Mutex<Beginnings>);

impl Firsts {
    fn lock(&self) -> MutexGuard<'_, Beginnings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From where the numbers of the packet of that number count.
    pub(crate) fn of(&self, packet: &Packet<'_>, number: u64) -> InitialNumbers {
        self.lock().known(packet, number)
    }

    /// Looks for them until the store is closed.
    fn work(&self, store: &Store) {
        let Ok(mut syn) = Filter::new(SYN, &[]) else { return };
        let (mut window, mut next) = (Window::default(), 0);
        loop {
            let version = store.version();
            while let Some(behind) = self.slice(store, &mut syn, &mut window, next) {
                next = behind;
                if store.is_closed() {
                    return;
                }
            }
            if !store.wait(version) {
                return;
            }
        }
    }

    /// Looks at some packets; gives the number of the next one, none where there are no more yet.
    fn slice(&self, store: &Store, syn: &mut Filter, window: &mut Window, next: u64) -> Option<u64> {
        let mut begins: Vec<Loaded> = Vec::new();
        let keep = &mut |found: Found<'_>| {
            if syn.wants(found.link, found.bytes, found.length) {
                begins.push(found.kept());
            }
        };
        let behind = store.each(next, window, keep);
        if !begins.is_empty() {
            let mut beginnings = self.lock();
            for kept in &begins {
                let packet = Packet::decode_cut(kept.link, &kept.bytes, kept.length);
                beginnings.note(&packet, kept.number);
            }
            drop(beginnings);
            store.wake.wake();
        }
        behind
    }
}

/// Starts the thread that looks for them.
pub(crate) fn start(firsts: &Arc<Firsts>, store: &Arc<Store>) -> std::io::Result<()> {
    let (firsts, store) = (Arc::clone(firsts), Arc::clone(store));
    std::thread::Builder::new().name("numbers".to_owned()).spawn(move || firsts.work(&store)).map(drop)
}

#[cfg(test)]
mod tests {
    use berkeley_packet::{LinkType, craft};

    use super::super::store::{Batch, MOST_MEMORY};
    use super::super::wake::Wake;
    use super::*;

    #[test]
    fn the_numbers_of_a_connection_count_from_its_syn() {
        let store = Store::new(None, MOST_MEMORY, Arc::new(Wake::new().expect("a pair of sockets")));
        let origin = store.origin(LinkType::RAW, "");
        let packets = ["ip/tcp(seq_raw=1000,flags=syn)", "ip/tcp(seq_raw=1001,flags=ack)/\"x\""]
            .map(|text| craft::parse(text).expect(text).build());
        let mut batch = Batch::default();
        for bytes in &packets {
            batch.push(origin, None, bytes.len(), bytes);
        }
        store.take(&mut batch);
        let (firsts, mut syn) = (Firsts::default(), Filter::new(SYN, &store.links()).expect("a filter"));
        let second = Packet::decode(LinkType::RAW, &packets[1]);
        assert_eq!(firsts.of(&second, 1).own, None, "none was looked at yet");
        assert_eq!(firsts.slice(&store, &mut syn, &mut Window::default(), 0), Some(2));
        assert_eq!((firsts.of(&second, 1).own, firsts.of(&second, 0).own), (Some(1000), None));
        assert_eq!(firsts.slice(&store, &mut syn, &mut Window::default(), 2), None);
    }
}
