//! Events for programs: one JSON object a line, never text mixed in.
//!
//! Every line starts with the version of this format, the event's name and the time in UTC. [`EVENTS`] is the table of
//! all events and their fields, `docs/events.md` says what they mean. Durations are seconds and say so in their names.
//! Payload travels in `data` as base64, and again in `text` when all of it is UTF-8. Characters that could drive a
//! terminal are written as `\u` escapes, which read back as the same text.
//!
//! ```
//! use sock::report::json::Event;
//! use std::time::Duration;
//!
//! let line = Event::new("closed").field("bytes_in", 5).seconds(Duration::from_millis(1500)).into_line();
//! assert!(line.starts_with("{\"schema\":1,\"event\":\"closed\",\"time\":\"20"));
//! assert!(line.ends_with("Z\",\"bytes_in\":5,\"seconds\":1.5}\n"));
//!
//! let line = Event::new("received").payload(b"hi\n").into_line();
//! assert!(line.ends_with(",\"data\":\"aGkK\",\"text\":\"hi\\n\"}\n"));
//! ```

use std::fmt::Write as _;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::Value;

use super::escape::is_printable;
use super::time;

/// The version of the event format; it grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// Every event with every field that it can have, but for the three that all have: `schema`, `event` and `time`.
pub const EVENTS: &[(&str, &[&str])] = &[
    ("accepts", &["endpoint", "seconds"]),
    ("address", &["question", "family", "address", "port", "connect_turn"]),
    ("call", &["call", "fd", "arguments", "returned", "errno", "errno_name", "meaning"]),
    ("canonical_name", &["question", "canonical_name"]),
    (
        "certificate",
        &[
            "number",
            "subject",
            "issuer",
            "hosts",
            "not_before",
            "not_after",
            "seconds_left",
            "key",
            "signature",
            "weak",
            "authority",
            "usages",
            "serial",
            "pin",
        ],
    ),
    (
        "closed",
        &["connection", "peer", "proxy", "to", "bytes_in", "bytes_out", "undelivered", "seconds", "reason"],
    ),
    ("connected", &["transport", "peer", "proxy"]),
    (
        "conversation",
        &[
            "transport",
            "number",
            "client",
            "server",
            "sent",
            "received",
            "started",
            "seconds",
            "handshake_seconds",
            "least_round_trip_seconds",
            "most_round_trip_seconds",
        ],
    ),
    ("cut_off", &["connections", "reason"]),
    ("draining", &["signal", "connections"]),
    ("dropped", &["count"]),
    ("error", &["message", "exit_code", "operation", "address", "errno", "errno_name", "hints", "question"]),
    ("finding", &["finding", "hop", "address", "message"]),
    ("hop", &["hop", "flows", "address", "probes", "answers", "lost", "loss_percent", "routers"]),
    ("hop_answer", &["flow", "hop", "address", "says", "round_trip_seconds", "ttl", "packet_bytes"]),
    (
        "host",
        &[
            "host",
            "address",
            "probes",
            "answers",
            "late",
            "lost",
            "awaited",
            "duplicates",
            "reordered",
            "errors",
            "loss_percent",
            "least_seconds",
            "mean_seconds",
            "p50_seconds",
            "p99_seconds",
            "most_seconds",
            "jitter_seconds",
            "hardware_addresses",
        ],
    ),
    ("interface", &["index", "name", "flags", "flag_bits", "mtu_bytes", "hardware_address", "addresses"]),
    ("listening", &["transport", "address"]),
    ("lost", &["host", "address", "number"]),
    ("name", &["question", "address", "host", "service"]),
    ("not_shown", &["count"]),
    ("note", &["message"]),
    ("opened", &["connection", "peer", "proxy"]),
    ("option", &["name", "c_name", "access", "when", "unit", "meaning", "value", "text", "fields", "reason"]),
    ("packet", &["number", "link", "interface", "packet"]),
    ("packets", &["scene", "captured", "complete", "count", "reason", "meaning"]),
    ("path_mtu", &["mtu_bytes", "first_mtu_bytes", "hop", "steps", "black_hole"]),
    ("reached", &["connection", "peer", "proxy", "to"]),
    ("received", &["connection", "peer", "proxy", "data", "text"]),
    ("refused", &["peer", "proxy", "reason", "count"]),
    (
        "reply",
        &[
            "host",
            "address",
            "number",
            "from",
            "answer",
            "seconds",
            "duplicate",
            "late",
            "reordered",
            "bytes",
            "ttl",
            "hardware_address",
            "lookup_seconds",
            "connect_seconds",
            "handshake_seconds",
        ],
    ),
    ("scene", &["scene", "title"]),
    ("socket", &["transport", "family", "state", "address", "peer"]),
    (
        "step",
        &[
            "scene",
            "side",
            "call",
            "arguments",
            "returned",
            "result",
            "errno",
            "errno_name",
            "python",
            "seconds",
            "waited",
            "meaning",
        ],
    ),
    ("stream", &["transport", "number", "client", "server"]),
    ("stream_data", &["from", "data", "text"]),
    ("stream_gap", &["from", "missing_bytes"]),
    (
        "summary",
        &[
            "connections",
            "bytes_in",
            "bytes_out",
            "unanswered",
            "over_rate",
            "no_room",
            "refused",
            "undelivered",
            "seconds",
            "exit_code",
            "options",
            "read",
            "hidden",
            "answers",
            "failures",
            "interfaces",
            "packets",
            "offered",
            "dropped",
            "shown",
            "conversations",
            "left_out",
            "hosts",
            "silent",
            "probes",
            "lost",
            "reached",
            "hops",
        ],
    ),
    (
        "tls",
        &[
            "endpoint",
            "peer",
            "verified",
            "reason",
            "protocol",
            "cipher",
            "key_exchange",
            "alpn",
            "ocsp_bytes",
            "certificates",
        ],
    ),
    ("totals", &["connections", "open", "bytes_in", "bytes_out", "over_rate", "no_room", "seconds"]),
    (
        "trace",
        &["question", "address", "source", "method", "port", "flows", "first_hop", "last_hop", "probes"],
    ),
    ("travels", &["scene", "from", "what"]),
    ("unreachable", &["host", "address", "number", "from", "reason", "icmp_type", "icmp_code", "mtu_bytes"]),
    ("waits", &["scene", "side", "call", "arguments", "meaning"]),
];

/// One event, built field by field and printed in that order.
#[derive(Clone, Debug)]
#[must_use]
pub struct Event {
    /// The object so far, without its closing brace.
    line: String,
    name: &'static str,
}

impl Event {
    /// An event of this name, one of [`EVENTS`], that happens now.
    pub fn new(name: &'static str) -> Self {
        let line = format!("{{\"schema\":{SCHEMA},\"event\":\"{name}\",\"time\":\"{}\"", time::now());
        Self { line, name }
    }

    /// An event that happened so long after the start of 1970; its time is `null` where nobody knows when.
    pub fn at(name: &'static str, since: Option<Duration>) -> Self {
        let mut line = format!("{{\"schema\":{SCHEMA},\"event\":\"{name}\",\"time\":");
        match since {
            Some(since) => {
                line.push('"');
                time::push(since, &mut line);
                line.push('"');
            }
            None => line.push_str("null"),
        }
        Self { line, name }
    }

    /// Adds a field; a number that JSON cannot hold (NaN, infinity) becomes `null`.
    ///
    /// A name is in the event's row of [`EVENTS`], and used once in an event. One that carries a quantity ends in its
    /// unit.
    pub fn field(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.push(name, &value.into());
        self
    }

    /// Adds a field whose value is JSON already, all of it printable.
    pub fn json(mut self, name: &'static str, value: &str) -> Self {
        debug_assert!(is_known(self.name, name), "the event {} has no field {name}", self.name);
        debug_assert!(value.chars().all(is_printable), "{value:?}");
        let _ = write!(self.line, ",\"{name}\":");
        self.line.push_str(value);
        self
    }

    /// Adds the field `seconds`.
    pub fn seconds(self, duration: Duration) -> Self {
        self.field("seconds", duration.as_secs_f64())
    }

    /// Adds payload: `data` in base64 (RFC 4648, with padding), and `text` if the bytes are UTF-8.
    pub fn payload(self, bytes: &[u8]) -> Self {
        let event = self.field("data", BASE64.encode(bytes));
        match str::from_utf8(bytes) {
            Ok(text) => event.field("text", text),
            Err(_) => event,
        }
    }

    /// The finished line, newline included.
    pub fn into_line(self) -> String {
        let mut line = self.line;
        line.push_str("}\n");
        line
    }

    fn push(&mut self, name: &'static str, value: &Value) {
        debug_assert!(is_known(self.name, name), "the event {} has no field {name}", self.name);
        let json = format!(",{}:{value}", Value::from(name));
        push_safe(&mut self.line, &json);
    }
}

/// Whether an event of the table has this field.
fn is_known(event: &str, field: &str) -> bool {
    EVENTS.iter().any(|(name, fields)| *name == event && fields.contains(&field))
}

/// Appends JSON with every unprintable character as an escape. Only strings can hold such characters, so this is sound
/// outside of knowing where the strings are.
fn push_safe(out: &mut String, json: &str) {
    let mut units = [0; 2];
    for c in json.chars() {
        if is_printable(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            // Writing to a String never fails.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Value {
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        assert!(line.ends_with("}\n"), "{line:?}");
        serde_json::from_str(line).expect("a JSON object")
    }

    #[test]
    fn schema_and_name_come_first_and_fields_keep_their_order() {
        let event = Event::new("listening").field("transport", "tcp").field("address", "127.0.0.1:9");
        let line = event.into_line();
        assert!(line.starts_with("{\"schema\":1,\"event\":\"listening\",\"time\":\""), "{line}");
        assert!(line.ends_with("Z\",\"transport\":\"tcp\",\"address\":\"127.0.0.1:9\"}\n"), "{line}");
    }

    #[test]
    fn values_of_every_kind_are_json() {
        let event = Event::new("summary")
            .field("bytes_in", u64::MAX)
            .field("hidden", vec!["127.0.0.1:9", "[::1]:9"])
            .field("seconds", f64::NAN)
            .field("read", None::<&str>);
        let value = read(&event.into_line());
        assert_eq!(value["bytes_in"], Value::from(u64::MAX));
        assert_eq!(value["hidden"][1], "[::1]:9");
        assert!(value["seconds"].is_null() && value["read"].is_null());
    }

    #[test]
    fn payload_has_text_only_when_it_is_utf8() {
        let value = read(&Event::new("received").payload(b"\xff\xfe").into_line());
        assert_eq!(value["data"], "//4=");
        assert!(value.get("text").is_none());
    }

    #[test]
    fn text_cannot_drive_a_terminal_and_reads_back() {
        let text = "\x1b[2J\u{9b}31m\u{7f}\u{202e}\u{2028}\u{e0041} é 🦀 \"\\";
        let line = Event::new("received").payload(text.as_bytes()).into_line();
        assert!(line.trim_end().chars().all(is_printable), "{line:?}");
        assert!(line.contains("é 🦀"), "{line}");
        assert_eq!(read(&line)["text"], text);
    }

    proptest! {
        #[test]
        fn any_payload_comes_back(bytes: Vec<u8>) {
            let line = Event::new("received").payload(&bytes).into_line();
            prop_assert!(line.trim_end_matches('\n').chars().all(is_printable));
            let value = read(&line);
            let data = value["data"].as_str().expect("a string");
            prop_assert_eq!(BASE64.decode(data.as_bytes()).expect("base64"), bytes.clone());
            prop_assert_eq!(value.get("text").and_then(Value::as_str), str::from_utf8(&bytes).ok());
        }
    }
}
