//! What is told of the tour, whatever it is told by: a drawing, sentences, events.

use std::time::Duration;

use berkeley_packet::stream::Side;

use super::call::{Call, Done};
use super::packets::{Packets, Seen};

/// A side's name in a language.
pub(super) struct Names {
    pub(super) client: String,
    pub(super) server: String,
    /// Stands before how long a call waited.
    pub(super) waited: String,
}

impl Names {
    pub(super) fn of(&self, side: Side) -> &str {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}

/// A layer of a packet, in a language.
pub(super) struct LayerTold {
    /// Its name, and how long its header is.
    pub(super) head: String,
    /// What it does.
    pub(super) meaning: String,
}

/// A call that had to wait, for the table at the end.
#[derive(Clone, Debug)]
pub(super) struct Waited {
    pub(super) scene: &'static str,
    pub(super) call: Call,
    pub(super) took: Duration,
}

/// Tells the tour, piece by piece. The texts are filled in, and in the language that is wanted.
pub(super) trait Teller {
    /// The beginning of a scene.
    fn scene(&mut self, scene: &'static str, title: &str);

    /// The beginning of a part of one.
    fn part(&mut self, title: &str);

    /// A paragraph.
    fn says(&mut self, text: &str);

    /// How a drawing is read; nothing to those that draw none.
    fn legend(&mut self, _text: &str) {}

    /// Two sides begin to make calls.
    fn opens(&mut self);

    /// They are done.
    fn closes(&mut self) {}

    /// A call that is told before it has returned, as something travels within it; only to those that draw.
    fn begins(&mut self, _call: &Call) {}

    /// A call that does not return yet.
    fn waits(&mut self, call: &Call, meaning: &str);

    /// A call that has returned.
    fn done(&mut self, done: &Done, meaning: &str);

    /// Something travels from one side to the other.
    fn travels(&mut self, from: Side, what: &str);

    /// The packets that follow, and how they were had.
    fn packets(&mut self, packets: &Packets, meaning: &str);

    /// A packet; what it means is told where its like was not told yet.
    fn packet(&mut self, seen: &Seen<'_>, meaning: Option<&str>);

    /// The layers of a packet, the outermost first.
    fn layers(&mut self, layers: &[LayerTold]);

    /// The calls that had to wait, the longest first.
    fn timings(&mut self, waited: &[(&str, Waited)]);

    /// Commands, and what each is.
    fn commands(&mut self, rows: &[(&str, &str)]);

    /// What was told since the last time.
    fn take(&mut self) -> String;
}
