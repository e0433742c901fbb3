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
        let (store, theirs) = (Arc::clone(store), Arc::clone(&shared));
        let work = move || {
            theirs.work(&store, number);
            theirs.talk().is_complete = true;
            store.wake.wake();
        };
        std::thread::Builder::new().name("follow".to_owned()).spawn(work)?;
        Ok(Self { shared })
    }

    pub(crate) fn talk(&self) -> MutexGuard<'_, Talk> {
        self.shared.talk()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.is_left.store(true, Ordering::Relaxed);
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
        let mut follow = Follow::new(transport, stream);
        self.packets(store, &mut |packet, _| {
            let mut talk = self.talk();
            follow.push(packet, &mut |piece| talk.piece(piece));
            if let Some([client, server]) = follow.ends()
                && talk.title.len() < 16
            {
                talk.title = format!("{transport} {stream}: client {client}, server {server}");
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

    /// Gives all packets that there are, with what fragments come to, until `take` wants no more or nobody waits.
    fn packets(&self, store: &Store, take: &mut dyn FnMut(&Packet<'_>, u64) -> bool) {
        let (mut window, mut fragments) = (Window::default(), Fragments::new());
        let (mut next, mut goes_on) = (0, true);
        while goes_on && !self.is_left.load(Ordering::Relaxed) && !store.is_closed() {
            // The lock of the store is not held while packets are taken apart.
            let mut slice: Vec<Loaded> = Vec::new();
            let keep = &mut |found: Found<'_>| slice.push(found.kept());
            let Some(behind) = store.each(next, &mut window, keep) else { return };
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
    use super::*;

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
