//! What a probe came to, as a line for people and as a row for tables.

use std::fmt::Write as _;
use std::time::Duration;

use super::outcome::{Answer, Reply, Trouble};
use super::target::{Target, place};
use crate::probe::statistics::{Verdict, milliseconds};
use crate::quantity::Period;

/// An answer, as ping(8) tells it.
pub(super) fn reply(target: &Target, number: u64, reply: &Reply, time: Duration, verdict: Verdict) -> String {
    let who = who(target, reply);
    let mut line = match reply.answer {
        Answer::Echo => format!("{} bytes from {who}: icmp_seq={number}", reply.bytes.unwrap_or(0)),
        Answer::Datagram => format!("{} bytes from {who}: seq={number}", reply.bytes.unwrap_or(0)),
        Answer::Open => format!("{who} is open: seq={number}"),
        Answer::Refused => format!("{who} refused: seq={number}"),
        Answer::Closed => format!("{who} is closed: seq={number}"),
        Answer::Hardware(address) => format!("{who} is at {address}: seq={number}"),
        Answer::Connected(_) => format!("connected to {who}: seq={number}"),
    };
    // Writing to a String never fails.
    if let Some(ttl) = reply.ttl {
        let _ = write!(line, " ttl={ttl}");
    }
    let _ = write!(line, " time={} ms", milliseconds(time));
    if let Some(phases) = reply.answer.phases() {
        let step =
            |name: &str, time: Option<Duration>| time.map(|time| format!("{name} {}", milliseconds(time)));
        let steps = [
            step("lookup", phases.lookup),
            step("connect", Some(phases.connect)),
            step("handshake", phases.handshake),
        ];
        let _ = write!(line, " ({})", steps.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    for (holds, words) in marks(verdict) {
        if holds {
            let _ = write!(line, " ({words})");
        }
    }
    line + "\n"
}

fn marks(verdict: Verdict) -> [(bool, &'static str); 3] {
    [(verdict.duplicate, "DUP!"), (verdict.late, "late"), (verdict.reordered, "out of order")]
}

/// Who answered: the host under its name, or who answered in its place.
fn who(target: &Target, reply: &Reply) -> String {
    match &reply.from {
        Some(from) if target.address.is_none_or(|address| address.ip() == from.ip()) => target.titled(),
        Some(from) => place(from),
        None => target.titled(),
    }
}

/// That no answer came in time.
pub(super) fn lost(target: &Target, number: u64, timeout: Duration, silence: Option<&str>) -> String {
    let meaning = silence.map(|words| format!(" ({words})")).unwrap_or_default();
    format!("no answer from {}: seq={number} within {}{meaning}\n", target.titled(), Period(timeout))
}

/// Why there is no answer.
pub(super) fn trouble(target: &Target, number: u64, trouble: &Trouble) -> String {
    match trouble.from() {
        Some(from) => format!("from {from}: seq={number} to {}: {}\n", target.titled(), trouble.words()),
        None => format!("{}: seq={number} {}\n", target.titled(), trouble.words()),
    }
}

/// The headings of rows.
pub(super) const HEADINGS: &str = "time,host,address,number,result,from,seconds,bytes,ttl,detail\n";

/// What stands in a row beside the host and the number.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub(super) result: &'static str,
    pub(super) from: Option<String>,
    pub(super) time: Option<Duration>,
    pub(super) bytes: Option<usize>,
    pub(super) ttl: Option<u8>,
    pub(super) detail: String,
}

/// A row of comma-separated values (RFC 4180, but for the newline).
pub(super) fn row(target: &Target, number: u64, now: &str, cells: &Cells) -> String {
    let text = |value: Option<String>| value.unwrap_or_default();
    let fields = [
        now.to_owned(),
        quoted(&target.name),
        text(target.place()),
        number.to_string(),
        cells.result.to_owned(),
        text(cells.from.clone()),
        text(cells.time.map(|time| format!("{:.9}", time.as_secs_f64()))),
        text(cells.bytes.map(|bytes| bytes.to_string())),
        text(cells.ttl.map(|ttl| ttl.to_string())),
        quoted(&cells.detail),
    ];
    fields.join(",") + "\n"
}

/// A field in quotes where it needs them; what does not print is escaped.
fn quoted(text: &str) -> String {
    let text = crate::report::escape::escape(text.as_bytes(), usize::MAX).to_string();
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::probe::icmp::Version;
    use crate::probe::reason::Reason;

    fn target(name: &str, address: &str) -> Target {
        Target::new(name, Some(address.parse::<SocketAddr>().expect("an address").into()))
    }

    const NONE: Verdict = Verdict::NONE;

    #[test]
    fn answers_are_told_as_ping_tells_them() {
        let from = |text: &str| Some(text.parse::<SocketAddr>().expect("an address").into());
        let echo = Reply { from: from("127.0.0.1:0"), bytes: Some(64), ttl: Some(64), answer: Answer::Echo };
        let time = Duration::from_micros(41);
        let here = target("127.0.0.1", "127.0.0.1:0");
        assert_eq!(
            reply(&here, 1, &echo, time, NONE),
            "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.041 ms\n"
        );
        let verdict = Verdict { duplicate: true, late: true, ..NONE };
        assert!(reply(&here, 1, &echo, time, verdict).ends_with(" time=0.041 ms (DUP!) (late)\n"));
        let named = target("localhost", "127.0.0.1:0");
        assert!(reply(&named, 1, &echo, time, NONE).starts_with("64 bytes from localhost (127.0.0.1): "));
        let other = Reply { from: from("127.0.0.2:0"), ..echo };
        assert!(reply(&named, 1, &other, time, NONE).starts_with("64 bytes from 127.0.0.2: "));
        let refused = Reply { from: from("127.0.0.1:9"), bytes: None, ttl: None, answer: Answer::Refused };
        let here = target("localhost", "127.0.0.1:9");
        assert_eq!(
            reply(&here, 2, &refused, time, NONE),
            "localhost (127.0.0.1:9) refused: seq=2 time=0.041 ms\n"
        );
    }

    #[test]
    fn silence_and_errors_have_a_line_each() {
        let here = target("192.0.2.1", "192.0.2.1:0");
        let timeout = Duration::from_secs(2);
        assert_eq!(lost(&here, 3, timeout, None), "no answer from 192.0.2.1: seq=3 within 2s\n");
        let reason = Reason::new(Version::V4, Some("10.0.0.1".parse().expect("an address")), 3, 1);
        assert_eq!(
            trouble(&here, 3, &Trouble::Icmp(reason)),
            "from 10.0.0.1: seq=3 to 192.0.2.1: host unreachable\n"
        );
    }

    #[test]
    fn a_row_has_a_cell_for_each_heading_whatever_a_name_holds() {
        let cells = Cells { result: "lost", ..Cells::default() };
        let strange = row(&target("a,\"b\"\n", "127.0.0.1:0"), 1, "T", &cells);
        assert_eq!(strange, "T,\"a,\"\"b\"\"\\n\",127.0.0.1,1,lost,,,,,\n");
        let cells =
            Cells { result: "reply", time: Some(Duration::from_micros(41)), bytes: Some(64), ..cells };
        let plain = row(&target("::1", "[::1]:0"), 2, "T", &cells);
        assert_eq!(plain, "T,::1,::1,2,reply,,0.000041000,64,,\n");
        assert_eq!(plain.matches(',').count(), HEADINGS.matches(',').count());
    }
}
