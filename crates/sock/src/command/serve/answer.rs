//! What clients are answered with.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::stream;
use crate::cli::AnswerArgs;
use crate::exit::Failure;
use crate::reply::Template;
use crate::server::Service;
use crate::server::buffers::PIECE;
use crate::server::connection::Connection;
use crate::server::front::Front;
use crate::server::shared::Shared;

/// The answer where none is asked for.
const DEFAULT_REPLY: &str = "Server received your data: {data}";

/// The most characters of chargen in the answer to a datagram (RFC 864).
const CHARGEN_MOST: usize = 512;

/// How clients are answered.
#[derive(Debug)]
pub(super) enum Answer {
    Reply(Template),
    Echo,
    Discard,
    Chargen,
    SendFile(SharedFile),
}

impl Answer {
    /// What the command line asks for; the file to send is opened here, so that a wrong path is told at once.
    pub(super) fn new(args: &AnswerArgs) -> Result<Self, Failure> {
        if args.echo {
            return Ok(Self::Echo);
        }
        if args.discard {
            return Ok(Self::Discard);
        }
        if args.chargen {
            return Ok(Self::Chargen);
        }
        if let Some(path) = &args.send_file {
            return SharedFile::open(path).map(Self::SendFile);
        }
        match &args.reply {
            Some(template) => Ok(Self::Reply(template.clone())),
            None => DEFAULT_REPLY.parse().map(Self::Reply).map_err(Failure::misuse),
        }
    }

    /// Whether it was asked for, rather than being the default.
    pub(super) fn is_default(args: &AnswerArgs) -> bool {
        args.reply.is_none() && !args.echo && !args.discard && !args.chargen && args.send_file.is_none()
    }
}

/// What this command serves.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) answer: Answer,
    pub(super) front: Front,
    /// Bytes of chargen's pattern sent in datagrams so far: each goes on where the one before ended.
    sent: AtomicUsize,
}

impl Answers {
    pub(super) fn new(answer: Answer, front: Front) -> Self {
        Self { answer, front, sent: AtomicUsize::new(0) }
    }

    fn push_characters(&self, output: &mut Vec<u8>) {
        let start = self.sent.fetch_add(CHARGEN_MOST, Ordering::Relaxed) % CYCLE;
        // The pattern holds several cycles, so an answer that begins in the first ends within it.
        output.extend(chargen().iter().skip(start).take(CHARGEN_MOST));
    }
}

impl Service for Answers {
    fn serve(
        &self,
        connection: &Arc<Connection>,
        shared: &Shared,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        stream::serve(self, connection, shared)
    }

    fn has_files(&self) -> bool {
        self.front.has_files()
    }

    fn reload(&self) -> Result<(), Failure> {
        self.front.reload()
    }

    fn answer(&self, datagram: &[u8], output: &mut Vec<u8>) -> bool {
        match &self.answer {
            Answer::Echo => output.extend_from_slice(datagram),
            Answer::Reply(template) => template.fill(datagram, output),
            Answer::Chargen => self.push_characters(output),
            Answer::Discard | Answer::SendFile(_) => return false,
        }
        true
    }
}

/// A file that every client gets, read at each client's own offset.
#[derive(Debug)]
pub(super) struct SharedFile {
    file: File,
    path: PathBuf,
}

impl SharedFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &io::Error| {
            let failure = Failure::io(format_args!("--send-file {}", path.display()), error);
            failure.done_to("read", path.display())
        };
        // Before it is opened: to open a FIFO waits for who writes it.
        let is_file = |metadata: Metadata| {
            let message = || format!("--send-file {}: not a regular file", path.display());
            let failure = || Failure::misuse(message()).hint("every client is sent the file from its start");
            metadata.is_file().then_some(()).ok_or_else(failure)
        };
        is_file(fs::metadata(path).map_err(|error| failed(&error))?)?;
        let file = File::open(path).map_err(|error| failed(&error))?;
        is_file(file.metadata().map_err(|error| failed(&error))?)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The file, of which nobody may move the position.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Reads at `offset`; 0 at the end.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The characters of RFC 864: lines of 72, each beginning one character later than the one before.
const LINE: usize = 72;
/// The printable characters of ASCII, space to tilde.
const CHARACTERS: usize = 95;
/// After so many bytes the pattern begins again.
pub(super) const CYCLE: usize = CHARACTERS * (LINE + 2);

/// The pattern, as many cycles as make a worthwhile send.
pub(super) fn chargen() -> &'static [u8] {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let line = |start: usize| {
            let letters =
                (start..start + LINE).map(|index| b' ' + u8::try_from(index % CHARACTERS).unwrap_or(0));
            letters.chain(*b"\r\n").collect::<Vec<u8>>()
        };
        let cycle: Vec<u8> = (0..CHARACTERS).flat_map(line).collect();
        cycle.repeat(PIECE.div_ceil(CYCLE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_that_of_rfc_864() {
        let pattern = chargen();
        let lines: Vec<&[u8]> = pattern.chunks(LINE + 2).collect();
        assert_eq!(&lines[0][..10], b" !\"#$%&'()");
        assert_eq!(&lines[1][..3], b"!\"#");
        assert_eq!(&lines[94][..2], b"~ ", "after the last character comes the first");
        assert!(lines.iter().all(|line| line.len() == 74 && line.ends_with(b"\r\n")));
        assert_eq!(pattern.len() % CYCLE, 0, "it can be sent again and again");
        assert_eq!(&pattern[..CYCLE], &pattern[CYCLE..2 * CYCLE]);
    }
}
