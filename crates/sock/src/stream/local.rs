//! What is no socket, as a stream: a program, a terminal, a file, a descriptor that this process was given.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcdrain, tcgetattr, tcsetattr,
};
use tokio::task::spawn_blocking;

use super::buffer::{PIECE, with_buffer};
use super::handle::{Reader, Writer};
use super::program::Program;
use super::{Broken, Nature};
use crate::exit::{Exit, Failure};

/// What is no socket, as a stream.
pub struct LocalStream {
    /// How it is called: `exec:cat`.
    name: String,
    nature: Nature,
    /// `None` where it gives nothing.
    reader: Option<Reader>,
    /// `None` where it takes nothing, and once it was told the end.
    writer: Mutex<Option<Arc<Writer>>>,
    /// What is said of one that takes nothing from the start.
    refusal: Option<&'static str>,
    program: Option<Program>,
    terminal: Option<Terminal>,
    /// A name that goes with it.
    #[allow(dead_code, reason = "held, never read")]
    link: Option<Link>,
}

/// What a stream is made of.
pub struct Parts {
    /// How it is called.
    pub name: String,
    /// What it can do.
    pub nature: Nature,
    /// What is read; `None` where it gives nothing.
    pub reader: Option<Source>,
    /// What is written; `None` where it takes nothing.
    pub writer: Option<Source>,
    /// What is said of one that takes nothing.
    pub refusal: &'static str,
}

/// A descriptor of a stream.
pub enum Source {
    /// Ours alone: read and written without blocking.
    Own(OwnedFd),
    /// In use elsewhere too, or a file.
    Given(OwnedFd),
}

impl LocalStream {
    /// Puts one together, on the runtime that it is to be used on.
    ///
    /// # Errors
    ///
    /// Fails where the reactor cannot have a descriptor.
    pub fn new(parts: Parts) -> Result<Self, Failure> {
        let Parts { name, nature, reader, writer, refusal } = parts;
        let failed = |error: &io::Error| Failure::io(format_args!("open {name}"), error);
        let reader = reader.map(|source| match source {
            Source::Own(fd) => Reader::own(fd),
            Source::Given(fd) => Reader::new(fd.as_fd()),
        });
        let refusal = writer.is_none().then_some(refusal);
        let writer = writer.map(|source| match source {
            Source::Own(fd) => Writer::own(fd),
            Source::Given(fd) => Writer::new(fd.as_fd()),
        });
        let (reader, writer) = (
            reader.transpose().map_err(|error| failed(&error))?,
            writer.transpose().map_err(|error| failed(&error))?,
        );
        let writer = Mutex::new(writer.map(Arc::new));
        Ok(Self { name, nature, reader, writer, refusal, program: None, terminal: None, link: None })
    }

    /// With the program that is behind it.
    #[must_use]
    pub fn of_program(self, program: Option<Program>) -> Self {
        Self { program, ..self }
    }

    /// With the terminal that it is.
    #[must_use]
    pub fn of_terminal(self, terminal: Terminal) -> Self {
        Self { terminal: Some(terminal), ..self }
    }

    /// With a link that goes when it does.
    #[must_use]
    pub fn with_link(self, link: Option<Link>) -> Self {
        Self { link, ..self }
    }

    pub(super) const fn nature(&self) -> Nature {
        self.nature
    }

    pub(super) async fn receive<R>(
        &self,
        most: usize,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>, Failure> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let most = most.min(PIECE);
        let reading = reader.read(most, |read| {
            with_buffer(|buffer| {
                let length = read(&mut buffer[..most])?;
                Ok((length > 0).then(|| take(&buffer[..length])))
            })
        });
        let outcome = match &self.program {
            Some(program) => tokio::select! {
                biased;
                outcome = reading => outcome,
                () = program.is_silent() => return Ok(None),
            },
            None => reading.await,
        };
        match outcome {
            // A terminal that nobody has open any more.
            Err(error) if self.terminal.is_some() && is_hung_up(&error) => Ok(None),
            outcome => outcome.map_err(|error| Failure::io(format_args!("read {}", self.name), &error)),
        }
    }

    fn writer(&self) -> Result<Arc<Writer>, Broken> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        writer.ok_or_else(|| {
            let why = self.refusal.unwrap_or("it was told the end");
            Broken::Failed(Failure::new(Exit::Other, format_args!("write {}: {why}", self.name)))
        })
    }

    pub(super) fn try_send(&self, bytes: &[u8]) -> Result<Option<usize>, Broken> {
        match self.writer()?.try_write(bytes) {
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) if self.is_refused(&error) => Ok(Some(bytes.len())),
            result => result.map(Some).map_err(|error| self.broken(&error)),
        }
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<usize, Broken> {
        let writer = self.writer()?;
        loop {
            writer.ready().await.map_err(|error| self.broken(&error))?;
            match writer.try_write(bytes) {
                Err(error) if is_passing(&error) => {}
                Err(error) if self.is_refused(&error) => return Ok(bytes.len()),
                result => return result.map_err(|error| self.broken(&error)),
            }
        }
    }

    /// Whether a program wants no more of its input, as `head -1`: the rest is nobody's, and the program's own status
    /// tells how it fared.
    fn is_refused(&self, error: &io::Error) -> bool {
        self.program.is_some() && error.kind() == io::ErrorKind::BrokenPipe
    }

    fn broken(&self, error: &io::Error) -> Broken {
        let name = &self.name;
        Broken::Failed(match error.kind() {
            io::ErrorKind::BrokenPipe => {
                Failure::new(Exit::Reset, format_args!("{name}: nobody reads what it is sent"))
            }
            _ if self.terminal.is_some() && is_hung_up(error) => {
                Failure::new(Exit::Reset, format_args!("{name}: nobody has the terminal open any more"))
            }
            _ => Failure::io(format_args!("write {name}"), error),
        })
    }

    /// The end of what it is sent: of a program's input. On a terminal it is the letter that stands for it (Ctrl-D),
    /// where the program reads lines.
    pub(super) async fn end(&self) -> Result<(), Broken> {
        if let (Some(terminal), Some(_)) = (&self.terminal, &self.program) {
            let Some(letter) = terminal.end_of_file() else { return Ok(()) };
            return self.send(&[letter]).await.map(drop);
        }
        if self.terminal.is_none() {
            drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        Ok(())
    }

    /// A serial line still has to send what it was given.
    pub(super) async fn delivered(&self) -> Result<(), Failure> {
        let (Some(terminal), None) = (&self.terminal, &self.program) else { return Ok(()) };
        let Ok(line) = terminal.file.try_clone() else { return Ok(()) };
        let drained = spawn_blocking(move || tcdrain(line)).await;
        match drained {
            Ok(Err(error)) if error != Errno::IO => {
                Err(Failure::io(format_args!("write {}", self.name), &error.into()))
            }
            _ => Ok(()),
        }
    }

    /// A program takes nothing once it has ended, nor does a terminal that has hung up.
    pub(super) async fn gone(&self) -> Option<Failure> {
        match (&self.program, &self.terminal) {
            (Some(program), _) => drop(program.ended().await),
            (None, Some(_)) => {}
            (None, None) => std::future::pending().await,
        }
        None
    }

    /// Lets go of what is behind it; `regular` where all went as it should, and a program may still end by itself.
    /// Gives what a program failed with.
    pub(super) async fn finish(&self, regular: bool) -> Option<Failure> {
        self.program.as_ref()?.finish(regular).await
    }
}

/// A terminal, and how it was set before.
pub struct Terminal {
    file: File,
    before: Option<Termios>,
}

impl Terminal {
    /// A terminal, of ours or the program's side of one.
    pub fn new(fd: OwnedFd) -> Self {
        Self { file: fd.into(), before: None }
    }

    /// Has it pass every byte as it is, at `speed` bits a second, until this is dropped.
    ///
    /// # Errors
    ///
    /// Fails where it is no terminal, and where it knows no such speed.
    pub fn make_raw(&mut self, speed: Option<u32>) -> io::Result<()> {
        let before = tcgetattr(&self.file)?;
        let mut raw = before.clone();
        raw.make_raw();
        if let Some(speed) = speed {
            raw.set_speed(speed)?;
        }
        tcsetattr(&self.file, OptionalActions::Now, &raw)?;
        self.before = Some(before);
        Ok(())
    }

    /// The letter that ends the input, where lines are read.
    fn end_of_file(&self) -> Option<u8> {
        let now = tcgetattr(&self.file).ok()?;
        now.local_modes.contains(LocalModes::ICANON).then(|| now.special_codes[SpecialCodeIndex::VEOF])
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // One that is gone has no mode.
            let _ = tcsetattr(&self.file, OptionalActions::Now, before);
        }
    }
}

/// A symbolic link that goes when this is dropped, unless another has taken its place.
pub struct Link {
    /// Where it stands.
    pub path: PathBuf,
    /// Where it leads.
    pub to: PathBuf,
}

impl Drop for Link {
    fn drop(&mut self) {
        let is_ours = std::fs::read_link(&self.path).is_ok_and(|to| to == self.to);
        if is_ours {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn is_hung_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::IO.raw_os_error())
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
