//! The file that packets are written to, and the next one when it is full.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use berkeley_packet::file::Encoder;

use super::out::Out;
use super::source::Counted;
use super::taken::Captured;
use crate::cli::CaptureArgs;
use crate::exit::Failure;

/// How much is gathered before a file has it: what a processor's cache holds beside a block of the ring.
const PIECE: u64 = 128 * 1024;

/// The files, one after the other.
pub(super) struct Files {
    path: PathBuf,
    snap: u32,
    size: Option<NonZeroU64>,
    time: Option<Duration>,
    keep: Option<NonZeroUsize>,
    /// How many were begun before this one.
    number: u64,
    begun: Instant,
    /// The bytes of this one, those that are not written yet included.
    length: u64,
    older: VecDeque<PathBuf>,
    out: Out,
    encoder: Encoder,
    /// The number of each interface in this file.
    interfaces: HashMap<u32, u32>,
    /// The interface of the last packet, and its number: mostly that of the next one too.
    last: Option<(u32, u32)>,
}

impl Files {
    /// Makes the first file, or takes standard output for `-`.
    pub(super) fn open(args: &CaptureArgs, path: &Path) -> Result<Self, Failure> {
        let rotates = args.rotate_size.is_some() || args.rotate_time.is_some();
        let is_standard = path.as_os_str() == "-";
        if rotates && is_standard {
            return Err(Failure::misuse("--rotate-size and --rotate-time want a file, not standard output"));
        }
        if args.files.is_some() && !rotates {
            return Err(Failure::misuse("--files wants --rotate-size or --rotate-time")
                .hint("--files says how many of the files to keep"));
        }
        let out = if is_standard { standard_output() } else { made(path) };
        let out = out.map_err(|error| failed(path, &error))?;
        if rotates && matches!(out, Out::Stream(_)) {
            return Err(Failure::misuse(format_args!(
                "{}: --rotate-size and --rotate-time want a regular file",
                path.display()
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            snap: args.kept(),
            size: args.rotate_size,
            time: args.rotate_time.map(|time| time.0),
            keep: args.files,
            number: 0,
            begun: Instant::now(),
            length: 0,
            older: VecDeque::new(),
            out,
            encoder: Encoder::pcapng(),
            interfaces: HashMap::new(),
            last: None,
        })
    }

    /// The folder in which more files are made, where there will be more.
    pub(super) fn folder(&self) -> Option<&Path> {
        (self.size.is_some() || self.time.is_some()).then(|| match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        })
    }

    /// Whether this file has had enough.
    pub(super) fn is_full(&self) -> bool {
        let length = self.length + self.pending();
        self.size.is_some_and(|most| length >= most.get())
            || self.time.is_some_and(|most| self.begun.elapsed() >= most && !self.interfaces.is_empty())
    }

    fn pending(&self) -> u64 {
        u64::try_from(self.encoder.buffer().len()).unwrap_or(u64::MAX)
    }

    /// Adds the packet.
    pub(super) fn packet(&mut self, packet: &Captured<'_>) -> Result<(), Failure> {
        let number = match self.last {
            Some((interface, number)) if interface == packet.interface => Ok(number),
            _ => self.number_of(packet),
        };
        number
            .and_then(|number| self.encoder.packet(number, packet.time, packet.length, packet.bytes))
            .and_then(|()| self.spill())
            .map_err(|error| failed(&self.path, &error))
    }

    /// Writes what there is where that is much.
    fn spill(&mut self) -> io::Result<()> {
        let pending = self.pending();
        if pending >= PIECE {
            self.out.write_to_file(self.encoder.buffer_mut())?;
            self.length += pending - self.pending();
        }
        Ok(())
    }

    /// The number of the packet's interface in this file, which is told of it first.
    fn number_of(&mut self, packet: &Captured<'_>) -> io::Result<u32> {
        let number = match self.interfaces.get(&packet.interface) {
            Some(known) => *known,
            None => self.encoder.interface(packet.name, packet.link, self.snap)?,
        };
        self.interfaces.insert(packet.interface, number);
        self.last = Some((packet.interface, number));
        Ok(number)
    }

    /// Writes what there is.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let pending = self.pending();
        self.out.write(self.encoder.buffer_mut()).await.map_err(|error| failed(&self.path, &error))?;
        self.length += pending;
        Ok(())
    }

    /// Begins the next file; the oldest goes where there are too many.
    pub(super) fn rotate(&mut self) -> Result<(), Failure> {
        self.older.push_back(numbered(&self.path, self.number));
        self.number += 1;
        let next = numbered(&self.path, self.number);
        self.out = made(&next).map_err(|error| failed(&next, &error))?;
        self.encoder = Encoder::pcapng();
        self.interfaces.clear();
        self.last = None;
        (self.begun, self.length) = (Instant::now(), 0);
        while self.keep.is_some_and(|keep| self.older.len() >= keep.get()) {
            let Some(oldest) = self.older.pop_front() else { break };
            fs::remove_file(&oldest).map_err(|error| failed(&oldest, &error))?;
        }
        Ok(())
    }

    /// Writes the counters, and waits until all is written.
    pub(super) async fn end(&mut self, counted: Counted) -> Result<(), Failure> {
        if !self.interfaces.is_empty() {
            // The ring has one counter for all interfaces: it stands with the first.
            self.encoder.drops(0, counted.offered, counted.dropped);
        }
        self.flush().await?;
        self.out.close(super::MOMENT).map_err(|error| failed(&self.path, &error))
    }
}

fn made(path: &Path) -> io::Result<Out> {
    Out::file(File::create(path)?)
}

fn standard_output() -> io::Result<Out> {
    // A descriptor of its own: the handle of std's has a buffer that ends at lines.
    Out::file(rustix::io::dup(rustix::stdio::stdout())?.into())
}

/// `trace.pcapng`, `trace-1.pcapng`, `trace-2.pcapng`, ...
fn numbered(path: &Path, number: u64) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::io(format_args!("write {}", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_numbered_before_their_ending() {
        let rows = [
            ("trace.pcapng", 0, "trace.pcapng"),
            ("/tmp/trace.pcapng", 1, "/tmp/trace-1.pcapng"),
            ("trace", 12, "trace-12"),
            ("a.b/c.d.pcap", 2, "a.b/c.d-2.pcap"),
        ];
        for (path, number, want) in rows {
            assert_eq!(numbered(Path::new(path), number), Path::new(want));
        }
    }
}
