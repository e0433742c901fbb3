//! Packets, each for itself.

use std::time::Duration;

use berkeley_packet::craft;
use berkeley_packet::stream::Assembled;

use super::{Entry, View};
use crate::cli::DecodeArgs;
use crate::exit::{Exit, Failure};
use crate::packet::{Printer, Seen};
use crate::report::json::Event;

/// Shows packets.
pub(super) struct Packets {
    printer: Printer,
    json: bool,
    /// Packets are told as text that builds them.
    craft: bool,
    /// How many may still be shown.
    left: u64,
    count: u64,
    shown: u64,
    times: Option<(Duration, Duration)>,
    /// Nobody reads it any more.
    is_closed: bool,
}

impl Packets {
    pub(super) fn new(args: &DecodeArgs) -> Self {
        Self {
            printer: Printer::new(args.packets.look()),
            json: args.packets.json,
            craft: args.craft,
            left: args.count.unwrap_or(u64::MAX),
            count: 0,
            shown: 0,
            times: None,
            is_closed: false,
        }
    }
}

impl Packets {
    fn show(&mut self, entry: &Entry<'_>) {
        if self.craft {
            let text = self.printer.text();
            text.push_str(&craft::text(&entry.packet));
            text.push('\n');
            return;
        }
        let assembled = entry.assembled.map(Assembled::packet);
        self.printer.packet(&Seen {
            packet: &entry.packet,
            assembled: assembled.as_ref(),
            number: entry.number,
            time: entry.time,
            link: entry.link,
            interface: entry.interface,
        });
    }

    fn count(&mut self, entry: &Entry<'_>) {
        self.count += 1;
        if let Some(time) = entry.time {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
        }
    }
}

impl View for Packets {
    fn packet(&mut self, entry: &Entry<'_>) -> Result<bool, Failure> {
        self.count(entry);
        self.shown += 1;
        self.left -= 1;
        self.show(entry);
        self.is_closed = !self.printer.write_much()?;
        Ok(!self.is_closed && self.left > 0)
    }

    fn pass(&mut self, entry: &Entry<'_>) {
        self.count(entry);
        self.printer.pass(entry.time);
    }

    fn end(&mut self, failure: Option<&Failure>) -> Result<(), Failure> {
        if self.is_closed {
            return Ok(());
        }
        if self.json {
            let (first, last) = self.times.unwrap_or_default();
            let exit = failure.map_or(Exit::Done, |failure| failure.exit);
            let summary = Event::new("summary")
                .field("packets", self.count)
                .field("shown", self.shown)
                .seconds(last.saturating_sub(first))
                .field("exit_code", exit as u8);
            self.printer.text().push_str(&summary.into_line());
        }
        self.printer.write().map(|_| ())
    }
}
