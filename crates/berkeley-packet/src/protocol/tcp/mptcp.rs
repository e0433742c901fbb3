//! Multipath TCP's option (RFC 8684, 3).

use std::ops::Range;

use super::fields::*;
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::protocol::cursor::Cursor;

/// The names of its subtypes.
pub(super) fn subtype(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "MP_CAPABLE",
        1 => "MP_JOIN",
        2 => "DSS",
        3 => "ADD_ADDR",
        4 => "REMOVE_ADDR",
        5 => "MP_PRIO",
        6 => "MP_FAIL",
        7 => "MP_FASTCLOSE",
        8 => "MP_TCPRST",
        _ => return None,
    })
}

/// Tells the option whose bytes behind kind and length are `at`.
pub(super) fn walk(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let first = at.start * 8;
    let kind = walker.number(&SUBTYPE, at.start..at.start + 1)? >> 4;
    walker.bits(&SUBTYPE, first..first + 4)?;
    let mut cursor = Cursor { at: at.start + 1, end: at.end };
    match kind {
        0 => capable(walker, at),
        1 => join(walker, at),
        2 => mapping(walker, at),
        3 => add_address(walker, at),
        4 => {
            walker.value(&MP_RM_COUNT, at.clone(), Value::Number(cursor.left() as u64))?;
            (cursor.at..at.end).try_for_each(|byte| walker.bytes(&MP_ADDRID, byte..byte + 1))
        }
        5 => {
            flags(walker, at.start..at.start + 1, &[(&MP_BACKUP, 7..8)])?;
            if cursor.left() > 0 { cursor.take(walker, &MP_ADDRID, 1) } else { Ok(()) }
        }
        6 | 7 => {
            walker.bits(&MP_RESERVED, first + 4..first + 16)?;
            cursor.at = at.start + 2;
            cursor.take(walker, if kind == 6 { &MP_DATA_SEQ } else { &MP_RECVKEY }, 8)
        }
        8 => {
            let all: &[Bits] =
                &[(&MP_FLAG_U, 4..5), (&MP_FLAG_V, 5..6), (&MP_FLAG_W, 6..7), (&MP_FLAG_T, 7..8)];
            flags(walker, at.start..at.start + 1, all)?;
            cursor.take(walker, &MP_RST_REASON, 1)
        }
        _ => Ok(()),
    }
}

/// A flag, and its bits in the bytes of all flags.
type Bits = (&'static Field, Range<usize>);

fn flags(walker: &mut Walker<'_, '_>, at: Range<usize>, all: &[Bits]) -> Walked {
    let start = at.start * 8;
    walker.group(&MP_FLAGS, at, |walker| {
        all.iter().try_for_each(|(field, bits)| walker.bits(field, start + bits.start..start + bits.end))
    })
}

fn capable(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let first = at.start * 8;
    let version = walker.number(&MP_VERSION, at.start..at.start + 1)? & 15;
    walker.bits(&MP_VERSION, first + 4..first + 8)?;
    let zero: &[Bits] = &[
        (&MP_CHECKSUM_REQUIRED, 0..1),
        (&MP_EXTENSIBILITY, 1..2),
        (&MP_SHA1, 7..8),
        (&MP_RESERVED_FLAGS, 2..7),
    ];
    let one: &[Bits] = &[
        (&MP_CHECKSUM_REQUIRED, 0..1),
        (&MP_EXTENSIBILITY, 1..2),
        (&MP_NO_MORE, 2..3),
        (&MP_SHA256, 7..8),
        (&MP_RESERVED_FLAGS, 3..7),
    ];
    flags(walker, at.start + 1..at.start + 2, if version == 0 { zero } else { one })?;
    let mut cursor = Cursor { at: at.start + 2, end: at.end };
    let rest: &[(&'static Field, usize)] =
        &[(&MP_SENDKEY, 8), (&MP_RECVKEY, 8), (&MP_DATA_LEN, 2), (&MP_CHECKSUM, 2)];
    for (field, length) in rest {
        if cursor.left() >= *length {
            cursor.take(walker, field, *length)?;
        }
    }
    Ok(())
}

fn join(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let first = at.start * 8;
    let mut cursor = Cursor { at: at.start + 2, end: at.end };
    let backup: &[Bits] = &[(&MP_BACKUP, 7..8)];
    match at.len() {
        // The third packet of a handshake.
        22 => {
            walker.bits(&MP_RESERVED, first + 4..first + 16)?;
            cursor.take(walker, &MP_HMAC, 20)
        }
        length => {
            flags(walker, at.start..at.start + 1, backup)?;
            walker.bytes(&MP_ADDRID, at.start + 1..at.start + 2)?;
            let (field, bytes) = if length > 10 { (&MP_TRUNCATED_MAC, 8) } else { (&MP_RECVTOK, 4) };
            cursor.take(walker, field, bytes)?;
            cursor.take(walker, &MP_SENDRAND, 4)
        }
    }
}

fn mapping(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let bits = walker.number(&MP_FLAGS, at.start + 1..at.start + 2)?;
    let all: &[Bits] = &[
        (&MP_DATA_FIN, 3..4),
        (&MP_DSEQN8, 4..5),
        (&MP_DSEQN_PRESENT, 5..6),
        (&MP_DATA_ACK8, 6..7),
        (&MP_DATA_ACK_PRESENT, 7..8),
    ];
    flags(walker, at.start + 1..at.start + 2, all)?;
    let mut cursor = Cursor { at: at.start + 2, end: at.end };
    if bits & 1 != 0 {
        cursor.take(walker, &MP_DATA_ACK, if bits & 2 != 0 { 8 } else { 4 })?;
    }
    if bits & 4 != 0 {
        cursor.take(walker, &MP_DATA_SEQ, if bits & 8 != 0 { 8 } else { 4 })?;
        cursor.take(walker, &MP_SUBFLOW_SEQ, 4)?;
        cursor.take(walker, &MP_DATA_LEN, 2)?;
        if cursor.left() >= 2 {
            cursor.take(walker, &MP_CHECKSUM, 2)?;
        }
    }
    Ok(())
}

fn add_address(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let first = at.start * 8;
    let low = walker.number(&MP_IPVER, at.start..at.start + 1)? & 15;
    // Version 0 has the version of IP where version 1 has a flag.
    let version = if low >= 4 { &MP_IPVER } else { &MP_ECHO };
    walker.bits(version, if low >= 4 { first + 4..first + 8 } else { first + 7..first + 8 })?;
    walker.bytes(&MP_ADDRID, at.start + 1..at.start + 2)?;
    let mut cursor = Cursor { at: at.start + 2, end: at.end };
    if matches!(at.len(), 18 | 20 | 26 | 28) {
        cursor.take(walker, &MP_IPV6, 16)?;
    } else {
        cursor.take(walker, &MP_IPV4, 4)?;
    }
    if matches!(cursor.left(), 2 | 10) {
        cursor.take(walker, &MP_PORT, 2)?;
    }
    if cursor.left() >= 8 { cursor.take(walker, &MP_ADD_HMAC, 8) } else { Ok(()) }
}
