//! The data of a record, by its type.

use super::fields::*;
use super::rows::{self, Data, Step};
use super::walk::Message;
use crate::layer::field::Field;
use crate::layer::value::Value;
use crate::layer::walk::Walked;
use crate::protocol::cursor::Cursor;

/// Tells the data of a record of type `kind`.
pub(super) fn data(message: &mut Message<'_, '_, '_>, kind: u64, data: &mut Cursor) -> Walked {
    match rows::data(kind) {
        // An update may name a record without its data.
        _ if data.left() == 0 => Ok(()),
        Some(Data::Steps(steps)) => steps.iter().try_for_each(|step| take(message, step, data)),
        Some(Data::Walk(walk)) => walk(message, data),
        None => data.tell_rest(message.walker, &DATA),
    }
}

pub(super) fn take(message: &mut Message<'_, '_, '_>, step: &Step, data: &mut Cursor) -> Walked {
    match *step {
        Step::Fixed(field, length) => data.take(message.walker, field, length),
        Step::Name(field) => message.name(field, data),
        Step::Text(length, field) => text(message, length, field, data),
        Step::Sized(length, bytes, field) => {
            let mut part = data.sized(message.walker, length, bytes)?;
            part.tell_rest(message.walker, field)
        }
        Step::Time(field, length) => {
            let at = data.skip(field, length)?;
            let seconds = message.walker.number(field, at.clone())?;
            message.walker.value(field, at, Value::Time(seconds.cast_signed(), 0))
        }
        Step::Rest(field) => data.tell_rest(message.walker, field),
    }
}

/// A text of at most 255 bytes, behind its length. Also an empty one is told.
fn text(
    message: &mut Message<'_, '_, '_>,
    length: &'static Field,
    field: &'static Field,
    data: &mut Cursor,
) -> Walked {
    let part = data.sized(message.walker, length, 1)?;
    message.walker.bytes(field, part.rest())
}

/// Texts, as many as there are.
pub(super) fn texts(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    while data.left() > 0 {
        text(message, &TXT_LEN, &TXT, data)?;
    }
    Ok(())
}

pub(super) fn sender_policy(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    while data.left() > 0 {
        text(message, &SPF_LEN, &SPF, data)?;
    }
    Ok(())
}

pub(super) fn isdn(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    text(message, &ISDN_LEN, &ISDN_ADDRESS, data)?;
    if data.left() > 0 { text(message, &ISDN_SUB_LEN, &ISDN_SUB, data) } else { Ok(()) }
}

/// The ports of a host, a bit each; only bytes with one set are told.
pub(super) fn well_known_services(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &WKS_ADDRESS, 4)?;
    data.take(message.walker, &WKS_PROTOCOL, 1)?;
    data.rest().try_for_each(|at| match message.walker.number(&WKS_BITS, at..at + 1)? {
        0 => Ok(()),
        _ => message.walker.bytes(&WKS_BITS, at..at + 1),
    })
}

pub(super) fn location(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let walker = &mut *message.walker;
    if data.number(walker, &LOC_VERSION, 1)? != 0 {
        return data.tell_rest(walker, &LOC_UNKNOWN);
    }
    for field in [&LOC_SIZE, &LOC_HORIZONTAL, &LOC_VERTICAL] {
        data.take(walker, field, 1)?;
    }
    [&LOC_LATITUDE, &LOC_LONGITUDE, &LOC_ALTITUDE]
        .into_iter()
        .try_for_each(|field| data.take(walker, field, 4))
}

pub(super) fn naming_authority(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &NAPTR_ORDER, 2)?;
    data.take(message.walker, &NAPTR_PREFERENCE, 2)?;
    text(message, &NAPTR_FLAGS_LEN, &NAPTR_FLAGS, data)?;
    text(message, &NAPTR_SERVICE_LEN, &NAPTR_SERVICE, data)?;
    text(message, &NAPTR_REGEX_LEN, &NAPTR_REGEX, data)?;
    let (name, at) = message.read_name(&NAPTR_REPLACEMENT, data)?;
    message.name_length(&NAPTR_REPLACEMENT_LEN, &name, at.clone())?;
    message.walker.value(&NAPTR_REPLACEMENT, at, Value::Name(name))
}

/// The bits of `DNSKEY_RESERVED`, which begin at the second lowest.
const RESERVED: u64 = 0xfe7e;

pub(super) fn key(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let tag = key_tag(message.walker.header().get(data.rest()).unwrap_or_default());
    let all = data.rest();
    let at = data.skip(&DNSKEY_FLAGS, 2)?;
    let flags = message.walker.number(&DNSKEY_FLAGS, at.clone())?;
    let first = at.start * 8;
    message.walker.group(&DNSKEY_FLAGS, at.clone(), |walker| {
        for (field, bit) in [(&DNSKEY_ZONE, 7), (&DNSKEY_REVOKED, 8), (&DNSKEY_ENTRY, 15)] {
            walker.bits(field, first + bit..first + bit + 1)?;
        }
        walker.value(&DNSKEY_RESERVED, at, Value::Number((flags & RESERVED) >> 1))
    })?;
    data.take(message.walker, &DNSKEY_PROTOCOL, 1)?;
    data.take(message.walker, &DNSKEY_ALGORITHM, 1)?;
    message.walker.value(&DNSKEY_ID, all, Value::Number(tag))?;
    data.tell_rest(message.walker, &DNSKEY_PUBLIC)
}

/// A key's tag, which is a sum of its record's data (RFC 4034, appendix B).
fn key_tag(data: &[u8]) -> u64 {
    let sum = data.chunks(2).fold(0_u64, |sum, pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        sum.wrapping_add(u64::from(pair[0]) << 8 | u64::from(low))
    });
    sum.wrapping_add(sum >> 16 & 0xffff) & 0xffff
}

pub(super) fn old_key(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let all = data.rest();
    let tag = key_tag(message.walker.header().get(all.clone()).unwrap_or_default());
    data.take(message.walker, &KEY_FLAGS, 2)?;
    data.take(message.walker, &KEY_PROTOCOL, 1)?;
    data.take(message.walker, &KEY_ALGORITHM, 1)?;
    message.walker.value(&KEY_ID, all, Value::Number(tag))?;
    data.tell_rest(message.walker, &KEY_PUBLIC)
}

pub(super) fn next_secure(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    message.name(&NSEC_NEXT, data)?;
    types(message, data)
}

pub(super) fn next_secure3(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &NSEC3_ALGORITHM, 1)?;
    let at = data.skip(&NSEC3_FLAGS, 1)?;
    let lowest = at.end * 8 - 1..at.end * 8;
    message.walker.group(&NSEC3_FLAGS, at, |walker| walker.bits(&NSEC3_OPT_OUT, lowest))?;
    data.take(message.walker, &NSEC3_ITERATIONS, 2)?;
    take(message, &Step::Sized(&NSEC3_SALT_LEN, 1, &NSEC3_SALT), data)?;
    take(message, &Step::Sized(&NSEC3_HASH_LEN, 1, &NSEC3_HASH), data)?;
    types(message, data)
}

/// The types of a bitmap (RFC 4034, 4.1.2): windows of 256, of each the bytes that are not all zero.
fn types(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    while data.left() > 0 {
        let window = message.walker.number(&RESP_TYPE, data.skip(&RESP_TYPE, 1)?)?;
        let length_at = data.skip(&RESP_TYPE, 1)?;
        let length = message.walker.number(&RESP_TYPE, length_at.clone())?;
        let bitmap = data.part(&RESP_TYPE, length_at.start, length)?.rest();
        for (byte, at) in (0..).zip(bitmap) {
            let bits = message.walker.number(&RESP_TYPE, at..at + 1)?;
            for bit in (0..8).filter(|bit| bits & 0x80 >> bit != 0) {
                message.walker.value(&RESP_TYPE, at..at + 1, Value::Number(window << 8 | byte << 3 | bit))?;
            }
        }
    }
    Ok(())
}

pub(super) fn child_sync(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &CSYNC_SOA, 4)?;
    let at = data.skip(&CSYNC_FLAGS, 2)?;
    let last = at.end * 8;
    message.walker.group(&CSYNC_FLAGS, at, |walker| {
        walker.bits(&CSYNC_IMMEDIATE, last - 1..last)?;
        walker.bits(&CSYNC_MINIMUM, last - 2..last - 1)
    })?;
    if data.left() > 0 {
        message.walker.bytes(&CSYNC_BITMAP, data.rest())?;
    }
    types(message, data)
}

pub(super) fn address_prefixes(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    while data.left() > 0 {
        let walker = &mut *message.walker;
        let family = data.number(walker, &APL_FAMILY, 2)?;
        data.take(walker, &APL_PREFIX, 1)?;
        let at = data.skip(&APL_LEN, 1)?;
        let first = at.start * 8;
        walker.bits(&APL_NEGATION, first..first + 1)?;
        walker.bits(&APL_LEN, first + 1..first + 8)?;
        let length = walker.number(&APL_LEN, at.clone())? & 0x7f;
        let part = data.part(&APL_LEN, at.start, length)?.rest();
        super::options::address(walker, family, part, [&APL_IPV4, &APL_IPV6, &APL_DATA])?;
    }
    Ok(())
}

/// An address whose prefix another name has (RFC 2874): how many bits that is, the rest, and the name.
pub(super) fn old_address(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let prefix = data.number(message.walker, &A6_LENGTH, 1)?;
    let known = usize::try_from(128_u64.saturating_sub(prefix).div_ceil(8)).unwrap_or(16);
    if known > 0 {
        let at = data.skip(&A6_SUFFIX, known)?;
        let number = message.walker.header().get(at.clone()).unwrap_or_default();
        let number = number.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        message.walker.value(&A6_SUFFIX, at, Value::Ipv6(number.into()))?;
    }
    if prefix > 0 && data.left() > 0 { message.name(&A6_NAME, data) } else { Ok(()) }
}

/// A host's identity (RFC 8005): its tag, its key, and who knows where it is.
pub(super) fn host_identity(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let tag_at = data.at;
    let tag = data.number(message.walker, &HIP_TAG_LENGTH, 1)?;
    data.take(message.walker, &HIP_ALGORITHM, 1)?;
    let key_at = data.at;
    let key = data.number(message.walker, &HIP_KEY_LENGTH, 2)?;
    data.part(&HIP_TAG_LENGTH, tag_at, tag)?.tell_rest(message.walker, &HIP_TAG)?;
    data.part(&HIP_KEY_LENGTH, key_at, key)?.tell_rest(message.walker, &HIP_KEY)?;
    while data.left() > 0 {
        message.name(&HIP_SERVER, data)?;
    }
    Ok(())
}

pub(super) fn ipsec_key(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &IPSECKEY_PRECEDENCE, 1)?;
    let kind = data.number(message.walker, &IPSECKEY_TYPE, 1)?;
    data.take(message.walker, &IPSECKEY_ALGORITHM, 1)?;
    match kind {
        1 => data.take(message.walker, &IPSECKEY_IPV4, 4)?,
        2 => data.take(message.walker, &IPSECKEY_IPV6, 16)?,
        3 => message.name(&IPSECKEY_NAME, data)?,
        _ => (),
    }
    data.tell_rest(message.walker, &IPSECKEY_KEY)
}

/// What a service is bound to (RFC 9460): a host, and parameters by their keys.
pub(super) fn service_binding(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    data.take(message.walker, &SVCB_PRIORITY, 2)?;
    message.name(&SVCB_TARGET, data)?;
    while data.left() > 0 {
        let start = data.at;
        message.walker.group(&SVCB_PARAM, start..start, |walker| {
            let key = data.number(walker, &SVCB_KEY, 2)?;
            let mut value = data.sized(walker, &SVCB_LEN, 2)?;
            let (field, size) = match key {
                0 => (&SVCB_MANDATORY, 2),
                1 => {
                    while value.left() > 0 {
                        let protocol = value.sized(walker, &SVCB_ALPN_LEN, 1)?;
                        walker.bytes(&SVCB_ALPN, protocol.rest())?;
                    }
                    return Ok(());
                }
                3 => (&SVCB_PORT, 2),
                4 => (&SVCB_IPV4, 4),
                5 => return value.tell_rest(walker, &SVCB_ECH),
                6 => (&SVCB_IPV6, 16),
                _ => return value.tell_rest(walker, &SVCB_VALUE),
            };
            while value.left() > 0 {
                value.take(walker, field, size)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Who may issue certificates (RFC 8659): a tag, and behind it its value.
pub(super) fn issuers(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    let at = data.skip(&CAA_FLAGS, 1)?;
    let first = at.start * 8;
    message.walker.group(&CAA_FLAGS, at, |walker| walker.bits(&CAA_CRITICAL, first..first + 1))?;
    let length_at = data.skip(&CAA_TAG_LEN, 1)?;
    let length = message.walker.number(&CAA_TAG_LEN, length_at.clone())?;
    let tag = data.part(&CAA_TAG_LEN, length_at.start, length)?.rest();
    let field = match message.walker.header().get(tag.clone()) {
        Some(b"issue") => &CAA_ISSUE,
        Some(b"issuewild") => &CAA_ISSUEWILD,
        Some(b"iodef") => &CAA_IODEF,
        _ => &CAA_UNKNOWN,
    };
    let value = data.rest();
    message.walker.group(field, value.clone(), |walker| {
        walker.bytes(&CAA_TAG_LEN, length_at)?;
        walker.bytes(&CAA_TAG, tag)?;
        walker.bytes(&CAA_VALUE, value)
    })
}

/// A signature of a message (RFC 8945).
pub(super) fn transaction_signature(message: &mut Message<'_, '_, '_>, data: &mut Cursor) -> Walked {
    message.name(&TSIG_ALGORITHM, data)?;
    take(message, &Step::Time(&TSIG_TIME, 6), data)?;
    data.take(message.walker, &TSIG_FUDGE, 2)?;
    let code = data.sized(message.walker, &TSIG_MAC_LEN, 2)?.rest();
    message.walker.group(&TSIG_MAC, code, |_| Ok(()))?;
    data.take(message.walker, &TSIG_ID, 2)?;
    data.take(message.walker, &TSIG_ERROR, 2)?;
    take(message, &Step::Sized(&TSIG_OTHER_LEN, 2, &TSIG_OTHER), data)
}
