//! New pseudo-terminals: `pty:`. pty(7).

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::opened;
use crate::endpoint::{Endpoint, Nature};
use crate::exit::{Exit, Failure};
use crate::open::worker::Connected;
use crate::stream::{Link, LocalStream, Parts, Source, Terminal};

/// A new pseudo-terminal.
pub(super) struct Pty {
    /// Our side.
    pub(super) master: OwnedFd,
    /// Where the other side is, for who uses it as a terminal.
    pub(super) path: PathBuf,
}

impl Pty {
    pub(super) fn new() -> Result<Self, Failure> {
        Self::open().map_err(|error| {
            Failure::io("open a terminal", &error).hint("each takes one of /proc/sys/kernel/pty/max")
        })
    }

    fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(OsStr::from_bytes(ptsname(&master, Vec::new())?.as_bytes()));
        Ok(Self { master, path })
    }

    /// Opens the other side. Once it is closed again, ours has ended.
    pub(super) fn slave(&self) -> Result<OwnedFd, Failure> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(&self.path, flags, Mode::empty());
        opened.map_err(|error| Failure::io(format_args!("open {}", self.path.display()), &error.into()))
    }
}

/// The descriptor, and two of the same open file.
pub(super) fn three(fd: OwnedFd) -> Result<[OwnedFd; 3], Failure> {
    let again = || fd.try_clone().map_err(|error| Failure::io("open a terminal", &error));
    Ok([again()?, again()?, fd])
}

pub(super) fn connected(endpoint: &Endpoint) -> Result<Connected, Failure> {
    let Pty { master, path } = Pty::new()?;
    let [read, write, mode] = three(master)?;
    let mut terminal = Terminal::new(mode);
    // Set through our side, which sets the other.
    terminal.make_raw(None).map_err(|error| Failure::io("set the terminal", &error))?;
    let link = endpoint.own.local.link.as_deref().map(|link| made(&path, link)).transpose()?;
    let name = format!("pty {}", path.display());
    let parts = Parts {
        name: name.clone(),
        nature: Nature::TERMINAL,
        reader: Some(Source::Own(read)),
        writer: Some(Source::Own(write)),
        refusal: "it takes nothing",
    };
    let stream = LocalStream::new(parts)?.of_terminal(terminal).with_link(link);
    Ok(opened(stream, path.display().to_string(), vec![no_half_close(&name)]))
}

/// What a person has to know of a terminal.
pub(super) fn no_half_close(name: &str) -> String {
    format!("{name}: a terminal has no half-close: its end, and the other's, end both directions")
}

/// Makes a link to the terminal; one that is left of an earlier one is replaced, all else stays.
fn made(path: &Path, link: &Path) -> Result<Link, Failure> {
    let failed = |error: &io::Error| Failure::io(format_args!("link {}", link.display()), error);
    let is_left = fs::read_link(link).is_ok_and(|old| old.starts_with("/dev/pts"));
    if is_left {
        fs::remove_file(link).map_err(|error| failed(&error))?;
    }
    match symlink(path, link) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let message = format!("{} exists, and is no link to a terminal", link.display());
            Err(Failure::new(Exit::AddressInUse, message).hint("choose another path, or remove it yourself"))
        }
        outcome => {
            let made = outcome.map(|()| Link { path: link.to_owned(), to: path.to_owned() });
            made.map_err(|error| failed(&error))
        }
    }
}

/// The number of bits a second and the mode of a line, set until the stream is dropped.
pub(super) fn serial(file: &File, speed: Option<u32>) -> io::Result<Terminal> {
    let mut terminal = Terminal::new(file.try_clone()?.into());
    terminal.make_raw(speed)?;
    Ok(terminal)
}
