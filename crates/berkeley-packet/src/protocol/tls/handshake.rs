//! Handshake messages (RFC 5246, 7.4; RFC 8446, 4).

use super::fields::*;
use super::{State, extensions, words};
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::protocol::cursor::Cursor;

const CLIENT_HELLO: u64 = 1;
const SERVER_HELLO: u64 = 2;

/// The bytes before a message: its type and its length.
const HEADER: usize = 4;

/// Tells the messages of a record. What is encrypted is one message without fields.
pub(super) fn messages(walker: &mut Walker<'_, '_>, content: &mut Cursor, state: &mut State) -> Walked {
    while content.left() > 0 {
        let start = content.at;
        if state.encrypted || !is_plain(walker, content) {
            return walker.group(&HANDSHAKE_PART, start..start, |_| Ok(()));
        }
        walker.group(&HANDSHAKE_PART, start..start, |walker| {
            let kind = content.number(walker, &TYPE, 1)?;
            let length = content.number(walker, &LENGTH, 3)?;
            // It may go on in the next record, and is then told as far as it is in this one.
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let goes_on = length > content.left();
            let mut message = Cursor::new(content.at..content.at + length.min(content.left()));
            content.at = message.end;
            match body(walker, kind, &mut message, state) {
                Err(Stop::Broken(_)) if goes_on => Ok(()),
                told => told,
            }
        })?;
    }
    Ok(())
}

/// The longest message that is taken for one: a chain of certificates.
const LONGEST: usize = 1 << 17;

/// Whether what is next has a known type and a length that can be.
fn is_plain(walker: &Walker<'_, '_>, content: &Cursor) -> bool {
    let rest = walker.header().get(content.at..).unwrap_or_default();
    match rest {
        _ if content.left() < HEADER => true,
        [kind, high, middle, low, ..] => {
            let length = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
            words::message((*kind).into()).is_some()
                && (length <= content.left() - HEADER || length < LONGEST)
        }
        // The capture, or the segment, ends here.
        _ => true,
    }
}

fn body(walker: &mut Walker<'_, '_>, kind: u64, message: &mut Cursor, state: &mut State) -> Walked {
    let is_whole = walker.header().len() >= message.end;
    match kind {
        CLIENT_HELLO => client_hello(walker, message),
        SERVER_HELLO => server_hello(walker, message, state),
        4 => {
            let start = message.at;
            walker.group(&TICKET, start..start, |walker| {
                message.take(walker, &TICKET_LIFETIME, 4)?;
                sized(walker, message, &TICKET_LENGTH, 2, &TICKET_DATA)
            })
        }
        11 => certificates(walker, message),
        // What these are, all their bytes say together.
        12 if is_whole => server_key(walker, message),
        13 => certificate_request(walker, message),
        15 => {
            algorithm(walker, message)?;
            sized(walker, message, &VERIFY_LENGTH, 2, &VERIFY)
        }
        16 if is_whole => client_key(walker, message),
        _ => Ok(()),
    }
}

/// Tells bytes behind their length, if there are any.
pub(super) fn sized(
    walker: &mut Walker<'_, '_>,
    cursor: &mut Cursor,
    length: &'static Field,
    bytes: usize,
    field: &'static Field,
) -> Walked {
    cursor.sized(walker, length, bytes)?.tell_rest(walker, field)
}

/// Tells as many numbers of `bytes` bytes as fit.
pub(super) fn each(
    walker: &mut Walker<'_, '_>,
    cursor: &mut Cursor,
    field: &'static Field,
    bytes: usize,
) -> Walked {
    while cursor.left() > 0 {
        cursor.take(walker, field, bytes)?;
    }
    Ok(())
}

/// A part with numbers of `bytes` bytes.
pub(super) fn list(
    walker: &mut Walker<'_, '_>,
    mut cursor: Cursor,
    part: &'static Field,
    field: &'static Field,
    bytes: usize,
) -> Walked {
    walker.group(part, cursor.at..cursor.at, |walker| each(walker, &mut cursor, field, bytes))
}

fn client_hello(walker: &mut Walker<'_, '_>, message: &mut Cursor) -> Walked {
    message.take(walker, &VERSION, 2)?;
    random(walker, message, true)?;
    sized(walker, message, &SESSION_ID_LENGTH, 1, &SESSION_ID)?;
    let suites = message.sized(walker, &CIPHER_SUITES_LENGTH, 2)?;
    list(walker, suites, &CIPHER_SUITES, &CIPHER_SUITE, 2)?;
    let methods = message.sized(walker, &COMP_METHODS_LENGTH, 1)?;
    list(walker, methods, &COMP_METHODS, &COMP_METHOD, 1)?;
    extensions::walk(walker, message, true)
}

fn server_hello(walker: &mut Walker<'_, '_>, message: &mut Cursor, state: &mut State) -> Walked {
    let bytes = walker.header().get(message.rest());
    state.hides_types = bytes.is_some_and(extensions::chooses_1_3);
    message.take(walker, &VERSION, 2)?;
    random(walker, message, bytes.is_some() && !state.hides_types)?;
    sized(walker, message, &SESSION_ID_LENGTH, 1, &SESSION_ID)?;
    message.take(walker, &CIPHER_SUITE, 2)?;
    message.take(walker, &COMP_METHOD, 1)?;
    extensions::walk(walker, message, false)
}

/// The random bytes; up to version 1.2, the first four may be a time.
fn random(walker: &mut Walker<'_, '_>, message: &mut Cursor, timed: bool) -> Walked {
    let at = message.skip(&RANDOM, 32)?;
    if !timed {
        return walker.bytes(&RANDOM, at);
    }
    walker.group(&RANDOM, at.clone(), |walker| {
        let time = at.start..at.start + 4;
        let seconds = walker.number(&RANDOM_TIME, time.clone())?;
        walker.value(&RANDOM_TIME, time, Value::Time(seconds.cast_signed(), 0))?;
        walker.bytes(&RANDOM_BYTES, at.start + 4..at.end)
    })
}

fn certificates(walker: &mut Walker<'_, '_>, message: &mut Cursor) -> Walked {
    let mut all = message.sized(walker, &CERTIFICATES_LENGTH, 3)?;
    if all.left() == 0 {
        return Ok(());
    }
    walker.group(&CERTIFICATES, all.at..all.at, |walker| {
        while all.left() > 0 {
            sized(walker, &mut all, &CERTIFICATE_LENGTH, 3, &CERTIFICATE)?;
        }
        Ok(())
    })
}

/// An algorithm of signatures, as version 1.2 has it: a hash and a signature.
pub(super) fn algorithm(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    let at = cursor.skip(&SIG_ALG, 2)?;
    walker.group(&SIG_ALG, at.clone(), |walker| {
        walker.bytes(&SIG_ALG_HASH, at.start..at.start + 1)?;
        walker.bytes(&SIG_ALG_SIG, at.start + 1..at.end)
    })
}

/// The type of a curve that has a name.
const NAMED: u8 = 3;

/// The server's part of a key, of a curve or of numbers. Which it is, the cipher suite says; here, the first bytes do.
fn server_key(walker: &mut Walker<'_, '_>, message: &mut Cursor) -> Walked {
    let bytes = walker.header().get(message.rest()).unwrap_or_default();
    let is_curve = matches!(bytes, [NAMED, _, _, length, rest @ ..] if usize::from(*length) < rest.len());
    walker.group(&SERVER_PARAMS, message.at..message.at, |walker| {
        if is_curve {
            message.take(walker, &CURVE_TYPE, 1)?;
            message.take(walker, &NAMED_CURVE, 2)?;
            sized(walker, message, &SERVER_POINT_LENGTH, 1, &SERVER_POINT)?;
        } else {
            for (length, field) in [(&P_LENGTH, &P), (&G_LENGTH, &G), (&YS_LENGTH, &YS)] {
                sized(walker, message, length, 2, field)?;
            }
        }
        // Before version 1.2 no algorithm stands before the signature.
        let rest = walker.header().get(message.rest()).unwrap_or_default();
        let old = matches!(rest, [high, low, signature @ ..]
            if usize::from(*high) << 8 | usize::from(*low) == signature.len());
        if message.left() == 0 {
            return Ok(());
        }
        if !old {
            algorithm(walker, message)?;
        }
        sized(walker, message, &SIGNATURE_LENGTH, 2, &SIGNATURE)
    })
}

/// The client's part of a key: a point, behind its length of one byte, or a secret, behind one of two.
fn client_key(walker: &mut Walker<'_, '_>, message: &mut Cursor) -> Walked {
    let first = walker.number(&CLIENT_POINT_LENGTH, message.at..message.at + 1)?;
    let is_point = usize::try_from(first).is_ok_and(|length| length + 1 == message.left());
    walker.group(&CLIENT_PARAMS, message.at..message.at, |walker| {
        if is_point {
            sized(walker, message, &CLIENT_POINT_LENGTH, 1, &CLIENT_POINT)
        } else {
            sized(walker, message, &SECRET_LENGTH, 2, &SECRET)
        }
    })
}

fn certificate_request(walker: &mut Walker<'_, '_>, message: &mut Cursor) -> Walked {
    let types = message.sized(walker, &CERT_TYPES_COUNT, 1)?;
    list(walker, types, &CERT_TYPES, &CERT_TYPE, 1)?;
    let algorithms = message.sized(walker, &SIG_ALGS_LENGTH, 2)?;
    extensions::algorithms(walker, algorithms)?;
    let names = message.sized(walker, &DNAMES_LENGTH, 2)?;
    match names.left() {
        0 => Ok(()),
        _ => walker.group(&DNAMES, names.rest(), |_| Ok(())),
    }
}
