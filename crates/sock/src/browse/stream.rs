//! The conversation that a packet belongs to: what both ends said, put together by a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berkeley_packet::Packet;
use berkeley_packet::stream::{Assembled, Follow, Fragments, Piece, Streams, Transport};

use super::store::{Found, Loaded, Store, Window};
use crate::report::escape::escape;

/// The most memory for the lines of a conversation.
const MOST: usize = 8 << 20;

/// The longest line: bytes without an end of a line are broken there.
const LINE: usize = 512;

/// What a line costs beside its text, roughly: an empty one too.
const COST: usize = 64;

/// A line of a conversation, escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Who has said it; neither, where bytes are missing.
    pub(crate) from_client: Option<bool>,
    pub(crate) text: String,
}

/// A conversation, as far as it was put together.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    /// Which one it is: `tcp 3: client 192.0.2.1:1024, server 192.0.2.2:80`.
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
    /// Whether all packets that there are were looked at; more may come.
    pub(crate) is_read: bool,
    /// Whether nothing more can come.
    pub(crate) is_complete: bool,
    /// Whose last line may go on.
    open: Option<bool>,
    /// The memory of its lines.
    size: usize,
}

/// A conversation that is being put together, until this is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    shared: Arc<Shared>,
    store: Arc<Store>,
}

#[derive(Debug, Default)]
struct Shared {
    talk: Mutex<Talk>,
    is_left: AtomicBool,
}

impl Stream {
    /// Starts to put together the conversation of the packet of that number.
    pub(crate) fn start(store: &Arc<Store>, number: u64) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (packets, theirs) = (Arc::clone(store), Arc::clone(&shared));
        let work = move || {
            theirs.work(&packets, number);
            theirs.talk().is_complete = true;
            packets.wake.wake();
        };
        std::thread::Builder::new().name("follow".to_owned()).spawn(work)?;
        Ok(Self { shared, store: Arc::clone(store) })
    }

    pub(crate) fn talk(&self) -> MutexGuard<'_, Talk> {
        self.shared.talk()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.is_left.store(true, Ordering::Relaxed);
        // It may wait for packets.
        self.store.nudge();
    }
}

impl Shared {
    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, store: &Store, number: u64) {
        let Some((transport, stream)) = self.stream_of(store, number) else {
            let number = number + 1;
            self.talk().gap(format!("packet {number} belongs to no conversation of TCP or UDP"));
            return;
        };
        self.talk().title = format!("{transport} {stream}");
        let (mut follow, mut has_ends) = (Follow::new(transport, stream), false);
        self.packets(store, &mut |packet, _| {
            let mut talk = self.talk();
            follow.push(packet, &mut |piece| talk.piece(piece));
            if let Some([client, server]) = follow.ends().filter(|_| !has_ends) {
                talk.title = format!("{transport} {stream}: client {client}, server {server}");
                has_ends = true;
            }
            talk.size < MOST
        });
        let mut talk = self.talk();
        follow.end(&mut |piece| talk.piece(piece));
        if talk.size >= MOST {
            talk.gap(format!("more than {} MiB: sock decode --follow has all of it", MOST >> 20));
        }
    }

    /// The stream of that packet, as all before it number them.
    fn stream_of(&self, store: &Store, number: u64) -> Option<(Transport, u32)> {
        let (mut streams, mut found) = (Streams::new(), None);
        self.packets(store, &mut |packet, at| {
            let stream = streams.push(packet);
            if at == number {
                found = stream;
            }
            at < number
        });
        found
    }

    /// Gives all packets, with what fragments come to, until `take` wants no more or nobody waits. Where more may come,
    /// it waits for them.
    fn packets(&self, store: &Store, take: &mut dyn FnMut(&Packet<'_>, u64) -> bool) {
        let (mut window, mut fragments) = (Window::default(), Fragments::new());
        let (mut next, mut goes_on) = (0, true);
        while goes_on && !self.is_left.load(Ordering::Relaxed) && !store.is_closed() {
            // The lock of the store is not held while packets are taken apart.
            let mut slice: Vec<Loaded> = Vec::new();
            let keep = &mut |found: Found<'_>| slice.push(found.kept());
            let (version, is_complete) = (store.version(), store.facts().is_complete);
            let Some(behind) = store.each(next, &mut window, keep) else {
                self.talk().is_read = true;
                store.wake.wake();
                if is_complete {
                    return;
                }
                store.wait(version);
                continue;
            };
            next = behind;
            for kept in &slice {
                let packet = Packet::decode_cut(kept.link, &kept.bytes, kept.length);
                let whole = fragments.add(&packet, kept.time.unwrap_or_default()).ok().flatten();
                let assembled = whole.as_ref().map(Assembled::packet);
                goes_on = goes_on && take(assembled.as_ref().unwrap_or(&packet), kept.number);
            }
            store.wake.wake();
        }
    }
}

impl Talk {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Bytes { from_client, bytes } => self.bytes(from_client, bytes),
            Piece::Missing { from_client, bytes } => {
                let side = if from_client { "client" } else { "server" };
                self.gap(format!("{bytes} bytes of the {side} are not in the capture"));
            }
        }
    }

    fn bytes(&mut self, from_client: bool, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = line.strip_suffix(b"\n").map_or(line, |text| text.strip_suffix(b"\r").unwrap_or(text));
            if self.size >= MOST {
                return;
            }
            for part in text.chunks(LINE).chain(text.is_empty().then_some(text)) {
                self.part(from_client, &escape(part, usize::MAX).to_string());
            }
            self.open = (!line.ends_with(b"\n")).then_some(from_client);
        }
    }

    fn part(&mut self, from_client: bool, text: &str) {
        self.size += text.len();
        if self.open == Some(from_client)
            && let Some(last) = self.lines.last_mut()
            && last.text.len() < LINE
        {
            last.text.push_str(text);
        } else {
            self.size += COST;
            self.lines.push(Line { from_client: Some(from_client), text: text.to_owned() });
        }
        self.open = Some(from_client);
    }

    fn gap(&mut self, text: String) {
        self.size += text.len() + COST;
        self.lines.push(Line { from_client: None, text });
        self.open = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use berkeley::{Deadline, Interest, PollEntry, poll};
    use berkeley_packet::LinkType;

    use super::super::store::{Batch, MOST_MEMORY};
    use super::super::wake::Wake;
    use super::*;

    /// Waits until it is so; whatever changes it wakes who draws.
    fn until(store: &Store, is_so: impl Fn() -> bool) {
        for _ in 0..10_000 {
            if is_so() {
                return;
            }
            let mut entries = [PollEntry::new(store.wake.descriptor(), Interest::READABLE)];
            let woken = poll(&mut entries, Deadline::after(Duration::from_secs(20)));
            assert!(woken.is_ok_and(|count| count > 0), "nothing has changed");
            store.wake.clear();
        }
        panic!("it is not so");
    }

    /// IPv4 and UDP from port 7 to port 9, which carries that byte.
    fn add(store: &Store, byte: u8) {
        let head = *b"\x45\0\0\x1d\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x01\0\x07\0\x09\0\x09\0\0";
        let mut batch = Batch::default();
        batch.push(store.origin(LinkType::RAW, ""), None, 29, &[&head[..], &[byte]].concat());
        store.take(&mut batch);
    }

    #[test]
    fn a_conversation_that_is_open_grows_with_the_packets_that_come() {
        let store =
            Arc::new(Store::new(None, MOST_MEMORY, Arc::new(Wake::new().expect("a pair of sockets"))));
        add(&store, b'a');
        let stream = Stream::start(&store, 0).expect("a thread");
        let said = || stream.talk().lines.iter().map(|line| line.text.as_str()).collect::<String>();
        until(&store, || stream.talk().is_read && said() == "a");
        add(&store, b'b');
        until(&store, || said() == "ab");
        assert!(!stream.talk().is_complete, "more may come");
        store.note(|facts| facts.is_complete = true);
        until(&store, || stream.talk().is_complete);
        // One that waits for packets ends when nobody looks any more.
        store.note(|facts| facts.is_complete = false);
        let (other, begun) = (Stream::start(&store, 0).expect("a thread"), Instant::now());
        until(&store, || other.talk().is_read);
        let shared = Arc::downgrade(&other.shared);
        drop(other);
        while shared.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "its thread goes on");
            std::thread::yield_now();
        }
    }

    #[test]
    fn both_directions_are_told_apart_and_nothing_drives_the_terminal() {
        let mut talk = Talk::default();
        talk.bytes(true, b"GET /\r\n\r\nx");
        talk.bytes(true, b"y");
        talk.bytes(false, b"200\nno end");
        talk.piece(Piece::Missing { from_client: false, bytes: 7 });
        talk.bytes(false, "\x1b[2J\u{202e}".as_bytes());
        let lines: Vec<_> = talk.lines.iter().map(|line| (line.from_client, line.text.as_str())).collect();
        let want = [
            (Some(true), "GET /"),
            (Some(true), ""),
            (Some(true), "xy"),
            (Some(false), "200"),
            (Some(false), "no end"),
            (None, "7 bytes of the server are not in the capture"),
            (Some(false), "\\x1b[2J\\u{202e}"),
        ];
        assert_eq!(lines, want);
    }

    #[test]
    fn the_memory_is_bounded_whatever_is_said() {
        for said in [b"\n".as_slice(), b"\x1b\n", "\u{202e}".as_bytes()] {
            let (mut talk, many) = (Talk::default(), said.repeat(16 * 1024));
            for _ in 0..1024 {
                talk.bytes(true, &many);
            }
            let memory: usize = talk.lines.iter().map(|line| size_of::<Line>() + line.text.capacity()).sum();
            assert!(memory <= 2 * MOST, "{memory} bytes for {said:?}");
            assert!(talk.size >= MOST);
        }
    }

    #[test]
    fn a_line_without_an_end_is_broken() {
        let mut talk = Talk::default();
        talk.bytes(true, &[b'a'; 3 * LINE]);
        assert_eq!(talk.lines.len(), 3);
        talk.bytes(true, b"b");
        assert_eq!((talk.lines.len(), talk.lines[3].text.as_str()), (4, "b"));
    }
}
