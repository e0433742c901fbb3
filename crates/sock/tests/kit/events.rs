//! The events that `sock --json` prints: JSON objects, one a line.

use data_encoding::BASE64;
use serde_json::Value;

use super::{Captured, Reader, text};

/// All of a program's events.
#[track_caller]
pub(crate) fn events(printed: &[u8]) -> Vec<Value> {
    let text = text(printed);
    assert!(text.is_empty() || text.ends_with('\n'), "a whole line each: {text}");
    text.lines().map(event).collect()
}

/// An event of the one format.
#[track_caller]
fn event(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert!(line.starts_with("{\"schema\":1,\"event\":\""), "{line}");
    // Nobody knows when a packet was captured that never was.
    if event["event"] == "packet" && event["time"].is_null() {
        return event;
    }
    let time = event["time"].as_str().expect("each event has a time");
    let digits = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    // A packet has the time at which it was captured, to the nanosecond.
    let is_captured = event["event"] == "packet" && digits == "0000-00-00T00:00:00.000000000Z";
    assert!(is_captured || digits == "0000-00-00T00:00:00.000000Z", "{line}");
    event
}

/// The payload of an event; its text, where it has one, is the same.
#[track_caller]
pub(crate) fn payload(event: &Value) -> Vec<u8> {
    let data = event["data"].as_str().expect("the event carries data");
    let data = BASE64.decode(data.as_bytes()).expect("data is base64");
    match event.get("text") {
        Some(told) => assert_eq!(told.as_str(), Some(text(&data).as_str())),
        None => assert!(str::from_utf8(&data).is_err(), "UTF-8 is told as text"),
    }
    data
}

/// The events of a program that runs, one after another.
pub(crate) struct Events(Reader);

impl Events {
    pub(crate) fn of(output: &Captured) -> Self {
        Self(output.reader())
    }

    /// The next event of one of these names.
    #[track_caller]
    pub(crate) fn next(&mut self, names: &[&str]) -> Value {
        loop {
            let line = self.0.line().unwrap_or_else(|| panic!("the events ended before one of {names:?}"));
            let event = event(&line);
            if names.iter().any(|name| event["event"] == *name) {
                return event;
            }
        }
    }

    /// The payload of the next datagram or piece that was received.
    #[track_caller]
    pub(crate) fn received(&mut self) -> Vec<u8> {
        payload(&self.next(&["received"]))
    }
}
