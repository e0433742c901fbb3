//! TLS: records (RFC 8446, 5), and the handshake messages that are not encrypted.
//!
//! All records of a segment are one layer. A record that goes on in the next segment is told as far as it is there, and
//! that is no problem: the stream goes on. What is encrypted has no fields.

use std::fmt;

use crate::layer::walk::{Stop, Walked, Walker};
use crate::layer::{Dissection, Frame, Layer, Next, Protocol};
use crate::protocol::cursor::Cursor;

mod extensions;
mod fields;
mod handshake;
mod words;

use fields::*;

pub(crate) static TLS: Protocol = Protocol {
    name: "tls",
    title: "Transport Layer Security",
    fields: &[],
    checked: Protocol::checked(&[]),
    parts: fields::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: None,
};

/// The bytes before a record's content: its type, version and length.
const RECORD: usize = 5;

/// The most content of a record, encrypted (RFC 5246, 6.2.3).
const MOST: usize = (1 << 14) + 2048;

const CHANGE_CIPHER_SPEC: u64 = 20;
const ALERT: u64 = 21;
const HANDSHAKE: u64 = 22;
const APPLICATION_DATA: u64 = 23;

/// Whether these bytes begin as a record does.
pub(crate) fn begins_record(bytes: &[u8]) -> bool {
    let &[kind, 3, minor, high, low, ..] = bytes else { return false };
    let length = usize::from(high) << 8 | usize::from(low);
    matches!(kind, 20..=24) && minor <= 4 && (1..=MOST).contains(&length)
}

/// Whether these bytes begin as a hello does, which is enough to know TLS by at any port.
pub(crate) fn begins_hello(bytes: &[u8]) -> bool {
    begins_record(bytes) && matches!(bytes, [22, _, _, _, _, 1 | 2, 0, _, _, 3, 0..=4, ..])
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

/// What is known of the records before.
#[derive(Default)]
struct State {
    /// A change of the cipher was told: what follows is encrypted.
    encrypted: bool,
    /// The hello has chosen version 1.3, whose records hide their type.
    hides_types: bool,
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let mut cursor = Cursor::new(0..walker.layer().length());
    let mut state = State::default();
    while cursor.left() > 0 {
        // What does not begin as a record is the rest of one, or of no stream of TLS.
        let rest = walker.header().get(cursor.at..).unwrap_or_default();
        if rest.len() >= RECORD && !begins_record(rest) {
            return Ok(());
        }
        let start = cursor.at;
        walker.group(&RECORD_PART, start..start, |walker| record(walker, &mut cursor, &mut state))?;
    }
    Ok(())
}

fn record(walker: &mut Walker<'_, '_>, cursor: &mut Cursor, state: &mut State) -> Walked {
    if cursor.left() < RECORD {
        // Not even all of its first bytes are in this segment.
        cursor.at = cursor.end;
        return Ok(());
    }
    let kind = walker.number(&CONTENT_TYPE, cursor.at..cursor.at + 1)?;
    let hidden = kind == APPLICATION_DATA && state.hides_types;
    cursor.take(walker, if hidden { &OPAQUE_TYPE } else { &CONTENT_TYPE }, 1)?;
    cursor.take(walker, &RECORD_VERSION, 2)?;
    let length = usize::try_from(cursor.number(walker, &RECORD_LENGTH, 2)?).unwrap_or(usize::MAX);
    let goes_on = length > cursor.left();
    let mut content = Cursor::new(cursor.at..cursor.at + length);
    cursor.at += length.min(cursor.left());
    match told(walker, kind, &mut content, state) {
        Err(Stop::Broken(_)) if goes_on && !walker.layer().is_cut() => Ok(()),
        told => told,
    }
}

fn told(walker: &mut Walker<'_, '_>, kind: u64, content: &mut Cursor, state: &mut State) -> Walked {
    match kind {
        CHANGE_CIPHER_SPEC => {
            state.encrypted = true;
            walker.group(&CHANGE_CIPHER_SPEC_PART, content.at..content.at, |_| Ok(()))
        }
        ALERT => walker.group(&ALERT_PART, content.at..content.at, |walker| {
            if content.left() != 2 {
                return Ok(());
            }
            content.take(walker, &ALERT_LEVEL, 1)?;
            content.take(walker, &ALERT_DESC, 1)
        }),
        HANDSHAKE => handshake::messages(walker, content, state),
        APPLICATION_DATA => {
            let held = content.at..content.end.min(walker.header().len()).max(content.at);
            walker.bytes(&APP_DATA, held)
        }
        _ => Ok(()),
    }
}

/// The most records that a line has.
const SHOWN: usize = 4;

/// The records by their types; of a hello, the name of the server and the application's protocol.
fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut rest = layer.header();
    let (mut shown, mut before) = (0, "");
    while let [kind, _, _, high, low, content @ ..] = rest {
        if shown == SHOWN || !begins_record(rest) {
            break;
        }
        out.write_str(before)?;
        let length = usize::from(*high) << 8 | usize::from(*low);
        match (u64::from(*kind), content) {
            (HANDSHAKE, [message, ..]) => match words::message((*message).into()) {
                Some(word) => out.write_str(word)?,
                None => out.write_str("handshake")?,
            },
            (APPLICATION_DATA, _) => write!(out, "application data {length} bytes")?,
            (kind, _) => out.write_str(words::content(kind).unwrap_or("record"))?,
        }
        (shown, before) = (shown + 1, ", ");
        rest = content.get(length..).unwrap_or_default();
    }
    if let Some(name) = layer.field("tls.handshake.extensions_server_name") {
        write!(out, " {name}")?;
    }
    match layer.field("tls.handshake.extensions_alpn_str") {
        Some(protocol) => write!(out, " alpn {protocol}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
