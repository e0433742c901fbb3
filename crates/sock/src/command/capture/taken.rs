//! The packets that were taken: shown, written, counted.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use berkeley_packet::{LinkType, Packet};

use super::browse::Keeper;
use super::files::Files;
use super::out::{Out, Stream};
use super::source::Counted;
use crate::cli::CaptureArgs;
use crate::exit::Failure;
use crate::packet::{Printer, Seen};
use crate::report::console;
use crate::report::json::Event;

/// A packet, and where it was taken.
pub(super) struct Captured<'p> {
    pub(super) interface: u32,
    /// Empty for an interface that is younger than the capture.
    pub(super) name: &'p str,
    pub(super) link: LinkType,
    /// Since 1970.
    pub(super) time: Duration,
    /// How long it was on the wire.
    pub(super) length: usize,
    pub(super) bytes: &'p [u8],
}

/// What becomes of the packets.
pub(super) struct Taken {
    shown: Option<Shown>,
    /// The packets in a browser.
    browsed: Option<Keeper>,
    files: Option<Files>,
    most: Option<u64>,
    count: u64,
    json: bool,
    /// Whether nobody reads any more what is shown, and nothing is written.
    has_no_reader: bool,
}

/// The packets as text, on standard output.
struct Shown {
    printer: Printer,
    waiting: Vec<u8>,
    out: Option<Out>,
}

impl Taken {
    /// Makes the file, where there is to be one.
    pub(super) fn new(args: &CaptureArgs, browsed: Option<Keeper>) -> Result<Self, Failure> {
        let standard = args.write.as_deref().is_some_and(|path| path.as_os_str() == "-");
        let wanted = browsed.is_none() && (args.write.is_none() || args.print || args.packets.json);
        if standard && (args.print || args.packets.json) {
            return Err(Failure::misuse(
                "--write - takes standard output: nothing else can be printed there",
            ));
        }
        let shown = wanted.then(|| Shown {
            printer: Printer::new(args.packets.look()),
            waiting: Vec::new(),
            out: None,
        });
        Ok(Self {
            shown,
            browsed,
            files: args.write.as_deref().map(|path| Files::open(args, path)).transpose()?,
            most: args.count.map(Into::into),
            count: 0,
            json: args.packets.json,
            has_no_reader: false,
        })
    }

    /// The folder in which more files are made.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.files.as_ref().and_then(Files::folder)
    }

    /// Starts what writes to standard output.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        if let Some(shown) = &mut self.shown {
            let stream =
                Stream::start(io::stdout()).map_err(|error| Failure::io("start a thread", &error))?;
            shown.out = Some(Out::Stream(stream));
        }
        Ok(())
    }

    /// Whether no more packets are wanted.
    pub(super) fn is_enough(&self) -> bool {
        self.has_no_reader || self.most.is_some_and(|most| self.count >= most)
    }

    /// Takes one packet.
    pub(super) fn packet(&mut self, packet: &Captured<'_>) -> Result<(), Failure> {
        self.count += 1;
        if let Some(shown) = &mut self.shown {
            shown.packet(self.count, packet);
        }
        if let Some(browsed) = &mut self.browsed {
            browsed.packet(packet);
        }
        match &mut self.files {
            Some(files) => files.packet(packet),
            None => Ok(()),
        }
    }

    /// Whether the kernel's counters are looked at while packets come.
    pub(super) fn is_browsed(&self) -> bool {
        self.browsed.is_some()
    }

    /// Shows what the kernel has counted so far, to who browses.
    pub(super) fn counted(&self, counted: Counted) {
        if let Some(browsed) = &self.browsed {
            browsed.counted(counted);
        }
    }

    /// Writes what there is; begins the next file where this one is full.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        if let Some(browsed) = &mut self.browsed {
            browsed.show();
        }
        self.show().await?;
        if let Some(files) = &mut self.files {
            files.flush().await?;
            if files.is_full() {
                files.rotate()?;
            }
        }
        Ok(())
    }

    /// Writes to standard output. A reader that has gone, as `head` does, has had enough.
    async fn show(&mut self) -> Result<(), Failure> {
        let Some(shown) = &mut self.shown else { return Ok(()) };
        let outcome = shown.flush().await;
        self.shown_to(outcome)
    }

    fn shown_to(&mut self, outcome: io::Result<()>) -> Result<(), Failure> {
        match outcome {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.shown = None;
                self.has_no_reader = self.files.is_none();
                Ok(())
            }
            outcome => outcome.map_err(|error| Failure::io("write standard output", &error)),
        }
    }

    /// Writes the rest, and what was counted.
    pub(super) async fn end(&mut self, counted: Counted) -> Result<(), Failure> {
        let summary = Event::new("summary")
            .field("packets", self.count)
            .field("offered", counted.offered)
            .field("dropped", counted.dropped);
        if let Some(files) = &mut self.files {
            files.end(counted).await?;
        }
        if let Some(shown) = self.shown.as_mut().filter(|_| self.json) {
            *shown.printer.text() += &summary.into_line();
        }
        self.show().await?;
        if let Some(out) = self.shown.as_mut().and_then(|shown| shown.out.as_mut()) {
            let closed = out.close(super::MOMENT);
            self.shown_to(closed)?;
        }
        Ok(())
    }

    /// Says what was counted.
    pub(super) fn say(&self, counted: Counted) {
        if self.json {
            return;
        }
        let packets = if self.count == 1 { "packet" } else { "packets" };
        console::note(format_args!(
            "{} {packets} captured, {} received by the filter, {} dropped by the kernel",
            self.count, counted.offered, counted.dropped
        ));
    }
}

impl Shown {
    fn packet(&mut self, number: u64, packet: &Captured<'_>) {
        let decoded = Packet::decode_cut(packet.link, packet.bytes, packet.length);
        self.printer.packet(&Seen {
            packet: &decoded,
            assembled: None,
            number,
            time: Some(packet.time),
            link: packet.link,
            interface: (!packet.name.is_empty()).then_some(packet.name),
        });
    }

    async fn flush(&mut self) -> io::Result<()> {
        let text = self.printer.text();
        self.waiting.extend_from_slice(text.as_bytes());
        text.clear();
        match &mut self.out {
            Some(out) => out.write(&mut self.waiting).await,
            None => Ok(()),
        }
    }
}
