//! From a capture file to the store: where its packets are, found by a thread of its own.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use berkeley_packet::LinkType;
use berkeley_packet::file::{Fault, FileError, Reader, Record};

use super::store::{Batch, Store};

/// How many packets wait at most before they are shown.
const BATCH: usize = 4096;

/// A capture whose header was read.
pub(crate) struct Capture {
    reader: Reader<Tap>,
    tap: Arc<Waiting>,
}

/// What was read and is not shown yet.
#[derive(Debug)]
struct Waiting {
    store: Arc<Store>,
    batch: Mutex<Batch>,
    read: AtomicU64,
}

/// The input, which shows what was read before it waits for more.
struct Tap {
    input: Box<dyn Read + Send>,
    waiting: Arc<Waiting>,
}

impl Waiting {
    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self) {
        let read = self.read.load(Ordering::Relaxed);
        self.store.take(&mut self.batch());
        if self.store.has_file() {
            self.store.note(|facts| facts.read = facts.read.map(|(_, all)| (read, all)));
        }
    }

    fn add(&self, record: &Record<'_>, origin: u32) {
        let mut batch = self.batch();
        if self.store.has_file() {
            batch.place(origin, record.time, record.length, record.bytes.len(), record.offset);
        } else {
            batch.push(origin, record.time, record.length, record.bytes);
        }
        let is_full = batch.len() >= BATCH || batch.size() >= BATCH * 64;
        drop(batch);
        if is_full {
            self.show();
        }
    }
}

impl Read for Tap {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.waiting.show();
        if self.waiting.store.is_closed() {
            // Nobody looks any more: the input is at its end.
            return Ok(0);
        }
        let got = self.input.read(room)?;
        self.waiting.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// Why no more packets come, as short as a line of 80 columns wants it.
fn remark(error: &FileError) -> String {
    match error.fault {
        Fault::Ends { .. } => {
            format!("! the file is cut at byte {}; all whole packets are shown", error.offset)
        }
        _ => format!("! {error}"),
    }
}

impl Capture {
    /// Reads the header of a capture, whose packets are to come into `store`.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub(crate) fn new(input: Box<dyn Read + Send>, store: Arc<Store>) -> Result<Self, FileError> {
        let waiting = Waiting { store, batch: Mutex::default(), read: AtomicU64::new(0) };
        let waiting = Arc::new(waiting);
        let reader = Reader::new(Tap { input, waiting: Arc::clone(&waiting) })?;
        Ok(Self { reader, tap: waiting })
    }

    /// Starts the thread that reads the packets. They begin with `link`, whatever the file says, where it is given.
    pub(crate) fn start(mut self, link: Option<LinkType>) -> io::Result<()> {
        let read = move || {
            let failed = self.read(link).err();
            self.tap.show();
            let dropped = self.reader.drops();
            self.tap.store.note(|facts| {
                facts.is_complete = true;
                facts.dropped = dropped;
                facts.remark = failed.as_ref().map(remark);
            });
        };
        thread::Builder::new().name("index".to_owned()).spawn(read).map(drop)
    }

    fn read(&mut self, link: Option<LinkType>) -> Result<(), FileError> {
        // Neighbours are mostly of one interface: the store is asked once for all of them.
        let mut known: Option<(u32, u32)> = None;
        while let Some(record) = self.reader.next()? {
            let origin = match known {
                Some((interface, origin)) if interface == record.interface => origin,
                _ => self.tap.store.origin(link.unwrap_or(record.link), record.interface_name),
            };
            known = Some((record.interface, origin));
            self.tap.add(&record, origin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::Duration;

    use berkeley_packet::file::Writer;

    use super::super::store::MOST_MEMORY;
    use super::super::wake::Wake;
    use super::*;

    /// A capture of packets of these lengths, each filled with its number.
    fn capture(lengths: &[usize]) -> Vec<u8> {
        let mut writer = Writer::pcapng(Vec::new()).expect("a writer");
        let interface = writer.interface("eth\x1b0", LinkType::ETHERNET, 65_535).expect("an interface");
        for (length, number) in lengths.iter().zip(0_u8..) {
            let bytes = vec![number; *length];
            writer.packet(interface, Duration::from_secs(number.into()), length + 1, &bytes).expect("room");
        }
        writer.into_inner().expect("all written")
    }

    fn store(file: Option<File>) -> Arc<Store> {
        Arc::new(Store::new(file, MOST_MEMORY, Arc::new(Wake::new().expect("a pair of sockets"))))
    }

    fn read(bytes: Vec<u8>, store: &Arc<Store>) {
        let capture = Capture::new(Box::new(io::Cursor::new(bytes)), Arc::clone(store));
        capture.expect("a capture").start(None).expect("a thread");
        let mut version = store.version();
        while !store.facts().is_complete {
            store.wait(version);
            version = store.version();
        }
    }

    #[test]
    fn packets_are_found_again_in_the_file_and_in_memory() {
        let bytes = capture(&[60, 1, 0, 1500]);
        let path = std::env::temp_dir().join(format!("sock-index-{}", std::process::id()));
        fs::write(&path, &bytes).expect("a file");
        let file = File::open(&path).expect("the file");
        fs::remove_file(&path).expect("the file");
        for file in [Some(file), None] {
            let store = store(file);
            read(bytes.clone(), &store);
            let facts = store.facts();
            assert_eq!((facts.total, facts.remark, facts.began), (4, None, Some(Duration::ZERO)));
            for (length, number) in [60, 1, 0, 1500].into_iter().zip(0_u8..) {
                let packet = store.load(number.into()).expect("a packet");
                assert_eq!(packet.bytes, vec![number; length]);
                assert_eq!(
                    (packet.length, packet.time),
                    (length + 1, Some(Duration::from_secs(number.into())))
                );
                assert_eq!(packet.interface, "eth\x1b0");
            }
        }
    }

    #[test]
    fn a_capture_that_is_cut_gives_its_whole_packets_and_says_so() {
        let mut bytes = capture(&[60, 60]);
        // The second packet's block is cut, or has a length that no block has.
        let whole = capture(&[60]).len();
        let cut = format!("! the file is cut at byte {whole}; all whole packets are shown");
        bytes[whole + 4..whole + 8].fill(0xff);
        let strange = shown(bytes.clone());
        assert!(
            strange.as_ref().is_some_and(|remark| remark.starts_with("! ") && *remark != cut),
            "{strange:?}"
        );
        let mut bytes = capture(&[60, 60]);
        bytes.truncate(bytes.len() - 10);
        assert_eq!(shown(bytes), Some(cut));
    }

    /// What is said of a capture of which one packet can be read.
    fn shown(bytes: Vec<u8>) -> Option<String> {
        let store = store(None);
        read(bytes, &store);
        let facts = store.facts();
        assert_eq!(facts.total, 1);
        facts.remark
    }
}
