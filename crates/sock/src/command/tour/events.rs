//! The tour as events, one JSON object a line.

use berkeley_packet::show;
use berkeley_packet::stream::Side;

use super::call::{Call, Done, Gave};
use super::packets::{Packets, Seen};
use super::teller::{LayerTold, Teller, Waited};
use crate::report::errno;
use crate::report::json::Event;

/// Tells by events.
#[derive(Default)]
pub(super) struct Events {
    scene: &'static str,
    out: String,
}

impl Events {
    fn push(&mut self, event: Event) {
        self.out.push_str(&event.into_line());
    }

    /// An event of a call.
    fn of(&self, event: Event, call: &Call) -> Event {
        event
            .field("scene", self.scene)
            .field("side", word(call.side))
            .field("call", call.name)
            .field("arguments", call.arguments.as_str())
    }
}

/// A side, the same in every language.
fn word(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

impl Teller for Events {
    fn scene(&mut self, scene: &'static str, title: &str) {
        self.scene = scene;
        self.push(Event::new("scene").field("scene", scene).field("title", title));
    }

    fn part(&mut self, title: &str) {
        self.says(title);
    }

    fn says(&mut self, text: &str) {
        self.push(Event::new("note").field("message", text));
    }

    fn opens(&mut self) {}

    fn waits(&mut self, call: &Call, meaning: &str) {
        let event = self.of(Event::new("waits"), call).field("meaning", meaning);
        self.push(event);
    }

    fn done(&mut self, done: &Done, meaning: &str) {
        let (returned, result, errno, python) = match &done.gave {
            Gave::Returned(value, with) => (Some(*value), Some(with.as_str()), None, None),
            Gave::Failed { errno, python } => (None, None, *errno, Some(*python)),
        };
        let event = self
            .of(Event::new("step"), &done.call)
            .field("returned", returned)
            .field("result", result.filter(|result| !result.is_empty()))
            .field("errno", errno)
            .field("errno_name", errno.and_then(errno::name))
            .field("python", python)
            .seconds(done.took)
            .field("waited", done.waited)
            .field("meaning", meaning);
        self.push(event);
    }

    fn travels(&mut self, from: Side, what: &str) {
        let event = Event::new("travels").field("scene", self.scene).field("from", word(from));
        self.push(event.field("what", what));
    }

    fn packets(&mut self, packets: &Packets, meaning: &str) {
        let event = Event::new("packets")
            .field("scene", self.scene)
            .field("captured", packets.captured)
            .field("complete", packets.complete)
            .field("count", packets.taken.len())
            .field("reason", packets.reason.as_deref())
            .field("meaning", meaning);
        self.push(event);
    }

    fn packet(&mut self, seen: &Seen<'_>, _: Option<&str>) {
        let mut packet = String::new();
        show::json(&seen.packet, &mut packet);
        let event = Event::at("packet", seen.taken.time)
            .field("number", seen.number)
            .field("link", seen.taken.link.as_raw())
            .field("interface", seen.taken.time.map(|_| "lo"))
            .json("packet", &packet);
        self.push(event);
    }

    /// Each packet's event has its layers.
    fn layers(&mut self, _: &[LayerTold]) {}

    /// Each step's event has its time.
    fn timings(&mut self, _: &[(&str, Waited)]) {}

    fn commands(&mut self, _: &[(&str, &str)]) {}

    fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }
}
