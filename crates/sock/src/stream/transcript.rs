//! A transcript of what is passed on, for people: a record for each piece, with its time, who said it, and how long it
//! is.
//!
//! ```text
//! = 2026-01-31T12:00:01.000412Z client 1: 127.0.0.1:49804 → 127.0.0.1:9000
//! > 2026-01-31T12:00:01.123456Z client 1 → server, 5 bytes
//! 00000000  68 65 6c 6c 6f                                    |hello|
//! ```
//!
//! Or as packets, for Wireshark: a handshake, what each side said, and an end, whatever carried it, TLS already opened.
//!
//! It is written as it happens, so that a relay waits for the disk and for nothing else. What the disk does not take is
//! counted, and the count stands where the records are missing.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use berkeley_packet::LinkType;
use berkeley_packet::file::Encoder;
use berkeley_packet::stream::{Side, Wrapped};

use crate::exit::Failure;
use crate::quantity::Bytes;
use crate::report::hex::HexDump;
use crate::report::time;

/// What is said in it is for its owner alone.
const MODE: u32 = 0o600;

/// How the bytes are shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Form {
    /// As a hex dump.
    #[default]
    Hex,
    /// As they are, and a newline.
    Raw,
    /// As packets in a capture file (pcapng).
    Packets,
}

/// The most bytes of a packet that is written.
const SNAP: u32 = 65_535;

/// The file that all conversations are written to.
pub struct Transcript {
    form: Form,
    state: Mutex<State>,
    /// Hears the first failure of each row of them.
    tell: Box<dyn Fn(&io::Error) + Send + Sync>,
}

struct State {
    file: File,
    /// How long the whole records are together.
    length: u64,
    /// Pieces that the disk has not taken since it last took one.
    missing: u64,
    /// What makes packets of them, and holds those that are to be written next.
    packets: Encoder,
}

impl Transcript {
    /// Begins an empty one; `tell` hears when the disk does not take it, and not again until it has taken some.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be written, and where it is no regular file: the relay would wait for its reader.
    pub fn create(
        option: &'static str,
        path: &Path,
        form: Form,
        tell: impl Fn(&io::Error) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, Failure> {
        let shown = path.display().to_string();
        let failed =
            |error: &io::Error| Failure::io(format_args!("{option} {shown}"), error).done_to("open", &shown);
        // Before it is opened: to open a FIFO waits for who reads it.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::misuse(format_args!("{option} {shown}: not a regular file"))
                .hint("tail -f FILE shows a file while it is written"));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(MODE);
        let file = options.open(path).map_err(|error| failed(&error))?;
        let mut state = State { file, length: 0, missing: 0, packets: Encoder::pcapng() };
        if form == Form::Packets {
            state.begin().map_err(|error| failed(&error))?;
        }
        Ok(Arc::new(Self { form, state: Mutex::new(state), tell: Box::new(tell) }))
    }

    /// A conversation: the client's number and address, and where it is passed on to; `datagrams` where each piece is
    /// one.
    pub fn tap(self: &Arc<Self>, number: u64, peer: &str, to: &str, datagrams: bool) -> Tap {
        let wrapped = (self.form == Form::Packets).then(|| {
            let (client, server) = (address(peer, number), address(to, 0));
            Mutex::new(if datagrams { Wrapped::udp(client, server) } else { Wrapped::tcp(client, server) })
        });
        let tap = Tap(Arc::new(Conversation { transcript: Arc::clone(self), number, wrapped }));
        tap.0.begin(peer, to);
        tap
    }

    /// Writes the packets that `wrap` makes.
    fn packets(&self, wrap: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = state.wrap(now, wrap);
        self.told(&state, outcome);
    }

    fn record(&self, head: &str, bytes: &[u8]) {
        let length = Bytes(bytes.len() as u64);
        let mut record = format!("{head}, {length}\n");
        match self.form {
            Form::Hex => {
                let mut dump = HexDump::new();
                dump.push(bytes, &mut record);
                dump.flush(&mut record);
                self.write(record.into_bytes());
            }
            Form::Raw => {
                let mut record = record.into_bytes();
                record.extend_from_slice(bytes);
                record.push(b'\n');
                self.write(record);
            }
            Form::Packets => {}
        }
    }

    fn write(&self, record: Vec<u8>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = state.write_text(record);
        self.told(&state, outcome);
    }

    /// Tells the first failure of a row of them.
    fn told(&self, state: &State, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && state.missing == 1
        {
            (self.tell)(&error);
        }
    }
}

/// The address in `text`; for what has none, such as a Unix socket, one of this machine's with that port.
fn address(text: &str, number: u64) -> SocketAddr {
    let port = u16::try_from(number % u64::from(u16::MAX)).unwrap_or_default();
    text.parse().unwrap_or_else(|_| (Ipv4Addr::LOCALHOST, port).into())
}

impl State {
    /// Writes what a capture file begins with.
    fn begin(&mut self) -> io::Result<()> {
        self.packets.interface("sock", LinkType::RAW, SNAP)?;
        self.write_packets()
    }

    /// Writes the packets that `wrap` makes, as of `now`.
    fn wrap(&mut self, now: Duration, wrap: impl FnOnce(&mut dyn FnMut(&[u8]))) -> io::Result<()> {
        let mut outcome = Ok(());
        wrap(&mut |packet| {
            let added = self.packets.packet(0, now, packet.len(), packet);
            outcome = std::mem::replace(&mut outcome, Ok(())).and(added);
        });
        outcome.and_then(|()| self.write_packets())
    }

    fn write_packets(&mut self) -> io::Result<()> {
        let packets = std::mem::take(self.packets.buffer_mut());
        self.write(&packets)
    }

    /// Writes a record of text, behind how many are missing before it.
    fn write_text(&mut self, mut record: Vec<u8>) -> io::Result<()> {
        if self.missing > 0 {
            let note = format!("= {} {} records are missing here\n", time::now(), self.missing);
            record.splice(0..0, note.into_bytes());
        }
        self.write(&record)
    }

    /// Writes a whole record, or nothing of it, which is then missing.
    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        let outcome = self.file.write_all(record);
        if outcome.is_ok() {
            self.length += record.len() as u64;
            self.missing = 0;
        } else {
            self.missing += 1;
            // Half a record would be taken for a whole one; where even this fails, that is how it stays.
            let _ = self.file.set_len(self.length);
            let _ = io::Seek::seek(&mut self.file, io::SeekFrom::Start(self.length));
        }
        outcome
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcript").field("form", &self.form).finish_non_exhaustive()
    }
}

/// One conversation's place in a transcript. With the last clone it ends.
#[derive(Clone, Debug)]
pub struct Tap(Arc<Conversation>);

struct Conversation {
    transcript: Arc<Transcript>,
    number: u64,
    /// What makes packets of it, where they are wanted.
    wrapped: Option<Mutex<Wrapped>>,
}

impl Tap {
    /// What the client said.
    pub fn sent(&self, bytes: &[u8]) {
        self.0.said(Side::Client, bytes);
    }

    /// What it was told.
    pub fn received(&self, bytes: &[u8]) {
        self.0.said(Side::Server, bytes);
    }
}

impl Conversation {
    fn begin(&self, peer: &str, to: &str) {
        let Self { transcript, number, .. } = self;
        if !self.wrap(|wrapped, emit| wrapped.open(emit)) {
            transcript.write(format!("= {} client {number}: {peer} → {to}\n", time::now()).into_bytes());
        }
    }

    fn said(&self, side: Side, bytes: &[u8]) {
        let Self { transcript, number, .. } = self;
        if !self.wrap(|wrapped, emit| wrapped.said(side, bytes, emit)) {
            let (mark, who) = match side {
                Side::Client => ('>', format!("client {number} → server")),
                Side::Server => ('<', format!("server → client {number}")),
            };
            transcript.record(&format!("{mark} {} {who}", time::now()), bytes);
        }
    }

    /// Has packets made by `wrap`; false where they are not wanted.
    fn wrap(&self, wrap: impl FnOnce(&mut Wrapped, &mut dyn FnMut(&[u8]))) -> bool {
        let Some(wrapped) = &self.wrapped else { return false };
        let mut wrapped = wrapped.lock().unwrap_or_else(PoisonError::into_inner);
        self.transcript.packets(|emit| wrap(&mut wrapped, emit));
        true
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.wrap(Wrapped::close);
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("number", &self.number).finish_non_exhaustive()
    }
}
