//! From packets to text, and out.

use std::io::{self, ErrorKind};
use std::iter;
use std::time::Duration;

use berkeley_packet::stream::Beginnings;
use berkeley_packet::{LinkType, Packet, show};

use super::clock::{Clock, Times, push_number};
use crate::exit::Failure;
use crate::report::json::Event;
use crate::report::patience;

/// How much is gathered before it is written.
const PIECE: usize = 64 * 1024;

/// The columns of boxes where no terminal says how many.
const COLUMNS: usize = 100;

/// How packets are shown: a line each, and what is asked for behind it; or an event each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Each layer as a box.
    pub layers: bool,
    /// All bytes as a hex dump.
    pub hex: bool,
    /// As events, one JSON object a line.
    pub json: bool,
    /// Which time stands before a packet.
    pub times: Times,
    /// The columns of the terminal that reads it.
    pub width: Option<usize>,
}

/// A packet, and what is known of how it came.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The packet.
    pub packet: &'a Packet<'a>,
    /// What it and the fragments before it come to, where it is the last of them: from the IP header on.
    pub assembled: Option<&'a Packet<'a>>,
    /// Its number in the capture, from 1.
    pub number: u64,
    /// When it came, since 1970.
    pub time: Option<Duration>,
    /// What it begins with.
    pub link: LinkType,
    /// The interface's name, where it is known.
    pub interface: Option<&'a str>,
}

/// Shows packets on standard output.
#[derive(Debug)]
pub struct Printer {
    look: Look,
    clock: Clock,
    beginnings: Beginnings,
    out: String,
}

impl Printer {
    /// One that shows them so.
    pub fn new(look: Look) -> Self {
        Self {
            look,
            clock: Clock::new(look.times),
            beginnings: Beginnings::new(),
            out: String::with_capacity(2 * PIECE),
        }
    }

    /// Remembers the time of a packet that is not shown.
    pub fn pass(&mut self, time: Option<Duration>) {
        self.clock.pass(time);
    }

    /// Shows a packet; it waits until it is written.
    pub fn packet(&mut self, seen: &Seen<'_>) {
        if self.look.json {
            self.event(seen);
            return;
        }
        push_number(seen.number, &mut self.out);
        self.out.push(' ');
        self.clock.push(seen.time, &mut self.out);
        // Writing to a String never fails.
        let packet = seen.assembled.unwrap_or(seen.packet);
        let _ = show::line_from(packet, self.beginnings.of(packet), &mut self.out);
        if seen.assembled.is_some() {
            self.out.push_str(" [put together from fragments]");
        }
        self.out.push('\n');
        if self.look.layers {
            for packet in iter::once(seen.packet).chain(seen.assembled) {
                let _ = show::boxes(packet, self.look.width.unwrap_or(COLUMNS), &mut self.out);
            }
        }
        if self.look.hex {
            let _ = show::hex(seen.packet.bytes(), &mut self.out);
        }
    }

    fn event(&mut self, seen: &Seen<'_>) {
        let mut packet = String::with_capacity(1024);
        show::json_assembled(seen.packet, seen.assembled, &mut packet);
        let event = Event::at("packet", seen.time)
            .field("number", seen.number)
            .field("link", seen.link.as_raw())
            .field("interface", seen.interface)
            .json("packet", &packet);
        self.out.push_str(&event.into_line());
    }

    /// The text that waits, to which more may be added.
    pub fn text(&mut self) -> &mut String {
        &mut self.out
    }

    /// Writes what waits, where that is much. False where nobody reads it any more.
    ///
    /// # Errors
    ///
    /// Where standard output cannot be written.
    pub fn write_much(&mut self) -> Result<bool, Failure> {
        if self.out.len() < PIECE { Ok(true) } else { self.write() }
    }

    /// Writes what waits. False where nobody reads it any more, as behind `head`: that is no failure.
    ///
    /// # Errors
    ///
    /// Where standard output cannot be written.
    pub fn write(&mut self) -> Result<bool, Failure> {
        let written = patience::write(&mut io::stdout().lock(), self.out.as_bytes());
        self.out.clear();
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::io("write standard output", &error)),
        }
    }
}
