//! A transcript of what is passed on, for people: a record for each piece, with its time, who said it, and how long it
//! is.
//!
//! ```text
//! = 2026-01-31T12:00:01.000412Z client 1: 127.0.0.1:49804 → 127.0.0.1:9000
//! > 2026-01-31T12:00:01.123456Z client 1 → server, 5 bytes
//! 00000000  68 65 6c 6c 6f                                    |hello|
//! ```
//!
//! It is written as it happens, so that a relay waits for the disk and for nothing else. What the disk does not take is
//! counted, and the count stands where the records are missing.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

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
}

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
}

impl Transcript {
    /// Begins an empty one; `tell` hears when the disk does not take it, and not again until it has taken some.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be written, and where it is no regular file: the relay would wait for its reader.
    pub fn create(
        path: &Path,
        form: Form,
        tell: impl Fn(&io::Error) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, Failure> {
        let shown = path.display().to_string();
        let failed =
            |error: &io::Error| Failure::io(format_args!("--tee {shown}"), error).done_to("open", &shown);
        // Before it is opened: to open a FIFO waits for who reads it.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::misuse(format_args!("--tee {shown}: not a regular file"))
                .hint("tail -f FILE shows a transcript while it is written"));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(MODE);
        let file = options.open(path).map_err(|error| failed(&error))?;
        let state = Mutex::new(State { file, length: 0, missing: 0 });
        Ok(Arc::new(Self { form, state, tell: Box::new(tell) }))
    }

    /// A conversation: the client's number and address, and where it is passed on to.
    pub fn tap(self: &Arc<Self>, number: u64, peer: &str, to: &str) -> Tap {
        self.write(format!("= {} client {number}: {peer} → {to}\n", time::now()).into_bytes());
        Tap { transcript: Arc::clone(self), number }
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
        }
    }

    fn write(&self, record: Vec<u8>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = state.write(record)
            && state.missing == 1
        {
            (self.tell)(&error);
        }
    }
}

impl State {
    /// Writes a whole record, or nothing of it, which is then missing.
    fn write(&mut self, mut record: Vec<u8>) -> io::Result<()> {
        if self.missing > 0 {
            let note = format!("= {} {} records are missing here\n", time::now(), self.missing);
            record.splice(0..0, note.into_bytes());
        }
        let outcome = self.file.write_all(&record);
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

/// One conversation's place in a transcript.
#[derive(Clone, Debug)]
pub struct Tap {
    transcript: Arc<Transcript>,
    number: u64,
}

impl Tap {
    /// What the client said.
    pub fn sent(&self, bytes: &[u8]) {
        let Self { transcript, number } = self;
        transcript.record(&format!("> {} client {number} → server", time::now()), bytes);
    }

    /// What it was told.
    pub fn received(&self, bytes: &[u8]) {
        let Self { transcript, number } = self;
        transcript.record(&format!("< {} server → client {number}", time::now()), bytes);
    }
}
