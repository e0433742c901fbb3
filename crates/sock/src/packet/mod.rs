//! Packets on standard output, for the commands that show them: by line, as boxes, as a hex dump, as events.
//!
//! A [`Printer`] takes packets one by one and writes them in large pieces: what waits is written by
//! [`write`](Printer::write), which a command calls where nothing more comes at once.

mod clock;
pub(crate) mod filter;
mod printer;

pub use clock::{Clock, Times};
pub use printer::{Look, Printer, Seen};
