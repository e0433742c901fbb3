//! TCP's options (IANA, TCP parameters): one after the other, each with its kind and its length.

use std::fmt;
use std::ops::Range;

use super::fields::*;
use super::{HEADER, mptcp};
use crate::digits::labelled;
use crate::layer::field::Field;
use crate::layer::form::{Form, Piece};
use crate::layer::value::Value;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::problem::Trouble;

/// A kind of option: its part, the lengths that it may have, and what its bytes behind kind and length are.
struct Row {
    kind: u8,
    part: &'static Field,
    lengths: Range<usize>,
    walk: fn(&mut Walker<'_, '_>, Range<usize>) -> Walked,
}

const fn row(
    kind: u8,
    part: &'static Field,
    lengths: Range<usize>,
    walk: fn(&mut Walker<'_, '_>, Range<usize>) -> Walked,
) -> Row {
    Row { kind, part, lengths, walk }
}

/// More than an option can be long.
const ANY: usize = 256;

static ROWS: &[Row] = &[
    row(2, &MSS, 4..5, |walker, at| walker.bytes(&MSS_VAL, at)),
    row(3, &WSCALE, 3..4, window_scale),
    row(4, &SACK_PERM, 2..3, |_, _| Ok(())),
    row(5, &SACK, 2..ANY, sack),
    row(6, &ECHO, 6..7, |walker, at| walker.bytes(&ECHO_VALUE, at)),
    row(7, &ECHO, 6..7, |walker, at| walker.bytes(&ECHO_VALUE, at)),
    row(8, &TIMESTAMP, 10..11, |walker, at| {
        walker.bytes(&TSVAL, at.start..at.start + 4)?;
        walker.bytes(&TSECR, at.start + 4..at.end)
    }),
    row(11, &CC, 6..7, |walker, at| walker.bytes(&CC_VALUE, at)),
    row(12, &CC, 6..7, |walker, at| walker.bytes(&CC_VALUE, at)),
    row(13, &CC_ECHO, 6..7, |walker, at| walker.bytes(&CC_VALUE, at)),
    row(19, &MD5, 18..19, |walker, at| walker.bytes(&MD5_DIGEST, at)),
    row(20, &SCPS, 2..ANY, |_, _| Ok(())),
    row(27, &QS, 8..9, |walker, at| {
        walker.bits(&QS_RATE, at.start * 8 + 4..at.start * 8 + 8)?;
        walker.bytes(&QS_TTL_DIFF, at.start + 1..at.start + 2)
    }),
    row(28, &USER_TO, 4..5, |walker, at| {
        walker.bits(&USER_TO_GRANULARITY, at.start * 8..at.start * 8 + 1)?;
        walker.bits(&USER_TO_VAL, at.start * 8 + 1..at.end * 8)
    }),
    row(29, &AO, 4..ANY, |walker, at| {
        walker.bytes(&AO_KEYID, at.start..at.start + 1)?;
        walker.bytes(&AO_RNEXTKEYID, at.start + 1..at.start + 2)?;
        if at.len() > 2 { walker.bytes(&AO_MAC, at.start + 2..at.end) } else { Ok(()) }
    }),
    row(30, &MPTCP, 3..ANY, mptcp::walk),
    row(34, &TFO, 2..ANY, fast_open),
    row(172, &ACC_ECN, 2..ANY, |walker, at| {
        accurate_ecn(walker, at, [&ACC_ECN_E0B, &ACC_ECN_CEB, &ACC_ECN_E1B])
    }),
    row(174, &ACC_ECN, 2..ANY, |walker, at| {
        accurate_ecn(walker, at, [&ACC_ECN_E1B, &ACC_ECN_CEB, &ACC_ECN_E0B])
    }),
    row(253, &EXPERIMENTAL, 2..ANY, experiment),
    row(254, &EXPERIMENTAL, 2..ANY, experiment),
];

/// The row of what is in no other.
static OTHER: Row = row(255, &UNKNOWN, 2..ANY, |walker, at| match at.len() {
    0 => Ok(()),
    _ => walker.bytes(&UNKNOWN_PAYLOAD, at),
});

/// The options that have a name in a packet's text.
pub(super) const FORMS: &[Form] = &[
    Form::single("eol", END),
    Form::single("nop", NO_OPERATION),
    Form::values("mss", 2, &[Piece::Number(2)]),
    Form::values("wscale", 3, &[Piece::Number(1)]),
    Form::values("sack_perm", 4, &[]),
    Form::values("sackok", 4, &[]),
    Form::list("sack", 5, &[], &[Piece::Number(4), Piece::Number(4)]),
    Form::values("timestamp", 8, &[Piece::Number(4), Piece::Number(4)]),
    Form::bytes("md5", 19),
    Form::values("user_to", 28, &[Piece::Number(2)]),
    Form::bytes("tfo", 34),
];

/// The kinds that are one byte long.
const END: u8 = 0;
const NO_OPERATION: u8 = 1;

/// Tells all options, up to their end, which is as many bytes of zero as there are.
pub(super) fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let mut at = HEADER.len();
    let mut ended = false;
    while let Some(&kind) = walker.header().get(at) {
        match kind {
            END => {
                single(walker, &EOL, at)?;
                (at, ended) = (at + 1, true);
            }
            _ if ended => return Ok(()),
            NO_OPERATION => {
                single(walker, &NOP, at)?;
                at += 1;
            }
            _ => at = option(walker, kind, at)?,
        }
    }
    Ok(())
}

fn single(walker: &mut Walker<'_, '_>, part: &'static Field, at: usize) -> Walked {
    walker.group(part, at..at + 1, |walker| walker.bytes(&OPTION_KIND, at..at + 1))
}

/// Tells the option at `at`, and says where it ends.
fn option(walker: &mut Walker<'_, '_>, kind: u8, at: usize) -> Result<usize, Stop> {
    let row = ROWS.iter().find(|row| row.kind == kind).unwrap_or(&OTHER);
    let length = walker.number(&OPTION_LEN, at + 1..at + 2)?;
    let end = at + usize::try_from(length).unwrap_or(usize::MAX - at);
    let broken = |trouble| Err(Walker::broken(&OPTION_LEN, at + 1, trouble));
    if length < 2 {
        return broken(Trouble::TooSmall { least: 2, got: length });
    }
    if end > walker.header().len() && !walker.layer().is_cut() {
        return broken(Trouble::TooLarge { most: (walker.header().len() - at) as u64, got: length });
    }
    walker.group(row.part, at..end, |walker| {
        walker.bytes(&OPTION_KIND, at..at + 1)?;
        walker.bytes(&OPTION_LEN, at + 1..at + 2)?;
        if !row.lengths.contains(&(end - at)) {
            return Err(Walker::broken(&OPTION_LEN, at + 1, Trouble::Value { got: length }));
        }
        (row.walk)(walker, at + 2..end)
    })?;
    Ok(end)
}

/// The largest shift (RFC 7323, 2.3).
const MOST_SHIFT: u64 = 14;

fn window_scale(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let shift = walker.number(&WSCALE_SHIFT, at.clone())?;
    walker.bytes(&WSCALE_SHIFT, at.clone())?;
    walker.value(&WSCALE_MULTIPLIER, at, Value::Number(1 << shift.min(MOST_SHIFT)))
}

fn sack(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let mut blocks = 0;
    for start in at.clone().step_by(8) {
        walker.bytes(&SACK_LE, start..start + 4)?;
        walker.bytes(&SACK_RE, start + 4..start + 8)?;
        blocks += 1;
    }
    walker.value(&SACK_COUNT, at, Value::Number(blocks))
}

fn fast_open(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    match at.len() {
        0 => walker.group(&TFO_REQUEST, at, |_| Ok(())),
        _ => walker.bytes(&TFO_COOKIE, at),
    }
}

/// Counters of three bytes; the last ones may be missing.
fn accurate_ecn(walker: &mut Walker<'_, '_>, at: Range<usize>, order: [&'static Field; 3]) -> Walked {
    for (start, field) in at.clone().step_by(3).zip(order) {
        if start + 3 <= at.end {
            walker.bytes(field, start..start + 3)?;
        }
    }
    Ok(())
}

/// The experiment that became [`TFO`].
const FAST_OPEN: u64 = 0xf989;

/// An experiment, by its identifier (RFC 6994).
fn experiment(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    if at.len() < 2 {
        return Ok(());
    }
    let data = at.start + 2..at.end;
    let identifier = walker.number(&EXPERIMENTAL_EXID, at.start..data.start)?;
    walker.bytes(&EXPERIMENTAL_EXID, at.start..data.start)?;
    match identifier {
        FAST_OPEN => fast_open(walker, data),
        _ if data.is_empty() => Ok(()),
        _ => walker.bytes(&EXPERIMENTAL_DATA, data),
    }
}

/// The options in a line, as tcpdump has them: `<mss 1460,nop,wscale 7>`.
/// Numbers that are acknowledged are counted from `first`.
pub(super) fn line(options: &[u8], first: Option<u32>, out: &mut dyn fmt::Write) -> fmt::Result {
    let (mut rest, mut before) = (options, " <");
    while let [kind, ..] = *rest {
        if kind == END {
            break;
        }
        let length =
            if kind == NO_OPERATION { 1 } else { rest.get(1).map_or(0, |length| usize::from(*length)) };
        let Some(option) = rest.get(..length).filter(|option| !option.is_empty()) else { break };
        out.write_str(before)?;
        word(kind, option.get(2..).unwrap_or_default(), first, out)?;
        (rest, before) = (&rest[length..], ",");
    }
    if before == "," { out.write_str(">") } else { Ok(()) }
}

/// One option, by its kind and the bytes behind its length.
fn word(kind: u8, data: &[u8], first: Option<u32>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    match (kind, data) {
        (NO_OPERATION, _) => out.write_str("nop"),
        (2, [_, _]) => labelled(b"mss ", number(data), out),
        (3, [shift]) => labelled(b"wscale ", u64::from(*shift), out),
        (4, []) => out.write_str("sackOK"),
        (5, blocks) => {
            out.write_str("sack")?;
            let Some(first) = first else { return Ok(()) };
            let edge = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes).wrapping_sub(first);
            let (edges, _) = blocks.as_chunks::<4>();
            edges
                .chunks_exact(2)
                .try_for_each(|block| write!(out, " {}:{}", edge(&block[0]), edge(&block[1])))
        }
        (8, [_, _, _, _, _, _, _, _]) => {
            labelled(b"TS val ", number(&data[..4]), out)?;
            labelled(b" ecr ", number(&data[4..]), out)
        }
        (19, _) => out.write_str("md5"),
        (28, [_, _]) => write!(out, "uto {}", number(data)),
        (29, [key, ..]) => write!(out, "tcp-ao keyid {key}"),
        (30, [first, ..]) => {
            write!(out, "mptcp {}", mptcp::subtype((first >> 4).into()).unwrap_or("unknown"))
        }
        (34, []) => out.write_str("tfo cookiereq"),
        (34, _) => out.write_str("tfo cookie"),
        _ => write!(out, "option {kind}"),
    }
}
