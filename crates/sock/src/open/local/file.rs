//! Files of any kind but sockets: `file:`, and a path alone.
//!
//! A file and a FIFO are read; with `?append` or `?create` they are written, and give nothing. A device is both.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::isatty;
use tokio::time::sleep;

use super::opened;
use super::terminal::{no_half_close, serial, three};
use crate::endpoint::{Endpoint, Nature, Place};
use crate::exit::{Exit, Failure};
use crate::open::unix_path::as_path;
use crate::open::worker::{CONNECT_TIMEOUT, Connected, Terms, on_a_worker};
use crate::quantity::Period;
use crate::stream::{LocalStream, Parts, Source};

/// How often it is looked whether a FIFO has a reader.
const LOOK: Duration = Duration::from_millis(20);

/// What is said of a file that is sent something.
const READ: &str = "it is open to be read; ?append or ?create has it written";

/// What a path leads to, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    File,
    Fifo,
    Device,
}

pub(super) async fn connected(endpoint: Endpoint, terms: Terms) -> Result<Connected, Failure> {
    let Place::File(path) = &endpoint.place else {
        return Err(Failure::misuse(format_args!("{endpoint}: wants a path")));
    };
    let path = as_path(path).to_owned();
    let kind = kind(&endpoint, &path)?;
    refuse_what_cannot_act(&endpoint, kind)?;
    let local = &endpoint.own.local;
    let name = path.display().to_string();
    let failed = |error: &io::Error| Failure::io(format_args!("open {name}"), error);
    if kind == Kind::Device {
        let file = device(&path).map_err(|error| failed(&error))?;
        return of_device(&endpoint, file, name);
    }
    let (parts, writes) = (
        |reader, writer| Parts { name: name.clone(), nature: Nature::STREAM, reader, writer, refusal: READ },
        local.append || local.create,
    );
    let parts = if writes {
        let fd = if kind == Kind::Fifo {
            fifo(&path, terms.timeout.map_or(CONNECT_TIMEOUT, |period| period.0)).await?
        } else {
            let (append, create) = (local.append, local.create);
            let opening = on_a_worker("open a file", move || Ok(written(&path, append, create)));
            opening.await?.map_err(|error| exists(&endpoint, failed(&error), &error))?.into()
        };
        let source = if kind == Kind::Fifo { Source::Own(fd) } else { Source::Given(fd) };
        parts(None, Some(source))
    } else {
        // A FIFO opens at once, also where nobody has it open to write: to read it waits for a writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| failed(&error.into()))?;
        parts(Some(if kind == Kind::Fifo { Source::Own(fd) } else { Source::Given(fd) }), None)
    };
    Ok(opened(LocalStream::new(parts)?, name, Vec::new()))
}

/// What is at the path, if it can be a stream.
fn kind(endpoint: &Endpoint, path: &Path) -> Result<Kind, Failure> {
    let span = || endpoint.source.place().whole.clone();
    let refused = |message: &str| Err(Failure::misuse(endpoint.source.fault(span(), message)));
    let found = match fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if endpoint.own.local.create {
                return Ok(Kind::Nothing);
            }
            let failure = Failure::io(format_args!("open {}", path.display()), &error);
            return Err(failure.hint("?create makes a file that is not there"));
        }
        Err(error) => return Err(Failure::io(format_args!("open {}", path.display()), &error)),
    };
    if found.is_socket() {
        return refused("this is a socket: a Unix socket's path stands after \"unix:\"");
    }
    if found.is_dir() {
        return refused("this is a directory: file: takes a file, a FIFO or a character device");
    }
    if found.is_block_device() {
        return refused("this is a block device: file: takes a file, a FIFO or a character device");
    }
    Ok(match found {
        found if found.is_fifo() => Kind::Fifo,
        found if found.is_char_device() => Kind::Device,
        _ => Kind::File,
    })
}

/// Refuses an option that what is at the path cannot act on.
fn refuse_what_cannot_act(endpoint: &Endpoint, kind: Kind) -> Result<(), Failure> {
    let local = &endpoint.own.local;
    let rows = [
        (local.speed.is_some() && kind != Kind::Device, "speed", OF_A_LINE),
        (
            local.append && kind == Kind::Device,
            "append",
            "belongs to files and FIFOs; a device is written as it is",
        ),
        (local.create && kind == Kind::Device, "create", "belongs to files, and this is a device"),
        (
            local.create && kind == Kind::Fifo,
            "create",
            "belongs to files, and this is a FIFO; ?append writes to it",
        ),
    ];
    match rows.iter().find(|(given, ..)| *given) {
        Some((_, option, why)) => Err(cannot_act(endpoint, option, why)),
        None => Ok(()),
    }
}

/// Why `?speed=` cannot act.
const OF_A_LINE: &str = "belongs to a serial line, and this is none";

fn cannot_act(endpoint: &Endpoint, option: &str, why: &str) -> Failure {
    Failure::misuse(endpoint.source.fault_of(option, format!("option \"{option}\" {why}")))
}

/// Opens a device for both directions, or for the one that is allowed.
fn device(path: &Path) -> io::Result<File> {
    let open = |access| {
        let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty())
    };
    let fd = match open(OFlags::RDWR) {
        Err(Errno::ACCESS) => open(OFlags::RDONLY).or_else(|_| open(OFlags::WRONLY)),
        outcome => outcome,
    };
    Ok(File::from(fd?))
}

fn of_device(endpoint: &Endpoint, file: File, name: String) -> Result<Connected, Failure> {
    let failed = |error: &io::Error| Failure::io(format_args!("open {name}"), error);
    if !isatty(&file) {
        if endpoint.own.local.speed.is_some() {
            return Err(cannot_act(endpoint, "speed", OF_A_LINE));
        }
        let [read, write, _] = three(file.into())?;
        let (reader, writer) = (Some(Source::Given(read)), Some(Source::Given(write)));
        let parts = Parts { name: name.clone(), nature: Nature::STREAM, reader, writer, refusal: READ };
        return Ok(opened(LocalStream::new(parts)?, name, Vec::new()));
    }
    let terminal = serial(&file, endpoint.own.local.speed).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => {
            Failure::misuse(endpoint.source.fault_of("speed", "this line has no such speed"))
        }
        _ => failed(&error),
    })?;
    let [read, write, _] = three(file.into())?;
    let parts = Parts {
        name: name.clone(),
        nature: Nature::TERMINAL,
        reader: Some(Source::Own(read)),
        writer: Some(Source::Own(write)),
        refusal: READ,
    };
    let notes = vec![no_half_close(&name)];
    Ok(opened(LocalStream::new(parts)?.of_terminal(terminal), name, notes))
}

/// Opens a file to be written: at its end, or one that is new.
fn written(path: &Path, append: bool, create: bool) -> io::Result<File> {
    let mut options = File::options();
    options.append(append).write(true);
    match (append, create) {
        (true, create) => options.create(create).open(path),
        (false, _) => options.create_new(true).open(path),
    }
}

/// A new file that is there already is not emptied.
fn exists(endpoint: &Endpoint, failure: Failure, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return failure;
    }
    let message = "this file exists, and stays as it is; ?create&append adds to it";
    let whole = endpoint.source.place().whole.clone();
    Failure { exit: Exit::AddressInUse, ..Failure::misuse(endpoint.source.fault(whole, message)) }
}

/// Opens a FIFO to be written, as soon as somebody reads it.
async fn fifo(path: &Path, limit: Duration) -> Result<OwnedFd, Failure> {
    let end = Instant::now().checked_add(limit);
    loop {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Err(Errno::NXIO) if end.is_none_or(|end| Instant::now() < end) => sleep(LOOK).await,
            Err(Errno::NXIO) => {
                let message =
                    format!("open {}: nobody read the FIFO within {}", path.display(), Period(limit));
                return Err(Failure::new(Exit::Timeout, message).hint("--timeout sets how long that may be"));
            }
            outcome => {
                return outcome
                    .map_err(|error| Failure::io(format_args!("open {}", path.display()), &error.into()));
            }
        }
    }
}
