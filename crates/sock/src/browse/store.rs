//! The packets that there are: what is kept of each, and where its bytes are.
//!
//! Of each packet 32 bytes are kept. The bytes of a file's packets stay in the file, from which they are read again
//! when they are shown. Those of a stream or of a live capture are kept in memory up to a limit, beyond which the
//! oldest packets go.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use berkeley_packet::LinkType;

use super::wake::Wake;

/// The memory for packets that are in no file.
pub(crate) const MOST_MEMORY: usize = 256 << 20;

/// What a batch costs beside its packets, roughly.
const BATCH: usize = 128;

/// How much of a file is read at once.
const PIECE: usize = 1 << 20;

/// How many packets [`Store::each`] gives at most: the lock is held for as long.
const SLICE: usize = 512;

/// No time, in [`Entry::time`].
const TIMELESS: u64 = u64::MAX;

/// What is kept of each packet.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where its bytes begin: in the file, or in the bytes of its batch.
    offset: u64,
    /// Nanoseconds since 1970.
    time: u64,
    captured: u32,
    length: u32,
    origin: u32,
}

/// What packets have in common: what they begin with, and the interface's name, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) link: LinkType,
    pub(crate) name: String,
}

/// Packets on their way into the store.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    first: u64,
    entries: Vec<Entry>,
    /// The bytes of its packets; none where they are in a file.
    bytes: Vec<u8>,
}

/// A packet as it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'b> {
    /// Its number, from 0 on.
    pub(crate) number: u64,
    pub(crate) time: Option<Duration>,
    /// How long it was on the wire.
    pub(crate) length: usize,
    pub(crate) link: LinkType,
    pub(crate) bytes: &'b [u8],
}

/// A packet that was read, with bytes of its own.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) number: u64,
    pub(crate) time: Option<Duration>,
    pub(crate) length: usize,
    pub(crate) link: LinkType,
    pub(crate) interface: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether its bytes could not be read, as of a file that has become shorter.
    pub(crate) is_lost: bool,
}

/// How far the store has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The packets that have come.
    pub(crate) total: u64,
    /// How many of them, the oldest, are no longer there.
    pub(crate) gone: u64,
    /// The time of the first.
    pub(crate) began: Option<Duration>,
    /// Whether no more will come.
    pub(crate) is_complete: bool,
    /// What is to be said of the packets, such as why no more come.
    pub(crate) remark: Option<String>,
    /// How many the kernel has dropped, or the file says were dropped.
    pub(crate) dropped: Option<u64>,
    /// How much of the file was read, of how much.
    pub(crate) read: Option<(u64, u64)>,
}

/// The packets. All threads have it: one that adds, some that look.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
    /// Told that packets have come, or that there is other work for those who wait.
    changed: Condvar,
    file: Option<File>,
    most: usize,
    pub(crate) wake: Arc<Wake>,
}

#[derive(Debug, Default)]
struct Inner {
    batches: VecDeque<Batch>,
    origins: Vec<Arc<Origin>>,
    /// The numbers of the origins of a name: a capture may have as many as it has packets.
    numbers: HashMap<String, HashMap<LinkType, u32>>,
    links: Vec<LinkType>,
    seen: HashSet<LinkType>,
    facts: Facts,
    memory: usize,
    /// Counts what has changed.
    version: u64,
    is_closed: bool,
}

impl Batch {
    /// Adds a packet of the origin of that number, with its bytes.
    pub(crate) fn push(&mut self, origin: u32, time: Option<Duration>, length: usize, bytes: &[u8]) {
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        self.place(origin, time, length, bytes.len(), offset);
    }

    /// Adds a packet whose bytes are at `offset` in the file.
    pub(crate) fn place(
        &mut self,
        origin: u32,
        time: Option<Duration>,
        length: usize,
        captured: usize,
        offset: u64,
    ) {
        let time = time.and_then(|time| u64::try_from(time.as_nanos()).ok()).unwrap_or(TIMELESS);
        let [captured, length] = [captured, length].map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
        self.entries.push(Entry { offset, time, captured, length, origin });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The bytes that it holds of its packets.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    fn memory(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>() + BATCH
    }

    fn held(&self, entry: &Entry) -> &[u8] {
        let start = usize::try_from(entry.offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(entry.captured as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

impl Found<'_> {
    /// The packet with bytes of its own, without its interface.
    pub(crate) fn kept(&self) -> Loaded {
        Loaded {
            number: self.number,
            time: self.time,
            length: self.length,
            link: self.link,
            interface: String::new(),
            bytes: self.bytes.to_vec(),
            is_lost: false,
        }
    }
}

impl Entry {
    fn time(&self) -> Option<Duration> {
        (self.time != TIMELESS).then(|| Duration::from_nanos(self.time))
    }

    fn found<'b>(&self, number: u64, origin: &Origin, bytes: &'b [u8]) -> Found<'b> {
        Found { number, time: self.time(), length: self.length as usize, link: origin.link, bytes }
    }
}

impl Store {
    /// An empty one, whose packets' bytes are in `file`, or else in memory, `most` bytes at most.
    pub(crate) fn new(file: Option<File>, most: usize, wake: Arc<Wake>) -> Self {
        Self { inner: Mutex::default(), changed: Condvar::new(), file, most, wake }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and tells those who wait.
    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.lock();
        change(&mut inner);
        inner.version += 1;
        drop(inner);
        self.changed.notify_all();
        self.wake.wake();
    }

    /// Whether the bytes of its packets are in a file.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The number of that origin, which may be new.
    pub(crate) fn origin(&self, link: LinkType, name: &str) -> u32 {
        let mut inner = self.lock();
        if let Some(number) = inner.numbers.get(name).and_then(|links| links.get(&link)) {
            return *number;
        }
        let number = u32::try_from(inner.origins.len()).unwrap_or(u32::MAX);
        inner.origins.push(Arc::new(Origin { link, name: name.to_owned() }));
        inner.numbers.entry(name.to_owned()).or_default().insert(link, number);
        if inner.seen.insert(link) {
            inner.links.push(link);
        }
        number
    }

    /// What packets begin with, each kind once.
    pub(crate) fn links(&self) -> Vec<LinkType> {
        self.lock().links.clone()
    }

    /// Takes the packets of the batch, and leaves it empty. The oldest go where there is no memory for all.
    pub(crate) fn take(&self, batch: &mut Batch) {
        if batch.entries.is_empty() {
            return;
        }
        let mut batch = std::mem::take(batch);
        batch.entries.shrink_to_fit();
        batch.bytes.shrink_to_fit();
        self.change(|inner| inner.add(batch, self.most, self.has_file()));
    }

    /// Changes the facts, and says so.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Facts)) {
        self.change(|inner| note(&mut inner.facts));
    }

    /// How far it has come.
    pub(crate) fn facts(&self) -> Facts {
        self.lock().facts.clone()
    }

    /// Has those who wait look again.
    pub(crate) fn nudge(&self) {
        self.change(|_| ());
    }

    /// Ends the waiting of all threads, for good.
    pub(crate) fn close(&self) {
        self.change(|inner| inner.is_closed = true);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Counts what has changed so far, for [`wait`](Self::wait).
    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    /// Waits until something has changed since that version. False once it is closed.
    pub(crate) fn wait(&self, version: u64) -> bool {
        let waits = |inner: &mut Inner| inner.version == version && !inner.is_closed;
        let inner = self.changed.wait_while(self.lock(), waits);
        !inner.unwrap_or_else(PoisonError::into_inner).is_closed
    }

    /// The packet of that number; none where it has not come, or has gone.
    pub(crate) fn load(&self, number: u64) -> Option<Loaded> {
        let inner = self.lock();
        let (batch, index) = inner.at(number)?;
        let entry = batch.entries[index];
        let origin = Arc::clone(inner.origins.get(entry.origin as usize)?);
        let mut bytes = batch.held(&entry).to_vec();
        drop(inner);
        let mut is_lost = false;
        if let Some(file) = &self.file {
            // As the reader takes no longer packets, none is longer here.
            bytes.resize(entry.captured as usize, 0);
            is_lost = file.read_exact_at(&mut bytes, entry.offset).is_err();
        }
        Some(Loaded {
            number,
            time: entry.time(),
            length: entry.length as usize,
            link: origin.link,
            interface: origin.name.clone(),
            bytes,
            is_lost,
        })
    }

    /// Gives some packets from that number on to `look`, in their order, and the number of the next one; none where
    /// there are no more yet. `window` is memory that the caller keeps for reading.
    pub(crate) fn each(
        &self,
        from: u64,
        window: &mut Window,
        look: &mut dyn FnMut(Found<'_>),
    ) -> Option<u64> {
        let inner = self.lock();
        let from = from.max(inner.facts.gone);
        let (batch, index) = inner.at(from)?;
        let entries = &batch.entries[index..batch.entries.len().min(index + SLICE)];
        let next = from + entries.len() as u64;
        let Some(file) = &self.file else {
            for (entry, number) in entries.iter().zip(from..) {
                let origin = &inner.origins[entry.origin as usize];
                look(entry.found(number, origin, batch.held(entry)));
            }
            return Some(next);
        };
        let entries = entries.to_vec();
        let origins: Vec<_> =
            entries.iter().map(|entry| Arc::clone(&inner.origins[entry.origin as usize])).collect();
        drop(inner);
        let end = entries.last().map_or(0, |last| last.offset + u64::from(last.captured));
        for ((entry, origin), number) in entries.iter().zip(&origins).zip(from..) {
            let bytes = window.bytes(file, entry, end);
            look(entry.found(number, origin, bytes));
        }
        Some(next)
    }
}

impl Inner {
    fn add(&mut self, mut batch: Batch, most: usize, has_file: bool) {
        batch.first = self.facts.total;
        if self.facts.began.is_none() {
            self.facts.began = batch.entries.iter().find_map(Entry::time);
        }
        self.facts.total += batch.entries.len() as u64;
        self.memory += batch.memory();
        self.batches.push_back(batch);
        while !has_file && self.memory > most && self.batches.len() > 1 {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.memory -= oldest.memory();
            self.facts.gone += oldest.entries.len() as u64;
        }
    }

    /// The batch of the packet of that number, and its place in it.
    fn at(&self, number: u64) -> Option<(&Batch, usize)> {
        let behind = self.batches.partition_point(|batch| batch.first <= number);
        let batch = self.batches.get(behind.checked_sub(1)?)?;
        let index = usize::try_from(number - batch.first).ok()?;
        (index < batch.entries.len()).then_some((batch, index))
    }
}

/// A part of the file that was read, so that neighbours cost one system call.
#[derive(Debug, Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes of the packet, which are read with those behind it, up to `end`; empty where they cannot be read.
    fn bytes(&mut self, file: &File, entry: &Entry, end: u64) -> &[u8] {
        let captured = entry.captured as usize;
        let inside = |window: &Self| {
            let at = usize::try_from(entry.offset.checked_sub(window.start)?).ok()?;
            (at.checked_add(captured)? <= window.bytes.len()).then_some(at)
        };
        if inside(self).is_none() {
            let wanted = usize::try_from(end.saturating_sub(entry.offset)).unwrap_or(PIECE);
            self.bytes.resize(wanted.clamp(captured, PIECE.max(captured)), 0);
            self.start = entry.offset;
            let got = read_at(file, &mut self.bytes, entry.offset);
            self.bytes.truncate(got);
        }
        inside(self).map_or(&[], |at| &self.bytes[at..at + captured])
    }
}

/// Reads as much as there is.
fn read_at(file: &File, room: &mut [u8], offset: u64) -> usize {
    let mut got = 0;
    while got < room.len() {
        match file.read_at(&mut room[got..], offset + got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
            Err(_) => break,
        }
    }
    got
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(most: usize) -> Store {
        Store::new(None, most, Arc::new(Wake::new().expect("a pair of sockets")))
    }

    fn numbers(store: &Store) -> Vec<(u64, usize)> {
        let (mut seen, mut next, mut window) = (Vec::new(), 0, Window::default());
        while let Some(behind) =
            store.each(next, &mut window, &mut |found| seen.push((found.number, found.bytes.len())))
        {
            next = behind;
        }
        seen
    }

    #[test]
    fn beyond_the_limit_the_oldest_packets_go_and_the_numbers_stay() {
        let store = store(8_000);
        let lo = store.origin(LinkType::ETHERNET, "lo");
        for size in [4_000, 4_000, 4_001, 50] {
            let mut batch = Batch::default();
            batch.push(lo, Some(Duration::from_secs(size as u64)), size, &vec![7; size]);
            store.take(&mut batch);
        }
        let facts = store.facts();
        assert_eq!((facts.total, facts.gone, facts.began), (4, 2, Some(Duration::from_secs(4_000))));
        assert!(store.load(1).is_none());
        let loaded = store.load(2).expect("still there");
        assert_eq!((loaded.bytes.len(), loaded.interface.as_str(), loaded.is_lost), (4_001, "lo", false));
        assert_eq!(numbers(&store), [(2, 4_001), (3, 50)]);
        let mut huge = Batch::default();
        huge.push(lo, None, 50_000, &vec![7; 50_000]);
        store.take(&mut huge);
        assert_eq!(numbers(&store), [(4, 50_000)], "the last one always stays");
    }

    #[test]
    fn an_origin_has_one_number_and_each_kind_of_packet_is_told_once_in_its_order() {
        let store = store(1);
        let rows = [(LinkType::RAW, "a", 0), (LinkType::ETHERNET, "a", 1), (LinkType::RAW, "b", 2)];
        for (link, name, want) in [rows, rows].concat() {
            assert_eq!(store.origin(link, name), want, "{name}");
        }
        assert_eq!(store.links(), [LinkType::RAW, LinkType::ETHERNET]);
    }

    #[test]
    fn a_file_is_read_again_and_one_that_was_cut_gives_nothing() {
        let path = std::env::temp_dir().join(format!("sock-store-{}", std::process::id()));
        std::fs::write(&path, b"....abc..defg").expect("a file");
        let file = File::open(&path).expect("the file");
        std::fs::remove_file(&path).expect("the file");
        let store = Store::new(Some(file), 1, Arc::new(Wake::new().expect("a pair of sockets")));
        let origin = store.origin(LinkType::RAW, "");
        let mut batch = Batch::default();
        for (captured, offset) in [(3, 4), (4, 9), (5, 10)] {
            batch.place(origin, None, 90, captured, offset);
        }
        store.take(&mut batch);
        let mut seen = Vec::new();
        let next = store.each(0, &mut Window::default(), &mut |found| seen.push(found.bytes.to_vec()));
        assert_eq!((next, seen), (Some(3), vec![b"abc".to_vec(), b"defg".to_vec(), Vec::new()]));
        assert!(store.load(2).is_some_and(|loaded| loaded.is_lost));
        assert!(store.load(1).is_some_and(|loaded| loaded.bytes == b"defg" && loaded.length == 90));
        assert_eq!(store.facts().gone, 0, "what is in a file does not go");
    }
}
