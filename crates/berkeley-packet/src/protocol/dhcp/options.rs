//! The options, one after the other: a code, a length, and a value.

use super::fields::*;
use super::rows::{self, Data};
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::name::Name;
use crate::protocol::cursor::Cursor;

/// The codes that are one byte long.
const PAD: u64 = 0;
const LAST: u64 = 255;

/// Tells all options, and what stands behind their end.
pub(super) fn walk(walker: &mut Walker<'_, '_>, mut cursor: Cursor) -> Walked {
    while cursor.left() > 0 {
        let at = cursor.at..cursor.at + 1;
        match walker.number(&OPTION, at.clone())? {
            PAD => padding(walker, &mut cursor)?,
            LAST => {
                cursor.at += 1;
                // tshark gives the end the number of what pads.
                walker.part(&OPTION, at.clone(), Value::Number(PAD), |walker| walker.bytes(&END, at))?;
                return cursor.tell_rest(walker, &PADDING);
            }
            code => walker.group(&OPTION, at, |walker| {
                cursor.at += 1;
                option(walker, code, &mut cursor)
            })?,
        }
    }
    Ok(())
}

/// As many bytes of zero as there are.
fn padding(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    let rest = walker.header().get(cursor.at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| **byte == 0).count().min(cursor.left());
    let at = cursor.skip(&PADDING, length)?;
    walker.group(&OPTION, at.start..at.start + 1, |walker| walker.bytes(&PADDING, at))
}

fn option(walker: &mut Walker<'_, '_>, code: u64, cursor: &mut Cursor) -> Walked {
    let mut value = cursor.sized(walker, &LENGTH, 1)?;
    walker.bytes(&REST, value.rest())?;
    let Some(data) = rows::data(code) else { return Ok(()) };
    // What has another length than it should is told as a value alone.
    match data {
        Data::One(field, bytes) if value.left() == bytes => value.take(walker, field, bytes),
        Data::Flag(field) if value.left() == 1 => {
            let set = walker.number(field, value.rest())? != 0;
            walker.value(field, value.rest(), Value::Flag(set))
        }
        Data::First(field) if value.left() > 0 => value.take(walker, field, 1),
        Data::Each(field, bytes) if value.left() % bytes == 0 => each(walker, &mut value, field, bytes),
        Data::Pairs(first, second) if value.left() % 8 == 0 => {
            while value.left() > 0 {
                value.take(walker, first, 4)?;
                value.take(walker, second, 4)?;
            }
            Ok(())
        }
        Data::Text(field) if value.left() > 0 => super::text(walker, field, value.rest()),
        Data::All(field) => value.tell_rest(walker, field),
        Data::Walk(walk) => walk(walker, &mut value),
        _ => Ok(()),
    }
}

fn each(walker: &mut Walker<'_, '_>, value: &mut Cursor, field: &'static Field, bytes: usize) -> Walked {
    while value.left() > 0 {
        value.take(walker, field, bytes)?;
    }
    Ok(())
}

/// A client: its hardware address, a unique identifier as `DHCPv6` has it (RFC 4361), or a text.
pub(super) fn client_identifier(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() == 0 {
        return Ok(());
    }
    let kind = walker.number(&CLIENT_TYPE, value.at..value.at + 1)?;
    match (kind, value.left()) {
        (1, 7) => {
            value.take(walker, &HW_TYPE, 1)?;
            value.take(walker, &MAC, 6)
        }
        (255, _) => {
            value.skip(&CLIENT_TYPE, 1)?;
            value.take(walker, &CLIENT_IAID, 4)?;
            unique(walker, value)
        }
        (0, left) if left > 1 => {
            value.take(walker, &CLIENT_TYPE, 1)?;
            super::text(walker, &CLIENT_TEXT, value.rest())
        }
        _ => Ok(()),
    }
}

fn unique(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    match value.number(walker, &DUID_TYPE, 2)? {
        1 => {
            value.take(walker, &DUID_LLT_HW, 2)?;
            value.take(walker, &DUID_TIME, 4)?;
        }
        2 => return value.take(walker, &DUID_ENTERPRISE, 4),
        3 => value.take(walker, &DUID_LL_HW, 2)?,
        _ => return Ok(()),
    }
    if value.left() == 6 { value.take(walker, &DUID_ADDRESS, 6) } else { Ok(()) }
}

/// Classes, each behind its length (RFC 3004), or, as many clients have it, a text.
pub(super) fn user_class(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    let bytes = walker.header().get(value.rest()).unwrap_or_default();
    let mut rest = bytes;
    while let [length, behind @ ..] = rest {
        if *length == 0 {
            break;
        }
        match behind.get(usize::from(*length)..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    if !rest.is_empty() || bytes.is_empty() {
        return super::text(walker, &USER_CLASS_TEXT, value.rest());
    }
    let mut number = 0;
    while value.left() > 0 {
        walker.part(&USER_CLASS, value.at..value.at, Value::Number(number), |walker| {
            value.sized(walker, &USER_CLASS_LENGTH, 1)?.tell_rest(walker, &USER_CLASS_DATA)
        })?;
        number += 1;
    }
    Ok(())
}

/// The name of a client, and who updates it in DNS (RFC 4702).
pub(super) fn client_name(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() < 3 {
        return Ok(());
    }
    let at = value.skip(&FQDN_FLAGS, 1)?;
    let first = at.start * 8;
    walker.group(&FQDN_FLAGS, at, |walker| {
        walker.bits(&FQDN_MBZ, first..first + 4)?;
        for (field, bit) in [(&FQDN_N, 4), (&FQDN_E, 5), (&FQDN_O, 6), (&FQDN_S, 7)] {
            walker.bits(field, first + bit..first + bit + 1)?;
        }
        Ok(())
    })?;
    value.take(walker, &FQDN_RCODE1, 1)?;
    value.take(walker, &FQDN_RCODE2, 1)?;
    let flags = walker.number(&FQDN_FLAGS, value.at - 3..value.at - 2)?;
    match name(walker, value) {
        // In the form of DNS.
        Some(name) if flags & 4 != 0 => walker.value(&FQDN_NAME, value.rest(), Value::Name(name)),
        _ if value.left() == 0 => Ok(()),
        _ => super::text(walker, &FQDN_NAME, value.rest()),
    }
}

/// The name at the cursor, which may point to bytes of this option alone.
fn name<'a>(walker: &Walker<'_, 'a>, value: &Cursor) -> Option<Name<'a>> {
    let bytes = walker.header().get(value.rest())?;
    Name::read(bytes, 0).map(|(name, _)| name)
}

/// Domains (RFC 3397).
pub(super) fn search_list(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    let start = value.at;
    let bytes = walker.header().get(value.rest()).unwrap_or_default();
    while let Some((name, end)) =
        Name::read(bytes, value.at - start).filter(|(_, end)| start + end <= value.end)
    {
        walker.value(&SEARCH_NAME, value.at..start + end, Value::Name(name))?;
        value.at = start + end;
    }
    Ok(())
}

/// Routes (RFC 3442): how many bits of the network there are, the bytes that hold those, and the router.
pub(super) fn routes(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        let width = walker.number(&ROUTE, value.at..value.at + 1)?;
        let network = usize::try_from(width.min(32).div_ceil(8)).unwrap_or(4);
        if value.left() < 1 + network + 4 {
            return Ok(());
        }
        value.take(walker, &ROUTE, 1 + network + 4)?;
    }
    Ok(())
}

/// What a relay tells (RFC 3046): suboptions.
pub(super) fn relay_agent(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 0 {
        let at = value.skip(&SUBOPTION, 1)?;
        let code = walker.number(&SUBOPTION, at.clone())?;
        walker.group(&SUBOPTION, at, |walker| {
            let mut inner = value.sized(walker, &SUBOPTION_LENGTH, 1)?;
            walker.bytes(&SUBOPTION_VALUE, inner.rest())?;
            match (code, inner.left()) {
                (1, _) => inner.tell_rest(walker, &CIRCUIT),
                (2, _) => inner.tell_rest(walker, &REMOTE),
                (5, 4) => inner.take(walker, &LINK_SELECTION, 4),
                (6, 1..) => super::text(walker, &SUBSCRIBER, inner.rest()),
                (11, 4) => inner.take(walker, &SERVER_OVERRIDE, 4),
                _ => Ok(()),
            }
        })?;
    }
    Ok(())
}

/// The interface that a client boots with (RFC 4578).
pub(super) fn network_interface(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    if value.left() != 3 {
        return Ok(());
    }
    value.skip(&NETWORK_MAJOR, 1)?;
    value.take(walker, &NETWORK_MAJOR, 1)?;
    value.take(walker, &NETWORK_MINOR, 1)
}

/// Classes of vendors, by their enterprises (RFC 3925).
pub(super) fn vendor_class(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 4 {
        value.take(walker, &VENDOR_ENTERPRISE, 4)?;
        let data = value.sized(walker, &VENDOR_LENGTH, 1)?;
        if data.left() > 0 {
            super::text(walker, &VENDOR_DATA, data.rest())?;
        }
    }
    Ok(())
}

/// What vendors tell, by their enterprises (RFC 3925).
pub(super) fn vendor_information(walker: &mut Walker<'_, '_>, value: &mut Cursor) -> Walked {
    while value.left() > 4 {
        let at = value.skip(&INFORMATION_ENTERPRISE, 4)?;
        walker.group(&INFORMATION_ENTERPRISE, at, |walker| {
            value.sized(walker, &INFORMATION_LENGTH, 1)?.tell_rest(walker, &INFORMATION_VALUE)
        })?;
    }
    Ok(())
}
