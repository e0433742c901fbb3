//! EDNS (RFC 6891): a record that holds no data of a name, but options of the message.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::fields::*;
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::protocol::cursor::Cursor;

/// Tells the record from its class on, in whose place is a size.
pub(super) fn record(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    cursor.take(walker, &UDP_SIZE, 2)?;
    cursor.take(walker, &EXT_RCODE, 1)?;
    cursor.take(walker, &EDNS_VERSION, 1)?;
    let at = cursor.skip(&EDNS_Z, 2)?;
    let first = at.start * 8;
    walker.group(&EDNS_Z, at, |walker| {
        walker.bits(&EDNS_DO, first..first + 1)?;
        walker.bits(&EDNS_RESERVED, first + 1..first + 16)
    })?;
    let mut options = cursor.sized(walker, &RESP_LEN, 2)?;
    while options.left() > 0 {
        let start = options.at;
        walker.group(&OPT, start..start, |walker| {
            let code = options.number(walker, &OPT_CODE, 2)?;
            let data = options.sized(walker, &OPT_LEN, 2)?;
            walker.bytes(&OPT_DATA, data.rest())?;
            option(walker, code, data)
        })?;
    }
    Ok(())
}

fn option(walker: &mut Walker<'_, '_>, code: u64, mut data: Cursor) -> Walked {
    match code {
        5 => each(walker, &OPT_DAU, &data),
        6 => each(walker, &OPT_DHU, &data),
        7 => each(walker, &OPT_N3U, &data),
        8 => {
            let family = data.number(walker, &OPT_FAMILY, 2)?;
            data.take(walker, &OPT_NETMASK, 1)?;
            data.take(walker, &OPT_SCOPE, 1)?;
            address(walker, family, data.rest(), [&OPT_ADDR4, &OPT_ADDR6, &OPT_ADDR])
        }
        10 => {
            data.take(walker, &OPT_COOKIE_CLIENT, 8)?;
            walker.bytes(&OPT_COOKIE_SERVER, data.rest())
        }
        11 if data.left() > 0 => data.take(walker, &OPT_TIMEOUT, 2),
        12 => data.tell_rest(walker, &OPT_PADDING),
        13 => data.tell_rest(walker, &OPT_CHAIN),
        15 => {
            data.take(walker, &OPT_ERROR, 2)?;
            data.tell_rest(walker, &OPT_ERROR_TEXT)
        }
        _ => Ok(()),
    }
}

fn each(walker: &mut Walker<'_, '_>, field: &'static Field, data: &Cursor) -> Walked {
    data.rest().try_for_each(|at| walker.bytes(field, at..at + 1))
}

/// Tells the address in the bytes `at`, whose last ones are left out where they are zero; `fields` are that for IPv4,
/// IPv6, and another family.
pub(super) fn address(
    walker: &mut Walker<'_, '_>,
    family: u64,
    at: Range<usize>,
    fields: [&'static Field; 3],
) -> Walked {
    let [ipv4, ipv6, other] = fields;
    let mut all = [0; 16];
    let held = walker.header().get(at.clone()).filter(|held| held.len() <= if family == 1 { 4 } else { 16 });
    for (to, from) in all.iter_mut().zip(held.unwrap_or_default()) {
        *to = *from;
    }
    let [a, b, c, d, ..] = all;
    match (family, held) {
        (1, Some(_)) => walker.value(ipv4, at, Value::Ipv4(Ipv4Addr::new(a, b, c, d))),
        (2, Some(_)) => walker.value(ipv6, at, Value::Ipv6(Ipv6Addr::from(all))),
        _ if at.is_empty() => Ok(()),
        _ => walker.bytes(other, at),
    }
}
